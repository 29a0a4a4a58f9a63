/**
 * May invoices be opened now? With a clock that is wrong they would be billed too early, or look missed.
 *
 * Asks the gateway only where something would be opened and nothing recent shows how our clock goes. What is open already is
 * collected in any case. Writes nothing.
 */
import { readDue } from "./read-due.ts";
import { checkClock, checkUnanswered, type ClockCheck, type OwnClocks } from "../../domain/clock-check.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { askGateway } from "../settling/ask-gateway.ts";
import type { RunSummary } from "../settling/run-summary.ts";

export type OpeningNeeds = {
  readonly store: Pick<Store, "customersToProbe" | "dueSubscriptions">;
  readonly gateway: Pick<Gateway, "probe" | "clockEvidence">;
  readonly clock: Clock;
  readonly log: Log;
};

export async function mayOpen(needs: OpeningNeeds, summary: RunSummary): Promise<boolean> {
  const { log } = needs;
  const check = await judge(needs);
  if (check === "nothing-due") return false;
  const { is, skewMs } = check;
  summary.clock = is;
  switch (is) {
    case "right":
      return true;
    case "gateway_wrong":
      log.warn("clock.gateway_wrong", {
        clockSkewMs: skewMs,
        because: "Conekta's date and this clock differ; they agreed before, and this clock was not set since",
      });
      return true;
    case "not_checked":
      log.warn("clock.not_checked", {
        because: "Conekta's answers tell no date that moves on, so this clock is believed",
      });
      return true;
    case "not_asked":
      log.error("clock.not_asked", { because: "Conekta did not answer, so no invoice is opened by this clock" });
      return false;
    case "wrong":
      summary.clockSkewMs = skewMs;
      log.error("clock.wrong", {
        clockSkewMs: skewMs,
        because: "this clock and the gateway's differ; no invoice is opened",
      });
      return false;
    default:
      return is satisfies never;
  }
}

async function judge(needs: OpeningNeeds): Promise<ClockCheck | "nothing-due"> {
  const { gateway, store, clock } = needs;
  const before = checkClock(gateway.clockEvidence(), ownClocks(clock));
  if (before.is !== "not_asked" && before.is !== "wrong") return before;
  if (before.is === "not_asked" && !(await isAnyDue(store, clock.now()))) return "nothing-due";
  // What the last answer showed may be mended since then: ask again before refusing to work.
  await askGateway(needs);
  const after = checkClock(gateway.clockEvidence(), ownClocks(clock));
  return after.is === "not_asked" ? checkUnanswered(gateway.clockEvidence(), ownClocks(clock)) : after;
}

/** One that cannot be read is due, too: whoever opens says so. */
async function isAnyDue(store: OpeningNeeds["store"], now: Date): Promise<boolean> {
  let isUnreadable = false;
  const due = await readDue(store, now, 1, [], () => (isUnreadable = true));
  return isUnreadable || due.length > 0;
}

function ownClocks(clock: Clock): OwnClocks {
  return { wallMs: clock.now().getTime(), monotonicMs: clock.monotonicMs() };
}

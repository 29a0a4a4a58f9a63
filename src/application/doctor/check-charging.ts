/** Whether cards are charged at all: the key, a halt, the process, and the guard that a flow relies on. */
import type { ChargeFlow } from "../../domain/attempt.ts";
import { kindOf } from "../../domain/attempt-kinds.ts";
import { guardIs, type GuardProbe } from "../../domain/guard-probe.ts";
import type { StatusCounts } from "../ports/listings/status-counts.ts";
import type { Unfinished } from "../ports/doctor.ts";
import type { Installation } from "../ports/installation.ts";
import { bad, ok, warn, type Finding } from "./finding.ts";
import { HOUR_MS } from "../../domain/duration.ts";
import { latenessOf } from "../../domain/lateness.ts";

/** What came of asking Conekta with our key. */
export type KeyAnswer =
  | { readonly is: "accepted"; readonly livemode: boolean | null }
  | { readonly is: "refused" | "unreachable" | "missing"; readonly because: string };

export function checkKey(answer: KeyAnswer, { livemode }: Pick<Installation, "livemode">): Finding {
  switch (answer.is) {
    case "missing":
      return bad("key", answer.because, "put_key");
    case "refused":
      return bad("key", answer.because, "put_right_key");
    case "unreachable":
      return warn("key", `not checked: ${answer.because}`, "try_when_it_answers");
    case "accepted":
      if (answer.livemode !== null && livemode !== null && answer.livemode !== livemode)
        return bad(
          "key",
          `it is a ${mode(answer.livemode)} key, and these are the books of ${mode(livemode)} charges`,
          "use_key_of_the_mode",
        );
      return ok(
        "key",
        `accepted, ${answer.livemode === null ? "its mode is not known yet" : `${mode(answer.livemode)} mode`}`,
      );
    default:
      return answer satisfies never;
  }
}

export function checkHalt({ haltReason, haltKind }: Pick<Installation, "haltReason" | "haltKind">): Finding {
  if (haltReason === null) return ok("halt", "charging is not halted");
  return bad(
    "halt",
    `no card is charged: ${haltReason}`,
    haltKind === "unauthorized" ? "mend_key" : haltKind === "restored" ? "sweep" : "go",
  );
}

type Due = Pick<StatusCounts, "attempts" | "openableSince" | "nextAttemptAt" | "nextInquiryAt" | "lastEventAt">;

/** @param chargingPid the process that holds the right to charge; null: none */
export function checkProcess(chargingPid: string | null, due: Due, now: Date): Finding {
  const late = latenessOf([due.openableSince, due.nextAttemptAt, due.nextInquiryAt], now);
  const work = late.isLate ? `work is due since ${late.since?.toISOString()}` : "nothing is late";
  if (chargingPid === null) {
    const mend = "start";
    const sending = due.attempts["sending"] ?? 0;
    if (sending > 0)
      return bad(
        "process",
        `no process charges now, and nobody asks what became of ${sending} under way when one died`,
        mend,
      );
    const found = `no process charges now, ${work}`;
    return late.ms > 24 * HOUR_MS ? bad("process", found, mend) : warn("process", found, mend);
  }
  const last =
    due.lastEventAt === null ? "nothing happened yet" : `the last event is of ${due.lastEventAt.toISOString()}`;
  const found = `process ${chargingPid} charges, ${work}, ${last}`;
  if (!late.isLate) return ok("process", found);
  const mend = "read_log";
  return late.ms > HOUR_MS ? bad("process", found, mend) : warn("process", found, mend);
}

/** What its /readyz says, for those who do not ask it: the last tick of a process, which may have ended since. */
export function checkLastTick(
  unfinished: readonly Unfinished[],
  { haltReason }: Pick<Installation, "haltReason">,
): Finding {
  // A halt is a finding of its own.
  const [first] = unfinished.filter(({ because }) => because !== haltReason);
  if (first === undefined) return ok("last_tick", "nothing that was due was left undone");
  return bad("last_tick", `left something undone since ${first.since.toISOString()}: ${first.because}`, "read_log");
}

export function checkGuard(flow: ChargeFlow, probe: GuardProbe | null): Finding {
  if (!kindOf({ flow }).sharesOrder) return ok("guard", `the flow ${flow} does not rely on it`);
  const mend = "prove_guard";
  if (probe === null) return warn("guard", "order_first rests on an unproven guard", mend);
  const when = probe.at.toISOString();
  const result = guardIs(probe);
  if (result === "refused") return ok("guard", `Conekta refused to charge a paid order again, tried ${when}`);
  if (result === "charged_twice")
    return bad(
      "guard",
      `order_first rests on a guard that does not hold: a paid order was charged again, tried ${when}`,
      "use_single_flow",
    );
  return warn("guard", `order_first rests on an unproven guard: what was tried ${when} showed nothing certain`, mend);
}

function mode(livemode: boolean): string {
  return livemode ? "live" : "test";
}

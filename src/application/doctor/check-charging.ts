/** Whether cards are charged at all: the key, a halt, the process, and the guard that a flow relies on. */
import type { ChargeFlow } from "../../domain/attempt.ts";
import { kindOf } from "../../domain/attempt-kinds.ts";
import { guardIs, type GuardProbe } from "../../domain/guard-probe.ts";
import type { StatusCounts } from "../ports/listings.ts";
import type { Installation } from "../ports/store.ts";
import { bad, ok, warn, type Finding } from "./finding.ts";
import { HOUR_MS } from "../../domain/duration.ts";

const LATE_MS = 10 * 60_000;

/** What came of asking Conekta with our key. */
export type KeyAnswer =
  | { readonly is: "accepted"; readonly livemode: boolean | null }
  | { readonly is: "refused" | "unreachable" | "missing"; readonly because: string };

export function checkKey(answer: KeyAnswer, { livemode }: Pick<Installation, "livemode">): Finding {
  switch (answer.is) {
    case "missing":
      return bad("key", answer.because, "put the private key of your Conekta panel into CONEKTA_API_KEY");
    case "refused":
      return bad(
        "key",
        answer.because,
        "put the right private key into CONEKTA_API_KEY, of the account these books belong to",
      );
    case "unreachable":
      return warn("key", `not checked: ${answer.because}`, "try again when Conekta answers, or --offline");
    case "accepted":
      if (answer.livemode !== null && livemode !== null && answer.livemode !== livemode)
        return bad(
          "key",
          `it is a ${mode(answer.livemode)} key, and these are the books of ${mode(livemode)} charges`,
          "use the key of the same mode, or another DATABASE_URL",
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
    haltKind === "unauthorized"
      ? "mend the key; the halt ends by itself once Conekta accepts it"
      : haltKind === "restored"
        ? "take into the database what it lacks: puntual reconcile --since"
        : "mend the reason, then say go: puntual go",
  );
}

type Due = Pick<StatusCounts, "nextOpeningAt" | "nextAttemptAt" | "nextInquiryAt" | "lastEventAt">;

/** @param chargingPid the process that holds the right to charge; null: none */
export function checkProcess(chargingPid: string | null, due: Due, now: Date): Finding {
  const dueSince = [due.nextOpeningAt, due.nextAttemptAt, due.nextInquiryAt]
    .filter((at) => at !== null)
    .toSorted((a, b) => a.getTime() - b.getTime())[0];
  const lateMs = dueSince === undefined ? 0 : now.getTime() - dueSince.getTime();
  const work = lateMs > LATE_MS ? `work is due since ${dueSince?.toISOString()}` : "nothing is late";
  if (chargingPid === null) {
    const found = `no process charges now, ${work}`;
    const mend = "start it (`npm start`, or `npx puntual start`), or run `puntual run` from a scheduler of your own";
    return lateMs > 24 * HOUR_MS ? bad("process", found, mend) : warn("process", found, mend);
  }
  const last =
    due.lastEventAt === null ? "nothing happened yet" : `the last event is of ${due.lastEventAt.toISOString()}`;
  const found = `process ${chargingPid} charges, ${work}, ${last}`;
  if (lateMs <= LATE_MS) return ok("process", found);
  const mend = "read its log: a halt, a limit of the run, or a gateway that fails keep it from its work";
  return lateMs > HOUR_MS ? bad("process", found, mend) : warn("process", found, mend);
}

export function checkGuard(flow: ChargeFlow, probe: GuardProbe | null): Finding {
  if (!kindOf({ flow }).sharesOrder) return ok("guard", `the flow ${flow} does not rely on it`);
  const mend =
    "prove it with a test key: `puntual doctor --probe-guard --customer cus_… --yes`, or set CONEKTA_CHARGE_FLOW=single";
  if (probe === null) return warn("guard", "order_first rests on an unproven guard", mend);
  const when = probe.at.toISOString();
  const result = guardIs(probe);
  if (result === "refused") return ok("guard", `Conekta refused to charge a paid order again, tried ${when}`);
  if (result === "charged_twice")
    return bad(
      "guard",
      `order_first rests on a guard that does not hold: a paid order was charged again, tried ${when}`,
      "set CONEKTA_CHARGE_FLOW=single, and report it to Conekta",
    );
  return warn("guard", `order_first rests on an unproven guard: what was tried ${when} showed nothing certain`, mend);
}

function mode(livemode: boolean): string {
  return livemode ? "live" : "test";
}

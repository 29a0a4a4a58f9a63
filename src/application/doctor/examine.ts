/**
 * Examine everything that can be wrong around exact billing, and say how to mend it. Changes nothing.
 *
 * Every check is a function of facts; this gathers them. One that cannot be made says so and stops no other.
 */
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { newestSkewMs } from "../../domain/clock-check.ts";
import { BillingError } from "../../domain/errors.ts";
import type { Text } from "../../domain/language.ts";
import { inWords } from "../../domain/refusals.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import type { StoreInspection, Machine } from "../ports/doctor.ts";
import type { EventOutbox } from "../ports/notify.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { askGateway, type AskNeeds } from "../settling/ask-gateway.ts";
import { checkStore, type StoreSides } from "./check-books.ts";
import { checkHalt, checkGuard, checkKey, checkLastTick, checkProcess, type KeyAnswer } from "./check-charging.ts";
import { checkClockAgainstStore, checkClockAgainstGateway, checkTimeZones } from "./check-clock.ts";
import { checkCursors, checkCycles } from "./check-cycles.ts";
import {
  checkDatabase,
  checkDisk,
  checkFiles,
  checkLease,
  checkPm2,
  checkPragmas,
  checkSurroundings,
} from "./check-machine.ts";
import {
  checkDisputes,
  checkEvents,
  checkPaidAfterCancel,
  checkPaidAgain,
  checkUnreadable,
  checkWaiting,
  checkWebhooks,
} from "./check-waiting.ts";
import { checkTaxRates } from "./check-tax.ts";
import { warn, type Finding } from "./finding.ts";

export type ExamineNeeds = {
  readonly store: Pick<Store, "statusCounts" | "installation" | "customersToProbe" | "list">;
  readonly inspection: StoreInspection;
  readonly outbox: Pick<EventOutbox, "counts">;
  readonly clock: Clock;
  readonly machine: Machine;
  readonly settings: {
    readonly flow: ChargeFlow;
    readonly timeoutMs: number;
    readonly leaseMs: number;
    /** The merchant's. */
    readonly timeZone: string;
  };
  readonly offsetMinutes: (zone: string, at: Date) => number;
  /** Null: it is not to be asked. Throws when there is no key. */
  readonly gateway: (() => Promise<Pick<Gateway, "probe" | "clockEvidence"> & StoreSides["gateway"]>) | null;
  readonly books: Omit<StoreSides, "gateway">;
};

export async function examine(needs: ExamineNeeds, { since }: { readonly since: Date }): Promise<readonly Finding[]> {
  const { store, inspection, clock, machine, settings } = needs;
  const now = clock.now();
  const health = await inspection.health();
  const local = [
    checkDatabase(health),
    checkPragmas(health),
    checkFiles(machine),
    checkDisk(machine.freeBytes),
    checkSurroundings(machine),
  ];
  // Tables that are damaged are not worth reading.
  if (health.integrityFaults.length > 0) return local;

  const installation = await store.installation();
  const counts = await store.statusCounts(now);
  const calendar = await inspection.calendar();
  return [
    ...local,
    checkTimeZones(machine.tzVersion, needs.offsetMinutes, now),
    checkClockAgainstStore(await inspection.newestInstant(), now),
    checkLease(settings),
    checkPm2(machine.pm2, settings.timeoutMs),
    checkProcess(machine.chargingPid, counts, now),
    checkLastTick(
      (await inspection.nodes()).flatMap(({ unfinished }) => unfinished ?? []),
      installation,
    ),
    checkHalt(installation),
    checkGuard(settings.flow, await inspection.newestGuardProbe()),
    await checkCycles(inspection, calendar, now),
    checkCursors(calendar),
    checkWaiting("unknown", counts.unknown, now),
    checkWaiting("held", counts.held, now),
    checkUnreadable(counts.unreadable),
    checkPaidAgain(counts.paidAgain),
    checkPaidAfterCancel(counts.paidAfterCancel),
    checkDisputes(counts.disputes),
    checkEvents(await needs.outbox.counts(), now),
    checkWebhooks(await inspection.failedWebhooks(), now),
    checkTaxRates(await store.list("plans", {}), localDateTextOf(now, settings.timeZone)),
    ...(needs.gateway === null ? [] : await examineGateway(needs, needs.gateway, { from: since, to: now })),
  ];
}

async function examineGateway(
  { store, books }: ExamineNeeds,
  connect: NonNullable<ExamineNeeds["gateway"]>,
  window: { readonly from: Date; readonly to: Date },
): Promise<readonly Finding[]> {
  const installation = await store.installation();
  let gateway: Awaited<ReturnType<typeof connect>>;
  try {
    gateway = await connect();
  } catch (error) {
    if (!(error instanceof BillingError)) throw error;
    return [
      checkKey(
        { is: "missing", because: { en: "there is no CONEKTA_API_KEY", es: "no hay CONEKTA_API_KEY" } },
        installation,
      ),
    ];
  }
  const answer = await askWithKey({ store, gateway });
  const findings = [checkKey(answer, installation)];
  if (answer.is !== "unreachable") findings.push(checkClockAgainstGateway(newestSkewMs(gateway.clockEvidence())));
  if (answer.is !== "accepted" || findings[0]?.state === "bad") return findings;
  try {
    findings.push(await checkStore({ gateway, ...books }, installation.id, window));
  } catch (error) {
    if (!(error instanceof BillingError)) throw error;
    findings.push(
      warn(
        "books",
        {
          en: `not compared to their end: ${error.message}`,
          es: `no se compararon hasta el final: ${reasonOf(error).es}`,
        },
        "try_when_it_answers",
      ),
    );
  }
  return findings;
}

async function askWithKey(needs: AskNeeds): Promise<KeyAnswer> {
  try {
    const answer = await askGateway(needs);
    if (answer.is === "answering" && answer.refusal !== null)
      return { is: "refused", because: reasonOf(answer.refusal) };
    if (answer.is === "answering") return { is: "accepted", livemode: answer.livemode };
    return { is: answer.is === "silent" ? "unreachable" : "refused", because: reasonOf(answer.error) };
  } catch (error) {
    if (!(error instanceof BillingError)) throw error;
    return { is: "refused", because: reasonOf(error) };
  }
}

function reasonOf({ said, message }: BillingError): Text {
  return { en: message, es: inWords(said ?? message, "es") };
}

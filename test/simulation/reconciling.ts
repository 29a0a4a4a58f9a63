/**
 * The person who comes when restored books charge nobody any more: brings the plans up to date, reconciles, decides
 * what only a person can, and comes again until charging goes on.
 *
 * The daemon is stopped meanwhile, because `puntual reconcile` takes the right to charge.
 */
import { checkKey } from "../../src/application/settling/check-key.ts";
import { settleAbandoned } from "../../src/application/settling/settle-abandoned.ts";
import { resolveNotCharged } from "../../src/application/reconcile/resolve-unknown.ts";
import { setAsideOrders, sweepOrders, type SweepNeeds } from "../../src/application/reconcile/sweep-orders.ts";
import { CircuitBreaker } from "../../src/application/settling/circuit-breaker.ts";
import type { SweepReport } from "../../src/application/reconcile/sweep-report.ts";
import { emptyRunSummary } from "../../src/application/settling/run-summary.ts";
import { go } from "../../src/application/run/halt-and-go.ts";
import { inquireDue } from "../../src/application/charging/inquire-due.ts";
import type { BillLimits } from "../../src/application/run/bill-due.ts";
import { BillingError, ConfigurationInvalid, GatewayRefused } from "../../src/domain/errors.ts";
import type { Chance } from "./chance.ts";
import type { Checkers } from "./checks/checkers.ts";
import { orderAwaits, statusOf } from "./ledger.ts";
import { describe } from "./machine-log.ts";
import type { Merchant } from "./merchant.ts";
import { apply } from "./people/people.ts";
import type { PersonNeeds } from "./people/person-needs.ts";
import { resolveNeeds, surelyNothing, type Truth } from "./people/people-money.ts";
import type { Ports } from "./perilous-ports.ts";
import type { Trace } from "./trace.ts";
import type { Report } from "./checks/violation.ts";
import type { Watchmen } from "./watchmen.ts";

const HOUR_MS = 3_600_000;

export type Reconciling = {
  /** A daemon may charge nobody. */
  notice(): void;
  /** Nothing was restored: a person compares the last days all the same, as docs/reconciliation.md shows. */
  compare(): Promise<void>;
};

export function reconciling(needs: {
  readonly chance: Chance;
  readonly trace: Trace;
  readonly report: Report;
  readonly truth: Truth;
  readonly limits: BillLimits;
  readonly merchant: Merchant;
  readonly checkers: Checkers;
  readonly watch: () => Watchmen;
  readonly isPeace: () => boolean;
  readonly begin: (onDeath: () => void) => Ports;
  readonly desk: Pick<PersonNeeds, "clock" | "random" | "log">;
  /** The customer brings a card, unless there is a good one. */
  readonly askForCard: (customerId: string) => void;
  readonly haltKind: () => Promise<string | null>;
  /** Nobody charges until then. */
  readonly onDown: (untilMs: number) => void;
  /** Nothing but objects is bad, and none of the orders. */
  readonly isCalm: boolean;
}): Reconciling {
  const { chance, trace, report, truth, limits, checkers } = needs;
  const { timeline } = truth;
  let isComing = false;
  let visits = 0;

  async function comeIfRestored(): Promise<void> {
    if (isComing) return;
    const kind = await needs.haltKind();
    if (isComing) return;
    if (kind === "limit") {
      isComing = true;
      timeline.after(chance.between(60_000, HOUR_MS), () => void sayGo());
    }
    if (kind !== "restored") return;
    isComing = true;
    const delayMs = needs.isPeace()
      ? chance.between(60_000, HOUR_MS)
      : Math.round(chance.fraction() ** 2 * 72 * HOUR_MS);
    timeline.after(delayMs, () => void visit());
  }

  /** Whoever is called for a limit finds the charges right. */
  async function sayGo(): Promise<void> {
    const ports = needs.begin(() => (isComing = false));
    try {
      await go({ ...ports, ...needs.desk }, { why: null, by: "simulated" });
      trace.note(timeline.nowMs(), "a person said go");
    } catch (error) {
      trace.note(timeline.nowMs(), "saying go failed", error instanceof Error ? error.message : "");
      if (!(error instanceof BillingError)) report("bug", `go threw ${describe(error)}`);
    }
    isComing = false;
  }

  async function visit(): Promise<void> {
    const watch = needs.watch();
    if (watch.isHeld) {
      isComing = false;
      return;
    }
    visits += 1;
    watch.hold();
    const leave = (): void => {
      isComing = false;
      watch.letGo();
    };
    const ports = needs.begin(leave);
    try {
      const done = await reconcile({ ...ports, ...needs.desk });
      trace.note(timeline.nowMs(), "a person reconciled", done);
      watch.faults["reconciled"] = (watch.faults["reconciled"] ?? 0) + 1;
    } catch (error) {
      trace.note(timeline.nowMs(), "reconciling failed", error instanceof Error ? error.message : "");
      if (!(error instanceof BillingError)) report("bug", `reconcile threw ${describe(error)}`);
    }
    leave();
  }

  async function compare(): Promise<void> {
    const watch = needs.watch();
    if (isComing || watch.isHeld || watch.isAnyTicking() || needs.isPeace()) return;
    isComing = true;
    visits += 1;
    watch.hold();
    needs.onDown(timeline.nowMs() + HOUR_MS);
    const leave = (): void => {
      isComing = false;
      watch.letGo();
    };
    const person = { ...needs.begin(leave), ...needs.desk };
    const since = new Date(person.clock.now().getTime() - chance.between(1, 60) * 24 * HOUR_MS);
    try {
      const { gateway, inbox, sweep: records, store } = person;
      await store.takeOver(`own_person_${visits}`);
      await checkKey({ ...resolveNeeds(person), gateway });
      const sweep = { lister: gateway, records, inbox, flow: limits.flow };
      const swept = await sweepOrders({ ...resolveNeeds(person), sweep }, { since });
      judge(swept);
      trace.note(timeline.nowMs(), "a person compared", `${swept.known} known, ${swept.adopted.length} adopted`);
      watch.faults["compared"] = (watch.faults["compared"] ?? 0) + 1;
    } catch (error) {
      trace.note(timeline.nowMs(), "comparing failed", error instanceof Error ? error.message : "");
      if (!(error instanceof BillingError)) report("bug", `a comparison threw ${describe(error)}`);
    }
    leave();
  }

  /** What the books say was paid is at the gateway, whatever befell the life; and where nothing did, all of it has its place. */
  function judge({ missingAtGateway, unmatched }: SweepReport): void {
    const [missing] = missingAtGateway;
    if (missing !== undefined)
      report("reconcile", `${missing.orderId} is paid in the books, and is told to be missing: ${missing.because}`);
    if (needs.isCalm && unmatched > 0)
      report("reconcile", `${unmatched} orders are told to have no place in the books`);
  }

  async function reconcile(person: PersonNeeds): Promise<string> {
    const { store, gateway, inbox, sweep, clock } = person;
    await apply(person, needs.merchant).catch(async (error: unknown) => {
      if (!(error instanceof ConfigurationInvalid)) throw error;
      // Nobody is taken into the books without a good card: the person asks for one, as the refusal says.
      for (const { id } of needs.merchant.customers) needs.askForCard(id);
      await apply(person, needs.merchant);
    });
    const sweepNeeds: SweepNeeds = {
      ...resolveNeeds(person),
      sweep: { lister: gateway, records: sweep, inbox, flow: limits.flow },
    };
    const owner = await store.takeOver(`own_person_${visits}`);
    const { haltReconcileSince: since } = await store.installation();
    if (since === null) return "nothing is left to do";
    const runNeeds = { ...resolveNeeds(person), gateway, breaker: new CircuitBreaker() };
    await checkKey(runNeeds);
    await settleAbandoned(runNeeds, owner, emptyRunSummary());
    let swept = await sweepOrders(sweepNeeds, { since });
    if (!swept.chargingResumed && swept.unmatched > 0) {
      // What stands in the way of an order may be an attempt whose end is not known yet.
      await sweep.inquireAboutAll(clock.now());
      await inquireDue(runNeeds, limits, emptyRunSummary(), new AbortController().signal);
      await decideUnknown(person);
      swept = await sweepOrders(sweepNeeds, { since });
      await cancelLost(person, swept);
      await setAsideHopeless(sweepNeeds, swept);
      if (!swept.chargingResumed) swept = await sweepOrders(sweepNeeds, { since });
    }
    if (swept.chargingResumed) await inbox.replay({ state: "failed" }, clock.now());
    return `${swept.adopted.length} adopted, ${swept.mismatched.length} mismatched, charging ${swept.chargingResumed ? "goes on" : "halted"}`;
  }

  /** Those of which it is sure that nothing was charged. */
  async function decideUnknown(person: PersonNeeds): Promise<void> {
    const rows = await person.store.list("attempts", { where: { state: "unknown" } });
    for (const row of rows) {
      const reference = row.reference;
      if (!surelyNothing({ reference }, truth)) continue;
      await resolveNotCharged(resolveNeeds(person), row.attemptId, {
        why: "simulated",
        by: "somebody",
      }).catch((error: unknown) => {
        if (!(error instanceof BillingError)) throw error;
      });
    }
  }

  /**
   * In the panel: an order of no cycle, so that nothing opens its invoice again, on which a bank or a cardholder may still answer.
   * Cash that is out ends it by itself.
   */
  async function cancelLost({ gateway }: PersonNeeds, { mismatched }: SweepReport): Promise<void> {
    for (const { attemptId, orderId } of mismatched) {
      const order = truth.ledger.orders.get(orderId);
      if (attemptId !== null || order?.intent.cycle !== null || isOver(orderId)) continue;
      await gateway.cancelOrder(orderId).catch((error: unknown) => {
        if (!(error instanceof GatewayRefused)) throw error;
      });
    }
  }

  /** Orders that are over and have no place in the books: their subscription is not what it was. */
  async function setAsideHopeless(sweepNeeds: SweepNeeds, swept: SweepReport): Promise<void> {
    if (swept.chargingResumed || swept.unmatched === 0) return;
    const hopeless = swept.mismatched
      .filter(({ attemptId, orderId }) => attemptId === null && isOver(orderId))
      .map(({ orderId }) => orderId);
    if (hopeless.length === 0) return;
    checkers.excuse(hopeless);
    await setAsideOrders(sweepNeeds, hopeless, { why: "simulated", by: "somebody" });
  }

  function isOver(orderId: string): boolean {
    const order = truth.ledger.orders.get(orderId);
    if (order === undefined || orderAwaits(order, timeline.nowMs())) return false;
    return order.charges.every((charge) => statusOf(charge) !== "pending_payment");
  }

  return { notice: () => void comeIfRestored(), compare };
}

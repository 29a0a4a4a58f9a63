/**
 * Collect what is due: claim invoices in batches, and charge many at once.
 *
 * Each charge goes through three steps: its `sending` row is committed (shared with its neighbours), the gateway is
 * asked while no transaction is open, the outcome is committed (shared again). A crash before the first commit leaves
 * a claim that is released; after it, an attempt that `inquireDue` settles. Nothing is charged twice.
 */
import PQueue from "p-queue";
import type { ChargeFlow, Evidence, Outcome, Trace } from "../../domain/attempt.ts";
import { isGivenUp, type ReadFailure } from "../../domain/backoff.ts";
import { BillingError } from "../../domain/errors.ts";
import { held } from "../../domain/settle/settlement.ts";
import { claimAround } from "./claim-around.ts";
import type { CopyWatch } from "../run/copy-watch.ts";
import { askGateway } from "../settling/ask-gateway.ts";
import { type CircuitBreaker, PROBE_EVERY_MS } from "../settling/circuit-breaker.ts";
import { blame, putChargesAside } from "../settling/failed-reads.ts";
import { readCustomers, type CustomersRead } from "../customers/read-customers.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { groupCommit } from "./group-commit.ts";
import {
  chargesLeft,
  type HourlyLimit,
  type ReachedLimit,
  type RunLimits,
  runLimitReached,
  type Spent,
} from "../../domain/charging/run-limits.ts";
import type { ChargeIntent, Gateway } from "../ports/gateway.ts";
import type { Clock } from "../ports/runtime.ts";
import type { SharedLimits } from "../ports/shared-limits.ts";
import type { ClaimedAttempt, DuePlace, Settled, SettleItem } from "../ports/charging.ts";
import type { Owner } from "../ports/installation.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import { countSettled, putRowAside, type RunSummary } from "../settling/run-summary.ts";
import { endsWithin } from "../settling/ends-within.ts";

export type CollectNeeds = SettleNeeds & {
  readonly gateway: Gateway;
  readonly breaker: CircuitBreaker;
  /** Null: nobody else charges from this database. */
  readonly shared: SharedLimits | null;
};

export type CollectLimits = RunLimits & {
  readonly flow: ChargeFlow;
  /** Charges in flight at once. */
  readonly concurrency: number;
  /** 0: no limit. */
  readonly ratePerSecond: number;
  readonly leaseMs: number;
  /** How long those who can be charged wait for the reading of others, by the machine's own time. */
  readonly readPatienceMs: number;
  /** Of one customer in 24 hours. Beyond it a retry is put off, and any other invoice held for a person. */
  readonly maxChargesPerCustomerPerDay: number;
};

/** For how long the others hear of a gateway that fails. */
const TOLD_MS = 2 * PROBE_EVERY_MS;
const MAX_CLAIM = 500;
/** The first of a run: what another process charges at the same moment is seen before the rest. */
const FIRST_CHARGES = 4;
/** Charges in a row that fail for no reason of theirs, or cannot be recorded: one alone is a bad row, and stays with its invoice. */
const FAILED_IN_A_ROW = 2;
/** Due invoices that are looked at together. */
const MIN_PAGE = 50;
const MAX_PAGE = 2000;

export async function collectDue(
  needs: CollectNeeds,
  owner: Owner,
  limits: CollectLimits,
  summary: RunSummary,
  signal: AbortSignal,
  copies: Pick<CopyWatch, "compare" | "compareInTime">,
): Promise<void> {
  const { store, clock, gateway, breaker, log } = needs;
  const { concurrency, leaseMs, flow } = limits;
  const queue = new PQueue({
    concurrency: breaker.inFlightLimit(concurrency),
    ...(limits.ratePerSecond > 0 ? { interval: 1000, intervalCap: limits.ratePerSecond } : {}),
  });
  const read: CustomersRead = new Map();
  /** Readings that take long: nobody else waits for them. */
  const reading = new Set<Promise<void>>();
  /** The first thing that makes going on pointless: the database failed, or the gateway does not accept our key. */
  let stop: { readonly error: Error | null } | null = null;
  /** Customers whose last charge was refused for the key, as others' were not. */
  const chargesRefused = new Map<string, "before" | "now">();
  /** Attempts whose order could not be made, for whichever reason. */
  const withoutOrder = new Set<string>();
  let begun = 0;
  let failed = 0;
  let areFirstCompared = false;
  const { maxCharges: mostCharges, maxAmountCents } = limits;
  const hourly =
    needs.shared === null || (mostCharges === null && maxAmountCents === null)
      ? {}
      : { hourly: { maxCharges: mostCharges, maxAmountCents } };
  let hour = await spentSoFar();

  const commitSending = groupCommit(async (items: readonly { attemptId: string; orderId: string | null }[]) => {
    const maySend = await store.markSending(owner, items, { now: clock.now(), leaseMs, ...hourly });
    return items.map(({ attemptId }) => maySend.has(attemptId));
  });
  const commitOutcome = groupCommit(async (items: readonly SettleItem[]) => {
    const byId = new Map((await settleAttempts(needs, items)).map((settled) => [settled.attemptId, settled]));
    return items.map(({ attemptId }): Settled => byId.get(attemptId) ?? { attemptId, invoiceId: "", settlement: null });
  });

  const mayGoOn = (): boolean => stop === null && !signal.aborted && !breaker.isOpen;
  try {
    /** Where this sweep through everything that is due goes on; null: at its beginning. */
    let after: DuePlace | null = null;
    let isFruitful = false;
    let pageSize = MIN_PAGE;
    while (mayGoOn()) {
      await listenToOthers();
      if (!mayGoOn()) break;
      const now = clock.now();
      const maxCharges = claimLimit();
      pageSize = Math.max(pageSize, Math.min(maxCharges, MAX_CLAIM));
      const { maxChargesPerCustomerPerDay } = limits;
      const isRefusedNow = (customerId: string): boolean => chargesRefused.get(customerId) === "now";
      const options = {
        ...{ now, leaseMs, flow, after, maxCharges, pageSize, maxChargesPerCustomerPerDay },
        isRefusedNow,
      };
      const page = await claimAround(needs, owner, options, read, summary);
      for (const customerId of page.refusedBefore)
        if (!chargesRefused.has(customerId)) chargesRefused.set(customerId, "before");
      for (const attempt of page.claimed) void queue.add(() => attemptOne(attempt));
      if (page.toRead.size > 0) await endsWithin(startReading(page.toRead), limits.readPatienceMs);
      if (page.isLimited && isSpent())
        stopAt(hour.charges >= (limits.maxCharges ?? Infinity) ? "MAX_CHARGES_PER_RUN" : "asked_charges");
      if (page.claimed.length + page.toRead.size + page.moved > 0) isFruitful = true;
      // What waits may lie before what can be charged, thousands of it.
      pageSize = page.claimed.length > 0 ? MIN_PAGE : Math.min(2 * pageSize, MAX_PAGE);
      if (page.claimed.length > 0) await queue.onSizeLessThan(1);
      if (page.isLimited && !isSpent() && !(await isAlone())) stop ??= { error: null };
      ({ next: after } = page);
      if (after !== null || (isFruitful && !isSpent())) {
        if (after === null) isFruitful = false;
        continue;
      }
      if (queue.size + queue.pending === 0) {
        if (reading.size === 0) break;
        const known = knownSoFar();
        await endsWithin(Promise.race(reading), limits.readPatienceMs);
        isFruitful = knownSoFar() > known;
        continue;
      }
      // What is in flight may leave its customer's next invoice to be claimed; beyond a limit it is left, and that is said.
      if (isSpent()) await queue.onIdle();
      else await new Promise((resolve) => queue.addEventListener("next", resolve, { once: true }));
    }
  } catch (error) {
    // The calls in flight still need their outcomes booked before anybody is told.
    stop ??= { error: asError(error) };
  }
  await queue.onIdle();
  await Promise.all(reading);
  if (stop?.error) throw stop.error;
  if (summary.stoppedAt !== null && summary.stoppedAt !== "asked_charges") await haltAtLimit(summary.stoppedAt);

  function startReading(customerIds: ReadonlySet<string>): Promise<void> {
    const pending = readCustomers(needs, customerIds, summary, read, signal)
      .catch((error: unknown) => {
        stop ??= { error: asError(error) };
      })
      .finally(() => reading.delete(pending));
    reading.add(pending);
    return pending;
  }

  function knownSoFar(): number {
    return [...read.values()].filter((each) => each !== "unread").length;
  }

  /** Asked while the calls of this page are under way; of the first few the outcome is awaited, so that the list shows theirs. */
  async function isAlone(): Promise<boolean> {
    if (areFirstCompared) await copies.compareInTime(summary);
    else {
      await queue.onIdle();
      areFirstCompared = true;
      await copies.compare(summary);
    }
    // A list that fails was judged before the run.
    return summary.haltReason === null;
  }

  async function spentSoFar(): Promise<Spent> {
    const isCounted = limits.maxCharges !== null || limits.maxAmountCents !== null;
    return isCounted ? await store.sentWithinTheHour(clock.now()) : { charges: 0, amountCents: 0 };
  }

  /** What others have charged meanwhile counts, too: the limits of an hour are of all who charge. */
  async function lookAtTheHour(): Promise<void> {
    if (needs.shared === null) return;
    hour = await spentSoFar();
    if (chargesLeft({ ...limits, askedCharges: null }, begun, hour) > 0) return;
    stopAt("MAX_CHARGES_PER_RUN");
    stop ??= { error: null };
  }

  /** A limit of the whole was reached while more is due: something is wrong, or the limit is. */
  async function haltAtLimit(limit: HourlyLimit): Promise<void> {
    const because =
      `${limit} is reached: ${hour.charges} charges of ${hour.amountCents} cents were sent within an hour, and more are ` +
      "due. Look whether they are right; then let it go on, or raise the limit";
    summary.haltReason ??= because;
    await store.haltCharging({ kind: "limit", because }, clock.now());
  }

  /** How many to claim: a few for each free slot, none beyond a limit of the run or what its lease has time for. */
  function claimLimit(): number {
    const byRate = limits.ratePerSecond === 0 ? Infinity : Math.ceil((limits.ratePerSecond * leaseMs) / 2000);
    const first = areFirstCompared ? Infinity : FIRST_CHARGES;
    return Math.min(MAX_CLAIM, first, 4 * queue.concurrency, byRate, chargesLeft(limits, begun, hour));
  }

  function isSpent(): boolean {
    return chargesLeft(limits, begun, hour) === 0;
  }

  function stopAt(limit: ReachedLimit): void {
    const level = limit === "asked_charges" ? "info" : "error";
    if (summary.stoppedAt === null) log[level]("run.stopped_at_limit", { limit, charges: begun, withinTheHour: hour });
    summary.stoppedAt = limit;
  }

  async function attemptOne(attempt: ClaimedAttempt): Promise<void> {
    try {
      const { customerId } = attempt.intent;
      const isFree = mayGoOn() && chargesRefused.get(customerId) !== "now";
      const evidence: Evidence = isFree ? await chargeOne(attempt) : { kind: "released" };
      const isRefused =
        evidence.kind === "not_sent" && (evidence.unauthorized || withoutOrder.delete(attempt.attemptId));
      // Before anything is awaited: its next invoice may have been claimed by then.
      if (isRefused) chargesRefused.set(customerId, "now");
      const isAnswer = !("trace" in evidence) || evidence.trace !== BEYOND_LIMIT;
      if (isAnswer) recordCall(evidence, customerId);
      const settled = await commitOutcome({ attemptId: attempt.attemptId, evidence });
      if (settled !== undefined) countSettled(summary, settled, attempt.intent);
      // What cannot be written may be the database's fault, and then the next outcome cannot be written either.
      countFailure(settled?.notRecorded === true);
      if (isRefused) await chargesOfOneRefused(attempt.intent, evidence.trace);
      else if (chargesRefused.has(customerId) && evidence.kind !== "released" && evidence.kind !== "not_sent") {
        chargesRefused.delete(customerId);
        await store.forgetReadFailures([customerId]);
      }
    } catch (error) {
      if (error instanceof BillingError) {
        stop ??= { error };
        return;
      }
      // It stays claimed, or sent, until its lease runs out: then it is released, or uncertain.
      putRowAside(needs, summary, { invoiceId: attempt.intent.invoiceId }, error);
      countFailure(true);
    }
  }

  function countFailure(isFailure: boolean): void {
    failed = isFailure ? failed + 1 : 0;
    if (failed >= FAILED_IN_A_ROW) stop ??= { error: null };
  }

  /**
   * A key that is refused for one customer's charge, or an order that cannot be made for one, while others are answered, is
   * no reason to halt everybody: the charges of this one are put aside. After a day of it the invoice is held, and a person
   * decides.
   */
  async function chargesOfOneRefused({ customerId, invoiceId }: ChargeIntent, { because }: Trace): Promise<void> {
    queue.pause();
    try {
      if (await blame(needs, summary)) stop ??= { error: null };
      else if (!breaker.isOpen) {
        const failure = await putChargesAside(needs, customerId, because);
        log.warn("customer.charges_refused", { customerId, because, failures: failure.failures });
        if (isGivenUp(failure, clock.now())) await holdRefused(invoiceId, failure, because);
        if (breaker.chargeRefused(customerId, clock.now()))
          log.error("breaker.opened", { because: "the charges of many customers were refused in a row" });
      }
    } finally {
      queue.start();
    }
  }

  async function holdRefused(invoiceId: string, failure: ReadFailure, refusal: string): Promise<void> {
    const { failures, failedSince } = failure;
    const because = `charges of this customer were refused ${failures} times since ${failedSince.toISOString()}: ${refusal}`;
    const moved = await store.applyTransitions([invoiceId], clock.now(), ({ invoice }) =>
      invoice.status === "open"
        ? { invoice: held(invoice, "refused"), event: "invoice.held", finalAction: null, because }
        : null,
    );
    if (moved.length > 0) log.error("invoice.held", { invoiceId, because });
    summary.needsPerson += moved.length;
  }

  /** Another process found the gateway failing: it is asked before the next charge, and charges begin carefully. */
  async function listenToOthers(): Promise<void> {
    const until = (await needs.shared?.failingUntil()) ?? null;
    if (until === null || !breaker.hears(until)) return;
    const answer = await breaker.asking(() => askGateway(needs));
    if (answer.is !== "silent") breaker.probeSucceeded();
    else {
      log.error("breaker.opened", {
        because: `another process found the gateway failing, and it is: ${answer.error.message}`,
      });
      breaker.probeFailed(clock.now(), answer.error.retryAfterMs);
    }
    queue.concurrency = breaker.inFlightLimit(concurrency);
  }

  async function tellOthers(): Promise<void> {
    const until = await needs.shared?.gatewayFails(TOLD_MS);
    if (until !== undefined) breaker.hears(until);
  }

  function recordCall(evidence: Evidence, customerId: string): void {
    if (breaker.record(evidence, customerId, clock.now())) {
      log.error("breaker.opened", { because: "the gateway gave no clear answer several times in a row" });
      // Where it cannot be told, the others find out by themselves.
      void tellOthers().catch(() => {});
    }
    queue.concurrency = breaker.inFlightLimit(concurrency);
  }

  async function chargeOne({ attemptId, intent, flow: attemptFlow, orderId }: ClaimedAttempt): Promise<Evidence> {
    // Of the number of charges no more were claimed than may be begun.
    const limit = runLimitReached({ ...limits, askedCharges: null, maxCharges: null }, begun, hour, intent.amountCents);
    if (limit === "amount_beyond_limit")
      return { kind: "refused", failureCode: null, failureMessage: null, trace: BEYOND_LIMIT };
    if (limit !== null) {
      stopAt(limit);
      stop ??= { error: null };
      return { kind: "released" };
    }
    if (limits.ratePerSecond > 0 && needs.shared !== null) {
      await needs.shared.takeTurn(limits.ratePerSecond);
      if (!mayGoOn()) return { kind: "released" };
    }
    begun += 1;
    hour = { charges: hour.charges + 1, amountCents: hour.amountCents + intent.amountCents };
    let chargedOrderId: string | null = null;
    if (attemptFlow === "order_first") {
      const order = orderId === null ? await gateway.openOrder(intent) : ({ kind: "opened", orderId } as const);
      if (order.kind === "not_sent") withoutOrder.add(attemptId);
      if (order.kind !== "opened") return order;
      chargedOrderId = order.orderId;
    }
    const waited = stopwatch(clock);
    const maySend = await commitSending({ attemptId, orderId: chargedOrderId });
    if (maySend !== true) {
      await lookAtTheHour();
      return { kind: "released" };
    }
    // A process that was stopped in between may have been given up: others act on its silence by now. The call itself takes
    // the other half of the lease at most, to its first byte.
    if (waited() >= leaseMs / 2) return { kind: "not_sent", unauthorized: false, trace: TOO_LATE };
    const outcome = (await gateway.charge(intent, chargedOrderId)) satisfies Outcome;
    if (outcome.kind !== "refused") return outcome;
    const evidence = orderId === null ? outcome : await unlessOver(orderId, intent, outcome);
    return evidence.kind === "refused" ? await explainRefusal(needs, intent.customerId, evidence, summary) : evidence;
  }

  /**
   * An order of an earlier try may have expired or been cancelled meanwhile; which refusal says so is written nowhere, so
   * the order is read. Where it cannot be read, the refusal stands, and a person decides.
   */
  async function unlessOver(orderId: string, intent: ChargeIntent, refused: Outcome): Promise<Evidence> {
    try {
      const inquiryAnswer = await gateway.readCharge(orderId, intent.reference, intent.amountCents, "order_first");
      if (inquiryAnswer.kind === "paid") return inquiryAnswer;
      if (inquiryAnswer.kind !== "declined" || !inquiryAnswer.orderIsOver) return refused;
      return { kind: "not_sent", unauthorized: false, orderIsOver: true, trace: ORDER_IS_OVER };
    } catch (error) {
      log.warn("order.not_read", { orderId, invoiceId: intent.invoiceId, error });
      return refused;
    }
  }
}

const ORDER_IS_OVER: Trace = {
  httpStatus: null,
  logId: null,
  because: "refused, and the order, read again, is over: nothing was charged, and the next try makes another order",
};

const TOO_LATE: Trace = {
  httpStatus: null,
  logId: null,
  because: "not sent: the lease had run out before the charge could be sent",
};

const BEYOND_LIMIT: Trace = {
  httpStatus: null,
  logId: null,
  because: "not sent: its amount alone is more than MAX_AMOUNT_CENTS_PER_RUN allows",
};

/** Of two clocks, whichever ran further: one may have been set, and the other stands still while the machine sleeps. */
function stopwatch(clock: Clock): () => number {
  const [wallMs, monotonicMs] = [clock.now().getTime(), clock.monotonicMs()];
  return () => Math.max(clock.now().getTime() - wallMs, clock.monotonicMs() - monotonicMs);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("charging stopped", { cause: error });
}

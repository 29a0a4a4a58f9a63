/**
 * Collect what is due: claim invoices in batches, and charge many at once.
 *
 * Each charge goes through three steps: its `sending` row is committed (shared with its neighbours), the gateway is
 * asked while no transaction is open, the outcome is committed (shared again). A crash before the first commit leaves
 * a claim that is released; after it, an attempt that `inquireDue` settles. Nothing is charged twice.
 */
import type { Evidence } from "../../domain/attempt.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import type { RunLimits } from "../../domain/charging/run-limits.ts";
import { BillingError } from "../../domain/errors.ts";
import { readCustomers, type CustomersRead } from "../customers/read-customers.ts";
import type { ClaimedAttempt, DuePlace, Settled, SettleItem } from "../ports/charging.ts";
import type { ChargeIntent, Gateway } from "../ports/gateway.ts";
import type { Owner } from "../ports/installation.ts";
import type { SharedLimits } from "../ports/shared-limits.ts";
import type { CopyWatch } from "../run/copy-watch.ts";
import type { CircuitBreaker } from "../settling/circuit-breaker.ts";
import { endsWithin } from "../concurrency/ends-within.ts";
import { countSettled, putRowAside, type RunSummary } from "../settling/run-summary.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import { chargeRefused, isClear, isRefused } from "./charges-aside.ts";
import { type Booking, ChargesUnderWay } from "./charges-under-way.ts";
import { claimAround } from "./claim-around.ts";
import { groupCommit } from "../concurrency/group-commit.ts";
import { listenToOthers, tellOthers } from "./other-processes.ts";
import { RunAllowance } from "./run-allowance.ts";
import { BEYOND_LIMIT, RELEASED, sendCharge, type Sent } from "./send-charge.ts";

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

const MAX_CLAIM = 500;
/** The first of a run: what another process charges at the same moment is seen before the rest. */
const FIRST_CHARGES = 4;
/** Charges in a row that fail for no reason of theirs, or cannot be recorded: one alone is a bad row, and stays with its invoice. */
const FAILED_IN_A_ROW = 2;
const AT_LIMIT = { error: null };
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
  const { store, clock, breaker, log } = needs;
  const { concurrency, leaseMs, flow } = limits;
  const underWay = new ChargesUnderWay(concurrency, limits.ratePerSecond);
  underWay.allow(breaker.inFlightLimit(concurrency));
  const read: CustomersRead = new Map();
  /** Readings that take long: nobody else waits for them. */
  const reading = new Set<Promise<void>>();
  /** The first thing that makes going on pointless: the database failed, or the gateway does not accept our key. */
  let stop: { readonly error: Error | null } | null = null;
  /** Customers whose charges are put aside, as those of others are not. */
  const chargesRefused = new Map<string, "before" | "now">();
  /** Of this sweep: whose invoices are left, since they could not be read. */
  let unread = new Set<string>();
  let failed = 0;
  let areFirstCompared = false;
  const { maxCharges: mostCharges, maxAmountCents } = limits;
  const hourly =
    needs.shared === null || (mostCharges === null && maxAmountCents === null)
      ? {}
      : { hourly: { maxCharges: mostCharges, maxAmountCents } };
  const allowance = new RunAllowance(needs, limits, summary);
  await allowance.count();

  const commitSending = groupCommit(
    async (items: readonly { attemptId: string; orderId: string | null }[]) => {
      const maySend = await store.markSending(owner, items, { now: clock.now(), leaseMs, ...hourly });
      return items.map(({ attemptId }) => maySend.has(attemptId));
    },
    { mayWait: () => underWay.hasReady },
  );
  const commitOutcome = groupCommit(
    async (items: readonly SettleItem[]) => {
      const byId = new Map((await settleAttempts(needs, items)).map((settled) => [settled.attemptId, settled]));
      return items.map(
        ({ attemptId }): Settled => byId.get(attemptId) ?? { attemptId, invoiceId: "", settlement: null },
      );
    },
    { mayWait: () => underWay.isWide },
  );

  const mayGoOn = (): boolean => stop === null && mayLeave();
  /** What is ready was counted before a limit was reached. */
  const mayLeave = (): boolean => (stop === null || stop === AT_LIMIT) && !signal.aborted && !breaker.isOpen;
  try {
    /** Where this sweep through everything that is due goes on; null: at its beginning. */
    let after: DuePlace | null = null;
    let isFruitful = false;
    let wasReading = false;
    let pageSize = MIN_PAGE;
    while (mayGoOn()) {
      if (await listenToOthers(needs)) underWay.allow(breaker.inFlightLimit(concurrency));
      if (!mayGoOn()) break;
      const now = clock.now();
      const maxCharges = claimLimit();
      pageSize = Math.max(pageSize, maxCharges);
      if (after === null) [wasReading, unread] = [reading.size > 0, new Set()];
      const { maxChargesPerCustomerPerDay } = limits;
      const isRefusedNow = (customerId: string): boolean => chargesRefused.get(customerId) === "now";
      const options = {
        ...{ now, leaseMs, flow, after, maxCharges, pageSize, maxChargesPerCustomerPerDay },
        isRefusedNow,
      };
      const page = await claimAround(needs, owner, options, read, summary);
      for (const customerId of page.refusedBefore)
        if (!chargesRefused.has(customerId)) chargesRefused.set(customerId, "before");
      for (const customerId of page.unread) unread.add(customerId);
      for (const attempt of page.claimed) underWay.add(() => chargeInTurn(attempt));
      await endsWithin(startReading(page.toRead), limits.readPatienceMs);
      if (page.isLimited && allowance.isSpent) allowance.stop();
      const isNews = page.toRead.size + page.moved > 0;
      if (page.claimed.length > 0 || isNews) isFruitful = true;
      // What waits may lie before what can be charged, thousands of it.
      pageSize = page.claimed.length > 0 ? MIN_PAGE : Math.min(2 * pageSize, MAX_PAGE);
      await underWay.untilSizeBelow(leastInLine());
      if (page.isLimited && !allowance.isSpent && !(await isAlone())) stop ??= { error: null };
      ({ next: after } = page);
      // Beyond a limit, too: what was put off, or who was read, may leave a charge that is due, and that is to be said.
      if (after !== null || (isFruitful && (!allowance.isSpent || isNews))) {
        if (after === null) isFruitful = false;
        continue;
      }
      if (underWay.isIdle) {
        if (reading.size > 0) await endsWithin(Promise.race(reading), limits.readPatienceMs);
        // Whose reading ended while this sweep went by was looked at before.
        else if (!wasReading) break;
        continue;
      }
      // What is in flight may leave its customer's next invoice to be claimed; beyond a limit it is left, and that is said.
      if (allowance.isSpent) await underWay.untilIdle();
      else await underWay.untilNextIsBooked();
    }
  } catch (error) {
    // The calls in flight still need their outcomes booked before anybody is told.
    stop ??= { error: asError(error) };
  }
  await underWay.untilIdle();
  await Promise.all(reading);
  // A read after this may succeed, and what they owe was not tried all the same.
  summary.unreadable = Math.max(summary.unreadable, unread.size);
  if (stop?.error) throw stop.error;
  await allowance.haltIfStopped();

  function startReading(customerIds: ReadonlySet<string>): Promise<void> {
    const pending = readCustomers(needs, customerIds, summary, read, signal)
      .catch((error: unknown) => {
        stop ??= { error: asError(error) };
      })
      .finally(() => reading.delete(pending));
    reading.add(pending);
    return pending;
  }

  /** Asked while the calls of this page are under way; of the first few the outcome is awaited, so that the list shows theirs. */
  async function isAlone(): Promise<boolean> {
    if (areFirstCompared) await copies.compareInTime(summary);
    else {
      await underWay.untilIdle();
      areFirstCompared = true;
      await copies.compare(summary);
    }
    // A list that fails was judged before the run.
    return summary.haltReason === null;
  }

  /** What others have charged meanwhile counts, too: the limits of an hour are of all who charge. */
  async function lookAtTheHour(): Promise<void> {
    if (needs.shared === null || (await allowance.count())) return;
    allowance.stopAt("MAX_CHARGES_PER_RUN");
    stop ??= AT_LIMIT;
  }

  /** How many to claim: a few for each free slot, none beyond a limit of the run or what its lease has time for. */
  function claimLimit(): number {
    const byRate = limits.ratePerSecond === 0 ? Infinity : Math.ceil((limits.ratePerSecond * leaseMs) / 2000);
    const first = areFirstCompared ? Infinity : FIRST_CHARGES;
    const left = Math.max(0, allowance.left - underWay.size);
    return Math.min(MAX_CLAIM, first, 4 * breaker.inFlightLimit(concurrency), byRate, left);
  }

  /** The next are claimed while some are in line; near a limit, when all have begun and count. */
  function leastInLine(): number {
    return allowance.left > 2 * MAX_CLAIM ? Math.max(1, breaker.inFlightLimit(concurrency) / 2) : 1;
  }

  async function chargeInTurn(attempt: ClaimedAttempt): Promise<Booking> {
    const booking = await orAside(attempt, async () => {
      const mayBegin = mayGoOn() && chargesRefused.get(attempt.intent.customerId) !== "now";
      const sent = mayBegin ? await chargeOne(attempt) : RELEASED;
      return () => orAside(attempt, () => book(attempt, sent));
    });
    return booking ?? null;
  }

  async function book({ attemptId, intent }: ClaimedAttempt, sent: Sent): Promise<void> {
    const { evidence } = sent;
    try {
      const settled = await commitOutcome({ attemptId, evidence });
      if (settled !== undefined) countSettled(summary, settled, intent);
      // What cannot be written may be the database's fault, and then the next outcome cannot be written either.
      countFailure(settled?.notRecorded === true);
      if (isRefused(sent)) await putRefusedAside(intent, evidence);
      else if (chargesRefused.has(intent.customerId) && isClear(evidence)) {
        chargesRefused.delete(intent.customerId);
        await store.forgetReadFailures([intent.customerId]);
      }
    } finally {
      if (isRefused(sent)) underWay.start();
    }
  }

  /** What fails stays claimed, or sent, until its lease runs out: then it is released, or uncertain. */
  async function orAside<T>({ intent }: ClaimedAttempt, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof BillingError) stop ??= { error };
      else {
        putRowAside(needs, summary, { invoiceId: intent.invoiceId }, error);
        countFailure(true);
      }
      return undefined;
    }
  }

  function countFailure(isFailure: boolean): void {
    failed = isFailure ? failed + 1 : 0;
    if (failed >= FAILED_IN_A_ROW) stop ??= { error: null };
  }

  function heard(sent: Sent, customerId: string): void {
    if (breaker.record(sent.evidence, customerId, clock.now())) {
      log.error("breaker.opened", { because: "the gateway gave no clear answer several times in a row" });
      tellOthers(needs);
    }
    underWay.allow(breaker.inFlightLimit(concurrency));
    if (!isRefused(sent)) return;
    // Its next invoice may be claimed before it is booked.
    chargesRefused.set(customerId, "now");
    // It may be of the key: nobody else's charge begins before it is known whose it is.
    underWay.pause();
  }

  async function chargeOne(attempt: ClaimedAttempt): Promise<Sent> {
    const { amountCents, customerId } = attempt.intent;
    const limit = allowance.limitFor(amountCents);
    if (limit === "amount_beyond_limit") return BEYOND_LIMIT;
    if (limit !== null) {
      allowance.stopAt(limit);
      stop ??= AT_LIMIT;
      return RELEASED;
    }
    if (limits.ratePerSecond > 0 && needs.shared !== null) {
      await needs.shared.takeTurn(limits.ratePerSecond);
      if (!mayGoOn()) return RELEASED;
    }
    allowance.begin(amountCents);
    const turn = { underWay, mayLeave, heard: (sent: Sent) => heard(sent, customerId) };
    const sent = await sendCharge(needs, attempt, { leaseMs, commitSending, ...turn }, summary);
    if (sent.isOurs) return sent;
    await lookAtTheHour();
    return RELEASED;
  }

  async function putRefusedAside({ customerId, invoiceId }: ChargeIntent, evidence: Evidence): Promise<void> {
    const because = "trace" in evidence ? evidence.trace.because : "";
    if (await chargeRefused(needs, { customerId, invoiceId }, because, summary)) stop ??= { error: null };
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("charging stopped", { cause: error });
}

/**
 * Sweep a window of the gateway's orders into the store, and compare the store with the gateway.
 *
 * Charges no card. Everything that is learned goes through the one reducer, one order at a time, so a sweep may be cut
 * short and repeated: what is booked already is known the next time. Orders that are older than the window are read
 * where their invoice is unpaid: they may have been charged within it. A sweep that reached its end lifts the halt of
 * restored books, where it covers what they lack and every order found its place.
 */
import PQueue from "p-queue";
import { DatabaseUnusable, GatewayUnavailable, UsageInvalid, isNotThere, messageOf } from "../../domain/errors.ts";
import { importOrder, bookOrder, type Booked, type BookingNeeds } from "./book-order.ts";
import { paymentsOf, referencesMissing, referencesOwed } from "./listed-order.ts";
import { ordersWithin } from "./orders-within.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import { emptyReport, note, sweptAttempt, sweptOrder, type SweepReport, type UnreadOrder } from "./sweep-report.ts";
import { isOfThisOrder, readUnpaidOrder } from "./unpaid-order.ts";
import type { KnownAttempt, OrderReader } from "../ports/webhooks.ts";
import { MAX_CLOCK_SKEW_MS, WRONG_CLOCK_MS } from "../../domain/clock-skew.ts";

export type SweepNeeds = BookingNeeds & { readonly orders: OrderReader };

/** Orders that the list does not show, read one by one. */
const READS_AT_ONCE = 4;

/** Marks orders that a person has checked and that are not to be booked: they keep charging halted no longer. */
export async function setAsideOrders(
  { clock, sweep }: Pick<SweepNeeds, "clock" | "sweep">,
  orderIds: readonly string[],
  decision: { readonly why: string; readonly by: string },
): Promise<void> {
  await sweep.records.keepAside(orderIds, decision, clock.now());
}

/**
 * Without an end the window ends now, as one that is to lift a halt must.
 * @throws {GatewayUnavailable} the sweep did not reach its end; what it booked stays booked
 */
export async function sweepOrders(
  needs: SweepNeeds,
  { since, until: end }: { readonly since: Date; readonly until?: Date },
): Promise<SweepReport> {
  const startedAt = needs.clock.now();
  const until = end ?? startedAt;
  if (since >= until)
    throw new UsageInvalid(`the window ends (${until.toISOString()}) before it begins (${since.toISOString()})`);
  const installationId = (await needs.store.installation()).id;
  const report = emptyReport({ since, until });
  const seen = new Set<string>();
  const unrecorded: ListedOrder[] = [];
  /** Paid, or paid and given back, by what the gateway shows. */
  const shownPaid = new Set<string>();

  // What was made by now is in it, though our clock be behind.
  const to = new Date(until.getTime() + (end === undefined ? WRONG_CLOCK_MS : MAX_CLOCK_SKEW_MS));
  const window = { from: new Date(since.getTime() - MAX_CLOCK_SKEW_MS), to };
  const progress = { installationId, report, unrecorded, shownPaid };
  for await (const order of ordersWithin(needs.sweep.lister, window, (part) =>
    needs.log.info("orders.compared", part),
  )) {
    seen.add(order.orderId);
    await unlessFailing(needs, report, order, () => sweepOne(needs, order, progress));
  }
  for (const order of await unpaidUnseen(needs, seen, report))
    await unlessFailing(needs, report, order, () => sweepOne(needs, order, progress));
  // By age, and after the others: what is certain about an invoice is booked before what was lost of it.
  for (const order of unrecorded.toSorted((a, b) => madeAt(a) - madeAt(b))) {
    await unlessFailing(needs, report, order, async () => {
      note(report, order, await unlessSetAside(needs, order, await importOrder(needs, order)));
      await keepPaid(needs, order, shownPaid);
    });
  }
  await lookBack(needs, report, shownPaid);
  report.chargingResumed = await resumeCharging(needs, report, startedAt);
  return report;
}

type Progress = {
  readonly installationId: string;
  readonly report: SweepReport;
  readonly unrecorded: ListedOrder[];
  readonly shownPaid: Set<string>;
};

/** One order that cannot be booked is told, and keeps no other from its place: whoever comes after it is reached. */
async function unlessFailing(
  { log }: SweepNeeds,
  report: SweepReport,
  order: ListedOrder,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DatabaseUnusable || error instanceof GatewayUnavailable) throw error;
    log.error("order.not_booked", { orderId: order.orderId, error });
    note(report, order, { is: "unmatched", because: `it cannot be booked: ${messageOf(error)}` });
  }
}

/** @returns null: this order alone cannot be read, and is told. @throws {GatewayUnavailable} nobody answers */
async function unlessUnreadable<T>(
  report: SweepReport,
  unread: UnreadOrder,
  read: () => Promise<T>,
): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (!isOfThisOrder(error)) throw error;
    report.unread.push({ ...unread, because: error.message });
    return null;
  }
}

async function sweepOne(needs: SweepNeeds, order: ListedOrder, progress: Progress): Promise<void> {
  const { inbox } = needs.sweep;
  const { report, unrecorded, shownPaid } = progress;
  const isOurs = order.installationId === progress.installationId;
  // Metadata can be changed by others; an order that an attempt of ours holds is ours all the same.
  const attempts = await inbox.attemptsOf(order.orderId, isOurs ? order.references : []);
  if (!isOurs && attempts.length === 0) report.foreign += 1;
  // It was settled, and is of an archive by now.
  else if (attempts.length === 0 && (await needs.sweep.records.isArchived(order))) report.known += 1;
  else if (referencesMissing(order, attempts).length > 0 && isOurs) unrecorded.push(order);
  else if (referencesOwed(order).length === 0 && !holdsOrder(attempts, order))
    report.orphan.push(sweptOrder(order, null, null));
  else {
    note(report, order, await bookOrder(needs, order));
    await keepPaid(needs, order, shownPaid);
  }
}

/** Flow `order_first`: a try charges the order that its invoice has, however old it is. */
async function unpaidUnseen(
  needs: SweepNeeds,
  seen: ReadonlySet<string>,
  report: SweepReport,
): Promise<readonly ListedOrder[]> {
  const queue = new PQueue({ concurrency: READS_AT_ONCE });
  const unseen = (await needs.sweep.records.unpaidOrders()).filter(({ orderId }) => !seen.has(orderId));
  const read = await queue.addAll(
    unseen.map((unpaid) => async () => ({ ...unpaid, ...(await readUnpaidOrder(needs, unpaid)) })),
  );
  return read.flatMap((each) => {
    if (each.order !== null) return [each.order];
    const { orderId, invoiceId, because, isGone } = each;
    if (!isGone) report.unread.push({ orderId, invoiceId, because });
    return [];
  });
}

function holdsOrder(attempts: readonly KnownAttempt[], { orderId }: ListedOrder): boolean {
  return attempts.some((attempt) => attempt.orderId === orderId);
}

async function keepPaid({ sweep }: SweepNeeds, order: ListedOrder, shownPaid: Set<string>): Promise<void> {
  const attempts = await sweep.inbox.attemptsOf(order.orderId, order.references);
  const references = attempts.map(({ reference }) => reference);
  if (order.givenBack === null && paymentsOf(order, references).length === 0) return;
  for (const { attemptId, orderId } of attempts) if (orderId === order.orderId) shownPaid.add(attemptId);
}

async function unlessSetAside({ sweep }: SweepNeeds, { orderId }: ListedOrder, booked: Booked): Promise<Booked> {
  if (booked.is !== "unmatched") return booked;
  return (await sweep.records.setAside([orderId])).has(orderId) ? { is: "known" } : booked;
}

/** Paid in the books, and not seen at the gateway: each is read by itself, since its order may be older. */
async function lookBack({ sweep, orders, log }: SweepNeeds, report: SweepReport, shownPaid: ReadonlySet<string>) {
  const queue = new PQueue({ concurrency: READS_AT_ONCE });
  const unseen = (await sweep.records.paidAttempts({ from: report.since, to: report.until })).filter(
    ({ attemptId }) => !shownPaid.has(attemptId),
  );
  const missing = await queue.addAll(
    unseen.map((attempt) => async () => ({ attempt, because: await whyUnseen(attempt) })),
  );
  for (const { attempt, because } of missing) {
    if (because === null) continue;
    log.error("attempt.missing_at_gateway", { attemptId: attempt.attemptId, orderId: attempt.orderId, because });
    report.missingAtGateway.push(sweptAttempt(attempt, because));
  }

  async function whyUnseen(attempt: KnownAttempt): Promise<string | null> {
    const { orderId, invoiceId } = attempt;
    return await unlessUnreadable(report, { orderId: orderId ?? "", invoiceId }, () => whyMissing(orders, attempt));
  }
}

async function whyMissing(orders: OrderReader, { orderId, reference }: KnownAttempt): Promise<string | null> {
  if (orderId === null) return "the attempt is paid, and holds no order";
  try {
    const order = await orders.readOrder(orderId);
    if (order.givenBack !== null || order.inquiryAnswerOf(reference).kind === "paid") return null;
    return "the order shows no payment";
  } catch (error) {
    if (isNotThere(error)) return "Conekta knows no such order";
    throw error;
  }
}

async function resumeCharging(
  { store, clock, log }: SweepNeeds,
  report: SweepReport,
  startedAt: Date,
): Promise<boolean> {
  const { haltKind, haltReconcileSince } = await store.installation();
  if (haltKind !== "restored" || haltReconcileSince === null) return false;
  const covers = report.since <= haltReconcileSince && report.until >= startedAt;
  if (!covers || report.unmatched > 0) return false;
  await store.resumeCharging({ kind: "restored" }, clock.now());
  log.info("charging.resumed");
  return true;
}

function madeAt({ createdAt }: ListedOrder): number {
  return createdAt?.getTime() ?? 0;
}

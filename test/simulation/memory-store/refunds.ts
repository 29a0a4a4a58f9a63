/** The rows of refunds in memory: the same conditions as `records/refunds.ts` has in SQLite. */
import { isPaid } from "../../../src/domain/attempt.ts";
import type { RefundRow as RefundListing } from "../../../src/application/ports/listings/invoices.ts";
import type { Random } from "../../../src/application/ports/runtime.ts";
import type { Refund, RefundFilter, RefundRecords, RefundRequest } from "../../../src/application/ports/refunds.ts";
import { NotFound, Refused } from "../../../src/domain/errors.ts";
import { leftToRefundCents, REFUND_EVENTS, type RefundOutcome } from "../../../src/domain/refund.ts";
import type { PartTax, Taxed } from "../../../src/domain/tax.ts";
import { taxOfRefund } from "../../../src/domain/tax-of-refund.ts";
import { pageOf, plain } from "./listing.ts";
import type { MemoryTransact } from "./tables.ts";
import type { AttemptRow, RefundRow } from "./rows.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";

export function memoryRefunds(tables: MemoryTables, transact: MemoryTransact, random: Random): RefundRecords {
  return {
    paymentOf: async (wanted) => ({ orderId: paidAttempt(tables, wanted).orderId ?? "" }),
    request: (wanted, now) => transact(() => request(tables, wanted, now, random)),
    settle: (refundId, outcome, now) => transact(() => settle(tables, refundId, outcome, now)),
    ofOrder: async (orderId) => tables.refunds.inGroup("order", orderId).toSorted(byAge).map(refundOf),
    list: async (filter) => list(tables, filter),
    page: async (filter) => pageOf(list(tables, filter), ["createdAt", "id"], "desc", filter),
  };
}

/** As far as the simulation reads them. */
function list(tables: MemoryTables, { invoiceId, states }: RefundFilter): readonly RefundListing[] {
  return [...tables.refunds.rows.values()]
    .filter((each) => invoiceId === undefined || each.invoiceId === invoiceId)
    .filter(({ state }) => states === undefined || states.includes(state))
    .toSorted((a, b) => byAge(b, a))
    .map(({ id, ...refund }) => plain({ refundId: id, id, ...refund }) as RefundListing);
}

function request(tables: MemoryTables, wanted: RefundRequest, now: Date, random: Random): Refund {
  const paid = paidAttempt(tables, wanted);
  const refunds = tables.refunds.inGroup("attempt", paid.id);
  const leftCents = leftToRefundCents({
    movedCents: paid.movedCents ?? paid.amountCents,
    refunds,
    shownCents: wanted.shownCents,
  });
  const amountCents = wanted.amountCents ?? leftCents;
  if (leftCents <= 0 || amountCents > leftCents) throw new Refused(`${leftCents} cents are left of it`);
  const refund: RefundRow = {
    ...taxedPart(tables, paid, amountCents),
    ...{ id: random.newId("ref", now), invoiceId: wanted.invoiceId, attemptId: paid.id, orderId: paid.orderId ?? "" },
    ...{ amountCents, currency: paid.currency, state: "requested", createdAt: now, settledAt: null },
    ...{ reason: wanted.reason, note: wanted.note, requestedBy: wanted.by, gatewayRefundId: null },
    ...{ failureCode: null, failureMessage: null, httpStatus: null, logId: null, because: null },
  };
  tables.refunds.put(refund);
  return refundOf(refund);
}

export function taxedPart(
  { invoices, refunds }: MemoryTables,
  { invoiceId, state }: Pick<AttemptRow, "invoiceId" | "state">,
  amountCents: number,
): Taxed<PartTax> {
  const { taxes } = invoices.must(invoiceId);
  const earlier = [...refunds.rows.values()].filter((each) => each.invoiceId === invoiceId);
  return taxOfRefund({ taxes, paidState: state, earlier }, amountCents);
}

function refundOf({ id, invoiceId, attemptId, orderId, amountCents, currency, state, createdAt }: RefundRow): Refund {
  return { id, invoiceId, attemptId, orderId, amountCents, currency, state, createdAt };
}

function paidAttempt(
  { invoices, attempts }: MemoryTables,
  { invoiceId, attemptId }: Pick<RefundRequest, "invoiceId" | "attemptId">,
): AttemptRow {
  if (invoices.get(invoiceId) === undefined) throw new NotFound(`there is no invoice ${invoiceId}`);
  const attempt =
    attemptId === null
      ? attempts.byUnique("attempt_one_paid", invoiceId)
      : attempts.inGroup("invoice", invoiceId).find(({ id }) => id === attemptId);
  if (attempt === undefined) throw new Refused(`no charge at Conekta has paid invoice ${invoiceId}`);
  if (!isPaid(attempt.state)) throw new Refused(`attempt ${attempt.id} is ${attempt.state}`);
  return attempt;
}

function settle(tables: MemoryTables, refundId: string, outcome: RefundOutcome, now: Date): void {
  const { kind, trace } = outcome;
  const row = tables.refunds.get(refundId);
  if (row === undefined || row.settledAt !== null) return;
  tables.refunds.put({
    ...{ ...row, ...trace, state: kind, settledAt: kind === "unknown" ? null : now },
    gatewayRefundId: kind === "done" ? outcome.gatewayRefundId : null,
    failureCode: kind === "refused" ? outcome.failureCode : null,
    failureMessage: kind === "refused" ? outcome.failureMessage : null,
  });
  const { invoiceId, attemptId, amountCents, currency, orderId, reason, baseCents, taxCents } = row;
  const { customerId, subscriptionId } = tables.invoices.must(invoiceId);
  const data = { refundId, amountCents, currency, orderId, baseCents, taxCents, reason, because: trace.because };
  appendEvents(tables, [{ type: REFUND_EVENTS[kind], customerId, subscriptionId, invoiceId, attemptId, data }], now);
}

function byAge(a: RefundRow, b: RefundRow): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
}

/** The rows of refunds: what is left is counted under the write lock, so that two people cannot give it back twice. */
import { isPaid, type AttemptState } from "../../../domain/attempt.ts";
import type { RefundRow } from "../../../application/ports/listings/invoices.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type { Refund, RefundFilter, RefundRecords, RefundRequest } from "../../../application/ports/refunds.ts";
import { NotFound, Refused } from "../../../domain/errors.ts";
import { formatMoney } from "../../../domain/money.ts";
import type { ShownRefund } from "../../../application/ports/records.ts";
import {
  ASKED_AT_GATEWAY,
  leftToRefundCents,
  REFUND_EVENTS,
  type RefundState,
  type RefundOutcome,
  type RefundReason,
} from "../../../domain/refund.ts";
import type { PartTax, Taxed } from "../../../domain/tax.ts";
import { taxOfRefund } from "../../../domain/tax-of-refund.ts";
import {
  instant,
  isoInstant,
  isoInstantOrNull,
  jsonOrNull,
  text,
  textOrNull,
  units,
  whole,
  wholeOrNull,
  word,
} from "../dialect/codec.ts";
import { allRows, type Condition, equals, pageOfRows, type RowSource } from "../dialect/paged-rows.ts";
import { noteEffect } from "../behalf.ts";
import { appendEvents } from "../events.ts";
import { taxRows } from "../reports/invoice-lines.ts";
import { all, batch, type Connected, ms, type RawRow, run } from "../dialect/sql.ts";
import { mustNotBeArchived } from "./archives.ts";
import { refundedParts } from "./refunded.ts";
import { PAID } from "../billing/attempt-states.ts";
import { said } from "../../../domain/refusals.ts";

type Database = {
  readonly read: () => Connected;
  readonly write: <T>(work: (em: Connected) => Promise<T>) => Promise<T>;
  readonly random: Random;
};

export function refundRecords({ read, write, random }: Database): RefundRecords {
  return {
    paymentOf: async (wanted) => ({ orderId: text(await paidAttempt(read(), wanted), "order_id") }),
    request: (wanted, now) => write((em) => request(em, wanted, now, random)),
    settle: (refundId, outcome, now) => write((em) => settle(em, refundId, outcome, now, random)),
    async ofOrder(orderId) {
      const rows = await all(read(), "select * from refund where order_id = ? order by created_at, id", [orderId]);
      return rows.map(refundOf);
    },
    list: (filter) => allRows(read(), REFUNDS, conditionsOf(filter)),
    page: (filter) => pageOfRows(read(), REFUNDS, conditionsOf(filter), filter),
  };
}

async function request(em: Connected, wanted: RefundRequest, now: Date, random: Random): Promise<Refund> {
  const paid = await paidAttempt(em, wanted);
  const refunds = await refundedParts(em, text(paid, "id"));
  const leftCents = leftToRefundCents({
    movedCents: whole(paid, "moved_cents"),
    refunds,
    shownCents: wanted.shownCents,
  });
  const currency = text(paid, "currency");
  const amountCents = wanted.amountCents ?? leftCents;
  if (leftCents <= 0 || amountCents > leftCents)
    throw new Refused(
      said("too_much_refund", { left: formatMoney(Math.max(0, leftCents), currency), attemptId: text(paid, "id") }),
    );
  const refund: Refund = {
    id: random.newId("ref", now),
    invoiceId: wanted.invoiceId,
    attemptId: text(paid, "id"),
    orderId: text(paid, "order_id"),
    amountCents,
    currency,
    state: "requested",
    createdAt: now,
  };
  const record = { reason: wanted.reason, note: wanted.note, requestedBy: wanted.by, because: null, settledAt: null };
  await insertRefund(em, { ...refund, ...record }, word(paid, "state"));
  noteEffect(em);
  return refund;
}

/** A refund that nobody here asked for, as the order shows it. */
export async function addShownRefund(em: Connected, refund: ShownRefund, now: Date): Promise<void> {
  const [paid] = await all(em, "select state from attempt where id = ?", [refund.attemptId]);
  if (paid === undefined) return;
  const shown = { state: "done", createdAt: now, settledAt: now } as const;
  const record = { reason: "other", note: null, requestedBy: ASKED_AT_GATEWAY } as const;
  await insertRefund(em, { ...refund, ...shown, ...record }, word(paid, "state"));
}

type WrittenRefund = Refund & {
  readonly reason: RefundReason;
  readonly note: string | null;
  readonly requestedBy: string;
  readonly because: string | null;
  readonly settledAt: Date | null;
};

async function insertRefund(em: Connected, refund: WrittenRefund, paidState: AttemptState): Promise<void> {
  const { taxes, baseCents, taxCents } = await taxedPart(em, paidState, refund);
  await run(
    em,
    `insert into refund (id, invoice_id, attempt_id, order_id, amount_cents, currency, reason, note, requested_by, state,
       because, created_at, settled_at, taxes, base_cents, tax_cents)
     select j.id, j.invoice_id, j.attempt_id, j.order_id, j.amount_cents, j.currency, j.reason, j.note, j.requested_by,
            j.state, j.because, j.created_at, j.settled_at, case when j.base_cents is null then null else j.taxes end,
            j.base_cents, j.tax_cents
     from rows(?:
       id text, invoiceId text, attemptId text, orderId text, amountCents int, currency text, reason text, note text,
       requestedBy text, state text, because text, createdAt int, settledAt int, taxes json, baseCents int, taxCents int
     ) j`,
    [
      batch([
        {
          ...refund,
          ...{ createdAt: ms(refund.createdAt), settledAt: ms(refund.settledAt) },
          ...{ taxes, baseCents, taxCents },
        },
      ]),
    ],
  );
}

async function taxedPart(
  em: Connected,
  paidState: AttemptState,
  { invoiceId, amountCents }: Pick<Refund, "invoiceId" | "amountCents">,
): Promise<Taxed<PartTax>> {
  const [invoice = {}] = await all(em, "select taxes from invoice where id = ?", [invoiceId]);
  const taxes = jsonOrNull<readonly PartTax[]>(invoice, "taxes");
  const rows = await all(em, "select state, taxes from refund where invoice_id = ?", [invoiceId]);
  const earlier = rows.map((row) => ({
    state: word<RefundState>(row, "state"),
    taxes: jsonOrNull<readonly PartTax[]>(row, "taxes"),
  }));
  return taxOfRefund({ taxes, paidState, earlier }, amountCents);
}

async function paidAttempt(
  em: Connected,
  { invoiceId, attemptId }: Pick<RefundRequest, "invoiceId" | "attemptId">,
): Promise<RawRow> {
  const [invoice] = await all(em, "select id from invoice where id = ?", [invoiceId]);
  if (invoice === undefined) {
    await mustNotBeArchived(em, invoiceId);
    throw new NotFound(said("no_invoice", { id: invoiceId }), { mend: { do: "list", what: "invoices" } });
  }
  const rows = await all(
    em,
    `select a.id, a.state, a.order_id, coalesce(a.moved_cents, a.amount_cents) as moved_cents, a.currency
     from attempt a where a.invoice_id = ? and (a.id = ? or (cast(? as text) is null and a.state = ${PAID}))`,
    [invoiceId, attemptId, attemptId],
  );
  const [attempt] = rows;
  if (attempt === undefined && attemptId !== null)
    throw new NotFound(said("no_attempt_of", { invoiceId, attemptId }), { mend: { do: "show_invoice", invoiceId } });
  if (attempt === undefined) throw new Refused(said("nothing_to_refund", { id: invoiceId }));
  const state = word<AttemptState>(attempt, "state");
  if (!isPaid(state)) throw new Refused(said("no_money_of_attempt", { id: text(attempt, "id"), state }));
  return attempt;
}

async function settle(
  em: Connected,
  refundId: string,
  outcome: RefundOutcome,
  now: Date,
  random: Random,
): Promise<void> {
  const { kind, trace } = outcome;
  const [row] = await all(
    em,
    `update refund set state = ?, settled_at = ?, gateway_refund_id = ?, failure_code = ?, failure_message = ?,
       http_status = ?, log_id = ?, because = ?
     where id = ? and settled_at is null
     returning *, (select subscription_id from invoice where id = invoice_id) as subscription_id,
       (select customer_id from invoice where id = invoice_id) as customer_id`,
    [
      kind,
      kind === "unknown" ? null : ms(now),
      kind === "done" ? outcome.gatewayRefundId : null,
      kind === "refused" ? outcome.failureCode : null,
      kind === "refused" ? outcome.failureMessage : null,
      trace.httpStatus,
      trace.logId,
      trace.because,
      refundId,
    ],
  );
  if (row === undefined) return;
  const { amountCents, currency, orderId, invoiceId, attemptId } = refundOf(row);
  const [baseCents, taxCents] = [wholeOrNull(row, "base_cents"), wholeOrNull(row, "tax_cents")];
  const data = {
    refundId,
    amountCents,
    currency,
    orderId,
    baseCents,
    taxCents,
    reason: text(row, "reason"),
    because: trace.because,
  };
  const subject = { customerId: text(row, "customer_id"), subscriptionId: text(row, "subscription_id") };
  await appendEvents(em, [{ type: REFUND_EVENTS[kind], ...subject, invoiceId, attemptId, data }], now, random);
}

function refundOf(row: RawRow): Refund {
  return {
    id: text(row, "id"),
    invoiceId: text(row, "invoice_id"),
    attemptId: text(row, "attempt_id"),
    orderId: text(row, "order_id"),
    amountCents: whole(row, "amount_cents"),
    currency: text(row, "currency"),
    state: word(row, "state"),
    createdAt: instant(row, "created_at"),
  };
}

const REFUNDS: RowSource<RefundRow> = {
  name: "refunds",
  from: "refund r join invoice i on i.id = r.invoice_id join customer c on c.id = i.customer_id",
  columns: {
    refundId: ["r.id", text],
    id: ["r.id", text],
    invoiceId: ["r.invoice_id", text],
    attemptId: ["r.attempt_id", text],
    orderId: ["r.order_id", text],
    amountCents: ["r.amount_cents", whole],
    currency: ["r.currency", text],
    state: ["r.state", word],
    createdAt: ["r.created_at", isoInstant],
    amount: ["r.amount_cents / 100.0", units],
    subscriptionId: ["i.subscription_id", text],
    customerId: ["i.customer_id", text],
    customerName: ["c.name", text],
    reason: ["r.reason", word],
    note: ["r.note", textOrNull],
    requestedBy: ["r.requested_by", text],
    gatewayRefundId: ["r.gateway_refund_id", textOrNull],
    failureCode: ["r.failure_code", textOrNull],
    failureMessage: ["r.failure_message", textOrNull],
    because: ["r.because", textOrNull],
    settledAt: ["r.settled_at", isoInstantOrNull],
    baseCents: ["r.base_cents", wholeOrNull],
    taxCents: ["r.tax_cents", wholeOrNull],
    taxes: ["r.taxes", taxRows],
  },
  order: { by: ["r.created_at", "r.id"], direction: "desc" },
};

function conditionsOf({ invoiceId, states }: RefundFilter): Condition[] {
  return [
    ...(invoiceId === undefined ? [] : [equals(REFUNDS, "invoiceId", invoiceId)]),
    ...(states === undefined
      ? []
      : [["r.state in (select value from json_each(?))", batch(states)] satisfies Condition]),
  ];
}

/** What waits for certainty or for a person: unknown attempts, held invoices, refunds whose answer was lost. */
import assert from "node:assert/strict";
import type { EventRow } from "../ports/listings/events.ts";
import type { AttemptRow, EvidenceRow, InvoiceRow, RefundRow } from "../ports/listings/invoices.ts";
import type { Store } from "../ports/store.ts";
import type { RefundRecords } from "../ports/refunds.ts";

type InvoicePart = Pick<
  InvoiceRow,
  "invoiceId" | "subscriptionId" | "customerId" | "customerName" | "cycle" | "amountCents" | "amount" | "currency"
>;

type AttemptPart = Pick<
  AttemptRow,
  | "attemptId"
  | "number"
  | "state"
  | "reference"
  | "flow"
  | "orderId"
  | "chargeId"
  | "sentAt"
  | "inquiries"
  | "nextInquiryAt"
  | "httpStatus"
  | "logId"
  | "cardBrand"
  | "cardLast4"
>;

type Waiting = { readonly since: string; readonly ageSeconds: number };

/** Always the invoice's facts, and the attempt's where there is one; null where there is none. */
export type UnknownCharge = Waiting &
  InvoicePart & { readonly [Column in keyof AttemptPart]: AttemptPart[Column] | null } & {
    readonly kind: "unknown" | "held";
    readonly invoiceStatus: InvoiceRow["status"];
    readonly statusReason: InvoiceRow["statusReason"];
    /** The last answer. */
    readonly because: string | null;
    readonly evidence: readonly EvidenceRow[];
  };

export type UnknownRefund = Waiting & RefundRow & { readonly kind: "refund" };

type Needs = { readonly store: Pick<Store, "list"> & { readonly refunds: Pick<RefundRecords, "list"> } };

export async function listUnknown({ store }: Needs, now: Date): Promise<readonly (UnknownCharge | UnknownRefund)[]> {
  const attempts = await store.list("attempts", { where: { state: "unknown" } });
  const unknown = await Promise.all(
    attempts.map(async (attempt) => {
      const [invoice] = await store.list("invoices", { where: { invoiceId: attempt.invoiceId } });
      assert(invoice !== undefined, `attempt ${attempt.attemptId} has no invoice`);
      return rowOf("unknown", invoice, attempt, now);
    }),
  );
  const invoices = new Set(attempts.map(({ invoiceId }) => invoiceId));
  const held = (await store.list("invoices", { where: { status: "held" } })).filter(
    ({ invoiceId }) => !invoices.has(invoiceId),
  );
  const others = await Promise.all(
    held.map(async (invoice) => {
      const [last] = (await store.list("attempts", { where: { invoiceId: invoice.invoiceId } })).toReversed();
      return rowOf("held", invoice, last ?? null, now);
    }),
  );
  const refunds = (await store.refunds.list({ states: ["requested", "unknown"] })).map(
    (refund) =>
      ({
        kind: "refund",
        since: refund.createdAt,
        ageSeconds: ageSeconds(refund.createdAt, now),
        ...refund,
      }) as const,
  );
  return [...unknown, ...others, ...refunds].toSorted((a, b) => a.since.localeCompare(b.since));
}

/** @param name of an attempt, or of an invoice. @returns null when there is neither */
export async function showUnknown(
  { store }: Needs,
  name: string,
  now: Date,
): Promise<{ readonly row: UnknownCharge; readonly events: readonly EventRow[] } | null> {
  const [named] = await store.list("attempts", { where: { attemptId: name } });
  const invoiceId = named?.invoiceId ?? name;
  const [invoice] = await store.list("invoices", { where: { invoiceId } });
  if (invoice === undefined) return null;
  const attempts = await store.list("attempts", { where: { invoiceId } });
  const attempt = named ?? attempts.findLast(({ state }) => state === "unknown") ?? attempts.at(-1) ?? null;
  const events = await store.list("events", { where: { invoiceId } });
  return { row: rowOf(attempt?.state === "unknown" ? "unknown" : "held", invoice, attempt, now), events };
}

function rowOf(kind: "unknown" | "held", invoice: InvoiceRow, attempt: AttemptRow | null, now: Date): UnknownCharge {
  const since = attempt?.sentAt ?? attempt?.claimedAt ?? invoice.openedAt;
  const evidence = attempt?.evidence ?? [];
  return {
    kind,
    since,
    ageSeconds: ageSeconds(since, now),
    invoiceId: invoice.invoiceId,
    subscriptionId: invoice.subscriptionId,
    customerId: invoice.customerId,
    customerName: invoice.customerName,
    cycle: invoice.cycle,
    amountCents: invoice.amountCents,
    amount: invoice.amount,
    currency: invoice.currency,
    invoiceStatus: invoice.status,
    statusReason: invoice.statusReason,
    attemptId: attempt?.attemptId ?? null,
    number: attempt?.number ?? null,
    state: attempt?.state ?? null,
    reference: attempt?.reference ?? null,
    flow: attempt?.flow ?? null,
    orderId: attempt?.orderId ?? null,
    chargeId: attempt?.chargeId ?? null,
    sentAt: attempt?.sentAt ?? null,
    inquiries: attempt?.inquiries ?? null,
    nextInquiryAt: attempt?.nextInquiryAt ?? null,
    httpStatus: attempt?.httpStatus ?? null,
    logId: attempt?.logId ?? null,
    cardBrand: attempt?.cardBrand ?? null,
    cardLast4: attempt?.cardLast4 ?? null,
    because: evidence.at(-1)?.because ?? null,
    evidence,
  };
}

function ageSeconds(since: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(since)) / 1000);
}

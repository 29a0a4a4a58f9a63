/**
 * Books that reconciliation compares with orders: literals, no database. What is learned of an attempt becomes its state, and a cycle
 * that is due is opened by the program's own rules.
 */
import type { BookingNeeds } from "../../src/application/reconcile/book-order.ts";
import type { LostAttempt } from "../../src/application/ports/reconcile.ts";
import type { RecordedInvoice } from "../../src/application/ports/records.ts";
import type { KnownAttempt } from "../../src/application/ports/webhooks.ts";
import { isOpen } from "../../src/domain/attempt.ts";
import { NOTHING_WAITS } from "../../src/domain/invoice-content.ts";
import type { Invoice } from "../../src/domain/invoice.ts";
import { knownAttempt, SILENT_LOG } from "./seen-orders.ts";

export const NOW = new Date("2026-12-10T15:00:00Z");
export const MADE_AT = new Date("2026-12-01T15:00:00Z");
export const INVOICE = {
  ...{ id: "inv_1", cycle: 0, oneOffKey: null, status: "open", declines: 0, orderId: null, subscriptionId: "ana" },
  ...{ amountCents: 20015, currency: "MXN" },
} as unknown as RecordedInvoice;
const PLAN = {
  ...{ id: "oro", name: "Oro", currency: "MXN", interval: "month", frequency: 1, trialPeriodDays: 0, source: "file" },
  ...{ expiryCount: null, expiryCounts: "charges", dunning: "standard", catchUp: "all" },
  lineItems: [{ name: "Oro", unitPriceCents: 20015, quantity: 1 }],
};
/** Monthly from the first of December on. */
const ANA = {
  ...{ id: "ana", planId: "oro", customerId: "cus_1", status: "active", startLocal: "2026-12-01T09:00", firstCycle: 0 },
  ...{ anchorLocal: "2026-12-01T09:00", timeZone: "America/Mexico_City", quantity: 1, lineItems: null, discount: null },
  ...{ billPast: false, cancelAt: null, pauseFrom: null, pauseUntil: null, source: "file" },
};

export type Books = {
  readonly attempts?: readonly Partial<KnownAttempt>[];
  readonly invoices?: readonly Partial<RecordedInvoice>[];
  /** The next cycle to open; 1 is not due yet. */
  readonly nextCycle?: 0 | 1;
  readonly hasSubscription?: boolean;
  /** What is learned changes nothing. */
  readonly settlesNothing?: boolean;
};

/** Books in which what is learned of an attempt becomes its state. */
export function booksOf({ nextCycle = 1, hasSubscription = true, settlesNothing = false, ...books }: Books) {
  let attempts = (books.attempts ?? []).map(knownAttempt);
  const invoices = (books.invoices ?? [INVOICE]).map((each) => ({ ...INVOICE, ...each }));
  const imported: LostAttempt[] = [];
  const opened: (number | null)[] = [];
  const nextBillingAt = new Date(nextCycle === 0 ? MADE_AT : "2027-01-01T15:00:00Z");
  const records = {
    subscription: async () => (hasSubscription ? { ...ANA, nextCycle, nextBillingAt } : null),
    plan: async () => PLAN,
    invoices: async () => invoices,
    waitingFor: async () => NOTHING_WAITS,
    use: async () => {},
    record: () => {},
    addInvoice: (invoice: Invoice) => {
      opened.push(invoice.cycle);
      invoices.push(invoice);
    },
    openAttempt: async (invoiceId: string) =>
      attempts
        .filter((each) => each.invoiceId === invoiceId && isOpen(each.state))
        .map(({ attemptId: id, state }) => ({ id, state }))[0] ?? null,
  };
  const needs = {
    clock: { now: () => NOW },
    random: { newId: () => "inv_new" },
    log: SILENT_LOG,
    policies: new Map(),
    store: {
      installation: async () => ({ livemode: false }),
      write: async (_now: Date, work: (open: typeof records) => unknown) => await work(records),
      settle: async (items: readonly { readonly attemptId: string; readonly evidence: { readonly kind: string } }[]) =>
        items.map(({ attemptId, evidence }) => {
          if (settlesNothing) return { attemptId, invoiceId: "inv_1", settlement: null };
          const state = evidence.kind as KnownAttempt["state"];
          attempts = attempts.map((each) =>
            each.attemptId === attemptId ? { ...each, state, chargeId: "chr_1" } : each,
          );
          return { attemptId, settlement: { attempt: { state }, invoice: {}, event: "invoice.paid" } };
        }),
    },
    sweep: {
      flow: "single",
      inbox: {
        attemptsOf: async (orderId: string, references: readonly string[]) =>
          attempts
            .filter((each) => each.orderId === orderId || references.includes(each.reference))
            .toSorted((a, b) => a.reference.localeCompare(b.reference)),
      },
      records: {
        importAttempt: async (lost: LostAttempt) => {
          imported.push(lost);
          attempts = [...attempts, knownAttempt({ ...lost, attemptId: `att_${lost.reference}` })];
        },
      },
    },
  } as unknown as BookingNeeds;
  return { needs, imported, opened };
}

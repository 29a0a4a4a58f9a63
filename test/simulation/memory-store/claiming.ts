/** Claiming, the intent, leases and inquiries in the store in memory, as `claims.ts` has them in SQLite. */
import type { Random } from "../../../src/application/ports/runtime.ts";
import type { Store } from "../../../src/application/ports/store.ts";
import type {
  ClaimDecision,
  ClaimedAttempt,
  DueInquiry,
  DueInvoice,
  MovedInvoice,
} from "../../../src/application/ports/charging.ts";
import type { Owner } from "../../../src/application/ports/installation.ts";
import { dueInvoices } from "./charge-facts.ts";
import { writeTransitions } from "./dunning.ts";
import { mustClose } from "../../../src/domain/payment-link.ts";
import type { AttemptRow, InvoiceRow } from "./rows.ts";
import { mayBeRead } from "./read-failures.ts";
import type { MemoryTables } from "./tables.ts";

export function claim(
  tables: MemoryTables,
  owner: Owner,
  options: Parameters<Store["claim"]>[1],
  decide: (due: readonly DueInvoice[]) => readonly ClaimDecision[],
  random: Random,
): { claimed: ClaimedAttempt[]; moved: MovedInvoice[] } {
  const { epoch, halts } = tables.installation.current;
  if (epoch !== owner.epoch || halts.length > 0) return { claimed: [], moved: [] };
  const { now } = options;
  const due = dueInvoices(tables, now, options);
  const decisions = decide(due);
  const chosen = due.filter((_facts, index) => decisions[index] === "charge");
  const moved = due.flatMap((facts, index) => {
    const move = decisions[index];
    return typeof move === "object" ? [{ facts, move }] : [];
  });
  return {
    claimed: claimInvoices(
      tables,
      owner,
      chosen.map(({ invoice }) => tables.invoices.must(invoice.id)),
      options,
      random,
    ),
    moved: writeTransitions(tables, moved, now),
  };
}

function claimInvoices(
  tables: MemoryTables,
  owner: Owner,
  due: readonly InvoiceRow[],
  { now, leaseMs, flow }: Pick<Parameters<Store["claim"]>[1], "now" | "leaseMs" | "flow">,
  random: Random,
): ClaimedAttempt[] {
  const attempts = due.map((invoice): AttemptRow => {
    const number = nextNumber(tables, invoice.id);
    const customer = tables.customers.must(invoice.customerId);
    const attempt: AttemptRow = {
      ...BLANK_ATTEMPT,
      id: random.newId("att", now),
      invoiceId: invoice.id,
      customerId: invoice.customerId,
      number,
      reference: `${invoice.id}-${number}`,
      flow,
      amountCents: invoice.amountCents,
      currency: invoice.currency,
      paymentSourceId: customer.paymentSourceId,
      cardBrand: customer.cardBrand,
      cardLast4: customer.cardLast4,
      claimedBy: owner.id,
      claimEpoch: owner.epoch,
      claimedAt: now,
      claimedUntil: new Date(now.getTime() + leaseMs),
    };
    tables.invoices.put({ ...invoice, nextAttemptAt: null });
    tables.attempts.put(attempt);
    return attempt;
  });
  return attempts.toSorted(byId).map((attempt) => claimedAttempt(tables, attempt));
}

/** Beyond every number that was given, also to attempts that a sweep wrote down. */
export function nextNumber({ attempts }: MemoryTables, invoiceId: string): number {
  let last = 0;
  for (const { number } of attempts.inGroup("invoice", invoiceId)) last = Math.max(last, number);
  return last + 1;
}

export function markSending(
  tables: MemoryTables,
  owner: Owner,
  items: readonly { readonly attemptId: string; readonly orderId: string | null }[],
  { now, leaseMs }: { readonly now: Date; readonly leaseMs: number },
): Set<string> {
  const { epoch, halts } = tables.installation.current;
  const marked = new Set<string>();
  for (const { attemptId, orderId } of items) {
    const attempt = tables.attempts.must(attemptId);
    const invoice = tables.invoices.must(attempt.invoiceId);
    const isOurs = attempt.claimedBy === owner.id && attempt.claimEpoch === owner.epoch && epoch === owner.epoch;
    if (
      isOurs &&
      attempt.state === "claimed" &&
      halts.length === 0 &&
      invoice.status === "open" &&
      invoice.voidWhenSettled === null
    ) {
      const claimedUntil = new Date(now.getTime() + leaseMs);
      tables.attempts.put({ ...attempt, state: "sending", sentAt: now, claimedUntil, orderId });
      marked.add(attemptId);
    }
    if (isOurs && orderId !== null && invoice.orderId === null && attempt.flow === "order_first")
      tables.invoices.put({ ...invoice, orderId });
  }
  return marked;
}

export function abandoned(tables: MemoryTables, owner: Owner, now: Date, limit: number): string[] {
  if (tables.installation.current.epoch !== owner.epoch) return [];
  return tables.attempts
    .inGroup("in_flight", "in flight")
    .filter(({ claimedUntil, claimEpoch }) => claimedUntil < now || claimEpoch !== owner.epoch)
    .map(({ id }) => id)
    .toSorted()
    .slice(0, limit);
}

export function dueInquiries(tables: MemoryTables, now: Date, limit: number): DueInquiry[] {
  return tables.attempts
    .inGroup("look", "look")
    .filter(({ id, nextInquiryAt }) => nextInquiryAt !== null && nextInquiryAt <= now && mayBeRead(tables, id, now))
    .toSorted((a, b) => (a.nextInquiryAt?.getTime() ?? 0) - (b.nextInquiryAt?.getTime() ?? 0) || byId(a, b))
    .slice(0, limit)
    .map((attempt) => ({
      ...claimedAttempt(tables, attempt),
      state: attempt.state === "pending" ? "pending" : "unknown",
      sentAt: attempt.sentAt ?? attempt.claimedAt,
      mustClose: isToBeClosed(tables, attempt, now),
    }));
}

function isToBeClosed({ links, invoices }: MemoryTables, { id, invoiceId }: AttemptRow, now: Date): boolean {
  const link = links.byUnique("attempt", id);
  const isPaidElsewhere = invoices.must(invoiceId).status === "paid";
  return link !== undefined && mustClose({ ...link, isPaidElsewhere }, now);
}

export function claimedAttempt(tables: MemoryTables, attempt: AttemptRow): ClaimedAttempt {
  const invoice = tables.invoices.must(attempt.invoiceId);
  const {
    id: invoiceId,
    subscriptionId,
    cycle,
    customerId,
    currency,
    amountCents,
    discountCents,
    discounts,
    balanceCents,
    lineItems,
    taxes,
  } = invoice;
  return {
    attemptId: attempt.id,
    number: attempt.number,
    flow: attempt.flow,
    orderId: attempt.flow === "order_first" ? (attempt.orderId ?? invoice.orderId) : attempt.orderId,
    intent: {
      ...{ reference: attempt.reference, installationId: tables.installation.current.id },
      ...{ invoiceId, subscriptionId, cycle, customerId, currency, amountCents, discountCents, lineItems, taxes },
      ...{ discounts, balanceCents, oneOffKey: invoice.oneOffKey },
    },
  };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** What an attempt does not know yet when it begins. */
export const BLANK_ATTEMPT = {
  state: "claimed",
  orderId: null,
  chargeId: null,
  sentAt: null,
  settledAt: null,
  paidAt: null,
  inquiries: 0,
  nextInquiryAt: null,
  httpStatus: null,
  declineClass: null,
  failureCode: null,
  failureMessage: null,
  authCode: null,
  feeCents: null,
  logId: null,
  movedCents: null,
  paymentMethod: null,
  cardKind: null,
  afterCancel: null,
  evidence: [],
  cardClearedAt: null,
} as const;

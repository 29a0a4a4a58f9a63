/** The listings of the store in memory: plain rows with ISO instants, as SQLite's views have them. */
import type { Listing, ListingName, Listings, Page, PageOf, Window } from "../../../src/application/ports/listings.ts";
import { hasPage, wayOf } from "../../../src/domain/ways-to-pay.ts";
import type { Dispute } from "../../../src/domain/dispute.ts";
import { hasGoneBack } from "../../../src/domain/refund.ts";
import { figureOf } from "../../../src/domain/revenue.ts";
import { shownLines, shownTaxes } from "../../../src/domain/shown-content.ts";
import type { Subscription } from "../../../src/domain/subscription.ts";
import { nextCycle } from "../../../src/domain/charging/cycles-ahead.ts";
import { isPaidAfterCancel, isPaidAgain } from "./counts.ts";
import type { AttemptRow, InvoiceRow, ReadFailureRow, RefundRow } from "./rows.ts";
import { failureOf } from "./read-failures.ts";
import type { MemoryTables } from "./tables.ts";

type Row = Readonly<Record<string, unknown>>;

/** Where a listing's instants are, for `since`. */
const SINCE: Partial<Record<ListingName, string>> = {
  history: "attemptedAt",
  invoices: "openedAt",
  attempts: "claimedAt",
  events: "at",
  revenue: "day",
};

/** The keys of each order, and its direction. A key that is null stands last. */
const ORDER: Readonly<Record<ListingName, readonly [keys: readonly string[], direction: "asc" | "desc"]>> = {
  history: [["attemptedAt", "invoiceId", "attempt"], "desc"],
  subscriptions: [["subscriptionId"], "asc"],
  dunning: [["nextAttemptAt", "invoiceId"], "asc"],
  attention: [["since", "invoiceId", "attempt"], "asc"],
  revenue: [["day", "planId", "currency"], "asc"],
  invoices: [["openedAt", "invoiceId"], "desc"],
  attempts: [["invoiceId", "number"], "asc"],
  customers: [["customerId"], "asc"],
  plans: [["planId"], "asc"],
  events: [["eventId"], "asc"],
  webhooks: [["receivedAt", "eventId"], "desc"],
  disputes: [["disputeId"], "asc"],
  items: [["createdAt"], "desc"],
  balanceEntries: [["customerId", "currency", "number"], "asc"],
  coupons: [["code"], "asc"],
  couponGrants: [["subscriptionId", "number"], "asc"],
  consents: [["createdAt", "consentId"], "desc"],
  audit: [["eventId"], "desc"],
};

/** Rows as far as the simulation reads them: not every column of a listing is filled. */
export function list<Name extends ListingName>(
  tables: MemoryTables,
  name: Name,
  listing: Listing<Name>,
): Listings[Name][] {
  return rowsOf(tables, name, listing) as Listings[Name][];
}

export function listingPage<Name extends ListingName>(
  tables: MemoryTables,
  name: Name,
  { limit, cursor, ...listing }: PageOf<Listing<Name>>,
): Page<Listings[Name]> {
  const [keys, direction] = ORDER[name];
  return pageOf(list(tables, name, listing), keys, direction, { limit, ...(cursor !== undefined && { cursor }) });
}

/** The cursor is the last row's keys. */
export function pageOf<Shown extends object>(
  rows: readonly Shown[],
  keys: readonly string[],
  direction: "asc" | "desc",
  { limit, cursor }: PageOf<object>,
): Page<Shown> {
  const sign = direction === "asc" ? 1 : -1;
  const keysOf = (row: Shown) => keys.map((key) => (row as Row)[key] ?? "~");
  const after = cursor === undefined ? null : (JSON.parse(cursor) as readonly unknown[]);
  const ordered = rows
    .toSorted((a, b) => sign * compared(keysOf(a), keysOf(b)))
    .filter((row) => after === null || sign * compared(keysOf(row), after) > 0);
  const last = ordered.length > limit ? ordered[limit - 1] : undefined;
  return { rows: ordered.slice(0, limit), nextCursor: last === undefined ? null : JSON.stringify(keysOf(last)) };
}

function compared(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [at, key] of a.entries()) {
    const [one, other] = [key as string | number, b[at] as string | number];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function rowsOf<Name extends ListingName>(
  tables: MemoryTables,
  name: Name,
  { where = {}, within = {}, since, sieve, limit }: Listing<Name>,
): Row[] {
  const wanted = Object.entries(where).filter(([, value]) => value !== undefined);
  const sinceColumn = SINCE[name];
  const from = name === "revenue" ? since?.toISOString().slice(0, 10) : since?.toISOString();
  const [[column, wantedId] = []] = wanted;
  const found = wanted.length === 1 && column !== undefined ? FOUND[name]?.[column] : undefined;
  const windows = Object.entries(within as Record<string, Window | undefined>);
  const rows = (found === undefined ? LISTINGS[name](tables) : found(tables, String(wantedId)))
    .map(plain)
    .filter((row) => wanted.every(([key, value]) => row[key] === value))
    .filter((row) => windows.every(([key, window]) => isWithin(row[key], window)))
    .filter((row) => sieve === undefined || sieve.keeps(row as Listings[Name]))
    .filter((row) => sinceColumn === undefined || from === undefined || String(row[sinceColumn]) >= from);
  return limit === undefined ? rows : rows.slice(0, limit);
}

function isWithin(at: unknown, { from, before }: Window = {}): boolean {
  if (typeof at !== "string") return from === undefined && before === undefined;
  const instant = new Date(at);
  return (from === undefined || instant >= from) && (before === undefined || instant < before);
}

/** What is asked for again and again, found without reading everything. */
const FOUND: Partial<Record<ListingName, Readonly<Record<string, (tables: MemoryTables, id: string) => Row[]>>>> = {
  attempts: {
    attemptId: ({ attempts }, attemptId) => {
      const attempt = attempts.get(attemptId);
      return attempt === undefined ? [] : [{ attemptId, ...attempt }];
    },
  },
  customers: {
    customerId: ({ customers }, customerId) => {
      const customer = customers.get(customerId);
      return customer === undefined ? [] : [{ customerId, ...customer }];
    },
  },
  subscriptions: {
    subscriptionId: (tables, subscriptionId) => {
      const subscription = tables.subscriptions.get(subscriptionId);
      return subscription === undefined ? [] : [subscriptionRow(tables, subscription)];
    },
  },
  invoices: {
    subscriptionId: (tables, subscriptionId) =>
      invoiceRows(tables, tables.invoices.inGroup("subscription", subscriptionId)),
  },
};

const LISTINGS: Record<ListingName, (tables: MemoryTables) => Row[]> = {
  ...{
    items: () => [],
    balanceEntries: () => [],
    coupons: () => [],
    couponGrants: () => [],
    consents: () => [],
    audit: () => [],
  },
  plans: ({ plans, subscriptions }) =>
    [...plans.rows.values()].map(({ id, ...plan }) => ({
      planId: id,
      ...plan,
      subscriptions: [...subscriptions.rows.values()].filter(({ planId }) => planId === id).length,
    })),
  customers: ({ customers }) =>
    [...customers.rows.values()].map(({ id, ...customer }) => ({ customerId: id, ...customer })),
  subscriptions: (tables) => [...tables.subscriptions.rows.values()].map((each) => subscriptionRow(tables, each)),
  invoices: (tables) => invoiceRows(tables, [...tables.invoices.rows.values()]),
  attempts: ({ attempts }) =>
    [...attempts.rows.values()]
      .toSorted((a, b) => (a.invoiceId === b.invoiceId ? a.number - b.number : a.invoiceId < b.invoiceId ? -1 : 1))
      .map(({ id, ...attempt }) => ({ attemptId: id, ...attempt })),
  events: ({ events }) => events.map(({ id, ...event }) => ({ eventId: id, ...event })),
  history: (tables) =>
    [...tables.attempts.rows.values()]
      .toSorted((a, b) => attemptedAt(b).getTime() - attemptedAt(a).getTime() || (a.id < b.id ? 1 : -1))
      .map((attempt) => ({
        ...historyRow(attempt, tables.invoices.must(attempt.invoiceId)),
        ...refundedOf(tables.refunds, (each) => each.attemptId === attempt.id),
      })),
  dunning: (tables) =>
    [...tables.invoices.rows.values()]
      .filter(({ dunningStep }) => dunningStep !== null)
      .map((invoice) => dunningRow(tables, invoice)),
  attention: (tables) => [
    ...[...tables.invoices.rows.values()].flatMap((invoice) => attentionRow(tables, invoice)),
    ...[...tables.disputes.rows.values()]
      .filter(({ outcome }) => outcome === "open")
      .map((each) => disputedRow(tables, each)),
  ],
  revenue: (tables) => revenueRows(tables),
  webhooks: () => [],
  disputes: ({ disputes }) => [...disputes.rows.values()].map(({ id, ...dispute }) => ({ disputeId: id, ...dispute })),
};

function subscriptionRow({ invoices, refunds }: MemoryTables, { id, ...rest }: Subscription): Row {
  const owed = invoices.inGroup("unsettled", id).filter(({ status }) => status !== "uncollectible");
  const owedCents = owed.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const nextBillingAt = nextCycle(rest).do === "none" ? null : rest.nextBillingAt;
  return {
    subscriptionId: id,
    ...rest,
    nextBillingAt,
    owedCents,
    owed: owedCents / 100,
    ...refundedOf(refunds, (each) => invoices.get(each.invoiceId)?.subscriptionId === id),
  };
}

function invoiceRows({ customers, refunds }: MemoryTables, invoices: readonly InvoiceRow[]): Row[] {
  return invoices
    .toSorted((a, b) => b.openedAt.getTime() - a.openedAt.getTime() || (a.id < b.id ? 1 : -1))
    .map(({ id, ...invoice }) => ({
      invoiceId: id,
      ...invoice,
      lineItems: shownLines(invoice.lineItems, invoice.discountCents),
      taxes: shownTaxes(invoice.taxes),
      customerName: customers.get(invoice.customerId)?.name,
      amount: invoice.amountCents / 100,
      ...refundedOf(refunds, (each) => each.invoiceId === id),
    }));
}

function refundedOf({ rows }: MemoryTables["refunds"], isMeant: (refund: RefundRow) => boolean): Row {
  const done = [...rows.values()].filter((each) => hasGoneBack(each.state) && isMeant(each));
  const refundedCents = done.reduce((sum, { amountCents }) => sum + amountCents, 0);
  return { refundedCents, refunded: refundedCents / 100 };
}

function attemptedAt({ sentAt, claimedAt }: AttemptRow): Date {
  return sentAt ?? claimedAt;
}

function lastAttempt(tables: MemoryTables, { id }: InvoiceRow): AttemptRow | undefined {
  return tables.attempts.inGroup("invoice", id).toSorted((a, b) => b.number - a.number)[0];
}

function invoiceColumns({ id, subscriptionId, customerId, cycle, amountCents, currency }: InvoiceRow): Row {
  return { invoiceId: id, subscriptionId, customerId, cycle, amountCents, amount: amountCents / 100, currency };
}

function historyRow(attempt: AttemptRow, invoice: InvoiceRow): Row {
  const { number, state, settledAt, declineClass, failureCode, orderId, chargeId, cardBrand, cardLast4 } = attempt;
  const ids = { orderId, chargeId, cardBrand, cardLast4 };
  const { nextAttemptAt } = invoice;
  const outcome = { attempt: number, outcome: state, declineClass, failureCode, settledAt, nextAttemptAt };
  return { attemptedAt: attemptedAt(attempt), ...invoiceColumns(invoice), ...outcome, ...ids };
}

function dunningRow(tables: MemoryTables, invoice: InvoiceRow): Row {
  const charges = tables.attempts.inGroup("invoice", invoice.id).filter((each) => wayOf(each).chargesStoredCard);
  const last = charges.toSorted((a, b) => b.number - a.number)[0];
  const open = tables.attempts.byUnique("attempt_one_open", invoice.id);
  const inStep = invoice.dunningStep === "wait_for_card" ? "card" : invoice.dunningStep;
  const outcome = open !== undefined && hasPage(open) ? "payment_link" : "outcome";
  return {
    ...invoiceColumns(invoice),
    declines: invoice.declines,
    lastDeclineClass: last?.declineClass,
    waitsFor: open === undefined ? inStep : outcome,
  };
}

/** Whatever a person has to look at: the one try of the invoice that says why, or none. */
function attentionRow(tables: MemoryTables, invoice: InvoiceRow): Row[] {
  const tries = tables.attempts.inGroup("invoice", invoice.id);
  const mayWait = invoice.status === "held" || invoice.waitsToldAt !== null || tables.readFailures.rows.size > 0;
  if (!mayWait && !tries.some(isTelling)) return [];
  const telling = tries.filter(
    (attempt) => isTelling(attempt) || failureOf(tables, "attempt", attempt.id) !== undefined,
  );
  const shown = telling.length > 0 ? telling : [lastAttempt(tables, invoice)];
  return shown.flatMap((attempt): Row[] => {
    const isOpenQuestion = attempt !== undefined && (attempt.state === "unknown" || isPaidAgain(tables, attempt));
    const unread = unreadFor(tables, invoice, attempt);
    const isWaiting = waitsForPerson(tables, invoice);
    const isLate = attempt !== undefined && isPaidAfterCancel(tables, attempt);
    if (invoice.status !== "held" && !isOpenQuestion && !isLate && unread === null && !isWaiting) return [];
    const isTold = attempt?.state === "paid_again" || attempt?.state === "unknown";
    const kind = attempt?.state === "paid_again" ? "paid_again" : invoice.status === "held" ? "held" : "unknown";
    const since = attempt === undefined ? invoice.openedAt : attemptedAt(attempt);
    const told = { attempt: attempt?.number ?? null, outcome: attempt?.state ?? null };
    const row = { kind, since, ...invoiceColumns(invoice), reason: invoice.statusReason, ...told };
    if (isTold || invoice.status === "held") return [row];
    if (isLate) return [{ ...row, kind: "paid_after_cancel", since: attempt.settledAt }];
    if (unread === null) return [{ ...row, ...(isWaiting && { kind: "waiting", since: invoice.waitsToldAt }) }];
    return [{ ...row, kind: "unreadable", since: unread.failedSince, because: unread.because }];
  });
}

function isTelling({ state, afterCancel }: AttemptRow): boolean {
  return state === "paid_again" || state === "unknown" || afterCancel === "asked";
}

function disputedRow({ invoices, attempts }: MemoryTables, dispute: Dispute): Row {
  const invoice = invoices.must(dispute.invoiceId);
  const { number, state } = attempts.must(dispute.attemptId);
  const { amountCents, openedAt } = dispute;
  return {
    ...{ kind: "disputed", since: openedAt, ...invoiceColumns(invoice), reason: invoice.statusReason },
    ...{ amountCents, amount: amountCents / 100, attempt: number, outcome: state },
  };
}

/** It was told that it waits behind a held invoice, and it does. */
function waitsForPerson({ invoices }: MemoryTables, invoice: InvoiceRow): boolean {
  const { waitsToldAt, nextAttemptAt, subscriptionId, cycle } = invoice;
  if (waitsToldAt === null || nextAttemptAt === null) return false;
  return invoices
    .inGroup("unsettled", subscriptionId)
    .some((each) => each.status === "held" && (each.cycle ?? Infinity) < (cycle ?? -1));
}

/** What keeps the invoice waiting because it cannot be read; null: nothing. */
function unreadFor(tables: MemoryTables, invoice: InvoiceRow, attempt: AttemptRow | undefined): ReadFailureRow | null {
  const { links, denials } = tables;
  const { nextAttemptAt, dunningDueAt, customerId } = invoice;
  const uncharged = failureOf(tables, "charge", customerId);
  const unread = failureOf(tables, "customer", customerId);
  if (nextAttemptAt !== null && uncharged !== undefined) return uncharged;
  const waits = [nextAttemptAt, dunningDueAt].some(
    (at) => at !== null && unread !== undefined && at <= unread.failedAt,
  );
  if (waits && unread !== undefined) return unread;
  if (attempt === undefined) return null;
  const rechecks = [links.byUnique("attempt", attempt.id)?.recheckAt, denials.get(attempt.id)?.recheckAt];
  const isAsked = [attempt.nextInquiryAt, ...rechecks].some((at) => at != null);
  return (isAsked && failureOf(tables, "attempt", attempt.id)) || null;
}

/** What came, went back and was lost, each on its day. */
function revenueRows({ invoices, subscriptions, attempts, refunds, disputes }: MemoryTables): Row[] {
  const none = { invoices: 0, amountCents: 0, refundedCents: 0, lostCents: 0 };
  const paidState = (attemptId: string) => attempts.must(attemptId).state;
  const moves = [
    ...[...invoices.rows.values()].map(({ paidAt, status, subscriptionId, currency, amountCents }) => ({
      ...{ ...none, subscriptionId, currency, invoices: 1, amountCents },
      at: figureOf({ kind: "invoice", status }) === null ? null : paidAt,
    })),
    ...[...refunds.rows.values()].map(({ state, settledAt, invoiceId, attemptId, currency, amountCents }) => ({
      ...{ ...none, currency, refundedCents: amountCents },
      at: figureOf({ kind: "refund", state, paidState: paidState(attemptId) }) === null ? null : settledAt,
      subscriptionId: invoices.must(invoiceId).subscriptionId,
    })),
    ...[...disputes.rows.values()].map(({ outcome, closedAt, subscriptionId, attemptId, currency, amountCents }) => ({
      ...{ ...none, subscriptionId, currency, lostCents: amountCents },
      at: figureOf({ kind: "dispute", outcome, paidState: paidState(attemptId) }) === null ? null : closedAt,
    })),
  ];
  const groups = Map.groupBy(
    moves.filter(({ at }) => at !== null),
    ({ at, subscriptionId, currency }) =>
      `${at?.toISOString().slice(0, 10)} ${subscriptions.must(subscriptionId).planId} ${currency}`,
  );
  return [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, members]) => {
      const [day, planId, currency] = key.split(" ");
      const sum = (column: keyof typeof none) => members.reduce((total, each) => total + each[column], 0);
      const [amountCents, refundedCents, lostCents] = [sum("amountCents"), sum("refundedCents"), sum("lostCents")];
      const netCents = amountCents - refundedCents - lostCents;
      return {
        ...{ day, planId, currency, invoices: sum("invoices"), amountCents, amount: amountCents / 100 },
        ...{ refundedCents, refunded: refundedCents / 100, lostCents, lost: lostCents / 100 },
        ...{ netCents, net: netCents / 100 },
      };
    });
}

export function plain(row: Row): Row {
  const shown: Record<string, unknown> = {};
  for (const key in row) {
    const value = row[key];
    shown[key] = value instanceof Date ? value.toISOString() : value;
  }
  return shown;
}

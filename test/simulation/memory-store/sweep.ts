/** What a sweep reads of the store in memory and writes back: the same conditions as `sweep.ts` has in SQLite. */
import { isPaid, isUncertain } from "../../../src/domain/attempt.ts";
import { hasPage } from "../../../src/domain/ways-to-pay.ts";
import type { Random } from "../../../src/application/ports/runtime.ts";
import type { LostAttempt, SweepRecords, UnpaidOrder } from "../../../src/application/ports/reconcile.ts";
import { BLANK_ATTEMPT } from "./claiming.ts";
import { knownAttempt } from "./inbox.ts";
import { blankLink } from "./links.ts";
import type { InvoiceRow } from "./rows.ts";
import { failureOf } from "./read-failures.ts";
import type { MemoryTransact } from "./tables.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";

export function memorySweep(tables: MemoryTables, transact: MemoryTransact, random: Random): SweepRecords {
  const { attempts, installation, ordersSetAside } = tables;
  return {
    async lastSentAt() {
      let last: Date | null = null;
      for (const { sentAt } of attempts.rows.values())
        if (sentAt !== null && (last === null || sentAt > last)) last = sentAt;
      return last;
    },
    createdAt: async () => installation.current.createdAt,
    comparedUntil: async () => installation.current.ordersComparedUntil,
    noteCompared: (until) =>
      transact(() => {
        const { ordersComparedUntil: noted } = installation.current;
        if (noted === null || noted < until)
          installation.current = { ...installation.current, ordersComparedUntil: until };
      }),
    importAttempt: (attempt, now) => transact(() => importAttempt(tables, attempt, now, random)),
    paidAttempts: async ({ from, to }) =>
      [...attempts.rows.values()]
        .filter(({ state, sentAt }) => sentAt !== null && sentAt >= from && sentAt <= to && isPaid(state))
        .toSorted((a, b) => (a.sentAt?.getTime() ?? 0) - (b.sentAt?.getTime() ?? 0) || (a.id < b.id ? -1 : 1))
        .map((attempt) => knownAttempt(tables, attempt)),
    inquireAboutAll: (now) =>
      transact(() => {
        const uncertain = [...attempts.rows.values()].filter(({ state }) => isUncertain(state));
        for (const attempt of uncertain) {
          attempts.put({ ...attempt, nextInquiryAt: now });
          const failure = failureOf(tables, "attempt", attempt.id);
          if (failure !== undefined) tables.readFailures.put({ ...failure, nextReadAt: now });
        }
        return uncertain.length;
      }),
    unpaidOrders: async (limit) => unpaidOrders(tables, limit),
    setAside: async (orderIds) => new Set(orderIds.filter((id) => ordersSetAside.get(id) !== undefined)),
    isArchived: async () => false,
    keepAside: (orderIds, decision, now) =>
      transact(() => {
        const fresh = [...new Set(orderIds)].filter((id) => ordersSetAside.get(id) === undefined);
        for (const id of fresh) ordersSetAside.put({ id });
        const aside = fresh.map((orderId) => ({ type: "order.set_aside" as const, data: { orderId, ...decision } }));
        appendEvents(tables, aside, now);
      }),
  };
}

function unpaidOrders({ invoices }: MemoryTables, limit?: number): UnpaidOrder[] {
  const dueMs = ({ nextAttemptAt, dunningDueAt }: InvoiceRow): number =>
    (nextAttemptAt ?? dunningDueAt)?.getTime() ?? 0;
  return [...invoices.rows.values()]
    .filter(({ status }) => status === "open" || status === "held" || status === "uncollectible")
    .toSorted((a, b) => dueMs(a) - dueMs(b) || (a.id < b.id ? -1 : 1))
    .flatMap(({ orderId, id: invoiceId, subscriptionId, cycle }) =>
      orderId === null ? [] : [{ orderId, invoiceId, subscriptionId, cycle }],
    )
    .slice(0, limit);
}

const BECAUSE = "the gateway shows an order of this attempt, which the books lacked";

function importAttempt(tables: MemoryTables, lost: LostAttempt, now: Date, random: Random): void {
  const { attempts, invoices, links, installation } = tables;
  const { reference, flow, orderId, sentAt, state } = lost;
  if (attempts.byUnique("attempt_reference", reference) !== undefined) return;
  const invoice = invoices.must(lost.invoiceId);
  const { customerId, subscriptionId, amountCents, currency } = invoice;
  const isUnknown = state === "unknown";
  const id = random.newId("att", sentAt);
  attempts.put({
    ...BLANK_ATTEMPT,
    ...{ id, invoiceId: invoice.id, customerId, number: numberFor(tables, lost), state, reference, flow },
    ...{ amountCents, currency, orderId: flow === "order_first" ? orderId : null },
    ...{ paymentSourceId: null, cardBrand: null, cardLast4: null },
    ...{ claimedBy: "reconcile", claimEpoch: installation.current.epoch },
    ...{ claimedAt: sentAt, claimedUntil: sentAt, sentAt },
    ...{ settledAt: isUnknown ? null : now, nextInquiryAt: isUnknown ? now : null },
    evidence: [{ at: now.toISOString(), httpStatus: 200, logId: null, because: BECAUSE }],
  });
  // The page's address and end are told when the order is booked.
  if (hasPage(lost)) {
    const known = { attemptId: id, invoiceId: invoice.id, createdAt: sentAt, expiresAt: sentAt };
    links.put({ ...blankLink({ id: random.newId("lnk", sentAt), ...known }), methods: [], requestedBy: "reconcile" });
  }
  const isFree = invoice.orderId === null && invoices.byUnique("invoice_order", orderId) === undefined;
  invoices.put({
    ...invoice,
    nextAttemptAt: isUnknown ? null : invoice.nextAttemptAt,
    orderId: flow === "order_first" && isFree ? orderId : invoice.orderId,
  });
  const data = { reference, orderId, because: BECAUSE };
  const event = {
    type: "attempt.imported",
    customerId,
    subscriptionId,
    invoiceId: invoice.id,
    attemptId: id,
    data,
  } as const;
  appendEvents(tables, [event], now);
}

/** As SQLite's: the number its reference names, where that is free. */
function numberFor({ attempts }: MemoryTables, { reference, invoiceId }: LostAttempt): number {
  const numbers = new Set(attempts.inGroup("invoice", invoiceId).map(({ number }) => number));
  const next = 1 + Math.max(0, ...numbers);
  const [, digits] = reference.startsWith(`${invoiceId}-`) ? (/-(\d{1,6})$/.exec(reference) ?? []) : [];
  if (digits === undefined || Number(digits) < 1) return next;
  return numbers.has(Number(digits)) ? next : Number(digits);
}

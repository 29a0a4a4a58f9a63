/** The inbox of webhook events in memory: the same conditions as `webhook-inbox.ts` has in SQLite. */
import type {
  HandledWebhook,
  InboxEntry,
  KnownAttempt,
  TakenWebhook,
  WebhookInbox,
} from "../../../src/application/ports/webhooks.ts";
import type { MemoryTransact } from "./tables.ts";
import type { AttemptRow, WebhookRow } from "./rows.ts";
import { appendEvents, type MemoryTables } from "./tables.ts";

export function memoryInbox(tables: MemoryTables, transact: MemoryTransact): WebhookInbox {
  return {
    receive: (entries, now) => transact(() => receive(tables, entries, now)),
    take: (options) => transact(() => take(tables, options)),
    finish: (handled, now) => transact(() => finish(tables, handled, now)),
    attemptsOf: async (orderId, references) => attemptsOf(tables, orderId, references),
    isArchived: async () => false,
    replay: (which, now) => transact(() => replay(tables, which, now)),
  };
}

function receive({ webhooks }: MemoryTables, entries: readonly InboxEntry[], now: Date): Set<string> {
  const fresh = new Set<string>();
  for (const { event, ignoredBecause } of entries) {
    if (webhooks.get(event.id) !== undefined) continue;
    fresh.add(event.id);
    const isIgnored = ignoredBecause !== null;
    webhooks.put({
      ...event,
      ...{ receivedAt: now, state: isIgnored ? "ignored" : "received", processedAt: isIgnored ? now : null },
      ...{ tries: 0, nextTryAt: isIgnored ? null : now, because: ignoredBecause },
    });
  }
  return fresh;
}

function take(
  { webhooks, attempts }: MemoryTables,
  { now, limit, until }: { readonly now: Date; readonly limit: number; readonly until: Date },
): TakenWebhook[] {
  if (webhooks.group("waiting", "waiting").size === 0) return [];
  return webhooks
    .inGroup("waiting", "waiting")
    .filter(({ nextTryAt }) => nextTryAt !== null && nextTryAt <= now)
    .toSorted((a, b) => (a.nextTryAt?.getTime() ?? 0) - (b.nextTryAt?.getTime() ?? 0) || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
    .map((row) => {
      const tries = row.tries + 1;
      webhooks.put({ ...row, tries, nextTryAt: until });
      const { id, type, receivedAt, customerId } = row;
      const orderId = row.orderId ?? attempts.byUnique("attempt_charge", chargeNamedIn(row))?.orderId ?? null;
      return { id, type, receivedAt, orderId, customerId, tries };
    });
}

/** A dispute may name the charge alone. */
function chargeNamedIn({ payload }: WebhookRow): string {
  const { data } = payload as { data?: { object?: { charge_id?: string } } };
  return data?.object?.charge_id ?? "";
}

function finish(tables: MemoryTables, handled: readonly HandledWebhook[], now: Date): void {
  for (const { id, state, because, nextTryAt, notes } of handled) {
    const row = tables.webhooks.get(id);
    // Somebody else may have finished it in the meantime: its notes are in the history then.
    if (row?.state !== "received") continue;
    const processedAt = state === "received" ? null : now;
    tables.webhooks.put({ ...row, state, because, nextTryAt, processedAt });
    appendEvents(tables, notes, now);
  }
}

function attemptsOf(tables: MemoryTables, orderId: string, references: readonly string[]): KnownAttempt[] {
  const { attempts } = tables;
  const found = new Set<AttemptRow>();
  const own = attempts.byUnique("attempt_own_order", orderId);
  if (own !== undefined) found.add(own);
  for (const each of attempts.inGroup("shared_order", orderId)) found.add(each);
  for (const reference of references) {
    const named = attempts.byUnique("attempt_reference", reference);
    if (named !== undefined) found.add(named);
  }
  return [...found]
    .toSorted((a, b) => (a.invoiceId === b.invoiceId ? a.number - b.number : a.invoiceId < b.invoiceId ? -1 : 1))
    .map((attempt) => knownAttempt(tables, attempt));
}

export function knownAttempt({ invoices, denials }: MemoryTables, attempt: AttemptRow): KnownAttempt {
  const { id, number, reference, state, flow, orderId, chargeId, invoiceId, customerId, amountCents, currency } =
    attempt;
  const { subscriptionId } = invoices.must(invoiceId);
  return {
    ...{ attemptId: id, number, reference, state, flow, orderId, chargeId },
    ...{ invoiceId, subscriptionId, customerId, amountCents, currency },
    isDenied: denials.get(id) !== undefined,
  };
}

function replay(
  { webhooks }: MemoryTables,
  which: { readonly id: string } | { readonly state: "failed" },
  now: Date,
): string[] {
  const rows = [...webhooks.rows.values()].filter((row) =>
    "id" in which ? row.id === which.id : row.state === "failed",
  );
  for (const row of rows)
    webhooks.put({ ...row, state: "received", nextTryAt: now, processedAt: null, because: null, tries: 0 });
  return rows.map(({ id }) => id);
}

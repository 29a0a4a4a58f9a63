/**
 * The tables of both stores, row by row: those on disk are read past the program, with SQL of our own, and must hold what the
 * tables in memory hold.
 */
import type { Halt } from "../../../src/application/ports/installation.ts";
import type { InstallationRow } from "../memory-store/rows.ts";
import type { MemoryTables } from "../memory-store/tables.ts";
import { openTables, type Place } from "../../support/raw-tables.ts";
import { difference, shown, sortedKeys } from "./difference.ts";

type Row = Readonly<Record<string, unknown>>;

/** A table's rows in memory by id; and what is on disk beside. */
type TablePair = {
  readonly name: string;
  /** Its primary key, where that is not `id`; of two columns, both. */
  readonly key?: string | readonly string[];
  readonly inMemory: (tables: MemoryTables) => Iterable<Row>;
};

const TABLES: readonly TablePair[] = [
  { name: "plan", inMemory: ({ plans }) => plans.rows.values() },
  { name: "customer", inMemory: ({ customers }) => customers.rows.values() },
  { name: "subscription", inMemory: ({ subscriptions }) => subscriptions.rows.values() },
  { name: "subscription_change", inMemory: ({ changes }) => changes.rows.values() },
  { name: "invoice", inMemory: ({ invoices }) => invoices.rows.values() },
  { name: "attempt", inMemory: ({ attempts }) => attempts.rows.values() },
  { name: "payment_link", inMemory: ({ links }) => links.rows.values() },
  {
    ...{ name: "denied_charge", key: "attemptId" },
    inMemory: ({ denials }) => [...denials.rows.values()].map(({ id, ...row }) => ({ attemptId: id, ...row })),
  },
  { name: "webhook_event", inMemory: ({ webhooks }) => webhooks.rows.values() },
  {
    ...{ name: "read_failure", key: ["id", "kind"] },
    inMemory: ({ readFailures }) => [...readFailures.rows.values()].map(({ of: id, ...row }) => ({ ...row, id })),
  },
  { name: "refund", inMemory: ({ refunds }) => refunds.rows.values() },
  { name: "dispute", inMemory: ({ disputes }) => disputes.rows.values() },
  {
    ...{ name: "dispute_reading", key: "days" },
    inMemory: ({ disputeReading }) =>
      [...disputeReading.rows.values()].map(({ id, ...row }) => ({ days: Number(id), ...row })),
  },
  {
    ...{ name: "order_set_aside", key: "orderId" },
    inMemory: ({ ordersSetAside }) => [...ordersSetAside.rows.keys()].map((orderId) => ({ orderId })),
  },
  {
    ...{ name: "coupon", key: "code" },
    inMemory: ({ coupons }) => [...coupons.rows.values()].map(({ id: code, ...row }) => ({ ...row, code })),
  },
  { name: "coupon_grant", inMemory: ({ couponGrants }) => couponGrants.rows.values() },
  { name: "item", inMemory: ({ items }) => items.rows.values() },
  { name: "balance_entry", inMemory: ({ balanceEntries }) => balanceEntries.rows.values() },
  { name: "halt", key: "kind", inMemory: ({ installation }) => installation.current.halts.map(haltRow) },
  { name: "installation", inMemory: ({ installation }) => [installationRow(installation.current)] },
];

/** Columns of which the store in memory keeps nothing. */
const ONLY_ON_DISK: ReadonlySet<string> = new Set([
  ...["installation.owner_id", "installation.notified_through", "halt.halted_at"],
  ...["subscription.created_at", "subscription.given_up_at"],
  ...["order_set_aside.at", "order_set_aside.why", "order_set_aside.set_aside_by"],
]);

export type TablesCompared = {
  /** @returns the first difference; null: there is none */
  compare(): Promise<string | null>;
  close(): Promise<void>;
};

export async function tablesCompared(place: Place, tables: MemoryTables): Promise<TablesCompared> {
  const disk = await openTables(place);
  let versionSeen: unknown = null;
  let eventsSeen = 0;

  async function compareTable({ name, key = "id", inMemory }: TablePair): Promise<string | null> {
    const keyOf = (row: Row, named: (column: string) => string): string =>
      [key]
        .flat()
        .map((column) => shown(row[named(column)]))
        .join(" ");
    const stored = new Map(
      (await disk.all<Row>(`select * from "${name}"`)).map((row) => [keyOf(row, columnOf), row] as const),
    );
    const left = new Set(stored.keys());
    for (const row of inMemory(tables)) {
      const its = keyOf(row, (column) => column);
      left.delete(its);
      const found = compareRow(name, stored.get(its), row);
      if (found !== null) return `${name} ${its}: ${found}`;
    }
    const [more] = left;
    return more === undefined ? null : `${name} ${more} is on disk alone`;
  }

  /** Those that are new, in the order they were written. */
  async function compareEvents(): Promise<string | null> {
    const stored = await disk.all<Row>(
      `select * from event order by sequence limit ${Number.MAX_SAFE_INTEGER} offset ${eventsSeen}`,
    );
    const inMemory = tables.events.slice(eventsSeen);
    eventsSeen = tables.events.length;
    if (stored.length !== inMemory.length)
      return `event: ${stored.length} new ones on disk, ${inMemory.length} in memory (${namesOf(stored)} / ${namesOf(inMemory)})`;
    const inOrder = (rows: readonly Row[]) => rows.map(eventText).toSorted();
    const [ones, others] = [inOrder(stored), inOrder(inMemory)];
    const at = ones.findIndex((text, index) => text !== others[index]);
    return at < 0 ? null : `event: ${ones[at]} on disk, ${others[at]} in memory`;
  }

  return {
    compare: async () => {
      const version = await disk.version();
      if (version === versionSeen) return null;
      versionSeen = version;
      for (const table of TABLES) {
        const found = await compareTable(table);
        if (found !== null) return found;
      }
      return compareEvents();
    },
    close: async () => await disk[Symbol.asyncDispose](),
  };
}

function compareRow(table: string, stored: Row | undefined, row: Row): string | null {
  if (stored === undefined) return "is in memory alone";
  const left = new Set(Object.keys(stored));
  for (const [name, value] of Object.entries(row)) {
    const column = columnOf(name);
    left.delete(column);
    const found = difference(read(stored[column], value), value, column);
    if (found !== null) return found;
  }
  const [more] = [...left].filter((column) => !ONLY_ON_DISK.has(`${table}.${column}`) && stored[column] !== null);
  return more === undefined ? null : `${more} is ${shown(stored[more])} on disk, and nothing in memory`;
}

function columnOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** As the value in memory is: an instant, a yes or no, or JSON. */
function read(stored: unknown, like: unknown): unknown {
  if (stored === null || stored === undefined) return stored;
  if (like instanceof Date) return new Date(Number(stored));
  if (typeof like === "boolean") return stored === 1 || stored === true;
  if (typeof like === "object" && like !== null && typeof stored === "string") return JSON.parse(stored);
  return stored;
}

function haltRow({ kind, because, reconcileSince }: Halt): Row {
  return { kind, reason: because, reconcileSince: reconcileSince ?? null };
}

function installationRow(row: InstallationRow): Row {
  const { id, livemode, epoch, createdAt, limitsCountFrom, ordersComparedUntil } = row;
  return { id, livemode, epoch, createdAt, limitsCountFrom, ordersComparedUntil };
}

/** Without its id, which each store gives as it likes. */
function eventText(row: Row): string {
  const ids = ["customer_id", "subscription_id", "invoice_id", "attempt_id"].map(
    (column) => row[column] ?? row[CAMEL[column] ?? ""] ?? null,
  );
  const { type, data } = row;
  const told: unknown = typeof data === "string" ? JSON.parse(data) : data;
  return [type, ...ids, JSON.stringify(told, sortedKeys)].map(String).join(" ");
}

const CAMEL: Readonly<Record<string, string>> = {
  ...{ customer_id: "customerId", subscription_id: "subscriptionId" },
  ...{ invoice_id: "invoiceId", attempt_id: "attemptId" },
};

function namesOf(rows: readonly Row[]): string {
  return rows.map(({ type }) => String(type)).join(", ");
}

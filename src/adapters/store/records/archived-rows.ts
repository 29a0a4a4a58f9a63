/** The rows of closed invoices as they are moved to a file: read whole, compared with what was copied, and taken away. */
import type { Archive, ArchivedRow, ArchivePlace, ClosedInvoices, Counts } from "../../../application/ports/archive.ts";
import { all, batch, type Connected, run } from "../dialect/sql.ts";
import { canonical, type Table, tableOf } from "../dialect/table-rows.ts";
import { archivableOf, archivablePage } from "./old-invoices.ts";

/** What moves: the table, and which of its rows belong to the invoices. Those that others name come first. */
export const MOVED: readonly (readonly [className: string, of: string])[] = [
  ["Invoice", "id in (select value from json_each(?))"],
  ["Attempt", "invoice_id in (select value from json_each(?))"],
  ["Event", "invoice_id in (select value from json_each(?))"],
  ["EventDelivery", "event_id in (select e.id from event e where e.invoice_id in (select value from json_each(?)))"],
  ["Refund", "invoice_id in (select value from json_each(?))"],
  ["PaymentLink", "invoice_id in (select value from json_each(?))"],
];
/** What stays, and is copied so that the views can read the rest. */
const NAMED: readonly (readonly [className: string, of: string])[] = [
  [
    "Plan",
    `id in (select s.plan_id from subscription s join invoice i on i.subscription_id = s.id
            where i.id in (select value from json_each(?)))`,
  ],
  ["Customer", "id in (select i.customer_id from invoice i where i.id in (select value from json_each(?)))"],
  ["Subscription", "id in (select i.subscription_id from invoice i where i.id in (select value from json_each(?)))"],
];

export function movedTables(): readonly Table[] {
  return [...MOVED.map(([className]) => tableOf(className)), tableOf("WebhookEvent")];
}

export function namedTables(): readonly Table[] {
  return NAMED.map(([className]) => tableOf(className));
}

export async function closed(
  em: Connected,
  before: Date,
  page: { readonly after: ArchivePlace | null; readonly limit: number },
): Promise<ClosedInvoices> {
  const { ids, after } = await archivablePage(em, before, page);
  return { ids, tables: await rowsOf(em, ids, [...NAMED, ...MOVED]), after };
}

async function rowsOf(
  em: Connected,
  ids: readonly string[],
  which: typeof MOVED,
): Promise<Record<string, ArchivedRow[]>> {
  const tables: Record<string, ArchivedRow[]> = {};
  for (const [className, of] of which) {
    const { name, key } = tableOf(className);
    tables[name] = await all(em, `select * from ${name} where ${of} order by ${key}`, [batch(ids)]);
  }
  return tables;
}

export async function takeAway(em: Connected, archive: Archive, copied: ClosedInvoices): Promise<Counts> {
  const still = await archivableOf(em, copied.ids, archive.before);
  const now = await rowsOf(em, copied.ids, MOVED);
  // A delivery names no invoice: one that changed had its event told again meanwhile, which keeps nothing from being moved.
  const changed = movedTables().flatMap((table) => differing(table, copied.tables[table.name], now[table.name]));
  const ids = still.filter((id) => !changed.includes(id));
  await run(
    em,
    `insert into archived_invoice (invoice_id, archive_id, subscription_id, cycle, status)
     select i.id, ?, i.subscription_id, i.cycle, i.status from invoice i where i.id in (select value from json_each(?))`,
    [archive.id, batch(ids)],
  );
  const counts: Record<string, number> = {};
  for (const [className, of] of MOVED.toReversed()) {
    const { name } = tableOf(className);
    counts[name] = await run(em, `delete from ${name} where ${of}`, [batch(ids)]);
  }
  const { invoice: invoices = 0, attempt: attempts = 0, event: events = 0 } = counts;
  await run(
    em,
    "update archive set invoices = invoices + ?, attempts = attempts + ?, events = events + ? where id = ?",
    [invoices, attempts, events, archive.id],
  );
  return { invoices, attempts, events };
}

/** @returns the invoices of which a row is another one by now, or there is one more or less */
function differing(table: Table, copied: readonly ArchivedRow[] = [], now: readonly ArchivedRow[] = []): string[] {
  const of = (row: ArchivedRow): string => canonical({ ...row }, table);
  const [ones, others] = [new Set(copied.map(of)), new Set(now.map(of))];
  const strangers = [...copied.filter((row) => !others.has(of(row))), ...now.filter((row) => !ones.has(of(row)))];
  return strangers.map((row) => String(row["invoice_id"] ?? row["id"]));
}

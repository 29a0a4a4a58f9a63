/** Closed invoices that are moved to a file of their own: which may be, what belongs to them, and where they are. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type {
  Archive,
  ArchivedRow,
  ArchivePlace,
  ArchiveRecords,
  ClosedInvoices,
  Counts,
} from "../../../application/ports/archive.ts";
import type { MadeFor } from "../../../application/ports/reconcile.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type { ArchiveRange } from "../../../domain/archive.ts";
import { NotFound, Refused } from "../../../domain/errors.ts";
import { instant, instantOrNull, text, whole } from "../dialect/codec.ts";
import { all, batch, ms, type Parameter, run } from "../dialect/sql.ts";
import { canonical, type Table, tableOf } from "../dialect/table-rows.ts";
import { archivedBeside } from "./archived-beside.ts";
import { archivableOf, archivablePage } from "./old-invoices.ts";
import { said } from "../../../domain/refusals.ts";

type Database = {
  readonly read: () => SqlEntityManager;
  readonly write: <T>(work: (em: SqlEntityManager) => Promise<T>) => Promise<T>;
  readonly random: Random;
};

const COUNTED_AT_ONCE = 1000;

export function archiveRecords({ read, write, random }: Database): ArchiveRecords {
  return {
    list: () => archives(read(), "order by started_at desc, id desc"),
    async count(before) {
      let count = 0;
      for (let after: ArchivePlace | null = null; ;) {
        const page = await archivablePage(read(), before, { after, limit: COUNTED_AT_ONCE });
        count += page.ids.length;
        ({ after } = page);
        if (after === null) return count;
      }
    },
    begin: (range, now) => write((em) => begin(em, range, now, random)),
    closed: (before, page) => closed(read(), before, page),
    takeAway: (archive, copied) => write((em) => takeAway(em, archive, copied)),
    ...archivedBeside({ read, write }),
    async moved(invoiceIds) {
      const rows = await all(
        read(),
        "select invoice_id from archived_invoice where invoice_id in (select value from json_each(?))",
        [batch(invoiceIds)],
      );
      return new Set(rows.map((row) => text(row, "invoice_id")));
    },
    finish: (archive, now) =>
      write(async (em) => {
        await run(em, "update archive set finished_at = ? where id = ?", [ms(now), archive.id]);
        return await theArchive(em, archive.id);
      }),
  };
}

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

export function movedTables(em: SqlEntityManager): readonly Table[] {
  return [...MOVED.map(([className]) => tableOf(em, className)), tableOf(em, "WebhookEvent")];
}

export function namedTables(em: SqlEntityManager): readonly Table[] {
  return NAMED.map(([className]) => tableOf(em, className));
}

async function closed(
  em: SqlEntityManager,
  before: Date,
  page: { readonly after: ArchivePlace | null; readonly limit: number },
): Promise<ClosedInvoices> {
  const { ids, after } = await archivablePage(em, before, page);
  return { ids, tables: await rowsOf(em, ids, [...NAMED, ...MOVED]), after };
}

async function rowsOf(
  em: SqlEntityManager,
  ids: readonly string[],
  which: typeof MOVED,
): Promise<Record<string, ArchivedRow[]>> {
  const tables: Record<string, ArchivedRow[]> = {};
  for (const [className, of] of which) {
    const { name, key } = tableOf(em, className);
    tables[name] = await all(em, `select * from ${name} where ${of} order by ${key}`, [batch(ids)]);
  }
  return tables;
}

async function takeAway(em: SqlEntityManager, archive: Archive, copied: ClosedInvoices): Promise<Counts> {
  const still = await archivableOf(em, copied.ids, archive.before);
  const now = await rowsOf(em, copied.ids, MOVED);
  // A delivery names no invoice: one that changed had its event told again meanwhile, which keeps nothing from being moved.
  const changed = movedTables(em).flatMap((table) => differing(table, copied.tables[table.name], now[table.name]));
  const ids = still.filter((id) => !changed.includes(id));
  await run(
    em,
    `insert into archived_invoice (invoice_id, archive_id, subscription_id, cycle, status)
     select i.id, ?, i.subscription_id, i.cycle, i.status from invoice i where i.id in (select value from json_each(?))`,
    [archive.id, batch(ids)],
  );
  const counts: Record<string, number> = {};
  for (const [className, of] of MOVED.toReversed()) {
    const { name } = tableOf(em, className);
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

async function begin(
  em: SqlEntityManager,
  { file, before }: ArchiveRange,
  now: Date,
  random: Random,
): Promise<Archive> {
  const [unfinished] = await archives(em, "where finished_at is null");
  if (unfinished !== undefined) {
    if (unfinished.file === file && unfinished.before.getTime() === before.getTime()) return unfinished;
    throw new Refused(
      `an archive of what was closed before ${unfinished.before.toISOString()} to ${unfinished.file} is not finished: give that ` +
        "command again first; nothing was changed",
    );
  }
  const id = random.newId("arc", now);
  await run(
    em,
    `insert into archive (id, file, "before", started_at, finished_at, invoices, attempts, events)
     values (?, ?, ?, ?, null, 0, 0, 0)`,
    [id, file, ms(before), ms(now)],
  );
  return await theArchive(em, id);
}

async function theArchive(em: SqlEntityManager, id: string): Promise<Archive> {
  const [found] = await archives(em, "where id = ?", [id]);
  if (found === undefined) throw new Error(`archive ${id} is gone`);
  return found;
}

async function archives(
  em: SqlEntityManager,
  which: string,
  parameters: readonly Parameter[] = [],
): Promise<Archive[]> {
  const rows = await all(em, `select * from archive ${which}`, parameters);
  return rows.map((row) => ({
    id: text(row, "id"),
    file: text(row, "file"),
    before: instant(row, "before"),
    startedAt: instant(row, "started_at"),
    finishedAt: instantOrNull(row, "finished_at"),
    invoices: whole(row, "invoices"),
    attempts: whole(row, "attempts"),
    events: whole(row, "events"),
  }));
}

/** For who found no such invoice. @throws {NotFound} it was moved, and where it is */
export async function mustNotBeArchived(em: SqlEntityManager, invoiceId: string): Promise<void> {
  const [row] = await all(
    em,
    "select a.file from archived_invoice v join archive a on a.id = v.archive_id where v.invoice_id = ?",
    [invoiceId],
  );
  if (row === undefined) return;
  throw new NotFound(said("invoice_archived", { id: invoiceId, file: text(row, "file") }));
}

/** Whether the invoice was moved, by its id or by the cycle that it is of. */
export async function isArchived(
  em: SqlEntityManager,
  { invoiceId, subscriptionId, cycle }: MadeFor,
): Promise<boolean> {
  const found = await all(
    em,
    `select 1 from archived_invoice where invoice_id = cast(? as text)
     union all
     select 1 from archived_invoice where subscription_id = cast(? as text) and cycle = cast(? as integer)`,
    [invoiceId, subscriptionId, cycle],
  );
  return found.length > 0;
}

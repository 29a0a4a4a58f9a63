/** Closed invoices that are moved to a file of their own: which may be, what belongs to them, and where they are. */
import type { Archive, ArchivePlace, ArchiveRecords } from "../../../application/ports/archive.ts";
import type { MadeFor } from "../../../application/ports/reconcile.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import type { ArchiveRange } from "../../../domain/archive.ts";
import { NotFound, Refused } from "../../../domain/errors.ts";
import { instant, instantOrNull, text, whole } from "../dialect/codec.ts";
import { all, batch, type Connected, ms, type Parameter, run } from "../dialect/sql.ts";
import { archivedBeside } from "./archived-beside.ts";
import { archivablePage } from "./old-invoices.ts";
import { said } from "../../../domain/refusals.ts";

type Database = {
  readonly read: () => Connected;
  readonly write: <T>(work: (em: Connected) => Promise<T>) => Promise<T>;
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
    async closed(before, page) {
      const { closed } = await import("./archived-rows.ts");
      return await closed(read(), before, page);
    },
    async takeAway(archive, copied) {
      const { takeAway } = await import("./archived-rows.ts");
      return await write((em) => takeAway(em, archive, copied));
    },
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

async function begin(em: Connected, { file, before }: ArchiveRange, now: Date, random: Random): Promise<Archive> {
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

async function theArchive(em: Connected, id: string): Promise<Archive> {
  const [found] = await archives(em, "where id = ?", [id]);
  if (found === undefined) throw new Error(`archive ${id} is gone`);
  return found;
}

async function archives(em: Connected, which: string, parameters: readonly Parameter[] = []): Promise<Archive[]> {
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
export async function mustNotBeArchived(em: Connected, invoiceId: string): Promise<void> {
  const [row] = await all(
    em,
    "select a.file from archived_invoice v join archive a on a.id = v.archive_id where v.invoice_id = ?",
    [invoiceId],
  );
  if (row === undefined) return;
  throw new NotFound(said("invoice_archived", { id: invoiceId, file: text(row, "file") }));
}

/** Whether the invoice was moved, by its id or by the cycle that it is of. */
export async function isArchived(em: Connected, { invoiceId, subscriptionId, cycle }: MadeFor): Promise<boolean> {
  const found = await all(
    em,
    `select 1 from archived_invoice where invoice_id = cast(? as text)
     union all
     select 1 from archived_invoice where subscription_id = cast(? as text) and cycle = cast(? as integer)`,
    [invoiceId, subscriptionId, cycle],
  );
  return found.length > 0;
}

/**
 * Moves invoices that were closed before a day, with their attempts and events, to a file of their own; then events of no
 * invoice that old, and what webhook events said.
 *
 * Page by page: copied into the file and read again there, then deleted here in one transaction, which looks once more that
 * they are closed and what was copied. A crash leaves invoices in both at most, never in none; the same command goes on, and
 * what is copied twice replaces itself. It may run beside those who charge: each transaction is short.
 */
import { ARCHIVE_AGE_DAYS, type ArchiveRange, latestInstead } from "../../domain/archive.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import type { Archive, ArchiveFile, ArchivePlace, ArchiveRecords, ClosedInvoices } from "../ports/archive.ts";
import type { Clock } from "../ports/runtime.ts";

type Needs = {
  readonly clock: Clock;
  readonly store: { readonly archive: ArchiveRecords };
  readonly openFile: (range: ArchiveRange) => Promise<ArchiveFile>;
};

const INVOICES_AT_ONCE = 200;
const ROWS_AT_ONCE = 500;

/** @throws {UsageInvalid} something younger than that may still be needed */
export function mustBeOld(before: Date, now: Date): void {
  const latest = latestInstead(before, now);
  if (latest === null) return;
  throw new UsageInvalid(
    `the day may be ${latest.toISOString().slice(0, 10)} at the latest: what is younger than ${ARCHIVE_AGE_DAYS} days may be ` +
      "compared, refunded or disputed; nothing was changed",
  );
}

/** @throws {UsageInvalid} @throws {Refused} another one is not finished */
export async function archiveInvoices(
  { clock, store, openFile }: Needs,
  range: ArchiveRange,
  progress: (invoices: number) => void,
): Promise<Archive> {
  mustBeOld(range.before, clock.now());
  const archive = await store.archive.begin(range, clock.now());
  await using file = await openFile(range);
  let after: ArchivePlace | null = null;
  let moved = 0;
  do {
    const closed = await store.archive.closed(range.before, { after, limit: INVOICES_AT_ONCE });
    if (closed.ids.length > 0) {
      await file.put(closed);
      moved += (await store.archive.takeAway(archive, closed)).invoices;
      progress(moved);
    }
    ({ after } = closed);
  } while (after !== null);
  for await (const events of pages((last) => store.archive.looseEvents(range.before, last, ROWS_AT_ONCE))) {
    await file.put(events);
    await store.archive.takeEventsAway(archive, events);
  }
  for await (const webhooks of pages((last) => store.archive.handledWebhooks(range.before, last, ROWS_AT_ONCE))) {
    await file.put(webhooks);
    await store.archive.emptyWebhooks(webhooks);
  }
  await file.keepOnly((invoiceIds) => store.archive.moved(invoiceIds));
  return await store.archive.finish(archive, clock.now());
}

async function* pages(next: (after: string) => Promise<ClosedInvoices>): AsyncGenerator<ClosedInvoices> {
  for (let last: string | undefined = ""; ;) {
    const page = await next(last);
    last = page.ids.at(-1);
    if (last === undefined) return;
    yield page;
  }
}

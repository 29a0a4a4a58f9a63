/** What archiving needs from outside: closed invoices with all that belongs to them, and a file that takes them in. */
import type { ArchiveRange } from "../../domain/archive.ts";

export type Archive = ArchiveRange & {
  readonly id: string;
  readonly startedAt: Date;
  /** Null: it goes on where it was cut off. */
  readonly finishedAt: Date | null;
  readonly invoices: number;
  readonly attempts: number;
  readonly events: number;
};

/** As the store holds it; nobody looks into it but the store and the file. */
export type ArchivedRow = Readonly<Record<string, string | number | null>>;

export type ClosedInvoices = {
  readonly ids: readonly string[];
  /** Of each table, those that the others name first. */
  readonly tables: Readonly<Record<string, readonly ArchivedRow[]>>;
  /** Where the next ones begin; null: there are no more. */
  readonly after: ArchivePlace | null;
};

export type ArchivePlace = { readonly openedAt: number; readonly invoiceId: string };

export type Counts = { readonly invoices: number; readonly attempts: number; readonly events: number };

export interface ArchiveRecords {
  /** The latest first. */
  list(): Promise<readonly Archive[]>;
  /** How many invoices there are to be moved. */
  count(before: Date): Promise<number>;
  /**
   * Begins one, or goes on with the same.
   * @throws {Refused} another one is not finished
   */
  begin(range: ArchiveRange, now: Date): Promise<Archive>;
  /** Invoices that nothing needs any more, in the order of their opening. */
  closed(before: Date, page: { readonly after: ArchivePlace | null; readonly limit: number }): Promise<ClosedInvoices>;
  /**
   * In one transaction: those that are still closed, and still are what was copied, are deleted with all that belongs to them,
   * and noted as being in the file.
   */
  takeAway(archive: Archive, copied: ClosedInvoices): Promise<Counts>;
  /** Events before the day of no invoice and no subscription, in the order of their ids. @param after the last one before them */
  looseEvents(before: Date, after: string, limit: number): Promise<ClosedInvoices>;
  /** Deletes those that were copied; not one that is told again meanwhile. */
  takeEventsAway(archive: Archive, copied: ClosedInvoices): Promise<void>;
  /** Webhook events that were received before the day and are done with, as `looseEvents`; each once. */
  handledWebhooks(before: Date, after: string, limit: number): Promise<ClosedInvoices>;
  /**
   * Takes out what those said that were copied; not of one that a person replays meanwhile. Their ids stay: one that is
   * delivered again would be followed anew.
   */
  emptyWebhooks(copied: ClosedInvoices): Promise<void>;
  /** Those of these invoices that were moved. */
  moved(invoiceIds: readonly string[]): Promise<ReadonlySet<string>>;
  finish(archive: Archive, now: Date): Promise<Archive>;
}

export interface ArchiveFile extends AsyncDisposable {
  /**
   * Durable and read again once it is done; what an earlier try has left of the same invoices is replaced.
   * @throws {DatabaseUnusable} it does not read as it was written
   */
  put(closed: ClosedInvoices): Promise<void>;
  /** Takes out what was copied, and was not deleted where it came from: it changed between the two. */
  keepOnly(moved: (invoiceIds: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void>;
}

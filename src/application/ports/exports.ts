/** Rows of the books for spreadsheets and other programs, page by page. Columns bear the names of the views. */
import type { Page } from "./listings.ts";

export const EXPORTS = ["history", "invoices", "subscriptions", "refunds"] as const;
export type ExportName = (typeof EXPORTS)[number];

export const ROW_FORMATS = ["csv", "ndjson"] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

export type ExportFilter = {
  readonly since?: Date;
  /** Not this instant itself. */
  readonly before?: Date;
  readonly planId?: string;
  readonly customerId?: string;
  readonly status?: string;
};

/** Instants are ISO-8601 text in UTC, money stands in cents and in units. */
export type ExportRow = Readonly<Record<string, unknown>>;

export interface ExportRecords {
  columns(name: ExportName): Promise<readonly string[]>;
  /** In the order of time, subscriptions in that of their ids. @param cursor of the page before it */
  page(name: ExportName, filter: ExportFilter, cursor: string | null): Promise<Page<ExportRow>>;
}

/** Statuses of invoices, as statements need them: with the literals of a partial index, or SQLite would not use it. */
import type { InvoiceStatus } from "../../../domain/invoice.ts";
import { words } from "../dialect/sql.ts";

/** Neither paid nor void: what may still be collected, or paid all the same. Those of the index invoice_unsettled. */
export const UNSETTLED = words(["open", "held", "uncollectible"] satisfies InvoiceStatus[]);

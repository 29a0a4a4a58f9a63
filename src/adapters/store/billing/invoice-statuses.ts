/**
 * The domain's lists of invoice statuses, as statements need them: `i.status in ${UNSETTLED}`. With the literals of a partial
 * index, or SQLite would not use it.
 */
import { BILLED_STATUSES, OWED_STATUSES, UNSETTLED_STATUSES } from "../../../domain/invoice.ts";
import { words } from "../dialect/sql.ts";

export const OWED = words(OWED_STATUSES);
/** Those of the index invoice_unsettled. */
export const UNSETTLED = words(UNSETTLED_STATUSES);
/** Paid, or still to be. */
export const BILLED = words(BILLED_STATUSES);

/** The domain's lists of refund states, as statements need them: `r.state in ${DONE}`. */
import { DONE_REFUNDS } from "../../../domain/refund.ts";
import { words } from "../dialect/sql.ts";

/** Money surely went back. */
export const DONE = words(DONE_REFUNDS);

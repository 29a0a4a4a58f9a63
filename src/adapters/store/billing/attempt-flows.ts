/**
 * The kinds of attempt, as statements need them: `a.${SHARES_ORDER}`. They come out of the domain's table, so that another
 * way to pay is no change here; as literals, in the order of the list, since only so does SQLite use a partial index whose
 * condition is the same.
 */
import { ATTEMPT_FLOWS, type AttemptFlow, hasPage, wayOf } from "../../../domain/ways-to-pay.ts";
import { words } from "../dialect/sql.ts";

/** All tries of an invoice charge one order. */
export const SHARES_ORDER = flowsWith((flow) => wayOf({ flow }).sharesOrder);
/** Each try has an order of its own. */
export const OWNS_ORDER = flowsWith((flow) => !wayOf({ flow }).sharesOrder);
/** The customer pays on a page. */
export const HAS_PAGE = flowsWith((flow) => hasPage({ flow }));
export const CHARGES_CARD = flowsWith((flow) => wayOf({ flow }).chargesStoredCard);

function flowsWith(is: (flow: AttemptFlow) => boolean): string {
  const flows = ATTEMPT_FLOWS.filter(is);
  return flows.length === 1 ? `flow = '${flows[0]}'` : `flow in ${words(flows)}`;
}

/**
 * The domain's lists of attempt states, as statements need them: `a.state in ${OPEN}`, `a.state = ${PAID}`.
 *
 * They stand in the statement as literals, in the order of the list: only so does SQLite use a partial index whose
 * condition is the same.
 */
import {
  IN_FLIGHT_STATES,
  MONEY_STATES,
  OPEN_ATTEMPT_STATES,
  UNCERTAIN_STATES,
  UNSENT_STATES,
  type AttemptState,
} from "../../../domain/attempt.ts";
import { words } from "../dialect/sql.ts";

export const OPEN = words(OPEN_ATTEMPT_STATES);
export const IN_FLIGHT = words(IN_FLIGHT_STATES);
export const UNCERTAIN = words(UNCERTAIN_STATES);
/** Released, or not sent: the gateway never saw it. */
export const UNSENT = words(UNSENT_STATES);
export const MONEY = words(MONEY_STATES);

/** What may need a person; an index holds these. One of the two is asked for by `state in ${IN_DOUBT} and state = …`. */
export const IN_DOUBT = words(["paid_again", "unknown"] satisfies AttemptState[]);

export const CLAIMED = only("claimed");
export const SENDING = only("sending");
export const UNKNOWN = only("unknown");
export const PAID = only("paid");
export const PAID_AGAIN = only("paid_again");
export const DECLINED = only("declined");

function only(state: AttemptState): string {
  return `'${state}'`;
}

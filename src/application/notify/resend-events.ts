/**
 * Put events up to be sent again. One step in the store; the process that charges sends them.
 *
 * Named ones are judged before anything changes: either all of them are put up, or none.
 */
import { NotFound, Refused } from "../../domain/errors.ts";
import { isNotified } from "../../domain/notification.ts";
import type { EventOutbox } from "../ports/notify.ts";
import type { Clock } from "../ports/runtime.ts";
import { said } from "../../domain/refusals.ts";

/**
 * @returns the ids
 * @throws {NotFound} one of them does not exist
 * @throws {Refused} one of them is of a type that is not sent
 */
export async function resendEvents(
  { outbox, clock }: { readonly outbox: EventOutbox; readonly clock: Clock },
  which: { readonly ids: readonly string[] } | { readonly dead: true; readonly since?: Date },
): Promise<readonly string[]> {
  if ("ids" in which) {
    const found = await outbox.typesOf(which.ids);
    for (const id of which.ids) {
      const type = found.get(id);
      if (type === undefined) throw new NotFound(said("no_event", { id }), { mend: { do: "list", what: "events" } });
      if (!isNotified(type)) throw new Refused(said("event_not_sent", { id, type }));
    }
  }
  return await outbox.resend(which, clock.now());
}

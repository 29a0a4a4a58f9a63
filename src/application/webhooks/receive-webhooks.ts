/**
 * Take webhook events into the inbox, durably, before their sender is answered.
 *
 * Deduplicated for ever by Conekta's id. What nothing can follow from is kept all the same, and ignored. A crash
 * before the commit leaves nothing, and Conekta delivers again; after it, the event waits for `processWebhooks`.
 */
import { taskOf } from "../../domain/webhook-event.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { InboxEntry, WebhookEvent, WebhookInbox } from "../ports/webhooks.ts";

type Needs = { readonly store: Pick<Store, "installation">; readonly inbox: WebhookInbox; readonly clock: Clock };

export type Reception = "accepted" | "duplicate";

/** @returns for each event, in their order */
export async function receiveWebhooks(
  { store, inbox, clock }: Needs,
  events: readonly WebhookEvent[],
): Promise<readonly Reception[]> {
  const { livemode } = await store.installation();
  const fresh = new Set(
    await inbox.receive(
      events.map((event) => entryOf(event, livemode)),
      clock.now(),
    ),
  );
  // Of two copies in one batch the first is the new one.
  return events.map(({ id }) => (fresh.delete(id) ? "accepted" : "duplicate"));
}

function entryOf(event: WebhookEvent, livemode: boolean | null): InboxEntry {
  return { event, ignoredBecause: reasonToIgnore(event, livemode) };
}

function reasonToIgnore(event: WebhookEvent, livemode: boolean | null): string | null {
  const task = taskOf(event.type);
  if (task.do === "nothing") return task.because;
  if (event.livemode !== null && livemode !== null && event.livemode !== livemode)
    return `an event of the ${mode(event.livemode)} mode, and these books are kept in the ${mode(livemode)} mode`;
  if (task.do === "read_customer" && event.customerId === null) return "it names no customer";
  return null;
}

function mode(livemode: boolean): string {
  return livemode ? "live" : "test";
}

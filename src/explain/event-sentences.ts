/** Every event of the history as a sentence. A type that this program does not know is shown by its name. */
import { ATTEMPT_SENTENCES } from "./attempt-sentences.ts";
import { CUSTOMER_SENTENCES, SUBSCRIPTION_SENTENCES } from "./subscription-sentences.ts";
import { INVOICE_SENTENCES, LINK_SENTENCES } from "./invoice-sentences.ts";
import { MONEY_BACK_SENTENCES } from "./refund-sentences.ts";
import { same, type Text } from "./text.ts";
import type { EventStory } from "./event-data.ts";
import type { EventType } from "../domain/event-types.ts";

const SENTENCES = {
  ...INVOICE_SENTENCES,
  ...LINK_SENTENCES,
  ...MONEY_BACK_SENTENCES,
  ...ATTEMPT_SENTENCES,
  ...SUBSCRIPTION_SENTENCES,
  ...CUSTOMER_SENTENCES,
} satisfies Readonly<Record<EventType, (event: EventStory) => Text>>;

export function eventText(type: string, event: EventStory): Text {
  const sentence = Object.hasOwn(SENTENCES, type) ? SENTENCES[type as EventType] : undefined;
  return sentence?.(event) ?? same(type);
}

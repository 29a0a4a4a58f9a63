/** Every event of the history as a sentence. A type that this program does not know is told by its name. */
import { ATTEMPT_SENTENCES } from "./attempt-sentences.ts";
import { CUSTOMER_SENTENCES } from "./customer-sentences.ts";
import { INVOICE_SENTENCES } from "./invoice-sentences.ts";
import { LINK_SENTENCES } from "./link-sentences.ts";
import { MONEY_BACK_SENTENCES } from "./money-back-sentences.ts";
import { SUBSCRIPTION_SENTENCES } from "./subscription-sentences.ts";
import { same, type Text } from "./text.ts";
import type { Told } from "./told.ts";
import type { EventType } from "../domain/event-types.ts";

const SENTENCES = {
  ...INVOICE_SENTENCES,
  ...LINK_SENTENCES,
  ...MONEY_BACK_SENTENCES,
  ...ATTEMPT_SENTENCES,
  ...SUBSCRIPTION_SENTENCES,
  ...CUSTOMER_SENTENCES,
} satisfies Readonly<Record<EventType, (told: Told) => Text>>;

export function eventText(type: string, told: Told): Text {
  const tell = Object.hasOwn(SENTENCES, type) ? SENTENCES[type as EventType] : undefined;
  return tell?.(told) ?? same(type);
}

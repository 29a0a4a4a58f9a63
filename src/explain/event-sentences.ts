/** Every event of the history as a sentence. A type that this program does not know is shown by its name. */
import { ATTEMPT_SENTENCES } from "./attempt-sentences.ts";
import { CUSTOMER_SENTENCES, SUBSCRIPTION_SENTENCES } from "./subscription-sentences.ts";
import { INVOICE_SENTENCES, LINK_SENTENCES } from "./invoice-sentences.ts";
import { MONEY_BACK_SENTENCES } from "./refund-sentences.ts";
import { WAITING_SENTENCES } from "./waiting-sentences.ts";
import type { Text } from "../domain/language.ts";
import { same } from "./text.ts";
import { type Data, type EventStory, prefixed, recordIn, wordIn } from "./event-data.ts";
import type { EventType } from "../domain/event-types.ts";

const SENTENCES = {
  ...INVOICE_SENTENCES,
  ...LINK_SENTENCES,
  ...MONEY_BACK_SENTENCES,
  ...ATTEMPT_SENTENCES,
  ...SUBSCRIPTION_SENTENCES,
  ...CUSTOMER_SENTENCES,
  ...WAITING_SENTENCES,
} satisfies Readonly<Record<EventType, (event: EventStory) => Text>>;

/** The types that have one. */
export const TOLD_TYPES: readonly string[] = Object.keys(SENTENCES);

export function eventText(type: string, event: EventStory): Text {
  const sentence = Object.hasOwn(SENTENCES, type) ? SENTENCES[type as EventType] : undefined;
  const text = sentence?.(event) ?? same(type);
  const asked = askedBy(event.data);
  return asked === null ? text : { es: `${text.es} ${asked.es}`, en: `${text.en} ${asked.en}` };
}

/** Who asked for it over the HTTP API, and why. */
function askedBy(data: Data): Text | null {
  const actor = recordIn(data, "actor");
  const name = actor === null ? null : wordIn(actor, "name");
  if (actor === null || name === null) return null;
  const reason = prefixed(": ", wordIn(actor, "reason"));
  return { es: `Lo pidió ${name}${reason}.`, en: `${name} asked for it${reason}.` };
}

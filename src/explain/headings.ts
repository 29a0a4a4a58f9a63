/** Over what an explanation stands: the subscription, and each invoice with its period, amount and status. */
import { formatMoney } from "../domain/money.ts";
import { cardName } from "./attempt-words.ts";
import type { InvoiceStory, SubscriptionFacts } from "./facts.ts";
import { dayOf } from "./local-time.ts";
import type { Next } from "./next.ts";
import { NOTHING, type Text } from "./text.ts";
import { bracketed, prefixed } from "./told.ts";
import { reasonWords, statusWords } from "./words.ts";

export function subscriptionHeading({ id, status, planName, customer }: SubscriptionFacts): Text {
  const [words, card] = [statusWords(status), cardName(customer)];
  return {
    es: `${id}: ${customer.name}, ${planName}, ${words.es}; ${card === null ? "sin tarjeta" : `tarjeta ${card}`}`,
    en: `${id}: ${customer.name}, ${planName}, ${words.en}; ${card === null ? "no card" : `card ${card}`}`,
  };
}

export function invoiceHeading(invoice: InvoiceStory, timeZone: string): Text {
  const { id, cycle, periodStart, periodEnd, amountCents, currency, status, statusReason, missed } = invoice;
  const money = formatMoney(amountCents, currency);
  const [from, to] = [dayOf(periodStart, timeZone), dayOf(periodEnd, timeZone)];
  const [words, reason] = [statusWords(status), statusReason === null ? NOTHING : reasonWords(statusReason)];
  const late = missed ? { es: "se abrió tarde", en: "opened late" } : NOTHING;
  return {
    es: `Ciclo ${cycle}, ${money}, ${words.es}${prefixed(": ", reason.es)} — del ${from.es} al ${to.es}${bracketed(late.es || null)} — ${id}`,
    en: `Cycle ${cycle}, ${money}, ${words.en}${prefixed(": ", reason.en)} — ${from.en} to ${to.en}${bracketed(late.en || null)} — ${id}`,
  };
}

/** "Cycle 3", "Subscription", "Everybody": what one line of what comes next is about. */
export function aboutOf({ what, invoiceId }: Next, invoices: readonly Pick<InvoiceStory, "id" | "cycle">[]): Text {
  if (what === "gate") return { es: "Todos", en: "Everybody" };
  const cycle = invoices.find(({ id }) => id === invoiceId)?.cycle;
  return cycle === undefined
    ? { es: "Suscripción", en: "Subscription" }
    : { es: `Ciclo ${cycle}`, en: `Cycle ${cycle}` };
}

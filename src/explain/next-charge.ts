/** When the card is charged next, and what keeps it from being charged earlier. */
import { isOpen } from "../domain/attempt.ts";
import { cardFault, earlierUnpaidCycle, type CardFault, type UnsettledInvoice } from "../domain/charging-rules.ts";
import type { InvoiceStory, EventFacts, Facts, SubscriptionFacts } from "./facts.ts";
import { dayAndTime, join, NOTHING, sentence, type Text } from "./text.ts";
import type { Next } from "./next.ts";
import { ruleClause } from "./dunning-sentences.ts";
import { instantIn } from "./event-data.ts";

export function nextCharge(invoice: InvoiceStory, at: Date, facts: Facts, now: Date): Next {
  const { id: invoiceId } = invoice;
  const { timeZone } = facts.subscription;
  const earlierCycle = earlierUnpaidCycle(invoice, facts.invoices.map(withOpenAttempt(facts)));
  if (earlierCycle !== null)
    return {
      ...{ what: "earlier_invoice", invoiceId, at: null, command: null },
      why: {
        es: `Espera su turno: el cobro del ciclo ${earlierCycle}, anterior, todavía no se resuelve (later_cycles).`,
        en: `It waits its turn: the earlier invoice, of cycle ${earlierCycle}, is not settled yet (later_cycles).`,
      },
    };
  const time = dayAndTime(at, timeZone);
  const when =
    at <= now
      ? { es: "La tarjeta se cobra en la siguiente corrida.", en: "The card is charged at the next run." }
      : { es: `La tarjeta se cobra el ${time.es}.`, en: `The card is charged on ${time.en}.` };
  return {
    ...{ what: "charge", invoiceId, at, command: at <= now ? null : `puntual invoices retry ${invoiceId}` },
    why: join(
      when,
      at <= now ? NOTHING : whyNotEarlier(invoice, at, facts),
      withoutCard(facts.subscription, at > now ? at : now),
    ),
  };
}

function whyNotEarlier(invoice: InvoiceStory, at: Date, { events, subscription }: Facts): Text {
  const rule = ruleFor(events, invoice.id, at, subscription.timeZone);
  if (rule !== null) return sentence({ es: `No antes: ${rule.es}.`, en: `Not earlier: ${rule.en}.` });
  if (invoice.faults > 0)
    return {
      es: `No antes: ${invoice.faults} veces seguidas Conekta no recibió el cargo, y cada vez se espera más.`,
      en: `Not earlier: Conekta did not take the charge ${invoice.faults} times in a row, and each time the wait grows.`,
    };
  if (invoice.missed)
    return {
      es: "No antes: de lo atrasado se cobra un periodo por día, el más antiguo primero.",
      en: "Not earlier: of what was missed one period a day is collected, the oldest first.",
    };
  return NOTHING;
}

/** The rule of the newest decision that named this very time. */
function ruleFor(events: readonly EventFacts[], invoiceId: string, at: Date, timeZone: string): Text | null {
  const decided = events.findLast(
    (event) => event.invoiceId === invoiceId && instantIn(event.data, "nextAttemptAt")?.getTime() === at.getTime(),
  );
  return decided === undefined ? null : ruleClause({ data: decided.data, timeZone });
}

function withOpenAttempt({ attempts }: Facts): (invoice: InvoiceStory) => UnsettledInvoice {
  return (invoice) => ({
    ...invoice,
    openAttempt: attempts.find(({ invoiceId, state }) => invoiceId === invoice.id && isOpen(state))?.state ?? null,
  });
}

/** A charge that is certain to be in vain is not made; dunning goes on without it. */
function withoutCard({ customer }: SubscriptionFacts, at: Date): Text {
  const fault = cardFault(customer, at);
  if (fault === null) return NOTHING;
  const what = CARD_FAULTS[fault];
  return {
    es: `Pero ${what.es}: si sigue así, no se hará ningún cargo y se pedirá otra tarjeta.`,
    en: `But ${what.en}: if that stays so, nothing will be charged, and another card will be asked for.`,
  };
}

const CARD_FAULTS: Readonly<Record<CardFault, Text>> = {
  customer_deleted: { es: "Conekta ya no conoce al cliente", en: "Conekta no longer knows the customer" },
  no_default_card: { es: "el cliente no tiene tarjeta predeterminada", en: "the customer has no default card" },
  card_expired: { es: "para entonces la tarjeta habrá vencido", en: "the card will have expired by then" },
  card_forbidden: {
    es: "el banco prohibió volver a intentar esta tarjeta",
    en: "the bank forbade trying this card ever again",
  },
};

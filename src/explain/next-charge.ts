/** The words for a charge to come: when, what keeps it from being made earlier, and what would make it vain. */
import type { FAILED_CHECKS } from "../domain/charging/card-check.ts";
import type { Rule } from "../domain/dunning/dunning.ts";
import type { InvoiceOutlook } from "../domain/charging/invoice-outlook.ts";
import type { InvoiceStory, EventFacts, Facts } from "./facts.ts";
import type { Text } from "../domain/language.ts";
import { dayAndTime, join, NOTHING, sentence } from "./text.ts";
import type { Next } from "./next.ts";
import { ruleClause } from "./dunning-sentences.ts";
import { instantIn } from "./event-data.ts";
import { reasonWords } from "./words.ts";
import type { RunLimit } from "../domain/charging/run-limits.ts";

export function ofEarlierInvoice({ id: invoiceId }: InvoiceStory, earlierCycle: number): Next {
  return {
    ...{ what: "earlier_invoice", invoiceId, at: null, command: null },
    why: {
      es: `Espera su turno: el cobro del ciclo ${earlierCycle}, anterior, todavía no se resuelve (later_cycles).`,
      en: `It waits its turn: the earlier invoice, of cycle ${earlierCycle}, is not settled yet (later_cycles).`,
    },
  };
}

export function ofCharge(
  invoice: InvoiceStory,
  { at, inVain, putOff }: Extract<InvoiceOutlook, { do: "charge" }>,
  facts: Facts,
  now: Date,
): Next {
  const { id: invoiceId } = invoice;
  const time = dayAndTime(at, facts.subscription.timeZone);
  const when =
    at <= now
      ? { es: "La tarjeta se cobra en la siguiente corrida.", en: "The card is charged at the next run." }
      : { es: `La tarjeta se cobra el ${time.es}.`, en: `The card is charged on ${time.en}.` };
  return {
    ...{ what: "charge", invoiceId, at, command: at <= now ? null : `puntual invoices retry ${invoiceId}` },
    why: join(
      when,
      at <= now ? NOTHING : whyNotEarlier(invoice, at, putOff, facts),
      chargedInVain(inVain, putOff, facts),
    ),
  };
}

function whyNotEarlier(invoice: InvoiceStory, at: Date, putOff: Rule | null, { events, subscription }: Facts): Text {
  const { timeZone } = subscription;
  const rule =
    putOff === null ? ruleFor(events, invoice.id, at, timeZone) : ruleClause({ data: { rule: putOff }, timeZone });
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

/** A charge that is certain to be in vain is not made; dunning goes on without it. */
function chargedInVain(fault: keyof typeof FAILED_CHECKS | null, rule: Rule | null, { subscription }: Facts): Text {
  if (fault === null) return NOTHING;
  const { timeZone } = subscription;
  const of = fault === "network_budget" && rule !== null ? ruleClause({ data: { rule }, timeZone }) : null;
  const what = of ?? FAILURES[fault];
  return {
    es: `Pero ${what.es}: si sigue así, no se hará ningún cargo y se pedirá otra tarjeta.`,
    en: `But ${what.en}: if that stays so, nothing will be charged, and another card will be asked for.`,
  };
}

const FAILURES: Readonly<Record<keyof typeof FAILED_CHECKS, Text>> = {
  customer_deleted: { es: "Conekta ya no conoce al cliente", en: "Conekta no longer knows the customer" },
  no_default_card: { es: "el cliente no tiene tarjeta predeterminada", en: "the customer has no default card" },
  card_expired: { es: "para entonces la tarjeta habrá vencido", en: "the card will have expired by then" },
  card_forbidden: {
    es: "el banco prohibió volver a intentar esta tarjeta",
    en: "the bank forbade trying this card ever again",
  },
  card_declined_elsewhere: {
    es: "la tarjeta fue rechazada en otro cobro y hace falta otra",
    en: "the card was declined on another charge, and another one is needed",
  },
  network_budget: {
    es: "la red de la tarjeta no permite otro reintento",
    en: "the card's network allows no other try",
  },
};

export function ofHold({ id: invoiceId }: InvoiceStory, because: "daily_limit" | "earlier_unpaid"): Next {
  const reason = reasonWords(because);
  return {
    ...{ what: "person", invoiceId, at: null, command: `puntual invoices show ${invoiceId}` },
    why: {
      es: `No se cobra: la siguiente corrida lo detiene para que una persona decida, porque ${reason.es}.`,
      en: `It is not charged: the next run holds it for a person, as ${reason.en}.`,
    },
  };
}

export function ofRunLimit({ id: invoiceId }: InvoiceStory, limit: RunLimit): Next {
  const name = limit === "amount_beyond_limit" ? "MAX_AMOUNT_CENTS_PER_RUN" : limit;
  return {
    ...{ what: "person", invoiceId, at: null, command: "puntual run --dry-run" },
    why: {
      es: `No se cobra en la siguiente corrida: lo impide el límite ${name}. Una persona debe revisarlo, o subir el límite.`,
      en: `It is not charged at the next run: the limit ${name} forbids it. A person must review it, or raise the limit.`,
    },
  };
}

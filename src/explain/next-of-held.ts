/** What a person must do for an invoice that is held: nothing happens to it by itself. */
import { isOpen } from "../domain/attempt.ts";
import type { StatusReason } from "../domain/invoice.ts";
import type { InvoiceStory, AttemptStory } from "./facts.ts";
import type { Next } from "./next.ts";
import { join, type Text } from "./text.ts";
import { prefixed } from "./told.ts";
import { reasonWords } from "./words.ts";

/** Those that hold an invoice; of any other the general advice is given. */
const ADVICE: Partial<Readonly<Record<StatusReason, Text>>> = {
  catch_up_ask: {
    es: "Decide si se cobra este periodo pasado (invoices retry) o no (invoices void).",
    en: "Decide whether this period of the past is collected (invoices retry) or not (invoices void).",
  },
  unknown_outcome: {
    es: "Busca el cargo en el panel de Conekta y di qué fue de él (unknown resolve).",
    en: "Look for the charge in Conekta's panel, and say what became of it (unknown resolve).",
  },
  answer_differs: {
    es: "Compara la orden en el panel de Conekta con lo que se pidió; después di si pagó este cobro (unknown resolve).",
    en: "Compare the order in Conekta's panel with what was asked for; then say whether it paid this invoice (unknown resolve).",
  },
  refused: {
    es: "Corrige lo que Conekta rechazó y vuelve a ponerlo a cobrar (invoices retry).",
    en: "Mend what Conekta refused, and put it up again (invoices retry).",
  },
  our_fault: {
    es: "Arregla la cuenta o los datos en Conekta y vuelve a ponerlo a cobrar (invoices retry).",
    en: "Mend the account or the data at Conekta, and put it up again (invoices retry).",
  },
  daily_limit: {
    es: "Mira por qué se cobró tantas veces al cliente; si está bien, ponlo a cobrar (invoices retry).",
    en: "See why the customer was charged so often; if that is right, put it up (invoices retry).",
  },
  earlier_unpaid: {
    es: "Resuelve primero el cobro anterior; después decide si este se cobra (invoices retry) o no (invoices void).",
    en: "Settle the earlier invoice first; then decide whether this one is collected (invoices retry) or not (invoices void).",
  },
};

const ANY: Text = {
  es: "Decide si se cobra (invoices retry) o no (invoices void).",
  en: "Decide whether it is collected (invoices retry) or not (invoices void).",
};

export function nextOfHeld(invoice: InvoiceStory, attempts: readonly AttemptStory[]): Next {
  const { id: invoiceId, statusReason } = invoice;
  const reason = statusReason === null ? null : reasonWords(statusReason);
  const uncertain = attempts.find(({ state }) => isOpen(state));
  return {
    ...{ what: "person", invoiceId, at: uncertain?.nextInquiryAt ?? null },
    command: uncertain === undefined ? `puntual invoices show ${invoiceId}` : `puntual unknown show ${uncertain.id}`,
    why: join(
      {
        es: `Espera a una persona${prefixed(": ", reason?.es)}.`,
        en: `It waits for a person${prefixed(": ", reason?.en)}.`,
      },
      (statusReason === null ? undefined : ADVICE[statusReason]) ?? ANY,
    ),
  };
}

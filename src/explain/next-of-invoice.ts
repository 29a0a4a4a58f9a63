/** The words for what one invoice waits for. What that is, `domain/charging/next-charge.ts` decides. */
import { isOpen } from "../domain/attempt.ts";
import { invoiceOutlook, type InvoiceOutlook, type OutlookRules } from "../domain/charging/invoice-outlook.ts";
import type { InvoiceStory, Facts } from "./facts.ts";
import { ofCharge, ofEarlierInvoice, ofHold, ofRunLimit } from "./next-charge.ts";
import { nextOfAttempt, nextOfHeld } from "./next-of-waiting.ts";
import type { Text } from "../domain/language.ts";
import { dayAndTime, NOTHING } from "./text.ts";
import type { Next } from "./next.ts";
import { prefixed } from "./event-data.ts";
import { classWords, reasonWords, statusWords } from "./words.ts";

export function nextOfInvoice(invoice: InvoiceStory, facts: Facts, rules: OutlookRules, now: Date): Next {
  const attempts = facts.attempts.filter(({ invoiceId }) => invoiceId === invoice.id);
  const open = attempts.find(({ state }) => isOpen(state));
  if (invoice.status === "held") return nextOfHeld(invoice, attempts);
  const unsettled = facts.outlook.unsettled.find(({ id }) => id === invoice.id);
  if (unsettled === undefined) return settled(invoice);
  const outlook = invoiceOutlook(unsettled, facts.outlook, rules, now);
  if (outlook.do === "nothing") return settled(invoice);
  if (outlook.do === "charge") return ofCharge(invoice, outlook, facts, now);
  if (outlook.for === "earlier_invoice") return ofEarlierInvoice(invoice, outlook.cycle);
  if (outlook.for === "hold") return ofHold(invoice, outlook.because);
  if (outlook.for === "run_limit") return ofRunLimit(invoice, outlook.limit);
  if (outlook.for === "outcome" && open !== undefined)
    return nextOfAttempt(invoice, open, facts.subscription.timeZone, now);
  return waitFor(outlook.for, invoice, facts, now);
}

type Wait = Exclude<Extract<InvoiceOutlook, { do: "wait" }>["for"], "earlier_invoice" | "hold" | "run_limit">;

/** A wait ends once its customer was read, which may take a day where she cannot be. */
function onceRead(then: Text): Text {
  return {
    es: `En la siguiente corrida se lee al cliente en Conekta; si no hay otra tarjeta, ${then.es}.`,
    en: `At the next run the customer is read at Conekta; if there is no other card, ${then.en}.`,
  };
}

/** A wait of dunning, or for a person. */
function waitFor(wait: Wait, invoice: InvoiceStory, { subscription }: Facts, now: Date): Next {
  const { id: invoiceId, dunningClass, dunningDueAt: at } = invoice;
  const time = at === null ? NOTHING : dayAndTime(at, subscription.timeZone);
  const failed = dunningClass === null ? NOTHING : classWords(dunningClass);
  const policy = subscription.dunning;
  const isOver = at !== null && at <= now;
  const end = {
    es: `el cobro se da por incobrable, con la acción final de la política ${policy}`,
    en: `the invoice is written off, with the final action of policy ${policy}`,
  };
  switch (wait) {
    case "new_card":
      return {
        ...{ what: "new_card", invoiceId, at, command: null },
        why: isOver
          ? onceRead({ es: `sigue lo que dice la política ${policy}`, en: `policy ${policy} says what follows` })
          : {
              es: `Se espera otra tarjeta hasta el ${time.es}: la que hay no se intenta por sí sola${bracket(failed.es)}. Otra tarjeta se intenta enseguida; si no llega, sigue lo que dice la política ${policy}.`,
              en: `Another card is waited for until ${time.en}: the one there is, is not tried by itself${bracket(failed.en)}. Another card is tried at once; if none comes, policy ${policy} says what follows.`,
            },
      };
    case "payment_link":
      return {
        ...{ what: "payment_link", invoiceId, at, command: null },
        why:
          at === null || at <= now
            ? {
                es: "La liga de pago se hace en la siguiente corrida.",
                en: "The payment link is made at the next run.",
              }
            : {
                es: `La liga de pago se hace el ${time.es}: antes no se pudo, o la está haciendo otra orden.`,
                en: `The payment link is made on ${time.en}: it could not be made before, or a command is making it.`,
              },
      };
    case "grace":
      return {
        ...{ what: "grace", invoiceId, at, command: `puntual invoices retry ${invoiceId}` },
        why: isOver
          ? onceRead(end)
          : {
              es: `Corre el plazo de gracia hasta el ${time.es}; después ${end.es}.`,
              en: `A period of grace runs until ${time.en}; then ${end.en}.`,
            },
      };
    case "outcome":
    case "person":
      return {
        ...{ what: "person", invoiceId, at: null, command: `puntual invoices retry ${invoiceId}` },
        why: {
          es: "Nada ocurre por sí solo: el cobro está abierto y no tiene fecha de intento. Una persona puede ponerlo a cobrar.",
          en: "Nothing happens by itself: the invoice is open and has no date for a try. A person may put it up.",
        },
      };
    default:
      return wait satisfies never;
  }
}

function settled({ id: invoiceId, status, statusReason }: InvoiceStory): Next {
  const words = statusWords(status);
  const reason: Text = statusReason === null ? NOTHING : reasonWords(statusReason);
  return {
    ...{ what: "nothing", invoiceId, at: null },
    command: status === "uncollectible" ? `puntual invoices retry ${invoiceId}` : null,
    why: {
      es: `Nada más: el cobro está ${words.es}${prefixed(", ", reason.es)}.`,
      en: `Nothing more: the invoice is ${words.en}${prefixed(", ", reason.en)}.`,
    },
  };
}

function bracket(text: string): string {
  return text === "" ? "" : ` (${text})`;
}

import { describe, expect, test } from "@jest/globals";
import { eventText, TOLD_TYPES } from "./event-sentences.ts";
import type { InvoiceStory, AttemptStory } from "./facts.ts";
import { EVENT_TYPES } from "../domain/event-types.ts";
import type { Data, EventStory } from "./event-data.ts";

const AT = new Date("2026-12-01T15:00:00Z");

const CHARGE: AttemptStory = {
  ...{ id: "att_1", invoiceId: "inv_1", number: 2, state: "declined", flow: "single" },
  ...{ amountCents: 20015, currency: "MXN", orderId: "ord_1", chargeId: "chr_1", cardBrand: "visa", cardLast4: "4242" },
  ...{ claimedAt: AT, sentAt: AT, nextInquiryAt: null, paymentMethod: null, evidence: [], link: null },
};
const PAGE: AttemptStory = { ...CHARGE, number: 3, flow: "link", cardBrand: null, cardLast4: null, chargeId: null };
const INVOICE = {
  ...{ id: "inv_1", cycle: 3, amountCents: 20015, currency: "MXN" },
  content: {
    lineItems: [
      { name: "Plan Oro", unitPriceCents: 12015, quantity: 2, discountCents: 4015, taxRate: 16, taxIncluded: true },
      { name: "Libro", unitPriceCents: 150000, quantity: 1, discountCents: 0, taxRate: 0, taxIncluded: true },
    ],
    ...{ subtotalCents: 174030, discounts: [{ code: "MITAD", type: "coupon", amountCents: 4015 }] },
    taxes: [
      { rate: 16, baseCents: 17254, taxCents: 2761 },
      { rate: "exempt", baseCents: 150000, taxCents: 0 },
    ],
    ...{ discountCents: 4015, taxCents: 2761, balanceCents: 0, amountCents: 20015, currency: "MXN" },
  },
} as unknown as InvoiceStory;

function story(data: Data, attempt: AttemptStory | null = null): EventStory {
  const declineText = (code: string) =>
    code === "insufficient_funds"
      ? { es: "La tarjeta no tiene fondos suficientes.", en: "The card has insufficient funds." }
      : null;
  return { at: AT, data, attempt, invoice: INVOICE, timeZone: "America/Mexico_City", declineText };
}

const FUNDS = { attempt: 2, outcome: "declined", declineClass: "retry_later", failureCode: "insufficient_funds" };
const PAYDAY = { name: "payday", payday: "2026-12-15", insteadOf: "2026-12-04", retry: 2, of: 3 };

// prettier-ignore
const ROWS: readonly (readonly [type: string, data: Data, attempt: AttemptStory | null, es: string, en: string, because: string])[] = [
  ["invoice.opened", {}, null, "Venció el ciclo 3 y se abrió su cobro: $200.15 MXN.", "Cycle 3 fell due and its invoice was opened: $200.15 MXN.", "cycle and amount are the invoice's own"],
  ["invoice.opened", {}, null, "Son: 2 × Plan Oro $240.30 MXN, Libro $1,500.00 MXN; menos MITAD $40.15 MXN. De ello: IVA 16 % $27.61 MXN sobre $172.54 MXN; exento $1,500.00 MXN.", "It is: 2 × Plan Oro $240.30 MXN, Libro $1,500.00 MXN; less MITAD $40.15 MXN. Of it: IVA 16 % $27.61 MXN on $172.54 MXN; exempt $1,500.00 MXN.", "what was sold, what lowers it, and base and IVA by rate"],
  ["invoice.paid", {}, CHARGE, "El intento 2 lo pagó: $200.15 MXN con visa •4242 (orden ord_1, chr_1).", "Attempt 2 paid it: $200.15 MXN with visa •4242 (order ord_1, chr_1).", "who paid, with which card, under which order"],
  ["invoice.paid", { paymentMethod: "cash" }, PAGE, "por la liga de pago, con efectivo", "by the payment link, by cash", "how a link was paid matters to support"],
  ["invoice.paid", { by: "person", why: "paid at the counter" }, null, "Una persona lo dio por pagado (paid at the counter).", "A person marked it as paid (paid at the counter).", "no charge of ours"],
  ["invoice.paid_after_cancel", {}, CHARGE, "después de la cancelación", "after the cancellation: a person decides whether it is given back", "nobody may keep it unseen"],
  ["invoice.late_payment_kept", { why: "she came in May" }, null, "no se devuelve (she came in May).", "is not given back (she came in May).", "the answer, and why"],
  ["invoice.opened", { balanceCents: 5000 }, null, "El saldo del cliente pagó $50.00 MXN.", "The customer's balance paid $50.00 MXN of it.", "what the balance did"],
  ["invoice.opened", { balanceCents: -150 }, null, "Se le sumaron $1.50 MXN de antes.", "$1.50 MXN of before joined it.", "what was too little to charge alone"],
  ["invoice.opened", { cycle: null }, null, "Se abrió un cobro único: $200.15 MXN.", "A one-off invoice was opened: $200.15 MXN.", "it is of no cycle"],
  ["invoice.paid", { amountCents: 0, balanceCents: 20015 }, null, "Lo pagó el saldo del cliente", "The customer's balance paid it", "without a charge"],
  ["invoice.paid", { amountCents: 0 }, null, "No había nada que cobrar", "nothing to collect", "a free cycle is paid without asking anybody"],
  ["invoice.payment_failed", { ...FUNDS, nextStep: "retry", nextAttemptAt: "2026-12-15T15:00:00Z", rule: PAYDAY }, CHARGE,
    "El intento 2 con visa •4242 fue rechazado (orden ord_1): La tarjeta no tiene fondos suficientes (insufficient_funds, retry_later: la misma tarjeta puede pagar más adelante). La tarjeta se intenta de nuevo el martes 15 de diciembre de 2026, 09:00: reintento 2 de 3, movido del viernes 4 de diciembre de 2026 al día de pago, porque a la tarjeta le faltaban fondos.",
    "Attempt 2 with visa •4242 was declined (order ord_1): The card has insufficient funds (insufficient_funds, retry_later: the same card may pay later). The card is tried again on Tuesday 15 December 2026, 09:00: retry 2 of 3, moved from Friday 4 December 2026 to payday, because the card lacked funds.",
    "decline, class, code, decision and rule in full sentences"],
  ["invoice.payment_failed", { declineClass: "new_card", failureCode: "no_default_card", nextStep: "wait_for_card", nextStepUntil: "2026-12-15T15:00:00Z", rule: { name: "card_never_pays", declineClass: "new_card" } }, null,
    "No se hizo ningún cargo: El cliente no tiene tarjeta predeterminada (no_default_card, new_card: hace falta otra tarjeta). Se espera otra tarjeta hasta el martes 15 de diciembre de 2026, 09:00",
    "Nothing was charged: The customer has no default card (no_default_card, new_card: another card is needed). Another card is waited for until Tuesday 15 December 2026, 09:00: this card is not tried again by itself: another card is needed.",
    "a check before the charge that failed"],
  ["invoice.payment_failed", { declineClass: "new_card", failureCode: "customer_deleted", outcome: "declined" }, CHARGE, "No se hizo ningún cargo: El cliente ya no existe en Conekta", "Nothing was charged: The customer no longer exists at Conekta", "Conekta refused it: no bank declined a card"],
  ["invoice.payment_failed", { ...FUNDS, failureCode: "never_seen", declineClass: "unrecognized" }, CHARGE, "(never_seen, unrecognized: código desconocido)", "(never_seen, unrecognized: an unknown code)", "a code without a text is shown as it is"],
  ["invoice.uncollectible", { statusReason: "attempts_used_up", nextStep: "write_off", finalAction: "cancel", rule: { name: "wait_over", days: 14 } }, null,
    "La espera terminó sin pago. El cobro se da por incobrable, pues se agotaron los reintentos; la suscripción se cancela: no llegó otra tarjeta en 14 días.",
    "The wait ended without money. The invoice is written off, as the retries are used up; the subscription is canceled: no other card came within 14 days.",
    "the end says why and what becomes of the subscription"],
  ["invoice.uncollectible", { statusReason: "collection_stopped" }, null, "se dejó de cobrar la suscripción", "collecting the subscription was given up", "an older invoice goes down with the subscription"],
  ["invoice.held", { statusReason: "daily_limit", because: "it was charged 3 times within 24 hours" }, null, "llegó al máximo de cargos de un mismo cobro en 24 horas (se cobró 3 veces en 24 horas)", "it reached the most charges of one invoice that are allowed within 24 hours (it was charged 3 times", "the limit is named"],
  ["invoice.voided", { reason: "skipped" }, null, "El cobro se anuló: una persona saltó este ciclo.", "The invoice was voided: a person skipped this cycle.", "reasons are words, not codes"],
  ["invoice.voided", { was: "open", why: "no service in May" }, null, "El cobro se anuló: lo decidió una persona (no service in May).", "The invoice was voided: a person decided so (no service in May).", "a person's own reason"],
  ["invoice.retry_requested", { was: "held" }, null, "Una persona pidió intentarlo de nuevo en la siguiente corrida (estaba retenido).", "A person put it up for the next run (it was held).", "a person's retry is no rule's"],
  ["invoice.retry_scheduled", { nextStep: "retry", nextAttemptAt: "2026-12-02T15:00:00Z", rule: { name: "new_card" } }, null, "el cliente tiene otra tarjeta", "the customer has another card", "new card, new chance"],
  ["invoice.retry_scheduled", { nextAttemptAt: "2026-12-02T15:00:00Z", rule: { name: "network_budget", network: "visa", until: "2026-12-02T15:00:00Z" } }, null, "la red de la tarjeta visa no permite otro reintento antes del miércoles 2 de diciembre de 2026, 09:00", "The card is tried again on Wednesday 2 December 2026, 09:00: the card's network visa allows no other try before Wednesday 2 December 2026, 09:00.", "a date without a step is a retry, too"],
  ["invoice.kept_waiting", { heldCycle: 2 }, null, "antes una persona debe decidir el del ciclo 2", "a person must decide that of cycle 2 first", "what it waits for"],
  ["invoice.postponed", { nextAttemptAt: "2026-12-02T15:00:00Z", rule: { name: "catch_up_spacing" } }, null, "El primer intento se aplazó al miércoles 2 de diciembre de 2026, 09:00. De lo atrasado", "Its first try was moved to Wednesday 2 December 2026, 09:00. Of what was missed", "catch-up keeps its days apart"],
  ["invoice.payment_link_created", { url: "https://pay.conekta.com/x", expiresAt: "2026-12-06T15:00:00Z" }, PAGE, "hasta el domingo 6 de diciembre de 2026, 09:00; mientras tanto no se cobra la tarjeta: https://pay.conekta.com/x", "until Sunday 6 December 2026, 09:00; the card is not charged meanwhile: https://pay.conekta.com/x", "the address a desk reads out"],
  ["invoice.payment_link_closing", { because: "new_card" }, PAGE, "La liga de pago se va a cerrar: hay otra tarjeta que intentar.", "The payment link is to be closed: there is another card to try.", "never card and link at once"],
  ["invoice.payment_link_lapsed", { nextStep: "grace", nextStepUntil: "2026-12-08T15:00:00Z", rule: { name: "link_not_paid", days: 5 } }, PAGE, "Corre el plazo de gracia hasta el martes 8 de diciembre de 2026, 09:00: nadie pagó con la liga en 5 días.", "A period of grace runs until Tuesday 8 December 2026, 09:00: nobody paid by the link within 5 days.", "what follows a link"],
  ["invoice.refunded", { amountCents: 5000, currency: "MXN", orderId: "ord_1", reason: "requested_by_client" }, null, "Se devolvieron $50.00 MXN de la orden ord_1 (lo pidió el cliente).", "Refunded $50.00 MXN of order ord_1 (requested_by_client).", "a part is shown as a part"],
  ["invoice.cfdi_noted", { documentId: "inv_1", uuid: "5B0F5B0E", status: "stamped" }, null, "Se anotó que el CFDI 5B0F5B0E está timbrado.", "The CFDI 5B0F5B0E was noted as stamped.", "which document"],
  ["invoice.cfdi_noted", { documentId: "inv_1", uuid: "5B0F5B0E", status: "canceled" }, null, "Se anotó que el CFDI 5B0F5B0E se canceló.", "The CFDI 5B0F5B0E was noted as canceled.", "it stands no more"],
  ["customer.profile_changed", { language: "en", metadata: ["crm"] }, null, "Se cambiaron los datos propios del cliente (se le escribe en inglés).", "What the merchant keeps of the customer was changed (written to in English).", "no value of the merchant's own data"],
  ["customer.tax_data_changed", { regime: "612", use: "G03" }, null, "Se dieron los datos fiscales del cliente (612, G03).", "The customer's tax data were given (612, G03).", "nothing that names a person"],
  ["attempt.unknown", { because: "no answer within 30 s" }, CHARGE, "No se sabe si el intento 2 movió dinero; nada más se cobra hasta saberlo — registro: no answer within 30 s.", "It is not known whether attempt 2 moved money; nothing else is charged until it is — no answer within 30 s.", "uncertainty is said aloud"],
  ["attempt.inquiry_made", { because: "the list shows no order" }, CHARGE, "Se preguntó a Conekta, y sigue sin saberse si el intento 2 movió dinero — registro: the list shows no order.", "Conekta was asked, and it is still not known whether attempt 2 moved money — the list shows no order.", "each inquiry is history"],
  ["attempt.not_sent", { nextAttemptAt: "2026-12-01T16:00:00Z" }, CHARGE, "El intento 2 no llegó a cobrar nada", "Attempt 2 charged nothing: Conekta surely did not act, and it counts as no decline; it is tried again on Tuesday 1 December 2026, 10:00.", "a fault is no decline"],
  ["attempt.paid_again", {}, CHARGE, "un segundo pago que hay que devolver", "a second payment, which is to be given back", "money that is not ours"],
  ["attempt.resolved", { resolution: "not_charged", by: "eva", why: "the panel shows none" }, CHARGE, "Una persona dijo que el intento 2 no cobró nada (eva: the panel shows none).", "A person said that attempt 2 charged nothing (eva: the panel shows none).", "who decided, and why"],
  ["subscription.past_due", { was: "active" }, null, "La suscripción tiene un atraso (estaba activa).", "The subscription is past due (it was active).", "where it came from"],
  ["subscription.plan_changed", { apply: "period_end", on: "2026-12-01", toPlanId: "platino", planName: "Plan Platino", toQuantity: 2, creditCents: 0, debitCents: 0, currency: "MXN" }, null, "La suscripción cambió a Plan Platino × 2 desde el 2026-12-01, al terminar su periodo.", "The subscription was changed to Plan Platino × 2 from 2026-12-01 on, when its period ends.", "what, and from when"],
  ["subscription.plan_changed", { apply: "next_invoice", on: "2026-11-16", planName: "Plan Platino", toQuantity: 1, creditCents: 10008, debitCents: 14950, currency: "MXN" }, null, "la diferencia va en el próximo cobro (a favor $100.08 MXN, a cargo $149.50 MXN).", "the difference joins the next invoice ($100.08 MXN back, $149.50 MXN to pay).", "what it costs"],
  ["subscription.plan_changed", { apply: "now", on: "2026-11-16", planName: "Plan Plata", toQuantity: 1, creditCents: 10008, debitCents: 4950, grantedCents: 5058, currency: "MXN" }, null, "la diferencia, $50.58 MXN, queda como saldo a favor del cliente (a favor $100.08 MXN, a cargo $49.50 MXN).", "the difference, $50.58 MXN, is given to the customer's balance ($100.08 MXN back, $49.50 MXN to pay).", "nothing is charged"],
  ["subscription.change_undone", { toPlanId: "oro", toQuantity: 1, by: "eva" }, null, "Un cambio se deshizo: sigue en el plan oro (eva).", "A change was taken back: it stays on plan oro (eva).", "as before"],
  ["subscription.canceled", { because: "dunning_final_action" }, null, "es la acción final de la cobranza", "it is dunning's final action", "not everybody who is canceled asked for it"],
  ["subscription.cancel_scheduled", { endsAt: "2026-12-31T15:00:00Z" }, null, "termina con su periodo el jueves 31 de diciembre de 2026, 09:00", "it ends with its period on Thursday 31 December 2026, 09:00", "when"],
  ["subscription.resumed", { was: "paused", because: "person", actor: { name: "shop", reason: "she is back" } }, null, "(lo pidió una persona; estaba en pausa). Lo pidió shop: she is back.", "(a person asked for it; it was paused). shop asked for it: she is back.", "who called the API, and why"],
  ["invoice.retry_requested", { was: "held", actor: { name: "shop", reason: null } }, null, "Lo pidió shop.", "shop asked for it.", "a reason may be missing"],
  ["subscription.uncanceled", { endsAt: "2026-12-31T15:00:00Z" }, null, "retiró la cancelación", "took the cancellation back", "it goes on"],
  ["subscription.pause_planned", { from: "2026-12-15T06:00:00Z", until: "2027-02-01T06:00:00Z" }, null, "planeó una pausa desde el martes 15 de diciembre de 2026, 00:00 hasta el lunes 1 de febrero de 2027, 00:00", "planned a pause from Tuesday 15 December 2026, 00:00 until Monday 1 February 2027, 00:00", "when, on both ends"],
  ["subscription.pause_withdrawn", {}, null, "retiró la pausa planeada", "withdrew the planned pause", "it goes on"],
  ["item.added", { name: "Locker", amountCents: 15000, currency: "MXN" }, null, "Una persona agregó un extra: Locker, $150.00 MXN; va en el siguiente cobro.", "A person added an item: Locker, $150.00 MXN; it rides on the next invoice.", "what and how much"],
  ["item.added", { name: "Evento", amountCents: 50000, currency: "MXN", ownInvoice: true }, null, "agregó un extra: Evento, $500.00 MXN; se cobra por separado.", "added an item: Evento, $500.00 MXN; it has an invoice of its own.", "charged by itself, at once"],
  ["item.removed", { name: "Locker" }, null, "Una persona quitó el extra Locker", "A person removed the item Locker", "which"],
  ["balance.granted", { amountCents: 5000, currency: "MXN", balanceCents: 7000, reason: "clase cancelada" }, null, "Una persona dio saldo a favor al cliente $50.00 MXN: clase cancelada. Tiene $70.00 MXN a favor.", "A person gave the customer a balance of $50.00 MXN: clase cancelada. $70.00 MXN are to the good.", "how much, why, and what there is"],
  ["balance.taken", { amountCents: 5000, currency: "MXN" }, null, "Una persona quitó saldo al cliente $50.00 MXN.", "A person took of the customer's balance $50.00 MXN.", "how much"],
  ["coupon.created", { code: "MITAD" }, null, "Se creó el cupón MITAD.", "The coupon MITAD was created.", "its code"],
  ["plan.archived", { planId: "oro" }, null, "Se archivó el plan (oro).", "The plan was archived (oro).", "which"],
  ["plan.unarchived", { planId: "oro" }, null, "El plan se vende de nuevo (oro).", "The plan is sold again (oro).", "which"],
  ["coupon.archived", { code: "MITAD" }, null, "Se archivó el cupón MITAD", "The coupon MITAD was archived", "its code"],
  ["coupon.given", { code: "MITAD", worth: "50 % off for 2 cycles", fromCycle: 3, untilCycle: 5 }, null, "Una persona dio el cupón MITAD: ciclos 3 a 4.", "A person gave the coupon MITAD, 50 % off for 2 cycles: cycles 3 to 4.", "the last cycle that it lowers"],
  ["coupon.given", { code: "SIEMPRE", fromCycle: 3, untilCycle: null }, null, "desde el ciclo 3", "from cycle 3 on", "without an end"],
  ["coupon.taken", { code: "MITAD" }, null, "quitó el cupón MITAD", "took the coupon MITAD away", "from then on"],
  ["subscription.consent_recorded", { consentId: "cns_1", version: "2026-12", channel: "in_person", consentedAt: "2026-12-15T15:00:00Z", by: "ana" }, null, "El cliente aceptó los cargos recurrentes (texto 2026-12) el martes 15 de diciembre de 2026, 09:00, en persona; lo registró ana.", "The customer agreed to recurring charges (text 2026-12) on Tuesday 15 December 2026, 09:00, in person; recorded by ana.", "what, when, how and by whom"],
  ["subscription.unskipped", { cycle: 4 }, null, "retiró el salto: el ciclo 4 se cobra", "took the skip back: cycle 4 is billed", "which one"],
  ["card.changed", { paymentSourceId: "src_2", cardBrand: "visa", cardLast4: "1111" }, null, "la predeterminada es visa •1111", "the default is visa •1111", "only brand and last digits"],
  ["card.expiring", { cardBrand: "visa", cardLast4: "4242", expMonth: 1, expYear: 2027, daysLeft: 30 }, null, "La tarjeta visa •4242 vence pronto: 01/2027, en 30 días", "The card visa •4242 expires soon: 01/2027, in 30 days", "which card, and when"],
  ["charging.halted", { because: "the key is not accepted", kind: "unauthorized" }, null, "Se dejó de cobrar a todos — Conekta no acepta la llave.", "Charging everybody was stopped — the key is not accepted.", "it concerns this subscription, too"],
  ["charging.halted", { because: "eva stopped charging: precio equivocado", kind: "person" }, null, "Se dejó de cobrar a todos — lo pidió eva: precio equivocado.", "was stopped — eva stopped charging: precio equivocado.", "at the command line"],
  ["charging.halted", { because: "shop stopped charging: precio equivocado", kind: "person", actor: { name: "shop", reason: "precio equivocado" } }, null, "Se dejó de cobrar a todos. Lo pidió shop: precio equivocado.", "Charging everybody was stopped. shop asked for it: precio equivocado.", "the reason is said once"],
  ["charging.resumed", { kind: "person", by: "shop", why: "precio bien", actor: { name: "shop", reason: "precio bien" } }, null, "Se volvió a cobrar a todos. Lo pidió shop: precio bien.", "Everybody is charged again. shop asked for it: precio bien.", "once here, too"],
  ["order.chargeback.lost", { orderId: "ord_1" }, CHARGE, "La disputa se perdió (ord_1).", "The dispute was lost (ord_1).", "the order a bank asks about"],
  ["order.partially_refunded", { orderId: "ord_1", amountCents: 5000, currency: "MXN" }, CHARGE, "parte de la orden se reembolsó (ord_1, $50.00 MXN).", "a part of the order was refunded (ord_1, $50.00 MXN).", "how much went back in the panel"],
  ["dispute.opened", { amountCents: 20015, currency: "MXN", status: "action_required", disputeOutcome: "open", reason: "unrecognized", evidenceDueBy: "2026-12-04T05:59:59Z" }, CHARGE, "El titular disputa ante su banco $200.15 MXN (action_required, unrecognized); las pruebas se entregan antes del jueves 3 de diciembre de 2026, 23:59.", "The cardholder disputes at the bank $200.15 MXN (action_required, unrecognized); evidence is due before Thursday 3 December 2026, 23:59.", "until when to answer"],
  ["dispute.closed", { amountCents: 20015, currency: "MXN", status: "lost", disputeOutcome: "lost", reason: "unrecognized" }, CHARGE, "Se perdió la disputa, y con ella el dinero: $200.15 MXN (lost, unrecognized).", "The dispute was lost, and with it the money: $200.15 MXN (lost, unrecognized).", "the money is gone"],
  ["dispute.closed", { amountCents: 20015, currency: "MXN", status: "covered", disputeOutcome: "won", by: "eva", why: "the panel says so" }, CHARGE, "Se ganó la disputa por $200.15 MXN (covered) (eva: the panel says so).", "The dispute was won, about $200.15 MXN (covered) (eva: the panel says so).", "a person's word"],
  ["dispute.closed", { amountCents: 20015, currency: "MXN", status: "reversed", disputeOutcome: "withdrawn" }, CHARGE, "No era disputa: un reembolso cubre $200.15 MXN (reversed).", "It was no dispute: a refund covers $200.15 MXN (reversed).", "what Conekta called reversed"],
  ["subscription.paused", { was: "active", because: "dispute" }, null, "La suscripción quedó en pausa (se disputa un pago; estaba activa).", "The subscription was paused (a payment is disputed; it was active).", "by the policy"],
  ["invoice.from_the_future", {}, null, "invoice.from_the_future", "invoice.from_the_future", "what a newer program wrote is shown by its name"],
];

describe("an event is a sentence in both languages", () => {
  test.each(ROWS)("%s %j", (type, data, attempt, es, en, _because) => {
    const text = eventText(type, story(data, attempt));
    expect(text.es).toContain(es);
    expect(text.en).toContain(en);
  });
});

const HOSTILE: readonly (readonly [what: string, value: unknown])[] = [
  ["nothing", undefined],
  ["null", null],
  ["a number", 12.5],
  ["an empty text", ""],
  ["a text that is no date", "tomorrow"],
  ["a list", [1, null, {}]],
  ["an object", { name: 7, toString: 3 }],
  ["a name that every object has", "constructor"],
];
const KEYS = [
  "attempt",
  "outcome",
  "amountCents",
  "currency",
  "declineClass",
  "failureCode",
  "nextStep",
  "nextAttemptAt",
]
  .concat(["nextStepUntil", "finalAction", "statusReason", "reason", "because", "rule", "was", "why", "by", "planId"])
  .concat([
    "changes",
    "firstCycle",
    "endsAt",
    "url",
    "expiresAt",
    "paymentMethod",
    "cardLast4",
    "daysLeft",
    "resolution",
  ]);

describe("whatever an event holds", () => {
  test.each(HOSTILE)("%s makes every type a sentence, and no gap shows", (_what, value) => {
    const data = Object.fromEntries(KEYS.map((key) => [key, value]));
    for (const type of EVENT_TYPES)
      for (const attempt of [null, CHARGE, PAGE]) {
        const text = eventText(type, { ...story(data, attempt), invoice: attempt === null ? null : INVOICE });
        for (const words of Object.values(text)) {
          expect(`${type}: ${words}`).not.toMatch(/undefined|null|NaN|Invalid|\[object|function|\(\)|: \.|\s\./);
          expect(`${type}: ${words}`).toMatch(/: .{8}/);
        }
      }
  });

  test("control: a sentence with a gap would be noticed", () => {
    expect("invoice.paid: null paid it").toMatch(/null/);
  });
});

test("each type of event has a sentence, and there is no sentence of any other", () => {
  expect(TOLD_TYPES.toSorted()).toEqual(EVENT_TYPES.toSorted());
});

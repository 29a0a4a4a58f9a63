import { describe, expect, test } from "@jest/globals";
import { isOpen } from "../domain/attempt.ts";
import type { ChargeOutlook, OutlookRules } from "../domain/charging/invoice-outlook.ts";
import { explain } from "./explain.ts";
import type { InvoiceStory, EventFacts, Facts, LinkFacts, SubscriptionFacts, AttemptStory } from "./facts.ts";
import type { NextKind } from "./next.ts";
import { NOTHING_WAITS } from "../domain/invoice-content.ts";
import { CARD, NOW, PAYER, RULES } from "../../test/support/outlook.ts";

const LATER = new Date("2026-12-15T15:00:00Z");
const SUBSCRIPTION: SubscriptionFacts = {
  ...{ id: "ana", status: "past_due", timeZone: "America/Mexico_City", planId: "oro", planName: "Plan Oro" },
  ...{ dunning: "standard", nextCycle: 1, nextBillingAt: LATER, cancelAt: null, pauseFrom: null, pauseUntil: null },
  customer: { id: "cus_1", name: "Ana", card: CARD },
};
const INVOICE: InvoiceStory = {
  ...{ id: "inv_1", cycle: 0, periodStart: NOW, periodEnd: LATER, amountCents: 20015, currency: "MXN", status: "open" },
  ...{ statusReason: null, missed: false, nextAttemptAt: null, faults: 0, voidWhenSettled: null, dunningStep: null },
  ...{ dunningClass: null, dunningDueAt: null, retryRequestedAt: null },
  ...{ firstDeclinedAt: null, reopenedFrom: null },
  content: {
    ...{ lineItems: [], subtotalCents: 20015, discounts: [], taxes: [], discountCents: 0, taxCents: null },
    ...{ balanceCents: 0, amountCents: 20015, currency: "MXN" },
  },
};
const LINK: LinkFacts = {
  ...{ url: "https://pay.conekta.com/x", methods: ["card", "cash"], requestedBy: "dunning" },
  ...{ expiresAt: LATER, cancelBecause: null },
};
const ATTEMPT: AttemptStory = {
  ...{ id: "att_1", invoiceId: "inv_1", number: 1, state: "unknown", flow: "single", amountCents: 20015 },
  ...{ currency: "MXN", orderId: null, chargeId: null, cardBrand: "visa", cardLast4: "4242", claimedAt: NOW },
  ...{ sentAt: NOW, nextInquiryAt: LATER, paymentMethod: null, evidence: [], link: null },
};
const DECISION: EventFacts = {
  ...{ id: "evt_1", at: NOW, type: "invoice.payment_failed", invoiceId: "inv_1", attemptId: "att_1" },
  data: {
    nextAttemptAt: LATER.toISOString(),
    rule: { name: "payday", payday: "2026-12-15", insteadOf: "2026-12-04", retry: 1, of: 3 },
  },
};

/** $200.15 with 16 % IVA in it, every month; the customer has $50.00 to the good. */
const TERMS = {
  ...{ customerId: "cus_1", startLocal: "2026-11-15T09:00", anchorLocal: "2026-11-15T09:00", firstCycle: 0 },
  ...{ quantity: 2, lineItems: null, discount: null, billPast: false, lastMissedAt: null, voidCycles: 0 },
  waiting: { ...NOTHING_WAITS, balance: { number: 1, balanceCents: 5000 } },
  plan: {
    ...{ id: "oro", name: "Plan Oro", currency: "MXN", interval: "month", frequency: 1, expiryCount: null },
    ...{ expiryCounts: "charges", catchUp: "oldest_first", tax: { rate: 16, included: true } },
    lineItems: [{ name: "Plan Oro", unitPriceCents: 20015, quantity: 1 }],
  },
};

type Case = {
  readonly invoice?: Partial<InvoiceStory>;
  readonly attempt?: Partial<AttemptStory>;
  readonly subscription?: Partial<SubscriptionFacts>;
  readonly events?: readonly EventFacts[];
  readonly halt?: Facts["halt"];
  readonly earlier?: InvoiceStory;
  readonly payer?: Partial<ChargeOutlook["customer"]>;
  readonly rules?: Partial<OutlookRules>;
};

function nextOf({ invoice, attempt, subscription, events = [], halt = null, earlier, payer, rules }: Case) {
  const invoices = [...(earlier ? [earlier] : []), ...(invoice ? [{ ...INVOICE, ...invoice }] : [])];
  const attempts = attempt === undefined ? [] : [{ ...ATTEMPT, ...attempt }];
  const subject = { ...SUBSCRIPTION, ...subscription, ...TERMS };
  const facts: Facts = {
    subscription: { ...SUBSCRIPTION, ...subscription },
    outlook: {
      subscription: subject as unknown as ChargeOutlook["subscription"],
      unsettled: invoices.map((each) => ({
        ...each,
        declines: 1,
        openAttempt: attempts.find(({ state }) => isOpen(state))?.state ?? null,
      })),
      customer: { ...PAYER, ...payer },
      ...{ paidAt: null, missed: [], disputes: [], beside: [] },
    },
    ...{ invoices, attempts },
    ...{ events, refunds: [], webhooks: [], halt },
  };
  return explain(facts, () => null, { ...RULES, ...rules }, NOW).next;
}

const NO_CARD = { card: { ...CARD, paymentSourceId: null } };
const OLD_CARD = { card: { ...CARD, cardExpMonth: 11, cardExpYear: 2026 } };
const BAD_CARD = { neverAgain: [CARD] };
const TRIED = { tries: [{ invoiceId: "inv_1", state: "declined", flow: "single", sentAt: NOW }] } as const;
const SPENT = { declines: Array.from({ length: 16 }, (_, n) => ({ invoiceId: "inv_9", number: n, sentAt: NOW })) };
const EARLIER = { ...INVOICE, id: "inv_0", cycle: 1, dunningStep: "wait_for_card", dunningClass: "new_card" } as const;

// prettier-ignore
const INVOICES: readonly (readonly [what: NextKind, at: Date | null, which: Case, es: string, en: string, command: string | null, because: string])[] = [
  ["charge", LATER, { invoice: { nextAttemptAt: LATER }, events: [DECISION] }, "No antes: reintento 1 de 3, movido del viernes 4 de diciembre de 2026 al día de pago", "charged on Tuesday 15 December 2026, 09:00. Not earlier: retry 1 of 3, moved from Friday 4 December 2026 to payday", "puntual invoices retry inv_1", "the rule of the decision that named this time"],
  ["charge", NOW, { invoice: { nextAttemptAt: NOW } }, "se cobra en la siguiente corrida", "charged at the next run", null, "it is due"],
  ["charge", LATER, { invoice: { nextAttemptAt: LATER, faults: 2 } }, "2 veces seguidas Conekta no recibió", "did not take the charge 2 times in a row", "puntual invoices retry inv_1", "a fault backs off"],
  ["charge", LATER, { invoice: { nextAttemptAt: LATER, missed: true } }, "un periodo por día", "one period a day", "puntual invoices retry inv_1", "catch-up has a day for each"],
  ["charge", NOW, { invoice: { nextAttemptAt: NOW }, payer: NO_CARD }, "no tiene tarjeta predeterminada: si sigue así", "has no default card: if that stays so, nothing will be charged", null, "a charge in vain is not made"],
  ["charge", NOW, { invoice: { nextAttemptAt: NOW }, payer: OLD_CARD }, "la tarjeta habrá vencido", "the card will have expired", null, "an expired card is seen coming"],
  ["charge", NOW, { invoice: { nextAttemptAt: NOW }, payer: BAD_CARD }, "prohibió volver a intentar esta tarjeta", "forbade trying this card ever again", null, "nor is one that the network forbids"],
  ["charge", new Date("2026-12-02T15:00:00Z"), { invoice: { nextAttemptAt: NOW }, payer: TRIED, rules: { maxChargesPerCustomerPerDay: 1 } }, "No antes: este cobro ya tuvo un cargo en 24 horas", "this invoice was charged once within 24 hours", "puntual invoices retry inv_1", "the run puts it off"],
  ["charge", new Date("2026-12-31T15:00:00Z"), { invoice: { nextAttemptAt: NOW }, payer: SPENT }, "la red de la tarjeta visa no permite otro reintento antes", "the card's network visa allows no other try before", "puntual invoices retry inv_1", "so it does for the network"],
  ["charge", NOW, { invoice: { nextAttemptAt: NOW }, payer: SPENT, rules: { policyOf: () => ({ laterCycles: "hold", windowDays: 1, onChargeback: "charge" }) } }, "Pero la red de la tarjeta visa no permite", "But the card's network visa allows no other try", null, "beyond the window the charge is not made"],
  ["person", null, { invoice: { nextAttemptAt: NOW }, rules: { limits: { maxCharges: null, maxAmountCents: 1 } } }, "lo impide el límite MAX_AMOUNT_CENTS_PER_RUN", "the limit MAX_AMOUNT_CENTS_PER_RUN forbids it", "puntual run --dry-run", "no run charges so much"],
  ["person", null, { invoice: { cycle: 2, nextAttemptAt: NOW }, earlier: EARLIER, rules: { policyOf: () => ({ laterCycles: "hold", windowDays: 45, onChargeback: "charge" }) } }, "la siguiente corrida lo detiene para que una persona decida", "the next run holds it for a person", "puntual invoices show inv_1", "later_cycles: hold"],
  ["charge", NOW, { invoice: { cycle: 2, nextAttemptAt: NOW, retryRequestedAt: NOW }, earlier: EARLIER }, "se cobra en la siguiente corrida", "charged at the next run", null, "a person asked for it"],
  ["earlier_invoice", null, { invoice: { cycle: 2, nextAttemptAt: NOW }, earlier: EARLIER }, "el cobro del ciclo 1, anterior", "the earlier invoice, of cycle 1", null, "older debts are paid first"],
  ["new_card", LATER, { invoice: { dunningStep: "wait_for_card", dunningClass: "new_card", dunningDueAt: LATER } }, "Se espera otra tarjeta hasta el martes 15 de diciembre de 2026, 09:00", "Another card is waited for until Tuesday 15 December 2026, 09:00", null, "nothing of the old card is tried"],
  ["new_card", NOW, { invoice: { dunningStep: "wait_for_card", dunningClass: "new_card", dunningDueAt: NOW } }, "si no hay otra tarjeta, sigue lo que dice la política standard", "At the next run the customer is read at Conekta; if there is no other card, policy standard says what follows.", null, "so is a wait"],
  ["payment_link", NOW, { invoice: { dunningStep: "payment_link", dunningClass: "retry_later", dunningDueAt: NOW } }, "se hace en la siguiente corrida", "is made at the next run", null, "the link comes with the next tick"],
  ["payment_link", LATER, { invoice: { dunningStep: "payment_link", dunningClass: "retry_later" }, attempt: { state: "pending", flow: "link", link: LINK } }, "(tarjeta o efectivo) hasta el martes 15 de diciembre de 2026, 09:00; la tarjeta no se cobra antes", "(card or cash) until Tuesday 15 December 2026, 09:00; the card is not charged before, or it might be paid twice: https://pay", "puntual invoices cancel-link inv_1", "card and link never at once"],
  ["payment_link", LATER, { invoice: { dunningStep: "payment_link", dunningClass: "retry_later" }, attempt: { state: "pending", flow: "link", link: { ...LINK, cancelBecause: "new_card" } } }, "se está cerrando, porque hay otra tarjeta que intentar", "is being closed, as there is another card to try", null, "the new card waits for the page's end"],
  ["grace", LATER, { invoice: { dunningStep: "grace", dunningClass: "retry_later", dunningDueAt: LATER } }, "plazo de gracia hasta el martes 15 de diciembre", "grace runs until Tuesday 15 December 2026, 09:00; then the invoice is written off", "puntual invoices retry inv_1", "the last chance"],
  ["grace", NOW, { invoice: { dunningStep: "grace", dunningClass: "new_card", dunningDueAt: NOW } }, "En la siguiente corrida se lee al cliente en Conekta; si no hay otra tarjeta, el cobro se da por incobrable", "At the next run the customer is read at Conekta; if there is no other card, the invoice is written off, with the final action of policy standard.", "puntual invoices retry inv_1", "it is over once the customer was read"],
  ["outcome", LATER, { invoice: {}, attempt: {} }, "No se sabe si el intento 1 movió dinero: nada más se cobra, o se podría cobrar dos veces. Se vuelve a preguntar a Conekta el martes 15", "It is not known whether attempt 1 moved money: nothing else is charged, or it might be charged twice. Conekta is asked again on Tuesday 15", "puntual unknown show att_1", "uncertainty blocks"],
  ["outcome", NOW, { invoice: {}, attempt: { nextInquiryAt: NOW } }, "en la siguiente corrida", "at the next run", "puntual unknown show att_1", "an inquiry that is due"],
  ["outcome", LATER, { invoice: {}, attempt: { state: "pending" } }, "está en revisión o espera al cliente", "is under review or waits for the customer", null, "the gateway has not decided"],
  ["outcome", null, { invoice: {}, attempt: { state: "sending" } }, "está en curso en este momento", "is under way at this moment", null, "its own answer comes first"],
  ["outcome", LATER, { invoice: { voidWhenSettled: "canceled" }, attempt: {} }, "Si termina sin dinero, el cobro se anula (la suscripción se canceló).", "If it ends without money, the invoice is voided (the subscription was canceled).", "puntual unknown show att_1", "canceled, but money may have moved"],
  ["person", null, { invoice: { status: "held", statusReason: "our_fault" } }, "impiden el cargo. Arregla la cuenta", "Mend the account or the data at Conekta", "puntual invoices show inv_1", "no try mends our own fault"],
  ["person", null, { invoice: { status: "held", statusReason: "daily_limit" } }, "Mira por qué se cobró tantas veces", "See why it was charged so often", "puntual invoices show inv_1", "something may be wrong"],
  ["person", null, { invoice: { status: "held", statusReason: "catch_up_ask" } }, "Decide si se cobra este periodo pasado", "Decide whether this period of the past is collected", "puntual invoices show inv_1", "the plan wants to be asked"],
  ["person", null, { invoice: { status: "held", statusReason: "earlier_unpaid" } }, "Resuelve primero el cobro anterior", "Settle the earlier invoice first", "puntual invoices show inv_1", "later_cycles: hold"],
  ["person", null, { invoice: { status: "held", statusReason: "unknown_outcome" }, attempt: { nextInquiryAt: null } }, "di qué fue de él (unknown resolve)", "say what became of it (unknown resolve)", "puntual unknown show att_1", "inquiries are used up"],
  ["person", null, { invoice: {} }, "Nada ocurre por sí solo", "Nothing happens by itself", "puntual invoices retry inv_1", "open without a date is no state to hide"],
];

describe("what an invoice waits for", () => {
  test.each(INVOICES)("%s at %s: %j", (what, at, which, es, en, command, _because) => {
    const next = nextOf(which).find(({ invoiceId }) => invoiceId === "inv_1");
    expect(next).toMatchObject({ what, at, command });
    expect(next?.why.es).toContain(es);
    expect(next?.why.en).toContain(en);
    expect(`${next?.why.es} ${next?.why.en}`).not.toMatch(/undefined|null|NaN|Invalid|\.\./);
  });

  test("what is settled waits for nothing, and is shown only on request", () => {
    expect(nextOf({ invoice: { status: "paid" } }).map(({ what }) => what)).toEqual(["billing"]);
  });
});

// prettier-ignore
const SUBSCRIPTIONS: readonly (readonly [what: NextKind, at: Date | null, change: Partial<SubscriptionFacts>, es: string, en: string, because: string])[] = [
  ["billing", LATER, { status: "active" }, "El ciclo 1 vence el martes 15 de diciembre de 2026, 09:00", "Cycle 1 falls due on Tuesday 15 December 2026, 09:00", "the calendar says when"],
  ["billing", LATER, { status: "active" }, "antes no hay nada nuevo que cobrar. Se van a cobrar $350.30 MXN. Son: 2 × Plan Oro $400.30 MXN. De ello: IVA 16 % $55.21 MXN sobre $345.09 MXN. El saldo del cliente paga $50.00 MXN.", "nothing new to collect. $350.30 MXN will be charged. It is: 2 × Plan Oro $400.30 MXN. Of it: IVA 16 % $55.21 MXN on $345.09 MXN. The customer's balance pays $50.00 MXN.", "what its invoice will say"],
  ["billing", NOW, { status: "active", nextBillingAt: NOW }, "se abre en la siguiente corrida", "is opened at the next run", "it is due"],
  ["billing", LATER, { pauseFrom: NOW, pauseUntil: new Date(LATER.getTime() + 1) }, "Hay una pausa planeada", "A pause is planned: cycle 1 falls due on Tuesday 15 December 2026, 09:00 but is voided uncollected; what falls due from Tuesday 15 December 2026, 09:00 on is billed again.", "it resumes by itself"],
  ["person", null, { status: "paused" }, "Está en pausa", "It is paused: cycle 1 falls due on Tuesday 15 December 2026, 09:00 but is voided", "a pause keeps the calendar"],
  ["person", null, { status: "unpaid" }, "Se dejó de cobrar", "Collecting was given up", "a final action"],
  ["nothing", NOW, { status: "active", cancelAt: NOW }, "termina el martes 1 de diciembre", "ends on Tuesday 1 December", "canceled at the end of the period"],
  ["nothing", null, { status: "canceled", nextBillingAt: null }, "está cancelada", "is canceled", "nothing leads out of it"],
  ["nothing", null, { status: "completed", nextBillingAt: null }, "la suscripción terminó", "is complete", "all was charged"],
  ["nothing", null, { status: "active", nextBillingAt: null }, "ya se abrió el último del plan", "the plan's last one was opened", "expiry_count"],
];

describe("what a subscription waits for", () => {
  test.each(SUBSCRIPTIONS)("%s at %s: %j", (what, at, change, es, en, _because) => {
    const next = nextOf({ subscription: change }).at(-1);
    expect(next).toMatchObject({ what, at, invoiceId: null });
    expect(next?.why.es).toContain(es);
    expect(next?.why.en).toContain(en);
  });

  test.each([
    ["unauthorized", "Conekta no acepta la llave", "does not accept the key", "puntual doctor"],
    [
      "restored",
      "los libros son más viejos",
      "older than what was last charged",
      "puntual reconcile --since 2026-12-01T15:00:00.000Z",
    ],
  ])("a halt (%s) comes first, since it concerns every customer", (kind, es, en, command) => {
    const reconcileSince = kind === "restored" ? NOW : null;
    const [next] = nextOf({ halt: { because: "the reason", kind, reconcileSince }, invoice: { nextAttemptAt: NOW } });
    expect(next).toMatchObject({ what: "halt", command });
    expect(next?.why.es).toContain(es);
    expect(next?.why.en).toContain(en);
    expect(next?.why.en).toContain("the reason");
  });
});

/**
An event as it is sent: `{ type, timestamp, data }`, documented field by field in docs/events.md.
 *
 * Pure. Names each field it sends, so that nothing else that an event may hold, such as a person's words, gets out; of a
 * card only brand, last four digits and expiry. Fields may be added; none changes its meaning.
 */
import type { DeclineText } from "../../domain/decline.ts";
import type { Text } from "../../domain/language.ts";
import type { Notification } from "../ports/notify.ts";

export type EventMessage = {
  readonly type: string;
  /** When it happened, not when it is sent. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
};

export function eventMessage(event: Notification, declineText: DeclineText): EventMessage {
  const { subscription } = event;
  return {
    type: event.type,
    timestamp: event.at.toISOString(),
    data: {
      livemode: event.livemode,
      customer: event.customer && {
        id: event.customer.id,
        name: event.customer.name,
        email: event.customer.email,
      },
      subscription: subscription && {
        id: subscription.id,
        plan: { id: subscription.planId, name: subscription.planName },
      },
      invoice: invoiceOf(event),
      ...changeOf(event),
      ...attemptOf(event),
      ...declineOf(event, declineText),
      ...stepOf(event),
      ...linkOf(event),
      ...refundOf(event),
      ...disputeOf(event),
      ...waitingOf(event),
      ...cardOf(event),
    },
  };
}

function invoiceOf({ invoice }: Notification) {
  return (
    invoice && {
      id: invoice.id,
      cycle: invoice.cycle,
      periodStart: invoice.periodStart.toISOString(),
      periodEnd: invoice.periodEnd.toISOString(),
      timeZone: invoice.timeZone,
      amountCents: invoice.amountCents,
      balanceCents: invoice.balanceCents,
      discountCents: invoice.discountCents,
      taxCents: invoice.taxCents,
      taxes: invoice.taxes,
      currency: invoice.currency,
    }
  );
}

/** Why an invoice is held, void or written off; from which status a subscription comes, and why. */
function changeOf({ type, data }: Notification) {
  const reason = textIn(data, "statusReason") ?? (type.startsWith("subscription.") ? textIn(data, "because") : null);
  const was = textIn(data, "was");
  return { ...(reason !== null && { reason }), ...(was !== null && { was }) };
}

function attemptOf({ attempt, type }: Notification) {
  if (attempt === null) return {};
  const { id, number, orderId, chargeId, paymentMethod, cardBrand, cardLast4 } = attempt;
  const isPaid = type === "invoice.paid" || type === "invoice.paid_after_cancel" || type === "attempt.paid_again";
  return {
    attempt: {
      id,
      number,
      orderId,
      chargeId,
      ...(isPaid && { paymentMethod }),
      card: cardLast4 === null ? null : { brand: cardBrand, last4: cardLast4 },
    },
  };
}

function declineOf({ data }: Notification, declineText: DeclineText) {
  const declineClass = textIn(data, "declineClass");
  if (declineClass === null) return {};
  const code = textIn(data, "failureCode");
  const text = (code === null ? null : declineText(code)) ?? TEXT_OF_CLASS[declineClass] ?? ANY_DECLINE;
  return { decline: { class: declineClass, code, text } };
}

const ANY_DECLINE = { es: "El cargo no se pudo hacer.", en: "The charge could not be made." };
/** For a code that nobody knows, or for none. */
const TEXT_OF_CLASS: Readonly<Record<string, Text>> = {
  new_card: { es: "Hace falta otra tarjeta.", en: "Another card is needed." },
  customer_action: { es: "El banco pide algo al titular.", en: "The bank wants something of the cardholder." },
  never_again: { es: "Esta tarjeta no se puede volver a usar.", en: "This card cannot be used again." },
};

/** What dunning decided: what is tried next, when, and by which rule. */
function stepOf({ data }: Notification) {
  const nextStep = textIn(data, "nextStep");
  if (nextStep === null) return {};
  const { rule } = data;
  const finalAction = textIn(data, "finalAction");
  return {
    nextStep,
    nextAttemptAt: textIn(data, "nextAttemptAt"),
    nextStepUntil: textIn(data, "nextStepUntil"),
    rule: typeof rule === "object" && rule !== null && "name" in rule ? rule.name : (rule ?? null),
    ...(finalAction !== null && { finalAction }),
  };
}

function linkOf({ paymentLink }: Notification) {
  if (paymentLink === null) return {};
  const { url, expiresAt, methods } = paymentLink;
  return { paymentLink: { url, expiresAt: expiresAt.toISOString(), methods } };
}

function refundOf({ type, data }: Notification) {
  if (type !== "invoice.refunded") return {};
  const { refundId, amountCents, currency, reason } = data;
  return { refund: { id: refundId, amountCents, currency, reason } };
}

function disputeOf({ type, data }: Notification) {
  if (!type.startsWith("dispute.")) return {};
  const { disputeId, gatewayDisputeId, status, disputeOutcome, reason, evidenceDueBy, amountCents, currency } = data;
  return {
    dispute: {
      ...{ id: disputeId, gatewayDisputeId, status, outcome: disputeOutcome, reason, evidenceDueBy },
      ...{ amountCents, currency },
    },
  };
}

/** What changes the next invoices: a plan, a coupon, an item, the balance. */
function waitingOf({ type, data }: Notification) {
  const { currency, amountCents } = data;
  if (type === "subscription.plan_changed") {
    const { apply, on, fromPlanId, toPlanId, fromQuantity, toQuantity, creditCents, debitCents } = data;
    return {
      change: { apply, on, fromPlanId, toPlanId, fromQuantity, toQuantity, creditCents, debitCents, currency },
    };
  }
  const { code, fromCycle, untilCycle, key, name, balanceCents } = data;
  if (type.startsWith("coupon."))
    return { coupon: { code, fromCycle: fromCycle ?? null, untilCycle: untilCycle ?? null } };
  if (type.startsWith("item.")) return { item: { key, name, amountCents, currency } };
  if (type.startsWith("balance.")) return { balance: { amountCents, currency, balanceCents } };
  return {};
}

/** The card that an event is about: as it was then, or the customer's default card of now. */
function cardOf({ type, data, customer }: Notification) {
  if (!type.startsWith("card.")) return {};
  const { cardBrand, cardLast4, expMonth, expYear, daysLeft } = data;
  const card = {
    brand: cardBrand ?? customer?.cardBrand ?? null,
    last4: cardLast4 ?? customer?.cardLast4 ?? null,
    expMonth: expMonth ?? customer?.cardExpMonth ?? null,
    expYear: expYear ?? customer?.cardExpYear ?? null,
  };
  return { card: { ...card, ...(type === "card.expiring" && { daysLeft: daysLeft ?? null }) } };
}

function textIn(data: Notification["data"], key: string): string | null {
  const value = data[key];
  return typeof value === "string" && value !== "" ? value : null;
}

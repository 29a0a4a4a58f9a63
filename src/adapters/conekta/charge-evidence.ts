/**
 * What an order shows of one attempt. Never trusts one field.
 *
 * Money comes first: an order is paid when it says so or when any of its charges is. A decline needs a charge of this
 * very attempt, found by our reference. Whatever moved money and gave it back, and whatever we do not know, is
 * `unclear`: a person judges it.
 * @see conekta-woocommerce 6.2.3, tests/e2e/checkout-helpers.js (read 2026-11-23: payment_status stays `declined`
 *   though a charge is paid; reads lag by about 9 s)
 */
import type { CardAtGateway, Payment } from "../../domain/attempt.ts";
import { type AttemptFlow, hasPage, wayOf } from "../../domain/ways-to-pay.ts";
import type { OpenPage } from "../../domain/payment-link.ts";
import { ENDED, MOVED, PENDING, word } from "./statuses.ts";
import type { WireCharge, WireCheckout, WireOrder } from "./wire.ts";

export type AttemptQuery = {
  readonly reference: string;
  readonly flow: AttemptFlow;
  /** Null where the reader does not know it. */
  readonly amountCents: number | null;
  /** The direct answer to our call, as opposed to an order that was read later. */
  readonly isAnswer: boolean;
};

export type ChargeEvidence =
  | { readonly shows: "paid"; readonly payment: Payment }
  | { readonly shows: "declined"; readonly charge: WireCharge }
  /** @property page where the customer pays, on an order that has such a page */
  | { readonly shows: "pending"; readonly chargeId: string | null; readonly page?: OpenPage }
  /** Over without money: it expired or was cancelled. */
  | { readonly shows: "ended"; readonly charge: WireCharge | null; readonly status: string }
  /** A hosted page that is over without a payment. */
  | { readonly shows: "lapsed"; readonly status: string }
  | { readonly shows: "unclear"; readonly because: string }
  | { readonly shows: "nothing" };

export function evidenceOf(order: WireOrder, sought: AttemptQuery): ChargeEvidence {
  const own = ownCharge(order, sought);
  const paid = paidCharge(order, sought);
  if (paid !== null) return { shows: "paid", payment: paymentOf(order, paid, sought.amountCents) };
  if (order.paymentStatus === "paid") {
    const charge = own !== null && own.status !== "declined" ? own : null;
    return { shows: "paid", payment: paymentOf(order, charge, sought.amountCents) };
  }
  const statuses = [order.paymentStatus ?? "", ...order.charges.map((charge) => charge.status)];
  const moved = statuses.find((status) => MOVED.has(status));
  if (moved !== undefined) return { shows: "unclear", because: `the order shows the status ${word(moved)}` };
  if (order.checkout !== null) return evidenceOfPage(order, order.checkout, sought);
  // Which reads show the page is promised nowhere; one that does not shows no card's order.
  if (hasPage(sought)) return evidenceOfPage(order, NO_PAGE_SHOWN, sought);
  return own === null ? withoutOwnCharge(order, sought) : evidenceOfCharge(own);
}

/** It cannot be charged again, and none of its charges may still be paid. */
export function isOver(order: WireOrder): boolean {
  const isSettled = ({ status }: WireCharge): boolean => status === "declined" || ENDED.has(status);
  return ENDED.has(order.paymentStatus ?? "") && !order.hasMoreCharges && order.charges.every(isSettled);
}

function evidenceOfCharge(charge: WireCharge): ChargeEvidence {
  if (charge.status === "declined") return { shows: "declined", charge };
  if (PENDING.has(charge.status)) return { shows: "pending", chargeId: charge.id };
  if (ENDED.has(charge.status)) return { shows: "ended", charge, status: charge.status };
  return { shows: "unclear", because: `the charge has the status ${word(charge.status)}` };
}

/** Whichever was charged: the default that we know of may be another. */
export function cardOf({ cardBrand, cardLast4 }: WireCharge): CardAtGateway {
  return { brand: cardBrand, last4: cardLast4 };
}

function withoutOwnCharge(order: WireOrder, sought: AttemptQuery): ChargeEvidence {
  const status = order.paymentStatus ?? "";
  const ended: ChargeEvidence | null = ENDED.has(status) ? { shows: "ended", charge: null, status } : null;
  // 3DS: nothing is charged before the customer acts, so there is no charge to find; and only one attempt is ever open. On an
  // order that is over the customer can act no more, though it still says how.
  if (order.awaitsCustomer && ended === null) return { shows: "pending", chargeId: null };
  if (order.hasMoreCharges) return { shows: "unclear", because: "the order has more charges than it shows" };
  const others = order.charges.filter((charge) => charge.status !== "declined" && !ENDED.has(charge.status));
  if (others.length > 0) return { shows: "unclear", because: "another charge of the order is not over" };

  // Read later, an order that is over is over for every try on it.
  if (wayOf(sought).sharesOrder && !sought.isAnswer && ended !== null) return ended;

  if (!isMadeFor(order, sought) || order.charges.length > 0) return { shows: "nothing" };
  if (ended !== null) return ended;
  // An order opened first may say pending_payment before anything is charged; one made with its charge may not.
  if (wayOf(sought).sharesOrder || status === "") return { shows: "nothing" };
  if (PENDING.has(status)) return { shows: "pending", chargeId: null };
  return { shows: "unclear", because: `the order has no charge and the status ${word(status)}` };
}

/** The answer to our call is about our attempt, unless it names another. */
function isMadeFor({ attemptReference }: WireOrder, { reference, isAnswer }: AttemptQuery): boolean {
  return attemptReference === null ? isAnswer : attemptReference === reference;
}

/** Whichever of its charges is paid; ours before another's. */
function paidCharge({ charges }: WireOrder, { reference }: AttemptQuery): WireCharge | null {
  const paid = charges.filter(({ status }) => status === "paid");
  return paid.find(({ referenceId }) => referenceId === reference) ?? paid[0] ?? null;
}

/**
 * The charge that carries our reference. Where the gateway echoes no reference at all, the only charge of an order
 * that was created for this attempt is ours too.
 */
function ownCharge(order: WireOrder, sought: AttemptQuery): WireCharge | null {
  const named = order.charges.filter((charge) => charge.referenceId === sought.reference);
  if (named.length > 0) return named.find((charge) => PENDING.has(charge.status)) ?? named[0] ?? null;
  const [only, another] = order.charges;
  if (only === undefined || another !== undefined || only.referenceId !== null) return null;
  return isMadeFor(order, sought) ? only : null;
}

/**
 * The money that moved is the charge's amount. Where the order's differs, and we know what we asked for, the one that
 * differs from it is returned, so that the comparison with the intent cannot miss it.
 */
export function paymentOf(order: WireOrder, charge: WireCharge | null, intendedCents: number | null): Payment {
  const chargedCents = charge?.amountCents ?? order.amountCents;
  return {
    orderId: order.id,
    chargeId: charge?.id ?? null,
    amountCents: chargedCents === intendedCents ? order.amountCents : chargedCents,
    currency: charge?.currency ?? order.currency,
    customerId: order.customerId ?? charge?.customerId ?? null,
    livemode: charge?.livemode ?? order.livemode,
    paidAt: charge?.paidAt ?? null,
    feeCents: charge?.feeCents ?? null,
    authCode: charge?.authCode ?? null,
    cardBrand: charge?.cardBrand ?? null,
    cardLast4: charge?.cardLast4 ?? null,
    paymentMethod: charge?.paymentMethod ?? null,
    ...(charge?.cardKind && { cardKind: charge.cardKind }),
  };
}

const PAGE_OVER: ReadonlySet<string> = new Set(["expired", "cancelled", "canceled"]);

/** Of an order that we made with a page, on a read that lacks it: the order alone shows whether it is over. */
const NO_PAGE_SHOWN: WireCheckout = { status: null, url: null, expiresAt: null };

/**
 * What an order with a hosted page shows of the payment link it was made for, once no money was found on it.
 *
 * The page stays open however often a card is declined on it, and as long as cash or a transfer may still come. It is
 * over only when the order or the page says so: a clock of ours proves nothing.
 * @see Conekta API 2.3.0 specification: order_response_checkout, whose `status` is "Issued" in all examples; "Expired"
 *   and "Cancelled" are taken from public integrations (read 2026-11-23), so both spellings are known here
 */
function evidenceOfPage(order: WireOrder, page: WireCheckout, sought: AttemptQuery): ChargeEvidence {
  if (!isMadeFor(order, sought)) return { shows: "nothing" };

  const strange = order.charges.find(({ status }) => !isKnown(status));
  if (strange !== undefined)
    return { shows: "unclear", because: `a charge of the page has the status ${word(strange.status)}` };
  const waiting = order.charges.find(({ status }) => PENDING.has(status));
  if (waiting !== undefined) return { shows: "pending", chargeId: waiting.id, ...addressOf(page) };
  if (order.hasMoreCharges) return { shows: "unclear", because: "the order has more charges than it shows" };

  const orderStatus = order.paymentStatus ?? "";
  if (ENDED.has(orderStatus)) return { shows: "lapsed", status: orderStatus };
  const pageStatus = page.status?.toLowerCase() ?? "";
  if (PAGE_OVER.has(pageStatus)) return { shows: "lapsed", status: pageStatus };
  return { shows: "pending", chargeId: null, ...addressOf(page) };
}

function isKnown(status: string): boolean {
  return status === "declined" || ENDED.has(status) || PENDING.has(status);
}

function addressOf({ url, expiresAt }: WireCheckout): Pick<Extract<ChargeEvidence, { shows: "pending" }>, "page"> {
  return url === null || expiresAt === null ? {} : { page: { url, expiresAt } };
}

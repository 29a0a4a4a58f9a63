/**
 * The hosted pages of a scripted gateway: opened, paid, chosen for cash, expired by the clock, cancelled, paid too late.
 *
 * A page behaves as Conekta's does: while cash may still come it cannot be cancelled, and money that comes after its end
 * is money all the same.
 */
import type { ChargeIntent, LinkTerms, InquiryAnswer } from "../../src/application/ports/gateway.ts";
import type { Payment, PaymentMethod, Trace } from "../../src/domain/attempt.ts";
import { GatewayRefused } from "../../src/domain/errors.ts";

const TRACE: Trace = { httpStatus: 200, logId: null, because: "said the test" };

export type ScriptedLink = {
  readonly orderId: string;
  readonly url: string;
  readonly intent: ChargeIntent;
  readonly methods: readonly PaymentMethod[];
  readonly expiresAt: Date;
  /** `cash`: a reference was given out, and nobody knows whether the customer goes and pays. */
  state: "open" | "cash" | "paid" | "expired" | "canceled";
  payment: Payment | null;
};

export class ScriptedLinks {
  readonly all: ScriptedLink[] = [];
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  open(intent: ChargeIntent, { methods, expiresAt }: LinkTerms): ScriptedLink {
    const number = this.all.length + 1;
    const link: ScriptedLink = {
      orderId: `ord_link_${number}_${intent.reference}`,
      url: `https://pay.conekta.com/checkout/${number}${intent.invoiceId.replaceAll(/\W/g, "")}`,
      intent,
      methods: [...methods],
      expiresAt,
      state: "open",
      payment: null,
    };
    this.all.push(link);
    return link;
  }

  byOrder(orderId: string): ScriptedLink | null {
    const link = this.all.find((each) => each.orderId === orderId) ?? null;
    return link && this.#upToDate(link);
  }

  byReference(reference: string): ScriptedLink | null {
    const link = this.all.find((each) => each.intent.reference === reference) ?? null;
    return link && this.#upToDate(link);
  }

  /** From every state: an expired or cancelled page may be paid too late. */
  pay(orderId: string, { method = "card", ...change }: { method?: PaymentMethod } & Partial<Payment> = {}): void {
    const link = this.#mustBe(orderId);
    if (link.state === "paid") throw new Error(`the link of ${orderId} is paid already`);
    if (!link.methods.includes(method)) throw new Error(`the link of ${orderId} does not offer ${method}`);
    link.state = "paid";
    link.payment = {
      orderId,
      chargeId: `chr_${orderId}`,
      amountCents: link.intent.amountCents,
      currency: link.intent.currency,
      customerId: link.intent.customerId,
      livemode: false,
      paidAt: this.#now(),
      feeCents: null,
      authCode: null,
      cardBrand: method === "card" ? "visa" : null,
      cardLast4: method === "card" ? "4242" : null,
      paymentMethod: method,
      ...change,
    };
  }

  chooseCash(orderId: string): void {
    const link = this.#mustBe(orderId);
    if (link.state !== "open") throw new Error(`the link of ${orderId} is ${link.state}`);
    link.state = "cash";
  }

  expire(orderId: string): void {
    const link = this.#mustBe(orderId);
    if (link.state === "paid") throw new Error(`the link of ${orderId} is paid`);
    link.state = "expired";
  }

  /** @throws {GatewayRefused} as Conekta does for what is paid, or may still be paid in cash */
  cancel(orderId: string): void {
    const link = this.#mustBe(orderId);
    if (link.state === "cash" || link.state === "paid") {
      const code = `conekta.errors.precondition_required.combo.order.cannot_be_updated_because_has_charge`;
      throw new GatewayRefused(`refused to cancel ${orderId}: it has a charge`, { httpStatus: 428, code });
    }
    link.state = "canceled";
  }

  #mustBe(orderId: string): ScriptedLink {
    const link = this.byOrder(orderId);
    if (link === null) throw new Error(`there is no link of ${orderId}`);
    return link;
  }

  /** Cash references end with their page. */
  #upToDate(link: ScriptedLink): ScriptedLink {
    const isWaiting = link.state === "open" || link.state === "cash";
    if (isWaiting && link.expiresAt.getTime() <= this.#now().getTime()) link.state = "expired";
    return link;
  }
}

export function sightingOfLink({ orderId, url, expiresAt, state, payment }: ScriptedLink): InquiryAnswer {
  if (payment !== null) return { kind: "paid", payment, trace: TRACE };
  switch (state) {
    case "open":
    case "cash": {
      const chargeId = state === "cash" ? `chr_${orderId}` : null;
      return { kind: "pending", orderId, chargeId, link: { url, expiresAt }, trace: TRACE };
    }
    case "expired":
    case "canceled":
      return { kind: "lapsed", orderId, trace: TRACE };
    case "paid":
      throw new Error(`the link of ${orderId} is paid, without a payment`);
    default:
      return state satisfies never;
  }
}

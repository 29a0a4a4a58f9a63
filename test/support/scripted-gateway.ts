/**
 * A gateway that does what a test tells it, and remembers what it was asked.
 *
 * Without instructions every charge is paid, every payment link is opened, and an inquiry shows what happened. Nothing waits
 * and nothing is random.
 */
import { type ClockEvidence, NOTHING_ANSWERED, withAnswer } from "../../src/domain/clock-check.ts";
import type {
  ChargeIntent,
  GatewayCustomer,
  LabelledCustomer,
  LinkTerms,
  OpenedLink,
  OpenedOrder,
  InquiryAnswer,
} from "../../src/application/ports/gateway.ts";
import type { Conekta } from "../../src/assemble.ts";
import type { ListedOrder } from "../../src/application/ports/reconcile.ts";
import type { RegisteredWebhook, SeenOrder } from "../../src/application/ports/webhooks.ts";
import type { Outcome, Payment, PaymentMethod, Trace } from "../../src/domain/attempt.ts";
import type { DeclineClass } from "../../src/domain/decline.ts";
import { GatewayRefused } from "../../src/domain/errors.ts";
import { ScriptedLinks, sightingOfLink, type ScriptedLink } from "./scripted-links.ts";

export const TRACE: Trace = { httpStatus: 200, logId: null, because: "said the test" };

export type Answer = (intent: ChargeIntent, orderId: string | null) => Outcome | Promise<Outcome>;

export class ScriptedGateway implements Conekta {
  /** Answers of the next calls, in order; then `answer`. */
  readonly next: Answer[] = [];
  answer: Answer = paid;
  /** What inquiries show, by reference; absent where nothing is said. */
  readonly shows = new Map<string, InquiryAnswer>();
  /** Thrown by the next reads, in order. */
  readonly failingReads: Error[] = [];
  /** What every read of this customer or order fails with. */
  readonly sick = new Map<string, Error>();
  readonly customers = new Map<string, GatewayCustomer>();
  /** What the next payment link is answered with; it is not made. */
  nextLinkAnswer: OpenedLink | null = null;
  /** The next payment link is made, and nobody learns of it. */
  loseNextLinkAnswer = false;
  /** Payment links expire by it. */
  now: () => Date = () => new Date(0);
  monotonicMs: () => number = () => 0;
  readonly #links = new ScriptedLinks(() => this.now());
  /** Thrown by `cancelOrder`, while it is set. */
  cancelFault: Error | null = null;

  readonly charges: { readonly intent: ChargeIntent; readonly orderId: string | null }[] = [];
  readonly openedOrders: string[] = [];
  readonly canceledOrders: string[] = [];
  readonly listings: { readonly from: Date; readonly to: Date; readonly references: string[] }[] = [];
  readonly readOrders: string[] = [];
  readonly readCustomers: string[] = [];
  probes = 0;
  /** How far our clock is ahead of this one; null: it tells no date. */
  skewMs: number | null = 0;
  mostInFlight = 0;
  /** True once two charges of one customer were in flight together. */
  doubled = false;
  readonly #inFlight: ChargeIntent[] = [];

  /** The orders that the restore fence compares: none. */
  async *listOrders(): AsyncGenerator<ListedOrder> {}

  async readRefundedCents(): Promise<number> {
    return 0;
  }

  async refund(): Promise<never> {
    throw new Error("no script says what a refund does");
  }

  async probeGuard(): Promise<never> {
    throw new Error("no script says what a probe of the guard finds");
  }

  async listWebhooks(): Promise<readonly RegisteredWebhook[]> {
    return [];
  }

  async createWebhook(): Promise<never> {
    throw new Error("no script says what a new webhook is");
  }

  async createWebhookKey(): Promise<never> {
    throw new Error("no script says what a new key is");
  }

  async charge(intent: ChargeIntent, orderId: string | null): Promise<Outcome> {
    this.charges.push({ intent, orderId });
    this.doubled ||= this.#inFlight.some(({ customerId }) => customerId === intent.customerId);
    this.#inFlight.push(intent);
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight.length);
    const outcome = await (this.next.shift() ?? this.answer)(intent, orderId);
    this.#inFlight.splice(this.#inFlight.indexOf(intent), 1);
    return outcome;
  }

  async openPaymentLink(intent: ChargeIntent, terms: LinkTerms): Promise<OpenedLink> {
    const answer = this.nextLinkAnswer;
    this.nextLinkAnswer = null;
    if (answer !== null) return answer;
    const { orderId, url, expiresAt } = this.#links.open(intent, terms);
    if (!this.loseNextLinkAnswer)
      return { kind: "pending", orderId, chargeId: null, link: { url, expiresAt }, trace: TRACE };
    this.loseNextLinkAnswer = false;
    return unknown();
  }

  /** Every payment link that was made, oldest first. */
  get links(): readonly ScriptedLink[] {
    return this.#links.all;
  }

  /** The customer pays at the page, or too late, after its end. @param change what moved, where it differs */
  payLink(orderId: string, change: { method?: PaymentMethod } & Partial<Payment> = {}): void {
    this.#links.pay(orderId, change);
  }

  /** The customer takes a reference for cash, which may be paid until the page expires. */
  choosesCash(orderId: string): void {
    this.#links.chooseCash(orderId);
  }

  expireLink(orderId: string): void {
    this.#links.expire(orderId);
  }

  async openOrder(intent: ChargeIntent): Promise<OpenedOrder> {
    const orderId = `ord_${this.openedOrders.length + 1}_${intent.invoiceId}`;
    this.openedOrders.push(orderId);
    return { kind: "opened", orderId };
  }

  async findCharges(
    { from, to }: { readonly from: Date; readonly to: Date },
    intents: readonly ChargeIntent[],
  ): Promise<ReadonlyMap<string, InquiryAnswer>> {
    this.#mayFail();
    const references = intents.map(({ reference }) => reference);
    this.listings.push({ from, to, references });
    return new Map(references.map((reference) => [reference, this.#inquiryAnswer(reference)]));
  }

  async readCharge(orderId: string, reference: string, _amountCents: number): Promise<InquiryAnswer> {
    this.readOrders.push(orderId);
    this.#mayFail(orderId);
    return this.#inquiryAnswer(reference);
  }

  async cancelOrder(orderId: string): Promise<void> {
    if (this.cancelFault !== null) throw this.cancelFault;
    if (this.#links.byOrder(orderId) !== null) this.#links.cancel(orderId);
    this.canceledOrders.push(orderId);
  }

  /** Of payment links only. */
  async readOrder(orderId: string): Promise<SeenOrder> {
    this.#mayFail(orderId);
    const link = this.#links.byOrder(orderId);
    if (link === null) throw new GatewayRefused("the resource was not found", { httpStatus: 404, code: "not_found" });
    const { reference, installationId } = link.intent;
    return {
      installationId,
      references: [reference],
      chargeReferences: new Map(link.payment?.chargeId ? [[link.payment.chargeId, null]] : []),
      givenBack: null,
      ...{ refundedCents: null, refundedCharges: new Map(), disputes: [], paidChargeIds: [] },
      movedPayment: null,
      inquiryAnswerOf: (wanted) =>
        wanted === reference ? this.#inquiryAnswer(wanted) : { kind: "absent", trace: TRACE },
    };
  }

  async probe(customerId: string | null): Promise<{ readonly livemode: boolean | null }> {
    this.probes += 1;
    this.#mayFail(customerId);
    return { livemode: false };
  }

  /** As if it had just answered. */
  clockEvidence(): ClockEvidence {
    const wallMs = this.now().getTime();
    const dateMs = this.skewMs === null ? null : wallMs - this.skewMs;
    return withAnswer(NOTHING_ANSWERED, { wallMs, dateMs, monotonicMs: this.monotonicMs() });
  }

  async readCustomer(customerId: string): Promise<GatewayCustomer> {
    this.readCustomers.push(customerId);
    this.#mayFail(customerId);
    const customer = this.customers.get(customerId);
    if (customer === undefined)
      throw new GatewayRefused("the resource was not found", { httpStatus: 404, code: "not_found" });
    return customer;
  }

  async labelledCustomers(): Promise<readonly LabelledCustomer[]> {
    return [];
  }

  createCustomer(): never {
    throw new Error("not scripted");
  }
  addPaymentSource(): never {
    throw new Error("not scripted");
  }
  listPaymentSources(): never {
    throw new Error("not scripted");
  }
  changeDefault(): never {
    throw new Error("not scripted");
  }
  removePaymentSource(): never {
    throw new Error("not scripted");
  }

  #inquiryAnswer(reference: string): InquiryAnswer {
    const link = this.#links.byReference(reference);
    return this.shows.get(reference) ?? (link ? sightingOfLink(link) : { kind: "absent", trace: TRACE });
  }

  #mayFail(id: string | null = null): void {
    const failure = this.failingReads.shift() ?? this.sick.get(id ?? "");
    if (failure !== undefined) throw failure;
  }
}

export function paymentFor(intent: ChargeIntent, orderId: string | null, change: Partial<Payment> = {}): Payment {
  return {
    orderId: orderId ?? `ord_${intent.reference}`,
    chargeId: `chr_${intent.reference}`,
    amountCents: intent.amountCents,
    currency: intent.currency,
    customerId: intent.customerId,
    livemode: false,
    paidAt: null,
    feeCents: null,
    authCode: null,
    cardBrand: null,
    cardLast4: null,
    paymentMethod: "card",
    ...change,
  };
}

export function paid(intent: ChargeIntent, orderId: string | null): Extract<Outcome, { kind: "paid" }> {
  return { kind: "paid", payment: paymentFor(intent, orderId), trace: TRACE };
}

export function declined(declineClass: DeclineClass) {
  return (intent: ChargeIntent, orderId: string | null): Extract<Outcome, { kind: "declined" }> => ({
    kind: "declined",
    decline: { declineClass, failureCode: "insufficient_funds", failureMessage: "Sin fondos" },
    orderId: orderId ?? `ord_${intent.reference}`,
    chargeId: `chr_${intent.reference}`,
    trace: TRACE,
  });
}

export function unknown(): Extract<Outcome, { kind: "unknown" }> {
  return { kind: "unknown", orderId: null, trace: TRACE };
}

export function notSent(unauthorized = false): Extract<Outcome, { kind: "not_sent" }> {
  return { kind: "not_sent", unauthorized, trace: TRACE };
}

export function pending(intent: ChargeIntent, orderId: string | null): Extract<Outcome, { kind: "pending" }> {
  return {
    kind: "pending",
    orderId: orderId ?? `ord_${intent.reference}`,
    chargeId: `chr_${intent.reference}`,
    trace: TRACE,
  };
}

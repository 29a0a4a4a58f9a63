/**
 * The gateway's own ledger: what really happened to orders and charges, and when. The truth of every simulation.
 *
 * Each charge remembers its history, so that a read that lags can be answered with what was true some seconds ago.
 */
import type { ChargeIntent } from "../../src/application/ports/gateway.ts";
import type { PaymentMethod } from "../../src/domain/attempt.ts";
import type { DeclineClass } from "../../src/domain/decline.ts";
import { cycleOf } from "./promises/debts.ts";

export type ChargeStatus =
  "paid" | "declined" | "pending_payment" | "expired" | "canceled" | "refunded" | "partially_refunded" | "charged_back";

/** The card that was charged or declined. */
export type ChargedCard = { readonly sourceId: string; readonly brand: string; readonly last4: string };

/** A hosted page, on which whoever knows its address pays the order. */
export type LedgerPage = {
  readonly url: string;
  readonly methods: readonly PaymentMethod[];
  readonly expiresAtMs: number;
  /** Somebody was told the address. */
  isKnown: boolean;
  /** When it closed, and how; null: it is open. */
  end: { readonly atMs: number; readonly status: PageEnd } | null;
};
export type PageEnd = "Expired" | "Cancelled";

export type LedgerCharge = {
  readonly id: string;
  readonly orderId: string;
  readonly reference: string;
  readonly subscriptionId: string;
  readonly invoiceId: string;
  /** No number where it is of none. */
  readonly cycle: number;
  readonly amountCents: number;
  readonly currency: string;
  readonly customerId: string;
  readonly failureCode: string | null;
  readonly declineClass: DeclineClass | null;
  /** null: cash, or a transfer. */
  readonly card: ChargedCard | null;
  readonly method: PaymentMethod;
  /** Of a hosted page: the customer made it, and it carries no reference of ours. */
  readonly isOfPage: boolean;
  /** In order of time; the last one is the truth of now. */
  readonly history: { readonly atMs: number; readonly status: ChargeStatus }[];
  /** What went back of it, and when. */
  readonly refunds: { readonly atMs: number; readonly amountCents: number; readonly by: "us" | "panel" }[];
};

export type LedgerOrder = {
  readonly id: string;
  readonly createdAtMs: number;
  /** From when on the lists show it. */
  readonly listedAtMs: number;
  readonly intent: ChargeIntent;
  readonly charges: LedgerCharge[];
  /** 3DS: nothing is charged before the customer acts, from and until when. */
  awaitsCustomer: { readonly fromMs: number; untilMs: number; readonly cardId: string } | null;
  canceledAtMs: number | null;
  /** What `payment_status` says instead of the truth; null: the truth. */
  readonly liesAbout: "declined" | "pending_payment" | null;
  /** null: an order without a hosted page. */
  readonly page: LedgerPage | null;
};

export type NewCharge = {
  readonly status: ChargeStatus;
  readonly failureCode?: string | null;
  readonly declineClass?: DeclineClass | null;
  readonly card: ChargedCard | null;
  readonly method?: PaymentMethod;
};

export type PanelCharge = Pick<ChargeIntent, "customerId" | "amountCents" | "currency">;

export type Ledger = {
  /** Those of the panel, too. */
  readonly orders: ReadonlyMap<string, LedgerOrder>;
  /** Orders that were made for each invoice; none of the panel's. */
  readonly byInvoice: ReadonlyMap<string, readonly LedgerOrder[]>;
  readonly charges: readonly LedgerCharge[];
  /** Charges with each card, by the id of its source. */
  readonly byCard: ReadonlyMap<string, readonly LedgerCharge[]>;
  /** Orders with a hosted page, by `cycleOf`. */
  readonly pages: ReadonlyMap<string, readonly LedgerOrder[]>;
  /** Charges that moved money, in the order they did; several of one cycle are what must never be. */
  readonly paid: readonly LedgerCharge[];
  createOrder(
    intent: ChargeIntent,
    atMs: number,
    facts: Pick<LedgerOrder, "listedAtMs" | "liesAbout" | "page">,
  ): LedgerOrder;
  addCharge(order: LedgerOrder, intent: ChargeIntent, atMs: number, facts: NewCharge): LedgerCharge;
  closePage(order: LedgerOrder, atMs: number, status: PageEnd): void;
  turn(charge: LedgerCharge, atMs: number, status: ChargeStatus): void;
  /** @param by a person may do it in the gateway's panel, past the books */
  giveBack(charge: LedgerCharge, atMs: number, amountCents: number, by?: "us" | "panel"): void;
  /** A person charges a customer's card in the gateway's panel: the order says nothing of ours, and pays nothing by itself. */
  chargeInPanel(what: PanelCharge, atMs: number, card: ChargedCard): LedgerOrder;
  /** Those charges: they are in no other list. */
  readonly panelCharges: readonly LedgerCharge[];
  /** In the order they were made; both ends belong to it. */
  madeBetween(fromMs: number, toMs: number): LedgerOrder[];
};

/** @param onChange told of everything that befalls an order's charges and its page, as the gateway's webhooks are */
export function newLedger(onChange: (orderId: string, status: ChargeStatus) => void = () => {}): Ledger {
  const orders = new Map<string, LedgerOrder>();
  const byInvoice = new Map<string, LedgerOrder[]>();
  const byAge: LedgerOrder[] = [];
  const charges: LedgerCharge[] = [];
  const paid: LedgerCharge[] = [];
  const byCard = new Map<string, LedgerCharge[]>();
  const pages = new Map<string, LedgerOrder[]>();
  const panelCharges: LedgerCharge[] = [];

  return {
    orders,
    byInvoice,
    charges,
    byCard,
    pages,
    paid,
    panelCharges,
    createOrder: (intent, atMs, facts) => {
      const order: LedgerOrder = {
        id: `ord_${String(orders.size + 1).padStart(6, "0")}`,
        createdAtMs: atMs,
        ...facts,
        intent,
        charges: [],
        awaitsCustomer: null,
        canceledAtMs: null,
      };
      orders.set(order.id, order);
      byAge.push(order);
      byInvoice.set(intent.invoiceId, [...(byInvoice.get(intent.invoiceId) ?? []), order]);
      if (order.page !== null) pages.set(cycleOf(intent), [...(pages.get(cycleOf(intent)) ?? []), order]);
      return order;
    },
    addCharge: (order, intent, atMs, { status, failureCode = null, declineClass = null, card, method = "card" }) => {
      const { reference, subscriptionId, invoiceId, cycle, amountCents, currency, customerId } = intent;
      const charge: LedgerCharge = {
        id: `cha_${String(charges.length + 1).padStart(6, "0")}`,
        orderId: order.id,
        ...{
          reference,
          subscriptionId,
          invoiceId,
          cycle: cycle ?? Number.NaN,
          amountCents,
          currency,
          customerId,
          failureCode,
          declineClass,
        },
        ...{ card, method, isOfPage: order.page !== null },
        history: [{ atMs, status }],
        refunds: [],
      };
      order.charges.push(charge);
      charges.push(charge);
      if (card !== null) byCard.set(card.sourceId, [...(byCard.get(card.sourceId) ?? []), charge]);
      if (status === "paid") paid.push(charge);
      onChange(charge.orderId, status);
      return charge;
    },
    chargeInPanel: (what, atMs, card) => {
      const number = String(panelCharges.length + 1).padStart(6, "0");
      const intent = { ...OF_PANEL, ...what };
      const charge: LedgerCharge = {
        ...{ id: `cha_panel_${number}`, orderId: `ord_panel_${number}`, ...intent, cycle: Number.NaN },
        ...{ failureCode: null, declineClass: null, card, method: "card", isOfPage: false },
        ...{ history: [{ atMs, status: "paid" }], refunds: [] },
      };
      const order: LedgerOrder = {
        ...{ id: charge.orderId, createdAtMs: atMs, listedAtMs: atMs, intent, charges: [charge] },
        ...{ awaitsCustomer: null, canceledAtMs: null, liesAbout: null, page: null },
      };
      orders.set(order.id, order);
      byAge.push(order);
      panelCharges.push(charge);
      onChange(order.id, "paid");
      return order;
    },
    turn: (charge, atMs, status) => {
      charge.history.push({ atMs, status });
      if (status === "paid") paid.push(charge);
      onChange(charge.orderId, status);
    },
    giveBack: (charge, atMs, amountCents, by = "us") => {
      charge.refunds.push({ atMs, amountCents, by });
      const status = refundedCents(charge) === charge.amountCents ? "refunded" : "partially_refunded";
      charge.history.push({ atMs, status });
      onChange(charge.orderId, status);
    },
    closePage: (order, atMs, status) => {
      if (order.page === null || order.page.end !== null) return;
      order.page.end = { atMs, status };
      onChange(order.id, status === "Expired" ? "expired" : "canceled");
    },
    madeBetween: (fromMs, toMs) => {
      const end = byAge.findLastIndex(({ createdAtMs }) => createdAtMs <= toMs) + 1;
      let start = end;
      while (start > 0 && byAge[start - 1]!.createdAtMs >= fromMs) start -= 1;
      return byAge.slice(start, end);
    },
  };
}

/** What an order says of ours that was made in the panel: nothing. */
const OF_PANEL = {
  ...{ reference: "", installationId: "", subscriptionId: "", invoiceId: "", cycle: null },
  ...{ discountCents: 0, discounts: null, balanceCents: 0, lineItems: [], taxes: null },
} as const;

export function isOfPanel({ intent }: LedgerOrder): boolean {
  return intent.installationId === "";
}

/** 3DS: nobody has acted, and somebody still may. */
export function orderAwaits({ awaitsCustomer }: LedgerOrder, atMs: number): boolean {
  return awaitsCustomer !== null && awaitsCustomer.fromMs <= atMs && atMs < awaitsCustomer.untilMs;
}

/** @param asOfMs the past, where reads lag */
export function refundedCents({ refunds }: LedgerCharge, asOfMs = Infinity): number {
  return refunds.reduce((sum, { atMs, amountCents }) => (atMs <= asOfMs ? sum + amountCents : sum), 0);
}

/** What went back past the books. */
export function refundedInPanelCents({ refunds }: LedgerCharge): number {
  return refunds.reduce((sum, { by, amountCents }) => (by === "panel" ? sum + amountCents : sum), 0);
}

export function statusOf(charge: LedgerCharge): ChargeStatus {
  return charge.history.at(-1)?.status ?? "declined";
}

/** Somebody may still pay on it: one that was paid is over, also when the money went back since. */
export function isPageOpen({ page, charges }: LedgerOrder): boolean {
  const wasPaid = charges.some(({ history }) => history.some(({ status }) => status === "paid"));
  return page !== null && page.end === null && !wasPaid;
}

/** @returns null when the charge did not exist yet */
export function statusAsOf(charge: LedgerCharge, atMs: number): ChargeStatus | null {
  return charge.history.findLast((each) => each.atMs <= atMs)?.status ?? null;
}

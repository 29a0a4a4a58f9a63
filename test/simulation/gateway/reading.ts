/**
 * What the hostile gateway shows to whoever asks: one order, the orders of a window, a customer; late, incomplete, or
 * not at all. The judgement of what an order shows is the real adapter's.
 */
import { seenOrder } from "../../../src/adapters/conekta/read-order.ts";
import { inquiryAnswerOf } from "../../../src/adapters/conekta/inquiry-answer.ts";
import type { Gateway, InquiryAnswer, SoughtCharge } from "../../../src/application/ports/gateway.ts";
import type { ListedOrder, OrderLister } from "../../../src/application/ports/reconcile.ts";
import type { OrderReader } from "../../../src/application/ports/webhooks.ts";
import { GatewayRefused, GatewayUnavailable } from "../../../src/domain/errors.ts";
import type { PageVisitors } from "../page-visitors.ts";
import { mustOrder, traceOf, type Station } from "./station.ts";
import { isOfPanel, orderAwaits, statusOf, type LedgerOrder } from "../ledger.ts";
import { orderView } from "../order-view.ts";

/** As often as the adapter repeats a read. */
const READ_TRIES = 4;

type Reading = Pick<Gateway, "findCharges" | "readCharge" | "cancelOrder" | "probe"> & OrderReader & OrderLister;

export function hostileReading(station: Station, visitors: PageVisitors): Reading {
  const { ledger, timeline, chance } = station;

  /** In the order they were made. */
  function listed(fromMs: number, toMs: number, seenAtMs: number): LedgerOrder[] {
    const now = timeline.nowMs();
    return ledger
      .madeBetween(fromMs, toMs)
      .filter(({ createdAtMs, listedAtMs }) => listedAtMs <= now && createdAtMs <= seenAtMs);
  }

  function orderAsOf(orderId: string, seenAtMs: number): LedgerOrder {
    const order = ledger.orders.get(orderId);
    if (order === undefined || order.createdAtMs > seenAtMs)
      throw new GatewayRefused(`there is no order ${orderId}`, { httpStatus: 404, code: null });
    return order;
  }

  function foundIn(orders: readonly LedgerOrder[], intent: SoughtCharge, seenAtMs: number): InquiryAnswer {
    const { reference, amountCents, flow = station.weather.flow } = intent;
    const inquiryAnswers = orders
      .filter(
        (order) => order.intent.reference === reference || order.charges.some((each) => each.reference === reference),
      )
      .map((order) => inquiryAnswerOf(orderView(order, seenAtMs), { reference, flow, amountCents, isAnswer: false }));
    const best = PREFERENCE.flatMap((kind) => inquiryAnswers.find((each) => each.kind === kind) ?? [])[0];
    return best ?? { kind: "absent", trace: traceOf(200, "the list shows no order of this attempt") };
  }

  function listedOrder(order: LedgerOrder, seenAtMs: number): ListedOrder {
    const { amountCents, currency, customerId, ...intent } = order.intent;
    const { installationId, subscriptionId, invoiceId, cycle } = isOfPanel(order) ? OF_NOBODY : intent;
    const view = orderView(order, seenAtMs);
    return {
      ...seenOrder({ ...view, installationId }, station.weather.flow),
      ...{ orderId: order.id, createdAt: new Date(order.createdAtMs), subscriptionId, invoiceId, cycle },
      shown: { amountCents, currency, customerId, status: view.paymentStatus },
    };
  }

  return {
    async findCharges({ from, to }, intents) {
      await station.travel("the list of orders");
      const seenAtMs = station.asOfMs();
      const orders = listed(from.getTime(), to.getTime(), seenAtMs);
      return new Map(intents.map((intent) => [intent.reference, foundIn(orders, intent, seenAtMs)]));
    },
    async readCharge(orderId, reference, _amountCents, flow = station.weather.flow) {
      await station.travel(`the order ${orderId}`);
      const seenAtMs = station.asOfMs();
      const sought = { reference, flow, amountCents: null, isAnswer: false };
      return inquiryAnswerOf(orderView(orderAsOf(orderId, seenAtMs), seenAtMs), sought);
    },
    async readOrder(orderId) {
      await station.travel(`the order ${orderId}`);
      const seenAtMs = station.asOfMs();
      const order = orderAsOf(orderId, seenAtMs);
      const { installationId } = isOfPanel(order) ? OF_NOBODY : order.intent;
      return seenOrder({ ...orderView(order, seenAtMs), installationId }, station.weather.flow);
    },
    async *listOrders({ from, to }) {
      await station.travel("the list of orders", READ_TRIES);
      const seenAtMs = station.asOfMs();
      for (let number = 0; number < station.strangers; number++) yield stranger(number, from);
      for (const order of listed(from.getTime(), to.getTime(), seenAtMs)) yield listedOrder(order, seenAtMs);
    },
    async cancelOrder(orderId) {
      await station.travel(`canceling ${orderId}`);
      const order = mustOrder(station, orderId);
      const waiting = order.charges.filter((each) => statusOf(each) === "pending_payment");
      const isOver = order.canceledAtMs !== null || (waiting.length === 0 && !orderAwaits(order, timeline.nowMs()));
      const isPaid = order.charges.some((each) => statusOf(each) === "paid");
      // Conekta does not cancel an order while a reference for cash is out; or it does, and the cash comes.
      const isHeldOpen = order.page !== null && waiting.length > 0 && !station.weather.cancelsReferences;
      if (isPaid || isHeldOpen || (order.page === null ? isOver : order.page.end !== null))
        throw new GatewayRefused("the order cannot be canceled", { httpStatus: 422, code: null });
      for (const each of waiting) ledger.turn(each, timeline.nowMs(), "canceled");
      if (order.awaitsCustomer !== null) order.awaitsCustomer.untilMs = timeline.nowMs();
      order.canceledAtMs = timeline.nowMs();
      station.trace.note(timeline.nowMs(), "gateway.canceled", orderId);
      if (order.page !== null) {
        ledger.closePage(order, timeline.nowMs(), "Cancelled");
        visitors.closed(order, waiting);
      }
      if (chance.happens(station.weather.readFailureRate))
        throw new GatewayUnavailable("the order was canceled; no answer");
    },
    async probe() {
      await station.travel("a probe", Infinity);
      return { livemode: false };
    },
  };
}

const OF_NOBODY = { installationId: null, subscriptionId: null, invoiceId: null, cycle: null } as const;

/** An order of the merchant's shop, which no books of Puntual made. */
function stranger(number: number, createdAt: Date): ListedOrder {
  return {
    ...{ orderId: `ord_of_the_shop_${number}`, createdAt, installationId: null, references: [] },
    ...{ subscriptionId: null, invoiceId: null, cycle: null, chargeReferences: new Map(), givenBack: null },
    ...{ movedPayment: null, refundedCents: null, refundedCharges: new Map(), disputes: [], paidChargeIds: [] },
    shown: { amountCents: 9900 + number, currency: "MXN", customerId: null, status: "paid" },
    inquiryAnswerOf: () => ({ kind: "absent", trace: traceOf(200, "an order of the shop") }),
  };
}

const PREFERENCE = ["paid", "pending", "unknown", "declined", "lapsed", "absent"] as const;

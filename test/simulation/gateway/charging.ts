/** How the hostile gateway charges: money moves, or does not, and the answer says so, or does not. */
import { chanceOf } from "../chance.ts";
import { rowOf } from "../../../src/adapters/conekta/declines.ts";
import { inquiryAnswerOf } from "../../../src/adapters/conekta/inquiry-answer.ts";
import type { ChargeIntent, Gateway, OpenedOrder } from "../../../src/application/ports/gateway.ts";
import type { Outcome } from "../../../src/domain/attempt.ts";
import {
  drawFault,
  LATEST_ACT_MS,
  listing,
  mustOrder,
  TIMEOUT_MS,
  traceOf,
  type OnSend,
  type Station,
} from "./station.ts";
import type { StoredCard, Wallets } from "./wallets.ts";
import { orderAwaits, statusOf, type ChargedCard, type LedgerCharge, type LedgerOrder } from "../ledger.ts";
import { orderView } from "../order-view.ts";

const DAY_MS = 86_400_000;

export function hostileCharging(
  station: Station,
  wallets: Wallets,
  onSend: OnSend,
): Pick<Gateway, "charge" | "openOrder"> {
  const { ledger, timeline, chance, trace, strike } = station;

  function newOrder(intent: ChargeIntent): LedgerOrder {
    return ledger.createOrder(intent, timeline.nowMs(), { ...listing(station), page: null });
  }

  /** The charge happens: money moves, or the bank declines, or somebody has to wait. */
  function act(
    intent: ChargeIntent,
    orderId: string | null,
    stored: StoredCard,
  ): { order: LedgerOrder; charge: LedgerCharge | null } {
    const order = orderId === null ? newOrder(intent) : mustOrder(station, orderId);
    const now = timeline.nowMs();
    const { pendingRate, declineRate } = station.weather;
    const card: ChargedCard = { sourceId: stored.id, brand: stored.brand, last4: stored.last4 };
    if (chance.happens(pendingRate)) {
      strike("pending");
      return { order, charge: wait(order, intent, card) };
    }
    const isExpired = new Date(now) >= new Date(Date.UTC(stored.expYear, stored.expMonth, 2));
    const declines = stored.mood === "declines" || isExpired || chance.happens(declineRate);
    const failureCode = isExpired
      ? "expired_card"
      : declines
        ? (stored.saysAlways ?? (station.weather.isStill ? ownCodeOf(stored) : chance.pick(FAILURE_CODES)))
        : null;
    const status = declines ? "declined" : "paid";
    trace.note(now, `gateway.${status}`, `${intent.reference} ${stored.id} ${failureCode ?? ""}`);
    return { order, charge: ledger.addCharge(order, intent, now, { status, ...declineOfCode(failureCode), card }) };
  }

  /** 3DS, or a review: turns into an end by itself minutes or days later, or never. */
  function wait(order: LedgerOrder, intent: ChargeIntent, card: ChargedCard): LedgerCharge | null {
    const delayMs = Math.round(chance.fraction() ** 3 * 12 * DAY_MS) + 1000;
    const end = chance.weighted<"paid" | "declined" | "expired" | "never">({
      paid: 5,
      declined: 3,
      expired: 2,
      never: 1,
    });
    trace.note(timeline.nowMs(), "gateway.pending", intent.reference);
    if (chance.happens(0.4)) {
      order.awaitsCustomer = { fromMs: timeline.nowMs(), untilMs: Infinity, cardId: card.sourceId };
      timeline.after(delayMs, () => {
        if (order.canceledAtMs !== null || end === "never" || end === "expired") return;
        if (order.awaitsCustomer !== null) order.awaitsCustomer.untilMs = timeline.nowMs();
        trace.note(timeline.nowMs(), `gateway.${end}`, intent.reference);
        ledger.addCharge(order, intent, timeline.nowMs(), {
          status: end,
          ...declineOfCode(end === "paid" ? null : "card_declined"),
          card,
        });
      });
      return null;
    }
    const waiting = ledger.addCharge(order, intent, timeline.nowMs(), { status: "pending_payment", card });
    timeline.after(delayMs, () => {
      if (end === "never" || statusOf(waiting) !== "pending_payment") return;
      trace.note(timeline.nowMs(), `gateway.${end}`, intent.reference);
      ledger.turn(waiting, timeline.nowMs(), end);
    });
    return waiting;
  }

  function isGuarded(order: LedgerOrder): boolean {
    const hasCharge = order.charges.some((each) => ["paid", "pending_payment"].includes(statusOf(each)));
    return station.weather.guardHolds && (hasCharge || orderAwaits(order, timeline.nowMs()));
  }

  function answerFrom(intent: ChargeIntent, order: LedgerOrder, acted: LedgerCharge | null): Outcome {
    const { reference, amountCents } = intent;
    const code = acted?.failureCode ?? null;
    if (code !== null && rowOf(code)?.treatment === "inquire") return unknown(order.id, 402, `the bank said ${code}`);
    const sought = { reference, flow: station.weather.flow, amountCents, isAnswer: true };
    const inquiryAnswer = inquiryAnswerOf(orderView(order, timeline.nowMs()), sought);
    if (inquiryAnswer.kind === "absent" || inquiryAnswer.kind === "lapsed")
      return unknown(order.id, 200, "the answer shows no charge");
    return inquiryAnswer;
  }

  async function charge(intent: ChargeIntent, orderId: string | null): Promise<Outcome> {
    const fault = drawFault(station);
    if (fault === "not_sent") {
      strike(fault);
      await timeline.pause(chance.between(1, 3000));
      return { kind: "not_sent", unauthorized: false, trace: traceOf(null, "connection refused") };
    }
    await onSend(intent, orderId, "charge");
    trace.note(timeline.nowMs(), "gateway.receives", intent.reference);
    const latencyMs = chance.between(80, 4000);
    if (station.currentSpell() === "unauthorized") {
      await timeline.pause(latencyMs);
      return { kind: "not_sent", unauthorized: true, trace: traceOf(401, "the key is not accepted") };
    }
    if (station.currentSpell() === "silent") return await silence(chance.happens(0.5) ? 503 : null, orderId);
    if (fault !== null) strike(fault);
    switch (fault) {
      case "too_many_requests":
        await timeline.pause(latencyMs);
        return { kind: "not_sent", unauthorized: false, trace: traceOf(429, "too many requests") };
      case "refused":
        await timeline.pause(latencyMs);
        return refusal("parameter_validation", "our data is refused");
      case "lost_before_acting":
        return await silence(null, orderId);
      case "server_error_before_acting":
        return await silence(500, orderId);
      case "acts_late": {
        timeline.after(chance.between(1, TIMEOUT_MS + LATEST_ACT_MS), () => void actUnlessGuarded(intent, orderId));
        return await silence(null, orderId);
      }
      case "lost_after_acting":
      case "server_error_after_acting": {
        await timeline.pause(latencyMs);
        actUnlessGuarded(intent, orderId);
        return await silence(fault === "lost_after_acting" ? null : 504, orderId);
      }
      case "wrong_answer":
      case null: {
        await timeline.pause(latencyMs);
        const acted = actUnlessGuarded(intent, orderId);
        if (acted === "over") return refusal(null, "the order is over");
        if (acted === "no card") return refusal("resource_not_found.entity", "there is no card to charge");
        if (acted === "guarded") return unknown(orderId, 428, "the order has a charge already");
        const outcome = answerFrom(intent, acted.order, acted.charge);
        await timeline.pause(chance.between(1, 300));
        station.answered();
        return fault === "wrong_answer" ? spoiled(outcome) : outcome;
      }
      default:
        return fault satisfies never;
    }
  }

  function actUnlessGuarded(intent: ChargeIntent, orderId: string | null) {
    const order = orderId === null ? null : mustOrder(station, orderId);
    if (order !== null && isOver(order)) return "over";
    if (order !== null && isGuarded(order)) return "guarded";
    const card = wallets.defaultCard(intent.customerId);
    return card === null ? "no card" : act(intent, orderId, card);
  }

  async function silence(httpStatus: number | null, orderId: string | null): Promise<Outcome> {
    await timeline.pause(httpStatus === null ? TIMEOUT_MS : chance.between(100, TIMEOUT_MS - 1000));
    return unknown(orderId, httpStatus, httpStatus === null ? "no answer" : "the server failed");
  }

  function spoiled(outcome: Outcome): Outcome {
    if (outcome.kind !== "paid") return outcome;
    const { payment } = outcome;
    const wrong = chance.pick([
      { ...payment, amountCents: payment.amountCents + 100 },
      { ...payment, currency: "USD" },
      { ...payment, customerId: "cus_of_somebody_else" },
      { ...payment, livemode: true },
    ]);
    return { ...outcome, payment: wrong };
  }

  async function openOrder(intent: ChargeIntent): Promise<OpenedOrder> {
    await timeline.pause(chance.between(40, 2000));
    const spell = station.currentSpell();
    if (spell !== null)
      return { kind: "not_sent", unauthorized: spell === "unauthorized", trace: traceOf(null, "no order came back") };
    if (chance.happens(station.weather.lostOrderRate)) {
      strike("lost_order");
      if (chance.happens(0.5)) newOrder(intent);
      await timeline.pause(chance.between(1, TIMEOUT_MS));
      return { kind: "not_sent", unauthorized: false, trace: traceOf(null, "no order came back") };
    }
    station.answered();
    return { kind: "opened", orderId: newOrder(intent).id };
  }

  return { charge, openOrder };
}

/** Whoever reads it sees that it is, and believes that nobody can be charged on it any more. */
function isOver({ canceledAtMs, charges }: LedgerOrder): boolean {
  const last = charges.at(-1);
  return canceledAtMs !== null || (last !== undefined && statusOf(last) === "expired");
}

function declineOfCode(failureCode: string | null): Pick<LedgerCharge, "failureCode" | "declineClass"> {
  const declineClass = failureCode === null ? null : (rowOf(failureCode)?.declineClass ?? "unrecognized");
  return { failureCode, declineClass };
}

/** One of each class, and one that the bank did not decide. */
const FAILURE_CODES = [
  "insufficient_funds",
  "insufficient_funds",
  "card_declined",
  "card_declined",
  "restricted_card",
  "expired_card",
  "lost_card",
  "format_error",
  "a_code_nobody_knows",
  "general_error",
] as const;

function ownCodeOf({ id }: StoredCard): string {
  return chanceOf(Number(id.replaceAll(/\D/g, ""))).pick(FAILURE_CODES);
}

function unknown(orderId: string | null, httpStatus: number | null, because: string): Outcome {
  return { kind: "unknown", orderId, trace: traceOf(httpStatus, because) };
}

function refusal(failureCode: string | null, because: string): Outcome {
  return { kind: "refused", failureCode, failureMessage: null, trace: traceOf(422, because) };
}

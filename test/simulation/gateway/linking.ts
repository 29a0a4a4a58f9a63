/** How the hostile gateway makes hosted pages: it makes one, or does not, and the answer says so, or does not. */
import { openedLink } from "../../../src/adapters/conekta/opened-link.ts";
import { inquiryAnswerOf } from "../../../src/adapters/conekta/inquiry-answer.ts";
import type { ChargeIntent, Gateway, LinkTerms, OpenedLink } from "../../../src/application/ports/gateway.ts";
import type { Outcome } from "../../../src/domain/attempt.ts";
import { drawFault, LATEST_ACT_MS, listing, TIMEOUT_MS, traceOf, type OnSend, type Station } from "./station.ts";
import { isPageOpen, statusOf, type LedgerOrder } from "../ledger.ts";
import { orderView } from "../order-view.ts";

const HOUR_MS = 3_600_000;

export function hostileLinking(
  station: Station,
  onSend: OnSend,
  onMade: (order: LedgerOrder) => void,
): Pick<Gateway, "openPaymentLink"> {
  const { ledger, timeline, chance, trace, strike } = station;

  function make(intent: ChargeIntent, { methods, expiresAt }: LinkTerms): LedgerOrder {
    // Conekta counts in seconds.
    const expiresAtMs = Math.floor(expiresAt.getTime() / 1000) * 1000;
    const url = `https://pay.example/${ledger.orders.size + 1}`;
    const page = { url, methods, expiresAtMs, isKnown: false, end: null };
    const order = ledger.createOrder(intent, timeline.nowMs(), { ...listing(station), page });
    trace.note(timeline.nowMs(), "gateway.page", `${intent.reference} ${order.id}`);
    // Some pages never say that they expired.
    if (chance.happens(0.9))
      timeline.at(Math.max(timeline.nowMs(), expiresAtMs) + chance.between(0, 600_000), () => expire(order));
    onMade(order);
    return order;
  }

  /** Not while a reference for cash is out, which may live longer than its page. */
  function expire(order: LedgerOrder): void {
    if (!isPageOpen(order)) return;
    const waiting = order.charges.filter((charge) => statusOf(charge) === "pending_payment");
    if (waiting.length > 0 && chance.happens(0.7)) {
      timeline.after(chance.between(HOUR_MS, 24 * HOUR_MS), () => expire(order));
      return;
    }
    for (const charge of waiting) ledger.turn(charge, timeline.nowMs(), "expired");
    trace.note(timeline.nowMs(), "gateway.page expired", order.id);
    ledger.closePage(order, timeline.nowMs(), "Expired");
  }

  async function answerFrom(intent: ChargeIntent, order: LedgerOrder): Promise<OpenedLink> {
    const { reference, amountCents } = intent;
    const sought = { reference, flow: "single", amountCents, isAnswer: true } as const;
    const inquiryAnswer = inquiryAnswerOf(orderView(order, timeline.nowMs()), sought);
    await timeline.pause(chance.between(1, 300));
    station.answered();
    if (inquiryAnswer.kind === "absent" || inquiryAnswer.kind === "lapsed")
      return { kind: "unknown", orderId: order.id, trace: traceOf(200, "the answer shows no page") };
    return openedLink(inquiryAnswer satisfies Outcome);
  }

  async function silence(httpStatus: number | null): Promise<OpenedLink> {
    await timeline.pause(httpStatus === null ? TIMEOUT_MS : chance.between(100, TIMEOUT_MS - 1000));
    return { kind: "unknown", orderId: null, trace: traceOf(httpStatus, "no page came back") };
  }

  async function openPaymentLink(intent: ChargeIntent, terms: LinkTerms): Promise<OpenedLink> {
    const fault = drawFault(station);
    if (fault !== null) strike(`page_${fault}`);
    if (fault === "not_sent") {
      await timeline.pause(chance.between(1, 3000));
      return { kind: "not_sent", unauthorized: false, trace: traceOf(null, "connection refused") };
    }
    await onSend(intent, null, "page");
    const latencyMs = chance.between(80, 4000);
    const spell = station.currentSpell();
    if (spell === "unauthorized") {
      await timeline.pause(latencyMs);
      return { kind: "not_sent", unauthorized: true, trace: traceOf(401, "the key is not accepted") };
    }
    if (spell === "silent") return await silence(chance.happens(0.5) ? 503 : null);
    switch (fault) {
      case "too_many_requests":
        await timeline.pause(latencyMs);
        return { kind: "not_sent", unauthorized: false, trace: traceOf(429, "too many requests") };
      case "refused":
        await timeline.pause(latencyMs);
        return { kind: "refused", failureCode: null, failureMessage: null, trace: traceOf(422, "our data is refused") };
      case "lost_before_acting":
        return await silence(null);
      case "server_error_before_acting":
        return await silence(500);
      case "acts_late":
        timeline.after(chance.between(1, TIMEOUT_MS + LATEST_ACT_MS), () => void make(intent, terms));
        return await silence(null);
      case "lost_after_acting":
      case "server_error_after_acting":
        await timeline.pause(latencyMs);
        make(intent, terms);
        return await silence(fault === "lost_after_acting" ? null : 504);
      case "wrong_answer":
      case null: {
        await timeline.pause(latencyMs);
        return await answerFrom(intent, make(intent, terms));
      }
      default:
        return fault satisfies never;
    }
  }

  return { openPaymentLink };
}

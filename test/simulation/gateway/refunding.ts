/** How the hostile gateway gives money back: sometimes without a word, sometimes late, never more than was paid. */
import type { Refunder } from "../../../src/application/ports/refunds.ts";
import { GatewayRefused } from "../../../src/domain/errors.ts";
import { drawFault, LATEST_ACT_MS, TIMEOUT_MS, traceOf, type Station } from "./station.ts";
import { refundedCents, type LedgerCharge } from "../ledger.ts";

export function hostileRefunding(station: Station): Refunder {
  const { ledger, timeline, chance, trace, strike } = station;

  /** @returns false: more than is left of it */
  function giveBack(orderId: string, amountCents: number): boolean {
    const charge = ledger.orders.get(orderId)?.charges.find(isMoved);
    if (charge === undefined || refundedCents(charge) + amountCents > charge.amountCents) return false;
    trace.note(timeline.nowMs(), "gateway.refunded", `${orderId} ${amountCents}`);
    ledger.giveBack(charge, timeline.nowMs(), amountCents);
    return true;
  }

  return {
    async refund(orderId, { amountCents }) {
      const fault = drawFault(station);
      const spell = station.currentSpell();
      await timeline.pause(chance.between(80, 4000));
      if (fault === "not_sent" || spell === "unauthorized" || fault === "too_many_requests")
        return { kind: "not_sent", trace: traceOf(null, "it was not sent") };
      if (spell === "silent" || fault === "lost_before_acting" || fault === "server_error_before_acting")
        return { kind: "unknown", trace: traceOf(null, "no answer") };
      if (fault === "acts_late") {
        strike("refund_acts_late");
        timeline.after(chance.between(1, LATEST_ACT_MS), () => void giveBack(orderId, amountCents));
        await timeline.pause(TIMEOUT_MS);
        return { kind: "unknown", trace: traceOf(null, "no answer") };
      }
      const isDone = giveBack(orderId, amountCents);
      if (fault === "lost_after_acting" || fault === "server_error_after_acting") {
        strike("refund_lost");
        await timeline.pause(TIMEOUT_MS);
        return { kind: "unknown", trace: traceOf(null, "no answer") };
      }
      return isDone
        ? { kind: "done", gatewayRefundId: null, trace: traceOf(200, "the refund was accepted") }
        : { kind: "refused", failureCode: null, failureMessage: null, trace: traceOf(422, "more than is left") };
    },
    async readRefundedCents(orderId) {
      await station.travel(`the order ${orderId}`);
      const seenAtMs = station.asOfMs();
      const order = ledger.orders.get(orderId);
      if (order === undefined) throw new GatewayRefused("no such order", { httpStatus: 404, code: null });
      return order.charges.reduce((sum, charge) => sum + refundedCents(charge, seenAtMs), 0);
    },
  };
}

function isMoved({ history }: LedgerCharge): boolean {
  return history.some(({ status }) => status === "paid");
}

/**
 * The customers who were told the address of a hosted page: they pay with another card, choose cash and pay it in time,
 * late or not at all, have a card declined, or do nothing; and now and then they pay in the moment in which it is closed.
 *
 * Nobody visits a page whose address is in no book: nobody could know it.
 */
import { rowOf } from "../../src/adapters/conekta/declines.ts";
import type { Station } from "./gateway/station.ts";
import type { Wallets } from "./gateway/wallets.ts";
import { isPageOpen, statusOf, type LedgerCharge, type LedgerOrder } from "./ledger.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Money that comes later than that after a page has ended would be found by no read that is planned. */
const LATEST_MS = 6 * DAY_MS;

export type PageVisitors = {
  /** A page was made: whoever is told its address comes some time. */
  expect(order: LedgerOrder): void;
  /** The page was closed: what was on its way comes all the same. */
  closed(order: LedgerOrder, references: readonly LedgerCharge[]): void;
};

export function pageVisitors(
  station: Station,
  wallets: Wallets,
  needs: {
    /** Whether the books tell the address of the page that was made for this attempt. */
    readonly isTold: (reference: string) => Promise<boolean>;
    /** Nobody pays any more: what comes now would never be read again. */
    readonly isOver: () => boolean;
  },
): PageVisitors {
  const { ledger, timeline, chance, trace, strike } = station;

  async function readMail(order: LedgerOrder, tries: number): Promise<void> {
    const { page } = order;
    if (page === null || page.end !== null || tries > 12) return;
    if (await needs.isTold(order.intent.reference)) {
      page.isKnown = true;
      const leftMs = Math.max(0, page.expiresAtMs - timeline.nowMs());
      timeline.after(Math.round(chance.fraction() ** 2 * leftMs * 1.05), () => visit(order, 1));
      return;
    }
    timeline.after(chance.between(HOUR_MS, 12 * HOUR_MS), () => void readMail(order, tries + 1));
  }

  function visit(order: LedgerOrder, visits: number): void {
    const { page, intent } = order;
    if (page === null || needs.isOver() || !isPageOpen(order) || timeline.nowMs() >= page.expiresAtMs) return;
    if (order.charges.some((charge) => statusOf(charge) === "pending_payment")) return;
    const does = chance.weighted({
      nothing: 4,
      card: page.methods.includes("card") ? 4 : 0,
      declined: page.methods.includes("card") ? 3 : 0,
      cash: page.methods.includes("cash") ? 6 : 0,
      bank_transfer: page.methods.includes("bank_transfer") ? 3 : 0,
    });
    strike(`page_visit_${does}`);
    trace.note(timeline.nowMs(), `page ${does}`, `${intent.reference} ${order.id}`);
    if (does === "card") payByCard(order);
    if (does === "cash" || does === "bank_transfer") takeReference(order, does);
    if (does === "declined") {
      const { id: sourceId, brand, last4 } = wallets.newCard(intent.customerId);
      const failureCode = chance.pick(["insufficient_funds", "card_declined", "lost_card"]);
      const declineClass = rowOf(failureCode)?.declineClass ?? null;
      const card = { sourceId, brand, last4 };
      ledger.addCharge(order, intent, timeline.nowMs(), { status: "declined", failureCode, declineClass, card });
      if (visits < 4) timeline.after(chance.between(MINUTE_MS, 6 * HOUR_MS), () => visit(order, visits + 1));
    }
  }

  /** Conekta keeps the card; whether it becomes the default it does not say. */
  function payByCard(order: LedgerOrder): void {
    const { customerId } = order.intent;
    const old = wallets.defaultCard(customerId);
    const { id: sourceId, brand, last4 } = old !== null && chance.happens(0.3) ? old : wallets.newCard(customerId);
    trace.note(timeline.nowMs(), "gateway.page paid", `${order.intent.reference} ${order.id}`);
    ledger.addCharge(order, order.intent, timeline.nowMs(), { status: "paid", card: { sourceId, brand, last4 } });
  }

  function takeReference(order: LedgerOrder, method: "cash" | "bank_transfer"): void {
    const { intent } = order;
    const charge = ledger.addCharge(order, intent, timeline.nowMs(), { status: "pending_payment", method, card: null });
    // Whoever has both can pay twice.
    if (chance.happens(0.3))
      timeline.after(chance.between(MINUTE_MS, DAY_MS), () => wallets.bringCard(intent.customerId));
    if (chance.happens(0.35)) return;
    // Paid in time, mostly; the till may tell it later, when the page is over.
    const delayMs = Math.round(chance.fraction() ** 2 * 3 * DAY_MS) + MINUTE_MS;
    timeline.after(delayMs, () => cashArrives(charge, order));
  }

  function cashArrives(charge: LedgerCharge, order: LedgerOrder): void {
    const status = statusOf(charge);
    const hasEnded = status === "expired" || status === "canceled";
    if (needs.isOver() || (status !== "pending_payment" && !hasEnded)) return;
    if (hasEnded && !mayComeLate(order)) return;
    trace.note(timeline.nowMs(), hasEnded ? "gateway.late cash" : "gateway.cash", charge.reference);
    strike(hasEnded ? "late_cash" : "cash");
    ledger.turn(charge, timeline.nowMs(), "paid");
  }

  function mayComeLate({ page }: LedgerOrder): boolean {
    const endedAtMs = page?.end?.atMs ?? -Infinity;
    return timeline.nowMs() - endedAtMs < LATEST_MS && chance.happens(station.weather.lateCashRate);
  }

  return {
    expect: (order) => {
      if (station.weather.isStill) return;
      timeline.after(chance.between(MINUTE_MS, HOUR_MS), () => void readMail(order, 1));
    },
    closed: (order, references) => {
      if (!chance.happens(station.weather.lateCashRate)) return;
      const [reference] = references;
      if (reference !== undefined)
        timeline.after(chance.between(1, LATEST_MS / 2), () => {
          if (statusOf(reference) === "canceled") cashArrives(reference, order);
        });
      // The customer had pressed the button before the page was closed.
      else if (order.page?.isKnown && !needs.isOver())
        timeline.after(chance.between(1, 5000), () => {
          // A page that was ever paid takes no second payment.
          if (order.charges.some(({ history }) => history.some(({ status }) => status === "paid"))) return;
          strike("page_paid_while_closing");
          payByCard(order);
        });
    },
  };
}

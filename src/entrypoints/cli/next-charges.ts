/** What is printed of a subscription's next charge: when and how much, or why there is none. */
import type { Assembly } from "../../assemble.ts";
import { outlookRules } from "../../application/charging/outlook-rules.ts";
import { formatMoney } from "../../domain/money.ts";
import {
  type ForeseenInvoice,
  nextCharge,
  type NextCharge,
  nextInvoice,
  type NoCharge,
} from "../../domain/charging/next-charge.ts";
import { local, zoned } from "./cells.ts";

type NextCharges = {
  of(subscriptionId: string): NextCharge | null;
  /** The invoice that is opened next; null: none is to come. */
  invoiceOf(subscriptionId: string): ForeseenInvoice | null;
  /** "2026-01-31 15:00", or the reason why there is none: "(paused)". */
  cell(subscriptionId: string): string;
};

export async function nextCharges(app: Assembly, subscriptionIds: readonly string[]): Promise<NextCharges> {
  const now = app.clock.now();
  const outlooks = await app.store.explaining.outlooksOf(subscriptionIds, now);
  const rules = await outlookRules(app.foreseeing, now);
  const of: NextCharges["of"] = (subscriptionId) => {
    const outlook = outlooks.get(subscriptionId);
    return outlook === undefined ? null : nextCharge(outlook, rules, now);
  };
  return {
    of,
    invoiceOf(subscriptionId) {
      const outlook = outlooks.get(subscriptionId);
      return outlook === undefined ? null : nextInvoice(outlook, now);
    },
    cell(subscriptionId) {
      const next = of(subscriptionId);
      if (next === null) return "";
      return next.at === null ? `(${NO_CHARGE[next.because]})` : local(next.at);
    },
  };
}

/** "next charge 2026-01-31 09:00 America/Mexico_City, $200.15 MXN", or "no next charge: it is paused" */
export function nextChargeClause(next: NextCharge | null, timeZone: string): string {
  if (next === null) return "no next charge";
  return next.at === null ? `no next charge: ${NO_CHARGE[next.because]}` : `next charge ${whenAndWhat(next, timeZone)}`;
}

export function whenAndWhat(next: Exclude<NextCharge, { at: null }>, timeZone: string): string {
  return `${zoned(next.at.toISOString(), timeZone)}, ${formatMoney(next.amountCents, next.currency)}`;
}

/** Short enough for a column. `puntual explain` says the rest. */
export const NO_CHARGE: Readonly<Record<NoCharge, string>> = {
  canceled: "canceled",
  completed: "completed",
  last_cycle_opened: "no cycle left",
  ends_first: "it ends first",
  paused: "paused",
  unpaid: "unpaid",
  nothing_to_collect: "nothing to pay",
  customer_deleted: "no customer",
  no_default_card: "no card",
  card_expired: "card expired",
  card_forbidden: "card forbidden",
  card_declined_elsewhere: "card declined elsewhere",
  network_budget: "too many tries",
  halted: "charging is halted",
  run_limit: "beyond a limit",
  outcome: "an open attempt",
  person: "a person decides",
  earlier_invoice: "an earlier one",
  new_card: "waits for a card",
  payment_link: "a payment link",
  grace: "period of grace",
};

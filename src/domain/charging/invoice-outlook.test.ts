import { expect, test } from "@jest/globals";
import { NOTHING_WAITS } from "../invoice-content.ts";
import type { CustomerFacts } from "./charge-decision.ts";
import type { CustomerTry } from "./daily-limit.ts";
import {
  type ChargeOutlook,
  type InvoiceOutlook,
  invoiceOutlook,
  type OutlookInvoice,
  type OutlookRules,
} from "./invoice-outlook.ts";
import { CARD, NOW, PAYER, RULES } from "../../../test/support/outlook.ts";

const YESTERDAY = new Date("2026-11-30T15:00:00Z");
const SOON = new Date("2026-12-10T15:00:00Z");
const LATER = new Date("2026-12-20T15:00:00Z");

const SUBSCRIPTION: ChargeOutlook["subscription"] = {
  ...{ id: "ana", planId: "oro", customerId: "cus_1", status: "active", source: "file" },
  ...{ startLocal: "2026-09-30T09:00", anchorLocal: "2026-09-30T09:00", timeZone: "America/Mexico_City" },
  ...{ quantity: 1, lineItems: null, discount: null, billPast: false, firstCycle: 0, nextCycle: 3 },
  ...{ nextBillingAt: LATER, cancelAt: null, pauseFrom: null, pauseUntil: null },
  ...{ lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS },
  plan: {
    ...{ id: "oro", name: "Oro", currency: "MXN", interval: "month", frequency: 1, trialPeriodDays: 0 },
    ...{ expiryCount: null, expiryCounts: "charges", dunning: "standard", catchUp: "oldest_first", source: "file" },
    lineItems: [{ name: "Oro", unitPriceCents: 200_15, quantity: 1 }],
  },
};
const OPEN: OutlookInvoice = {
  ...{ id: "inv_2", cycle: 2, status: "open", statusReason: null, dunningStep: null, openAttempt: null },
  ...{ dunningDueAt: null, reopenedFrom: null, firstDeclinedAt: null, declines: 0, periodEnd: LATER },
  ...{ missed: false, retryRequestedAt: null, nextAttemptAt: NOW, amountCents: 100_00, currency: "MXN" },
};
const RETRY: Partial<OutlookInvoice> = { dunningStep: "retry", declines: 1, firstDeclinedAt: YESTERDAY };
const OLDER: Partial<OutlookInvoice> = { id: "inv_1", cycle: 1 };
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * 3_600_000);
const TRY: CustomerTry = { invoiceId: "inv_2", state: "declined", flow: "single", sentAt: hoursAgo(1) };
/** Fifteen reattempts: all that Visa allows within 30 days. */
const SPENT = Array.from({ length: 16 }, (_, n) => ({
  ...{ invoiceId: "inv_1", number: n + 1, sentAt: hoursAgo(24 * (20 - n)) },
}));
const TRIED_TODAY: Partial<CustomerFacts> = { tries: [TRY] };
const ONCE_A_DAY: Partial<OutlookRules> = { maxChargesPerCustomerPerDay: 1 };
const PAID_TODAY = {
  ...{ cycle: 1, nextAttemptAt: null, firstDeclinedAt: null },
  tries: [{ state: "paid", flow: "single", sentAt: hoursAgo(2), claimedAt: hoursAgo(2) } as const],
};

type Case = {
  readonly is?: Partial<OutlookInvoice>;
  readonly beside?: readonly Partial<OutlookInvoice>[];
  readonly payer?: Partial<CustomerFacts>;
  readonly books?: Partial<ChargeOutlook>;
  readonly rules?: Partial<OutlookRules>;
};

function outlookOf({ is, beside = [], payer, books, rules }: Case): InvoiceOutlook {
  const invoice = { ...OPEN, ...is };
  const unsettled = [invoice, ...beside.map((each) => ({ ...OPEN, ...each }))];
  const owed = { subscription: SUBSCRIPTION, beside: [], missed: [], disputes: [], paidAt: null };
  const facts = { ...owed, ...books, unsettled, customer: { ...PAYER, ...payer } };
  return invoiceOutlook(invoice, facts, { ...RULES, ...rules }, NOW);
}

function textOf(outlook: InvoiceOutlook): string {
  if (outlook.do === "nothing") return "nothing";
  if (outlook.do === "wait") {
    const more =
      "cycle" in outlook
        ? outlook.cycle
        : "because" in outlook
          ? outlook.because
          : "limit" in outlook
            ? outlook.limit
            : "";
    return `${outlook.for} ${more}`.trim();
  }
  const { at, inVain, putOff } = outlook;
  return `${at.toISOString().slice(5, 16)} ${inVain ?? ""} ${putOff?.name ?? ""}`.replaceAll(/ +/g, " ").trim();
}

// prettier-ignore
test.each<[facts: Case, outlook: string, because: string]>([
  [{}, "12-01T15:00", "it is due, and goes"],
  [{ is: { nextAttemptAt: YESTERDAY } }, "11-30T15:00", "it was due yesterday"],
  [{ is: { nextAttemptAt: SOON } }, "12-10T15:00", "it has its date"],

  [{ payer: { nextChargeAt: new Date("2027-01-05T15:00:00Z"), card: { ...CARD, cardExpYear: 2026 } } }, "01-05T15:00 card_expired", "it is put aside, and its card has expired by then"],
  [{ is: RETRY, payer: { ...TRIED_TODAY, nextChargeAt: SOON }, rules: ONCE_A_DAY }, "12-10T15:00 daily_limit", "tomorrow, by the day's limit, it is put aside still"],

  [{ is: { status: "held", statusReason: "refused", nextAttemptAt: null } }, "person", "a person decides"],
  [{ is: { status: "paid", nextAttemptAt: null } }, "nothing", "it is over"],
  [{ is: { status: "void", nextAttemptAt: null } }, "nothing", "nobody owes it"],
  [{ is: { status: "uncollectible", nextAttemptAt: null, openAttempt: "pending" } }, "nothing", "it was written off"],
  [{ is: { openAttempt: "unknown" } }, "outcome", "it may have been paid, whatever is planned"],
  [{ is: { openAttempt: "pending", nextAttemptAt: null, dunningStep: "payment_link" } }, "outcome", "by its page, too"],
  [{ is: { nextAttemptAt: null, dunningStep: "wait_for_card" } }, "new_card", "another card is waited for"],
  [{ is: { nextAttemptAt: null, dunningStep: "payment_link" } }, "payment_link", "the customer pays by it"],
  [{ is: { nextAttemptAt: null, dunningStep: "grace" } }, "grace", "the customer has time"],
  [{ is: { nextAttemptAt: null, dunningStep: "retry" } }, "person", "a retry without a date is no state to hide"],
  [{ is: { nextAttemptAt: null } }, "person", "nor is an open one without any"],

  [{ payer: { isDeleted: true } }, "12-01T15:00 customer_deleted", "a charge in vain"],
  [{ payer: { isDeleted: true }, is: { nextAttemptAt: SOON } }, "12-10T15:00 customer_deleted", "on its date"],
  [{ payer: { readAt: null } }, "12-01T15:00", "a run reads a customer first, and is not asked to here"],
  [{ payer: { card: { ...CARD, cardExpMonth: 12, cardExpYear: 2026 } }, is: { nextAttemptAt: new Date("2027-01-02T15:00:00Z") } }, "01-02T15:00 card_expired", "by then its card is over"],

  [{ is: RETRY, payer: TRIED_TODAY, rules: ONCE_A_DAY }, "12-02T14:00 daily_limit", "put off until the last try is a day old"],
  [{ is: { ...RETRY, nextAttemptAt: SOON }, payer: TRIED_TODAY, rules: ONCE_A_DAY }, "12-10T15:00", "that try is long past by then"],
  [{ is: RETRY, payer: { declines: SPENT } }, "12-12T15:00 network_budget", "the network allows the next try then"],
  [{ is: RETRY, payer: { declines: SPENT }, rules: { policyOf: () => ({ laterCycles: "collect_in_order", windowDays: 5, onChargeback: "charge" }) } }, "12-01T15:00 network_budget network_budget", "and by then the policy does not try any more"],
  [{ payer: TRIED_TODAY, rules: ONCE_A_DAY }, "hold daily_limit", "one that never failed is held for a person"],

  [{ payer: { nextChargeAt: SOON } }, "12-10T15:00", "charges of this customer are put aside until then"],
  [{ payer: { nextChargeAt: SOON }, is: { nextAttemptAt: LATER } }, "12-20T15:00", "it was not to go before that anyway"],
  [{ payer: { nextChargeAt: SOON }, is: { nextAttemptAt: SOON } }, "12-10T15:00", "nor is that the same moment"],

  [{ beside: [{ ...OLDER, dunningStep: "grace", nextAttemptAt: null }] }, "earlier_invoice 1", "an earlier one fails"],
  [{ beside: [{ ...OLDER, nextAttemptAt: YESTERDAY }] }, "earlier_invoice 1", "an earlier one is due as well, and goes first"],
  [{ beside: [{ ...OLDER, nextAttemptAt: NOW }], is: { nextAttemptAt: YESTERDAY } }, "earlier_invoice 1", "due since, though later than it"],
  [{ beside: [{ ...OLDER, nextAttemptAt: SOON }], is: { nextAttemptAt: LATER } }, "12-20T15:00", "an earlier one has its own day before"],
  [{ beside: [{ ...OLDER, nextAttemptAt: null, dunningStep: "wait_for_card" }], is: { nextAttemptAt: SOON } }, "earlier_invoice 1", "it has no day, and still waits then"],
  [{ beside: [{ ...OLDER, status: "held", statusReason: "refused", nextAttemptAt: null }] }, "earlier_invoice 1", "a person decides that one first"],
  [{ beside: [{ ...OLDER, status: "held", statusReason: "refused", nextAttemptAt: null }], rules: { policyOf: () => ({ laterCycles: "hold", windowDays: 45, onChargeback: "charge" }) } }, "hold earlier_unpaid", "the policy holds it beside that"],
  [{ payer: { tries: [{ ...TRY, invoiceId: "inv_9", state: "sending" }] } }, "12-01T15:00", "it follows another charge in the same run"],
  [{ is: { nextAttemptAt: LATER }, beside: [{ ...OLDER, nextAttemptAt: NOW }], payer: { tries: [{ ...TRY, invoiceId: "inv_9", state: "sending" }] } }, "12-20T15:00", "and on its own day, when an earlier one has long been tried"],

  [{ is: { missed: true, nextAttemptAt: YESTERDAY }, books: { missed: [PAID_TODAY, { ...PAID_TODAY, cycle: 2, nextAttemptAt: YESTERDAY, tries: [] }] } }, "12-02T15:00 catch_up_spacing", "of what was missed one went today"],
  [{ is: { missed: true, nextAttemptAt: SOON }, books: { missed: [PAID_TODAY, { ...PAID_TODAY, cycle: 2, nextAttemptAt: SOON, tries: [] }] } }, "12-10T15:00", "by then that is days ago"],
  [{ is: { nextAttemptAt: YESTERDAY, periodEnd: YESTERDAY }, books: { paidAt: hoursAgo(2) } }, "12-02T15:00 catch_up_spacing", "of what waited one was paid today"],
  [{ is: { nextAttemptAt: SOON, periodEnd: YESTERDAY }, books: { paidAt: SOON } }, "12-10T15:00", "of a later day it is not known"],

  [{ rules: { limits: { maxCharges: null, maxAmountCents: 99_99 } } }, "run_limit amount_beyond_limit", "no run charges so much"],
  [{ rules: { limits: { maxCharges: null, maxAmountCents: 100_00 } } }, "12-01T15:00", "just so much it does"],
  [{ is: { nextAttemptAt: SOON }, rules: { limits: { maxCharges: null, maxAmountCents: 99_99 } } }, "run_limit amount_beyond_limit", "nor will one then"],
  [{ rules: { limits: { maxCharges: 1, maxAmountCents: null }, spent: { charges: 1, amountCents: 1 } } }, "run_limit MAX_CHARGES_PER_RUN", "the hour has no room for it"],
  [{ is: { nextAttemptAt: SOON }, rules: { limits: { maxCharges: null, maxAmountCents: 100_00 }, spent: { charges: 1, amountCents: 1 } } }, "12-10T15:00", "by then the hour has room for just so much"],
  [{ is: { nextAttemptAt: new Date(NOW.getTime() + 1) }, rules: { limits: { maxCharges: 1, maxAmountCents: null }, spent: { charges: 1, amountCents: 1 } } }, "12-01T15:00", "a later one has"],
  [{ rules: { limits: { maxCharges: null, maxAmountCents: 150_00 }, spent: { charges: 1, amountCents: 50_01 } } }, "run_limit MAX_AMOUNT_CENTS_PER_RUN", "nor has its amount"],
  [{ beside: [{ ...OLDER, nextAttemptAt: YESTERDAY }], rules: { limits: { maxCharges: 1, maxAmountCents: null }, spent: { charges: 1, amountCents: 1 } } }, "earlier_invoice 1", "it waits for the earlier one, not for the hour"],
  [{ payer: { tries: [{ ...TRY, invoiceId: "inv_9", state: "sending" }] }, rules: { limits: { maxCharges: 1, maxAmountCents: null }, spent: { charges: 1, amountCents: 1 } } }, "run_limit MAX_CHARGES_PER_RUN", "behind another charge the hour counts as well"],
])("%j: %s (%s)", (facts, outlook) => {
  expect(textOf(outlookOf(facts))).toBe(outlook);
});

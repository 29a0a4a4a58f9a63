/** Who pays, and by which rules, where a test asks what becomes of an invoice: a good card, read just now. */
import { type CustomerFacts, NEVER_CHARGED } from "../../src/domain/charging/charge-decision.ts";
import type { OutlookRules } from "../../src/domain/charging/invoice-outlook.ts";

export const NOW = new Date("2026-12-01T15:00:00Z");

export const CARD = {
  ...{ paymentSourceId: "src_1", cardBrand: "visa", cardLast4: "4242", cardExpMonth: 12, cardExpYear: 2030 },
};

export const PAYER: CustomerFacts = { ...NEVER_CHARGED, card: CARD, readAt: NOW };

export const RULES: OutlookRules = {
  ...{ maxChargesPerCustomerPerDay: 3, budgets: { visaReattemptsIn30Days: 15 }, isHalted: false },
  ...{ limits: { maxCharges: null, maxAmountCents: null }, spent: { charges: 0, amountCents: 0 } },
  policyOf: () => ({ laterCycles: "collect_in_order", windowDays: 45, onChargeback: "charge" }),
};

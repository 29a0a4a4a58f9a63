/** Columns that several listings and exports have in common, each with the codec that reads it. */
import { text, textOrNull, units, whole, wholeOrNull, word, wordOrNull } from "../dialect/codec.ts";
import type { Columns } from "../dialect/paged-rows.ts";
import { DONE } from "../records/refund-states.ts";

// ---------------------------------------------------------------- as the public views have them

export const AMOUNT = {
  amountCents: ["amount_cents", whole],
  amount: ["amount", units],
  currency: ["currency", text],
} as const;

export const REFUNDED = { refundedCents: ["refunded_cents", whole], refunded: ["refunded", units] } as const;

/** Whose invoice it is, and of which cycle. */
export const INVOICE = {
  invoiceId: ["invoice_id", text],
  subscriptionId: ["subscription_id", text],
  planId: ["plan_id", text],
  planName: ["plan_name", text],
  customerId: ["customer_id", text],
  customerName: ["customer_name", text],
  cycle: ["cycle", wholeOrNull],
} as const;

export const FAILURE = {
  declineClass: ["decline_class", wordOrNull],
  failureCode: ["failure_code", textOrNull],
  failureMessage: ["failure_message", textOrNull],
} as const;

export const CARD = { cardBrand: ["card_brand", textOrNull], cardLast4: ["card_last4", textOrNull] } as const;

// ---------------------------------------------------------------- as tables have them

/** Money in cents, and in units beside it. */
export function amountIn(table: string) {
  return {
    amountCents: [`${table}.amount_cents`, whole],
    amount: [`${table}.amount_cents / 100.0`, units],
  } as const;
}

/** Whose event it is. @param table with its point, or nothing where there is one table */
export function concernsIn(table: "e." | "") {
  return {
    customerId: [`${table}customer_id`, textOrNull],
    subscriptionId: [`${table}subscription_id`, textOrNull],
    invoiceId: [`${table}invoice_id`, textOrNull],
    attemptId: [`${table}attempt_id`, textOrNull],
  } as const;
}

/** How often a plan bills, and how many times. */
export function termsIn(table: "p" | "plan") {
  return {
    interval: [`${table}.interval`, word],
    frequency: [`${table}.frequency`, whole],
    expiryCount: [`${table}.expiry_count`, wholeOrNull],
    expiryCounts: [`${table}.expiry_counts`, word],
  } as const;
}

export function expiryIn(table: "o" | "c") {
  return {
    cardExpMonth: [`${table}.card_exp_month`, wholeOrNull],
    cardExpYear: [`${table}.card_exp_year`, wholeOrNull],
  } as const;
}

/** What surely went back: by refunds that are done. @param which of them, in SQL: `r` is the refund */
function refundedBy(which: string) {
  const sum = `(select cast(coalesce(sum(r.amount_cents), 0) as bigint) from refund r where ${which} and r.state in ${DONE})`;
  return { refundedCents: [sum, whole], refunded: [`${sum} / 100.0`, units] } as const;
}
/** `i` is the invoice. */
export const REFUNDED_OF_INVOICE = refundedBy("r.invoice_id = i.id");
/** `s` is the subscription. */
export const REFUNDED_OF_SUBSCRIPTION = refundedBy(
  "r.invoice_id in (select ri.id from invoice ri where ri.subscription_id = s.id)",
);

// ---------------------------------------------------------------- the same in a file

type AnyColumns = Columns<Readonly<Record<string, unknown>>>;

/** Columns under the names that views and files have: `customerId` is `customer_id`. */
export function inSnakeCase(columns: AnyColumns): AnyColumns {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [snakeCase(name), column]));
}

export function without(columns: AnyColumns, names: readonly string[]): AnyColumns {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => !names.includes(name)));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Find whatever a person has in hand: a name, an e-mail, a phone, the last digits of a card, an id of ours or Conekta's.
 *
 * Reads only. Accents and capitals do not count, nor what stands between the digits of a phone.
 */
import type { Sieve } from "../ports/listings.ts";
import type { CustomerRow, SubscriptionRow } from "../ports/listings/subscriptions.ts";
import type { InvoiceRow } from "../ports/listings/invoices.ts";
import type { AttemptState } from "../../domain/attempt.ts";
import type { Language } from "../../domain/language.ts";
import { statusWords } from "../../explain/words.ts";
import type { Store } from "../ports/store.ts";

export type Found = {
  readonly kind: "customer" | "subscription" | "plan" | "invoice" | "attempt";
  readonly id: string;
  readonly customerId: string | null;
  readonly customerName: string | null;
  readonly subscriptionId: string | null;
  readonly invoiceId: string | null;
  /** In a word or two: a status, an e-mail, a card. */
  readonly what: string;
};

const LONGEST = 100;

/** Of a customer: name, e-mail, phone, RFC, last four digits, id or card. */
export function customersLike(text: string): Sieve<CustomerRow> {
  const digits = text.replaceAll(/\D/g, "");
  const isDigits = digits.length >= 4 && /^[\d\s()+.-]+$/.test(text.trim());
  const has = containing(text);
  return sieveBy(
    ["customerId", "name", "email", "phone", "rfc", "cardLast4", "paymentSourceId"],
    ({ customerId, name, email, phone, rfc, cardLast4, paymentSourceId }) =>
      has(customerId, name, email, rfc) ||
      paymentSourceId === text.trim() ||
      (isDigits && (cardLast4 === digits || (phone ?? "").replaceAll(/\D/g, "").includes(digits))),
  );
}

/** Of a subscription: its own id, its plan's name, and its customer's id and name. */
export function subscriptionsLike(text: string): Sieve<SubscriptionRow> {
  const has = containing(text);
  return sieveBy(
    ["subscriptionId", "planName", "customerId", "customerName"],
    ({ subscriptionId, planName, customerId, customerName }) => has(subscriptionId, planName, customerId, customerName),
  );
}

/** Of an invoice: its own id, its order, its subscription, its customer's id and name. */
export function invoicesLike(text: string): Sieve<InvoiceRow> {
  const has = containing(text);
  return sieveBy(
    ["invoiceId", "orderId", "subscriptionId", "customerId", "customerName"],
    ({ invoiceId, orderId, subscriptionId, customerId, customerName }) =>
      has(invoiceId, orderId, subscriptionId, customerId, customerName),
  );
}

/** What is told by is all that it may look at. */
function sieveBy<Row, Column extends keyof Row>(
  by: readonly Column[],
  keeps: (row: Pick<Row, Column>) => boolean,
): Sieve<Row> {
  return { by, keeps };
}

function containing(text: string): (...values: readonly (string | null)[]) => boolean {
  const sought = plain(text.trim());
  return (...values) => values.some((value) => plain(value ?? "").includes(sought));
}

export async function findInBooks(
  { store }: { readonly store: Pick<Store, "list"> },
  text: string,
  language: Language = "en",
): Promise<Found[]> {
  const has = containing(text);
  // Customers come first: of more nothing else would be shown.
  const customers = await store.list("customers", { sieve: customersLike(text), limit: LONGEST });
  const ids = new Set(customers.map(({ customerId }) => customerId));
  const subscriptions = await store.list("subscriptions", {
    sieve: sieveBy(
      ["subscriptionId", "customerId"],
      ({ subscriptionId, customerId }) => ids.has(customerId) || has(subscriptionId),
    ),
    limit: LONGEST,
  });
  const plans = await store.list("plans", {
    sieve: sieveBy(["planId", "name"], ({ planId, name }) => has(planId, name)),
  });
  const invoices = await store.list("invoices", { where: { invoiceId: text.trim() } });
  const attempts = await attemptsOf(store, text.trim(), language);
  return [
    ...customers.map(({ customerId, name, email, phone }) => ({
      ...({ kind: "customer", id: customerId, customerId, customerName: name } as const),
      ...{ subscriptionId: null, invoiceId: null, what: [email, phone].filter((each) => each !== null).join(", ") },
    })),
    ...subscriptions.map(({ subscriptionId, customerId, customerName, planName, status }) => ({
      ...({ kind: "subscription", id: subscriptionId, customerId, customerName, subscriptionId } as const),
      ...{ invoiceId: null, what: `${planName}, ${inWords(status, language)}` },
    })),
    ...plans.map(({ planId, name }) => ({
      ...({ kind: "plan", id: planId, customerId: null, customerName: null } as const),
      ...{ subscriptionId: null, invoiceId: null, what: name },
    })),
    ...invoices.map(({ invoiceId, customerId, customerName, subscriptionId, cycle, status }) => ({
      ...({ kind: "invoice", id: invoiceId, customerId, customerName, subscriptionId, invoiceId } as const),
      what: `${cycleIn(cycle, language)}, ${inWords(status, language)}`,
    })),
    ...attempts,
  ].slice(0, LONGEST);
}

/** By our id or reference, by Conekta's order or charge. */
async function attemptsOf(store: Pick<Store, "list">, id: string, language: Language): Promise<Found[]> {
  for (const where of [{ attemptId: id }, { reference: id }, { orderId: id }, { chargeId: id }]) {
    const rows = await store.list("attempts", { where });
    if (rows.length === 0) continue;
    const found = rows.map(async ({ attemptId, invoiceId, number, state }) => {
      const [invoice] = await store.list("invoices", { where: { invoiceId } });
      const { customerId = null, customerName = null, subscriptionId = null } = invoice ?? {};
      return {
        ...({ kind: "attempt", id: attemptId, customerId, customerName, subscriptionId, invoiceId } as const),
        what: language === "es" ? `intento ${number}, ${ATTEMPT_WORDS[state]}` : `try ${number}, ${state}`,
      };
    });
    return await Promise.all(found);
  }
  return [];
}

const ATTEMPT_WORDS: Readonly<Record<AttemptState, string>> = {
  claimed: "por enviarse",
  sending: "enviándose",
  paid: "pagado",
  paid_again: "pagado otra vez",
  declined: "rechazado",
  pending: "pendiente",
  lapsed: "vencido",
  refused: "petición rechazada",
  not_sent: "no enviado",
  released: "no enviado",
  unknown: "sin saberse",
};

/** In English the books' own word. */
function inWords(status: InvoiceRow["status"] | SubscriptionRow["status"], language: Language): string {
  return language === "es" ? statusWords(status).es : status;
}

function cycleIn(cycle: number | null, language: Language): string {
  if (cycle === null) return language === "es" ? "cargo único" : "one-off";
  return language === "es" ? `ciclo ${cycle}` : `cycle ${cycle}`;
}

function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

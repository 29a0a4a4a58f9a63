/**
 * Find whatever a person has in hand: a name, an e-mail, a phone, the last digits of a card, an id of ours or Conekta's.
 *
 * Reads only. Accents and capitals do not count, nor what stands between the digits of a phone.
 */
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

export async function findInBooks({ store }: { readonly store: Pick<Store, "list"> }, text: string): Promise<Found[]> {
  const sought = plain(text.trim());
  const digits = text.replaceAll(/\D/g, "");
  const isDigits = digits.length >= 4 && /^[\d\s()+.-]+$/.test(text.trim());
  const has = (...values: readonly (string | null)[]) => values.some((value) => plain(value ?? "").includes(sought));

  const customers = (await store.list("customers", {})).filter(
    ({ customerId, name, email, phone, cardLast4, paymentSourceId }) =>
      has(customerId, name, email) ||
      paymentSourceId === text ||
      (isDigits && (cardLast4 === digits || (phone ?? "").replaceAll(/\D/g, "").includes(digits))),
  );
  const ids = new Set(customers.map(({ customerId }) => customerId));
  const subscriptions = (await store.list("subscriptions", {})).filter(
    ({ subscriptionId, customerId }) => ids.has(customerId) || has(subscriptionId),
  );
  const plans = (await store.list("plans", {})).filter(({ planId, name }) => has(planId, name));
  const invoices = await store.list("invoices", { where: { invoiceId: text.trim() } });
  const attempts = await attemptsOf(store, text.trim());
  return [
    ...customers.map(({ customerId, name, email, phone }) => ({
      ...({ kind: "customer", id: customerId, customerId, customerName: name } as const),
      ...{ subscriptionId: null, invoiceId: null, what: [email, phone].filter((each) => each !== null).join(", ") },
    })),
    ...subscriptions.map(({ subscriptionId, customerId, customerName, planName, status }) => ({
      ...({ kind: "subscription", id: subscriptionId, customerId, customerName, subscriptionId } as const),
      ...{ invoiceId: null, what: `${planName}, ${status}` },
    })),
    ...plans.map(({ planId, name }) => ({
      ...({ kind: "plan", id: planId, customerId: null, customerName: null } as const),
      ...{ subscriptionId: null, invoiceId: null, what: name },
    })),
    ...invoices.map(({ invoiceId, customerId, customerName, subscriptionId, cycle, status }) => ({
      ...({ kind: "invoice", id: invoiceId, customerId, customerName, subscriptionId, invoiceId } as const),
      what: `${cycle === null ? "one-off" : `cycle ${cycle}`}, ${status}`,
    })),
    ...attempts,
  ].slice(0, LONGEST);
}

/** By our id or reference, by Conekta's order or charge. */
async function attemptsOf(store: Pick<Store, "list">, id: string): Promise<Found[]> {
  for (const where of [{ attemptId: id }, { reference: id }, { orderId: id }, { chargeId: id }]) {
    const rows = await store.list("attempts", { where });
    if (rows.length === 0) continue;
    const found = rows.map(async ({ attemptId, invoiceId, number, state }) => {
      const [invoice] = await store.list("invoices", { where: { invoiceId } });
      const { customerId = null, customerName = null, subscriptionId = null } = invoice ?? {};
      return {
        ...({ kind: "attempt", id: attemptId, customerId, customerName, subscriptionId, invoiceId } as const),
        what: `try ${number}, ${state}`,
      };
    });
    return await Promise.all(found);
  }
  return [];
}

function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

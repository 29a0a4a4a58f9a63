/** What is known of a subscription for an answer to a bank, and what its customer agreed to. */
import { describe, expect, test } from "@jest/globals";
import { planOf, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { Consent } from "../../domain/consent.ts";
import { said } from "../../domain/refusals.ts";
import { listConsents, recordConsent } from "./consents.ts";
import { evidenceOf } from "./evidence.ts";
import { explainSubscription } from "./explain-subscription.ts";

const NOW = new Date("2026-02-10T15:00:00Z");
type Row = Readonly<Record<string, unknown>>;

const SUBSCRIPTION = { subscriptionId: "ana", planId: "oro", customerId: "cus_ana", timeZone: "America/Mexico_City" };
const PLAN = { planId: "oro", name: "Plan Oro" };
const CUSTOMER = { customerId: "cus_ana", name: "Ana", email: "ana@example.mx", phone: "1" };
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  subscriptions: [{ ...SUBSCRIPTION, subscriptionId: "other" }, SUBSCRIPTION],
  plans: [{ planId: "plata" }, PLAN],
  customers: [{ customerId: "cus_x" }, { ...CUSTOMER, rfc: "X", cardLast4: "4242" }],
  consents: [
    { subscriptionId: "ana", consentId: "cns_2" },
    { subscriptionId: "ana", consentId: "cns_1" },
    { subscriptionId: "other", consentId: "cns_9" },
  ],
  history: [
    { subscriptionId: "ana", invoiceId: "inv_2", attempt: 1 },
    { subscriptionId: "ana", invoiceId: "inv_1", attempt: 2 },
    { subscriptionId: "ana", invoiceId: "inv_1", attempt: 1 },
  ],
  events: [
    { subscriptionId: "ana", at: "2026-01-01T00:00:00Z", type: "invoice.paid", data: {} },
    {
      ...{ subscriptionId: "ana", at: "2026-01-02T00:00:00Z", type: "subscription.cancel_scheduled" },
      data: { actor: { name: "Tablero" }, endsAt: "2026-02-28T15:00:00.000Z", because: "person", was: "active" },
    },
    { subscriptionId: "ana", at: "2026-01-03T00:00:00Z", type: "subscription.uncanceled", data: { because: "person" } },
    { subscriptionId: "ana", at: "2026-01-04T00:00:00Z", type: "subscription.canceled", data: { was: "active" } },
  ],
  disputes: [
    { subscriptionId: "ana", disputeId: "dsp_2", openedAt: "2026-02-02" },
    { subscriptionId: "ana", disputeId: "dsp_1", openedAt: "2026-02-01" },
    { subscriptionId: "ana", disputeId: "dsp_3", openedAt: "2026-02-03" },
    { subscriptionId: "ana", disputeId: "dsp_4", openedAt: "2026-02-03" },
  ],
};

function storeOf(rows = ROWS) {
  return {
    list: async (name: string, { where = {} }: { readonly where?: Row }) =>
      (rows[name] ?? []).filter((row) => Object.entries(where).every(([key, value]) => row[key] === value)),
    refunds: {
      list: async ({ invoiceId }: { readonly invoiceId?: string }) =>
        invoiceId === "inv_1"
          ? [
              { refundId: "ref_1", createdAt: "2026-02-03" },
              { refundId: "ref_3", createdAt: "2026-02-05" },
              { refundId: "ref_4", createdAt: "2026-02-05" },
            ]
          : [{ refundId: "ref_2", createdAt: "2026-02-04" }],
    },
  } as unknown as Parameters<typeof evidenceOf>[0]["store"];
}

describe("the evidence", () => {
  const clock = { now: () => NOW } as never;

  test("has all of a subscription, the oldest first, and of its customer no card", async () => {
    const found = await evidenceOf({ store: storeOf(), clock }, "ana");
    expect(found).toMatchObject({ madeAt: NOW.toISOString(), subscription: SUBSCRIPTION, plan: PLAN });
    expect(found.customer).toEqual(CUSTOMER);
    expect(found.consents.map(({ consentId }) => consentId)).toEqual(["cns_1", "cns_2"]);
    expect(found.charges.map(({ invoiceId, attempt }) => [invoiceId, attempt])).toEqual([
      ["inv_1", 1],
      ["inv_1", 2],
      ["inv_2", 1],
    ]);
    // Those of one moment stay as they are listed.
    expect(found.refunds.map(({ refundId }) => refundId)).toEqual(["ref_1", "ref_2", "ref_3", "ref_4"]);
    expect(found.disputes.map(({ disputeId }) => disputeId)).toEqual(["dsp_1", "dsp_2", "dsp_3", "dsp_4"]);
  });

  test("tells each cancellation with who asked for it, where that is known", async () => {
    const { cancellations } = await evidenceOf({ store: storeOf(), clock }, "ana");
    expect(cancellations.map(({ at, type, by }) => [at, type, by])).toEqual([
      ["2026-01-02T00:00:00Z", "subscription.cancel_scheduled", "Tablero"],
      ["2026-01-03T00:00:00Z", "subscription.uncanceled", null],
      ["2026-01-04T00:00:00Z", "subscription.canceled", null],
    ]);
    expect(cancellations.every(({ text }) => text.es !== "" && text.en !== "")).toBe(true);
  });

  test.each(["subscriptions", "plans", "customers"])("without its row of %s there is none", async (name) => {
    const work = evidenceOf({ store: storeOf({ ...ROWS, [name]: [] }), clock }, "ana");
    expect(await thrownBy(work)).toMatchObject({ name: "NotFound", said: said("no_subscription", { id: "ana" }) });
  });
});

describe("a consent", () => {
  const WISH = { id: "cns_1", version: "1", text: "Acepto.", channel: "web", addressHash: null } as const;
  async function recorded(change: Partial<Parameters<typeof recordConsent>[2]> = {}) {
    const written: unknown[] = [];
    const records = {
      subscription: async () => subscriptionOf("ana", { discount: { percent: 50 }, quantity: 3 }),
      plan: async () => planOf({ interval: "week", frequency: 2 }),
      addConsent: (consent: Consent) => void written.push(consent),
      record: (event: unknown) => void written.push(event),
    };
    const store = { write: async (_now: Date, work: (within: unknown) => unknown) => await work(records) } as never;
    await recordConsent(
      { store, clock: { now: () => NOW } as never },
      "ana",
      { ...WISH, consentedAt: null, amountCents: null, ...change },
      "eva",
    );
    return written;
  }
  const told = (at: Date) => ({
    ...{ type: "subscription.consent_recorded", subscriptionId: "ana", customerId: "cus_ana" },
    data: { consentId: "cns_1", version: "1", channel: "web", consentedAt: at.toISOString(), by: "eva" },
  });

  test("is kept with what one charge comes to, and the time", async () => {
    expect(await recorded()).toEqual([
      {
        ...{ ...WISH, subscriptionId: "ana", amountCents: 30022, currency: "MXN", interval: "week", frequency: 2 },
        ...{ consentedAt: NOW, recordedBy: "eva", createdAt: NOW },
      },
      told(NOW),
    ]);
  });

  test("is kept with what was shown, and when", async () => {
    const consentedAt = new Date("2026-01-01T15:00:00Z");
    const [consent, event] = await recorded({ amountCents: 5, consentedAt });
    expect(consent).toMatchObject({ amountCents: 5, consentedAt, createdAt: NOW });
    expect(event).toEqual(told(consentedAt));
  });

  test("that cannot be is not kept", async () => {
    const later = new Date("2027-01-01T15:00:00Z");
    await expect(recorded({ consentedAt: later })).rejects.toMatchObject({ name: "InputInvalid" });
  });

  test("of a subscription that is not there is not found", async () => {
    const work = listConsents(storeOf(), "x");
    expect(await thrownBy(work)).toMatchObject({ name: "NotFound", said: said("no_subscription", { id: "x" }) });
  });
});

describe("what is explained", () => {
  const needs = (facts: unknown) =>
    ({
      ...{ clock: { now: () => NOW }, declineText: () => null, policies: new Map(), budgets: {} },
      limits: { maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3 },
      store: {
        installation: async () => ({ haltReason: null }),
        sentWithinTheHour: async () => ({ charges: 0, amountCents: 0 }),
      },
      records: { factsOf: async () => facts },
    }) as unknown as Parameters<typeof explainSubscription>[0];

  test("is of a subscription that is there, and of an invoice of its own", async () => {
    const none = {
      name: "NotFound",
      said: said("no_subscription", { id: "x" }),
      mend: { do: "list", what: "subscriptions" },
    };
    expect(await thrownBy(explainSubscription(needs(null), { subscriptionId: "x", invoiceId: null }))).toMatchObject(
      none,
    );
    const other = explainSubscription(needs({ invoices: [{ id: "inv_2" }] }), {
      subscriptionId: "ana",
      invoiceId: "inv_1",
    });
    expect(await thrownBy(other)).toMatchObject({
      ...{ name: "NotFound", said: said("no_invoice_of", { subscriptionId: "ana", invoiceId: "inv_1" }) },
      mend: { do: "list_invoices_of", subscriptionId: "ana" },
    });
  });
});

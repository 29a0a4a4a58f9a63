import { describe, expect, test } from "@jest/globals";
import { NOTHING_WAITS } from "../domain/invoice-content.ts";
import type { OutlookRules } from "../domain/charging/invoice-outlook.ts";
import { explain } from "./explain.ts";
import type {
  InvoiceStory,
  EventFacts,
  Facts,
  WebhookStory,
  RefundFacts,
  SubscriptionFacts,
  AttemptStory,
} from "./facts.ts";

const at = (minute: number): Date => new Date(Date.UTC(2026, 11, 1, 15, minute));

const SUBSCRIPTION = {
  id: "ana",
  status: "active",
  timeZone: "America/Mexico_City",
  nextBillingAt: null,
} as SubscriptionFacts;
const INVOICE = {
  ...{ id: "inv_1", cycle: 0, amountCents: 20015, currency: "MXN", status: "paid" },
  content: { lineItems: [], discounts: [], taxes: [], currency: "MXN" },
} as unknown as InvoiceStory;
const ATTEMPT: AttemptStory = {
  ...{ id: "att_1", invoiceId: "inv_1", number: 1, state: "paid", flow: "single", amountCents: 20015 },
  ...{ currency: "MXN", orderId: "ord_1", chargeId: "chr_1", cardBrand: "visa", cardLast4: "4242", claimedAt: at(0) },
  ...{ sentAt: at(1), nextInquiryAt: null, paymentMethod: null, evidence: [], link: null },
};
const REFUND: RefundFacts = {
  ...{ id: "ref_1", invoiceId: "inv_1", amountCents: 5000, currency: "MXN", state: "done", note: "half of May" },
  ...{ reason: "requested_by_client", requestedBy: "eva", createdAt: at(5) },
};
const WEBHOOK: WebhookStory = {
  id: "whe_1",
  type: "order.paid",
  orderId: "ord_1",
  receivedAt: at(2),
  processedAt: at(4),
};

function event(minute: number, type: string, change: Partial<EventFacts> = {}): EventFacts {
  const subject = { invoiceId: "inv_1", attemptId: null };
  return { id: `evt_${minute}_${type}`, at: at(minute), type, ...subject, data: {}, ...change };
}

function storyOf(change: Partial<Facts>, invoiceId: string | null = null) {
  const nothing = { events: [], attempts: [], refunds: [], webhooks: [], halt: null };
  // Nothing of the story depends on what comes next.
  const subscription = { waiting: NOTHING_WAITS };
  const outlook = { unsettled: [] as const, subscription } as unknown as Facts["outlook"];
  return explain(
    { subscription: SUBSCRIPTION, outlook, invoices: [INVOICE], ...nothing, ...change },
    () => null,
    {} as OutlookRules,
    at(9),
    invoiceId,
  );
}

const typesOf = (change: Partial<Facts>): string[] =>
  (storyOf(change).invoices[0]?.entries ?? []).map(({ type }) => type);
const PAID = event(3, "invoice.paid", { attemptId: "att_1" });

test.each<[string, string, string]>([
  ["ana", "ana pidió devolver", "a person at the counter"],
  ["conekta", "Se pidió devolver $50.00 MXN fuera de Puntual, en Conekta.", "a colleague in Conekta's panel"],
])("a refund that %s asked for: %s (%s)", (requestedBy, told) => {
  const entries = storyOf({ refunds: [{ ...REFUND, amountCents: 5000, requestedBy }] }).invoices[0]?.entries ?? [];
  expect(entries.find(({ type }) => type === "refund.requested")?.text.es).toContain(told);
});

describe("the order of the story", () => {
  test.each<[Partial<Facts>, string, string]>([
    [
      { events: [PAID], attempts: [ATTEMPT] },
      "attempt.sent invoice.paid",
      "what was sent comes before what became of it",
    ],
    [
      { events: [event(1, "invoice.opened"), { ...PAID, at: at(1) }], attempts: [ATTEMPT] },
      "invoice.opened attempt.sent invoice.paid",
      "even at one instant",
    ],
    [
      { events: [event(8, "invoice.opened"), PAID] },
      "invoice.opened invoice.paid",
      "a clock that went back does not turn the history round",
    ],
    [{ events: [PAID], refunds: [REFUND] }, "invoice.paid refund.requested", "asking for a refund has no event"],
    [
      { events: [PAID], attempts: [ATTEMPT], webhooks: [WEBHOOK] },
      "attempt.sent webhook.received invoice.paid",
      "it led to the payment",
    ],
    [
      { events: [PAID], attempts: [ATTEMPT], webhooks: [{ ...WEBHOOK, receivedAt: at(4) }] },
      "attempt.sent invoice.paid",
      "it showed what was known",
    ],
    [
      { events: [PAID], attempts: [ATTEMPT], webhooks: [{ ...WEBHOOK, processedAt: null }] },
      "attempt.sent invoice.paid",
      "nothing has come of it yet",
    ],
    [
      { events: [PAID], attempts: [ATTEMPT], webhooks: [{ ...WEBHOOK, orderId: "ord_2" }] },
      "attempt.sent invoice.paid",
      "another order's",
    ],
    [
      { events: [PAID], attempts: [{ ...ATTEMPT, sentAt: null }] },
      "invoice.paid",
      "a claim that was never sent is no charge",
    ],
  ])("%#: %j", (change, types, _because) => {
    expect(typesOf(change).join(" ")).toBe(types);
  });
});

describe("what was learned of an attempt", () => {
  const learned = (minute: number) => ({
    at: at(minute),
    because: "the order shows no charge",
    httpStatus: 200,
    logId: "log_1",
  });

  test("is in its event's sentence where there is one, and a line of its own where there is none", () => {
    const attempt = { ...ATTEMPT, evidence: [learned(2), learned(3)] };
    const entries = storyOf({ events: [PAID], attempts: [attempt] }).invoices[0]?.entries ?? [];
    expect(entries.map(({ type }) => type)).toEqual(["attempt.sent", "attempt.evidence", "invoice.paid"]);
    expect(entries[1]?.text.es).toBe("Se preguntó a Conekta por el intento 1 — registro: the order shows no charge.");
    expect(entries[1]?.data).toEqual({
      attempt: 1,
      because: "the order shows no charge",
      httpStatus: 200,
      logId: "log_1",
    });
  });

  test("an inquiry that finds nothing says that it was one", () => {
    const events = [
      event(1, "attempt.unknown", { attemptId: "att_1" }),
      event(2, "attempt.inquiry_made", { attemptId: "att_1" }),
    ];
    const [first, second] = storyOf({ events, attempts: [{ ...ATTEMPT, sentAt: null }] }).invoices[0]?.entries ?? [];
    expect(first?.text.en).toMatch(/^It is not known whether attempt 1 moved money/);
    expect(second?.text.en).toMatch(/^Conekta was asked, and it is still not known whether attempt 1/);
  });
});

describe("what belongs to no single invoice", () => {
  const CARD = event(3, "card.changed", { invoiceId: null, data: { paymentSourceId: "src_2", cardLast4: "1111" } });
  const NEWS: WebhookStory = { ...WEBHOOK, type: "customer.updated", orderId: null };

  test("comes before the invoices, with the webhook that reported it", () => {
    const { entries, invoices } = storyOf({ events: [CARD], webhooks: [NEWS] });
    expect(entries.map(({ type }) => type)).toEqual(["webhook.received", "card.changed"]);
    expect(invoices[0]?.entries).toEqual([]);
  });

  test("is left out where one invoice is asked for; what that one waits for is shown, settled or not", () => {
    const { entries, next } = storyOf({ events: [CARD], webhooks: [NEWS] }, "inv_1");
    expect(entries).toEqual([]);
    expect(next).toMatchObject([{ what: "nothing", why: { en: "Nothing more: the invoice is paid." } }]);
  });
});

/** One order that webhooks named: what is booked of it, and what becomes of each event. */
import { describe, expect, test } from "@jest/globals";
import { answerOf, knownAttempt, listedOrder, paymentBy } from "../../../test/support/seen-orders.ts";
import { attemptRow, disputeSeen, IDS, webhookWorld, type WebhookWorld } from "../../../test/support/webhook-world.ts";
import type { AttemptRow } from "../../../test/simulation/memory-store/rows.ts";
import type { AttemptState } from "../../domain/attempt.ts";
import { GatewayRefused } from "../../domain/errors.ts";
import type { KnownAttempt, SeenOrder, TakenWebhook } from "../ports/webhooks.ts";
import { evidenceFor, followOrder } from "./follow-order.ts";

type Shown = Parameters<typeof answerOf>[0];

// prettier-ignore
test.each<[shown: Shown, state: KnownAttempt["state"], isBooked: boolean, because: string]>([
  ["paid", "unknown", true, "only the answer was lost"],
  ["paid", "sending", true, "money is booked from every state"],
  ["paid", "declined", true, "however late"],
  ["paid", "paid", false, "it is booked already"],
  ["paid", "paid_again", false, "it is booked already"],
  ["declined", "unknown", true, "it was a decline"],
  ["declined", "pending", true, "its wait is over"],
  ["declined", "sending", false, "its own answer comes first"],
  ["declined", "not_sent", false, "a try that has ended"],
  ["lapsed", "pending", true, "the page is over"],
  ["lapsed", "lapsed", false, "it is booked already"],
  ["pending", "unknown", true, "it is visible again"],
  ["pending", "pending", false, "that is known"],
  ["pending", "sending", false, "its own answer comes first"],
  ["absent", "unknown", false, "inquiries that count are made by the run"],
  ["unknown", "unknown", false, "nothing is learned"],
])("an order that shows %s, of an attempt that is %s, is booked: %p (%s)", (shown, state, isBooked, _because) => {
  const order = listedOrder({ inquiryAnswerOf: () => answerOf(shown) });
  expect(evidenceFor([knownAttempt({ state })], order)).toHaveLength(isBooked ? 1 : 0);
});

// prettier-ignore
test.each<[attempts: Partial<KnownAttempt>[], reference: string | null, payer: string, because: string]>([
  [[{ state: "declined", chargeId: "chr_1" }, {}], "inv_1-2", "att_0", "the one that holds the charge"],
  [[{ state: "declined" }, { reference: "inv_1-2" }], "inv_1-2", "att_1", "the one that the charge names"],
  [[{ state: "declined", reference: "inv_1-2" }, {}], "inv_1-2", "att_0", "the one that the charge names, though it was declined"],
  [[{ state: "declined" }, { state: "unknown" }, { state: "declined" }], null, "att_1", "the one that is open"],
  [[{ state: "declined" }, { state: "not_sent" }], null, "att_1", "the last one"],
])("of %j, with a charge of %p, %s is paid, and no other (%s)", (attempts, reference, payer, _because) => {
  const known = attempts.map((each, place) => knownAttempt({ attemptId: `att_${place}`, reference: `inv_1-${place}`, ...each }));
  const order = listedOrder({ chargeReferences: new Map([["chr_1", reference]]) });
  expect(evidenceFor(known, order).map(({ attemptId }) => attemptId)).toEqual([payer]);
});

test("a payment that names no charge is that of the attempt that is open", () => {
  const known = [knownAttempt({ attemptId: "att_0", state: "declined" }), knownAttempt()];
  const trace = { httpStatus: 200, logId: null, because: "read" };
  const order = listedOrder({
    ...{ chargeReferences: new Map(), inquiryAnswerOf: () => ({ kind: "paid", payment: paymentBy(null), trace }) },
  });
  expect(evidenceFor(known, order).map(({ attemptId }) => attemptId)).toEqual(["att_1"]);
});

const AT = new Date("2026-02-10T15:00:00Z");
const before = (ms: number) => new Date(AT.getTime() - ms);
const FRESH = before(59_999);
const STALE = before(60_000);
const shown = (kind: Shown) => ({ inquiryAnswerOf: () => answerOf(kind) });

function eventOf(type: string, change: Partial<TakenWebhook> = {}): TakenWebhook {
  return { id: "whe_1", type, receivedAt: FRESH, orderId: "ord_1", customerId: null, tries: 2, ...change };
}

async function followed(world: WebhookWorld, ...events: readonly TakenWebhook[]) {
  const made = await webhookWorld(world);
  const verdicts = await followOrder(made.needs, "ord_1", events, made.summary);
  return { ...made, verdicts, states: [...made.tables.attempts.rows.values()].map(({ state }) => state) };
}

const again = (because: string) => ({
  ...{ state: "received", because, nextTryAt: new Date(AT.getTime() + 10_000), notes: [] },
});
const done = (state: "processed" | "ignored" | "failed", because: string | null = null) => ({
  ...{ state, because, nextTryAt: null, notes: [] },
});
const LAGS = again("the read does not show it yet");
const NOT_SHOWN = "the order was read 2 times and does not show it";

describe("an order that webhooks name is read and booked", () => {
  test("money whose answer was lost is booked, counted and told", async () => {
    const { verdicts, states, summary, invoicesOf, reads, told } = await followed({}, eventOf("order.paid"));
    expect(verdicts).toEqual([done("processed")]);
    expect([states, reads]).toEqual([["paid"], ["ord_1"]]);
    expect(invoicesOf("ana")).toMatchObject([{ status: "paid" }]);
    expect([summary.outcomes.paid, summary.paidCents]).toEqual([1, { MXN: 20015 }]);
    expect(told().map(({ type }) => type)).toContain("invoice.paid");
  });

  test("an order that our reference names is ours before the books know its id", async () => {
    const attempts = [attemptRow("unknown", { orderId: null })];
    expect((await followed({ attempts }, eventOf("order.paid"))).states).toEqual(["paid"]);
  });

  test("a reference that somebody else's books copied is not", async () => {
    const attempts = [attemptRow("unknown", { orderId: null })];
    const { verdicts, states } = await followed(
      { attempts, order: { installationId: "ins_x" } },
      eventOf("order.paid"),
    );
    expect(verdicts).toEqual([done("ignored", "an order that is not of these books")]);
    expect(states).toEqual(["unknown"]);
  });

  test("of two events of an order each has its verdict, after one read", async () => {
    const { verdicts, reads } = await followed({}, eventOf("order.paid"), eventOf("order.created"));
    expect(verdicts).toEqual([done("processed"), done("processed")]);
    expect(reads).toHaveLength(1);
  });
});

const PAID = attemptRow("paid", { chargeId: "chr_1" });
const paidInvoice = { status: "paid", paidAt: AT, nextAttemptAt: null } as const;

test.each<[types: readonly string[], attempts: readonly AttemptRow[], isRead: boolean, because: string]>([
  [["order.paid"], [PAID], false, "nothing that is about paying could change it"],
  [["charge.paid", "order.created"], [PAID], false, "neither could the others"],
  [["order.paid", "order.refunded"], [PAID], true, "money may have gone back"],
  [["charge.chargeback.created"], [PAID], true, "it is disputed"],
  [["charge.refunded"], [PAID], true, "a refund of a charge is no payment"],
  [
    ["order.paid"],
    [
      attemptRow("declined", { id: "att_0", reference: "ref_0", flow: "order_first" }),
      { ...PAID, number: 2, flow: "order_first" },
    ],
    true,
    "one of its attempts is not paid",
  ],
  [["order.paid"], [{ ...PAID, orderId: "ord_2" }], true, "the books know no attempt of it"],
])("%j of what is paid asks for a read: %p, %p (%s)", async (types, attempts, isRead) => {
  const { reads, verdicts } = await followed({ attempts, invoice: paidInvoice }, ...types.map((type) => eventOf(type)));
  expect(reads).toHaveLength(isRead ? 1 : 0);
  const isAnswered = verdicts.every(({ because }) => because === "paid already");
  expect(isAnswered).toBe(!isRead);
});

describe("an order that is not in the books", () => {
  const attempts = [attemptRow("unknown", { orderId: "ord_2", reference: "ref_2" })];

  test("of this installation fails: the books are older than it", async () => {
    const { verdicts, logged } = await followed({ attempts }, eventOf("order.paid"));
    expect(verdicts).toMatchObject([{ state: "failed", because: expect.stringContaining("take it into them") }]);
    expect(logged).toEqual([["error", "order.not_in_books", { orderId: "ord_1", references: ["ref_1"] }]]);
  });

  test("of an invoice that was archived fails, for a person", async () => {
    const made = await webhookWorld({ attempts });
    const inbox = {
      ...made.needs.webhooks.inbox,
      isArchived: async (references: readonly string[]) => references.includes("ref_1"),
    };
    const needs = { ...made.needs, webhooks: { ...made.needs.webhooks, inbox } };
    const verdicts = await followOrder(needs, "ord_1", [eventOf("order.paid")], made.summary);
    expect(verdicts).toMatchObject([{ state: "failed", because: expect.stringContaining("archived") }]);
    expect(made.logged).toEqual([]);
  });

  test("of other books is ignored", async () => {
    const { verdicts, logged } = await followed({ attempts, order: { installationId: null } }, eventOf("order.paid"));
    expect(verdicts).toEqual([done("ignored", "an order that is not of these books")]);
    expect(logged).toEqual([]);
  });
});

test.each<[receivedAt: Date, verdict: object]>([
  [FRESH, LAGS],
  [STALE, done("ignored", "Conekta knows no such order")],
])("an order that Conekta does not know, told of at %p: %j", async (receivedAt, verdict) => {
  const gone = new GatewayRefused("no such order", { httpStatus: 404, code: null });
  const { verdicts } = await followed({ order: gone }, eventOf("order.paid", { receivedAt }));
  expect(verdicts).toEqual([verdict]);
});

test("any other failure of the read is the caller's", async () => {
  const refused = new GatewayRefused("not so", { httpStatus: 422, code: null });
  await expect(followed({ order: refused }, eventOf("order.paid"))).rejects.toBe(refused);
});

// prettier-ignore
test.each<[type: string, state: AttemptState, order: Shown, receivedAt: Date, verdict: object, because: string]>([
  ["order.paid", "unknown", "absent", FRESH, LAGS, "a payment is awaited"],
  ["order.paid", "unknown", "absent", STALE, done("processed", NOT_SHOWN), "what is not shown by now did not happen"],
  ["order.paid", "paid", "absent", STALE, done("processed", "paid already"), "it is paid: nothing is read"],
  ["order.declined", "unknown", "declined", FRESH, done("processed"), "it is over"],
  ["order.declined", "unknown", "absent", FRESH, LAGS, "it is not over yet"],
  ["order.declined", "pending", "pending", STALE, done("processed", NOT_SHOWN), "a page is still open"],
  ["order.pending_payment", "unknown", "absent", FRESH, LAGS, "it is not seen"],
  ["order.pending_payment", "pending", "pending", FRESH, done("processed"), "it is seen"],
  ["order.created", "unknown", "absent", FRESH, done("processed"), "nothing is awaited"],
  ["order.refunded", "paid", "absent", FRESH, LAGS, "money that went back is awaited"],
  ["order.refunded", "paid", "absent", STALE, done("failed", NOT_SHOWN), "a person must look for it"],
  ["charge.chargeback.created", "paid", "absent", FRESH, LAGS, "a dispute is awaited"],
  ["customer.updated", "unknown", "absent", FRESH, done("processed"), "an event of something else awaits nothing"],
])("%s of an attempt that is %s, beside an order that shows %s, told at %p: %j (%s)", async (type, state, order, receivedAt, verdict) => {
  const attempts = [attemptRow(state, state === "paid" ? { chargeId: "chr_1" } : {})];
  const invoice = state === "paid" ? paidInvoice : { nextAttemptAt: null };
  const { verdicts } = await followed({ attempts, invoice, order: shown(order) }, eventOf(type, { receivedAt }));
  expect(verdicts).toEqual([verdict]);
});

test.each(["order.declined", "order.pending_payment"])("%s awaits all attempts of its order", async (type) => {
  const over = attemptRow("declined", { id: "att_0", reference: "ref_0", flow: "order_first" });
  const attempts = [over, attemptRow("unknown", { number: 2, flow: "order_first" })];
  expect((await followed({ attempts, order: shown("absent") }, eventOf(type))).verdicts).toEqual([LAGS]);
});

test("after six hours of tries it is given up", async () => {
  const { verdicts } = await followed({ order: shown("absent") }, eventOf("order.paid", { tries: 16 }));
  expect(verdicts).toEqual([done("failed", "the read does not show it yet")]);
});

describe("a charge under way", () => {
  const sending = attemptRow("sending", { flow: "order_first" });
  const WAITS = again("its charge is under way; its own answer comes first");

  test.each(["order.declined", "order.created"])("%s waits for its own answer", async (type) => {
    const { verdicts } = await followed(
      { attempts: [sending], order: shown("absent") },
      eventOf(type, { receivedAt: STALE }),
    );
    expect(verdicts).toEqual([WAITS]);
  });

  test("beside one that is over waits for its own answer, too", async () => {
    const over = attemptRow("declined", { id: "att_0", reference: "ref_0", flow: "order_first" });
    const attempts = [over, { ...sending, number: 2 }];
    const { verdicts } = await followed({ attempts, order: shown("absent") }, eventOf("order.created"));
    expect(verdicts).toEqual([WAITS]);
  });

  test("beside one that paid waits for nothing", async () => {
    const attempts = [
      { ...PAID, flow: "order_first" as const },
      { ...sending, id: "att_2", number: 2, reference: "ref_2" },
    ];
    const { verdicts } = await followed({ attempts, order: shown("absent") }, eventOf("order.paid"));
    expect(verdicts).toEqual([done("processed")]);
  });
});

describe("money that went back is noted in the history", () => {
  const ids = { ...IDS, attemptId: "att_1" };
  const world = (order: Partial<SeenOrder>) => ({
    ...{ attempts: [PAID], invoice: paidInvoice, order: { ...shown("absent"), ...order } },
  });
  const data = (more: object) => ({ orderId: "ord_1", webhookEventId: "whe_1", shows: "refunded", ...more });

  test.each<[type: string, note: string, order: Partial<SeenOrder>, more: object, level: string]>([
    [
      "order.refunded",
      "order.refunded",
      { givenBack: "refunded", refundedCents: 20015 },
      { amountCents: 20015, currency: "MXN" },
      "warn",
    ],
    ["order.partially_refunded", "order.partially_refunded", { givenBack: "refunded" }, {}, "warn"],
    ["order.fraudulent", "order.fraudulent", { givenBack: "refunded", refundedCents: 5 }, {}, "error"],
    [
      "charge.chargeback.lost",
      "order.chargeback.lost",
      { givenBack: "refunded", disputes: [disputeSeen()] },
      {},
      "error",
    ],
  ])("by %s as %s: %j", async (type, note, order, more, level) => {
    const { verdicts, logged } = await followed(world(order), eventOf(type));
    expect(verdicts).toEqual([{ ...done("processed"), notes: [{ type: note, ...ids, data: data(more) }] }]);
    const shows = { invoiceId: ids.invoiceId, attemptId: "att_1", orderId: "ord_1", shows: "refunded" };
    expect(logged).toContainEqual([level, note, shows]);
  });

  test("of the attempt that paid, else of the last one", async () => {
    const declined = attemptRow("declined", { flow: "order_first" });
    const second = { ...PAID, id: "att_2", number: 2, reference: "ref_2", flow: "order_first" as const };
    const third = attemptRow("declined", { id: "att_3", number: 3, reference: "ref_3", flow: "order_first" });
    const order = { ...shown("absent"), givenBack: "refunded" };
    const noted = async (...attempts: readonly AttemptRow[]) =>
      (await followed({ attempts, order }, eventOf("order.refunded"))).verdicts[0]?.notes[0]?.attemptId;
    expect(await noted(declined, second, third)).toBe("att_2");
    expect(
      await noted(
        { ...second, id: "att_0", number: 1, reference: "ref_0", chargeId: "chr_0", state: "paid_again" },
        second,
      ),
    ).toBe("att_2");
    expect(await noted(declined, third)).toBe("att_3");
  });

  test("what is told of and no other event notes is noted by none", async () => {
    const { verdicts } = await followed(world({ givenBack: "refunded" }), eventOf("charge.refunded"));
    expect(verdicts).toEqual([done("processed")]);
  });

  test("a dispute that older accounts do not show stands in the history all the same", async () => {
    const { verdicts } = await followed(world({}), eventOf("charge.chargeback.created", { receivedAt: STALE }));
    expect(verdicts).toMatchObject([
      { state: "processed", because: NOT_SHOWN, notes: [{ type: "order.chargeback.created" }] },
    ]);
  });

  test("what may be a refund is read once more, as a refund of it may not be shown yet", async () => {
    const disputes = [disputeSeen({ gatewayDisputeId: null, status: "reversed" })];
    const fresh = await followed(world({ givenBack: "reversed", disputes }), eventOf("charge.reversed"));
    expect([fresh.verdicts, fresh.tables.disputes.rows.size]).toEqual([[LAGS], 0]);
    const stale = await followed(
      world({ givenBack: "reversed", disputes }),
      eventOf("charge.reversed", { receivedAt: STALE }),
    );
    expect([stale.verdicts, stale.tables.disputes.rows.size]).toEqual([[done("processed")], 1]);
    const mixed = [eventOf("charge.reversed"), eventOf("order.charged_back", { receivedAt: STALE })];
    expect((await followed(world({ givenBack: "reversed", disputes }), ...mixed)).tables.disputes.rows.size).toBe(1);
  });

  test("told of a dispute beside other things, that none is shown any more says that it was won", async () => {
    const made = await webhookWorld(world({ paidChargeIds: ["chr_1"] }));
    made.tables.disputes.put({
      ...{ ...disputeSeen({ gatewayDisputeId: null, status: "charged_back" }), id: "dsp_1", orderId: "ord_1", ...ids },
      ...{ outcome: "open", openedAt: AT, closedAt: null, closedBy: null, why: null, nextReadAt: AT },
    });
    await followOrder(made.needs, "ord_1", [eventOf("charge.chargeback.won"), eventOf("order.paid")], made.summary);
    expect(made.tables.disputes.get("dsp_1")).toMatchObject({ outcome: "won" });
  });

  test("a dispute that was told of opens one, and needs a person", async () => {
    const { summary, tables } = await followed(
      world({ disputes: [disputeSeen()] }),
      eventOf("charge.chargeback.created"),
    );
    expect([summary.needsPerson, tables.disputes.rows.size]).toEqual([1, 1]);
  });
});

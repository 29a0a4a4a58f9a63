/** A person's word, beside what the gateway shows: which is believed, and what each refusal says. */
import { describe, expect, test } from "@jest/globals";
import { answerOf, knownAttempt, listedOrder, paymentBy, SILENT_LOG } from "../../../test/support/seen-orders.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import type { Payment } from "../../domain/attempt.ts";
import type { ListedOrder, Window } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { resolveNotCharged, resolvePaid, type ResolveNeeds } from "./resolve-unknown.ts";

const SENT_AT = new Date("2026-12-01T15:00:00Z");
const QUIET_MS = 900_000;
const DECISION = { why: "the panel shows it", by: "ana" };

type World = {
  readonly attempt?: Partial<KnownAttempt>;
  /** Of the same books. */
  readonly others?: readonly KnownAttempt[];
  /** By their ids; those that are not there, Conekta does not know. */
  readonly orders?: Readonly<Record<string, ListedOrder | Error>>;
  readonly listed?: readonly ListedOrder[];
  readonly now?: Date;
  readonly row?: object;
  /** What settling makes of it; null: nothing. */
  readonly settles?: KnownAttempt["state"] | null;
};

function worldOf({ attempt = {}, others = [], orders = {}, listed = [], settles = null, ...world }: World) {
  let known = knownAttempt(attempt);
  const told: unknown[] = [];
  const windows: Window[] = [];
  const reads: string[] = [];
  const now = world.now ?? new Date(SENT_AT.getTime() + QUIET_MS);
  const row = { reference: known.reference, sentAt: SENT_AT.toISOString(), claimedAt: null, ...world.row };
  const inbox = {
    attemptsOf: async (orderId: string, references: readonly string[]) =>
      [...others, known].filter((each) => each.orderId === orderId || references.includes(each.reference)),
  };
  const store = {
    installation: async () => ({ id: "ins_1", livemode: false }),
    list: async (_view: string, { where }: { readonly where: { readonly attemptId: string } }) =>
      where.attemptId === known.attemptId ? [row] : [],
    write: async (_now: Date, work: (records: object) => unknown) =>
      await work({
        noteDenied: async (attemptId: string, recheckAt: Date) =>
          void told.push(["denied", attemptId, recheckAt > now]),
        record: (event: unknown) => void told.push(event),
      }),
    settle: async (items: readonly { readonly attemptId: string; readonly evidence: object }[]) =>
      items.map(({ attemptId, evidence }) => {
        told.push(["settled", evidence]);
        if (settles === null) return { attemptId, settlement: null };
        known = { ...known, state: settles };
        return { attemptId, settlement: { attempt: { state: settles }, invoice: {}, event: "invoice.paid" } };
      }),
  };
  const needs = {
    ...{ store, inbox, log: SILENT_LOG, clock: { now: () => now }, timeoutMs: 90_000 },
    inquiries: { offsetsMs: [], rechargeQuietMs: QUIET_MS },
    orders: {
      readOrder: async (orderId: string) => {
        reads.push(orderId);
        const order = orders[orderId];
        if (order === undefined) throw new GatewayRefused("no such order", { httpStatus: 404 } as never);
        if (order instanceof Error) throw order;
        return order;
      },
    },
    lister: {
      async *listOrders(window: Window) {
        windows.push(window);
        yield* listed;
      },
    },
    together: async (work: (within: object) => Promise<unknown>) => await work({ ...store, inbox }),
  } as unknown as ResolveNeeds;
  return { needs, told, windows, reads };
}

type Refusal = { readonly said: { readonly code: string; readonly datum: Readonly<Record<string, unknown>> } };

/** "done", or why not. */
async function outcomeOf(work: Promise<void>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    const { code, datum } = (error as Refusal).said;
    if (code === "unchanged") return (datum["why"] as Refusal["said"]).code;
    return "differences" in datum ? `${code}: ${String(datum["differences"])}` : code;
  }
}

function paidBy(change: Partial<Payment> = {}, order: Partial<ListedOrder> = {}): ListedOrder {
  const trace = { httpStatus: 200, logId: null, because: "said the test" };
  return listedOrder({
    inquiryAnswerOf: () => ({ kind: "paid", payment: { ...paymentBy("chr_1"), ...change }, trace }),
    ...order,
  });
}

function showing(kind: Parameters<typeof answerOf>[0], order: Partial<ListedOrder> = {}): ListedOrder {
  return listedOrder({ inquiryAnswerOf: () => answerOf(kind), ...order });
}

describe("paid by an order", () => {
  const holding = (change: Partial<KnownAttempt>): KnownAttempt =>
    knownAttempt({ attemptId: "att_2", reference: "inv_1-2", state: "paid", chargeId: "chr_1", ...change });

  // prettier-ignore
  test.each<[order: ListedOrder | null, world: World, outcome: string, because: string]>([
    [paidBy(), {}, "done", "it is, as it was asked for"],
    [paidBy(), { attempt: { state: "declined" } }, "done", "also of one that was taken for declined"],
    [paidBy(), { attempt: { state: "paid" } }, "attempt_is", "it is paid already"],
    [paidBy(), { attempt: { state: "paid_again" } }, "attempt_is", "or paid again"],
    [paidBy(), { attempt: { state: "sending" } }, "attempt_being_made", "its own answer comes first"],
    [null, {}, "no_order", "Conekta knows no such order"],
    [showing("declined"), {}, "order_not_paid", "it shows no money"],
    [showing("unknown", { movedPayment: paymentBy("chr_1") }), {}, "done", "it came, and some of it went back"],
    [paidBy({ amountCents: 1 }), {}, "order_does_not_fit: amount 1 cents instead of 20015", "another amount"],
    [paidBy({}, { installationId: null }), {}, "done", "who made it is not told"],
    [paidBy({}, { installationId: "ins_2" }), {}, "order_does_not_fit: made by another installation (ins_2)", "somebody else made it"],
    [paidBy({}, { references: [] }), {}, "done", "what it was made for is not told"],
    [paidBy({}, { references: ["x-1", "x-2"] }), {}, "order_does_not_fit: made for x-1, x-2 instead of inv_1-1", "it was made for others"],
    [paidBy({}, { references: ["x-1"] }), {}, "order_does_not_fit: made for x-1 instead of inv_1-1", "or for another"],
    [paidBy({}, { chargeReferences: new Map([["chr_1", "inv_1-2"]]) }), {}, "order_does_not_fit: its charge is another attempt's", "another try of it paid"],
    [paidBy({}, { chargeReferences: new Map([["chr_1", null]]) }), {}, "done", "its charge names nobody"],
    [paidBy({ chargeId: null }), {}, "done", "it shows no charge"],
    [paidBy(), { others: [holding({})] }, "order_does_not_fit: attempt att_2 (paid) holds it already", "another one holds it"],
    [paidBy(), { others: [holding({ chargeId: null })] }, "order_does_not_fit: attempt att_2 (paid) holds it already", "by its order"],
    [paidBy({ chargeId: null }), { others: [holding({})] }, "order_does_not_fit: attempt att_2 (paid) holds it already", "nobody can tell which charge"],
    [paidBy(), { others: [holding({ chargeId: "chr_2" })] }, "done", "another charge of it is another's"],
    [paidBy(), { others: [holding({ attemptId: "att_1" })] }, "done", "it holds it itself by now"],
    [paidBy(), { others: [holding({ state: "declined" })] }, "done", "another one was declined"],
    [paidBy(), { others: [holding({ orderId: "ord_2" })] }, "done", "another one holds another order"],
  ])("%#, of %j: %s (%s)", async (order, world, outcome) => {
    const orders = order === null ? {} : { ord_1: order };
    const { needs, told } = worldOf({ settles: "paid", ...world, orders });
    expect(await outcomeOf(resolvePaid(needs, "att_1", { ...DECISION, orderId: "ord_1" }))).toBe(outcome);
    expect(told.length > 0).toBe(outcome === "done");
  });

  test("what is booked, and who said so", async () => {
    const { needs, told } = worldOf({ settles: "paid", orders: { ord_1: paidBy() } });
    await resolvePaid(needs, "att_1", { ...DECISION, orderId: "ord_1" });
    const because = "ana says this order paid it, and it is paid: the panel shows it";
    const about = { attemptId: "att_1", invoiceId: "inv_1", subscriptionId: "ana", customerId: "cus_1" };
    expect(told).toEqual([
      ["settled", { kind: "paid", payment: paymentBy("chr_1"), trace: { httpStatus: 200, logId: null, because } }],
      { type: "attempt.resolved", ...about, data: { resolution: "paid", orderId: "ord_1", ...DECISION } },
    ]);
  });

  test("one that somebody else settled meanwhile is told as what it is by now, and nothing is noted", async () => {
    const { needs, told } = worldOf({ settles: null, orders: { ord_1: paidBy() } });
    expect(await outcomeOf(resolvePaid(needs, "att_1", { ...DECISION, orderId: "ord_1" }))).toBe("attempt_is_by_now");
    expect(told).toHaveLength(1);
  });

  test("what Conekta does not answer clearly is no missing order", async () => {
    const { needs } = worldOf({});
    const refused = {
      ...needs,
      orders: { readOrder: async () => Promise.reject(new GatewayRefused("no", { httpStatus: 403 } as never)) },
    };
    await expect(resolvePaid(refused, "att_1", { ...DECISION, orderId: "ord_1" })).rejects.toThrow("no");
  });

  test("of an attempt that is not there nothing is known", async () => {
    expect(await outcomeOf(resolvePaid(worldOf({}).needs, "att_9", { ...DECISION, orderId: "ord_1" }))).toBe(
      "no_attempt",
    );
  });
});

describe("not charged", () => {
  const empty = { ord_1: showing("absent") };

  // prettier-ignore
  test.each<[world: World, outcome: string, because: string]>([
    [{ orders: empty }, "done", "nothing is shown, and it is quiet for long enough"],
    [{ orders: empty, now: new Date(SENT_AT.getTime() + QUIET_MS - 1) }, "attempt_too_fresh", "a moment too early"],
    [{ orders: empty, row: { sentAt: null, claimedAt: SENT_AT.toISOString() } }, "done", "it was claimed as long ago"],
    [{ orders: empty, row: { sentAt: new Date(SENT_AT.getTime() + 1).toISOString(), claimedAt: SENT_AT.toISOString() } }, "attempt_too_fresh", "what counts is when it was sent"],
    [{ orders: empty, attempt: { state: "pending" } }, "attempt_not_unknown", "of what is unknown only"],
    [{ orders: empty, attempt: { state: "paid" } }, "attempt_not_unknown", "it is paid"],
    [{}, "done", "its order is not there at all"],
    [{ attempt: { orderId: null } }, "done", "nor was it ever told"],
    [{ orders: { ord_1: showing("declined") } }, "gateway_shows_charge", "it was declined: that is booked"],
    [{ orders: { ord_1: showing("unknown") } }, "gateway_shows_charge", "nobody can tell"],
    [{ orders: { ord_1: showing("unknown", { givenBack: "refunded" }) } }, "done", "all of it went back"],
    [{ orders: { ord_1: showing("unknown", { givenBack: "partially_refunded" }) } }, "gateway_shows_charge", "some of it was kept"],
    [{ orders: { ord_1: showing("unknown", { givenBack: "charged_back" }) } }, "gateway_shows_charge", "that may be won yet"],
    [{ orders: { ord_1: paidBy() } }, "gateway_shows_charge", "it is paid"],
    [{ orders: { ord_1: paidBy({}, { chargeReferences: new Map([["chr_1", "inv_1-2"]]) }) } }, "done", "another try paid that order"],
    [{ orders: empty, listed: [paidBy()] }, "gateway_shows_charge", "another order of the time shows it paid"],
    [{ orders: empty, listed: [paidBy({}, { references: ["x-1"] })] }, "done", "that one is of somebody else"],
    [{ orders: empty, listed: [showing("absent"), paidBy()] }, "gateway_shows_charge", "any of them"],
  ])("%#, of %j: %s (%s)", async (world, outcome) => {
    const { needs } = worldOf({ settles: "not_sent", ...world });
    expect(await outcomeOf(resolveNotCharged(needs, "att_1", DECISION))).toBe(outcome);
  });

  test("orders of the time are asked for with room for clocks that differ, and the longest call", async () => {
    const { needs, windows } = worldOf({ settles: "not_sent", orders: empty });
    await resolveNotCharged(needs, "att_1", DECISION);
    const minutes = (at: Date): number => (at.getTime() - SENT_AT.getTime()) / 60_000;
    expect(windows.map(({ from, to }) => [minutes(from), minutes(to)])).toEqual([[-5, 6.5]]);
  });

  test.each<[orderId: string | null, reads: readonly string[], because: string]>([
    ["ord_1", ["ord_1"], "its own"],
    [null, [], "nobody was told of one"],
  ])("of an attempt of the order %p these are read by themselves: %j (%s)", async (orderId, read) => {
    const { needs, reads } = worldOf({ settles: "not_sent", attempt: { orderId }, orders: empty });
    await resolveNotCharged(needs, "att_1", DECISION);
    expect(reads).toEqual(read);
  });

  test("what is booked, after it was noted that somebody denied it", async () => {
    const { needs, told } = worldOf({ settles: "not_sent", orders: empty });
    await resolveNotCharged(needs, "att_1", DECISION);
    const because = "ana says that nothing was charged: the panel shows it";
    const about = { attemptId: "att_1", invoiceId: "inv_1", subscriptionId: "ana", customerId: "cus_1" };
    expect(told).toEqual([
      ["denied", "att_1", true],
      ["settled", { kind: "not_sent", unauthorized: false, trace: { httpStatus: null, logId: null, because } }],
      { type: "attempt.resolved", ...about, data: { resolution: "not_charged", ...DECISION } },
    ]);
  });

  test.each<[settles: KnownAttempt["state"] | null, order: Partial<ListedOrder>, outcome: object]>([
    ["declined", {}, { code: "is_booked", datum: { state: "declined" } }],
    ["declined", { references: [] }, { code: "is_booked", datum: { state: "declined" } }],
    [null, {}, { code: "stays_unknown", datum: {} }],
  ])(
    "what is shown is booked instead: where that makes it %p, by an order with %j, %j is said",
    async (settles, order, outcome) => {
      const { needs, told } = worldOf({ settles, orders: { ord_1: showing("declined", order) } });
      const refused = await resolveNotCharged(needs, "att_1", DECISION).catch((error: unknown) => error);
      expect((refused as Refusal).said.datum).toMatchObject({ id: "att_1", because: "said the test", outcome });
      expect(told).toEqual([["settled", expect.objectContaining({ kind: "declined" })]]);
    },
  );
});

test.each<[fault: Error, because: string]>([
  [new GatewayRefused("not now", { httpStatus: 422 } as never), "the order is there, and may hold a charge"],
  [new GatewayUnavailable("no answer", { retryAfterMs: null }), "nobody answers"],
])("where the attempt's order cannot be read, %p, a person's word is not enough (%s)", async (fault) => {
  const { needs, told } = worldOf({ orders: { ord_1: fault } });
  await expect(resolveNotCharged(needs, "att_1", DECISION)).rejects.toBe(fault);
  expect(told).toEqual([]);
});

/** What leaves for the gateway, what does not any more, and what is learned of it. */
import { describe, expect, test } from "@jest/globals";
import { SILENT_LOG } from "../../../test/support/seen-orders.ts";
import type { Outcome } from "../../domain/attempt.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import type { ClaimedAttempt } from "../ports/charging.ts";
import type { InquiryAnswer, OpenedOrder } from "../ports/gateway.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { BEYOND_LIMIT, RELEASED, sendCharge, type Sent, type SendOptions } from "./send-charge.ts";

const TRACE = { httpStatus: 422, logId: null, because: "said the test" };
const REFUSED = { kind: "refused", failureCode: "x", failureMessage: null, trace: TRACE } as const;
const PAID = { kind: "paid", payment: { chargeId: "chr_1" }, trace: TRACE } as unknown as Outcome & InquiryAnswer;
const DECLINED = {
  kind: "declined",
  decline: {},
  orderId: "ord_0",
  chargeId: null,
  trace: TRACE,
} as unknown as InquiryAnswer;
const INTENT = { reference: "inv_1-1", invoiceId: "inv_1", customerId: "cus_1", amountCents: 20015 };
const LEASE_MS = 60_000;
const BEGUN_MS = new Date("2026-12-15T15:00:00Z").getTime();

const GONE = new GatewayRefused("no such customer", { httpStatus: 404, code: null });
const SICK = new GatewayUnavailable("no answer", { retryAfterMs: null });

type World = {
  readonly flow?: "single" | "order_first";
  readonly orderId?: string | null;
  readonly opens?: OpenedOrder;
  readonly answers?: Outcome;
  /** What its order shows, once it is read again; an error: it cannot be read. */
  readonly shows?: InquiryAnswer | Error;
  readonly maySend?: boolean;
  /** Asked in turn, the last for ever. */
  readonly mayLeave?: readonly boolean[];
  /** How long the commit took, by each clock. */
  readonly wallMs?: number;
  readonly monotonicMs?: number;
  readonly hasCard?: boolean;
  /** Why the customer cannot be read. */
  readonly unread?: Error;
};

async function sent({
  flow = "single",
  orderId = null,
  opens,
  answers = PAID,
  shows,
  maySend = true,
  mayLeave = [true],
  wallMs = 0,
  monotonicMs = 0,
  hasCard = true,
  unread,
}: World) {
  const told: unknown[] = [];
  let isCommitted = false;
  let asked = 0;
  const needs = {
    ...{ log: SILENT_LOG, backoffMs: 60_000 },
    clock: {
      now: () => new Date(BEGUN_MS + (isCommitted ? wallMs : 0)),
      monotonicMs: () => LEASE_MS + (isCommitted ? monotonicMs : 0),
    },
    gateway: {
      openOrder: async () => {
        told.push("opened");
        return opens;
      },
      charge: async (_intent: object, chargedOrderId: string | null) => {
        told.push(`charged ${chargedOrderId}`);
        return answers;
      },
      readCharge: async (...args: unknown[]) => {
        told.push(["read", ...args]);
        if (shows instanceof Error) throw shows;
        return shows;
      },
      readCustomer: async () => {
        if (unread !== undefined) throw unread;
        return { id: "cus_1", paymentSourceId: hasCard ? "src_1" : null };
      },
    },
    store: {
      write: async () => {},
      forgetReadFailures: async () => {},
      noteReadFailure: async () => ({ failures: 1, failedSince: new Date(BEGUN_MS) }),
      list: async () => [{ paymentSourceId: hasCard ? "src_1" : null }],
    },
    breaker: { isOpen: false, readAnswered: () => {}, readFailed: () => false },
  } as unknown as Parameters<typeof sendCharge>[0];
  const options: SendOptions = {
    leaseMs: LEASE_MS,
    commitSending: async (item) => {
      told.push(["committed", item.attemptId, item.orderId]);
      isCommitted = true;
      return maySend;
    },
    underWay: { atGateway: async (call) => await call() },
    mayLeave: () => mayLeave[Math.min(asked++, mayLeave.length - 1)] ?? true,
    heard: ({ evidence }) => void told.push(`heard ${evidence.kind}`),
  };
  const claimed = { attemptId: "att_1", intent: INTENT, flow, orderId } as unknown as ClaimedAttempt;
  return { sent: await sendCharge(needs, claimed, options, emptyRunSummary()), told };
}

const evidenceIn = (each: Awaited<ReturnType<typeof sent>>["sent"]) => (each.isOurs ? each.evidence : null);

describe("in the flow single", () => {
  test("it is committed, charged, and heard of", async () => {
    const { sent: result, told } = await sent({});
    expect(result).toEqual({ isOurs: true, evidence: PAID, isWithoutOrder: false, wasAsked: true });
    expect(told).toEqual([["committed", "att_1", null], "charged null", "heard paid"]);
  });

  test("where the commit says no, it is not ours any more", async () => {
    const { sent: result, told } = await sent({ maySend: false });
    expect([result, told.length]).toEqual([{ isOurs: false }, 1]);
  });

  // prettier-ignore
  test.each<[world: World, because: string]>([
    [{ mayLeave: [false] }, "not sent: charging had stopped before its turn came"],
    [{ wallMs: LEASE_MS / 2 }, "not sent: the lease had run out before the charge could be sent"],
    [{ monotonicMs: LEASE_MS / 2 }, "not sent: the lease had run out before the charge could be sent"],
    [{ wallMs: -LEASE_MS, monotonicMs: LEASE_MS / 2 }, "not sent: the lease had run out before the charge could be sent"],
  ])("%j: %s", async (world, because) => {
    const { sent: result, told } = await sent(world);
    const evidence = { kind: "not_sent", unauthorized: false, trace: { httpStatus: null, logId: null, because } };
    expect(result).toEqual({ isOurs: true, evidence, isWithoutOrder: false, wasAsked: false });
    expect(told).toHaveLength(1);
  });

  test("a moment before half of the lease is over, it leaves", async () => {
    const { told } = await sent({ wallMs: LEASE_MS / 2 - 1, monotonicMs: LEASE_MS / 2 - 1 });
    expect(told).toContain("charged null");
  });

  // prettier-ignore
  test.each<[world: World, failureCode: string | null, why: string, because: string]>([
    [{}, null, "", "the customer has a card: a person decides"],
    [{ hasCard: false }, "no_default_card", "has no default card", "there is none to charge"],
    [{ unread: GONE }, "customer_deleted", "is not at Conekta any more", "nobody is there"],
    [{ unread: SICK }, null, "", "the customer cannot be read: a person decides"],
  ])("refused, the customer is read, %j: declined for %p, since it %s (%s)", async (world, failureCode, why) => {
    const { sent: result, told } = await sent({ answers: REFUSED, ...world });
    const failed = {
      ...{ kind: "declined", orderId: null, chargeId: null, card: "none" },
      decline: { declineClass: "new_card", failureCode, failureMessage: null },
      trace: { ...TRACE, because: `refused, and the customer, read again, ${why} (said the test)` },
    };
    const evidence = failureCode === null ? REFUSED : failed;
    expect(evidenceIn(result)).toEqual(evidence);
    expect(told.at(-1)).toBe(`heard ${evidence.kind}`);
  });
});

describe("in the flow order_first", () => {
  test("the order that there is is charged", async () => {
    const { told } = await sent({ flow: "order_first", orderId: "ord_0" });
    expect(told).toEqual([["committed", "att_1", "ord_0"], "charged ord_0", "heard paid"]);
  });

  test("where there is none it is made first", async () => {
    const { told } = await sent({ flow: "order_first", opens: { kind: "opened", orderId: "ord_9" } });
    expect(told).toEqual(["opened", ["committed", "att_1", "ord_9"], "charged ord_9", "heard paid"]);
  });

  test("it is not even made where charging has stopped", async () => {
    const { sent: result, told } = await sent({ flow: "order_first", mayLeave: [false] });
    expect([result, told]).toEqual([RELEASED, []]);
  });

  test.each<[opens: Exclude<OpenedOrder, { kind: "opened" }>, isWithoutOrder: boolean]>([
    [{ kind: "not_sent", unauthorized: false, trace: TRACE }, true],
    [{ ...REFUSED }, false],
  ])("where it cannot be made, %j, nothing is charged; without an order: %p", async (opens, isWithoutOrder) => {
    const { sent: result, told } = await sent({ flow: "order_first", opens });
    expect(result).toEqual({ isOurs: true, evidence: opens, isWithoutOrder, wasAsked: true } satisfies Sent);
    expect(told).toEqual(["opened", `heard ${opens.kind}`]);
  });

  // prettier-ignore
  test.each<[shows: InquiryAnswer | Error, kind: string, because: string]>([
    [PAID, "paid", "an earlier try paid it"],
    [{ ...DECLINED, orderIsOver: true } as InquiryAnswer, "not_sent", "it is over: the next try makes another"],
    [DECLINED, "refused", "it is not over, so that is no reason"],
    [{ kind: "absent", trace: TRACE }, "refused", "it shows nothing"],
    [new GatewayUnavailable("no answer", { retryAfterMs: null }), "refused", "it cannot be read: a person decides"],
  ])("refused on an order of an earlier try that shows %j: %s (%s)", async (shows, kind) => {
    const { sent: result, told } = await sent({ flow: "order_first", orderId: "ord_0", answers: REFUSED, shows });
    expect(evidenceIn(result)?.kind).toBe(kind);
    expect(told).toContainEqual(["read", "ord_0", "inv_1-1", 20015, "order_first"]);
    expect(told.at(-1)).toBe(`heard ${kind}`);
  });

  test.each([true, false])(
    "an order that is over leaves it, and says why; the customer has a card: %p",
    async (hasCard) => {
      const shows = { ...DECLINED, orderIsOver: true } as InquiryAnswer;
      const world: World = { flow: "order_first", orderId: "ord_0", answers: REFUSED, shows, hasCard };
      const { sent: result } = await sent(world);
      const because =
        "refused, and the order, read again, is over: nothing was charged, and the next try makes another order";
      expect(evidenceIn(result)).toEqual({
        ...{ kind: "not_sent", unauthorized: false, orderIsOver: true },
        trace: { httpStatus: null, logId: null, because },
      });
    },
  );

  test("refused on one of this very try, no earlier one can have paid it", async () => {
    const { told } = await sent({ flow: "order_first", opens: { kind: "opened", orderId: "ord_9" }, answers: REFUSED });
    expect(told.filter((each) => Array.isArray(each) && each[0] === "read")).toEqual([]);
  });
});

test("what is released, or beyond the limit, asked nobody", () => {
  expect(RELEASED).toEqual({ isOurs: true, evidence: { kind: "released" }, isWithoutOrder: false, wasAsked: false });
  expect(BEYOND_LIMIT).toMatchObject({
    isWithoutOrder: false,
    wasAsked: false,
    evidence: { kind: "refused", failureCode: null },
  });
});

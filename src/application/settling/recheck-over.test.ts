/** What is over is asked about once more: what the answer, or its lack, leaves for the next time. */
import { expect, test } from "@jest/globals";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import { answerOf, SILENT_LOG } from "../../../test/support/seen-orders.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/duration.ts";
import { GatewayRefused } from "../../domain/errors.ts";
import { nextRecheckAfterFailure, nextRecheckAt } from "../../domain/payment-link.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";
import type { DueRecheck, SettleItem } from "../ports/charging.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { recheckOver } from "./recheck-over.ts";
import { emptyRunSummary } from "./run-summary.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const SENT_AT = new Date("2026-12-10T15:00:00Z");

type Script = {
  readonly rechecks?: number;
  readonly count?: number;
  /** Null: its order is not known, and it is looked for by its reference. */
  readonly orderId?: string | null;
  readonly failedForMs?: number;
  readonly shown?: "absent" | "lapsed" | "paid" | Error;
  /** Nothing comes of settling it: somebody else has. */
  readonly isSettledElsewhere?: boolean;
  /** Why nobody is asked. */
  readonly stopped?: "aborted" | "breaker" | "halted" | "ending at the first read";
};

async function rechecked({
  rechecks = 0,
  count = 1,
  orderId = "ord_1",
  failedForMs = 0,
  shown = "absent",
  isSettledElsewhere = false,
  stopped,
}: Script) {
  let left = Array.from({ length: count }, (_, place) => ({
    ...{ attemptId: `att_${place}`, orderId, flow: "link", sentAt: SENT_AT, rechecks },
    intent: { reference: `inv_${place}-1`, amountCents: 20015, currency: "MXN" },
  })) as unknown as DueRecheck[];
  const noted: (Date | null)[] = [];
  const forgotten: string[] = [];
  const settled: SettleItem[] = [];
  const asked: unknown[] = [];
  const store = {
    dueRechecks: async (_now: Date, limit: number) => left.slice(0, limit),
    noteRecheck: async (attemptId: string, next: Date | null) => {
      left = left.filter((each) => each.attemptId !== attemptId);
      noted.push(next);
    },
    noteReadFailure: async ({ id }: { readonly id: string }) => {
      left = left.filter((each) => each.attemptId !== id);
      return { failures: 30, failedSince: new Date(NOW.getTime() - failedForMs) };
    },
    forgetReadFailures: async (ids: readonly string[]) => void forgotten.push(...ids),
    customersToProbe: async () => [],
    settle: async (items: readonly SettleItem[]) => {
      settled.push(...items);
      const [attempt, invoice] = [{ state: "paid", decline: null, trace: null }, { status: "paid" }];
      const settlement = { attempt, invoice, event: "invoice.paid", finalAction: null };
      return isSettledElsewhere ? [] : items.map(({ attemptId }) => ({ attemptId, invoiceId: "inv", settlement }));
    },
  };
  const ending = new AbortController();
  const answer = async () => {
    if (stopped === "ending at the first read") ending.abort();
    if (shown instanceof Error) throw shown;
    return answerOf(shown);
  };
  const gateway = {
    readCharge: async (order: string) => (asked.push(order), await answer()),
    findCharges: async (window: unknown, intents: readonly { readonly reference: string }[]) => {
      asked.push(window);
      return new Map([[intents[0]!.reference, await answer()]]);
    },
    probe: async () => ({ livemode: false }),
  };
  const clock = { now: () => NOW, monotonicMs: () => 0 };
  const policies = new Map([["standard", policyOf()]]);
  const needs = {
    ...{ store, gateway, clock, policies, log: SILENT_LOG, breaker: new CircuitBreaker(), backoffMs: MINUTE_MS },
    ...{ random: { fraction: () => 0 }, calendar: NO_HOLIDAYS, inquiries: {} },
  };
  const summary = emptyRunSummary();
  if (stopped === "aborted") ending.abort();
  for (const id of shown instanceof Error ? ["b", "c", "d"] : ["b", "c", "d", "e"]) needs.breaker.readFailed(id);
  if (stopped === "breaker") needs.breaker.probeFailed(NOW);
  if (stopped === "halted") summary.haltReason = "a person stopped it";
  await recheckOver(
    needs as unknown as Parameters<typeof recheckOver>[0],
    { timeoutMs: 30_000 },
    summary,
    ending.signal,
  );
  const { failedReads, paidCents } = summary;
  return { noted, forgotten, asked, settled, failedReads, paidCents, areSeveralUnread: needs.breaker.readFailed("f") };
}

test.each<[rechecks: number, shown: "absent" | "lapsed", because: string]>([
  [0, "absent", "the first shows nothing: there is a second"],
  [0, "lapsed", "over is over, and cash may be on its way"],
  [1, "absent", "the second"],
  [9, "absent", "after the last there is none"],
])("after %i rechecks, shown as %s: the next is planned by how many there were (%s)", async (rechecks, shown) => {
  const { noted, forgotten, failedReads } = await rechecked({ rechecks, shown });
  expect(noted).toEqual([nextRecheckAt(rechecks + 1, NOW)]);
  expect([forgotten, failedReads]).toEqual([["att_0"], 0]);
});

const REFUSED = new GatewayRefused("not now", { httpStatus: 422, code: null });

test.each<[failedForMs: number, isNoted: boolean, because: string]>([
  [0, false, "it is read again later, and counts as none"],
  [DAY_MS - 1, false, "not for a day yet"],
  [DAY_MS, true, "for a day: it counts as a recheck, so that it ends"],
])("a read that fails for %i ms counts as a recheck: %p (%s)", async (failedForMs, isNoted) => {
  const { noted, forgotten, failedReads } = await rechecked({ rechecks: 1, failedForMs, shown: REFUSED });
  expect(noted).toEqual(isNoted ? [nextRecheckAt(2, NOW)] : []);
  expect([forgotten, failedReads]).toEqual([[], 1]);
});

test("one whose order is not known is looked for around the time when it was sent", async () => {
  const { asked } = await rechecked({ orderId: null });
  const [from, to] = [-MAX_CLOCK_SKEW_MS, 30_000 + MAX_CLOCK_SKEW_MS].map((ms) => new Date(SENT_AT.getTime() + ms));
  expect(asked).toEqual([{ from, to }]);
  expect((await rechecked({})).asked).toEqual(["ord_1"]);
});

test.each([0, 1, 49, 50, 51, 101])("%i of them are all asked about, once each", async (count) => {
  expect((await rechecked({ count })).asked).toHaveLength(count);
});

test.each<[rechecks: number, httpStatus: number, next: Date | null, because: string]>([
  [9, 404, nextRecheckAt(10, NOW), "there is no order: it ends"],
  [9, 422, nextRecheckAfterFailure(10, NOW), "it is there, and cannot be read: money may be behind it"],
  [9, 405, nextRecheckAfterFailure(10, NOW), "any other refusal"],
  [0, 404, nextRecheckAt(1, NOW), "it was the first of them"],
])("after %i rechecks, one refused with %i for a day leaves %p (%s)", async (rechecks, httpStatus, next) => {
  const shown = new GatewayRefused("no", { httpStatus, code: null });
  expect((await rechecked({ rechecks, failedForMs: DAY_MS, shown })).noted).toEqual([next]);
});

test.each<[isSettledElsewhere: boolean, paidCents: object, because: string]>([
  [false, { MXN: 20015 }, "it is booked, and counted"],
  [true, {}, "somebody else has booked it meanwhile"],
])(
  "what turns out to be paid is settled, and asked about no more (elsewhere: %p): %j (%s)",
  async (isSettledElsewhere, cents) => {
    const { noted, settled, paidCents } = await rechecked({ shown: "paid", isSettledElsewhere });
    expect(settled).toEqual([{ attemptId: "att_0", evidence: answerOf("paid") }]);
    expect([noted, paidCents]).toEqual([[null], cents]);
  },
);

test("what shows nothing of money settles nothing, and shows that reads are answered", async () => {
  expect(await rechecked({ shown: "lapsed" })).toMatchObject({ settled: [], areSeveralUnread: false });
  expect(await rechecked({ shown: REFUSED })).toMatchObject({ settled: [], areSeveralUnread: true });
});

test.each(["aborted", "breaker", "halted"] as const)("nobody is asked about anything: %s", async (stopped) => {
  const nothing = { noted: [], forgotten: [], asked: [], settled: [], failedReads: 0, paidCents: {} };
  expect(await rechecked({ count: 3, stopped })).toMatchObject(nothing);
});

test("the process ends while one is asked about: the others are another time", async () => {
  const { asked, noted } = await rechecked({ count: 3, stopped: "ending at the first read" });
  expect([asked.length, noted.length]).toEqual([1, 1]);
});

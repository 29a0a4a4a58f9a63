/** What a comparison with the gateway's orders finds, which of them it covers, and when it is made again. */
import { describe, expect, test } from "@jest/globals";
import { answerOf, knownAttempt, listedOrder, SILENT_LOG, sweepSide } from "../../../test/support/seen-orders.ts";
import { NOTHING_ANSWERED, withAnswer } from "../../domain/clock-check.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { watchForCopies } from "./copy-watch.ts";

const START = new Date("2026-12-01T15:00:00Z");
const SECOND = 1000;
const MINUTE = 60 * SECOND;

type World = {
  readonly orders?: readonly ListedOrder[] | Error;
  readonly attempts?: readonly KnownAttempt[];
  readonly setAside?: readonly string[];
  readonly archived?: boolean;
  readonly isDue?: boolean;
  readonly halted?: string;
  /** How far our clock is ahead of the gateway's; null: it told no date. */
  readonly skewMs?: number | null;
};

function watchOf({
  orders = [],
  attempts = [],
  setAside = [],
  archived = false,
  isDue = true,
  halted,
  skewMs = null,
}: World) {
  const state = { ms: 0, orders };
  const told: unknown[] = [];
  let attemptReads = 0;
  const side = sweepSide([], {
    attempts,
    isArchived: async () => archived,
    setAside: async (ids) => new Set(ids.filter((id) => setAside.includes(id))),
  });
  const windows: { readonly from: Date; readonly to: Date }[] = [];
  const answer = { wallMs: START.getTime(), monotonicMs: 0, dateMs: START.getTime() - (skewMs ?? 0) };
  const needs = {
    store: {
      installation: async () => ({
        id: "ins_1",
        haltKind: halted ?? null,
        haltReason: halted === undefined ? null : `since ${halted}`,
      }),
      haltCharging: async (halt: object) => void told.push(halt),
      noteRecheck: async (attemptId: string) => void told.push(`recheck ${attemptId}`),
      dueInvoices: async () => (isDue ? [{}] : []),
    },
    gateway: { clockEvidence: () => (skewMs === null ? NOTHING_ANSWERED : withAnswer(NOTHING_ANSWERED, answer)) },
    clock: { now: () => new Date(START.getTime() + state.ms), monotonicMs: () => state.ms },
    log: SILENT_LOG,
    sweep: {
      ...side,
      inbox: {
        attemptsOf: async (...asked: Parameters<typeof side.inbox.attemptsOf>) => {
          attemptReads += 1;
          return await side.inbox.attemptsOf(...asked);
        },
      },
      lister: {
        async *listOrders(window: { readonly from: Date; readonly to: Date }) {
          windows.push(window);
          if (state.orders instanceof Error) throw state.orders;
          yield* state.orders;
        },
      },
    },
  } as unknown as Parameters<typeof watchForCopies>[0];
  return { watch: watchForCopies(needs), state, told, windows, reads: () => attemptReads };
}

const PAID: Partial<KnownAttempt> = { state: "paid", chargeId: "chr_1" };
const TWIN = listedOrder({ orderId: "ord_2" });

// prettier-ignore
test.each<[world: World, goesOn: boolean, because: string]>([
  [{}, true, "nothing was made"],
  [{ orders: [listedOrder()], attempts: [knownAttempt(PAID)] }, true, "the books have it"],
  [{ orders: [listedOrder()] }, false, "the books lack it: a copy made it"],
  [{ orders: [listedOrder()], archived: true }, true, "it is of an archive"],
  [{ orders: [listedOrder()], setAside: ["ord_1"] }, true, "a person has set it aside"],
  [{ orders: [listedOrder({ installationId: "ins_2" })] }, true, "another installation made it"],
  [{ orders: [listedOrder({ installationId: null })] }, true, "a shop's own"],
  [{ orders: [TWIN], attempts: [knownAttempt(PAID)] }, false, "a second order of one reference: both have the invoice"],
  [{ orders: [TWIN], attempts: [knownAttempt(PAID)], setAside: ["ord_2"] }, true, "a person has set that one aside"],
  [{ orders: [TWIN], attempts: [knownAttempt({ ...PAID, orderId: null })] }, true, "the attempt never learned of its order"],
  [{ orders: [TWIN], attempts: [knownAttempt({ ...PAID, flow: "order_first" })] }, true, "tries of one invoice share an order in that flow"],
  [{ orders: [{ ...TWIN, inquiryAnswerOf: () => answerOf("declined") }], attempts: [knownAttempt(PAID)] }, true, "a decline moved no money"],
  [{ halted: "restored" }, false, "that is known"],
  [{ halted: "person" }, true, "a person's halt is another matter"],
])("%#: charging may go on: %p (%s)", async (world, goesOn) => {
  const { watch, told } = watchOf(world);
  const summary = emptyRunSummary();
  expect(await watch.compare(summary)).toBe(goesOn);
  expect(summary.haltReason !== null).toBe(!goesOn);
  expect(told.length > 0).toBe(!goesOn && world.halted === undefined);
});

test("the halt names the order, how many more there are, and since when to reconcile", async () => {
  const made = listedOrder({ createdAt: START });
  const { watch, told, windows } = watchOf({ orders: [made, { ...made, orderId: "ord_3" }] });
  const summary = emptyRunSummary();
  await watch.compare(summary);
  expect(told).toEqual([{ kind: "restored", because: summary.haltReason, reconcileSince: windows[0]?.from }]);
  expect(summary.haltReason).toContain("ord_1 of 2026-12-01T15:00:00.000Z and 1 more");
  const [undated] = [watchOf({ orders: [listedOrder()] })];
  const other = emptyRunSummary();
  await undated.watch.compare(other);
  expect(other.haltReason).not.toContain(" more");
});

test("a second order halts once; what its attempt holds is asked for once", async () => {
  const twin = watchOf({ orders: [TWIN], attempts: [knownAttempt(PAID)] });
  expect(await twin.watch.compare(emptyRunSummary())).toBe(false);
  expect(await twin.watch.compare(emptyRunSummary())).toBe(true);
  const known = watchOf({ orders: [listedOrder()], attempts: [knownAttempt(PAID)] });
  await known.watch.compare(emptyRunSummary());
  expect(known.reads()).toBe(1);
  await known.watch.compare(emptyRunSummary());
  expect(known.reads()).toBe(1);
  await known.watch.compare(emptyRunSummary());
  expect(known.reads()).toBe(1);
  known.state.orders = [];
  await known.watch.compare(emptyRunSummary());
  known.state.orders = [listedOrder()];
  await known.watch.compare(emptyRunSummary());
  expect(known.reads()).toBeGreaterThan(1);
});

test("what no attempt holds is asked for each time: an archive may be brought back", async () => {
  const { watch, reads } = watchOf({ orders: [listedOrder()], archived: true });
  for (const times of [1, 2]) {
    await watch.compare(emptyRunSummary());
    expect(reads()).toBe(times);
  }
});

test("one of several attempts that holds the order is enough to know it", async () => {
  const attempts = [knownAttempt({ ...PAID, attemptId: "att_0", orderId: "ord_0" }), knownAttempt(PAID)];
  expect(await watchOf({ orders: [listedOrder()], attempts }).watch.compare(emptyRunSummary())).toBe(true);
});

test("what was known is asked for again once it begins anew: the database may be another's standby", async () => {
  const { watch, reads } = watchOf({ orders: [listedOrder()], attempts: [knownAttempt(PAID)] });
  await watch.compare(emptyRunSummary());
  const once = reads();
  watch.begin();
  await watch.compare(emptyRunSummary());
  expect(reads()).toBe(2 * once);
});

test("a person who was wrong is told so: their denied attempt is read again", async () => {
  const denied = knownAttempt({ state: "not_sent", isDenied: true });
  const { watch, told } = watchOf({ orders: [listedOrder()], attempts: [denied] });
  expect(await watch.compare(emptyRunSummary())).toBe(true);
  expect(told).toEqual(["recheck att_1"]);
});

describe("its window", () => {
  // prettier-ignore
  test.each<[skewMs: number | null, from: number, to: number, because: string]>([
    [null, -5 * MINUTE, 6 * MINUTE, "how far the clocks differ is not known"],
    [0, -MINUTE, 6 * MINUTE, "they agree: what the list shows late is in it"],
    [30 * SECOND, -1.5 * MINUTE, 5.5 * MINUTE, "by the gateway's clock"],
  ])("with a skew of %p ms it is from %i to %i after the last (%s)", async (skewMs, from, to) => {
    const { watch, state, windows } = watchOf({ skewMs });
    watch.begin();
    state.ms = MINUTE;
    await watch.compare(emptyRunSummary());
    const after = (at: Date | undefined): number => (at?.getTime() ?? 0) - START.getTime();
    expect([after(windows[0]?.from), after(windows.at(-1)?.to)]).toEqual([from, to]);
    windows.length = 0;
    state.ms = 2 * MINUTE;
    await watch.compare(emptyRunSummary());
    expect(after(windows[0]?.from)).toBe(from + MINUTE);
  });
});

describe("when it is made", () => {
  test.each<[isDue: boolean, ms: number, must: boolean]>([
    [true, 5 * SECOND, true],
    [true, 5 * SECOND - 1, false],
    [false, 5 * SECOND, false],
  ])("where something is due: %p, %i ms after the last: %p", async (isDue, ms, must) => {
    const { watch, state } = watchOf({ isDue });
    state.ms = ms;
    expect(await watch.mustCompare()).toBe(must);
  });

  test("within a run every two minutes", async () => {
    const { watch, state, windows } = watchOf({});
    state.ms = 2 * MINUTE - 1;
    expect([await watch.compareInTime(emptyRunSummary()), windows.length]).toEqual([true, 0]);
    state.ms = 2 * MINUTE;
    expect(await watch.compareInTime(emptyRunSummary())).toBe(true);
    expect(windows.length).toBeGreaterThan(0);
    watch.begin();
    windows.length = 0;
    state.ms += 2 * MINUTE - 1;
    expect([await watch.compareInTime(emptyRunSummary()), windows.length]).toEqual([true, 0]);
  });

  test.each([
    new GatewayUnavailable("no answer", { retryAfterMs: null }),
    new GatewayRefused("no", { httpStatus: 500, code: null }),
  ])("%p stops nobody for a quarter of an hour, and then everybody, until it is read again", async (fault) => {
    const { watch, state } = watchOf({ orders: fault });
    expect(await watch.compare(emptyRunSummary())).toBe(true);
    state.ms = 15 * MINUTE - 1;
    expect(await watch.compare(emptyRunSummary())).toBe(true);
    state.ms = 15 * MINUTE;
    expect(await watch.compare(emptyRunSummary())).toBe(false);
    state.orders = [];
    expect(await watch.compare(emptyRunSummary())).toBe(true);
    state.orders = fault;
    expect(await watch.compare(emptyRunSummary())).toBe(true);
    state.ms = 31 * MINUTE;
    watch.begin();
    expect(await watch.compare(emptyRunSummary())).toBe(true);
  });

  test("a bug is told", async () => {
    await expect(watchOf({ orders: new TypeError("a bug") }).watch.compare(emptyRunSummary())).rejects.toThrow("a bug");
  });
});

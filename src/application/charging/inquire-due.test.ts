/** Whom the gateway is asked about, in how many reads, and what is made of its answer, or of none. */
import { describe, expect, test } from "@jest/globals";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import { answerOf } from "../../../test/support/seen-orders.ts";
import type { AttemptFlow } from "../../domain/ways-to-pay.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../domain/duration.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import type { DueInquiry, SettleItem } from "../ports/charging.ts";
import type { InquiryAnswer } from "../ports/gateway.ts";
import { CircuitBreaker } from "../settling/circuit-breaker.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { inquireAboutOne, inquireDue, type InquiryNeeds } from "./inquire-due.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const LIMITS = { concurrency: 1, timeoutMs: 30_000, pendingMaxHours: 72 };
const SILENT = new GatewayUnavailable("no answer");
const GONE = new GatewayRefused("it is over", { httpStatus: 422, code: null });

type Look = {
  readonly id?: string;
  readonly orderId?: string | null;
  readonly flow?: AttemptFlow;
  readonly state?: "unknown" | "pending";
  readonly ageMs?: number;
  readonly mustClose?: boolean;
  /** What a read shows of it; an error: it cannot be read. Left out: nothing is said of it. */
  readonly shows?: InquiryAnswer | Error | null;
  /** What comes of it once it is settled; null: nothing is new. */
  readonly becomes?: { readonly state: string; readonly faults?: number } | null;
};

type World = {
  readonly looks: readonly Look[];
  /** How reads of each have failed before; null: not yet. */
  readonly failed?: { readonly failures: number; readonly failedSince: Date } | null;
  /** What cancelling an order says; null: it is cancelled. */
  readonly cancels?: Error | null;
  readonly stopped?: "aborted" | "breaker" | "halted" | "by the first read" | "ending at the first read";
};

function worldOf({ looks, failed = null, cancels = null, stopped }: World) {
  const due = looks.map(
    ({ id = "a", orderId = "ord", flow = "single", state = "unknown", ageMs = 0, mustClose = false }): DueInquiry =>
      ({
        ...{ attemptId: id, orderId: orderId && `${orderId}_${id}`, flow, state, mustClose },
        sentAt: new Date(NOW.getTime() - ageMs),
        intent: {
          ...{ reference: `${id}-1`, invoiceId: `inv_${id}`, customerId: `cus_${id}` },
          ...{ amountCents: 20015, currency: "MXN" },
        },
      }) as unknown as DueInquiry,
  );
  const byId = new Map(looks.map((look) => [look.id ?? "a", look]));
  const told: unknown[] = [];
  const settled: SettleItem[] = [];
  const forgotten: string[][] = [];
  const asides: string[] = [];
  const pages: number[] = [];
  const breaker = new CircuitBreaker();
  const stopping = new AbortController();
  if (stopped === "aborted") stopping.abort();
  if (stopped === "breaker") breaker.probeFailed(NOW);
  const shown = (id: string): InquiryAnswer | null | undefined => {
    const { shows } = byId.get(id)!;
    if (stopped === "by the first read") breaker.probeFailed(NOW);
    if (stopped === "ending at the first read") stopping.abort();
    if (shows instanceof Error) throw shows;
    return shows;
  };
  const asked: unknown[] = [];
  const log = (level: string) => (event: string, more: object) => void told.push([level, event, more]);
  const needs = {
    ...{ breaker, backoffMs: MINUTE_MS, calendar: NO_HOLIDAYS, inquiries: {}, random: { fraction: () => 0 } },
    ...{ clock: { now: () => NOW, monotonicMs: () => 0 }, policies: new Map([["standard", policyOf()]]) },
    log: { debug: () => {}, info: log("info"), warn: log("warn"), error: log("error") },
    store: {
      dueInquiries: async (_now: Date, limit: number) => (pages.push(limit), due.slice(0, limit)),
      settle: async (items: readonly SettleItem[]) => {
        settled.push(...items);
        return items.map(({ attemptId }) => {
          const { becomes = { state: "unknown" } } = byId.get(attemptId)!;
          if (becomes === null) return { attemptId, invoiceId: "", settlement: null };
          const attempt = { ...{ state: becomes.state, orderId: null, chargeId: null, decline: null, trace: null } };
          const invoice = { status: "open", statusReason: null, nextAttemptAt: null, faults: becomes.faults ?? 0 };
          return {
            ...{ attemptId, invoiceId: "inv" },
            settlement: { attempt, invoice, event: "attempt.unknown", finalAction: null },
          };
        });
      },
      forgetReadFailures: async (ids: string[]) => void forgotten.push(ids),
      noteReadFailure: async ({ kind, id }: { readonly kind: string; readonly id: string }) => {
        asides.push(`${kind} ${id}`);
        return failed ?? { failures: 1, failedSince: NOW };
      },
      customersToProbe: async () => [],
      applyTransitions: async () => [],
    },
    gateway: {
      probe: async () => ({ livemode: false }),
      readCharge: async (...args: unknown[]) => {
        asked.push(["read", ...args]);
        return shown(String(args[0]).slice("ord_".length));
      },
      cancelOrder: async (orderId: string) => {
        asked.push(["cancel", orderId]);
        if (cancels !== null) throw cancels;
      },
      findCharges: async (
        { from, to }: { readonly from: Date; readonly to: Date },
        wanted: readonly { readonly reference: string }[],
      ) => {
        const ids = wanted.map(({ reference }) => reference.slice(0, -2));
        asked.push(["find", ids.join(" "), from.getTime() - NOW.getTime(), to.getTime() - NOW.getTime()]);
        return new Map(ids.flatMap((id) => (shown(id) ? [[`${id}-1`, shown(id)]] : [])));
      },
    },
  } as unknown as InquiryNeeds;
  const summary = { ...emptyRunSummary(), ...(stopped === "halted" && { haltReason: "a person stopped it" }) };
  return { needs, summary, signal: stopping.signal, pages, asked, settled, forgotten, asides, told };
}

async function inquired(world: World) {
  const made = worldOf(world);
  await inquireDue(made.needs, LIMITS, made.summary, made.signal);
  return made;
}

const UNKNOWN = answerOf("unknown");
const evidenceOf = ({ settled }: { readonly settled: readonly SettleItem[] }): string =>
  settled.map(({ attemptId, evidence }) => `${attemptId} ${evidence.kind}`).join(", ");

describe("whom the gateway is asked about", () => {
  test("nobody is due: nobody is asked, and nothing is written", async () => {
    const { pages, asked, settled, forgotten } = await inquired({ looks: [] });
    expect([pages, asked, settled, forgotten]).toEqual([[500], [], [], []]);
  });

  test("each once in a run, however long it stays due; one with an order by its order", async () => {
    const { asked } = await inquired({
      looks: [
        { id: "a", shows: answerOf("absent") },
        { id: "b", flow: "order_first", shows: answerOf("paid") },
      ],
    });
    expect(asked).toEqual([
      ["read", "ord_a", "a-1", 20015, "single"],
      ["read", "ord_b", "b-1", 20015, "order_first"],
    ]);
  });

  // prettier-ignore
  test.each<[ages: Readonly<Record<string, number>>, windows: readonly (readonly [ids: string, oldest: number, newest: number])[], because: string]>([
    [{ a: 0 }, [["a", 0, 0]], "one that has no order is looked for about when it was sent"],
    [{ a: 0, b: 10 * MINUTE_MS }, [["b a", 10 * MINUTE_MS, 0]], "ten minutes apart: one listing serves both"],
    [{ a: 0, b: 10 * MINUTE_MS + 1 }, [["b", 10 * MINUTE_MS + 1, 10 * MINUTE_MS + 1], ["a", 0, 0]], "further apart, each has its own"],
    [{ a: 9 * MINUTE_MS, b: 18 * MINUTE_MS, c: 0 }, [["b a c", 18 * MINUTE_MS, 0]], "from each to the next it is less"],
    [{ a: HOUR_MS, b: 2 * HOUR_MS, c: HOUR_MS + 1 }, [["b", 2 * HOUR_MS, 2 * HOUR_MS], ["c a", HOUR_MS + 1, HOUR_MS]], "the oldest first"],
  ])("%#: without an order, sent %j ago: by the listings %j (%s)", async (ages, windows) => {
    const looks = Object.entries(ages).map(([id, ageMs]) => ({ id, ageMs, orderId: null, shows: answerOf("paid") }));
    const { asked, settled } = await inquired({ looks });
    expect(asked).toEqual(
      windows.map(([ids, oldest, newest]) => [
        ...["find", ids, -oldest - MAX_CLOCK_SKEW_MS, -newest + LIMITS.timeoutMs + MAX_CLOCK_SKEW_MS],
      ]),
    );
    expect(settled).toHaveLength(looks.length);
  });

  const ENDS = ["aborted", "breaker", "halted", "by the first read", "ending at the first read"] as const;

  test.each(ENDS)("nobody any more: %s", async (stopped) => {
    const looks = ["a", "b", "c"].map((id) => ({ id, shows: answerOf("paid") }));
    const { asked, settled, summary } = await inquired({ looks, stopped });
    const made = stopped.endsWith("the first read") ? 1 : 0;
    expect([asked.length, settled.length]).toEqual([made, made]);
    // Where the process ends, nobody asks what was to be read.
    expect(summary.failedReads).toBe(stopped === "aborted" ? 0 : 3 - made);
  });
});

describe("what is made of an answer", () => {
  test.each<[shows: InquiryAnswer | null, evidence: string, because: string]>([
    [answerOf("paid"), "a paid", "as it is"],
    [answerOf("absent"), "a absent", "nothing shown is an answer, too"],
    [UNKNOWN, "a unclear", "read, and not to be matched: it teaches as little as none, and counts"],
    [null, "", "nothing is said of it: it is asked about another time"],
  ])("of a listing, %j: %j (%s)", async (shows, evidence) => {
    const made = await inquired({ looks: [{ orderId: null, shows }] });
    expect(evidenceOf(made)).toBe(evidence);
    expect(made.forgotten[0]).toEqual(["a"]);
    const traceOf = (each: object): unknown => ("trace" in each ? each.trace : null);
    expect(made.settled.map((each) => traceOf(each.evidence))).toEqual(shows === null ? [] : [traceOf(shows)]);
  });

  test("each outcome counts, and money as what moved", async () => {
    const { summary } = await inquired({
      looks: [
        { id: "a", shows: answerOf("paid"), becomes: { state: "paid" } },
        { id: "b", shows: answerOf("absent"), becomes: null },
      ],
    });
    expect(summary).toMatchObject({ outcomes: { paid: 1, unknown: 0 }, paidCents: { MXN: 20015 } });
  });

  // prettier-ignore
  test.each<[look: Look, taken: boolean, aside: boolean, because: string]>([
    [{ becomes: { state: "paid" } }, true, false, "it is paid: this customer's charges arrive"],
    [{ becomes: { state: "paid_again" } }, true, false, "so they do, even twice"],
    [{ becomes: { state: "declined" } }, true, false, "the bank has answered"],
    [{ becomes: { state: "unknown" } }, false, false, "nobody knows yet"],
    [{ becomes: null }, false, false, "nothing is new"],
    [{ becomes: { state: "not_sent", faults: 1 } }, false, false, "one answer that is lost is a storm's"],
    [{ becomes: { state: "not_sent", faults: 2 } }, false, true, "the second in a row is this customer's"],
    [{ becomes: { state: "unknown", faults: 2 } }, false, false, "it is not lost yet"],
    [{ flow: "link", becomes: { state: "paid" } }, false, false, "a page asks no card's bank"],
    [{ flow: "link", becomes: { state: "not_sent", faults: 2 } }, false, false, "nor is a page a charge"],
  ])("%#: of %j it is noted that charges arrive: %p, that they do not: %p (%s)", async (look, taken, aside) => {
    const { forgotten, asides } = await inquired({ looks: [{ shows: answerOf("absent"), ...look }] });
    expect(forgotten).toEqual(taken ? [["a"], ["cus_a"]] : [["a"]]);
    expect(asides).toEqual(aside ? ["charge cus_a"] : []);
  });
});

describe("a read that fails", () => {
  test("is no inquiry: it is put aside, counted, and keeps no other from its own", async () => {
    const looks = [
      { id: "a", shows: SILENT },
      { id: "b", shows: answerOf("paid") },
    ];
    const { settled, asides, forgotten, summary, told } = await inquired({ looks });
    expect([settled.map(({ attemptId }) => attemptId), asides, forgotten]).toEqual([["b"], ["attempt a"], [["b"]]]);
    expect(summary.failedReads).toBe(1);
    expect(told[0]).toEqual(["warn", "inquiry.failed", { attemptIds: ["a"], error: SILENT }]);
  });

  test("a bug is told as one", async () => {
    const { told, asides } = await inquired({ looks: [{ shows: new TypeError("x is undefined") }] });
    expect([(told[0] as unknown[]).slice(0, 2), asides]).toEqual([["error", "inquiry.failed"], ["attempt a"]]);
  });

  test.each<[failures: number, ms: number, error: Error, counts: boolean, because: string]>([
    [30, DAY_MS, SILENT, true, "for a day: the schedule ends, and a person decides"],
    [30, DAY_MS - 1, SILENT, false, "not for a day yet"],
    [7, DAY_MS, SILENT, false, "not often enough"],
  ])("%i times, for %i ms (%p): it counts as asked: %p (%s)", async (failures, ms, error, counts) => {
    const failedSince = new Date(NOW.getTime() - ms);
    const { settled } = await inquired({ looks: [{ shows: error }], failed: { failures, failedSince } });
    const because = `its order could not be read 30 times since ${failedSince.toISOString()}: no answer`;
    expect(settled).toEqual(
      counts
        ? [
            {
              attemptId: "a",
              evidence: { kind: "unclear", waitIsOver: true, trace: { httpStatus: null, logId: null, because } },
            },
          ]
        : [],
    );
  });
});

describe("an order that is to end", () => {
  const HOURS_72 = 72 * HOUR_MS;

  // prettier-ignore
  test.each<[look: Look, isCancelled: boolean, because: string]>([
    [{ state: "pending", ageMs: HOURS_72 + 1 }, true, "it is pending for too long"],
    [{ state: "pending", ageMs: HOURS_72 }, false, "not yet"],
    [{ state: "unknown", ageMs: HOURS_72 + 1 }, false, "nobody knows whether it is pending"],
    [{ flow: "link", state: "pending", ageMs: HOURS_72 + 1 }, false, "a page has an end of its own"],
    [{ flow: "link", state: "pending", mustClose: true }, true, "the page is to be closed"],
  ])("%#: %j: cancelled, and read: %p (%s)", async (look, isCancelled) => {
    const { asked, settled } = await inquired({ looks: [{ ...look, shows: answerOf("absent") }] });
    expect((asked as unknown[][]).map(([what, orderId]) => [what, orderId])).toEqual([
      ...(isCancelled ? [["cancel", "ord_a"]] : []),
      ["read", "ord_a"],
    ]);
    expect(settled[0]?.evidence).toEqual(answerOf("absent"));
  });

  // prettier-ignore
  test.each<[look: Look, shows: InquiryAnswer, isOver: boolean, because: string]>([
    [{ ageMs: HOURS_72 + 1 }, answerOf("absent"), true, "nothing is shown of it: a person decides"],
    [{ ageMs: HOURS_72 + 1 }, UNKNOWN, true, "nor can what is shown be matched"],
    [{ ageMs: HOURS_72 + 1 }, answerOf("paid"), false, "it is paid: it was over"],
    [{ ageMs: HOURS_72 + 1 }, answerOf("pending"), false, "it goes on waiting"],
    [{ ageMs: HOURS_72 + 3 * DAY_MS }, answerOf("pending"), false, "for three days more"],
    [{ ageMs: HOURS_72 + 3 * DAY_MS + 1 }, answerOf("pending"), true, "and then a person is told that it never ends"],
    [{ ageMs: HOURS_72 + 3 * DAY_MS + 1 }, answerOf("paid"), false, "unless it ended well"],
    [{ mustClose: true }, answerOf("absent"), false, "it was not pending for long: it is closed another time"],
  ])("%#: %j refuses to be cancelled, and shows %j: it waits no longer: %p (%s)", async (look, shows, isOver) => {
    const { settled } = await inquired({ looks: [{ state: "pending", ...look, shows }], cancels: GONE });
    const [{ evidence } = { evidence: null }] = settled;
    const because = "it was pending for too long, its order refuses to be cancelled, and said the test";
    const over = { waitIsOver: true, trace: { because } };
    expect(evidence).toMatchObject({ kind: shows.kind === "unknown" ? "unclear" : shows.kind, ...(isOver && over) });
    expect(evidence !== null && "waitIsOver" in evidence).toBe(isOver);
  });

  test("one that cancelling does not end is shown to a person three days later, and says why", async () => {
    const shows = answerOf("pending");
    const { settled } = await inquired({ looks: [{ state: "pending", ageMs: HOURS_72 + 3 * DAY_MS + 1, shows }] });
    const because = "it was pending for too long, cancelling its order did not end it, and said the test";
    expect(settled[0]?.evidence).toMatchObject({ kind: "pending", waitIsOver: true, trace: { because } });
  });

  test("one that is cancelled, and shows nothing, waits as any other", async () => {
    const { settled } = await inquired({
      looks: [{ state: "pending", ageMs: HOURS_72 + 1, shows: answerOf("absent") }],
    });
    expect(settled[0]?.evidence).toEqual(answerOf("absent"));
  });

  test("where cancelling it is not answered it is not read: it is asked about another time", async () => {
    const { asked, settled, asides } = await inquired({ looks: [{ mustClose: true }], cancels: SILENT });
    expect([asked, settled, asides]).toEqual([[["cancel", "ord_a"]], [], ["attempt a"]]);
  });
});

describe("one that a person asks about", () => {
  const looks = [
    { id: "a", shows: answerOf("absent") },
    { id: "b", shows: answerOf("paid"), becomes: { state: "paid" } },
  ];

  test("is looked at alone, where it is due", async () => {
    const { needs, asked } = worldOf({ looks });
    expect(await inquireAboutOne(needs, LIMITS, "b")).toMatchObject({ attemptId: "b", settlement: { attempt: {} } });
    expect(asked).toEqual([["read", "ord_b", "b-1", 20015, "single"]]);
  });

  test("is not where it is not due, or cannot be read", async () => {
    const { needs, asked, pages } = worldOf({ looks });
    expect([await inquireAboutOne(needs, LIMITS, "c"), asked, pages]).toEqual([null, [], [10_000]]);
    const unread = worldOf({ looks: [{ shows: SILENT }] });
    expect(await inquireAboutOne(unread.needs, LIMITS, "a")).toBeNull();
  });
});

/** The two halves of a run: which steps it takes, in which order, and what keeps it from the next. */
import { describe, expect, test } from "@jest/globals";
import { LIMITS, OWNER, quietRun, RUN_AT, type QuietWorld } from "../../../test/support/quiet-run.ts";
import { listedOrder } from "../../../test/support/seen-orders.ts";
import { planOf, subscriptionOf } from "../../../test/support/records.ts";
import { DatabaseUnusable, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import { NOTHING_WAITS } from "../../domain/invoice-content.ts";
import type { Beside } from "../settling/beside.ts";
import { besideCharges } from "../settling/beside.ts";
import { PROBE_EVERY_MS } from "../settling/circuit-breaker.ts";
import { collectAll, openAndInquire } from "./bill-due.ts";

const SILENT = new GatewayUnavailable("no answer", { retryAfterMs: 90_000 });
const BUG = new TypeError("x is undefined");
const HOUR_MS = 3_600_000;
const NEVER = new AbortController().signal;

type World = QuietWorld & {
  /** Open, and the gateway may be asked again: in so many milliseconds. */
  readonly breakerOpensInMs?: number;
  readonly isLate?: boolean;
  readonly rereadsAtATick?: number;
};

async function opened({ breakerOpensInMs, isLate = false, rereadsAtATick = 1, ...world }: World = {}) {
  const run = quietRun(world);
  const { breaker } = run.needs;
  if (breakerOpensInMs !== undefined)
    breaker.probeFailed(new Date(RUN_AT.getTime() - PROBE_EVERY_MS + breakerOpensInMs));
  const beside: Beside = besideCharges(60_000, NEVER);
  const late: Beside = { ...beside, wait: async (work) => (await work, false) };
  run.summary.setAside = ["before"];
  run.summary.needsPerson = 1;
  const limits = { ...LIMITS, rereadsAtATick };
  const wait = isLate ? late : beside;
  const mayCollect = await openAndInquire(run.needs, OWNER, limits, run.summary, wait, NEVER);
  return { ...run, mayCollect };
}

const OPENING = ["abandoned", "installation", "unpaidDue", "dueSubscriptions", "installation", "installation"];
const WEBHOOKS = ["installation", "take", "alone inquiries"];
const INQUIRIES = ["dueInquiries", "dueRechecks", "cardsToKeep", "disputeReads"];

describe("all of a run but the charging", () => {
  test("settles, opens, looks at webhooks, asks about what is uncertain; then charges may follow", async () => {
    const { calls, mayCollect, summary } = await opened();
    expect(calls).toEqual([...OPENING, ...WEBHOOKS, ...INQUIRIES]);
    expect([mayCollect, summary.haltReason, summary.setAside, summary.needsPerson]).toEqual([
      true,
      null,
      ["before"],
      1,
    ]);
  });

  const person = { haltKind: "person", haltReason: "ana stopped charging: prices" } as const;
  const restored = { haltKind: "restored", haltReason: "the books are old" } as const;
  const refused = { haltKind: "unauthorized", haltReason: "no such key" } as const;

  // prettier-ignore
  test.each<[world: World, mayCollect: boolean, haltReason: string | null, asks: readonly string[], because: string]>([
    [{ rereadsAtATick: 0 }, true, null, [...WEBHOOKS, "dueInquiries", "dueRechecks", "cardsToKeep"], "what is read again for disputes is read between two runs"],
    [{ notOurs: ["inquiries"] }, true, null, WEBHOOKS, "another process is at the inquiries"],
    [{ isLate: true }, true, null, [...WEBHOOKS, ...INQUIRIES], "reads that take long go on beside the charges"],
    [{ halt: person }, false, person.haltReason, [...WEBHOOKS, ...INQUIRIES], "a person's halt keeps nobody from being asked about"],
    [{ halt: restored }, false, restored.haltReason, [], "the books cannot place what would be read"],
    [{ halt: refused, probes: [new GatewayUnauthorized("no such key")] }, false, refused.haltReason, ["customersToProbe", "probe", "probe", "probe"], "the key is still refused"],
    [{ halt: refused, probes: [SILENT] }, false, refused.haltReason, ["customersToProbe", "probe", "probe", "probe"], "nobody answers: the key may be refused"],
    [{ halt: refused }, true, null, ["customersToProbe", "probe", "resumeCharging", ...WEBHOOKS, ...INQUIRIES], "a read is answered: the key works again"],
    [{ breakerOpensInMs: 1 }, false, null, [], "the gateway failed, and is not asked yet"],
    [{ breakerOpensInMs: 0 }, true, null, ["customersToProbe", "probe", ...WEBHOOKS, ...INQUIRIES], "it is asked, and answers"],
    [{ breakerOpensInMs: 0, probes: [SILENT] }, false, null, ["customersToProbe", "probe", "probe", "probe"], "it is asked, and does not"],
    [{ answers: halting("take") }, false, "no such key", WEBHOOKS, "a webhook's read was refused for the key: nothing else is asked"],
    [{ answers: halting("dueInquiries") }, false, "no such key", [...WEBHOOKS, "dueInquiries"], "an inquiry was"],
    [{ halt: person, answers: halting("dueRechecks") }, false, "no such key", [...WEBHOOKS, "dueInquiries", "dueRechecks", "cardsToKeep", "disputeReads"], "what it was halted by before is not said"],
    [{ answers: ({ breaker }) => ({ disputeReads: () => (breaker.probeFailed(RUN_AT), []) }) }, false, null, [...WEBHOOKS, ...INQUIRIES], "the gateway fails by now"],
  ])("whether charges may follow, and what is asked before, case %#", async (world, mayCollect, haltReason, asks) => {
    const run = await opened(world);
    const asked = run.calls.slice(run.calls.indexOf("dueSubscriptions") + 1);
    expect(asked.filter((call) => call !== "installation")).toEqual(asks.filter((call) => call !== "installation"));
    expect([run.mayCollect, run.summary.haltReason]).toEqual([mayCollect, haltReason]);
  });

  // prettier-ignore
  test.each<[world: World, readAt: Date | null, waits: readonly string[], reads: boolean, because: string]>([
    [{}, null, ["sub_a"], true, "the customer is read first"],
    [{}, RUN_AT, [], false, "the customer was read today"],
    [{ halt: person }, RUN_AT, ["sub_a"], false, "while charging is halted nobody is read, and it waits"],
    [{ breakerOpensInMs: HOUR_MS }, RUN_AT, ["sub_a"], false, "nor while the gateway does not answer"],
  ])("cycles of an unpaid subscription that are left due, case %#", async (world, readAt, waits, reads) => {
    const excepted: (readonly string[])[] = [];
    const customer = { readAt, failure: null };
    const run = await opened({
      ...world,
      answers: () => ({
        unpaidDue: () => [{ subscriptionId: "sub_a", customerId: "cus_a", dueAt: RUN_AT, customer }],
        dueSubscriptions: (_now: Date, _limit: number, except: readonly string[]) => (excepted.push(except), []),
        readCustomer: () => Promise.reject(SILENT),
      }),
    });
    expect(excepted).toEqual([waits]);
    expect(run.calls.includes("readCustomer")).toBe(reads);
  });

  test("where this clock is wrong nothing is opened, and what is open is asked about all the same", async () => {
    const { calls, mayCollect, summary } = await opened({ skewMs: HOUR_MS });
    expect([calls.includes("dueSubscriptions"), calls.includes("dueInquiries")]).toEqual([false, true]);
    expect([mayCollect, summary.clock]).toEqual([true, "wrong"]);
  });

  test("what was opened, held from the start and set aside is said of the run", async () => {
    const due = ["sub_a", "sub_b"].map((id) => {
      const plan = planOf({ catchUp: "ask" });
      const facts = { plan, lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS };
      return { ...subscriptionOf(id, { nextCycle: 9 }, plan), ...facts };
    });
    let isOpened = false;
    const answers = () => ({
      dueSubscriptions: () => (isOpened ? [] : due),
      open: () => ((isOpened = true), 5),
    });
    const { summary } = await opened({ answers });
    expect(summary.opened).toBe(5);
    expect([summary.needsPerson, summary.setAside]).toEqual([3, ["before"]]);
    const broken = await opened({
      answers: () => ({
        dueSubscriptions: (_now: Date, _limit: number, except: readonly string[]) =>
          except.length > 0 ? [] : [{ ...due[0], plan: { interval: "never" } }],
      }),
    });
    expect(broken.summary.setAside).toEqual(["before", "sub_a"]);
  });

  test.each<[call: string, step: string, next: string]>([
    ["abandoned", "settle", "dueSubscriptions"],
    ["dueSubscriptions", "open", "take"],
    ["take", "webhooks", "dueInquiries"],
    ["dueInquiries", "inquiries", "dueRechecks"],
    ["dueRechecks", "rechecks", "cardsToKeep"],
    ["cardsToKeep", "cards", "disputeReads"],
    ["disputeReads", "disputes", "disputeReads"],
  ])("a bug in %s breaks the step %s alone: %s follows", async (call, step, next) => {
    const { calls, summary, mayCollect } = await opened({ answers: failing(call, BUG) });
    expect(summary.setAside).toEqual(["before", `the step ${step}`]);
    expect([calls.includes(next), mayCollect]).toEqual([true, true]);
  });

  test("payments that may be disputed are read one at a time: those who are charged come first", async () => {
    const reading = { now: 0, most: 0 };
    const read = (name: string) => ({ orderId: `ord_${name}`, attemptId: `att_${name}`, days: 3 });
    const readOrder = async () => {
      reading.most = Math.max(reading.most, (reading.now += 1));
      await new Promise((resolve) => setImmediate(resolve));
      reading.now -= 1;
      return listedOrder();
    };
    const { calls } = await opened({
      rereadsAtATick: 3,
      answers: () => ({ disputeReads: () => ["a", "b", "c"].map(read), readOrder }),
    });
    expect([calls.filter((call) => call === "readOrder").length, reading.most]).toEqual([3, 1]);
    expect(calls).toContain("noteDisputeReads");
  });

  test("what is the database's fault ends the run", async () => {
    await expect(opened({ answers: failing("abandoned", new DatabaseUnusable("full")) })).rejects.toThrow("full");
  });

  test("asked again in vain, the gateway is left alone for as long as it asks for", async () => {
    const { needs } = await opened({ breakerOpensInMs: 0, probes: [SILENT] });
    expect(needs.breaker.probeAt).toEqual(new Date(RUN_AT.getTime() + 90_000));
  });
});

describe("the charging, and what follows", () => {
  const copies = {
    begin: () => {},
    mustCompare: async () => false,
    compare: async () => true,
    compareInTime: async () => true,
  };

  async function collected(world: World = {}) {
    const run = quietRun(world);
    await collectAll(run.needs, OWNER, LIMITS, run.summary, besideCharges(60_000, NEVER), NEVER, copies);
    return run;
  }

  const REREAD = ["alone dunning", "customersToReread"];
  const AFTER = ["alone dunning", "dueSteps", "expiringCards"];

  // prettier-ignore
  test.each<[world: World, calls: readonly string[], because: string]>([
    [{}, [...REREAD, "claim", ...AFTER], "nothing is due"],
    [{ notOurs: ["dunning"] }, ["alone dunning", "claim", "alone dunning"], "another process is at the dunning"],
    [{ isShared: true }, [...REREAD, "failingUntil", "claim", "heldDue", ...AFTER], "what others hold is named after the charges"],
  ])("its steps, case %#", async (world, calls) => {
    expect((await collected(world)).calls).toEqual(calls);
  });

  test("of those who wait in dunning 250 are read, who were not for a day", async () => {
    const asked: unknown[] = [];
    await collected({ answers: () => ({ customersToReread: (...args: unknown[]) => (asked.push(args), []) }) });
    expect(asked).toEqual([[RUN_AT, { readBefore: new Date(RUN_AT.getTime() - 24 * HOUR_MS), limit: 250 }]]);
  });

  test.each<[call: string, step: string, next: string]>([
    ["customersToReread", "customers", "claim"],
    ["heldDue", "held", "dueSteps"],
    ["dueSteps", "dunning", "expiringCards"],
    ["expiringCards", "notices", "expiringCards"],
  ])("a bug in %s breaks the step %s alone: %s follows", async (call, step, next) => {
    const { calls, summary } = await collected({ answers: failing(call, BUG), isShared: true });
    expect([summary.setAside, calls.includes(next)]).toEqual([[`the step ${step}`], true]);
  });
});

function halting(call: string): NonNullable<World["answers"]> {
  return ({ summary }) => ({ [call]: () => ((summary.haltReason = "no such key"), []) });
}

function failing(call: string, error: Error): NonNullable<World["answers"]> {
  return () => ({ [call]: () => Promise.reject(error) });
}

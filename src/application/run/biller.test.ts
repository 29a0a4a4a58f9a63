/** What a tick makes sure of before it charges anybody, what it does at the next tick again, and what it notes. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mock } from "node:test";
import { LIMITS, OWNER, quietRun, RUN_AT, type QuietWorld } from "../../../test/support/quiet-run.ts";
import { dueInvoice } from "../../../test/support/due-invoice.ts";
import { listedOrder } from "../../../test/support/seen-orders.ts";
import { DAY_MS, MINUTE_MS } from "../../domain/duration.ts";
import { DatabaseUnusable, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import type { DueInvoice } from "../ports/charging.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import { type Biller, createBiller } from "./biller.ts";

const SILENT = new GatewayUnavailable("no answer", { retryAfterMs: null });
const NEVER = new AbortController().signal;
const KEY = ["customersToProbe", "probe"];
const CHARGES = "claim";

/** What every step asks, or whoever lists. */
const ASKED_OFTEN = new Set(["installation", "lastSentAt"]);

type World = Omit<QuietWorld, "orders"> & {
  /** What the gateway lists at each tick, in turn; the last for ever. */
  readonly orders?: readonly (readonly ListedOrder[] | Error)[];
};

function billerOf({ orders = [[]], ...world }: World = {}) {
  const due = { dueInvoices: () => [{}] };
  let ticks = 0;
  const run = quietRun({
    ...world,
    orders: () => orders[Math.min(ticks, orders.length) - 1]!,
    answers: (made) => ({ ...due, ...world.answers?.(made) }),
  });
  const given = createBiller(run.needs, OWNER, LIMITS);
  const biller: Pick<Biller, "tick" | "isKeyChecked" | "owner"> = {
    get owner() {
      return given.owner;
    },
    get isKeyChecked() {
      return given.isKeyChecked;
    },
    async tick(signal) {
      ticks += 1;
      return await given.tick(signal);
    },
  };
  /** The calls of one more tick; a list of orders is one call, however many parts it has. */
  async function tick(signal = NEVER): Promise<readonly string[]> {
    run.calls.length = 0;
    await biller.tick(signal);
    return run.calls.filter((call, at) => !ASKED_OFTEN.has(call) && call !== run.calls[at - 1]);
  }
  /** What is noted as left undone by each of so many ticks; what they throw is noted, too. */
  async function noted(times: number): Promise<readonly unknown[]> {
    for (let at = 0; at < times; at++) await biller.tick(NEVER).catch(() => {});
    return run.told;
  }
  return { ...run, biller, tick, noted };
}

const before = (calls: readonly string[], call: string): readonly string[] => calls.slice(0, calls.indexOf(call));
const from = (calls: readonly string[], call: string): readonly string[] => calls.slice(calls.indexOf(call));
const askedAt = (calls: readonly string[]): readonly string[] =>
  ["confirmMode", "mustBeWhole", "listOrders", CHARGES].filter((call) => before(calls, "unreadable").includes(call));

describe("before anybody is charged", () => {
  test("the key, the right to charge, the file and the orders, and what may have changed since", async () => {
    const { tick, biller, clock } = billerOf();
    expect(biller.isKeyChecked).toBe(false);
    const first = await tick();
    expect(before(first, "abandoned")).toEqual([...KEY, "confirmMode", "stillOwns", "mustBeWhole", "listOrders"]);
    expect(from(first, "disputeReads")).toEqual([
      ...["disputeReads", "alone dunning", "customersToReread", CHARGES],
      ...["alone dunning", "dueSteps", "expiringCards", "unreadable", "stillOwns"],
    ]);
    expect(biller.isKeyChecked).toBe(true);
    clock.ms += MINUTE_MS;
    const second = await tick();
    expect(before(second, "abandoned")).toEqual(["stillOwns"]);
    expect(from(second, "dueInvoices")).toEqual([
      ...["dueInvoices", ...KEY, "listOrders", "alone dunning", "customersToReread", CHARGES],
      ...["alone dunning", "dueSteps", "unreadable", "stillOwns"],
    ]);
  });

  // prettier-ignore
  test.each<[world: World, first: readonly string[], second: readonly string[], because: string]>([
    [{}, ["confirmMode", "mustBeWhole", "listOrders", CHARGES], ["listOrders", CHARGES], "what was made sure of is not asked again"],
    [{ probes: [SILENT] }, ["mustBeWhole", "listOrders", CHARGES], ["listOrders", CHARGES], "a key that nobody answers for proves nothing, and stops nothing"],
    [{ orders: [SILENT] }, ["confirmMode", "mustBeWhole", "listOrders"], ["listOrders"], "the orders cannot be listed: nobody is charged"],
    [{ orders: [SILENT, []] }, ["confirmMode", "mustBeWhole", "listOrders"], ["listOrders", CHARGES], "they can be by now"],
    [{ orders: [[listedOrder()]] }, ["confirmMode", "mustBeWhole", "listOrders"], [], "the books lack an order: nobody is charged, until a person has looked"],
    [{ halt: { haltKind: "person", haltReason: "prices" } }, ["confirmMode", "mustBeWhole", "listOrders"], [], "a person has stopped it"],
  ])("a first and a second tick, case %#", async (world, first, second) => {
    const { tick, clock } = billerOf(world);
    expect(askedAt(await tick())).toEqual(first);
    clock.ms += MINUTE_MS;
    expect(askedAt(await tick())).toEqual(second);
  });

  test("the key is asked about until somebody answers", async () => {
    const { tick, biller } = billerOf({ probes: [SILENT, SILENT, SILENT, { livemode: true }] });
    expect(await tick()).not.toContain("confirmMode");
    expect(biller.isKeyChecked).toBe(false);
    expect(await tick()).toContain("confirmMode");
    expect(biller.isKeyChecked).toBe(true);
  });

  test("a list of orders is broken off when the process ends: it counts as unread, and nobody is charged", async () => {
    const ending = new AbortController();
    const orders = [listedOrder({ installationId: "ins_2" }), listedOrder({ installationId: "ins_2" })];
    const { biller, calls } = billerOf({ orders: [orders] });
    ending.abort();
    expect(await biller.tick(ending.signal)).toMatchObject({ fence: "unread" });
    expect(calls).not.toContain(CHARGES);
    expect(await biller.tick(NEVER)).toMatchObject({ fence: "checked" });
    expect(calls).toContain(CHARGES);
  });
});

describe("the file is whole", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  test.each<[ms: number, isRead: boolean, because: string]>([
    [DAY_MS - 1, false, "it was read today"],
    [DAY_MS, true, "once a day"],
  ])("%i ms later it is read again: %p (%s)", async (ms, isRead) => {
    const { tick, clock } = billerOf();
    clock.ms = 2 * DAY_MS;
    expect(await tick()).toContain("mustBeWhole");
    clock.ms += ms;
    expect((await tick()).includes("mustBeWhole")).toBe(isRead);
  });

  test("one that is damaged is charged from by nobody, and is read again at the next tick", async () => {
    let isDamaged = true;
    const answers = () => ({ mustBeWhole: () => (isDamaged ? Promise.reject(new DatabaseUnusable("corrupt")) : null) });
    const { biller, calls, tick } = billerOf({ answers });
    await expect(biller.tick(NEVER)).rejects.toThrow("corrupt");
    expect(calls).not.toContain(CHARGES);
    isDamaged = false;
    expect(await tick()).toEqual(expect.arrayContaining(["mustBeWhole", CHARGES]));
  });

  test("reading it keeps nobody waiting for more than five seconds; one reading goes on over the ticks", async () => {
    const reading = Promise.withResolvers<null>();
    const { biller, calls, clock } = billerOf({ answers: () => ({ mustBeWhole: () => reading.promise }) });
    for (const _ of ["the first tick", "the second"]) {
      const ticking = biller.tick(NEVER);
      while (!calls.includes("mustBeWhole")) await turn();
      for (let at = 0; at < 9; at++) await turn();
      mock.timers.tick(4_999);
      for (let at = 0; at < 9; at++) await turn();
      expect(calls).not.toContain("unreadable");
      mock.timers.tick(1);
      await ticking;
      calls.splice(0, calls.length, "mustBeWhole");
      clock.ms += MINUTE_MS;
    }
    expect(calls).toEqual(["mustBeWhole"]);
    reading.resolve(null);
    await biller.tick(NEVER);
    // Whole as of then: a day from the tick that found it.
    expect(calls.filter((call) => call === "mustBeWhole")).toHaveLength(1);
    clock.ms += DAY_MS;
    await biller.tick(NEVER);
    expect(calls.filter((call) => call === "mustBeWhole")).toHaveLength(2);
  });
});

test("a reading of the file that finds it damaged between two ticks ends the next, and nothing before", async () => {
  const reading = Promise.withResolvers<null>();
  const unasked: unknown[] = [];
  const note = (reason: unknown): void => void unasked.push(reason);
  const { biller, calls } = billerOf({ answers: () => ({ mustBeWhole: () => reading.promise }) });
  mock.timers.enable({ apis: ["setTimeout"] });
  const ticking = biller.tick(NEVER);
  while (!calls.includes("mustBeWhole")) await turn();
  for (let at = 0; at < 9; at++) await turn();
  mock.timers.tick(5_000);
  mock.timers.reset();
  await ticking;
  process.on("unhandledRejection", note);
  reading.reject(new DatabaseUnusable("corrupt"));
  for (let at = 0; at < 9; at++) await turn();
  process.off("unhandledRejection", note);
  expect(unasked).toEqual([]);
  calls.length = 0;
  await expect(biller.tick(NEVER)).rejects.toThrow("corrupt");
  expect(calls).not.toContain(CHARGES);
});

describe("the orders are compared anew", () => {
  const server = new DatabaseUnusable("the server is gone", { isOfServer: true });

  // prettier-ignore
  test.each<[error: Error, anew: boolean, because: string]>([
    [server, true, "its server failed a tick: it may lack the last commits"],
    [new DatabaseUnusable("disk full"), false, "that is no server's"],
    [new TypeError("x is undefined"), false, "nor is a bug"],
  ])("%#: after %p: %p (%s)", async (error, anew) => {
    let isFailing = false;
    const unreadable = (): object => {
      if (isFailing) throw error;
      return { count: 0 };
    };
    const { tick, biller } = billerOf({ answers: () => ({ unreadable, dueInvoices: () => [] }) });
    await tick();
    isFailing = true;
    await expect(biller.tick(NEVER)).rejects.toBe(error);
    isFailing = false;
    const after = await tick();
    // What a server was restored to need not be whole.
    expect([after.includes("mustBeWhole"), after.includes("listOrders")]).toEqual([anew, anew]);
  });

  test.each<[timelines: readonly (string | null)[], compared: readonly boolean[], because: string]>([
    [["1", "1"], [true, false], "the same server answers"],
    [["1", "2", "2"], [true, true, false], "a standby was promoted since"],
    [["1", null, "1"], [true, false, false], "it does not tell"],
    [[null, "1"], [true, true], "the first that tells may be a standby's"],
  ])("where the server tells %j: %j (%s)", async (timelines, compared) => {
    let at = 0;
    const answers = () => ({ timeline: () => timelines[at], dueInvoices: () => [] });
    const { tick } = billerOf({ isShared: true, answers });
    const seen: boolean[] = [];
    for (; at < timelines.length; at++) seen.push((await tick()).includes("listOrders"));
    expect(seen).toEqual(compared);
  });
});

describe("whoever else charges", () => {
  test("before a new database charges anybody, whether another has charged the same", async () => {
    const period = { cycle: 0, periodStart: RUN_AT, periodEnd: new Date(RUN_AT.getTime() + 30 * DAY_MS) };
    const due = { invoiceId: "inv_9", subscriptionId: "ana", customerId: "cus_1", at: RUN_AT, ...period };
    let cycles: readonly object[] = [];
    const answers = () => ({ lastSentAt: () => null, dueCycles: () => cycles });
    const { tick, told, clock } = billerOf({ answers, orders: [[listedOrder({ installationId: "ins_2" })]] });
    expect(await tick()).toEqual(expect.arrayContaining(["dueCycles", CHARGES]));
    cycles = [due];
    clock.ms += MINUTE_MS;
    const second = await tick();
    expect(told[0]).toMatchObject({ kind: "charged_elsewhere" });
    // Halted is halted: nothing else is compared.
    expect(["dueCycles", "dueInvoices", CHARGES].filter((call) => second.includes(call))).toEqual(["dueCycles"]);
    expect(await tick()).not.toContain("dueCycles");
  });

  test("what the restore fence has just compared is not compared again, however long ago the process began", async () => {
    const { tick, clock } = billerOf();
    clock.ms += DAY_MS;
    expect(await tick()).not.toContain("dueInvoices");
  });

  test.each<[world: World, charges: boolean, fence: string, because: string]>([
    [{ orders: [[]] }, true, "checked", "nothing was made meanwhile"],
    [{ orders: [[], SILENT] }, true, "checked", "they cannot be listed just now"],
    [{ answers: () => ({ dueInvoices: () => [] }) }, true, "checked", "nothing is due: nobody is asked"],
    [
      { orders: [[], [listedOrder()]] },
      false,
      "checked",
      "an order was made that is not known here: a copy charges, and that is said",
    ],
  ])("at a later tick, case %#", async (world, charges, fence) => {
    const { biller, calls, clock } = billerOf(world);
    await biller.tick(NEVER);
    calls.length = 0;
    clock.ms += MINUTE_MS;
    expect((await biller.tick(NEVER)).fence).toBe(fence);
    expect(calls.includes(CHARGES)).toBe(charges);
  });

  test("orders that cannot be listed for a quarter of an hour: nobody is charged", async () => {
    const { biller, calls, clock } = billerOf({ orders: [[], SILENT] });
    await biller.tick(NEVER);
    for (const minutes of [1, 16]) {
      clock.ms += minutes * MINUTE_MS;
      calls.length = 0;
      const { fence } = await biller.tick(NEVER);
      expect([calls.includes(CHARGES), fence]).toEqual(minutes === 1 ? [true, "checked"] : [false, "unread"]);
    }
  });
});

test("while the gateway does not answer nothing is compared, nobody is charged, and no step of dunning is taken", async () => {
  const { tick, clock, needs } = billerOf();
  await tick();
  clock.ms += MINUTE_MS;
  needs.breaker.probeFailed(needs.clock.now());
  const calls = await tick();
  expect(calls.slice(calls.indexOf("dueSubscriptions"))).toEqual(["dueSubscriptions", "unreadable", "noteUnfinished"]);
});

test("what was read beside the charges is waited for, and ends with the tick", async () => {
  const reading = Promise.withResolvers<readonly never[]>();
  const { needs, calls } = quietRun({ answers: () => ({ take: () => reading.promise }) });
  const biller = createBiller(needs, OWNER, { ...LIMITS, readPatienceMs: 1 });
  let isOver = false;
  const ticking = biller.tick(NEVER).then(() => (isOver = true));
  while (!calls.includes("expiringCards")) await turn();
  for (let at = 0; at < 9; at++) await turn();
  expect(isOver).toBe(false);
  reading.resolve([]);
  await ticking;
});

describe("this process", () => {
  test("has lost the right to charge: it says so, and ends", async () => {
    const { biller, calls } = billerOf({ answers: () => ({ stillOwns: () => false }) });
    await expect(biller.tick(NEVER)).rejects.toMatchObject({ name: "AlreadyRunning" });
    expect(calls).not.toContain("listOrders");
  });

  test.each<[isShared: boolean, because: string]>([
    [false, "another process has taken over the right to charge"],
    [true, "this process was silent for longer than its lease, was given up, and takes the right to charge anew"],
  ])("loses it in mid-run, on a server that is shared: %p: that run is not complete", async (isShared, because) => {
    let asked = 0;
    const { biller } = billerOf({ isShared, answers: () => ({ stillOwns: () => (asked += 1) === 1 }) });
    const { incompleteBecause } = await biller.tick(NEVER);
    expect(incompleteBecause).toBe(because);
  });

  test("was given up while it heard nothing of a server that is shared: it takes the right anew, through the fence", async () => {
    const heard: string[] = [];
    const given = { ...OWNER, id: "own_1", epoch: 7 };
    let owning: string = OWNER.id;
    const { tick, biller, told } = billerOf({
      isShared: true,
      answers: () => ({
        stillOwns: ({ id }: { readonly id: string }) => id === owning,
        takeOver: (id: string) => {
          heard.push(id);
          owning = id;
          return given;
        },
        abandoned: ({ id }: { readonly id: string }) => {
          heard.push(`settles as ${id}`);
          return [];
        },
        unreadable: () => ({ count: 1 }),
      }),
    });
    await tick();
    owning = "nobody";
    expect(before(await tick(), "abandoned")).toEqual(["stillOwns", "takeOver", "timeline", "listOrders"]);
    expect(biller.owner).toEqual(given);
    expect(heard).toEqual([`settles as ${OWNER.id}`, "own_1", "settles as own_1"]);
    // Its row is a new one, and knows nothing of what the old one left undone.
    expect(told).toHaveLength(2);
    expect(await tick()).not.toContain("takeOver");
  });

  test("cannot take the right anew: nobody is charged, and the next tick tries again", async () => {
    const fault = new DatabaseUnusable("it is away", { isOfServer: true });
    let asked = 0;
    const { biller, calls } = billerOf({
      isShared: true,
      answers: () => ({
        stillOwns: () => asked > 1,
        takeOver: () => {
          if ((asked += 1) === 1) throw fault;
          return OWNER;
        },
      }),
    });
    await expect(biller.tick(NEVER)).rejects.toBe(fault);
    expect(calls).not.toContain(CHARGES);
    await biller.tick(NEVER);
    expect(calls).toContain(CHARGES);
  });
});

describe("what a tick left undone is noted", () => {
  test("in some seconds, or by the next tick: a database that is silent keeps no tick from its end", async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const answer = Promise.withResolvers<null>();
      const { biller, calls } = billerOf({
        answers: () => ({
          noteUnfinished: () => answer.promise,
          unreadable: () => ({ count: 1 }),
          dueInvoices: () => [],
        }),
      });
      for (const times of [1, 2]) {
        const ticking = biller.tick(NEVER);
        while (calls.filter((call) => call === "noteUnfinished").length < times) await turn();
        mock.timers.tick(5000);
        await ticking;
      }
      answer.resolve(null);
      await turn();
      await biller.tick(NEVER);
      expect(calls.filter((call) => call === "noteUnfinished")).toHaveLength(2);
    } finally {
      mock.timers.reset();
    }
  });

  test("where that changes: an idle tick waits for no disk", async () => {
    let count = 0;
    const { noted } = billerOf({ answers: () => ({ unreadable: () => ({ count }), dueInvoices: () => [] }) });
    expect(await noted(2)).toEqual([]);
    count = 1;
    const because = "1 customers or orders cannot be read or charged at Conekta, and what they owe waits";
    expect(await noted(2)).toEqual([because]);
    count = 0;
    expect(await noted(2)).toEqual([because, null]);
  });

  test("of a customer whose cycle waited, too, who could be read later in the tick", async () => {
    const customer = { readAt: null, failure: null };
    const unpaidDue = () => [{ subscriptionId: "sub_1", customerId: "cus_1", dueAt: RUN_AT, customer }];
    const readCustomer = () => {
      throw new GatewayUnavailable("no answer");
    };
    const { biller } = billerOf({ answers: () => ({ unpaidDue, readCustomer, unreadable: () => ({ count: 0 }) }) });
    expect((await biller.tick(NEVER)).incompleteBecause).toMatch(/^1 customers or orders cannot be read/);
  });

  test("also what it ended with", async () => {
    const probes = [new GatewayUnauthorized("no such key")];
    expect(await billerOf({ probes }).noted(2)).toEqual(["no such key"]);
    const thrown = { stillOwns: () => Promise.reject("a string") };
    expect(await billerOf({ answers: () => thrown }).noted(1)).toEqual(["a string"]);
  });

  test("what could not be noted is noted another time", async () => {
    let tries = 0;
    const told: unknown[] = [];
    const noteUnfinished = (_owner: unknown, because: unknown) => {
      if ((tries += 1) === 1) throw new Error("busy");
      told.push(because);
    };
    const { noted } = billerOf({ answers: () => ({ noteUnfinished, stillOwns: () => false }) });
    await noted(3);
    expect([tries, told]).toEqual([2, [expect.stringMatching(/^this process was given up/)]]);
  });

  test.each<[isStopping: boolean, isNoted: boolean, because: string]>([
    [true, false, "what a stop cut short is not left undone"],
    [false, true, "it is"],
  ])("where the process ends, %p: %p (%s)", async (isStopping, isNoted) => {
    const { biller, told } = billerOf({ answers: () => ({ unreadable: () => ({ count: 1 }) }) });
    const ending = new AbortController();
    if (isStopping) ending.abort();
    await biller.tick(ending.signal);
    expect(told.length > 0).toBe(isNoted);
  });

  test("what a person asked to be left is not left undone", async () => {
    const claim = (_owner: unknown, _options: unknown, decide: (page: readonly DueInvoice[]) => unknown) => {
      decide([dueInvoice("a")]);
      return { claimed: [], moved: [] };
    };
    const run = quietRun({ answers: () => ({ claim }) });
    const biller = createBiller(run.needs, OWNER, { ...LIMITS, askedCharges: 0 });
    const { summary, incompleteBecause } = await biller.tick(NEVER);
    expect([summary.stoppedAt, incompleteBecause]).toEqual(["asked_charges", "the run stopped at asked_charges"]);
    expect(run.told).toEqual([]);
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

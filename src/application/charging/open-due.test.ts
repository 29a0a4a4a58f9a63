/** What is opened together, and what of it is left for another pass. */
import { describe, expect, test } from "@jest/globals";
import { NOW, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { DatabaseUnusable, RowUnreadable } from "../../domain/errors.ts";
import { NOTHING_WAITS, type Waiting } from "../../domain/invoice-content.ts";
import type { DueSubscription } from "../../domain/opening.ts";
import type { OpeningBatch } from "../ports/charging.ts";
import { openDue } from "./open-due.ts";

/** Of the customer: it rides on the next invoice of whichever subscription. */
const ITEM: Waiting["items"][number] = {
  ...{ id: "itm_1", key: "setup", name: "Alta", amountCents: 5000, discountCents: 0, tax: null, currency: "MXN" },
  ...{ subscriptionId: null, claveProdServ: null, claveUnidad: null },
};

type Change = Partial<DueSubscription> & { readonly plan?: ReturnType<typeof planOf> };

function due(id: string, { plan = planOf(), ...change }: Change = {}): DueSubscription {
  return {
    ...subscriptionOf(id, change, plan),
    ...{ plan, lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS },
    ...change,
  };
}

type World = {
  readonly subscriptions: readonly DueSubscription[];
  /** Rows that cannot be read. */
  readonly unreadable?: readonly string[];
  /** Subscriptions that no batch can be written with. */
  readonly bad?: readonly string[];
  readonly fault?: Error;
  /** Of subscriptions that a person changed in between, which stay due for the next pass. */
  readonly changed?: readonly string[];
  readonly waiting?: readonly string[];
  readonly isStopping?: boolean;
};

async function opened(world: World) {
  const { subscriptions, unreadable = [], bad = [], changed = [], waiting = [] } = world;
  const batches: (readonly OpeningBatch[])[] = [];
  const told: string[] = [];
  const written = new Set<string>();
  let left = changed;
  const store = {
    dueSubscriptions: async (now: Date, limit: number, except: readonly string[]) => {
      expect(now).toBe(NOW);
      const [broken] = unreadable.filter((id) => !except.includes(id));
      if (broken !== undefined) throw new RowUnreadable(broken, { cause: "a damaged row" });
      return subscriptions.filter(({ id }) => !except.includes(id) && !written.has(id)).slice(0, limit);
    },
    open: async (batch: readonly OpeningBatch[]) => {
      batches.push(batch);
      if (batch.some(({ subscriptionId }) => bad.includes(subscriptionId)))
        throw world.fault ?? new TypeError("a damaged row");
      const taken = batch.filter(({ subscriptionId }) => !left.includes(subscriptionId));
      left = [];
      for (const { subscriptionId } of taken) written.add(subscriptionId);
      return taken.flatMap(({ invoices }) => invoices).length;
    },
  };
  const log = {
    info: (event: string, { count }: { readonly count: number }) => void told.push(`${event} ${count}`),
    error: (event: string, { subscriptionId }: { readonly subscriptionId: string }) =>
      void told.push(`${event} ${subscriptionId}`),
  };
  let ids = 0;
  const random = { newId: (prefix: string) => `${prefix}_${(ids += 1)}` };
  const needs = { store, log, random, clock: { now: () => NOW } } as unknown as Parameters<typeof openDue>[0];
  const signal = world.isStopping === true ? AbortSignal.abort() : new AbortController().signal;
  const result = await openDue(needs, signal, waiting);
  return { result, batches, told };
}

const idsOf = (batches: readonly (readonly OpeningBatch[])[]): string =>
  batches.map((batch) => batch.map(({ subscriptionId }) => subscriptionId).join("")).join(" ");

const six = ["a", "b", "c", "d", "e", "f"].map((id) => due(id));

describe("what is due is opened", () => {
  // prettier-ignore
  test.each<[world: Partial<World>, batches: string, count: number, setAside: readonly string[], because: string]>([
    [{ subscriptions: [] }, "", 0, [], "nothing is due"],
    [{}, "abcdef", 6, [], "one transaction for all"],
    [{ subscriptions: [due("a")] }, "a", 1, [], "one alone is told, too"],
    [{ isStopping: true }, "", 0, [], "the process ends"],
    [{ waiting: ["b", "e"] }, "acdf", 4, [], "some are left due by this pass"],
    [{ changed: ["c"] }, "abcdef c", 6, [], "one that a person changed in between has its turn in the next pass"],
    [{ unreadable: ["x", "y"] }, "abcdef", 6, ["x", "y"], "rows that cannot be read keep nobody from it"],
    [{ bad: ["b"] }, "abcdef a b c d e f", 5, ["b"], "one that cannot be written keeps nobody from it"],
    [{ subscriptions: [due("a")], bad: ["a"] }, "a", 0, ["a"], "there is no smaller batch"],
  ])("%#: in the batches %j: %i invoices, without %j (%s)", async (world, batches, count, setAside) => {
    const { result, batches: made, told } = await opened({ subscriptions: six, ...world });
    expect(idsOf(made)).toBe(batches);
    expect(result).toEqual({ opened: count, held: 0, setAside });
    expect(told).toEqual([
      ...setAside.map((id) => `subscription.set_aside ${id}`),
      ...(count > 0 ? [`invoices.opened ${count}`] : []),
    ]);
  });

  test("two hundred at a time, with a turn for others between each decision and its writing", async () => {
    const many = Array.from({ length: 401 }, (_, at) => due(`sub_${at}`));
    let turns = 0;
    let next: NodeJS.Immediate;
    const others = (): void => {
      turns += 1;
      next = setImmediate(others);
    };
    next = setImmediate(others);
    const { batches, result } = await opened({ subscriptions: many });
    clearImmediate(next);
    expect([batches.map(({ length }) => length), result.opened]).toEqual([[200, 200, 1], 401]);
    expect(turns).toBe(3);
  });

  test("one whose cycles cannot be made is set aside, and the others are opened", async () => {
    const plan = planOf({ interval: "fortnight of the moon" as never });
    const broken = { ...due("b"), plan };
    const { batches, result } = await opened({ subscriptions: [due("a"), broken, due("c")] });
    expect([idsOf(batches), result.setAside]).toEqual(["ac", ["b"]]);
  });

  test.each<[fault: Error, isThrown: boolean, because: string]>([
    [new DatabaseUnusable("disk full"), true, "the database's fault is no row's"],
    [new DatabaseUnusable("held", { areRowsHeld: true }), false, "rows that others hold are these rows alone"],
  ])("%p is thrown: %p (%s)", async (fault, isThrown) => {
    const tried = await Promise.allSettled([opened({ subscriptions: [due("a"), due("b")], bad: ["b"], fault })]);
    expect(tried).toMatchObject([isThrown ? { reason: fault } : { value: { result: { setAside: ["b"] } } }]);
  });

  test("what is written is what was seen: a change in between is noticed", async () => {
    const { batches } = await opened({ subscriptions: [due("a")] });
    expect(batches[0]).toMatchObject([
      {
        ...{ subscriptionId: "a", nextCycle: 2, invoices: [{ cycle: 1, status: "open" }] },
        expected: { nextCycle: 1, status: "active", cancelAt: null, pauseFrom: null, pauseUntil: null },
      },
    ]);
  });
});

describe("of one customer", () => {
  const waiting: Waiting = { ...NOTHING_WAITS, items: [ITEM] };
  const shared = { customerId: "cus_1" };

  // prettier-ignore
  test.each<[change: Change, batches: string, because: string]>([
    [shared, "abc", "nothing of it is shared"],
    [{ ...shared, waiting }, "ac b", "what the first uses is not there for the second, which is read anew"],
    [{ waiting }, "abc", "of two customers each has its own"],
  ])("%#: two subscriptions: in the batches %j (%s)", async (change, batches) => {
    const { batches: made, result } = await opened({ subscriptions: [due("a", change), due("b", change), due("c")] });
    expect([idsOf(made), result.opened]).toEqual([batches, 3]);
  });
});

test("what is held from the start is counted for a person", async () => {
  const missed = due("a", { nextCycle: 0, plan: planOf({ catchUp: "ask" }) });
  const { result, batches } = await opened({ subscriptions: [missed, due("b")] });
  const held = batches.flat().flatMap(({ invoices }) => invoices.filter(({ status }) => status === "held"));
  expect(result.held).toBe(held.length);
  expect(held.length).toBeGreaterThan(0);
});

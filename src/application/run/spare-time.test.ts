/** What is read between two ticks: until nothing is left, or somebody needs the gateway. */
import { expect, test } from "@jest/globals";
import { quietRun, type QuietWorld } from "../../../test/support/quiet-run.ts";
import { GatewayRefused } from "../../domain/errors.ts";
import { useSpareTime } from "./spare-time.ts";

const GONE = new GatewayRefused("no such order", { httpStatus: 404, code: null });
const read = (orderId: string) => ({ orderId, attemptId: `att_${orderId}`, days: 30 });
const reads = (count: number) => Array.from({ length: count }, (_, at) => read(`ord_${at}`));

type World = Omit<QuietWorld, "answers"> & {
  /** How many are due, each time it is asked; then none. */
  readonly due?: readonly number[];
  readonly concurrency?: number;
  readonly stopped?: "aborted" | "breaker" | "by the third read";
};

async function spent({ due = [], concurrency = 50, stopped, ...world }: World) {
  const seen = { asked: 0, reads: 0, now: 0, most: 0, limits: new Set<number>() };
  const stopping = new AbortController();
  const { needs, calls } = quietRun({
    ...world,
    answers: () => ({
      disputeReads: (_now: Date, limit: number) => (seen.limits.add(limit), reads(due[seen.asked++] ?? 0)),
    }),
  });
  const orders = {
    readOrder: async () => {
      if ((seen.reads += 1) === 3 && stopped === "by the third read") stopping.abort();
      seen.most = Math.max(seen.most, (seen.now += 1));
      await new Promise((resolve) => setImmediate(resolve));
      seen.now -= 1;
      throw GONE;
    },
  };
  const store = { ...needs.store, noteDisputeReads: async () => {} };
  if (stopped === "aborted") stopping.abort();
  if (stopped === "breaker") needs.breaker.probeFailed(needs.clock.now());
  const spare = { ...needs, store, webhooks: { ...needs.webhooks, orders } } as unknown as typeof needs;
  const done = await useSpareTime(spare, { concurrency }, stopping.signal);
  return { done, calls, ...seen };
}

// prettier-ignore
test.each<[world: World, done: number, asked: number, because: string]>([
  [{}, 0, 1, "nothing is due"],
  [{ due: [99] }, 99, 1, "fewer than a batch: nothing is left"],
  [{ due: [100, 100, 7] }, 207, 3, "batch after batch"],
  [{ due: [100] }, 100, 2, "after a full batch it is asked for more"],
  [{ due: [100], notOurs: ["rereads"] }, 0, 0, "another process is at it"],
  [{ due: [100], stopped: "aborted" }, 0, 0, "a tick begins"],
  [{ due: [100], stopped: "breaker" }, 0, 0, "the gateway does not answer"],
  [{ due: [100], stopped: "by the third read", concurrency: 1 }, 3, 1, "a tick begins meanwhile: what is under way is finished"],
  [{ due: [100], halt: { haltKind: "unauthorized", haltReason: "no such key" } }, 0, 0, "the key is refused"],
  [{ due: [7], halt: { haltKind: "person", haltReason: "prices" } }, 7, 1, "a person's halt is of charges alone"],
])("%#: %j: %i orders are done with, after it was asked %i times (%s)", async (world, done, asked) => {
  const seen = await spent(world);
  expect([seen.done, seen.asked]).toEqual([done, asked]);
  expect([...seen.limits]).toEqual(asked === 0 ? [] : [100]);
});

test.each<[concurrency: number, most: number, because: string]>([
  [50, 8, "reads in number are answered with 429, and then charges are, too"],
  [3, 3, "charges have no more connections"],
])("with %i connections at most %i at once (%s)", async (concurrency, most) => {
  expect((await spent({ due: [60], concurrency })).most).toBe(most);
});

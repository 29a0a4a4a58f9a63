/** Which other subscriptions of a customer use what a next invoice counts on. */
import { expect, test } from "@jest/globals";
import { planOf, subscriptionOf } from "../../../test/support/records.ts";
import { NOTHING_WAITS, type Waiting } from "../../domain/invoice-content.ts";
import type { DueSubscription } from "../../domain/opening.ts";
import type { Plan } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { WaitsFor } from "../ports/records.ts";
import { sharersOf } from "./sharers.ts";

const BALANCE: Waiting = { ...NOTHING_WAITS, balance: { number: 1, balanceCents: 500 } };

function due(
  id: string,
  customerId: string,
  { waiting = BALANCE, ...plan }: { waiting?: Waiting } & Partial<Plan> = {},
) {
  const subscription = subscriptionOf(id, { customerId });
  return { ...subscription, plan: planOf(plan), lastMissedAt: null, voidCycles: 0, waiting } satisfies DueSubscription;
}

async function beside(all: readonly DueSubscription[], booked: readonly Subscription[] = []) {
  const asked: unknown[] = [];
  const others = await sharersOf(
    {
      subscriptions: async (filter) => {
        asked.push(filter);
        return [...booked];
      },
      plan: async (id) => (id === "gone" ? null : planOf({ id, currency: id === "usd" ? "USD" : "MXN" })),
      waitingForEach: async (whose: readonly WaitsFor[]) => new Map(whose.map(({ id }) => [id, NOTHING_WAITS])),
    },
    all,
  );
  return { asked, of: (one: DueSubscription) => others(one).map(({ id }) => id) };
}

test("those of the same customer and currency, and not itself", async () => {
  const [a, b, dollars, other] = [due("a", "c1"), due("b", "c1"), due("d", "c1", { currency: "USD" }), due("o", "c2")];
  const found = await beside([a, b, dollars, other]);
  expect([found.of(a), found.of(b), found.of(dollars), found.of(other)]).toEqual([["b"], ["a"], [], []]);
});

test("those of the books, too, that have a cycle to come and a plan", async () => {
  const a = due("a", "c1");
  const booked = [
    subscriptionOf("x", { customerId: "c1" }),
    subscriptionOf("a", { customerId: "c1" }),
    subscriptionOf("over", { customerId: "c1", nextBillingAt: null }),
    { ...subscriptionOf("usd", { customerId: "c1" }), planId: "usd" },
    { ...subscriptionOf("gone", { customerId: "c1" }), planId: "gone" },
  ];
  const found = await beside([a, due("b", "c1"), due("c", "c1")], booked);
  expect(found.of(a)).toEqual(["b", "c", "x"]);
  expect(found.asked).toEqual([{ customerIds: ["c1"] }]);
});

test("where nothing is shared nobody is asked, and nobody is beside", async () => {
  const alone = [due("a", "c1", { waiting: NOTHING_WAITS }), due("b", "c1", { waiting: NOTHING_WAITS })];
  const found = await beside(alone, [subscriptionOf("x", { customerId: "c1" })]);
  expect([found.asked, found.of(alone[0]!)]).toEqual([[], []]);
});

test("whoever shares nothing has nobody beside, though others do", async () => {
  const alone = due("a", "c1", { waiting: NOTHING_WAITS });
  const found = await beside([alone, due("b", "c1"), due("c", "c2", { waiting: NOTHING_WAITS })]);
  expect(found.of(alone)).toEqual([]);
  expect(found.asked).toEqual([{ customerIds: ["c1"] }]);
});

test("what is shared is counted without what it has missed, and without void cycles", async () => {
  const a = due("a", "c1");
  const others = await sharersOf(
    {
      subscriptions: async () => [subscriptionOf("x", { customerId: "c1" })],
      plan: async () => planOf(),
      waitingForEach: async () => new Map([["x", BALANCE]]),
    },
    [a],
  );
  expect(others(a)).toEqual([
    {
      ...subscriptionOf("x", { customerId: "c1" }),
      plan: planOf(),
      lastMissedAt: null,
      voidCycles: 0,
      waiting: BALANCE,
    },
  ]);
});

/** Changes of plan or quantity, as the books keep them: what the running period was sold for, and which can be undone. */
import { expect, test } from "@jest/globals";
import {
  changeKey,
  changeOfKey,
  changesIn,
  heldTerms,
  lastToUndo,
  type SubscriptionChange,
} from "./subscription-change.ts";

const MADE: SubscriptionChange = {
  ...{ id: "ana/1", subscriptionId: "ana", number: 1, fromPlanId: "plata", toPlanId: "oro" },
  ...{ fromQuantity: 1, toQuantity: 2, apply: "now", onDate: "2026-12-10", creditCents: 10, debitCents: 90 },
  ...{ grantedCents: 0, nextCycle: 4, fromAnchorLocal: "2026-09-01T09:00", fromNextBillingAt: null },
  ...{ itemKey: null, invoiceId: null, madeAt: new Date(0), madeBy: "maria", undoneAt: null, undoneBy: null },
};
const NOW = { planId: "platino", quantity: 5 };

test.each<[made: readonly Partial<SubscriptionChange>[], held: readonly string[], because: string]>([
  [[], ["platino × 5"], "nothing changed in it"],
  [[{}], ["plata × 1", "oro × 2 from 2026-12-10 for 90"], "as it was before, and from the day on as it is"],
  [[{ apply: "next_invoice" }], ["plata × 1", "oro × 2 from 2026-12-10 for 90"], "charged with the next invoice"],
  [[{ apply: "period_end" }], ["plata × 1"], "a change that waits for the end touched nothing"],
  [[{ apply: "none" }], ["plata × 1"], "nor one that nobody pays for"],
  [[{ undoneAt: new Date(1) }], ["plata × 1"], "nor one that was undone"],
  [
    [{}, { onDate: "2026-12-20", toPlanId: "platino", debitCents: 7 }],
    ["plata × 1", "oro × 2 from 2026-12-10 for 90", "platino × 2 from 2026-12-20 for 7"],
    "two days, three parts",
  ],
  [
    [{}, { toPlanId: "platino", debitCents: 7 }],
    ["plata × 1", "platino × 2 from 2026-12-10 for 7"],
    "of the same day, the later one",
  ],
])("with the changes %j the period was sold as %j (%s)", (made, held) => {
  const terms = heldTerms(
    NOW,
    made.map((change) => ({ ...MADE, ...change })),
  );
  const words = terms.map((each) =>
    each.from === null
      ? `${each.planId} × ${each.quantity}`
      : `${each.planId} × ${each.quantity} from ${each.from} for ${each.chargedCents}`,
  );
  expect(words).toEqual(held);
});

test("a change is of the running period when its next cycle was to come then", () => {
  const made = [3, 4, 5].map((nextCycle) => ({ ...MADE, nextCycle }));
  expect(changesIn(3, made).map(({ nextCycle }) => nextCycle)).toEqual([4, 5]);
});

test.each<[key: string | null, of: object | null]>([
  [changeKey("jorge-oro/2"), { subscriptionId: "jorge-oro", number: "2" }],
  ["change:a/b/12", { subscriptionId: "a/b", number: "12" }],
  ["instalacion", null],
  ["exchange:a/1", null],
  [null, null],
])("the key %p is of the change %j", (key, of) => {
  expect(changeOfKey(key)).toEqual(of);
});

// prettier-ignore
test.each<[status: "active" | "canceled" | "completed" | "paused", changes: readonly Partial<SubscriptionChange>[], undone: string, because: string]>([
  ["active", [{ apply: "period_end" }], "ana/1", "it has not begun"],
  ["paused", [{ apply: "next_invoice" }], "ana/1", "paused or not"],
  ["canceled", [{ apply: "period_end" }], "ended", "nothing is undone after the end"],
  ["completed", [{ apply: "period_end" }], "ended", "nor after the last cycle"],
  ["active", [], "none", "there was no change"],
  ["active", [{ apply: "period_end", undoneAt: new Date(1) }], "none", "it was undone"],
  ["active", [{}], "charged", "its invoice was made"],
  ["active", [{ apply: "period_end", nextCycle: 3 }], "took_effect", "the cycle it waited for is opened"],
  ["active", [{ apply: "period_end", nextCycle: 5 }], "took_effect", "a restored database may know a cycle less"],
  ["active", [{ apply: "period_end" }, { id: "ana/2", apply: "none" }], "ana/2", "the last one"],
  ["active", [{ apply: "period_end" }, { id: "ana/2", undoneAt: new Date(1) }], "ana/1", "the last that stands"],
])("of one that is %s, with %j: %s (%s)", (status, changes, undone) => {
  const last = lastToUndo({ status, nextCycle: 4 }, changes.map((change) => ({ ...MADE, ...change })));
  expect("fault" in last ? last.fault : last.change.id).toBe(undone);
});

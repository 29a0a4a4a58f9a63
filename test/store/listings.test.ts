/** What the types and the cursors of listings refuse. */
import { afterAll, expect, test } from "@jest/globals";
import { seededRandom } from "../../src/adapters/random.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { fill, invoiceOf, NOW, subscriptionOf } from "../support/records.ts";

const store = await openSqliteStore({
  databasePath: ":memory:",
  random: seededRandom(1),
  now: NOW,
  exclusive: false,
  access: "make",
});
afterAll(() => store.close());

test("a column that a listing does not have compiles neither in a row nor in a filter", async () => {
  const subscription = subscriptionOf("a", { nextCycle: 2 });
  await fill(store, { subscriptions: [subscription], invoices: [invoiceOf(subscription, 1)] });
  const [invoice] = await store.list("invoices", { where: { status: "open" } });
  expect(invoice?.invoiceId).toBe("inv_a_1");
  // @ts-expect-error: it is called invoiceId
  expect(invoice?.invoice).toBeUndefined();
  // @ts-expect-error: no invoice has this status
  expect(await store.list("invoices", { where: { status: "declined" } })).toEqual([]);
  // @ts-expect-error: plans have no status
  await expect(store.list("plans", { where: { status: "open" } })).rejects.toThrow(TypeError);
});

test.each([
  // cursor, because
  ["", "empty"],
  ["abc", "no JSON"],
  [cursor(["invoices", 1, "inv_a"]), "of another listing"],
  [cursor(["customers"]), "without a key"],
  [cursor(["customers", "a", "b"]), "one key too many"],
  [cursor(["customers", null]), "a key that is none"],
  [cursor({ customers: 1 }), "no list"],
])("the cursor %j is refused: %s", async (given) => {
  await expect(store.page("customers", { limit: 1, cursor: given })).rejects.toThrow("was not given by this list");
});

function cursor(keys: unknown): string {
  return Buffer.from(JSON.stringify(keys)).toString("base64url");
}

/** A person lifts the ban on a card: what is cleared and told, and when there is nothing to lift. */
import { expect, test } from "@jest/globals";
import { thrownBy } from "../../../test/support/thrown.ts";
import { said } from "../../domain/refusals.ts";
import { allowCard } from "./allow-card.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const CARD = { paymentSourceId: "src_1", customerId: "cus_1", cardLast4: "4242" };

function worldOf(card: object | null, declines: number) {
  const done: unknown[] = [];
  const records = {
    cardOwner: async (id: string) => (id === "src_1" ? card : null),
    clearCard: async (...asked: unknown[]) => {
      done.push(["cleared", ...asked]);
      return declines;
    },
    record: (event: unknown) => void done.push(event),
  };
  const store = {
    write: async (now: Date, work: (within: typeof records) => unknown) => {
      done.push(now);
      return await work(records);
    },
  };
  const needs = { store, clock: { now: () => NOW } } as unknown as Parameters<typeof allowCard>[0];
  return { done, allow: () => allowCard(needs, "src_1", { by: "Ana", why: "the bank says so" }) };
}

const CLEARED = ["cleared", CARD, ["never_again", "new_card"]];

test.each([1, 3])("all of its bans are lifted, %i of them, and told with who and why", async (declines) => {
  const { done, allow } = worldOf(CARD, declines);
  expect(await allow()).toEqual(CARD);
  const data = { paymentSourceId: "src_1", cardLast4: "4242", declines, by: "Ana", why: "the bank says so" };
  expect(done).toEqual([NOW, CLEARED, { type: "card.allowed", customerId: "cus_1", data }]);
});

test("one that nothing keeps from being charged is refused", async () => {
  const { done, allow } = worldOf(CARD, 0);
  const refused = { name: "Refused", said: said("card_not_banned", { id: "src_1" }) };
  expect(await thrownBy(allow())).toMatchObject(refused);
  expect(done).toEqual([NOW, CLEARED]);
});

test("one that the books do not know is not found", async () => {
  const { done, allow } = worldOf(null, 1);
  expect(await thrownBy(allow())).toMatchObject({ name: "NotFound", said: said("no_card", { id: "src_1" }) });
  expect(done).toEqual([NOW]);
});

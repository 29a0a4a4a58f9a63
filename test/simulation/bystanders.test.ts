/** Who is sick stays with the sick: every other customer's cycles come out as in the same life without them. */
import { expect, test } from "@jest/globals";
import { compareBystanders } from "./bystanders.ts";

const LIFE = { subscriptions: 8, months: 4, store: "memory", flow: null } as const;

test.each([16, 45])("in seed %i the bystanders live as if nobody were sick", async (seed) => {
  const compared = await compareBystanders({ ...LIFE, seed });

  expect(compared?.cycles).toBeGreaterThan(0);
  expect(compared?.differences).toEqual([]);
});

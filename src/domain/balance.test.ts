/** What of an invoice a balance pays, what a small rest becomes, and which grant is spent first. */
import { describe, expect, test } from "@jest/globals";
import { entryAfter, LEAST_CHARGE_CENTS, leftOfGrants, NO_BALANCE, paidByBalance, returnedEntry } from "./balance.ts";

const ENTRY: Parameters<typeof entryAfter>[1] = {
  ...{ customerId: "cus_1", currency: "MXN", kind: "grant", amountCents: 500, invoiceId: null },
  ...{ reason: "a gift", actor: "maria" },
};

describe("an entry", () => {
  test("has the next number, an id made of it, and the balance after it", () => {
    const entry = entryAfter({ number: 2, balanceCents: -200 }, ENTRY);
    expect(entry).toEqual({ ...ENTRY, id: "cus_1/MXN/3", number: 3, balanceCents: 300 });
    expect(entryAfter(NO_BALANCE, ENTRY)).toMatchObject({ id: "cus_1/MXN/1", number: 1, balanceCents: 500 });
  });

  test.each([0, 0.5, Number.NaN, 2 ** 53])("of %p cents is a bug", (amountCents) => {
    expect(() => entryAfter(NO_BALANCE, { ...ENTRY, amountCents })).toThrow("an entry of");
  });

  test("gives back what the balance paid for an invoice that is void, with its sign", () => {
    const invoice = { id: "inv_1", customerId: "cus_1", currency: "MXN", balanceCents: 500 };
    const given = { kind: "returned", invoiceId: "inv_1", reason: "invoice void", actor: "puntual" };
    const before = { number: 4, balanceCents: 100 };
    expect(returnedEntry(before, invoice)).toMatchObject({ ...given, amountCents: 500, balanceCents: 600, number: 5 });
    expect(returnedEntry(before, { ...invoice, balanceCents: -50 })).toMatchObject({
      ...{ ...given, amountCents: -50, balanceCents: 50, number: 5 },
    });
  });
});

test.each<[totalCents: number, balanceCents: number, applied: number, charged: number, because: string]>([
  [20015, 0, 0, 20015, "there is no balance"],
  [20015, 5000, 5000, 15015, "a part of it"],
  [20015, 20015, 20015, 0, "all of it, to the cent"],
  [20015, 30000, 20015, 0, "more than it comes to: the rest stays"],
  [20015, 19715, 19715, 300, "a rest that can just be charged"],
  [20015, 19716, 20015, 0, "a cent less joins the next invoice"],
  [299, 0, 299, 0, "too little from the beginning"],
  [300, 0, 0, 300, "just enough"],
  [20015, -299, -299, 20314, "a debt of before joins it"],
  [1, -298, 1, 0, "together they are too little still"],
  [1, -299, -299, 300, "together they are just enough"],
  [0, 0, 0, 0, "nothing is owed"],
  [0, 500, 0, 0, "nothing is owed, and nothing is spent"],
  [0, -299, 0, 0, "a debt alone is too little"],
  [0, -300, -300, 300, "a debt alone, which can be charged"],
])("of %i, a balance of %i pays %i, and %i are charged (%s)", (total, balanceCents, appliedCents, amountCents) => {
  expect(paidByBalance(total, { number: 7, balanceCents }, 300)).toEqual({ appliedCents, amountCents });
});

test("where nobody says otherwise, three pesos can be charged, and no less", () => {
  expect(LEAST_CHARGE_CENTS).toBe(300);
  expect(paidByBalance(0, NO_BALANCE, 0)).toEqual({ appliedCents: 0, amountCents: 0 });
});

test.each<[amounts: readonly number[], left: readonly number[], because: string]>([
  [[], [], "nothing was granted"],
  [[1, -1, 1], [0, 1], "a cent is a grant, too"],
  [[500, 300], [500, 300], "nothing was spent"],
  [[500, 300, -200], [300, 300], "the oldest is spent first"],
  [[500, 300, -500], [0, 300], "to its last cent"],
  [[500, 300, -600], [0, 200], "then the next"],
  [[500, -100, 300, -100], [300, 300], "whenever it was spent"],
  [[500, -700, 300], [0, 100], "a debt is paid from the next grant"],
  [[500, -900], [0], "and nothing is left below 0"],
])("of the entries %j, the grants have %j left (%s)", (amounts, left) => {
  const entries = amounts.map((amountCents, index) => ({ number: index + 1, amountCents }));
  const grants = entries.filter(({ amountCents }) => amountCents > 0);
  expect(leftOfGrants(entries)).toEqual(grants.map(({ number }, index) => ({ number, leftCents: left[index] })));
});

/** What a person finds by what is in hand: a name, a phone, a card, an id. */
import { describe, expect, test } from "@jest/globals";
import type { AttemptState } from "../../domain/attempt.ts";
import { customersLike, findInBooks, invoicesLike, subscriptionsLike } from "./find-in-books.ts";

const ANA = {
  ...{ customerId: "cus_ana", name: "Ana Núñez", email: "ana@example.mx", phone: "+52 55 1234 5678" },
  ...{ rfc: "NUAA800101XX1", cardLast4: "4242", paymentSourceId: "src_ana" },
} as Parameters<ReturnType<typeof customersLike>["keeps"]>[0];

describe("a customer", () => {
  test.each<[text: string, isFound: boolean, because: string]>([
    ["nunez", true, "accents and capitals do not count"],
    [" Núñez ", true, "nor spaces around"],
    ["ana@EXAMPLE", true, "a part of the e-mail"],
    ["nuaa800101", true, "a part of the RFC"],
    ["cus_ana", true, "its id"],
    ["src_ana", true, "its card at Conekta"],
    [" src_ana ", true, "with spaces around, too"],
    ["src_an", false, "a card is named whole"],
    ["4242", true, "the last digits of the card"],
    ["424", false, "three digits are too few to mean a card"],
    ["123", false, "or a phone"],
    ["1234", true, "four are enough of a phone"],
    ["55 1234-5678", true, "what stands between the digits does not count"],
    ["+52 (55) 1234.5678", true, "nor how a number is written"],
    ["12345679", false, "another number"],
    ["4243", false, "another card"],
    ["x1234", false, "letters are no phone"],
    ["Berta", false, "somebody else"],
  ])("is found by %p: %p (%s)", (text, isFound) => {
    expect(customersLike(text).keeps(ANA)).toBe(isFound);
  });

  test("of whom nothing but the id is known is found by that alone", () => {
    const bare = { ...ANA, name: "cus_1", customerId: "cus_1" };
    const row = { ...bare, email: null, phone: null, rfc: null, cardLast4: null, paymentSourceId: null };
    expect([customersLike("cus_1").keeps(row), customersLike("1234").keeps(row)]).toEqual([true, false]);
  });
});

const IDS = { customerId: "cus_ana", customerName: "Ana Núñez", subscriptionId: "sub_1" };

test.each([
  ["sub_1", true],
  ["plan oro", true],
  ["cus_ana", true],
  ["nunez", true],
  ["plata", false],
])("a subscription is found by %p: %p", (text, isFound) => {
  const row = { ...IDS, planName: "Plan Oro" } as Parameters<ReturnType<typeof subscriptionsLike>["keeps"]>[0];
  expect(subscriptionsLike(text).keeps(row)).toBe(isFound);
});

test.each([
  ["inv_1", true],
  ["ord_9", true],
  ["sub_1", true],
  ["cus_ana", true],
  ["nunez", true],
  ["inv_2", false],
])("an invoice is found by %p: %p", (text, isFound) => {
  const row = { ...IDS, invoiceId: "inv_1", orderId: "ord_9" } as Parameters<
    ReturnType<typeof invoicesLike>["keeps"]
  >[0];
  expect(invoicesLike(text).keeps(row)).toBe(isFound);
});

type Row = Readonly<Record<string, unknown>>;
type Sieve = { readonly by: readonly string[]; readonly keeps: (row: Row) => boolean };
type Asked = { readonly sieve?: Sieve; readonly where?: Row; readonly limit?: number };

function books(rows: Readonly<Record<string, readonly Row[]>>) {
  const list = async (name: string, { sieve, where = {}, limit }: Asked) => {
    // It sees no more than what it says that it looks at.
    const isKept = (row: Row) =>
      sieve === undefined || sieve.keeps(Object.fromEntries(sieve.by.map((column) => [column, row[column] ?? null])));
    const fits = (row: Row) => Object.entries(where).every(([key, value]) => row[key] === value);
    return (rows[name] ?? []).filter((row) => isKept(row) && fits(row)).slice(0, limit);
  };
  return { store: { list } } as unknown as Parameters<typeof findInBooks>[0];
}

const ATTEMPT = {
  ...{ attemptId: "att_1", reference: "inv_1-2", orderId: "ord_1", chargeId: "chr_1", invoiceId: "inv_1", number: 2 },
  state: "unknown" satisfies AttemptState,
};
const ROWS = {
  customers: [{ ...ANA }, { ...ANA, customerId: "cus_berta", name: "Berta", email: null, phone: "1" }],
  subscriptions: [
    { ...IDS, planName: "Plan Oro", status: "past_due" },
    {
      ...IDS,
      customerId: "cus_berta",
      customerName: "Berta",
      subscriptionId: "sub_ana",
      planName: "Oro",
      status: "active",
    },
    {
      ...IDS,
      customerId: "cus_berta",
      customerName: "Berta",
      subscriptionId: "sub_2",
      planName: "Oro",
      status: "active",
    },
  ],
  plans: [
    { planId: "oro", name: "Plan Oro" },
    { planId: "analista", name: "Analista" },
  ],
  invoices: [
    { ...IDS, invoiceId: "inv_1", cycle: 3, status: "open" },
    { ...IDS, invoiceId: "inv_2", cycle: null, status: "paid" },
  ],
  attempts: [ATTEMPT],
};
const NOTHING = { customerId: null, customerName: null, subscriptionId: null, invoiceId: null };
const OF_ANA = { customerId: "cus_ana", customerName: "Ana Núñez" };

describe("in the books", () => {
  test("by a name: the customer, what she has, and what bears it", async () => {
    expect(await findInBooks(books(ROWS), "ana")).toEqual([
      {
        ...{ ...NOTHING, kind: "customer", id: "cus_ana", ...OF_ANA },
        what: "ana@example.mx, +52 55 1234 5678",
      },
      {
        ...{ ...NOTHING, kind: "subscription", id: "sub_1", ...OF_ANA, subscriptionId: "sub_1" },
        what: "Plan Oro, past_due",
      },
      {
        ...{ ...NOTHING, kind: "subscription", id: "sub_ana", customerId: "cus_berta", customerName: "Berta" },
        ...{ subscriptionId: "sub_ana", what: "Oro, active" },
      },
      { ...NOTHING, kind: "plan", id: "analista", what: "Analista" },
    ]);
  });

  test.each<[text: string, language: "en" | "es", found: object]>([
    ["Berta", "en", { id: "cus_berta", what: "1" }],
    ["sub_1", "es", { id: "sub_1", what: "Plan Oro, con atraso" }],
    ["oro", "en", { kind: "plan", id: "oro", what: "Plan Oro" }],
    [" inv_1 ", "en", { kind: "invoice", id: "inv_1", ...IDS, invoiceId: "inv_1", what: "cycle 3, open" }],
    ["inv_1", "es", { id: "inv_1", what: "ciclo 3, abierto" }],
    ["inv_2", "en", { id: "inv_2", what: "one-off, paid" }],
    ["inv_2", "es", { id: "inv_2", what: "cargo único, pagado" }],
    ["att_1", "en", { kind: "attempt", id: "att_1", ...IDS, invoiceId: "inv_1", what: "try 2, unknown" }],
    [" inv_1-2 ", "es", { id: "att_1", what: "intento 2, sin saberse" }],
    ["ord_1", "en", { id: "att_1", invoiceId: "inv_1" }],
    ["chr_1", "en", { id: "att_1" }],
  ])("%p is found, in %s: %j", async (text, language, found) => {
    const [first] = await findInBooks(books(ROWS), text, language);
    expect(first).toMatchObject(found);
  });

  test("an attempt whose invoice is gone is told without it", async () => {
    const found = await findInBooks(books({ attempts: [ATTEMPT] }), "att_1");
    expect(found).toEqual([{ ...NOTHING, kind: "attempt", id: "att_1", invoiceId: "inv_1", what: "try 2, unknown" }]);
  });

  test("nothing where nothing is, and never more than a hundred", async () => {
    expect(await findInBooks(books(ROWS), "nobody")).toEqual([]);
    const many = Array.from({ length: 120 }, (_, n) => ({ ...ANA, customerId: `cus_${n}` }));
    expect(await findInBooks(books({ customers: many }), "nunez")).toHaveLength(100);
  });
});

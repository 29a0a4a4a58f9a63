import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { billingAt } from "../../domain/calendar/calendar.ts";
import { cpuTimeMs } from "../../../test/support/cpu-time.ts";
import { parse, faultsOf, fileWith, subscriptionWith } from "../../../test/support/plans-text.ts";

test("a small file is read with its defaults", () => {
  expect(parse(fileWith({}))).toEqual({
    plans: [
      {
        id: "oro",
        name: "Plan Oro",
        currency: "MXN",
        interval: "month",
        frequency: 1,
        trialPeriodDays: 0,
        expiryCount: null,
        expiryCounts: "charges",
        lineItems: [{ name: "Plan Oro", unitPriceCents: 20_015, quantity: 1 }],
        dunning: "standard",
        catchUp: "oldest_first",
      },
    ],
    subscriptions: [
      {
        id: "cus_2tTU5GdkwZvBmS3fN:oro",
        planId: "oro",
        customerId: "cus_2tTU5GdkwZvBmS3fN",
        startLocal: "2026-12-01T09:00",
        timeZone: "America/Mexico_City",
        quantity: 1,
        lineItems: null,
        discount: null,
        billPast: false,
        where: "line 7",
      },
    ],
  });
});

test.each<[string, Record<string, unknown>, string]>([
  ["quantity: 3", { quantity: 3 }, "pieces of the whole plan"],
  ["discount: { percent: 15 }", { discount: { percent: 15 } }, "per cent"],
  ["discount: { amount_cents: 500 }", { discount: { amountCents: 500 } }, "cents"],
  ["bill_past: true", { billPast: true }, "only on request"],
  ["time_zone: America/Tijuana", { timeZone: "America/Tijuana" }, "its own zone"],
  ["id: jorge:oro", { id: "jorge:oro" }, "its own id"],
  [
    "line_items: [{ name: Cuota, unit_price: 0, sku: '7' }]",
    { lineItems: [{ name: "Cuota", unitPriceCents: 0, quantity: 1, sku: "7" }] },
    "free is allowed",
  ],
  ["line_items: null", { lineItems: null }, "the plan's"],
  ["discount: { percent: 0.57 }", { discount: { percent: 0.57 } }, "two decimals"],
  ["discount: { percent: 100 }", { discount: { percent: 100 } }, "0 cents are allowed"],
])("a subscription with %s", (line, expected, _because) => {
  expect(parse(subscriptionWith(line)).subscriptions[0]).toMatchObject(expected);
});

test("coupons: percentages in hundredths, for ever unless it says for how many cycles", () => {
  const text =
    "coupons: [{ code: MITAD, percent: 0.57, cycles: 2, plans: [oro] }, { code: CIEN, amount_cents: 10000 }]";
  const none = { redeemBy: null, maxRedemptions: null };
  expect(parse(text).coupons).toEqual([
    {
      code: "MITAD",
      percentHundredths: 57,
      amountCents: null,
      currency: null,
      cycles: 2,
      planIds: ["oro"],
      ...none,
      where: "line 1",
    },
    {
      code: "CIEN",
      percentHundredths: null,
      amountCents: 10000,
      currency: "MXN",
      cycles: null,
      planIds: null,
      ...none,
      where: "line 1",
    },
  ]);
});

test("seconds of zero are not part of a start, so that two spellings are one start", () => {
  const { subscriptions } = parse(fileWith({ start: '    start: "2026-12-01T09:00:00"' }));
  expect(subscriptions[0]?.startLocal).toBe("2026-12-01T09:00");
});

test.each([
  "",
  "# nothing yet\n",
  "plans:\nsubscriptions:\n",
  "plans: []\n",
  "subscriptions: []",
  "\uFEFFplans: []\r\n",
])("%j is a file without plans", (text) => {
  expect(parse(text)).toEqual({ plans: [], subscriptions: [] });
});

describe("YAML itself", () => {
  test.each<[string, string, string]>([
    // text, fault, because
    ["plans:\n  - id: oro\n\tname: x", "plans.yaml:3:1: indented with a tab; indent with spaces", "tab"],
    ["plans:\n  - id: oro\n     name: x", "plans.yaml:2:9: the indentation does not fit", "a blank too many"],
    ["plans: [\n", "plans.yaml:2:1: ", "not closed"],
    ["plans: 'x", "plans.yaml:1:10: not YAML: Missing closing 'quote", "not closed"],
    [
      "plans: []\nplans: []",
      'plans.yaml:2:1: the key "plans" is written a second time here',
      "one of them would win silently",
    ],
    ["plans: []\n---\nplans: []", "plans.yaml:2:1: a second document begins here", "the second would be ignored"],
    ["plans: *list", 'plans.yaml:1:8 (plans): there is no "&list" above this "*list"', "alias of nothing"],
    ["plans: &a [*a]", 'plans.yaml:1:12 (plans[0]): "*a" contains itself', "endless"],
    ["? [a]\n: 1", "plans.yaml:1:3: a key must be a plain word", "a list as a key"],
    ["plans: !money 3", "plans.yaml:1:8: Unresolved tag: !money", "no types of one's own"],
    [
      "plans: { oro: 1 }",
      'plans.yaml:1:8 (plans): a map given, expected a list (entries that begin with "- ")',
      "dash forgotten",
    ],
    ["hola", 'plans.yaml:1:1: "hola" given, expected a map', "not a file of plans"],
    ["- a", "plans.yaml:1:1: a list given, expected a map", "not a file of plans"],
    [fileWith({ name: '    name: "Oro\\0"' }), "(plans[0].name): holds the character U+0000", "no database keeps it"],
    ["plnas: []", 'plans.yaml:1:1 (plnas): unknown key; did you mean "plans"?', "misspelt"],
  ])("%j", (text, fault, _because) => {
    expect(faultsOf(text)[0]).toContain(fault);
  });

  test("aliases that stand for a billion values are refused quickly", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) =>
        `  l${level}: &l${level} [${Array.from({ length: 10 }, () => (level === 0 ? "lol" : `*l${level - 1}`)).join(", ")}]`,
    );
    expect(faultsOf(`plans:\n${levels.join("\n")}`)).toEqual([
      expect.stringContaining("anchors are repeated more than"),
    ]);
  });

  test("an anchor may be used for what repeats", () => {
    const text = fileWith({
      items: "    line_items: &items [{ name: Plan Oro, unit_price: 20015 }]",
      subscriptionExtra: "    line_items: *items",
    });
    expect(parse(text).subscriptions[0]?.lineItems).toEqual(parse(text).plans[0]?.lineItems);
  });

  test("YAML 1.1 does not turn a start into another type", () => {
    expect(parse(`%YAML 1.1\n---\n${fileWith({})}`).subscriptions[0]?.startLocal).toBe("2026-12-01T09:00");
  });
});

describe("config/plans.yaml, our example", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../config/plans.yaml"), "utf8");
  const { plans, subscriptions } = parse(text);

  test("shows every kind of schedule but the daily one, and a customer of each own", () => {
    expect(new Set(plans.map(({ interval }) => interval))).toEqual(new Set(["month", "half_month", "week", "year"]));
    expect(new Set(subscriptions.map(({ customerId }) => customerId)).size).toBe(subscriptions.length);
    expect(subscriptions.every(({ startLocal }) => startLocal.startsWith("2026-01-"))).toBe(true);
  });

  test("its 31st is the 28th in February and the 31st again in March", () => {
    const jorge = subscriptions.find(({ id }) => id === "jorge-oro");
    const schedule = {
      interval: "month",
      frequency: 1,
      anchorLocal: jorge?.startLocal ?? "",
      timeZone: jorge?.timeZone ?? "",
    } as const;
    expect([0, 1, 2].map((cycle) => billingAt(schedule, cycle).toISOString().slice(0, 10))).toEqual([
      "2026-01-31",
      "2026-02-28",
      "2026-03-31",
    ]);
  });
});

test("a thousand subscriptions are read in a blink, so a typing error in one of them is found as fast", () => {
  const many = Array.from(
    { length: 1000 },
    (_, index) => `  - { plan: oro, customer: cus_${index}, start: 2026-12-01T09:00 }`,
  );
  const startedMs = cpuTimeMs();
  expect(parse(`${fileWith({})}\n${many.join("\n")}`).subscriptions).toHaveLength(1001);
  expect(cpuTimeMs() - startedMs).toBeLessThan(8000);
});

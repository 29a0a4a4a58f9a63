/** What plans.yaml is refused for: where, and how it is mended. */
import { describe, expect, test } from "@jest/globals";
import { faultsOf, fileWith, planWith, subscriptionWith, itemsWith } from "../../../test/support/plans-text.ts";

function couponWith(what: string): string {
  return `coupons: [{ code: MITAD, ${what} }]`;
}

describe("what is refused, where, and how it is mended", () => {
  const long = "ñ".repeat(250);
  test.each<[string, string, string]>([
    // file, fault, because
    [
      fileWith({ interval: "    intervall: month" }),
      'plans.yaml:4:5 (plans[0].intervall): unknown key; did you mean "interval"?',
      "unknown key",
    ],
    [
      planWith("color: red"),
      "plans.yaml:6:5 (plans[0].color): unknown key; expected one of id, name, currency",
      "unknown key, like no other",
    ],
    [
      itemsWith("{ name: Plan Oro, unit_prize: 100 }"),
      '(plans[0].line_items[0].unit_prize): unknown key; did you mean "unit_price"?',
      "deeper",
    ],
    [
      fileWith({ interval: "    interval: quincena" }),
      'plans.yaml:4:15 (plans[0].interval): "quincena" given, expected day, week, half_month, month, year; write half_month',
      "a Mexican word",
    ],
    [fileWith({ interval: "    interval: mensual" }), "write month", "a Spanish word"],
    [fileWith({ interval: "    interval: mnth" }), 'did you mean "month"?', "misspelt"],
    [fileWith({ interval: "" }), "plans.yaml:2:5 (plans[0].interval): missing; expected day, week", "left out"],
    [
      fileWith({ name: "    name: Or" }),
      'plans.yaml:3:11 (plans[0].name): "Or" has 2 characters, expected at least 3',
      "Conekta's limit",
    ],
    [fileWith({ name: `    name: ${long}` }), "has 250 characters, expected at most 249", "Conekta's limit"],
    [fileWith({ name: '    name: "  x  "' }), "expected at least 3", "blanks are not a name"],
    [
      fileWith({ name: "    name: 2026" }),
      "2026 given, expected text; write it in quotes, just as it stands there",
      "a number is not text",
    ],
    [
      fileWith({ plan: "  - id: café", subscription: "  - plan: café" }),
      '"café" given; an id has letters without accents',
      "ids are typed by people",
    ],
    [
      itemsWith("{ name: Plan Oro, unit_price: -100 }"),
      "plans.yaml:5:48 (plans[0].line_items[0].unit_price): -100 given, expected at least 0",
      "negative cents",
    ],
    [
      itemsWith("{ name: Plan Oro, unit_price: 200.15 }"),
      "200.15 given, expected a whole number without a decimal point; amounts are in cents: 200.15 is written 20015",
      "fractional cents",
    ],
    [
      itemsWith("{ name: Plan Oro, unit_price: 200.00 }"),
      "amounts are in cents: 200.00 is written 20000",
      "would quietly be 200 cents",
    ],
    ...(["1.50", "12e5"] as const).map((sku): [string, string, string] => [
      itemsWith(`{ name: Plan Oro, unit_price: 20015, sku: ${sku} }`),
      `.sku): ${sku} given, expected text; write it in quotes, just as it stands there`,
      "an article number that looks like a number",
    ]),
    [
      subscriptionWith(`quantity: ${"9".repeat(400)}`),
      `${"9".repeat(400)} given, expected`,
      "more digits than there are numbers",
    ],
    [
      subscriptionWith('discount: { percent: "10%" }'),
      '"10%" given, expected a whole number; write 10',
      "a percentage bears no sign",
    ],
    [
      itemsWith('{ name: Plan Oro, unit_price: "20,015" }'),
      '"20,015" given, expected a whole number; write 20015',
      "text",
    ],
    [itemsWith("{ name: Plan Oro, unit_price: 2147483648 }"), "expected at most 2,147,483,647", "32 bits"],
    [
      itemsWith("{ name: Plan Oro, unit_price: 500, quantity: 0 }"),
      "(plans[0].line_items[0].quantity): 0 given, expected at least 1",
      "nothing sold",
    ],
    [itemsWith("{ name: Pl, unit_price: 500 }"), "(plans[0].line_items[0].name)", "Conekta's limit again"],
    [
      itemsWith("{ name: Plan, unit_price: 500, sku: 007 }"),
      "7 given, expected text; write it in quotes, just as it stands there",
      "not told to become 7",
    ],
    [
      itemsWith("{ name: Plan, unit_price: 500, sku: 12 }"),
      "write it in quotes, just as it stands there",
      "a number is not text",
    ],
    [
      itemsWith(""),
      "plans.yaml:5:17 (plans[0].line_items): the list has 0 entries, expected at least 1",
      "Conekta's limit",
    ],
    [
      itemsWith("{ name: Plan Oro, unit_price: 299 }"),
      "(subscriptions[0]): charges 299 cents MXN; expected 0 or at least 300 (MIN_CHARGE_CENTS)",
      "Conekta takes no less",
    ],
    [
      itemsWith("{ name: Plan Oro, unit_price: 2000000000, quantity: 2 }"),
      "charges 4000000000 cents, more than Conekta's",
      "32 bits",
    ],
    [
      subscriptionWith("discount: { percent: 99 }"),
      "(subscriptions[0]): charges 200 cents MXN",
      "counted with the discount",
    ],
    [planWith("currency: mxn"), '"mxn" given; expected three capital letters, like MXN', "lower case"],
    [planWith("currency: MXP"), "there is no such currency", "the old peso"],
    [planWith("frequency: 0"), "(plans[0].frequency): 0 given, expected at least 1", "endlessly often"],
    [planWith("expiry_count: 0"), "expected at least 1", "no charge at all"],
    [planWith("trial_period_days: -1"), "expected at least 0", "a trial in the past"],
    [
      planWith("trial_period_days: 1.0"),
      "1.0 given, expected a whole number without a decimal point",
      "days are whole",
    ],
    [
      planWith("dunning: standrad"),
      'plans.yaml:6:14 (plans[0].dunning): "standrad" is no policy of dunning.yaml; did you mean "standard"?',
      "unknown policy",
    ],
    [planWith("catch_up: newest"), "expected oldest_first, latest_only, all, ask", "unknown word"],
    [
      fileWith({ subscription: "  - plan: orro" }),
      'plans.yaml:7:11 (subscriptions[0].plan): "orro" is no plan of this file; did you mean "oro"?',
      "unknown plan",
    ],
    [
      fileWith({ customer: "" }),
      "plans.yaml:7:5 (subscriptions[0].customer): missing; expected text",
      "no customer to charge",
    ],
    [
      fileWith({ customer: "    customer:" }),
      "(subscriptions[0].customer): nothing given, expected text",
      "no customer to charge",
    ],
    [
      fileWith({ customer: "    customer: jorge" }),
      '"jorge" given; expected the id Conekta gave the customer',
      "not Conekta's id",
    ],
    [
      fileWith({ start: "    start: 2026-02-30T09:00" }),
      'plans.yaml:9:12 (subscriptions[0].start): "2026-02-30T09:00" given; there is no 2026-02-30 in the calendar',
      "no such day",
    ],
    [
      fileWith({ start: "    start: 2026-12-01" }),
      "the time of day is missing; write 2026-12-01T09:00",
      "midnight is rarely meant",
    ],
    [fileWith({ start: "    start: 2026-12-01T25:00" }), "there is no such time of day", "no such hour"],
    [
      fileWith({ start: "    start: 2026-12-01T09:00-06:00" }),
      "its zone stands in time_zone; write 2026-12-01T09:00",
      "two zones would contradict",
    ],
    [fileWith({ start: "    start: 2026-12-01 09:00" }), "write 2026-12-01T09:00", "a blank for the T"],
    [fileWith({ start: "    start: 0026-12-01T09:00" }), "expected a year from 2000 to 2199", "a digit lost"],
    [fileWith({ start: "    start: mañana" }), "expected a local date and time, like 2026-12-01T09:00", "a word"],
    [
      subscriptionWith("time_zone: America/Mexico_Cty"),
      'expected a zone of the IANA database, like America/Mexico_City; did you mean "America/Mexico_City"?',
      "no such zone",
    ],
    [subscriptionWith("time_zone: -06:00"), "expected a zone of the IANA database", "an offset is no zone"],
    [subscriptionWith("quantity: 0"), "(subscriptions[0].quantity): 0 given, expected at least 1", "nothing sold"],
    [subscriptionWith("discount: { percent: 0.575 }"), "0.575 given", "no more than two decimals"],
    [
      subscriptionWith("quantity: 9007199254740993"),
      "9007199254740993 given, expected at most 10000",
      "as it is written, and one limit",
    ],
    [subscriptionWith("discount: { percent: 101 }"), "101 given, expected at most 100", "more than everything"],
    [
      subscriptionWith("discount: { percent: 10, amount_cents: 5 }"),
      "expected exactly one of percent and amount_cents",
      "which one?",
    ],
    [
      planWith("prices: [{ from: 2027-02-30, line_items: [{ name: Oro, unit_price: 500 }] }]"),
      "2027-02-30",
      "no such day",
    ],
    [
      planWith(
        "prices: [{ from: 2027-02-01, line_items: [{ name: Oro, unit_price: 500 }] }, { from: 2027-01-01, line_items: [{ name: Oro, unit_price: 500 }] }]",
      ),
      "2027-01-01 is not after 2027-02-01",
      "the earliest first",
    ],
    [
      planWith("prices: [{ from: 2027-02-01, line_items: [{ name: Oro, unit_price: 5 }] }]"),
      "charges 5 cents",
      "a later price is charged, too",
    ],
    [couponWith("percent: 100.01"), "(coupons[0].percent): 100.01 given", "no coupon is of more than all"],
    [couponWith("percent: 10, amount_cents: 100"), "expected exactly one of percent and amount_cents", "which one?"],
    [couponWith("amount_cents: -5"), "(coupons[0].amount_cents): -5 given", "it takes off"],
    [couponWith("percent: 10, last_day: 2026-02-30"), "2026-02-30", "no such day"],
    [
      "coupons: [{ code: MITAD, percent: 50 }, { code: MITAD, percent: 10 }]",
      'there is a coupon "MITAD" on line 1 already',
      "one coupon a code",
    ],
    [subscriptionWith("discount: {}"), "expected exactly one of percent and amount_cents", "none"],
    [subscriptionWith("discount: 10"), "10 given, expected a map of keys and values", "per cent or cents?"],
    [subscriptionWith("bill_past: si"), '"si" given, expected true or false', "YAML's words"],
    [subscriptionWith("<<: { quantity: 3 }"), "(subscriptions[0].<<): unknown key", "no merge keys"],
  ])("%s\n→ %s", (text, fault, _because) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });
});

test("ids used twice are shown with both their lines, also when one is the default id", () => {
  const twice = `${fileWith({})}\n  - { id: "cus_2tTU5GdkwZvBmS3fN:oro", plan: oro, customer: cus_b, start: 2026-12-01T09:00 }`;
  expect(faultsOf(twice)).toEqual([
    'plans.yaml:10:11 (subscriptions[1].id): there is a subscription "cus_2tTU5GdkwZvBmS3fN:oro" on line 7 already; give this one another id',
  ]);
  expect(
    faultsOf(
      "plans:\n  - { id: oro, name: Uno, interval: day, line_items: [{ name: Uno, unit_price: 500 }] }\n  - { id: oro }",
    ).join("\n"),
  ).toContain('plans.yaml:3:11 (plans[1].id): there is a plan "oro" on line 2 already');
});

test("an amount is judged as it will be charged: a small price may be sold by the dozen", () => {
  const text = fileWith({
    items: "    line_items: [{ name: Plan Oro, unit_price: 100 }]",
    subscriptionExtra: "    quantity: 12",
  });
  expect(faultsOf(text)).toEqual([]);
  expect(faultsOf(text.slice(0, text.indexOf("subscriptions:")))).toEqual([
    expect.stringContaining("(plans[0].line_items): charges 100 cents MXN"),
  ]);
});

test("every fault is reported at once, in the order of the file, also in an entry with several", () => {
  const text = `plans:
  - { id: oro, name: Or, interval: quincena, line_items: [{ name: Plan Oro, unit_price: -1 }], dunning: none }
subscriptions:
  - { plan: plata, customer: jorge, start: 2026-02-30T09:00 }
  - { plan: oro, customer: cus_a, start: 2026-02-20T09:00, quantity: 0 }`;
  expect(faultsOf(text).map((fault) => fault.split(": ")[0])).toEqual([
    "plans.yaml:2:22 (plans[0].name)",
    "plans.yaml:2:36 (plans[0].interval)",
    "plans.yaml:2:89 (plans[0].line_items[0].unit_price)",
    "plans.yaml:2:105 (plans[0].dunning)",
    "plans.yaml:4:13 (subscriptions[0].plan)",
    "plans.yaml:4:30 (subscriptions[0].customer)",
    "plans.yaml:4:44 (subscriptions[0].start)",
    "plans.yaml:5:70 (subscriptions[1].quantity)",
  ]);
});

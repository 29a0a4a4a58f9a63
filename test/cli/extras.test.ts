/** Items, coupons and the balance from the command to Conekta's order: every step a command. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { callerOf } from "../sandbox/caller.ts";
import { customerAt, newCommandFixture, type CommandFixture } from "../support/command-fixture.ts";
import { documentOf } from "../support/command.ts";

type Row = Readonly<Record<string, unknown>>;
type Order = {
  amount: number;
  line_items: { data: { unit_price: number; quantity: number; name: string }[] };
  tax_lines: { data: { amount: number }[] } | null;
  discount_lines: { data: { amount: number; code: string; type: string }[] } | null;
  metadata: Row;
};

let shop: CommandFixture;
let ana: string;
let beto: string;

beforeAll(async () => {
  shop = await newCommandFixture();
  [ana, beto] = (await Promise.all(
    ["Ana López", "Beto Ruiz"].map((name) => customerAt(shop.sandbox.url, name, "tok_test_visa_4242")),
  )) as [string, string];
  shop.write(
    "config/plans.yaml",
    `plans:
  - id: oro
    name: Plan Oro
    interval: month
    tax: { rate: 16, included: true }
    line_items: [{ name: Plan Oro, unit_price: 20015 }]
  - { id: dolar, name: Plan Dólar, currency: USD, interval: month, line_items: [{ name: Plan Dólar, unit_price: 1000 }] }
  - { id: plata, name: Plan Plata, interval: month, line_items: [{ name: Plan Plata, unit_price: 20000 }] }
subscriptions:
  - { id: ana, plan: oro, customer: ${ana}, start: 2020-01-31T09:00, discount: { percent: 10 } }
  - { id: beto, plan: plata, customer: ${beto}, start: 2020-01-31T09:00 }
`,
  );
  await shop.run(["plans", "apply", "--yes"]);
});
afterAll(() => shop.close());

async function ok(...args: readonly string[]) {
  const done = await shop.run([...args]);
  expect([args.join(" "), done.stderr, done.exitCode]).toEqual([args.join(" "), "", 0]);
  return done.stdout;
}

async function invoicesOf(subscriptionId: string): Promise<Row[]> {
  const listed = await shop.run(["invoices", "list", "--subscription", subscriptionId, "--json"]);
  return (documentOf(listed) as { invoices: Row[] }).invoices;
}

async function orderOf(invoiceId: unknown): Promise<Order> {
  const { history } = documentOf(await shop.run(["history", "--json"])) as { history: Row[] };
  const row = history.find((each) => each["invoiceId"] === invoiceId);
  return (await callerOf(shop.sandbox)("GET", `/orders/${String(row?.["orderId"])}`)).body as Order;
}

/** What the invoice says; the same foreseen and frozen. */
const CONTENT = [
  ...["lineItems", "subtotalCents", "discounts", "discountCents", "taxes", "taxCents", "balanceCents"],
  ...["amountCents", "currency"],
];

const sum = (amounts: readonly number[]): number => amounts.reduce((total, each) => total + each, 0);

function comesTo({ line_items: lines, tax_lines: taxes, discount_lines: off }: Order): number {
  return (
    sum(lines.data.map((line) => line.unit_price * line.quantity)) +
    sum((taxes?.data ?? []).map(({ amount }) => amount)) -
    sum((off?.data ?? []).map(({ amount }) => amount))
  );
}

describe("bad input gets one sentence, and changes nothing", () => {
  // prettier-ignore
  test.each<[args: readonly string[], says: RegExp, code: number]>([
    [["coupons", "add", "VERANO", "--percent", "100.01"], /up to 100, with two decimals at most/, 64],
    [["coupons", "add", "VERANO", "--percent", "0"], /above 0/, 64],
    [["coupons", "add", "VERANO", "--amount", "-5"], /whole number from 1/, 64],
    [["coupons", "add", "VERANO"], /give --percent or --amount/, 64],
    [["coupons", "add", "VERANO", "--percent", "10", "--plan", "nada"], /no plan nada/, 1],
    [["coupons", "give", "ana", "NADA"], /no coupon NADA/, 1],
    [["items", "add", "--subscription", "ana", "--amount", "-100", "--name", "Lavado", "--key", "k"], /whole number from 1/, 64],
    [["items", "add", "--customer", "cus_nobody", "--amount", "100", "--name", "Lavado", "--key", "k"], /no customer cus_nobody/, 1],
    [["items", "add", "--subscription", "nadie", "--amount", "100", "--name", "Lavado", "--key", "k"], /no subscription nadie/, 1],
    [["items", "add", "--amount", "100", "--name", "Lavado", "--key", "k"], /give one of the two/, 64],
    [["items", "add", "--subscription", "ana", "--amount", "100", "--name", "Lavado", "--key", "k", "--tax", "11"], /no rate of 11 %/, 64],
    [["items", "add", "--subscription", "beto", "--amount", "100", "--name", "Lavado", "--key", "k", "--tax", "16"], /tell no tax/, 1],
    [["items", "add", "--subscription", "ana", "--amount", "299", "--name", "Lavado", "--key", "k", "--now"], /300 cents or more/, 1],
    [["items", "remove", "nada"], /no item nada/, 1],
    [["balance", "grant", "cus_nobody", "--amount", "100", "--reason", "why"], /no customer cus_nobody/, 1],
    [["balance", "grant", "CUS", "--amount", "0", "--reason", "why"], /whole number from 1/, 64],
    [["subscriptions", "change", "ana", "--plan", "dolar", "--yes"], /the plans are of different currencies; nothing was changed/, 1],
    [["customers", "tax", "CUS", "--rfc", "CACX7605101P9", "--name", "X", "--postal-code", "10740", "--regime", "612", "--use", "G03"], /CACX7605101P9 is no RFC: its last character is not the check digit/, 64],
    [["balance", "take", "CUS", "--amount", "100", "--reason", "why"], /less than the \$1.00 MXN to be taken/, 1],
  ])("%j: %s", async (args, says, code) => {
    const done = await shop.run(args.map((each) => (each === "CUS" ? ana : each)));
    expect(done.stderr).toMatch(says);
    expect([done.exitCode, (documentOf(await shop.run(["items", "list", "--json"])) as { items: Row[] }).items]).toEqual([code, []]);
  });
});

test("coupons of plans.yaml are added, told when they change or are gone, and keep what they take off", async () => {
  const coupons = (line: string) => shop.write("config/coupons.yaml", `coupons:\n  - { ${line} }\n`);
  const apply = (...more: readonly string[]) => shop.run(["plans", "apply", "config/coupons.yaml", "--yes", ...more]);
  coupons("code: VERANO, percent: 12.5, cycles: 3, plans: [oro]");
  expect((await apply()).stdout).toContain("+ add coupon VERANO\n    12.5 % off for 3 cycles");
  coupons("code: VERANO, percent: 12.5, cycles: 3, plans: [oro], last_day: 2026-12-31");
  expect((await apply()).stdout).toContain("last_day: none -> 2026-12-31");
  coupons("code: VERANO, percent: 15, cycles: 3, plans: [oro]");
  expect((await apply()).stderr).toContain("it is 12.5 % off for 3 cycles, the file says 15 % off for 3 cycles");
  coupons("code: VERANO, percent: 12.5, cycles: 3, plans: [nada]");
  expect((await apply()).stderr).toContain("there is no plan nada");
  coupons("code: OTRO, amount_cents: 100");
  expect((await apply()).stdout).toContain("? gone coupon VERANO");
});

describe("what waits rides on the next invoice", () => {
  test("an item, a coupon and the balance: the preview foresees what is charged, and Conekta adds up the same", async () => {
    await ok("coupons", "add", "MITAD", "--percent", "50", "--cycles", "2");
    expect(await ok("coupons", "give", "ana", "MITAD")).toMatch(
      /has MITAD from cycle \d+ to \d+\. A cycle that is skipped/,
    );
    expect((await shop.run(["coupons", "give", "ana", "MITAD"])).stderr).toMatch(/was given to ana before/);
    const locker = [
      "items",
      "add",
      "--subscription",
      "ana",
      "--amount",
      "15000",
      "--name",
      "Llave",
      "--key",
      "llave-1",
    ];
    expect(await ok(...locker)).toContain("rides on the next invoice");
    expect(await ok(...locker)).toContain("is there already");
    expect((await shop.run([...locker.slice(0, 5), "9900", ...locker.slice(6)])).stderr).toMatch(
      /the key llave-1 is that of another item/,
    );
    await ok("balance", "grant", ana, "--amount", "5000", "--reason", "clase cancelada");
    await ok("balance", "grant", beto, "--amount", "19800", "--reason", "de regalo");

    const preview = documentOf(await shop.run(["run", "--dry-run", "--json"])) as { wouldOpen: Row[] };
    const foreseen = Object.fromEntries(preview.wouldOpen.map((each) => [each["subscriptionId"], each["amountCents"]]));
    expect(foreseen).toEqual({ ana: 18013 - 9007 + 15000 - 5000, beto: 0 });
    const before = documentOf(await shop.run(["subscriptions", "show", "ana", "--json"])) as { nextInvoice: Row };
    await ok("run");
    const [invoice] = await invoicesOf("ana");
    const opened = preview.wouldOpen.find((each) => each["subscriptionId"] === "ana") ?? {};
    for (const key of [...CONTENT, "cycle", "periodStart", "periodEnd"])
      expect([key, before.nextInvoice[key], opened[key]]).toEqual([key, invoice?.[key], invoice?.[key]]);
    const after = await ok("subscriptions", "show", "ana");
    expect(after).toMatch(
      /Next invoice\n.*cycle \d+ +\d{4}-.*\n.*line.*Plan Oro[^]*discount.*\n.*amount +\$[^]*IVA 16/,
    );
    expect(invoice).toMatchObject({
      ...{ subtotalCents: 35015, discountCents: 11009, amountCents: 19006, balanceCents: 5000, status: "paid" },
      discounts: [
        { code: "puntual", type: "campaign", amountCents: 2002 },
        { code: "MITAD", type: "coupon", amountCents: 9007 },
      ],
      lineItems: [
        { name: "Plan Oro", discountCents: 11009, taxRate: 16, taxIncluded: true },
        { name: "Llave", unitPriceCents: 15000, quantity: 1, discountCents: 0, taxRate: 16, taxIncluded: true },
      ],
      taxes: [{ rate: 16, baseCents: 20695, taxCents: 3311 }],
    });
    const order = await orderOf(invoice?.["invoiceId"]);
    expect([order.amount, comesTo(order)]).toEqual([19006, 19006]);
    expect(order.discount_lines?.data.map(({ code, type, amount }) => [code, type, amount])).toEqual([
      ["puntual", "campaign", 2002],
      ["MITAD", "coupon", 9007],
      ["saldo", "loyalty", 5000],
    ]);
    expect(await ok("invoices", "show", String(invoice?.["invoiceId"]))).toMatch(
      /MITAD \$90.07 MXN[^]*balance +-\$50.00 MXN/,
    );
  });

  test("200 cents that the balance left are not charged, and join the next invoice", async () => {
    expect((await invoicesOf("beto"))[0]).toMatchObject({ amountCents: 0, balanceCents: 20000, status: "paid" });
    const shown = documentOf(await shop.run(["balance", "show", beto, "--json"])) as {
      balances: Row[];
      entries: Row[];
    };
    expect(shown.balances).toEqual([{ currency: "MXN", balanceCents: -200 }]);
    await ok("items", "add", "--customer", beto, "--amount", "1000", "--name", "Evento", "--key", "evento", "--now");
    expect(await ok("run")).toContain("1 paid");
    const once = (await invoicesOf("beto")).find((each) => each["cycle"] === null);
    expect(once).toMatchObject({ amountCents: 1200, balanceCents: -200, status: "paid", cycle: null });
    const order = await orderOf(once?.["invoiceId"]);
    expect([order.amount, comesTo(order), "puntual_cycle" in order.metadata]).toEqual([1200, 1200, false]);
    expect(order.line_items.data.map(({ name }) => name)).toEqual(["Evento", "Saldo anterior"]);
    expect(await ok("explain", "beto")).toMatch(/One-off|Cobro único/);
    expect(await ok("balance", "show", beto)).toContain("$0.00 MXN to the good");
    expect((await shop.run(["items", "remove", "evento"])).stderr).toMatch(/is a line of invoice/);
  });

  test("what is taken back or taken away is not there any more", async () => {
    await ok("items", "add", "--customer", ana, "--amount", "700", "--name", "Toalla", "--key", "toalla");
    await ok("items", "remove", "toalla");
    expect(await ok("items", "list", "--customer", ana)).toMatch(/toalla[^]*removed/);
    expect(await ok("subscriptions", "skip", "ana", "--yes")).toContain(
      "It uses up one of the cycles of coupon MITAD.",
    );
    expect(await ok("subscriptions", "unskip", "ana", "--yes")).toContain("is billed after all");
    expect(await ok("subscriptions", "pause", "ana")).toContain("A paused cycle uses up one of those of its coupons.");
    await ok("subscriptions", "resume", "ana");
    expect(await ok("coupons", "take", "ana", "MITAD")).toContain("without MITAD from cycle");
    await ok("coupons", "archive", "MITAD");
    expect((await shop.run(["coupons", "give", "beto", "MITAD"])).stderr).toMatch(/coupon MITAD is archived/);
    expect(await ok("coupons", "show", "MITAD")).toMatch(/50 % off for 2 cycles[^]*ana/);
    expect(await ok("coupons", "list", "--subscription", "ana")).toContain("MITAD");
    const next = documentOf(await shop.run(["subscriptions", "show", "ana", "--json"])) as { subscription: Row };
    expect(JSON.stringify(next)).toContain("18013");
  });
});

test("the forecast has every charge before a day, the first of each as its next invoice says", async () => {
  await ok("balance", "grant", beto, "--amount", "30000", "--reason", "de regalo");
  await ok("balance", "take", beto, "--amount", "30000", "--reason", "all of it");
  await ok("balance", "grant", beto, "--amount", "30000", "--reason", "de regalo");
  const { nextInvoice } = documentOf(await shop.run(["subscriptions", "show", "beto", "--json"])) as {
    nextInvoice: Row;
  };
  expect(nextInvoice).toMatchObject({ amountCents: 0, balanceCents: 20000 });
  const until = new Date(Date.now() + 75 * 86_400_000).toISOString().slice(0, 10);
  const told = documentOf(await shop.run(["forecast", "--until", until, "--customer", beto, "--json"])) as {
    charges: Row[];
    totalCents: Row;
  };
  // The first cycle is paid from the balance, the second one partly.
  const cycle = Number(nextInvoice["cycle"]) + 1;
  expect(told.charges[0]).toMatchObject({ subscriptionId: "beto", cycle, amountCents: 10000, currency: "MXN" });
  expect(told.totalCents["MXN"]).toBe(sum(told.charges.map((each) => Number(each["amountCents"]))));
  expect(await ok("forecast", "--until", until)).toMatch(/Ana López +ana[^]*charges, \$.* if no card declines\./);
  const { rows: days } = documentOf(await shop.run(["report", "cash", "--days", "76", "--json"])) as { rows: Row[] };
  const { charges } = documentOf(await shop.run(["forecast", "--until", until, "--json"])) as { charges: Row[] };
  const before = days.filter(({ day }) => String(day) < until);
  expect(sum(before.map((each) => Number(each["charges"])))).toBe(charges.length);
  expect(sum(before.map((each) => Number(each["amountCents"])))).toBe(
    sum(charges.map((each) => Number(each["amountCents"]))),
  );
  expect(await ok("report", "cash")).toMatch(/day \(America\/Mexico_City\) +charges +amount/);
  expect((await shop.run(["forecast", "--until", "2020-01-01"])).stderr).toContain("expected a date to come");
});

/** IVA from plans.yaml to the invoice, Conekta's order, the month's report and what goes back: every step a command. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import path from "node:path";
import { callerOf } from "../sandbox/caller.ts";
import { customerAt, newCommandFixture, type CommandFixture } from "../support/command-fixture.ts";
import { documentOf } from "../support/command.ts";

let shop: CommandFixture;
let ana: string;
let beto: string;
let caro: string;

type Row = Readonly<Record<string, unknown>>;
type Order = {
  amount: number;
  tax_lines: { data: Row[] } | null;
  discount_lines: { data: Row[] } | null;
  metadata: Row;
};

const month = (): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/Mexico_City", year: "numeric", month: "2-digit" }).format();

function plans(): string {
  return `plans:
  - id: oro
    name: Plan Oro
    interval: month
    line_items: [{ name: Plan Oro, unit_price: 20015 }]
  - id: cafe
    name: Café
    interval: month
    line_items:
      - { name: Café de altura, unit_price: 18900 }
      - { name: Envío, unit_price: 4900, tax: 0 }
  - id: neto
    name: Precio neto
    interval: month
    tax: { rate: 16, included: false }
    line_items: [{ name: Precio neto, unit_price: 10000 }]
subscriptions:
  - { id: ana, plan: oro, customer: ${ana}, start: 2020-01-31T09:00, discount: { percent: 10 } }
  - { id: beto, plan: cafe, customer: ${beto}, start: 2020-01-31T09:00 }
  - { id: caro, plan: neto, customer: ${caro}, start: 2020-01-31T09:00 }
`;
}

beforeAll(async () => {
  shop = await newCommandFixture();
  [ana, beto, caro] = (await Promise.all(
    ["Ana López", "Beto Ruiz", "Caro Díaz"].map((name) => customerAt(shop.sandbox.url, name, "tok_test_visa_4242")),
  )) as [string, string, string];
  shop.write("config/fiscal.yaml", "tax: { rate: 16, included: true }\n");
  shop.write("config/plans.yaml", plans());
});
afterAll(() => shop.close());

async function invoiceOf(subscriptionId: string): Promise<Row> {
  const listed = await shop.run(["invoices", "list", "--subscription", subscriptionId, "--json"]);
  return (documentOf(listed) as { invoices: Row[] }).invoices[0]!;
}

async function orderOf(subscriptionId: string): Promise<Order> {
  const { history } = documentOf(await shop.run(["history", "--json"])) as { history: Row[] };
  const row = history.find((each) => each["subscriptionId"] === subscriptionId && each["outcome"] !== "declined");
  return (await callerOf(shop.sandbox)("GET", `/orders/${String(row?.["orderId"])}`)).body as Order;
}

describe("a month with IVA", () => {
  test("the file's terms are told when they are applied", async () => {
    const applied = await shop.run(["plans", "apply", "--yes"]);
    expect(applied.stdout).toContain("Plan Oro: $200.15 MXN, IVA 16 %, included, every month");
    expect(applied.stdout).toContain("Precio neto: $116.00 MXN, IVA 16 %, added, every month");
    expect((await shop.run(["run"])).exitCode).toBe(0);
  });

  test("a price that has its tax in it is charged as it was, and the invoice says what of it is IVA", async () => {
    expect(await invoiceOf("ana")).toMatchObject({
      subtotalCents: 20015,
      discountCents: 2002,
      amountCents: 18013,
      taxCents: 2485,
      taxes: [{ rate: 16, baseCents: 15528, taxCents: 2485 }],
      lineItems: [
        { name: "Plan Oro", unitPriceCents: 20015, quantity: 1, discountCents: 2002, taxRate: 16, taxIncluded: true },
      ],
    });
    const order = await orderOf("ana");
    expect([order.amount, order.tax_lines]).toEqual([18013, null]);
    expect(order.metadata).toMatchObject({ puntual_iva_cents: 2485, puntual_iva_rate: "16" });
  });

  test("a line of another rate has a row of its own", async () => {
    expect((await invoiceOf("beto"))["taxes"]).toEqual([
      { rate: 16, baseCents: 16293, taxCents: 2607 },
      { rate: 0, baseCents: 4900, taxCents: 0 },
    ]);
    const shown = await shop.run(["invoices", "show", String((await invoiceOf("beto"))["invoiceId"])]);
    expect(shown.stdout).toContain("IVA 16 %: $162.93 MXN + $26.07 MXN");
    expect(shown.stdout).toContain("IVA 0 %: $49.00 MXN + $0.00 MXN");
  });

  test("a tax that is added is a line of Conekta's order, whose sum is what is charged", async () => {
    expect(await invoiceOf("caro")).toMatchObject({ subtotalCents: 10000, amountCents: 11600, taxCents: 1600 });
    const order = await orderOf("caro");
    expect(order.amount).toBe(11600);
    expect(order.tax_lines?.data).toMatchObject([{ description: "IVA 16%", amount: 1600 }]);
  });

  test("a refund has base and IVA of its own, and the report takes it off", async () => {
    const invoiceId = String((await invoiceOf("caro"))["invoiceId"]);
    expect(
      (await shop.run(["invoices", "refund", invoiceId, "--amount-cents", "5800", "--reason", "other", "--yes"]))
        .exitCode,
    ).toBe(0);
    const { refunds } = documentOf(await shop.run(["invoices", "refunds", "--json"])) as { refunds: Row[] };
    expect(refunds).toMatchObject([{ amountCents: 5800, baseCents: 5000, taxCents: 800 }]);
    const { rows } = documentOf(await shop.run(["report", "iva", "--month", month(), "--json"])) as { rows: Row[] };
    expect(rows).toEqual([
      expect.objectContaining({ rate: 0, currency: "MXN", invoices: 1, baseCents: 4900, taxCents: 0, netTaxCents: 0 }),
      {
        ...{ rate: 16, currency: "MXN", invoices: 3, refunds: 1 },
        ...{ baseCents: 15528 + 16293 + 10000, taxCents: 2485 + 2607 + 1600 },
        ...{ refundedBaseCents: 5000, refundedTaxCents: 800 },
        ...{ netBaseCents: 15528 + 16293 + 5000, netTaxCents: 2485 + 2607 + 800 },
      },
    ]);
  });

  test("the views say the same", () => {
    const db = new Database(path.join(shop.folder, "books.db"), { readonly: true });
    expect(
      db
        .prepare(
          "select rate, sum(base_cents) as base, sum(tax_cents) as tax from invoice_taxes where paid_at is not null group by rate",
        )
        .all(),
    ).toEqual([
      { rate: 0, base: 4900, tax: 0 },
      { rate: 16, base: 41821, tax: 6692 },
    ]);
    expect(
      db.prepare("select base_cents, tax_cents from billing_history where subscription_id = 'caro'").get(),
    ).toEqual({ base_cents: 10000, tax_cents: 1600 });
    db.close();
  });

  test("one damaged invoice is named, and keeps nobody else out of the report and of the accountant's file", async () => {
    const db = new Database(path.join(shop.folder, "books.db"));
    const { id, taxes } = db
      .prepare("select id, taxes from invoice where subscription_id = 'beto' and status = 'paid'")
      .get() as Row;
    const put = db.prepare("update invoice set taxes = ? where id = ?");
    put.run("[{", id);
    const report = await shop.run(["report", "iva", "--month", month(), "--json"]);
    const said = `${String(id)}: damaged in the database, and`;
    expect([report.exitCode, report.stderr]).toEqual([3, expect.stringContaining(`${said} not in the sums`)]);
    const { rows, unreadable } = documentOf(report) as { rows: Row[]; unreadable: string[] };
    expect([rows.length, rows[0]?.["invoices"], unreadable]).toEqual([1, 2, [id]]);
    const file = await shop.run(["export", "cfdi", "--month", month()]);
    expect([file.exitCode, file.stderr]).toEqual([3, expect.stringContaining(`${said} in the file by id alone`)]);
    expect(file.stdout).toContain(`${JSON.stringify({ documentId: id, missing: ["document"] })}\n`);
    const csv = await shop.run(["export", "cfdi", "--month", month(), "--format", "csv"]);
    expect(csv.stdout.split("\n").filter((line) => line.startsWith(`${String(id)},`))).toEqual([
      expect.stringMatching(/^[^,]+,+document,+$/),
    ]);
    const invoices = file.stdout.split("\n").filter((line) => line.includes('"type":"I"'));
    expect(
      invoices.flatMap((line) => (JSON.parse(line) as { global: { invoiceIds: string[] } }).global.invoiceIds),
    ).toHaveLength(2);
    expect((await shop.run(["doctor"])).stdout).toContain(`invoice ${String(id)} (taxes)`);
    put.run(taxes, id);
    db.close();
    expect((await shop.run(["report", "iva", "--month", month()])).exitCode).toBe(0);
  });

  test("on a payment page and in the flow order_first Conekta adds up to the same", async () => {
    for (const flow of ["single", "order_first"]) {
      const env = { CONEKTA_CHARGE_FLOW: flow, DATABASE_URL: `sqlite:${flow}.db` };
      const dora = await customerAt(shop.sandbox.url, "Dora Sol", "tok_test_insufficient_funds");
      shop.write(
        `${flow}.yaml`,
        plans().replace(
          /subscriptions:[\s\S]*/,
          `subscriptions: [{ id: dora, plan: neto, customer: ${dora}, start: 2020-01-31T09:00 }]\n`,
        ),
      );
      await shop.run(["plans", "apply", `${flow}.yaml`, "--yes"], { env });
      await shop.run(["run"], { env });
      const { invoices } = documentOf(await shop.run(["invoices", "list", "--json"], { env })) as { invoices: Row[] };
      const linked = await shop.run(["invoices", "link", String(invoices[0]?.["invoiceId"]), "--json"], {
        env,
      });
      expect(linked.exitCode).toBe(0);
      const { history: tries } = documentOf(await shop.run(["history", "--json"], { env })) as { history: Row[] };
      expect(tries.length).toBe(2);
      for (const { orderId } of tries) {
        const order = (await callerOf(shop.sandbox)("GET", `/orders/${String(orderId)}`)).body as Order;
        expect([order.amount, order.tax_lines?.data.length]).toEqual([11600, 1]);
      }
    }
  });
});

test("a price without tax that gets one costs what it did, and the change says so", async () => {
  const env = { DATABASE_URL: "sqlite:later.db" };
  shop.write("before.yaml", plans().replace(/  - id: cafe[\s\S]*/, ""));
  shop.write("config/fiscal.yaml", "");
  await shop.run(["plans", "apply", "before.yaml", "--offline"], { env });
  shop.write("config/fiscal.yaml", "tax: { rate: 16, included: true }\n");
  const changed = await shop.run(["plans", "apply", "before.yaml", "--offline"], { env });
  expect(changed.stdout).toContain(
    "tax: none told -> IVA 16 %, included, from the next invoice on; amount: $200.15 MXN, as before",
  );
});

describe("a tax that cannot be is one sentence, and nothing is changed", () => {
  test.each([
    ["tax: 15", "expected { rate: 16, included: true }, or the rate alone: 16, 8, 0 or exempt"],
    ["tax: 8", "the rate of 8 %, which ended on 2025-12-31"],
    ["tax: { rate: 8, confirmed_until: 2026-01-31 }", "the rate of 8 %, which ended on 2026-01-31"],
    ["tax: { rate: 16, includes: true }", "unknown key; did you mean"],
  ])("%s", async (tax, sentence) => {
    const env = { DATABASE_URL: "sqlite:refused.db" };
    shop.write(
      "bad.yaml",
      `plans:\n  - { id: x, name: Plan X, interval: month, ${tax}, line_items: [{ name: Plan X, unit_price: 1000 }] }\n`,
    );
    const refused = await shop.run(["plans", "apply", "bad.yaml"], { env });
    expect(refused.exitCode).toBe(78);
    expect(refused.stderr).toContain(sentence);
  });

  test("some lines tell their tax and others do not", async () => {
    shop.write("config/fiscal.yaml", "");
    shop.write(
      "bad.yaml",
      "plans:\n  - { id: x, name: Plan X, interval: month, line_items: [{ name: Plan X, unit_price: 1000, tax: 16 }, { name: Envío, unit_price: 500 }] }\n",
    );
    const refused = await shop.run(["plans", "apply", "bad.yaml"]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      78,
      expect.stringContaining("says no tax, and another line does"),
    ]);
  });
});

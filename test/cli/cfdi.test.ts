/** From a customer's tax data to the accountant's file, and the stamp back: every step a command. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Cfdi } from "../../src/domain/cfdi/cfdi.ts";
import { customerAt, newCommandFixture, type CommandFixture } from "../support/command-fixture.ts";
import { documentOf } from "../support/command.ts";
import { checkByPac } from "../support/pac-rules.ts";

let shop: CommandFixture;
let ana: string;
let beto: string;

type Row = Readonly<Record<string, unknown>>;

const UUID = "5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001";
const ANA = { rfc: "CACX7605101P8", name: "XOCHILT CASAS CHAVEZ", postalCode: "10740", regime: "612", use: "G03" };

const month = (): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone: "America/Mexico_City", year: "numeric", month: "2-digit" }).format();

function taxOptions(change: Partial<typeof ANA> = {}): string[] {
  const { rfc, name, postalCode, regime, use } = { ...ANA, ...change };
  return ["--rfc", rfc, "--name", name, "--postal-code", postalCode, "--regime", regime, "--use", use];
}

async function exported(): Promise<Cfdi[]> {
  const { stdout, exitCode } = await shop.run(["export", "cfdi", "--month", month()]);
  expect(exitCode).toBe(0);
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Cfdi);
}

async function invoiceOf(subscriptionId: string): Promise<Row> {
  const listed = await shop.run(["invoices", "list", "--subscription", subscriptionId, "--json"]);
  return (documentOf(listed) as { invoices: Row[] }).invoices.find(({ cycle }) => cycle !== null)!;
}

beforeAll(async () => {
  shop = await newCommandFixture();
  [ana, beto] = (await Promise.all(
    ["Ana López", "Beto Ruiz"].map((name) => customerAt(shop.sandbox.url, name, "tok_test_visa_4242")),
  )) as [string, string];
  shop.write(
    "config/fiscal.yaml",
    `tax: { rate: 16, included: true }
issuer: { rfc: EKU9003173C9, name: ESCUELA KEMPER URGATE, regime: "601", postal_code: "06700" }
`,
  );
  shop.write(
    "config/plans.yaml",
    `plans:
  - id: oro
    name: Plan Oro
    interval: month
    line_items: [{ name: Plan Oro, unit_price: 20015, clave_prod_serv: "86121700", clave_unidad: E48 }]
  - { id: cafe, name: Café, interval: month, line_items: [{ name: Café, unit_price: 9900 }] }
subscriptions:
  - { id: ana, plan: oro, customer: ${ana}, start: 2020-01-31T09:00, discount: { percent: 10 } }
  - { id: beto, plan: cafe, customer: ${beto}, start: 2020-01-31T09:00 }
`,
  );
  await shop.run(["plans", "apply", "--yes"]);
  await shop.run(["run"]);
});
afterAll(() => shop.close());

describe("a customer's tax data", () => {
  test.each([
    [{ rfc: "CACX7605101P9" }, "--rfc: CACX7605101P9 is no RFC: its last character is not the check digit"],
    [{ rfc: "XAXX010101000" }, "--rfc: XAXX010101000 is the public in general"],
    [{ regime: "605" }, "--use: G03 (Gastos en general) is not for régimen 605"],
    [{ postalCode: "1074" }, '--postal-code: "1074" is no postal code'],
  ])("%j is refused in one sentence, and nothing is changed", async (change, sentence) => {
    const refused = await shop.run(["customers", "tax", ana, ...taxOptions(change)]);
    expect([refused.exitCode, refused.stderr]).toEqual([64, expect.stringContaining(sentence)]);
    expect(documentOf(await shop.run(["customers", "tax", ana, "--json"]))).toEqual({ customerId: ana, taxData: null });
  });

  test("half of them are refused, and so is a customer who does not exist", async () => {
    const half = await shop.run(["customers", "tax", ana, "--rfc", ANA.rfc]);
    expect([half.exitCode, half.stderr]).toEqual([
      64,
      expect.stringContaining("--name, --postal-code, --regime, --use missing"),
    ]);
    const unknown = await shop.run(["customers", "tax", "cus_none", ...taxOptions()]);
    expect(unknown.stderr).toContain("there is no customer cus_none");
  });

  test("are kept in capitals, and shown", async () => {
    const given = await shop.run(["customers", "tax", ana, ...taxOptions({ rfc: "cacx760510-1p8", use: "g03" })]);
    expect([given.exitCode, given.stderr]).toEqual([0, ""]);
    const shown = documentOf(await shop.run(["customers", "show", ana, "--json"])) as { customer: Row };
    expect(shown.customer["taxData"]).toEqual(ANA);
    expect((await shop.run(["customers", "show", ana])).stdout).toContain("CACX7605101P8, XOCHILT CASAS CHAVEZ, 10740");
  });
});

describe("the accountant's file", () => {
  test("has a document for who gave tax data, and the global one for the rest", async () => {
    const documents = await exported();
    expect(documents.flatMap((document) => checkByPac(document))).toEqual([]);
    const [own, global] = documents;
    expect(own).toMatchObject({
      ...{ type: "I", receiver: ANA, metodoPago: "PUE", relation: null, missing: [] },
      issuer: { rfc: "EKU9003173C9", name: "ESCUELA KEMPER URGATE", regime: "601", postalCode: "06700" },
      // What the sandbox's test card is.
      formaPago: "04",
      concepts: [
        {
          ...{ claveProdServ: "86121700", claveUnidad: "E48", description: "Plan Oro", quantity: 1 },
          ...{ importe: "172.543103", descuento: "17.258621", base: "155.284482", tasaOCuota: "0.160000" },
        },
      ],
      ...{ total: "180.13", openedEarlier: false, exportedAt: null, uuid: null },
    });
    expect(global).toMatchObject({
      ...{ invoiceId: null, type: "I", documentId: `global-${month()}-MXN`, missing: [], total: "99.00" },
      receiver: { rfc: "XAXX010101000", postalCode: "06700", regime: "616", use: "S01" },
      concepts: [
        { claveProdServ: "01010101", claveUnidad: "ACT", noIdentificacion: (await invoiceOf("beto"))["invoiceId"] },
      ],
    });
  });

  test("says that it was exported before", async () => {
    const again = await exported();
    expect(again.map(({ exportedAt }) => exportedAt)).toEqual([expect.any(String), expect.any(String)]);
    const { stderr, stdout } = await shop.run(["export", "cfdi", "--month", month(), "--format", "csv"]);
    expect(stderr).toContain("2 of 2 documents were exported before");
    expect(stdout.split("\n").filter(Boolean)).toHaveLength(3);
    expect(stdout).toContain("receiver_rfc");
  });

  test("takes the stamp back; a refund names it", async () => {
    const id = String((await invoiceOf("ana"))["invoiceId"]);
    expect((await shop.run(["invoices", "cfdi", id, "--uuid", "no-uuid"])).exitCode).toBe(64);
    expect((await shop.run(["invoices", "cfdi", id, "--uuid", UUID, "--status", "stamped"])).exitCode).toBe(0);
    const shown = documentOf(await shop.run(["invoices", "show", id, "--json"])) as { invoice: Row };
    expect(shown.invoice["cfdi"]).toMatchObject({ uuid: UUID, status: "stamped" });
    const other = await shop.run(["invoices", "cfdi", id, "--uuid", UUID.replace("5B", "6C")]);
    expect([other.exitCode, other.stderr]).toEqual([1, expect.stringContaining("is stamped as")]);
    await shop.run(["invoices", "refund", id, "--amount-cents", "5000", "--reason", "other", "--yes"]);
    const refund = (await exported()).find(({ type }) => type === "E");
    expect(refund).toMatchObject({
      ...{ invoiceId: id, relation: { type: "01", uuid: UUID }, missing: [], total: "50.00", formaPago: "04" },
      receiver: { rfc: ANA.rfc, use: "G02" },
      concepts: [{ claveProdServ: "84111506", claveUnidad: "ACT", importe: "43.103448" }],
    });
    expect(checkByPac(refund!)).toEqual([]);
  });

  test("an item has the SAT's keys, and a person says by which form it was paid", async () => {
    const item = [
      "items",
      "add",
      "--subscription",
      "ana",
      "--amount",
      "5000",
      "--name",
      "Llave",
      "--key",
      "llave",
      "--now",
    ];
    for (const [keys, sentence] of [
      [["--clave-prod-serv", "86"], '"86" is no key of the SAT\'s catalogue of products'],
      [["--clave-unidad", "e48"], '"e48" is no key of the SAT\'s catalogue of units'],
    ] as const) {
      const refused = await shop.run([...item, ...keys]);
      expect([refused.exitCode, refused.stderr]).toEqual([64, expect.stringContaining(sentence)]);
    }
    const added = await shop.run([...item, "--clave-prod-serv", "86121700", "--clave-unidad", "H87", "--json"]);
    const { item: row } = documentOf(added) as { item: Row };
    const id = String(row["invoiceId"]);
    const unknown = await shop.run(["invoices", "mark-paid", id, "--reason", "x", "--form", "99", "--yes"]);
    expect(unknown.exitCode).toBe(64);
    await shop.run(["invoices", "mark-paid", id, "--reason", "transfer", "--form", "03", "--yes"]);
    const document = (await exported()).find(({ invoiceId }) => invoiceId === id);
    expect(document).toMatchObject({
      ...{ type: "I", formaPago: "03", missing: [], total: "50.00" },
      concepts: [{ claveProdServ: "86121700", claveUnidad: "H87" }],
    });
  });

  test("what a change of plan gives to the balance is a document of type E, lowers the IVA, and is stamped by its own id", async () => {
    const tax = async () => (documentOf(await shop.run(["report", "iva", "--json"])) as { rows: Row[] }).rows[0]!;
    const before = await tax();
    const change = ["subscriptions", "change", "ana", "--plan", "cafe", "--apply", "next_invoice", "--json", "--yes"];
    const { netCents } = documentOf(await shop.run(change)) as { netCents: number };
    expect(netCents).toBeLessThan(0);
    const credit = (await exported()).find(({ documentId }) => documentId === "ana/1");
    expect(credit).toMatchObject({
      ...{ type: "E", invoiceId: String((await invoiceOf("ana"))["invoiceId"]), formaPago: "17", missing: [] },
      ...{ relation: { type: "01", uuid: UUID }, total: (-netCents / 100).toFixed(2), exportedAt: null, uuid: null },
      receiver: { rfc: ANA.rfc, use: "G02" },
    });
    expect(checkByPac(credit!)).toEqual([]);
    const after = await tax();
    expect(Number(after["refunds"]) - Number(before["refunds"])).toBe(1);
    const back = (row: Row) => Number(row["refundedBaseCents"]) + Number(row["refundedTaxCents"]);
    expect(back(after) - back(before)).toBe(-netCents);
    const stamped = await shop.run(["invoices", "cfdi", "ana/1", "--uuid", UUID.replace("5B", "7D"), "--json"]);
    expect(documentOf(stamped)).toMatchObject({ documentId: "ana/1", cfdi: { status: "stamped" } });
    const again = (await exported()).find(({ documentId }) => documentId === "ana/1");
    expect([again?.status, again?.exportedAt]).toEqual(["stamped", expect.any(String)]);
    await shop.run(["subscriptions", "change", "ana", "--undo"]);
    expect((await exported()).find(({ documentId }) => documentId === "ana/1")).toBeUndefined();
  });

  test("a uuid is one document's, and a canceled one does not come back", async () => {
    const global = `global-${month()}-MXN`;
    const taken = await shop.run(["invoices", "cfdi", global, "--uuid", UUID.toLowerCase()]);
    expect(taken.stderr).toContain("has the uuid");
    const id = String((await invoiceOf("ana"))["invoiceId"]);
    expect((await shop.run(["invoices", "cfdi", id, "--status", "cancelado"])).stdout).toContain("canceled");
    const back = await shop.run(["invoices", "cfdi", id, "--uuid", UUID]);
    expect(back.stderr).toContain("a canceled CFDI does not come back");
    const none = await shop.run(["invoices", "cfdi", "inv_none", "--uuid", UUID]);
    expect(none.stderr).toContain("there is no invoice, refund, credit or global invoice inv_none");
  });

  test("a month is asked for, and nothing else", async () => {
    expect((await shop.run(["export", "cfdi"])).stderr).toContain("--month is missing");
    expect((await shop.run(["export", "cfdi", "--month", month(), "--plan", "oro"])).stderr).toContain(
      "cfdi are of a month",
    );
    expect((await shop.run(["export", "invoices", "--month", month()])).stderr).toContain("--month is for cfdi");
  });
});

test("another quantity: a preview with a token, which is held to, and taken back", async () => {
  const args = ["subscriptions", "change", "ana", "--quantity", "2", "--apply", "next_invoice"];
  const preview = documentOf(await shop.run([...args, "--dry-run", "--json"])) as Row;
  expect(Object.keys(preview)).toEqual([
    ...["subscriptionId", "apply", "on", "lines", "netCents", "chargedNowCents", "nextAmountCents", "grantedCents"],
    ...["nextBillingAt", "token"],
  ]);
  expect(preview["lines"]).toEqual([
    {
      kind: "credit",
      name: "Plan Oro",
      from: expect.any(String),
      to: expect.any(String),
      amountCents: expect.any(Number),
    },
    {
      kind: "debit",
      name: "Plan Oro × 2",
      from: expect.any(String),
      to: expect.any(String),
      amountCents: expect.any(Number),
    },
  ]);
  const stale = await shop.run([...args, "--token", "stale"]);
  expect([stale.exitCode, stale.stderr]).toEqual([
    1,
    expect.stringContaining(
      "look at a new preview: npx puntual subscriptions change ana --quantity 2 --apply next_invoice --dry-run",
    ),
  ]);
  const asked = await shop.run(args);
  expect([asked.exitCode, asked.stderr]).toEqual([64, expect.stringContaining("Nothing was changed; --yes goes on")]);
  const done = await shop.run([...args, "--token", String(preview["token"])]);
  expect([done.exitCode, done.stdout]).toEqual([0, expect.stringContaining("ana is changed.")]);
  expect(done.stdout).toContain("the difference joins the next invoice");
  expect((await shop.run(["explain", "ana", "--lang", "es"])).stdout).toContain("La suscripción cambió a Plan Oro × 2");
  const undo = ["subscriptions", "change", "ana", "--undo"];
  expect((await shop.run([...undo, "--dry-run"])).stdout).toMatch(/from oro × 1 to oro × 2, would be [^]*Nothing was/);
  expect((await shop.run([...undo, "--token", String(preview["token"])])).exitCode).toBe(64);
  expect((await shop.run(undo)).stdout).toContain("ana is on oro × 1 again");
  const nothing = await shop.run(["subscriptions", "change", "ana"]);
  expect(nothing.stderr).toContain("give --plan, --quantity or both");
});

test.each([
  ["issuer: { rfc: EKU9003173C8, name: X, regime: '601', postal_code: '06700' }", "EKU9003173C8 is no RFC"],
  ["issuer: { rfc: EKU9003173C9, name: X, regime: '605', postal_code: '06700' }", "is for persons"],
])("an issuer that cannot be is told: %s", async (text, sentence) => {
  shop.write("config/fiscal.yaml", `${text}\n`);
  const refused = await shop.run(["export", "cfdi", "--month", month()]);
  expect([refused.exitCode, refused.stderr]).toEqual([78, expect.stringContaining(sentence)]);
});

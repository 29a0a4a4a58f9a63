/** Many customers put on their plans by one file, and every row of it that cannot be told with what to write instead. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(at("books.db"));
  fixture.write("config/plans.yaml", plansYaml([]));
  await fixture.run(["plans", "apply"]);
  addCustomers(["ana", "ben", "eva"]);
});
afterEach(() => fixture.close());

const at = (name: string) => path.join(fixture.folder, name);

/** As `customers add` would, without asking the sandbox. */
function addCustomers(names: readonly string[]): void {
  const database = new Database(at("books.db"));
  const insert = database.prepare("insert into customer (id, name, email) values (?, ?, ?)");
  for (const name of names) insert.run(`cus_${name}`, name, `${name}@example.mx`);
  database.close();
}

async function subscriptions(): Promise<readonly Record<string, unknown>[]> {
  const listed = documentOf(await fixture.run(["subscriptions", "list", "--json"]));
  return (listed as { subscriptions: Record<string, unknown>[] }).subscriptions;
}

const importing = (...args: string[]) => fixture.run(["subscriptions", "import", "members.csv", ...args]);

describe("rows that are sound", () => {
  test.each([
    ["commas", "plan,customer,start\noro,cus_ana,2026-12-01T09:00\n"],
    ["semicolons, and a byte-order mark", "\uFEFFplan;customer;start\r\noro;cus_ana;2026-12-01T09:00\r\n"],
    ["the e-mail instead of the id", "plan,email,start\noro,ANA@example.mx,2026-12-01T09:00\n"],
    [
      "columns and rows that a spreadsheet left empty",
      "plan,customer,start,,\noro,cus_ana,2026-12-01T09:00,,\n,,,,\n,\n",
    ],
    ["NDJSON", '{"plan":"oro","customer":"cus_ana","start":"2026-12-01T09:00"}\n'],
  ])("a file with %s adds what `subscriptions add` would", async (_what, text) => {
    fixture.write("members.csv", text);
    expect(await importing()).toMatchObject({ exitCode: 0, stdout: "1 row: 1 added, 0 unchanged.\n" });
    const [added] = await subscriptions();
    expect(added).toMatchObject({ subscriptionId: "cus_ana:oro", customerId: "cus_ana", planId: "oro", source: "cli" });
    expect(added).toMatchObject({ anchorLocal: "2026-12-01T09:00", timeZone: "America/Mexico_City", quantity: 1 });
    const { events } = documentOf(await fixture.run(["events", "list", "--json"])) as { events: object[] };
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "subscription.created",
        subscriptionId: "cus_ana:oro",
        data: { planId: "oro", source: "cli", firstCycle: 0 },
      }),
    );
  });

  test("every key of a subscription can be a column", async () => {
    fixture.write(
      "members.csv",
      "id;plan;customer;start;time_zone;quantity;discount_percent;line_items;bill_past\n" +
        'a;oro;cus_ana;2020-01-31T09:00;America/Tijuana;2;12.5;"[{""name"":""Su plan"",""unit_price"":50000}]";true\n' +
        "b;oro;cus_ben;2020-01-31T09:00;;;;;\n",
    );
    expect(await importing("--json")).toMatchObject({ exitCode: 0 });
    const [a, b] = await subscriptions();
    expect(a).toMatchObject({
      subscriptionId: "a",
      timeZone: "America/Tijuana",
      quantity: 2,
      billPast: true,
      firstCycle: 0,
    });
    expect(a).toMatchObject({ discount: { percent: 12.5 }, lineItems: [{ name: "Su plan", unitPriceCents: 50000 }] });
    // The past is not billed by accident, here as everywhere.
    expect(b).toMatchObject({ subscriptionId: "b", discount: null, lineItems: null, billPast: false });
    expect(Number(b?.["firstCycle"])).toBeGreaterThan(70);
    fixture.write("members.csv", "plan,customer,start,discount_percent\noro,cus_ana,2020-01-31T09:00,abc\n");
    const { stdout, stderr } = await importing();
    expect(stdout + stderr).toContain('discount_percent: "abc" given, expected a number up to 100, like 10 or 12.5');
  });

  test("the same file twice changes nothing, and a longer one adds what is new", async () => {
    fixture.write("members.csv", "plan,customer,start\noro,cus_ana,2026-12-01T09:00\n");
    await importing();
    expect((await importing()).stdout).toBe("1 row: 0 added, 1 unchanged.\n");
    fixture.write("members.csv", "plan,customer,start\noro,cus_ana,2026-12-01T09:00\noro,cus_ben,2026-12-01T09:00\n");
    expect(documentOf(await importing("--json"))).toMatchObject({ rows: 2, added: 1, unchanged: 1, rejected: 0 });
    expect(await subscriptions()).toHaveLength(2);
  });

  test("a dry run judges every row, and writes nothing", async () => {
    fixture.write("members.csv", "plan,customer,start\noro,cus_ana,2026-12-01T09:00\n");
    const { stdout } = await importing("--dry-run");
    expect(stdout).toBe("Would be: 1 row: 1 added, 0 unchanged. Nothing was changed.\n");
    expect(await subscriptions()).toEqual([]);
  });

  test("a customer who is not known yet is read at Conekta, once, or taken on trust", async () => {
    const id = await customerAt(fixture.sandbox.url, "Lía", "tok_test_visa_4242");
    fixture.write(
      "members.csv",
      `plan,customer,start,id\noro,${id},2026-12-01T09:00,a\noro,cus_nobody,2026-12-01T09:00,b\n`,
    );
    const refused = await importing();
    expect(refused).toMatchObject({ exitCode: 64 });
    expect(refused.stderr).toContain("members.csv:3: customer cus_nobody: Conekta does not know this customer");
    expect(await subscriptions()).toEqual([]);
    expect(documentOf(await importing("--skip-invalid", "--json"))).toMatchObject({
      added: 1,
      rejected: 1,
      customers: 1,
    });
    expect((await subscriptions())[0]).toMatchObject({ customerName: "Lía", cardLast4: "4242" });
    expect(documentOf(await importing("--offline", "--json"))).toMatchObject({ added: 1, unchanged: 1 });
    // Who was taken on trust is read before the first charge, which would fail for a card that nobody knows.
    const database = new Database(at("books.db"));
    expect(database.prepare("select id from customer where read_at is null").pluck().all()).toContain("cus_nobody");
    database.close();
  });
});

describe("rows that cannot be", () => {
  test.each([
    ["oro,cus_ana,45992", '"45992" is a spreadsheet\'s number of a day; write 2025-12-01T09:00'],
    ["oro,cus_ana,45992.375", "write 2025-12-01T09:00, with the column formatted as text"],
    ["oro,cus_ana,01/12/2026", "write 2026-12-01T09:00 for 1 December 2026, or 2026-01-12T09:00 for 12 January 2026"],
    ["oro,cus_ana,31/12/2026 10:30", "write 2026-12-31T10:30 for 31 December 2026"],
    ["oro,cus_ana,2026-12-01", "the time of day is missing; write 2026-12-01T09:00"],
    ["oro,ana,2026-12-01T09:00", "customer: "],
    ["oro,,2026-12-01T09:00", "customer: missing; expected its id (cus_…) or its email"],
    ["plata,cus_ana,2026-12-01T09:00", "there is no plan plata"],
    ["oro,cus_ana", "has 2 fields, the first line names 3 columns"],
  ])("%s: %s", async (row, says) => {
    fixture.write("members.csv", `plan,customer,start\noro,cus_ben,2026-12-01T09:00\n${row}\n`);
    const refused = await importing("--offline");
    expect(refused).toMatchObject({ exitCode: 64, stdout: "" });
    expect(refused.stderr).toContain("members.csv:3: ");
    expect(refused.stderr).toContain(says);
    // One row that cannot be keeps the others out, too.
    expect(await subscriptions()).toEqual([]);
  });

  test("all faults of all rows are told at once", async () => {
    fixture.write(
      "members.csv",
      "plan,customer,start,quantity,time_zone\noro,x,45992,many,Mexico\noro,cus_ana,2026-12-01T09:00,1,\noro,cus_ben,,1,\n",
    );
    const { stderr } = await importing();
    expect(stderr.split("\n").filter((line) => line.includes("members.csv:2"))).toHaveLength(4);
    expect(stderr).toContain("members.csv:4: start: missing");
    expect(stderr).toContain("2 rows");
  });

  test("an e-mail that nobody has, or two have, is told", async () => {
    const database = new Database(at("books.db"));
    database.exec("insert into customer (id, name, email) values ('cus_ana2', 'Ana', 'ana@example.mx')");
    database.close();
    fixture.write(
      "members.csv",
      "plan,email,start\noro,ana@example.mx,2026-12-01T09:00\noro,x@y.mx,2026-12-01T09:00\n",
    );
    const { stderr } = await importing();
    expect(stderr).toContain("2 customers have this e-mail (cus_ana, cus_ana2); write the id of one");
    expect(stderr).toContain("members.csv:3: no customer that is known here has this e-mail");
  });

  test("an id that is taken by another order is told, in the books and in the file", async () => {
    fixture.write(
      "members.csv",
      "id,plan,customer,start\na,oro,cus_ana,2026-12-01T09:00\na,oro,cus_ben,2026-12-01T09:00\n",
    );
    expect((await importing()).stderr).toContain("members.csv:3: there is a subscription a on line 2 already");
    fixture.write("members.csv", "id,plan,customer,start\na,oro,cus_ana,2026-12-01T09:00\n");
    await importing();
    fixture.write("members.csv", "id,plan,customer,start\na,oro,cus_ana,2026-12-02T09:00\n");
    expect((await importing()).stderr).toContain("there is a subscription a already; choose another id");
  });

  test.each([
    ["CSV", "plan,customer,start,quantity\noro,cus_ana,2026-12-01T09:00,9007199254740993\n", "members.csv:2"],
    [
      "NDJSON",
      '{"plan":"oro","customer":"cus_ana","start":"2026-12-01T09:00","quantity":9007199254740993}\n',
      "members.csv:1",
    ],
  ])(
    "a number with more digits than can be told is shown as it is written, with the one limit: %s",
    async (_kind, text, where) => {
      fixture.write("members.csv", text);
      const refused = await importing();
      expect(refused.stderr.split("\n").filter((line) => line.includes("quantity"))).toEqual([
        expect.stringContaining(`${where}: quantity: 9007199254740993 given, expected at most 10000`),
      ]);
    },
  );

  test("a second one of the same customer and plan, in the books or in the file, needs a person's word", async () => {
    fixture.write("members.csv", "id,plan,customer,start\na,oro,cus_ana,2026-12-01T09:00\n");
    await importing();
    fixture.write(
      "members.csv",
      "id,plan,customer,start\na2,oro,cus_ana,2026-12-05T09:00\nb,oro,cus_ben,2026-12-01T09:00\nb2,oro,cus_ben,2026-12-05T09:00\n",
    );
    const asked = await importing();
    expect(asked.exitCode).toBe(64);
    expect(asked.stderr).toContain("members.csv:2: cus_ana is on plan oro already, as a; both would be charged");
    expect(asked.stderr).toContain("members.csv:4: cus_ben is on plan oro already, as b; both would be charged");
    expect(await subscriptions()).toHaveLength(1);
    expect(documentOf(await importing("--dry-run", "--json"))).toMatchObject({ added: 1, doubts: 2 });
    expect(documentOf(await importing("--yes", "--json"))).toMatchObject({ added: 3, doubts: 0 });
  });

  test("--skip-invalid adds the sound rows; the others, mended in their file, are imported from there", async () => {
    fixture.write("members.csv", "plan;customer;start\noro;cus_ana;45992\noro;cus_ben;2026-12-01T09:00\n");
    const done = await importing("--skip-invalid");
    expect(done).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining("2 rows: 1 added, 0 unchanged, 1 with faults."),
    });
    expect(done.stdout).toContain("What was not added is in members.csv.rejected");
    expect(statSync(at("members.csv.rejected")).mode & 0o777).toBe(0o600);
    const rejected = readFileSync(at("members.csv.rejected"), "utf8");
    expect(rejected).toMatch(/^plan;customer;start;rejected_because\noro;cus_ana;45992;"?start: /);
    expect((await importing("--skip-invalid")).stderr).toContain("members.csv.rejected exists already");
    writeFileSync(at("members.csv.rejected"), rejected.replace("45992;", "2026-12-01T09:00;"));
    expect(await fixture.run(["subscriptions", "import", "members.csv.rejected"])).toMatchObject({ exitCode: 0 });
    expect(await subscriptions()).toHaveLength(2);
  });

  test("the reason of a row that is too short stands in its own column", async () => {
    fixture.write("members.csv", "plan;customer;start\noro\n");
    await importing("--skip-invalid");
    expect(readFileSync(at("members.csv.rejected"), "utf8")).toMatch(/\noro;;;has 1 field/);
  });

  test("on a plan that is archived, or damaged in the database, says so, and not that there is none", async () => {
    const spoil = (sql: string) => {
      const database = new Database(at("books.db"));
      database.exec(sql);
      database.close();
    };
    fixture.write("members.csv", "plan,customer,start\noro,cus_ana,2026-12-01T09:00\n");
    spoil("update plan set archived_at = 1767225600000 where id = 'oro'");
    const archived = await importing();
    expect([archived.exitCode, archived.stderr]).toEqual([64, expect.stringContaining("plan oro is archived")]);
    spoil("update plan set archived_at = null, line_items = '[' where id = 'oro'");
    const damaged = await importing();
    const says = "what the database holds of oro cannot be read; the doctor names what is damaged";
    expect([damaged.exitCode, damaged.stderr]).toEqual([64, expect.stringContaining(says)]);
    expect(damaged.stderr).not.toContain("there is no plan");
    const order = ["--plan", "oro", "--customer", "cus_ana", "--start", "2026-12-01T09:00"];
    const added = await fixture.run(["subscriptions", "add", ...order]);
    expect([added.exitCode, added.stderr]).toEqual([1, expect.stringContaining(says)]);
  });

  test("a line that is no JSON is rejected as it stands", async () => {
    fixture.write("members.csv", '{"plan":"oro"\n{"plan":"oro","customer":"cus_ben","start":"2026-12-01T09:00"}\n');
    expect((await importing("--skip-invalid")).exitCode).toBe(3);
    const [line] = readFileSync(at("members.csv.rejected"), "utf8").split("\n");
    expect(JSON.parse(String(line))).toEqual({
      line: '{"plan":"oro"',
      rejected_because: "is not a JSON object on one line",
    });
  });
});

describe("files that cannot be", () => {
  test.each([
    ["a column of another name", "plan,costumer,start\n", 'there is no column "costumer"; did you mean "customer"?'],
    ["a column that is missing", "plan,customer\n", "the column start is missing"],
    ["a column twice", "plan,customer,start,plan\n", "the column plan is there twice"],
    ["nothing in it", "\n\n", "is empty"],
    ["Latin-1", Buffer.from("plan,customer,start\noro,ca\xf1o,x\n", "latin1"), "is not UTF-8"],
    ["UTF-16", Buffer.from("\uFEFFplan,customer,start\n", "utf16le"), "is UTF-16"],
    ["a workbook", Buffer.from("PK\u0003\u0004"), "is a workbook of a spreadsheet"],
    [
      "a quote within a field",
      'plan,customer,start\noro,cus_a"na,2026-12-01T09:00\n',
      'members.csv:2: a quote (") is open or misplaced here',
    ],
    ["an open quote", 'plan,customer,start\noro,"cus_ana,2026-12-01T09:00\n', 'a quote (") is open or misplaced here'],
  ])("%s", async (_what, text, says) => {
    writeFileSync(at("members.csv"), text);
    const refused = await importing();
    expect(refused).toMatchObject({ exitCode: 64, stdout: "" });
    expect(refused.stderr).toContain(says);
    expect(existsSync(at("members.csv.rejected"))).toBe(false);
  });

  test("none at all", async () => {
    expect((await importing()).stderr).toContain("members.csv: is not there");
  });
});

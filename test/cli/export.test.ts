/** The books as rows of a file: whole, by local days, harmless to spreadsheets, with what went back and what was kept. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { parse } from "csv-parse/sync";
import { EXPORTS } from "../../src/application/ports/exports.ts";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

const DOCUMENT = readFileSync(path.join(import.meta.dirname, "../../docs/import-export.md"), "utf8");
const VIEWS: Readonly<Record<string, string>> = { history: "billing_history", subscriptions: "subscription_overview" };

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(at("books.db"));
  const ana = await customerAt(fixture.sandbox.url, "=HYPERLINK(1)", "tok_test_visa_4242");
  const ben = await customerAt(fixture.sandbox.url, 'Ben; Núñez, "el 2"', "tok_test_insufficient_funds");
  fixture.write(
    "config/plans.yaml",
    plansYaml([
      { id: "ana", customer: ana },
      { id: "ben", customer: ben },
    ]),
  );
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
});
afterEach(() => fixture.close());

const at = (name: string) => path.join(fixture.folder, name);
const exported = (...args: string[]) => fixture.run(["export", ...args]);

async function rows(...args: string[]): Promise<Record<string, string>[]> {
  const { stdout, stderr, exitCode } = await exported(...args);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return parse(stdout, { columns: true });
}

function sql(statement: string): unknown[] {
  const database = new Database(at("books.db"));
  try {
    const prepared = database.prepare(statement);
    return prepared.reader ? prepared.all() : [prepared.run()];
  } finally {
    database.close();
  }
}

describe("what is in it", () => {
  test("the history has the view's columns and rows", async () => {
    const exportedRows = await rows("history");
    expect(exportedRows).toHaveLength(2);
    const view = sql("select * from billing_history order by attempted_at, invoice_id, attempt") as Record<
      string,
      unknown
    >[];
    expect(exportedRows.map(Object.keys)).toEqual(view.map(Object.keys));
    expect(exportedRows.map((row) => row["charge_id"])).toEqual(view.map((row) => row["charge_id"] ?? ""));
    expect(exportedRows.map((row) => Number(row["amount_cents"]))).toEqual([20015, 20015]);
  });

  test("what a spreadsheet would take for a formula is text to it, and commas and quotes are kept", async () => {
    const names = (await rows("history")).map((row) => row["customer_name"]);
    expect(new Set(names)).toEqual(new Set(["'=HYPERLINK(1)", 'Ben; Núñez, "el 2"']));
    for (const [name, shown] of [
      ["+52", "'+52"],
      ["-1", "'-1"],
      ["@a", "'@a"],
      ["\tx", "'\tx"],
      ["\rx", "'\rx"],
      ["a=b", "a=b"],
    ]) {
      sql(`update customer set name = '${name}'`);
      expect((await rows("invoices"))[0]?.["customer_name"]).toBe(shown);
    }
  });

  test("NDJSON has every value as it is", async () => {
    const { stdout } = await exported("invoices", "--format", "ndjson", "--status", "paid");
    const [row, ...others] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      subscription_id: "ana",
      customer_name: "=HYPERLINK(1)",
      amount_cents: 20015,
      amount: 200.15,
    });
    expect(row).toMatchObject({ status: "paid", missed: false, payment_method: "card", charge_id: expect.any(String) });
  });

  test("an invoice that is of no cycle has none, where 0 would be the first", async () => {
    sql("update invoice set cycle = null, one_off_key = id where subscription_id = 'ana'");
    for (const name of ["history", "invoices"])
      expect((await rows(name, "--status", "paid")).map(({ cycle }) => cycle)).toEqual([""]);
  });

  test("refunds and fees are in it", async () => {
    const [paid] = await rows("invoices", "--status", "paid");
    sql("update attempt set fee_cents = 812 where state = 'paid'");
    await fixture.run([
      "invoices",
      "refund",
      String(paid?.["invoice_id"]),
      "--amount-cents",
      "5000",
      "--reason",
      "requested_by_client",
      "--yes",
    ]);
    expect((await rows("invoices", "--status", "paid"))[0]).toMatchObject({
      refunded_cents: "5000",
      fee_cents: "812",
      fee: "8.12",
    });
    expect((await rows("history", "--status", "paid"))[0]).toMatchObject({ refunded: "50", fee_cents: "812" });
    expect((await rows("subscriptions"))[0]).toMatchObject({ subscription_id: "ana", refunded_cents: "5000" });
    expect(await rows("refunds")).toEqual([
      expect.objectContaining({
        subscription_id: "ana",
        amount_cents: "5000",
        amount: "50",
        state: "done",
        charge_id: paid?.["charge_id"],
      }),
    ]);
  });

  test.each(EXPORTS)("docs/import-export.md names the columns of %s", async (name) => {
    const { stdout } = await exported(name);
    const columns = stdout.split("\n")[0]?.split(",") ?? [];
    const [, ofName = ""] = DOCUMENT.split(`\nOf \`${name}\``);
    const own = [...(ofName.split(/\. |\.\n/)[0] ?? "").matchAll(/`([a-z_]+)`/g)].map(([, column]) => String(column));
    const view = VIEWS[name] === undefined ? [] : sql(`select name from pragma_table_info('${VIEWS[name]}')`);
    expect(columns).toEqual([...view.map((row) => (row as { name: string }).name), ...own]);
  });
});

describe("which rows", () => {
  test("days are local, and both are included", async () => {
    // 23:30 of the 30th in Mexico City is the 1st in UTC.
    sql("update invoice set opened_at = unixepoch('2026-12-01T05:30:00Z') * 1000");
    const count = async (...days: string[]) => (await rows("invoices", ...days)).length;
    expect(await count("--since", "2026-11-30", "--until", "2026-11-30")).toBe(2);
    expect(await count("--since", "2026-12-01")).toBe(0);
    expect(await count("--until", "2026-11-29")).toBe(0);
  });

  test.each([
    [["history", "--status", "paid"], ["ana"]],
    [["history", "--status", "declined"], ["ben"]],
    [["invoices", "--plan", "oro", "--status", "open"], ["ben"]],
    [["subscriptions", "--status", "active"], ["ana"]],
  ])("%j has %j", async (args, ids) => {
    expect((await rows(...args)).map((row) => row["subscription_id"])).toEqual(ids);
  });

  test.each([
    [["history", "--status", "open"], "history have no status"],
    [["subscriptions", "--since", "2026-01-01"], "subscriptions are not of a day"],
    [["history", "--since", "2026-02-30"], "Expected a day that exists"],
    [["history", "--since", "01/12/2026"], "Expected a day that exists"],
    [["history", "--since", "2026-02-02", "--until", "2026-02-01"], "is before --since"],
    [["events"], "Allowed choices are history, invoices, subscriptions, refunds"],
  ])("%j is refused: %s", async (args, says) => {
    const refused = await exported(...args);
    expect(refused).toMatchObject({ exitCode: 64, stdout: "" });
    expect(refused.stderr).toContain(says);
  });

  test("a plan or customer that is not there is told, not exported as nothing", async () => {
    expect((await exported("history", "--plan", "plata")).stderr).toContain("there is no plan plata");
  });
});

describe("where to", () => {
  test("a file of mode 0600, whole or not there, never over another one", async () => {
    expect(await exported("history", "--output", "out.csv")).toMatchObject({
      exitCode: 0,
      stdout: "out.csv holds 2 rows.\n",
    });
    expect(statSync(at("out.csv")).mode & 0o777).toBe(0o600);
    expect(readFileSync(at("out.csv"), "utf8")).toBe((await exported("history")).stdout);
    writeFileSync(at("mine.csv"), "mine");
    expect((await exported("history", "--output", "mine.csv")).stderr).toContain("mine.csv exists already");
    expect(readFileSync(at("mine.csv"), "utf8")).toBe("mine");
    expect(existsSync(at("mine.csv.part"))).toBe(false);
  });

  test("nothing to export is a head without rows", async () => {
    const { stdout } = await exported("refunds");
    expect(stdout.split("\n")).toHaveLength(2);
    expect((await exported("refunds", "--format", "ndjson")).stdout).toBe("");
  });
});

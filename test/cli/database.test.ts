/**
 * A database is made on purpose, or not at all: an empty one remembers no charge, so a path that is mistyped, or a disk
 * that is not mounted, must not begin one in silence.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { documentOf, type Ended, puntual } from "../support/command.ts";

const PLANS = `
plans:
  - id: oro
    name: Plan Oro
    currency: MXN
    interval: month
    line_items: [{ name: Plan Oro, unit_price: 20015, quantity: 1 }]
`;

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "puntual-database-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const database = () => path.join(cwd, "data", "puntual.db");
const run = async (...args: readonly string[]): Promise<Ended> =>
  await puntual(args, { cwd, env: { CONEKTA_API_KEY: "key_test_of_nobody", CONEKTA_BASE_URL: "http://127.0.0.1:9" } });
function writePlans(): string {
  const file = path.join(cwd, "plans.yaml");
  writeFileSync(file, PLANS);
  return file;
}

const ID = "inv_01J00000000000000000000000";
const COMMANDS: readonly (readonly string[])[] = [
  ["run"],
  ["run", "--dry-run"],
  ["status"],
  ["history"],
  ["explain", "ana:oro"],
  ["plans", "list"],
  ["plans", "show", "oro"],
  ["customers", "list"],
  ["customers", "show", "cus_1"],
  ["customers", "add", "--id", "cus_1"],
  ["cards", "list", "cus_1"],
  ["subscriptions", "list"],
  ["subscriptions", "add", "--plan", "oro", "--customer", "cus_1", "--start", "2026-12-01T09:00"],
  ["subscriptions", "pause", "ana:oro"],
  ["invoices", "list"],
  ["invoices", "show", ID],
  ["invoices", "retry", ID],
  ["unknown", "list"],
  ["events", "list"],
  ["webhooks", "list"],
  ["report", "recovery"],
  ["reconcile"],
];

describe("a database that is not there", () => {
  test.each(COMMANDS)("is refused, named, and not made by: %s %s %s", async (...args) => {
    const ended = await run(...args);
    expect(ended).toMatchObject({ exitCode: 78, stdout: "" });
    expect(ended.stderr).toContain(`there is no database at ${database()}`);
    expect(ended.stderr).toContain("a new installation makes it with: npx puntual migrate");
    expect(existsSync(path.join(cwd, "data"))).toBe(false);
  });

  test("is a finding of the doctor, who does not make it either", async () => {
    const ended = await run("doctor", "--offline", "--json");
    expect(ended.exitCode).toBe(1);
    expect(documentOf(ended)).toMatchObject({
      checks: [{ check: "database", state: "bad", found: expect.stringContaining(database()) }],
    });
    expect(existsSync(path.join(cwd, "data"))).toBe(false);
  });

  test("is made by `migrate`, which says so, with mode 0600", async () => {
    expect((await run("migrate")).stderr).toContain("Made the database");
    expect(statSync(database()).mode & 0o777).toBe(0o600);
    const again = await run("migrate");
    expect(again).toMatchObject({ exitCode: 0, stderr: "" });
    expect(again.stdout).toContain("is up to date");
  });

  test("is made by `plans apply`, which says so; its dry run shows the difference and makes nothing", async () => {
    const file = writePlans();
    const dry = await run("plans", "apply", file, "--dry-run");
    expect(dry).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("+ add plan oro") });
    expect(dry.stderr).toContain("There is no database");
    expect(existsSync(path.join(cwd, "data"))).toBe(false);

    writeFileSync(path.join(cwd, "faulty.yaml"), "plnas: []");
    expect(await run("plans", "apply", path.join(cwd, "faulty.yaml"))).toMatchObject({ exitCode: 78 });
    expect(existsSync(path.join(cwd, "data"))).toBe(false);

    expect((await run("plans", "apply", file)).stderr).toContain("Made the database");
    expect((await run("plans", "apply", file)).stderr).toBe("");
  });

  test("but whose journal is there is not begun anew: the journal holds what was written last", async () => {
    await run("migrate");
    renameSync(database(), `${database()}.moved`);
    writeFileSync(`${database()}-wal`, "what was written last");
    for (const args of [["migrate"], ["plans", "apply", writePlans()]]) {
      const ended = await run(...args);
      expect(ended).toMatchObject({ exitCode: 78, stdout: "" });
      expect(ended.stderr).toContain("its journal puntual.db-wal is there: put the database back beside it");
    }
    expect(statSync(`${database()}-wal`).size).toBeGreaterThan(0);
  });

  // Root enters any folder, but finds nothing behind a name that is too long.
  test("is another thing than one that cannot be looked for", async () => {
    const ended = await puntual(["status"], { cwd, env: { DATABASE_URL: `sqlite:${"x".repeat(300)}/puntual.db` } });
    expect(ended.exitCode).toBe(78);
    expect(ended.stderr).toMatch(/cannot be reached.*ENAMETOOLONG/);
    expect(ended.stderr).not.toContain("there is no database");
  });

  test("is what an empty file is", async () => {
    await run("migrate");
    writeFileSync(database(), "");
    expect((await run("status")).exitCode).toBe(78);
  });
});

// SQLite gives the journal the mode of its database.
test("a journal that was left by who could only read keeps nobody from writing", async () => {
  await run("migrate");
  const reader = new Database(database());
  reader.prepare("select count(*) from plan").get();
  const journal = [`${database()}-wal`, `${database()}-shm`];
  for (const file of journal) chmodSync(file, 0o400);
  await run("plans", "apply", writePlans());
  expect(journal.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  reader.close();
});

describe("a command that only looks", () => {
  test.each([["status"], ["history"], ["plans", "list"], ["run", "--dry-run"]])(
    "needs no right to write beside the database: %s %s",
    async (...args) => {
      await run("migrate");
      // Root may write anywhere; but nobody can make this file.
      mkdirSync(`${database()}-shm`);
      chmodSync(database(), 0o444);
      expect(await run(...args)).toMatchObject({ exitCode: 0 });
      expect(statSync(database()).mode & 0o777).toBe(0o444);
    },
  );
});

/** A whole database moves to another one: nothing of it is lost, and at no moment two of them charge. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import path from "node:path";
import Database from "better-sqlite3";
import { acquireChargeLock } from "../../src/adapters/store/dialect/lock.ts";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(path.join(fixture.folder, "books.db"));
  const ana = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  const ben = await customerAt(fixture.sandbox.url, "Ben", "tok_test_insufficient_funds");
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
const moving = (...args: string[]) =>
  fixture.run(["migrate", "--from", "sqlite:books.db", "--to", "sqlite:new.db", ...args]);
const NEW = { env: { DATABASE_URL: "sqlite:new.db" } };

function sql(file: string, statement: string): unknown {
  const database = new Database(at(file));
  try {
    const prepared = database.prepare(statement);
    return prepared.reader ? prepared.all() : prepared.run();
  } finally {
    database.close();
  }
}

/** Everything that commands list. */
async function listed(more: object = {}): Promise<unknown> {
  const lists = [];
  for (const args of [
    ["history"],
    ["invoices", "list"],
    ["subscriptions", "list"],
    ["events", "list"],
    ["plans", "list"],
  ])
    lists.push(documentOf(await fixture.run([...args, "--json"], more)));
  return lists;
}

test("the new database holds the same, and charges; the old one can be read, and charges nobody", async () => {
  const before = await listed();
  const moved = await moving("--json");
  expect(moved.exitCode).toBe(0);
  const { tables } = documentOf(moved) as { tables: { table: string; rows: number; digest: string }[] };
  expect(tables.find(({ table }) => table === "attempt")).toMatchObject({
    rows: 2,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(await listed(NEW)).toEqual(before);
  expect(await listed()).toEqual(before);
  for (const args of [["run"], ["reconcile"], ["start"], ["plans", "apply"], ["invoices", "retry", "inv_x"]]) {
    const refused = await fixture.run(args);
    expect([refused.exitCode, refused.stderr]).toEqual([78, expect.stringContaining(`was moved to ${at("new.db")}`)]);
  }
  expect((await fixture.run(["run"], NEW)).exitCode).toBe(0);
  // One was paid, one declined, and neither was tried again.
  expect(fixture.sandbox.ledger()).toHaveLength(2);
  expect((await moving()).stderr).toContain("holds the moved database already");
});

test("cut off anywhere it is finished by the same command, and in between nobody charges from either", async () => {
  const before = await listed();
  await moving();
  // As a kill leaves it: some tables are there, others half, and the mark stands on both.
  sql("new.db", "delete from event where sequence > 3");
  sql("new.db", "delete from attempt");
  const [{ id }] = sql("books.db", "select id from installation") as [{ id: string }];
  sql("new.db", `update installation set moved_to = 'unfinished copy of ${id}'`);
  expect((await fixture.run(["run"], NEW)).stderr).toContain("is an unfinished copy");
  expect((await fixture.run(["run"])).exitCode).toBe(78);
  expect(await moving()).toMatchObject({ exitCode: 0 });
  expect(await listed(NEW)).toEqual(before);
});

test("a move that is not finished can be given up: then the old one charges again, and the copy never", async () => {
  await moving();
  expect((await moving("--give-up")).stderr).toContain("no move");
  const [{ id }] = sql("books.db", "select id from installation") as [{ id: string }];
  sql("new.db", `update installation set moved_to = 'unfinished copy of ${id}'`);
  expect(await moving("--give-up")).toMatchObject({ exitCode: 0 });
  expect((await fixture.run(["run"], NEW)).stderr).toContain("is a copy that was given up");
  expect((await fixture.run(["run"])).exitCode).toBe(0);
});

test("a row that differs is told, and neither charges", async () => {
  await moving();
  const [{ id }] = sql("books.db", "select id from installation") as [{ id: string }];
  sql("new.db", `update installation set moved_to = 'unfinished copy of ${id}'`);
  sql("new.db", "update customer set name = 'Eva' where name = 'Ana'");
  expect((await moving()).stderr).toContain("customer differs at cus_");
  expect((await fixture.run(["run"], NEW)).exitCode).toBe(78);
  expect((await fixture.run(["run"])).exitCode).toBe(78);
});

test("it is refused while a process charges from either, and into a database that holds something", async () => {
  const lock = acquireChargeLock(at("books.db"));
  expect(await moving()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is charging from") });
  lock.release();
  await fixture.run(["plans", "apply", "--offline"], NEW);
  expect((await moving()).stderr).toContain("is not empty");
  // Nothing was marked.
  expect((await fixture.run(["run"])).exitCode).toBe(0);
});

test.each([
  [["--to", "sqlite:x.db"], "--to and --give-up go with --from"],
  [["--from", "mysql:x", "--to", "sqlite:x.db"], "--from begins neither with"],
  [["--from", "sqlite:books.db", "--to", "sqlite:books.db"], "are the same database"],
  [["--from", "sqlite:none.db", "--to", "sqlite:x.db"], "there is no database at"],
])("%j: %s", async (args, says) => {
  const refused = await fixture.run(["migrate", ...args]);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain(says);
});

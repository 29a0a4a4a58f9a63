/** The database as one whole file, and back: what stands in the journal is in it, and no journal is left to undo it. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { chownSync, copyFileSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import Database from "better-sqlite3";
import { backUpDatabase } from "../../src/adapters/store/dialect/copy-database.ts";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(path.join(fixture.folder, "books.db"));
  const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer }]));
  await fixture.run(["plans", "apply"]);
});
afterEach(() => fixture.close());

const at = (name: string) => path.join(fixture.folder, name);

async function statusesOf(): Promise<unknown> {
  const { invoices } = documentOf(await fixture.run(["invoices", "list", "--json"])) as {
    invoices: { status: string }[];
  };
  return invoices.map(({ status }) => status);
}

test("a backup is one file of mode 0600, with what stands in the journal; and it is never overwritten", async () => {
  // A daemon that has the file open keeps its journal.
  const daemon = new Database(at("books.db"));
  daemon.prepare("select count(*) from invoice").get();
  await fixture.run(["run"]);
  expect(statSync(at("books.db-wal")).size).toBeGreaterThan(0);
  const made = await fixture.run(["backup", "copy.db"]);
  daemon.close();
  expect(made).toMatchObject({ exitCode: 0, stderr: "" });
  expect(statSync(at("copy.db")).mode & 0o777).toBe(0o600);
  expect(readdirSync(fixture.folder).filter((name) => name.startsWith("copy.db"))).toEqual(["copy.db"]);
  const copy = new Database(at("copy.db"), { readonly: true });
  expect(copy.prepare("select status from invoice").pluck().all()).toEqual(["paid"]);
  copy.close();
  expect(await fixture.run(["backup", "backups/new/copy.db"])).toMatchObject({ exitCode: 0 });
  const beneathFile = await fixture.run(["backup", "copy.db/copy.db"]);
  expect(beneathFile.exitCode).not.toBe(0);
  expect(beneathFile.stderr).toContain("copy.db/copy.db cannot be written");
  expect(await fixture.run(["backup", "copy.db"])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("exists already"),
  });
});

// SQLite begins a copy anew whenever another connection wrote since its last step: beside a busy daemon it never ended.
test("a backup beside a process that never rests ends, and is of one moment", async () => {
  const daemon = new Database(at("books.db"));
  daemon.exec("create table mark (n int, filler text)");
  const write = daemon.prepare("insert into mark values (?, ?)");
  daemon.transaction(() => {
    for (let n = 0; n < 1000; n++) write.run(n, "x".repeat(2000));
  })();
  const over = new AbortController();
  let written = 1000;
  const writing = (async () => {
    for (; !over.signal.aborted && written < 2000; written++) {
      write.run(written, "x");
      await setImmediate();
    }
  })();
  await backUpDatabase(at("books.db"), at("copy.db"));
  over.abort();
  await writing;
  daemon.close();
  expect(written).toBeLessThan(2000);
  const copy = new Database(at("copy.db"), { readonly: true });
  expect(copy.prepare("select count(*) = max(n) + 1 from mark").pluck().get()).toBe(1);
  copy.close();
});

test("a restored file is what it was: the journal of what it replaced does not undo it, and is kept", async () => {
  await fixture.run(["backup", "before.db"]);
  await fixture.run(["run"]);
  expect(await statusesOf()).toEqual(["paid"]);
  // As a process that was killed leaves it: the last writes stand in the journal alone.
  const killed = new Database(at("books.db"));
  killed.exec("create table mark (n int)");
  copyFileSync(at("books.db-wal"), at("kept-wal"));
  copyFileSync(at("books.db"), at("kept"));
  killed.close();
  copyFileSync(at("kept"), at("books.db"));
  copyFileSync(at("kept-wal"), at("books.db-wal"));

  expect(await fixture.run(["restore", "before.db"])).toMatchObject({ exitCode: 64 });
  const restored = documentOf(await fixture.run(["restore", "before.db", "--yes", "--json"])) as { replaced: string };
  expect(existsSync(at("books.db-wal"))).toBe(false);
  expect(statSync(at("books.db")).mode & 0o777).toBe(0o600);
  expect(await statusesOf()).toEqual([]);
  const replaced = new Database(restored.replaced);
  expect(replaced.prepare("select status from invoice").pluck().all()).toEqual(["paid"]);
  expect(replaced.prepare("select count(*) from mark").pluck().get()).toBe(0);
  replaced.close();
  // What was charged since is found at Conekta, and nobody is charged for it again.
  expect((await fixture.run(["run"])).exitCode).toBe(3);
  expect(fixture.sandbox.ledger()).toHaveLength(1);
});

// As another user than root no file can be given away.
test("what root runs leaves the files to the database's owner", async () => {
  if (process.getuid?.() !== 0) return;
  await fixture.run(["backup", "before.db"]);
  chownSync(at("books.db"), 12_345, 12_345);
  await fixture.run(["run"]);
  await fixture.run(["restore", "before.db", "--yes"]);
  for (const name of ["books.db", "books.db.lock"])
    expect(statSync(at(name))).toMatchObject({ uid: 12_345, gid: 12_345 });
});

test("it also restores where there is none: another server, or a lost disk", async () => {
  await fixture.run(["run"]);
  await fixture.run(["backup", "copy.db"]);
  const moved = { env: { DATABASE_URL: "sqlite:new/place/books.db" } };
  expect(await fixture.run(["restore", "copy.db", "--yes"], moved)).toMatchObject({ exitCode: 0 });
  expect((await fixture.run(["run"], moved)).exitCode).toBe(0);
  expect(fixture.sandbox.ledger()).toHaveLength(1);
});

test.each([
  ["none", null, "there is no database at"],
  ["a text", "plans: []\n", "is not an SQLite database"],
])("what is no backup is refused, and nothing is changed: %s", async (_what, text, says) => {
  if (text !== null) writeFileSync(at("copy.db"), text);
  const refused = await fixture.run(["restore", "copy.db", "--yes"]);
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stderr).toContain(says);
  expect((await fixture.run(["subscriptions", "list"])).stdout).toContain("ana");
});

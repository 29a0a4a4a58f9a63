/** Records of before events were sent: they get their places in the order they were written. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { openMapped } from "../support/mapped-file.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { NOW } from "../support/records.ts";

const folder = mkdtempSync(path.join(tmpdir(), "puntual-sequence-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the sequence of older events is that of their writing, and goes on from there", async () => {
  const databasePath = path.join(folder, "books.db");
  const orm = openMapped(databasePath);
  await orm.migrator.up({ to: "Migration20261123000006Dunning" });
  await orm.close();
  const db = new Database(databasePath);
  // Ids that sort the other way round: the clock was set back in between.
  for (const id of ["evt_c", "evt_b", "evt_a"])
    db.prepare("insert into event (id, at, type, data) values (?, 1, 'invoice.paid', '{}')").run(id);
  db.close();

  const store = await openSqliteStore({
    databasePath,
    random: seededRandom(1),
    now: NOW,
    exclusive: true,
    access: "make",
  });
  await store.write(NOW, async (records) => {
    records.record({ type: "invoice.opened" });
    records.record({ type: "invoice.voided" });
  });
  const listed = await store.outbox.list({});
  await store.close();
  expect(listed.map(({ eventId, type }) => [type, eventId.slice(0, 5)])).toEqual([
    ["invoice.voided", expect.any(String)],
    ["invoice.opened", expect.any(String)],
    ["invoice.paid", "evt_a"],
    ["invoice.paid", "evt_b"],
    ["invoice.paid", "evt_c"],
  ]);
});

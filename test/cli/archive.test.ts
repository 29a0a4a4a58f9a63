/** Old closed invoices move to a file that the same views read; what is still needed stays, and nothing is lost on the way. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { statSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

const DAY_MS = 86_400_000;
const BEFORE = new Date(Date.now() - 500 * DAY_MS).toISOString().slice(0, 10);

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(path.join(fixture.folder, "books.db"));
  const ana = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer: ana }]));
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
  pastCycles();
});
afterEach(() => fixture.close());

const at = (name: string) => path.join(fixture.folder, name);

/** Ten paid cycles of long ago before the one that was charged: copies of it. */
function pastCycles(): void {
  const database = new Database(at("books.db"));
  const [invoice] = database.prepare("select * from invoice").all() as [Record<string, unknown>];
  const attempt = database.prepare("select * from attempt").get() as Record<string, unknown>;
  for (let past = 1; past <= 10; past++) {
    const moment = Date.now() - (500 + past * 30) * DAY_MS;
    const id = `inv_past${past}`;
    insert("invoice", {
      ...{ ...invoice, id, cycle: Number(invoice["cycle"]) - past, opened_at: moment, paid_at: moment },
      ...{ period_start: moment, period_end: moment + 20 * DAY_MS },
    });
    insert("attempt", {
      ...{ ...attempt, id: `att_past${past}`, invoice_id: id, reference: `${id}-1`, order_id: `ord_${past}` },
      ...{ charge_id: `chr_${past}`, sent_at: moment, settled_at: moment, claimed_at: moment },
    });
    insert("event", {
      ...{ id: `evt_0past${past}`, at: moment, type: "invoice.paid", customer_id: invoice["customer_id"], data: "{}" },
      ...{ subscription_id: "ana", invoice_id: id, attempt_id: `att_past${past}`, sequence: -past },
    });
  }
  database.prepare("update subscription set first_cycle = first_cycle - 10").run();
  database.close();

  function insert(table: string, row: Record<string, unknown>): void {
    const names = Object.keys(row);
    const places = names.map((name) => `@${name}`);
    database.prepare(`insert into ${table} (${names.join(", ")}) values (${places.join(", ")})`).run(row);
  }
}

function sql(file: string, statement: string): unknown {
  const database = new Database(at(file));
  try {
    const prepared = database.prepare(statement);
    return prepared.reader ? prepared.all() : prepared.run();
  } finally {
    database.close();
  }
}

const archive = (...args: string[]) => fixture.run(["archive", "--before", BEFORE, "--file", "old.db", ...args]);
const history = async (env = {}) =>
  (documentOf(await fixture.run(["history", "--json"], { env })) as { history: object[] }).history;

test("what was closed moves, the rest stays; the same views read the file, and commands say where it lies", async () => {
  const before = await history();
  expect(before).toHaveLength(11);
  expect((await archive("--dry-run")).stdout).toContain("10 invoices would move");
  expect((await archive()).exitCode).toBe(64);
  const webhook = (id: string, state: string, because: string) =>
    sql(
      "books.db",
      `insert into webhook_event (id, type, received_at, payload, state, processed_at, tries, because)
       values ('${id}', 'order.paid', 1, '{"said":1}', '${state}', 1, 1, ${because})`,
    );
  webhook("handled", "processed", "null");
  webhook("failed", "failed", "'for a person'");
  sql(
    "books.db",
    "insert into event (id, at, type, data, sequence) values ('evt_0plan', 1, 'plan.changed', '{}', -99)",
  );
  const doctor = await fixture.run(["doctor", "--json"]);
  expect(documentOf(await archive("--yes", "--json"))).toMatchObject({ invoices: 10, attempts: 10, events: 11 });

  expect([...(await history()), ...(await history({ DATABASE_URL: "sqlite:old.db" }))]).toEqual(before);
  expect(sql("books.db", "select id, payload from webhook_event order by id")).toEqual([
    { id: "failed", payload: '{"said":1}' },
    { id: "handled", payload: '{"archived":true}' },
  ]);
  expect(sql("old.db", "select id, payload from webhook_event")).toEqual([{ id: "handled", payload: '{"said":1}' }]);
  expect(sql("books.db", "select type from event where id = 'evt_0plan'")).toEqual([]);
  expect(sql("old.db", "select type from event where id = 'evt_0plan'")).toEqual([{ type: "plan.changed" }]);
  expect(statSync(at("old.db")).mode & 0o777).toBe(0o600);
  expect((await fixture.run(["archive"])).stdout).toContain(at("old.db"));
  for (const args of [
    ["invoices", "show", "inv_past3"],
    ["invoices", "refund", "inv_past3", "--reason", "requested_by_client", "--yes"],
    ["invoices", "void", "inv_past3", "--reason", "x", "--yes"],
  ]) {
    const asked = await fixture.run(args);
    expect([asked.exitCode, asked.stderr]).toEqual([1, expect.stringContaining(at("old.db"))]);
  }
  // No cycle is missing, nothing is charged again, and the archive charges nobody.
  const cycles = (ended: unknown) =>
    (ended as { checks: { check: string }[] }).checks.filter(({ check }) => check === "cycles" || check === "cursors");
  expect(cycles(documentOf(await fixture.run(["doctor", "--json"])))).toEqual(cycles(documentOf(doctor)));
  expect((await fixture.run(["run"])).exitCode).toBe(0);
  expect(fixture.sandbox.ledger()).toHaveLength(1);
  const refused = await fixture.run(["run"], { env: { DATABASE_URL: "sqlite:old.db" } });
  expect([refused.exitCode, refused.stderr]).toEqual([78, expect.stringContaining("is an archive")]);
});

/** Each done to one of the ten. */
const STILL_NEEDED: readonly (readonly [change: string, because: string])[] = [
  ["update invoice set status = 'held', status_reason = 'refused', paid_at = null where id = ?", "it is held"],
  [
    "update invoice set status = 'uncollectible', status_reason = 'attempts_used_up', paid_at = null where id = ?",
    "it may still be collected",
  ],
  ["update attempt set state = 'unknown', settled_at = null where invoice_id = ?", "its outcome is unknown"],
  ["update attempt set state = 'paid_again' where invoice_id = ?", "it is to be refunded"],
  [
    "update attempt set state = 'declined', decline_class = 'never_again' where invoice_id = ?",
    "its card must never be charged again",
  ],
  [`update event set at = ${Date.now() - 100 * DAY_MS} where invoice_id = ?`, "it was touched since"],
  ["update invoice set cycle = null, one_off_key = 'k' where id = ?", "its key keeps it from being charged twice"],
  [
    "update invoice set status = 'void', status_reason = 'skipped', paid_at = null where id = ?",
    "void cycles of a plan with a number of charges are counted",
  ],
];

test("what is still needed stays", async () => {
  const database = new Database(at("books.db"));
  database.prepare("update plan set expiry_count = 99").run();
  for (const [place, [change]] of STILL_NEEDED.entries()) database.prepare(change).run(`inv_past${place + 1}`);
  database.close();
  expect(documentOf(await archive("--yes", "--json"))).toMatchObject({ invoices: 2 });
  const left = sql("books.db", "select id from invoice where id like 'inv_past%' order by id") as { id: string }[];
  const because = left.map(({ id }) => STILL_NEEDED[Number(id.slice("inv_past".length)) - 1]?.[1]);
  expect(because).toEqual(STILL_NEEDED.map(([, each]) => each));
});

test("cut off anywhere it is finished by the same command, and by no other", async () => {
  const before = await history();
  await archive("--yes");
  // As a kill leaves it: two are in both places, one of them not as it is here, and none is finished.
  sql("books.db", "update archive set finished_at = null");
  sql("books.db", "delete from archived_invoice where invoice_id in ('inv_past3', 'inv_past4')");
  const file = new Database(at("books.db"));
  file.exec(`attach '${at("old.db")}' as old`);
  for (const [table, key] of [
    ["invoice", "id"],
    ["attempt", "invoice_id"],
    ["event", "invoice_id"],
  ] as const)
    file.exec(`insert into ${table} select * from old.${table} where ${key} in ('inv_past3', 'inv_past4')`);
  file.close();
  // And one that was copied is needed again by now.
  sql("books.db", "update attempt set state = 'paid_again' where invoice_id = 'inv_past4'");
  sql("old.db", "update attempt set card_last4 = '0000' where invoice_id = 'inv_past3'");

  const other = await fixture.run(["archive", "--before", BEFORE, "--file", "other.db", "--yes"]);
  expect([other.exitCode, other.stderr]).toEqual([1, expect.stringContaining("is not finished")]);
  expect((await archive("--yes")).exitCode).toBe(0);
  const now = [...(await history()), ...(await history({ DATABASE_URL: "sqlite:old.db" }))];
  expect(idsOf(now)).toEqual(idsOf(before));
  expect(sql("old.db", "select count(*) as n from invoice")).toEqual([{ n: 9 }]);
  expect(sql("old.db", "select count(*) as n from attempt where card_last4 = '0000'")).toEqual([{ n: 0 }]);
});

test("it refuses a day that is too near, and a file that is something else", async () => {
  const near = new Date(Date.now() - 300 * DAY_MS).toISOString().slice(0, 10);
  const refused = await fixture.run(["archive", "--before", near, "--yes"]);
  expect([refused.exitCode, refused.stderr]).toEqual([64, expect.stringContaining("400 days")]);
  await fixture.run(["backup", "old.db"]);
  const taken = await archive("--yes");
  expect([taken.exitCode, taken.stderr]).toEqual([1, expect.stringContaining("is no archive of this database")]);
  expect(await history()).toHaveLength(11);
});

function idsOf(rows: readonly object[]): string[] {
  return rows.map((row) => (row as { invoiceId: string }).invoiceId).toSorted();
}

test("it is not put in the place of the database, from which nobody would be charged then", async () => {
  await fixture.run(["archive", "--before", BEFORE, "--file", "old.db", "--yes"]);
  const refused = await fixture.run(["restore", "old.db", "--yes"]);
  expect(refused).toMatchObject({ exitCode: 78, stdout: "" });
  expect(refused.stderr).toMatch(/old\.db is an archive.*nothing was changed, restore a file that `backup` made/);
  expect(await fixture.run(["plans", "apply"])).toMatchObject({ exitCode: 0 });
});

test("the same command again moves nothing, and says so", async () => {
  const command = ["archive", "--before", BEFORE, "--file", "old.db", "--yes"];
  await fixture.run(command);
  expect((await fixture.run(command)).stdout).toMatch(/^0 invoices, 0 attempts and 0 events were moved to .*old\.db/);
});

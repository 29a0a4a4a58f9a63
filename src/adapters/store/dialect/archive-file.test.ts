/** The file that closed invoices are moved to: whose it is, what is written to it, and that it reads as it was written. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import type { ArchivedRow, ClosedInvoices } from "../../../application/ports/archive.ts";
import { putNewDatabase, temporaryFolder } from "../../../../test/support/new-database.ts";
import { openArchiveFile } from "./archive-file.ts";

const BEFORE = new Date(1000);
let folder: string;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = path.join(folder, "old.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = async (livemode: boolean | null = true) =>
  await openArchiveFile({ file, before: BEFORE }, { id: "ins", livemode });

function sql(...statements: string[]): unknown[] {
  const database = new Database(file);
  try {
    database.pragma("foreign_keys = off");
    return statements.flatMap((statement) => {
      const prepared = database.prepare(statement);
      return prepared.reader ? prepared.raw().all() : (prepared.run(), []);
    });
  } finally {
    database.close();
  }
}

describe("an archive", () => {
  test.each<[livemode: boolean | null, kept: number | null]>([
    [true, 1],
    [false, 0],
    [null, null],
  ])("of books whose livemode is %p is of theirs, marked, and nobody's who charges", async (livemode, kept) => {
    await (await open(livemode))[Symbol.asyncDispose]();
    expect(sql("select id, livemode, epoch, created_at, moved_to from installation")).toEqual([
      ["ins", kept, 0, 1000, "archive of ins"],
    ]);
    // Again, it goes on with it.
    await (await open(null))[Symbol.asyncDispose]();
    expect(sql("select count(*), max(livemode) from installation")).toEqual([[1, kept]]);
  });

  test.each<[taken: boolean, change: string | null, because: string]>([
    [true, null, "it was cut off before it had tables"],
    [true, "select 1", "it was cut off before it was marked"],
    [true, "insert into installation (id, epoch, created_at, moved_to) values ('ins', 0, 0, 'archive of ins')", "ours"],
    [
      false,
      "insert into installation (id, epoch, created_at, moved_to) values ('x', 0, 0, 'archive of x')",
      "another's",
    ],
    [
      false,
      "insert into installation (id, epoch, created_at) values ('ins', 0, 0)",
      "it is a database, and no archive",
    ],
  ])("goes on with a file that is there: %p, after %p (%s)", async (taken, change) => {
    if (change === null) writeFileSync(file, "");
    else {
      await putNewDatabase(file);
      sql(change);
    }
    const end = await open().then(
      async (archive) => {
        await archive[Symbol.asyncDispose]();
        return "taken";
      },
      (error: Error) => error.message,
    );
    expect(end).toContain(taken ? "taken" : "is no archive of this database; nothing was changed, choose another name");
  });

  test("that cannot be one is refused in words", async () => {
    writeFileSync(file, "a text, and no database at all\n".repeat(40));
    await expect(open()).rejects.toMatchObject({ name: "DatabaseUnusable" });
    expect(existsSync(`${file}-wal`)).toBe(false);
  });
});

describe("what closed invoices were", () => {
  const ALL = {
    plan: {
      ...{ id: "oro", name: "Oro", currency: "MXN", interval: "month", frequency: 1, trial_period_days: 0 },
      ...{ line_items: "[]", dunning: "standard", catch_up: "all", source: "code", expiry_counts: "charges" },
    },
    customer: { id: "cus", name: "Ana" },
    subscription: {
      ...{ id: "sub", plan_id: "oro", customer_id: "cus", status: "canceled", time_zone: "UTC", quantity: 1 },
      ...{ start_local: "2026-01-31T09:00", anchor_local: "2026-01-31T09:00", bill_past: 0, first_cycle: 0 },
      ...{ next_cycle: 9, source: "code" },
    },
  } as const satisfies Record<string, ArchivedRow>;
  const invoice = (id: string, cycle: number, change: ArchivedRow = {}): ArchivedRow => ({
    ...{ id, subscription_id: "sub", customer_id: "cus", cycle, period_start: 0, period_end: 5, amount_cents: 500 },
    ...{
      discount_cents: 0,
      currency: "MXN",
      line_items: '[{"a":1}]',
      status: "void",
      missed: 0,
      declines: 0,
      faults: 0,
    },
    ...{ balance_cents: 0, opened_at: 0, status_reason: "skipped", ...change },
  });
  const event = (id: string, sequence: number, change: ArchivedRow = {}): ArchivedRow => ({
    ...{ id, at: 0, type: "invoice.voided", invoice_id: "a", data: "{}", sequence, ...change },
  });
  const closed = (tables: Record<string, ArchivedRow[]>): ClosedInvoices => ({ ids: [], tables, after: null });
  const named = { plan: [ALL.plan], customer: [ALL.customer], subscription: [ALL.subscription] };

  test("is written with what it names, anew where it was cut off, and leaves what is there of others", async () => {
    await using archive = await open();
    await archive.put(closed({ ...named, invoice: [invoice("a", 1)], event: [event("e1", 1), event("e2", 2)] }));
    await archive.put(closed({ ...named, invoice: [invoice("b", 2)], event: [event("e3", 3, { invoice_id: "b" })] }));
    const again = { invoice: [invoice("a", 1, { amount_cents: 700 })], event: [event("e1", 1)] };
    const customer = [{ ...ALL.customer, name: "Eva" }];
    await archive.put(closed({ ...named, customer, ...again }));
    expect(sql("select id, amount_cents, line_items from invoice order by id")).toEqual([
      ...[
        ["a", 700, '[{"a":1}]'],
        ["b", 500, '[{"a":1}]'],
      ],
    ]);
    expect(sql("select name from customer", "select count(*) from plan", "select id from event order by id")).toEqual([
      ...[["Ana"], [1], ["e1"], ["e2"], ["e3"]],
    ]);
  });

  test.each<[change: string, because: string]>([
    ["update invoice set amount_cents = 1 where id = new.id", "a row is another"],
    ["delete from invoice where id = new.id", "a row is missing"],
  ])("that does not read as it was written is told, and nothing may be deleted: %s (%s)", async (change) => {
    await using archive = await open();
    sql(`create trigger spoils after insert on invoice begin ${change}; end`);
    const writing = archive.put(closed({ ...named, invoice: [invoice("a", 1)] }));
    await expect(writing).rejects.toThrow(`${file} does not read as it was written (invoice); nothing was deleted`);
  });

  test("stays where it was moved; what was copied and not moved goes, with all that belongs to it", async () => {
    await using archive = await open();
    const invoices = Array.from({ length: 1100 }, (_, at) => invoice(`i${String(at).padStart(4, "0")}`, at));
    const events = [event("e1", 1, { invoice_id: "i0003" }), event("e2", 2, { invoice_id: "i1050" })];
    await archive.put(closed({ ...named, invoice: invoices, event: events }));
    const asked: number[] = [];
    await archive.keepOnly(async (ids) => {
      asked.push(ids.length);
      return new Set(ids.filter((id) => id !== "i0003" && id !== "i1099"));
    });
    expect(asked).toEqual([1000, 100]);
    expect(sql("select count(*) from invoice", "select id from event")).toEqual([[1098], ["e2"]]);
    await archive.keepOnly(async (ids) => new Set(ids));
    expect(sql("select count(*) from invoice")).toEqual([[1098]]);
  });
});

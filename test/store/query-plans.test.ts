/**
 * No statement of a tick, of `status`, of a listing or of a view reads a table that grows with the past from end to end.
 *
 * The statements are those that the program sends, explained by SQLite on a database with a past. Nothing is timed.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { fillDatabase } from "../../bench/filled-database.ts";
import { plansConfig, sendEveryStatement } from "../support/every-statement.ts";
import { temporaryFolder } from "../support/new-database.ts";

/** They hold a row for every subscription, or for everything that ever happened. */
const GROWING = ["subscription", "customer", "invoice", "attempt", "event", "payment_link", "refund", "webhook_event"];

/** Reads of a whole table, or of a whole index, that are meant. */
const MEANT: readonly (readonly [statement: RegExp, because: string])[] = [
  [
    /select status as word, count\(\*\) as n from subscription/,
    "`status` counts the subscriptions, by an index of nothing else",
  ],
];

/** Walks in the order of an index that end with the limit, since nearly each row that they meet is one that is wanted. */
const ENDS_SOON: readonly (readonly [statement: RegExp, because: string])[] = [
  [
    /from subscription s where not exists \(select 1 from read_failure/,
    "customers to ask about who were never unreadable",
  ],
  [/select sent_at from attempt where sent_at is not null order by claimed_at desc/, "nearly each attempt was sent"],
  [/select at from event order by id desc limit 1/, "the latest event"],
  [/from invoice i .* order by /, "the latest invoices; those of a status that few have are sought from the latest on"],
  [/select s.id as "subscriptionId".* order by /, "a page of the subscriptions"],
  [/from attempt order by /, "a page of the attempts"],
  [/from event order by /, "a page of the events"],
  [/from billing_history|attempt_history|as "attemptedAt"/, "the latest of the history"],
];

/** Indexes that hold only what is open, however much is closed, or what persons did. */
const OF_WHAT_IS_FEW = [
  "attempt_one_open",
  "attempt_one_in_flight",
  "invoice_held",
  "invoice_dunned",
  "event_of_person",
];

let folder: string;
let db: Database.Database;
const sent = new Set<string>();

/** Lives a little with a past behind it, and keeps the text of each statement. */
beforeAll(async () => {
  folder = temporaryFolder();
  const config = plansConfig(folder, "sqlite:plans.db");
  await fillDatabase(config, folder, { subscriptions: 300, cycles: 2, due: 20 });
  const prototype = Object.getPrototypeOf(new Database(":memory:").prepare("select 1")) as Record<string, unknown>;
  const kept = { all: prototype["all"], run: prototype["run"], get: prototype["get"] };
  for (const [name, original] of Object.entries(kept))
    prototype[name] = function (this: Database.Statement, ...args: unknown[]): unknown {
      if (this.database.name === config.database.name) sent.add(this.source);
      return (original as (...all: unknown[]) => unknown).apply(this, args);
    };
  try {
    await sendEveryStatement(config, folder);
  } finally {
    Object.assign(prototype, kept);
  }
  db = new Database(config.database.name, { readonly: true });
}, 60_000);
afterAll(() => void db.close());

function scansOf(sql: string): string[] {
  const places = (sql.match(/\?/g) ?? []).map(() => null);
  const plan = db.prepare(`explain query plan ${sql}`).all(...places) as { detail: string }[];
  const aliases = new Map(
    [...sql.matchAll(/(?:from|join|update|into)\s+"?`?(\w+)`?"?(?:\s+(?:as\s+)?`?(\w+)`?)?/gi)].map(
      ([, table = "", alias = table]) => [alias, table],
    ),
  );
  const details = plan.map(({ detail }) => detail);
  // In the order of an index it ends with the limit.
  const isLimited =
    / limit /i.test(sql) &&
    !details.some((detail) => detail.startsWith("USE TEMP B-TREE FOR ORDER BY")) &&
    ENDS_SOON.some(([known]) => known.test(sql.replace(/\s+/g, " ")));
  return details
    .filter((detail) => detail.startsWith("SCAN "))
    .filter((detail) => !(isLimited && / USING (COVERING )?INDEX /.test(detail)))
    .filter((detail) => !OF_WHAT_IS_FEW.some((index) => detail.endsWith(` INDEX ${index}`)))
    .filter((detail) => {
      const name = detail.split(" ")[1] ?? "";
      return GROWING.includes(aliases.get(name) ?? name) || GROWING.includes(name);
    });
}

test("statements were seen at all, of the tick and of the reads", () => {
  expect(sent.size).toBeGreaterThan(30);
  expect([...sent].filter((sql) => /attempt_history|billing_history/.test(sql)).length).toBeGreaterThan(0);
});

test("none of them scans what grows", () => {
  const scans = [...sent]
    .filter((sql) => /^\s*(select|update|insert|delete)/i.test(sql))
    .filter((sql) => !MEANT.some(([meant]) => meant.test(sql)))
    .flatMap((sql) => scansOf(sql).map((scan) => `${scan} in ${sql.replace(/\s+/g, " ").slice(0, 160)}`));
  expect(scans).toEqual([]);
});

test("cards that expire soon are found by their month, and not by all who have one", () => {
  const [sql = ""] = [...sent].filter((each) => /card_exp_year \* 12/.test(each));
  const plan = db.prepare(`explain query plan ${sql}`).all(0, 0) as { detail: string }[];
  expect(plan[0]?.detail).toMatch(/^SEARCH c USING INDEX customer_card_month /);
});

test("what each row of a charge is held against lists no three words: SQLite would make a table of them each time", () => {
  const asked = db
    .prepare(
      "select name, sql from sqlite_master where type in ('table', 'trigger') and tbl_name in ('invoice', 'attempt')",
    )
    .all() as { name: string; sql: string }[];
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter(({ sql }) => /\bin \('\w+'(, '\w+'){2,}\)/.test(sql)).map(({ name }) => name)).toEqual([]);
});

// prettier-ignore
describe("what people ask the views", () => {
  test.each([
    ["select * from billing_history order by attempted_at desc limit 10"],
    ["select * from billing_history where attempted_at >= '2026-11-01' and attempted_at < '2026-11-02'"],
    ["select * from billing_history where customer_id = 'cus_5' order by attempted_at desc"],
    ["select * from subscription_overview where customer_id = 'cus_5'"],
    ["select * from dunning_queue"],
    ["select * from needs_attention"],
    ["select * from revenue_by_day where day = '2026-11-01'"],
    ["select * from revenue_by_day order by day desc limit 10"],
  ])("%s", (sql) => {
    expect(scansOf(sql)).toEqual([]);
  });
});

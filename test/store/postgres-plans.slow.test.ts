/**
 * No statement of a tick, of `status`, of a listing or of a view reads a table that grows with the past from end to end: on
 * PostgreSQL, as its planner decides it for a database with a past. `query-plans.test.ts` says the same of SQLite.
 *
 * The statements are those that the program sends, explained with the values that it sent them with. Nothing is timed.
 */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type CompiledQuery, Kysely } from "kysely";
import { fillDatabase } from "../../bench/filled-database.ts";
import { moveDatabase } from "../../src/adapters/store/dialect/move-database.ts";
import type { Orm } from "../../src/adapters/store/dialect/mapper.ts";
import { openServer } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import { plansConfig, sendEveryStatement } from "../support/every-statement.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";

/** They hold a row for every subscription, or for everything that ever happened. Here; of an empty one a scan is right. */
const GROWING = ["subscription", "customer", "invoice", "attempt", "event"];
/** So many times what was moved: with less, reading all of a table is as quick as its index, and the planner knows. */
const TIMES = 15;

/** Reads of a whole table that are meant. */
const MEANT: readonly (readonly [statement: RegExp, because: string])[] = [
  [/select status as word, count\(\*\) as n from subscription/, "`status` counts the subscriptions"],
  [/count\(\*\) from subscription s where s.plan_id = plan.id/, "the list of plans counts the subscriptions of each"],
  [/card_notice/, "once an hour: the cards are found by an index, their subscriptions joined as the planner likes"],
];

const folder = temporaryFolder();
let server: PostgresServer;
let orm: Orm;
const sent = new Map<string, readonly unknown[]>();

/** Fills a file, moves it to the server, lives a little there, and keeps the text of each statement. */
beforeAll(async () => {
  server = await startPostgres();
  const file = plansConfig(folder, "sqlite:plans.db");
  await fillDatabase(file, folder, { subscriptions: 2000, cycles: 2, due: 30 });
  const database = await server.newDatabase();
  const from = { kind: "sqlite", path: path.join(folder, "plans.db"), name: "plans.db" } as const;
  await moveDatabase(from, database, { progress: () => {} });
  for (const text of MORE) await sql(database, text);
  await sql(database, "analyze");
  orm = await openServer(database, "read");

  const prototype = Kysely.prototype as unknown as Record<string, (query: CompiledQuery) => unknown>;
  const original = prototype["executeQuery"]!;
  prototype["executeQuery"] = function (this: unknown, query: CompiledQuery): unknown {
    if (!sent.has(query.sql)) sent.set(query.sql, query.parameters);
    return original.call(this, query);
  };
  try {
    await sendEveryStatement(plansConfig(folder, server.url(database)), folder);
  } finally {
    prototype["executeQuery"] = original;
  }
}, 240_000);
afterAll(async () => {
  await orm.close();
  await server[Symbol.asyncDispose]();
});

/** Rows like those that are there, of other subscriptions and customers. None is due. */
const MORE = [
  ...(
    [
      ["customer", ["id", "payment_source_id"], ""],
      ["subscription", ["id", "customer_id"], "where r.next_billing_at > extract(epoch from now()) * 1000 + 60000"],
      [
        "invoice",
        ["id", "subscription_id", "customer_id"],
        "where r.subscription_id || '_1' in (select id from subscription)",
      ],
      [
        "attempt",
        ["id", "invoice_id", "customer_id", "reference", "order_id", "charge_id"],
        "where r.invoice_id || '_1' in (select id from invoice)",
      ],
    ] as const
  ).map(([table, keys, which]) => {
    const change = keys.map((key) => `'${key}', r.${key} || '_' || g`).join(", ");
    return `insert into ${table} select x.* from ${table} r cross join generate_series(1, ${TIMES}) g
      cross join lateral jsonb_populate_record(null::${table}, to_jsonb(r) || jsonb_build_object(${change})) x ${which}`;
  }),
  `insert into event select id || '_' || g, at, type, customer_id, subscription_id, invoice_id, attempt_id, data, sequence + g * 1000000
   from event cross join generate_series(1, ${TIMES}) g`,
];

type PlanNode = {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly PlanNode[];
};

async function scansOf(text: string, parameters: readonly unknown[] = []): Promise<string[]> {
  const query = {
    sql: `explain (format json) ${text}`,
    parameters,
    query: { kind: "RawNode" },
  } as unknown as CompiledQuery;
  const { rows } = await orm.em.fork().getKysely().executeQuery(query);
  const [row] = rows as { "QUERY PLAN": { Plan: PlanNode }[] }[];
  return nodesOf(row!["QUERY PLAN"][0]!.Plan)
    .filter((node) => node["Node Type"] === "Seq Scan" && GROWING.includes(node["Relation Name"] ?? ""))
    .map((node) => `Seq Scan of ${node["Relation Name"]}`);
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

test("statements were seen at all, of the tick and of the reads", () => {
  expect(sent.size).toBeGreaterThan(30);
  expect([...sent.keys()].filter((text) => /billing_history/.test(text)).length).toBeGreaterThan(0);
});

test("none of them scans what grows", async () => {
  const scans: string[] = [];
  for (const [text, parameters] of sent) {
    if (!/^\s*(select|update|insert|delete|with)/i.test(text) || MEANT.some(([meant]) => meant.test(text))) continue;
    for (const scan of await scansOf(text, parameters))
      scans.push(`${scan} in ${text.replaceAll(/\s+/g, " ").slice(0, 200)}`);
  }
  expect(scans).toEqual([]);
}, 60_000);

// prettier-ignore
describe("what people ask the views", () => {
  test.each([
    ["select * from billing_history order by attempted_at desc limit 10"],
    ["select * from billing_history where customer_id = 'cus_5' order by attempted_at desc"],
    ["select * from subscription_overview where customer_id = 'cus_5'"],
    ["select * from dunning_queue"],
    ["select * from needs_attention"],
    ["select * from revenue_by_day where day = '2026-11-01'"],
    ["select * from revenue_by_day order by day desc limit 10"],
  ])("%s", async (text) => {
    expect(await scansOf(text)).toEqual([]);
  });
});

test("control: a question that no index answers is found", async () => {
  expect(await scansOf("select * from invoice where amount_cents = 7")).toEqual(["Seq Scan of invoice"]);
});

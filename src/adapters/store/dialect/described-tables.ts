/** What is described of every table, in the types of a dialect: for who copies whole rows. The mapper knows fewer. */
import { type Configuration, type MetadataStorage, MikroORM } from "@mikro-orm/core";
import type { AbstractSqlDriver, SqlEntityManager } from "@mikro-orm/sql";
import { entities } from "../entities.ts";
import { decorateAgain } from "./mapper.ts";

/** By dialect, found out once a process. */
const described = new Map<unknown, MetadataStorage>();

export function describedTables(em: SqlEntityManager): MetadataStorage {
  const driver = em.getDriver().constructor as new (config: Configuration) => AbstractSqlDriver;
  const known = described.get(driver);
  if (known !== undefined) return known;
  const found = new MikroORM({ driver, dbName: "none", entities: [...entities] }).getMetadata();
  described.set(driver, found);
  decorateAgain();
  return found;
}

/** What is described of every table, the same in every dialect: for who copies whole rows. The mapper knows fewer. */
import { type MetadataStorage, MikroORM } from "@mikro-orm/core";
import { SqliteDriver } from "@mikro-orm/sqlite";
import { entities } from "../entities.ts";
import { decorateAgain } from "./mapper.ts";

/** Found out once a process. */
let described: MetadataStorage | null = null;

export function describedTables(): MetadataStorage {
  if (described !== null) return described;
  described = new MikroORM({ driver: SqliteDriver, dbName: "none", entities: [...entities] }).getMetadata();
  decorateAgain();
  return described;
}

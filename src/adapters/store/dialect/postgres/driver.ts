/**
 * The mapper's driver for PostgreSQL, with our columns: instants are milliseconds in a bigint, as they are in SQLite, and
 * every whole number is a bigint that arrives as a number.
 */
import type { Configuration } from "@mikro-orm/core";
import { PostgreSqlConnection, PostgreSqlPlatform } from "@mikro-orm/postgresql";
import { AbstractSqlDriver } from "@mikro-orm/sql";
import { dialectWithin, type OpenTransaction } from "./open-transaction.ts";

class Platform extends PostgreSqlPlatform {
  /** Told by it, so that nobody has to load the mapper to ask. */
  readonly isPostgres = true;

  /** A name by which the mapper knows an instant; our migrations make the column a bigint. */
  override getDateTimeTypeDeclarationSQL(): string {
    return "datetime";
  }

  override processDateProperty(value: unknown): string | number | Date {
    return value instanceof Date ? value.getTime() : (value as number);
  }

  override formatDate(date: Date): string {
    return String(date.getTime());
  }

  override parseDate(value: string | number): Date {
    return new Date(Number(value));
  }
}

type PoolConfig = Parameters<PostgreSqlConnection["mapOptions"]>[0];

type TypeParsers = {
  getTypeParser: (...of: never[]) => unknown;
  setTypeParser: (oid: number, parse: (text: string) => unknown) => void;
};

/** The mapper always makes them, whatever the declarations of a pool say. */
function parsersOf(options: PoolConfig): TypeParsers {
  const types: unknown = options.types;
  return types as TypeParsers;
}

/** Its oid in pg_type: what a count is, and what our columns are. */
const BIGINT = 20;

class Connection extends PostgreSqlConnection {
  /** @param overrides instead of what a pool is made of: a transaction that is open already */
  override createKyselyDialect(overrides: object) {
    if (!("within" in overrides)) return super.createKyselyDialect(overrides);
    return dialectWithin(overrides.within as OpenTransaction, parsersOf(this.mapOptions({})));
  }

  override mapOptions(overrides: PoolConfig): PoolConfig {
    const options = super.mapOptions(overrides);
    parsersOf(options).setTypeParser(BIGINT, Number);
    return options;
  }
}

export class PostgresDriver extends AbstractSqlDriver<Connection, Platform> {
  constructor(config: Configuration) {
    super(config, new Platform(), Connection, ["kysely", "pg"]);
  }
}

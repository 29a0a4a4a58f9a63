/**
 * The lists of words that invoices and attempts are held against become comparisons with a name, as Comparisons made them of
 * the rules that had one. SQLite changes a CHECK without a name only by building its table anew, so both are, with their rows, indexes
 * and triggers. No column is moved. Each loses an index whose column another one begins with.
 *
 * Who runs it has turned foreign keys off, which SQLite allows outside a transaction alone: the end of the old table would be the
 * end of each of its rows, and of what refers to it. They are checked before and after instead. A death leaves the old tables.
 */
import { Migration } from "@mikro-orm/migrations";

const TABLES = ["invoice", "attempt"];
const COVERED = "'invoice_subscription_id_index', 'attempt_invoice_id_index'";

const LIST = /check \("(\w+)" in \(([^)]+)\)\) (not )?null/g;

function rebuilt(table: string, made: string): string {
  const named = made.replaceAll(LIST, (asIs, column: string, list: string, not = "") => {
    const words = list.split(", ").map((word) => `${column} = ${word}`);
    if (words.length < 3) return asIs;
    const check = [...(not === "" ? [`${column} is null`] : []), ...words].join(" or ");
    return `constraint "${table}_${column}_check" check (${check}) ${not}null`;
  });
  return named.replace(/^create table "\w+"/i, `create table "${table}_new"`);
}

export class Migration20261130000054NamedWords extends Migration {
  /** The migrator's savepoint would keep in memory whatever is written over, until its end: most of the tables. */
  override async up(): Promise<void> {
    const { savepointName } = this.ctx as { readonly savepointName: string };
    await this.execute(`release ${savepointName}`);
    try {
      await this.buildAnew();
    } finally {
      await this.execute(`savepoint ${savepointName}`);
    }
  }

  private async buildAnew(): Promise<void> {
    if (Number(await this.one("pragma foreign_keys", "foreign_keys")) !== 0)
      throw new Error("foreign keys must be off while tables are built anew");
    const broken = await this.brokenReferences();
    for (const table of TABLES) {
      const parts = await this.execute(
        `select sql from sqlite_master where tbl_name = '${table}' and type in ('index', 'trigger') and sql is not null
         and name not in (${COVERED}) order by rowid`,
      );
      const made = await this.one(`select sql from sqlite_master where type = 'table' and name = '${table}'`, "sql");
      await this.execute(rebuilt(table, String(made)));
      await this.execute(`insert into "${table}_new" select * from "${table}"`);
      await this.execute(`drop table "${table}"`);
      await this.execute(`alter table "${table}_new" rename to "${table}"`);
      for (const { sql } of parts) await this.execute(String(sql));
    }
    if ((await this.brokenReferences()) !== broken)
      throw new Error("a reference was lost while tables were built anew");
  }

  private async brokenReferences(): Promise<number> {
    return Number(await this.one("select count(*) as n from pragma_foreign_key_check", "n"));
  }

  private async one(sql: string, column: string): Promise<unknown> {
    return (await this.execute(sql))[0]?.[column];
  }
}

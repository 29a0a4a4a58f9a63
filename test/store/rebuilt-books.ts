/** Books of the version before invoices and attempts were built anew, with something of a merchant's own, and all that they hold. */
import Database from "better-sqlite3";
import { makeViews } from "../../src/adapters/store/dialect/make-views.ts";
import { openMapped } from "../support/mapped-file.ts";
import { fillTables } from "./rules.ts";

export const BEFORE = "Migration20261129000053Comparisons";
/** Whatever is changed after it is no matter of these tests. */
export const REBUILT = "Migration20261130000054NamedWords";
/** Another index begins with their column. */
export const COVERED = ["attempt_invoice_id_index", "invoice_subscription_id_index"];

export async function makeBooksBefore(databasePath: string): Promise<void> {
  const orm = openMapped(databasePath);
  await orm.migrator.up({ to: BEFORE });
  await makeViews(orm.connection);
  await orm.close();
  const db = new Database(databasePath);
  fillTables(db);
  db.exec(`
    update refund set state = 'done', settled_at = 1772290800000;
    insert into denied_charge values ('att_not_sent', 1772290800000, 0, 1772290800000);
    create view own_view as select i.id, a.state from invoice i join attempt a on a.invoice_id = i.id;
    create index own_index on invoice (missed);
    create table own_note (attempt_id text references attempt (id));
    create trigger own_trigger after insert on attempt begin insert into own_note values (new.id); end;
    insert into own_note values ('att_paid');
  `);
  db.close();
}

export type Books = {
  readonly rows: Readonly<Record<string, readonly string[]>>;
  readonly schema: readonly { readonly name: string; readonly sql: string }[];
  readonly faults: readonly unknown[];
};

export function booksIn(databasePath: string): Books {
  const db = new Database(databasePath, { readonly: true });
  try {
    const parts = db
      .prepare(
        "select type, name, sql from sqlite_master where sql is not null and name <> 'sqlite_sequence' order by name",
      )
      .all() as {
      type: string;
      name: string;
      sql: string;
    }[];
    const holding = parts.filter(({ type }) => type === "table" || type === "view");
    return {
      rows: Object.fromEntries(
        holding.map(({ name }) => [
          name,
          db
            .prepare(`select * from "${name}"`)
            .raw()
            .all()
            .map((row) => JSON.stringify(row))
            .toSorted((one, other) => (one < other ? -1 : 1)),
        ]),
      ),
      schema: parts.map(({ name, sql }) => ({ name, sql })),
      faults: [
        ...(db.pragma("foreign_key_check") as unknown[]),
        ...(db.pragma("integrity_check") as { integrity_check: string }[]).filter(
          (row) => row.integrity_check !== "ok",
        ),
      ],
    };
  } finally {
    db.close();
  }
}

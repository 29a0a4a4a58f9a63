/**
 * Keeps the views those of migrations/views.ts: a view whose text is another one is made anew.
 *
 * SQLite keeps a view's text as it was written. PostgreSQL keeps one of its own, so there the hash of ours is the view's comment.
 */
import { createHash } from "node:crypto";
import { viewsOn } from "../../../../migrations/views.ts";
import { CHARGES_CARD, HAS_PAGE } from "../billing/attempt-flows.ts";
import { IN_DOUBT, OPEN, PAID_AGAIN, UNKNOWN } from "../billing/attempt-states.ts";
import { text, textOrNull } from "./codec.ts";
import { rawQuery } from "./raw-query.ts";
import { all, type Connected, isPostgres, type Transacting } from "./sql.ts";

const STATES = { open: OPEN, inDoubt: IN_DOUBT, paidAgain: PAID_AGAIN, unknown: UNKNOWN };
const WORDS = { ...STATES, hasPage: HAS_PAGE, chargesCard: CHARGES_CARD };
const SQLITE_VIEWS = viewsOn("sqlite", WORDS);
const POSTGRES_VIEWS = viewsOn("postgres", WORDS);

/** @returns the names of the views that are not there, or not as this version has them */
export async function staleViews(em: Connected): Promise<readonly string[]> {
  const rows = await all(
    em,
    isPostgres(em)
      ? `select c.relname as name, obj_description(c.oid, 'pg_class') as made from pg_class c
         where c.relkind = 'v' and c.relnamespace = current_schema()::regnamespace`
      : "select name, sql as made from sqlite_master where type = 'view'",
  );
  const there = new Map(rows.map((row) => [text(row, "name"), textOrNull(row, "made")?.toLowerCase()]));
  return Object.entries(viewsOf(em))
    .filter(([name, view]) => there.get(name) !== (isPostgres(em) ? hashOf(view) : view.toLowerCase()))
    .map(([name]) => name);
}

/** All in one transaction: nobody finds a view missing. */
export async function makeViews(database: Transacting): Promise<void> {
  if ((await staleViews(database)).length === 0) return;
  await database.transaction(async (within) => {
    // A view has a text of its own in each dialect.
    const execute = async (sql: string) => await within.getKysely().executeQuery(rawQuery(sql));
    // Another process may have made them since.
    for (const name of await staleViews(within)) {
      const view = viewsOf(within)[name] ?? "";
      await execute(`drop view if exists ${name}`);
      await execute(view);
      if (isPostgres(within)) await execute(`comment on view ${name} is '${hashOf(view)}'`);
    }
  });
}

function viewsOf(em: Connected): Readonly<Record<string, string>> {
  return isPostgres(em) ? POSTGRES_VIEWS : SQLITE_VIEWS;
}

function hashOf(view: string): string {
  return createHash("sha256").update(view).digest("hex");
}

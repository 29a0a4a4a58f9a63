/**
 * Lists of rows: as a JSON document under their noun, or as a table with a word about what is not shown.
 *
 * A script gets all rows unless it asks for fewer; a person gets the first screenfuls.
 */
import type { Assembly } from "../../assemble.ts";
import type { ListingName, Listing, ListRow } from "../../application/ports/listings.ts";
import { NotFound } from "../../domain/errors.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { printTable, type Column } from "./table.ts";

export type RowOptions = { readonly json?: true; readonly limit?: number };

const ROWS_FOR_PEOPLE = 50;

export async function printRows(
  noun: string,
  { json, limit }: RowOptions,
  read: (limit: number | undefined) => Promise<readonly ListRow[]>,
  { columns, whenEmpty }: { readonly columns: readonly Column<ListRow>[]; readonly whenEmpty: string },
): Promise<void> {
  if (json) return printJson({ [noun]: await read(limit) });
  // One more than is shown, to know whether there are more.
  const shown = limit ?? ROWS_FOR_PEOPLE;
  const rows = await read(shown + 1);
  if (rows.length === 0) return printLine(whenEmpty);
  await printTable(rows.slice(0, shown), columns);
  if (rows.length > shown) printNote(`More than ${shown}; see the rest with --limit N or --json.`);
}

/** The one row of an id. @throws {NotFound} */
export async function rowOf(
  { store }: Assembly,
  name: ListingName,
  where: NonNullable<Listing["where"]>,
  noun: string,
): Promise<ListRow> {
  const [row] = await store.list(name, { where, limit: 1 });
  if (row !== undefined) return row;
  throw new NotFound(`there is no ${noun} ${String(Object.values(where)[0])}; \`puntual ${noun}s list\` shows all`);
}

/** Filters name things that exist: nothing found for a misspelt id must not look like nothing happened. */
export async function mustExist(
  app: Assembly,
  ids: { readonly subscription?: string; readonly customer?: string; readonly plan?: string },
): Promise<void> {
  const { subscription, customer, plan } = ids;
  if (subscription !== undefined) await rowOf(app, "subscriptions", { subscriptionId: subscription }, "subscription");
  if (customer !== undefined) await rowOf(app, "customers", { customerId: customer }, "customer");
  if (plan !== undefined) await rowOf(app, "plans", { planId: plan }, "plan");
}

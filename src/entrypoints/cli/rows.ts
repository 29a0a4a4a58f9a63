/**
 * Lists of rows: as a JSON document under their noun, or as a table with a word about what is not shown.
 *
 * A script gets all rows unless it asks for fewer; a person gets the first screenfuls. Where more follow, a note says the
 * cursor of the next page, on standard error, so that the document stays what it is.
 */
import type { Assembly } from "../../assemble.ts";
import type { Listing, ListingName, Listings, Page, PageOf, Where } from "../../application/ports/listings.ts";
import { NotFound } from "../../domain/errors.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { printTable, type Column } from "./table.ts";

export type RowOptions = { readonly json?: true; readonly limit?: number; readonly cursor?: string };

/** How a list is read: whole for a script that asks for no limit, else a page at a time. */
export type RowReader<Row> = {
  readonly all: () => Promise<readonly Row[]>;
  readonly page: (page: PageOf<object>) => Promise<Page<Row>>;
};

export const ROWS_FOR_PEOPLE = 50;
/** A script that only says where to begin. */
const ROWS_FOR_SCRIPTS = 1000;

export function listing<Name extends ListingName>(
  { store }: Assembly,
  name: Name,
  wanted: Listing<Name> = {},
): RowReader<Listings[Name]> {
  return {
    all: () => store.list(name, wanted),
    page: (page) => store.page(name, { ...wanted, ...page }),
  };
}

export async function printRows<Row>(
  noun: string,
  { json, limit, cursor }: RowOptions,
  reader: RowReader<Row>,
  { columns, whenEmpty }: { readonly columns: readonly Column<Row>[]; readonly whenEmpty: string },
): Promise<void> {
  if (json && limit === undefined && cursor === undefined) return printJson({ [noun]: await reader.all() });
  const shown = limit ?? (json ? ROWS_FOR_SCRIPTS : ROWS_FOR_PEOPLE);
  const { rows, nextCursor } = await reader.page({ limit: shown, ...(cursor !== undefined && { cursor }) });
  if (json) printJson({ [noun]: rows });
  else if (rows.length === 0) printLine(whenEmpty);
  else await printTable(rows, columns);
  if (nextCursor === null) return;
  printNote(`More than ${shown}; see the rest with --limit N or --json, or the next ones with --cursor ${nextCursor}`);
}

/** The one row of an id. @throws {NotFound} */
export async function rowOf<Name extends ListingName>(
  { store }: Assembly,
  name: Name,
  where: Where<Listings[Name]>,
  noun: string,
): Promise<Listings[Name]> {
  const [row] = await store.list(name, { where, limit: 1 });
  if (row !== undefined) return row;
  throw new NotFound(`there is no ${noun} ${String(Object.values(where)[0])}; \`puntual ${noun}s list\` shows all`);
}

/** Of the customers of these rows, and of nobody else, however many there are. One who is not there is called by the id. */
export async function namesOf(
  { store }: Assembly,
  rows: readonly { readonly customerId: string }[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const customerId of new Set(rows.map((row) => row.customerId))) {
    const [row] = await store.list("customers", { where: { customerId }, limit: 1 });
    names.set(customerId, row?.name ?? customerId);
  }
  return names;
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

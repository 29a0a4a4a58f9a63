/** The listings that the simulation and the conformance suite read, over the store in memory: plain rows, ISO instants. */
import type { Listing, ListingName, ListRow } from "../../src/application/ports.ts";
import type { MemoryTables } from "./memory-tables.ts";

export function list(tables: MemoryTables, name: ListingName, { where = {}, limit }: Listing): ListRow[] {
  const wanted = Object.entries(where).filter(([, value]) => value !== undefined);
  const rows = rowsOf(tables, name).filter((row) => wanted.every(([key, value]) => row[key] === value));
  return limit === undefined ? rows : rows.slice(0, limit);
}

function rowsOf(tables: MemoryTables, name: ListingName): ListRow[] {
  switch (name) {
    case "plans":
      return [...tables.plans.rows.values()].map(({ id, ...plan }) => plain({ planId: id, ...plan }));
    case "customers":
      return [...tables.customers.rows.values()].map(({ id, ...customer }) => plain({ customerId: id, ...customer }));
    case "subscriptions":
      return [...tables.subscriptions.rows.values()].map(({ id, ...rest }) => plain({ subscriptionId: id, ...rest }));
    case "invoices":
      return [...tables.invoices.rows.values()]
        .toSorted((a, b) => b.openedAt.getTime() - a.openedAt.getTime() || (a.id < b.id ? 1 : -1))
        .map(({ id, ...invoice }) => plain({ invoiceId: id, ...invoice }));
    case "attempts":
      return [...tables.attempts.rows.values()]
        .toSorted((a, b) => (a.invoiceId === b.invoiceId ? a.number - b.number : a.invoiceId < b.invoiceId ? -1 : 1))
        .map(({ id, ...attempt }) => plain({ attemptId: id, ...attempt }));
    case "events":
      return tables.events.map(({ id, ...event }) => plain({ eventId: id, ...event }));
    default:
      throw new Error(`the store in memory has no listing "${name}"`);
  }
}

function plain(row: Readonly<Record<string, unknown>>): ListRow {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, value instanceof Date ? value.toISOString() : value]),
  );
}

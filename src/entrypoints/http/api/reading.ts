/** Reading rows of the books for an answer. */
import type { ListingName, Listings, Where } from "../../../application/ports/listings.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import type { Assembly } from "../../../assemble.ts";
import { NotFound } from "../../../domain/errors.ts";
import { documentOf, pageDocument } from "./documents.ts";

type PageQuery = { readonly limit: number; readonly cursor?: string | undefined };

export async function listed<Name extends ListingName>(
  { store }: Pick<Assembly, "store">,
  name: Name,
  { limit, cursor }: PageQuery,
  where: Where<Listings[Name]>,
  since?: string,
): Promise<never> {
  const page = { where, limit, ...(cursor !== undefined && { cursor }) };
  return pageDocument(await store.page(name, { ...page, ...(since !== undefined && { since: new Date(since) }) }));
}

/** The row of an id. @throws {NotFound} */
export async function theRow<Name extends ListingName>(
  reader: Pick<Reader, "list">,
  name: Name,
  where: Where<Listings[Name]>,
): Promise<Listings[Name]> {
  const [row] = await reader.list(name, { where, limit: 1 });
  if (row !== undefined) return row;
  throw new NotFound(`there is no ${NOUNS[name] ?? "such row"} ${String(Object.values(where)[0])}`);
}

const NOUNS: Partial<Record<ListingName, string>> = {
  attempts: "attempt",
  coupons: "coupon",
  customers: "customer",
  disputes: "dispute",
  events: "event",
  invoices: "invoice",
  items: "item",
  plans: "plan",
  subscriptions: "subscription",
};

export async function theDocument<Name extends ListingName>(
  reader: Pick<Reader, "list">,
  name: Name,
  where: Where<Listings[Name]>,
): Promise<never> {
  return documentOf(await theRow(reader, name, where));
}

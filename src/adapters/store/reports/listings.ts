/** Reading the books for people: the public views and the tables, as typed rows. */
import type { Listing, ListingName, Listings, Page, PageOf, Window } from "../../../application/ports/listings.ts";
import { allRows, type Condition, equals, pageOfRows, within } from "../dialect/paged-rows.ts";
import { BILLING_VIEWS } from "./listings/billing-views.ts";
import { EVENTS } from "./listings/events.ts";
import { EXTRAS } from "./listings/extras.ts";
import { INVOICES } from "./listings/invoices.ts";
import type { Source, Sources } from "./listings/source.ts";
import { SUBSCRIPTIONS } from "./listings/subscriptions.ts";
import type { Connected } from "../dialect/sql.ts";

const LISTINGS: Sources<ListingName> = { ...BILLING_VIEWS, ...SUBSCRIPTIONS, ...INVOICES, ...EXTRAS, ...EVENTS };

export async function list<Name extends ListingName>(
  em: Connected,
  name: Name,
  listing: Listing<Name>,
): Promise<Listings[Name][]> {
  const source: Source<Listings[Name]> = LISTINGS[name];
  return await allRows(em, source, conditionsOf(source, listing), listing.limit, listing.sieve);
}

export async function pageOf<Name extends ListingName>(
  em: Connected,
  name: Name,
  listing: PageOf<Listing<Name>>,
): Promise<Page<Listings[Name]>> {
  const source: Source<Listings[Name]> = LISTINGS[name];
  return await pageOfRows(em, source, conditionsOf(source, listing), listing, listing.sieve);
}

function conditionsOf<Name extends ListingName>(
  source: Source<Listings[Name]>,
  { where = {}, within: windows = {}, since }: Listing<Name>,
): Condition[] {
  const conditions = Object.entries(where)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]): Condition[] => {
      const column = name as keyof Listings[Name];
      const [values, ofFew] = source.few?.[column] ?? [];
      const isOfFew = ofFew !== undefined && (values as readonly unknown[]).includes(value);
      return [...(isOfFew ? [[ofFew] as const] : []), equals(source, column, value)];
    });
  for (const [column, window] of Object.entries(windows as Record<string, Window | undefined>))
    if (window !== undefined) conditions.push(...within(source, column as keyof Listings[Name], window));
  if (since !== undefined && source.since !== undefined) {
    const [sql, form] = source.since;
    conditions.push([`${sql} >= ?`, form(since)]);
  }
  return conditions;
}

/** Reading rows of the books for an answer. */
import { z } from "zod";
import type { Listing, ListingName, Listings, Where, Window } from "../../../application/ports/listings.ts";
import type { Reader } from "../../../application/ports/requests.ts";
import type { Assembly } from "../../../assemble.ts";
import { NotFound } from "../../../domain/errors.ts";
import { documentOf, pageDocument } from "./documents.ts";
import { asCode } from "./endpoint.ts";
import { said, type Refusal } from "../../../domain/refusals.ts";

type PageQuery = { readonly limit: number; readonly cursor?: string | undefined };

export async function listed<Name extends ListingName>(
  { store }: Pick<Assembly, "store">,
  name: Name,
  { limit, cursor }: PageQuery,
  where: Where<Listings[Name]>,
  since?: string,
  more: Pick<Listing<Name>, "within" | "sieve"> = {},
): Promise<never> {
  const page = { where, limit, ...more, ...(cursor !== undefined && { cursor }) };
  return pageDocument(await store.page(name, { ...page, ...(since !== undefined && { since: new Date(since) }) }));
}

/** What a person remembers of it. */
export const Q = z.string().trim().min(2).max(100).optional();

export const BEFORE = z.iso.datetime().optional();

/** "2026-12-01T00:00:00Z,2027-01-01T00:00:00Z": from the first on, up to the second, which is not in it. */
export const BETWEEN = z
  .string()
  .refine((text) => isWindow(text.split(",")), asCode("window_wanted"))
  .meta({ description: "Two instants with a comma between; the second is not in it." })
  .optional();

function isWindow(parts: readonly string[]): boolean {
  const [from, before] = parts.map((part) => z.iso.datetime().safeParse(part));
  if (parts.length !== 2 || from?.success !== true || before?.success !== true) return false;
  return Date.parse(from.data) <= Date.parse(before.data);
}

export function beforeOf(at: string | undefined): Window | undefined {
  return at === undefined ? undefined : { before: new Date(at) };
}

export function betweenOf(text: string | undefined): Window | undefined {
  if (text === undefined) return undefined;
  const [from = "", before = ""] = text.split(",");
  return { from: new Date(from), before: new Date(before) };
}

/** The row of an id. @throws {NotFound} */
export async function theRow<Name extends ListingName>(
  reader: Pick<Reader, "list">,
  name: Name,
  where: Where<Listings[Name]>,
): Promise<Listings[Name]> {
  const [row] = await reader.list(name, { where, limit: 1 });
  if (row !== undefined) return row;
  throw new NotFound(
    said(name in NOT_THERE ? NOT_THERE[name as keyof typeof NOT_THERE] : "no_row", {
      id: String(Object.values(where)[0]),
    }),
  );
}

const NOT_THERE = {
  attempts: "no_attempt",
  coupons: "no_coupon",
  customers: "no_customer",
  disputes: "no_dispute",
  events: "no_event",
  invoices: "no_invoice",
  items: "no_item",
  plans: "no_plan",
  subscriptions: "no_subscription",
} as const satisfies Partial<Record<ListingName, Refusal>>;

export async function theDocument<Name extends ListingName>(
  reader: Pick<Reader, "list">,
  name: Name,
  where: Where<Listings[Name]>,
): Promise<never> {
  return documentOf(await theRow(reader, name, where));
}

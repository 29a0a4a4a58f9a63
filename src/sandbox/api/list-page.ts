/**
 * Lists, newest first, in pages: `limit` (1–250, default 20), `next=<last id>`, `previous=<first id>`.
 *
 * @see Conekta API 2.3.0 specification, `GET /orders`
 */
import { z } from "zod";
import { notFound } from "./api-error.ts";
import { checked } from "./validation.ts";

const LIMIT_MAX = 250;
const LIMIT_DEFAULT = 20;

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(LIMIT_DEFAULT),
  search: z.string().optional(),
  next: z.string().optional(),
  previous: z.string().optional(),
};

export const plainPageSchema = z.object(pageQuery);

export type PageRequest = z.output<typeof plainPageSchema>;

export function pageRequest(query: URLSearchParams): PageRequest {
  return checked(plainPageSchema, Object.fromEntries(query));
}

type Identified = { readonly id: string };

export type PageOf<Item> = {
  readonly items: readonly Item[];
  readonly hasMore: boolean;
  readonly hasPrevious: boolean;
};

/**
 * @param items newest first; the cursor is searched among all of them, so that an object which stopped matching
 *   since the page before does not break the walk
 * @throws {ApiError} 404 for an unknown cursor (our guess): an empty page would end a loop early
 */
export function cutPage<Item extends Identified>(
  items: Iterable<Item>,
  page: PageRequest,
  matches: (item: Item) => boolean = () => true,
): PageOf<Item> {
  return page.previous === undefined
    ? pageAfter(items, page.next, page.limit, matches)
    : pageBefore(items, page.previous, page.limit, matches);
}

function pageAfter<Item extends Identified>(
  items: Iterable<Item>,
  cursor: string | undefined,
  limit: number,
  matches: (item: Item) => boolean,
): PageOf<Item> {
  const found: Item[] = [];
  let reached = cursor === undefined;
  for (const item of items) {
    if (reached && matches(item)) found.push(item);
    if (found.length > limit) break;
    reached ||= item.id === cursor;
  }
  if (!reached) throw notFound("Cursor", cursor ?? "");
  return { items: found.slice(0, limit), hasMore: found.length > limit, hasPrevious: cursor !== undefined };
}

function pageBefore<Item extends Identified>(
  items: Iterable<Item>,
  cursor: string,
  limit: number,
  matches: (item: Item) => boolean,
): PageOf<Item> {
  const found: Item[] = [];
  for (const item of items) {
    if (item.id === cursor) {
      return { items: found.slice(-limit), hasMore: true, hasPrevious: found.length > limit };
    }
    if (matches(item)) found.push(item);
    if (found.length > limit + 1) found.shift();
  }
  throw notFound("Cursor", cursor);
}

/** @param address the list's own URL, to which the cursors are added */
export function listBody<Item extends Identified>(
  page: PageOf<Item>,
  address: URL,
  view: (item: Item) => object,
): object {
  const first = page.items[0];
  const last = page.items.at(-1);
  return {
    object: "list",
    has_more: page.hasMore,
    next_page_url: page.hasMore && last !== undefined ? withCursor(address, "next", last.id) : null,
    previous_page_url: page.hasPrevious && first !== undefined ? withCursor(address, "previous", first.id) : null,
    data: page.items.map(view),
  };
}

/** A list inside an object, all of it: line items, charges, payment sources. */
export function innerList(data: readonly object[]): object {
  return { object: "list", has_more: false, total: data.length, data };
}

function withCursor(address: URL, name: "next" | "previous", id: string): string {
  const url = new URL(address);
  url.searchParams.delete("next");
  url.searchParams.delete("previous");
  url.searchParams.set(name, id);
  return url.href;
}

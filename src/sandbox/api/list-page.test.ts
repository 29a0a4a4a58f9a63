import { expect, test } from "@jest/globals";
import { cutPage, pageRequest } from "./list-page.ts";

const items = ["e", "d", "c", "b", "a"].map((id) => ({ id }));

// prettier-ignore
const cases: [query: string, ids: string, hasMore: boolean, hasPrevious: boolean, because: string][] = [
  ["limit=2",            "ed",    true,  false, "the newest"],
  ["limit=2&next=d",     "cb",    true,  true,  "after the cursor"],
  ["limit=2&next=b",     "a",     false, true,  "the rest"],
  ["limit=2&next=a",     "",      false, true,  "nothing is left"],
  ["limit=2&previous=b", "dc",    true,  true,  "just before the cursor"],
  ["limit=2&previous=c", "ed",    true,  false, "the beginning"],
  ["",                   "edcba", false, false, "twenty by default"],
];

test.each(cases)("%j is %j, more %s, previous %s (%s)", (query, ids, hasMore, hasPrevious) => {
  const page = cutPage(items, pageRequest(new URLSearchParams(query)));
  expect([page.items.map((item) => item.id).join(""), page.hasMore, page.hasPrevious]).toEqual([
    ids,
    hasMore,
    hasPrevious,
  ]);
});

test("a cursor that no longer matches the filter still marks its place", () => {
  const page = cutPage(items, pageRequest(new URLSearchParams("limit=2&next=d")), (item) => item.id !== "d");
  expect(page.items.map((item) => item.id)).toEqual(["c", "b"]);
});

test.each(["limit=0", "limit=251", "limit=x"])("%s is refused", (query) => {
  expect(() => pageRequest(new URLSearchParams(query))).toThrow("limit");
});

test("an unknown cursor is refused, for an empty page would end a walk early", () => {
  expect(() => cutPage(items, pageRequest(new URLSearchParams("next=z")))).toThrow("could not be found");
});

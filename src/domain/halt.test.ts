import { expect, test } from "@jest/globals";
import { HALT_KINDS, LIFTED_BY_A_PERSON, stopsInquiries, type HaltKind } from "./halt.ts";

// prettier-ignore
test.each<[kind: HaltKind | null, stops: boolean, byPerson: boolean, because: string]>([
  [null, false, false, "nothing halts"],
  ["restored", true, false, "old books place nothing they read; a sweep mends them, and no word"],
  ["charged_elsewhere", false, true, "what was sent is asked about; a person knows which database is right"],
  ["limit", false, true, "a person looks whether the charges are right"],
  ["person", false, true, "who stopped it lets it go on"],
  ["unauthorized", true, false, "each read would be refused, too; an answered one lifts it"],
])("%p stops inquiries: %p, is lifted by a person: %p (%s)", (kind, stops, byPerson, _because) => {
  expect(stopsInquiries(kind)).toBe(stops);
  expect(kind !== null && LIFTED_BY_A_PERSON.includes(kind)).toBe(byPerson);
});

test("the one that is shown is the most serious", () => {
  expect(HALT_KINDS[0]).toBe("restored");
});

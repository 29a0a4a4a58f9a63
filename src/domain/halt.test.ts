import { expect, test } from "@jest/globals";
import {
  askedToHalt,
  HALT_KINDS,
  haltNeedsPerson,
  LIFTED_BY_A_PERSON,
  personsHalt,
  stopsInquiries,
  type HaltKind,
} from "./halt.ts";

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

test("each but the key's waits for a person: a key is a setting", () => {
  expect(HALT_KINDS.filter(haltNeedsPerson)).toEqual(HALT_KINDS.filter((kind) => kind !== "unauthorized"));
  expect(haltNeedsPerson(null)).toBe(false);
});

test.each<[because: string, asked: object | null, why: string]>([
  [personsHalt("maria", "prices are wrong"), { by: "maria", why: "prices are wrong" }, "as it was written"],
  [personsHalt("maria", "two\nlines"), { by: "maria", why: "two\nlines" }, "however long it is"],
  [personsHalt("maria", ""), { by: "maria", why: "" }, "without a reason"],
  [personsHalt("a", "b stopped charging: c"), { by: "a", why: "b stopped charging: c" }, "the first one counts"],
  ["Conekta does not accept the key", null, "nobody asked for it"],
])("of %p a person is told %j (%s)", (because, asked) => {
  expect(askedToHalt(because)).toEqual(asked);
});

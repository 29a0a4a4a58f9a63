/** What a row holds, and what is nothing. */
import { expect, test } from "@jest/globals";
import {
  flag,
  flagOrNull,
  instantOrNull,
  isoInstant,
  isoInstantOrNull,
  json,
  jsonOrNull,
  jsonShown,
  jsonShownOrNull,
  readableOnly,
  textOrNull,
  wholeOrNull,
  wordOrNull,
} from "./codec.ts";
import type { RawRow } from "./sql.ts";

test.each<
  [
    read: (row: RawRow, column: string) => unknown,
    value: RawRow[string] | boolean | undefined,
    wanted: unknown,
    because: string,
  ]
>([
  [flag, 1, true, "as SQLite has it"],
  [flag, true, true, "as PostgreSQL has it"],
  [flag, 0, false, "no"],
  [flagOrNull, 1, true, "yes"],
  [flagOrNull, 0, false, "no"],
  [flagOrNull, null, null, "nobody said: not the same as no"],
  [textOrNull, "", "", "an empty text is one"],
  [textOrNull, null, null, "none"],
  [textOrNull, undefined, null, "not even a column"],
  [instantOrNull, 0, new Date(0), "1970 is an instant"],
  [instantOrNull, null, null, "none"],
  [instantOrNull, undefined, null, "not even a column"],
  [isoInstant, 0, "1970-01-01T00:00:00.000Z", "for people"],
  [isoInstantOrNull, 0, "1970-01-01T00:00:00.000Z", "for people"],
  [isoInstantOrNull, null, null, "none"],
  [wholeOrNull, 0, 0, "nought is a number"],
  [wholeOrNull, null, null, "none"],
  [wordOrNull, "paid", "paid", "as it stands"],
  [wordOrNull, null, null, "none"],
  [json, '{"a":[1]}', { a: [1] }, "as SQLite has it"],
  [json, "null", null, "JSON has a nothing of its own"],
  [jsonOrNull, "[1]", [1], "as SQLite has it"],
  [jsonOrNull, null, null, "none"],
  [jsonOrNull, undefined, null, "not even a column"],
  [json, null, null, "none"],
])("%p of %p: %p (%s)", (read, value, wanted, _because) => {
  expect(read({ x: value } as RawRow, "x")).toEqual(wanted);
});

test.each<[value: unknown, wanted: unknown]>([
  [{ a: 1 }, { a: 1 }],
  [[1], [1]],
])("%j that the driver has read already is %j", (value, wanted) => {
  expect(json({ x: value } as RawRow, "x")).toEqual(wanted);
});

test.each<[value: string | null, instead: object | null, wanted: unknown, because: string]>([
  ['{"a":1}', {}, { a: 1 }, "it can be read"],
  ["[1]", [], [1], "it can be read"],
  ["null", {}, null, "nothing, said in JSON"],
  [null, { b: 2 }, { b: 2 }, "there is none"],
  ["{a", { b: 2 }, { b: 2 }, "it is damaged"],
  ["7", { b: 2 }, { b: 2 }, "a number is no object"],
  ["[1]", { b: 2 }, { b: 2 }, "a list is not what was wanted"],
  ['{"a":1}', [2], [2], "no list is not what was wanted either"],
])("shown to who looks at many, %p is, or else %j: %j (%s)", (value, instead, wanted) => {
  expect(jsonShown({ x: value }, "x", instead)).toEqual(wanted);
});

test("shown without anything instead, a list and an object are themselves, and what is damaged is nothing", () => {
  const shown = ["[1]", '{"a":1}', "{a", null].map((value) => jsonShownOrNull({ x: value }, "x"));
  expect(shown).toEqual([[1], { a: 1 }, null, null]);
});

test("of many rows those that can be read come, and who asks is told of the others; a bug is no damaged row", () => {
  const rows = ["[1]", "{", "[3]"].map((x) => ({ x }));
  const told: [RawRow, Error][] = [];
  expect(readableOnly(rows, (row) => json(row, "x"))).toEqual([[1], [3]]);
  expect(
    readableOnly(
      rows,
      (row) => json(row, "x"),
      (row, error) => void told.push([row, error]),
    ),
  ).toEqual([[1], [3]]);
  expect(told).toEqual([[{ x: "{" }, expect.any(SyntaxError)]]);
  const bug = new TypeError("x is not a function");
  const throws = (): never => {
    throw bug;
  };
  expect(() => readableOnly(rows, throws)).toThrow(bug);
});

/** What a row holds, and what is nothing. */
import { expect, test } from "@jest/globals";
import { flag, flagOrNull, instantOrNull, textOrNull } from "./codec.ts";
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
])("%p of %p: %p (%s)", (read, value, wanted, _because) => {
  expect(read({ x: value } as RawRow, "x")).toEqual(wanted);
});

/** The oracle knows no rule of the program: it would agree with its mistakes. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@jest/globals";

const HERE = import.meta.dirname;
const IMPORT = /^import\s+(?<kind>type\s)?(?:[\s\S]*?\sfrom\s)?"(?<from>[^"]+)";/gm;
/** What may be imported for its values: the oracle itself, and a library for dates. */
const ALLOWED = /^(\.\/|luxon$)/;

test("promises/ imports types alone from the program and the rest of the simulation", () => {
  const files = globSync("*.ts", { cwd: HERE }).filter((file) => !file.endsWith(".test.ts"));

  expect(files.length).toBeGreaterThan(8);
  expect(files.flatMap((file) => forbidden(readFileSync(path.join(HERE, file), "utf8")))).toEqual([]);
});

test.each([
  [`import { isOpen } from "../../../src/domain/attempt.ts";`, 1, "a predicate of the program"],
  [`import { waitsForEarlier } from "../checks/waits-for-earlier.ts";`, 1, "one that was written after it"],
  [`import type { Interval } from "../../../src/domain/calendar/calendar.ts";`, 0, "a type decides nothing"],
  [`import { DateTime } from "luxon";`, 0, "dates by a library"],
])("%s: %i (%s)", (line, count) => {
  expect(forbidden(line)).toHaveLength(count);
});

function forbidden(text: string): string[] {
  return [...text.matchAll(IMPORT)]
    .filter(({ groups }) => groups?.["kind"] === undefined && !ALLOWED.test(groups?.["from"] ?? ""))
    .map(([line]) => line);
}

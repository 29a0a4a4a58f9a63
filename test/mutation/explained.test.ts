import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { EXPLAINED } from "./explained.ts";
import { mutationPoints } from "./mutation-points.ts";

test("each explained change is one that could be drawn: a reason whose line has changed excuses nothing", () => {
  const files = new Set(EXPLAINED.map(({ file }) => file));
  const changes = [...files].flatMap((file) =>
    mutationPoints(file, readFileSync(file, "utf8")).map(({ lineText, before, after }) =>
      JSON.stringify([file, lineText, before, after]),
    ),
  );
  const drawn = new Set(changes);
  const stale = EXPLAINED.filter(
    ({ file, line, before, after }) => !drawn.has(JSON.stringify([file, line, before, after])),
  );
  expect(stale).toEqual([]);
});

/**
 * Looks for the first seed that catches each planted bug, and prints the table of caught-at.ts:
 *
 *   node test/simulation/planted/find-seeds.ts [NAME]      prints
 *   node test/simulation/planted/find-seeds.ts --write     writes caught-at.ts anew
 *
 * Exit code 1 when a bug is not caught within so many seeds; then nothing is written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { live } from "../life.ts";
import { lifeWith } from "./lives.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

const MOST_SEEDS = 500;
const CAUGHT_AT = new URL("caught-at.ts", import.meta.url);

const [argument] = process.argv.slice(2);
const isWriting = argument === "--write";
const rows: string[] = [];
for (const bug of PLANTED_BUGS.filter(({ name }) => argument === undefined || isWriting || name === argument)) {
  const caught = await firstCaught(bug);
  if (caught === null) process.exitCode = 1;
  const row =
    caught === null
      ? `  // "${bug.name}": not caught by ${MOST_SEEDS} seeds`
      : `  "${bug.name}": [${caught.seed}, "${caught.rule}"],`;
  rows.push(row);
  console.log(row);
}
if (isWriting && process.exitCode === undefined) {
  const [head] = readFileSync(CAUGHT_AT, "utf8").split(/(?<=\{\n)/, 1);
  writeFileSync(CAUGHT_AT, `${head}${rows.join("\n")}\n};\n`);
}

async function firstCaught(bug: PlantedBug): Promise<{ readonly seed: number; readonly rule: string } | null> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { violations } = await live({ ...lifeWith(bug), seed });
    const rule = violations.map((each) => each.rule).find((each) => bug.caughtBy.test(each));
    // One that breaks without the bug, too, shows nothing.
    if (rule !== undefined && (await live({ ...lifeWith(bug), plant: null, seed })).violations.length === 0)
      return { seed, rule };
  }
  return null;
}

/**
 * Tables for people, without lines that would be copied along with an id.
 *
 * On a terminal the widest columns are narrowed until the table fits, and their text is wrapped, never cut: half an
 * id is of no use. Elsewhere a table is as wide as it needs to be.
 */
import { stripVTControlCharacters } from "node:util";
import { bold, printLine } from "./print.ts";

export type Column<Row> = {
  readonly head: string;
  readonly of: (row: Row) => string;
  readonly align?: "right";
};

const NARROWEST = 10;
const GAP = 2;
const NO_LINES = Object.fromEntries(
  ["top", "bottom", "mid", "left", "right"]
    .flatMap((side) => [side, `${side}-left`, `${side}-mid`, `${side}-right`])
    .concat("middle")
    .map((part) => [part, ""]),
);

export async function printTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<void> {
  const { default: Table } = await import("cli-table3");
  const texts = rows.map((row) => columns.map(({ of }) => printable(of(row))));
  // A column in which nobody has anything to say is left out.
  const kept = columns.flatMap((_column, at) => (texts.some((cells) => cells[at] !== "") ? [at] : []));
  const widths = fitting(
    kept.map((at) => Math.max(columns[at]?.head.length ?? 0, ...texts.map((cells) => longestLine(cells[at])))),
    process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
  );
  const table = new Table({
    head: kept.map((at) => bold(columns[at]?.head ?? "")),
    colWidths: widths.map((width) => width + GAP),
    colAligns: kept.map((at) => columns[at]?.align ?? "left"),
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP, compact: true },
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  for (const cells of texts) table.push(kept.map((at) => cells[at] ?? ""));
  for (const line of table.toString().split("\n")) printLine(line.trimEnd());
}

/** @returns widths that leave room for the gaps within `available`, taken from the widest first */
export function fitting(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - available;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}

function longestLine(text = ""): number {
  return Math.max(...text.split("\n").map((line) => line.length));
}

/** A name out of the books must not move anybody's cursor. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, " ");
}

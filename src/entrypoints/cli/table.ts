/**
 * Tables for people, without lines that would be copied along with an id.
 *
 * Widths are those of the terminal, as the library measures them, too: a full-width character takes two columns.
 *
 * On a terminal a table fits: first the columns of free text are narrowed and their text wrapped, never cut, since half
 * an id is of no use; then columns that can be spared are left out. Elsewhere it is as wide as it needs to be.
 */
import { stripVTControlCharacters } from "node:util";
import widthOf from "string-width";
import { bold, printLine } from "./print.ts";
import { terminal, timeZoneHere } from "./terminal.ts";

export type Column<Row> = {
  readonly head: string;
  readonly of: (row: Row) => string;
  readonly align?: "right";
  /** A time in the merchant's zone: the head says which. */
  readonly isTime?: true;
  /** Free text, which may be wrapped. */
  readonly wraps?: true;
  /** Left out where there is no room; `show` and --json tell it, too. */
  readonly spare?: true;
};

type Filled<Row> = { readonly column: Column<Row>; readonly texts: readonly string[]; width: number };

const NO_LIMIT = Number.POSITIVE_INFINITY;
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
  const filled = columns
    .map((column) => {
      const texts = rows.map((row) => printable(column.of(row)));
      const head = column.isTime ? `${column.head} (${place()})` : column.head;
      return {
        column: { ...column, head },
        texts,
        width: Math.max(widthOf(head), ...texts.map((text) => widthOf(text))),
      };
    })
    // A column in which nobody has anything to say is left out.
    .filter(({ texts }) => texts.some((text) => text !== ""));
  const { isTTY, columns: available } = terminal().stdout;
  const shown = fitted(filled, isTTY ? (available ?? NO_LIMIT) : NO_LIMIT);

  const heads = shown.map(({ column, width }) => wrapped(column.head, width));
  const table = new Table({
    head: heads,
    colWidths: shown.map(({ width }) => width + GAP),
    colAligns: shown.map(({ column }) => column.align ?? "left"),
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP, compact: true },
  });
  for (const at of rows.keys()) table.push(shown.map(({ texts, width }) => wrapped(texts[at] ?? "", width)));
  const lines = table.toString().split("\n");
  const headLines = Math.max(...heads.map((head) => head.split("\n").length));
  for (const line of lines.slice(0, headLines)) if (line.trim() !== "") printLine(bold(line.trimEnd()));
  for (const line of lines.slice(headLines)) printLine(line.trimEnd());
}

/** "America/Mexico_City" is "Mexico City" in a head. */
function place(): string {
  return (timeZoneHere().split("/").at(-1) ?? "").replaceAll("_", " ");
}

/** @returns the columns that have room within `available`, the widest free texts narrowed */
function fitted<Row>(columns: readonly Filled<Row>[], available: number): readonly Filled<Row>[] {
  const shown = columns.map((each) => ({ ...each }));
  for (;;) {
    const excess = shown.reduce((sum, { width }) => sum + width + GAP, -GAP) - available;
    if (excess <= 0) return shown;
    const widest = shown.reduce<Filled<Row> | null>(
      (wide, each) => (canBeNarrower(each) && each.width > (wide?.width ?? 0) ? each : wide),
      null,
    );
    if (widest !== null) widest.width -= 1;
    else {
      const spared = shown.findLastIndex(({ column }) => column.spare === true);
      // Nothing is left to give up: the terminal breaks the lines.
      if (spared < 0) return shown;
      shown.splice(spared, 1);
    }
  }
}

function canBeNarrower<Row>({ column, width }: Filled<Row>): boolean {
  if (column.wraps !== true && column.isTime !== true) return false;
  return width > Math.max(NARROWEST, ...column.head.split(" ").map((word) => widthOf(word)));
}

/** Broken between words; within one only where it is longer than a line. */
function wrapped(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (widthOf(line) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
    for (let last = lines.at(-1) ?? ""; widthOf(last) > width; last = lines.at(-1) ?? "")
      lines.splice(-1, 1, ...broken(last, width));
  }
  return lines.join("\n");
}

/** As much as fits, at least one character, and the rest. */
function broken(text: string, width: number): readonly [string, string] {
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  let fits = 1;
  while (widthOf(characters.slice(0, fits + 1).join("")) <= width && fits < characters.length) fits += 1;
  return [characters.slice(0, fits).join(""), characters.slice(fits).join("")];
}

/** A name out of the books must not move anybody's cursor. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, " ");
}

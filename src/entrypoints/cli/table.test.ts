import { Writable } from "node:stream";
import { describe, expect, test } from "@jest/globals";
import widthOf from "string-width";
import { type Column, printTable } from "./table.ts";
import { type OutputStream, runIn } from "./terminal.ts";

type Row = { readonly id: string; readonly text: string };

const COLUMNS: readonly Column<Row>[] = [
  { head: "id", of: ({ id }) => id },
  { head: "text", of: ({ text }) => text, wraps: true },
];

async function printed(columns: number | null, rows: readonly Row[]): Promise<readonly string[]> {
  let text = "";
  const stream = new Writable({
    write: (part: Buffer, _encoding, done) => {
      text += part.toString();
      done();
    },
  });
  const stdout: OutputStream = Object.assign(stream, columns === null ? {} : { isTTY: true, columns });
  const terminal = { stdout, stderr: stdout, env: null, cwd: "/", stdin: () => process.stdin };
  await runIn(terminal, () => printTable(rows, COLUMNS));
  return text.trimEnd().split("\n");
}

describe("a table", () => {
  test.each<[string, number | null, string]>([
    // name, columns of the terminal, because
    ["Ｊｏｒｇｅ Ｌóｐｅｚ", null, "full-width characters take two columns each"],
    ["山田太郎", 20, "the same on a narrow terminal"],
    ["👧👧👧👧👧👧👧👧 Ibáñez", 20, "no character is broken in two"],
    ["山田太郎山田太郎山田太郎", 20, "longer than a line, without a space"],
    ["an identifier_that_is_longer_than_a_line", 24, "broken within a word"],
  ])("never cuts %j at %p columns: %s", async (text, columns) => {
    const lines = await printed(columns, [{ id: "inv_1", text }]);
    const shown = lines.slice(1).map((line) => line.slice("inv_1".length));
    expect(shown.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns ?? Infinity);
  });
});

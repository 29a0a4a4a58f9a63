/**
 * Progress of what goes through many rows: a bar on a terminal, a line every 10,000 rows elsewhere, both on standard error.
 * Many rows are much garbage, so what V8 keeps for it is looked at meanwhile.
 */
import { youngSpace } from "../young-space.ts";
import { printNote } from "./print.ts";
import { terminal } from "./terminal.ts";

export type RowProgress = { at(phase: string, rows: number): void; end(): void };

const ROWS_A_LINE = 10_000;

export function rowProgress(): RowProgress {
  const { stderr } = terminal();
  const keepYoungSmall = youngSpace();
  let told = "";
  let isShown = false;
  return {
    at(phase, rows) {
      keepYoungSmall();
      if (stderr.isTTY) {
        stderr.write(`\r\u001b[2K${phase} ${rows.toLocaleString("en-US")} rows`);
        isShown = true;
        return;
      }
      const mark = `${phase} ${Math.floor(rows / ROWS_A_LINE)}`;
      if (rows < ROWS_A_LINE || mark === told) return;
      told = mark;
      printNote(`${phase} ${rows.toLocaleString("en-US")} rows`);
    },
    end() {
      if (isShown) stderr.write("\r\u001b[2K");
    },
  };
}

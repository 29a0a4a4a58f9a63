/** A full disk at every intent and every outcome, with the driver's own error: nothing is sent, nothing is lost. */
import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { NODE } from "../daemon/real-process.ts";
import type { FullDiskRow } from "./full-disk.ts";

/** Blocks of 512 bytes, in every shell: well above the records, well below the log's own checkpoint. */
const LIMIT = 4096;

test("the disk fills up before a commit, and has space again later", async () => {
  const script = path.join(import.meta.dirname, "full-disk.ts");
  const { stdout } = await promisify(execFile)("sh", ["-c", `ulimit -f ${LIMIT}; exec "$0" "$1"`, NODE, script], {
    timeout: 240_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as FullDiskRow);
  expect(rows.flatMap(({ flow, point, faults }) => faults.map((each) => `${flow} ${point.call}: ${each}`))).toEqual([]);
  expect(rows.filter(({ sentWhileFull }) => sentWhileFull > 0)).toEqual([]);
  for (const { code } of rows) expect(code).toMatch(/^SQLITE_(FULL|IOERR)/);
  for (const flow of ["single", "order_first"])
    for (const call of ["store.markSending", "store.settle"])
      expect(rows.filter((row) => row.flow === flow && row.point.call === call).length).toBeGreaterThan(3);
}, 300_000);

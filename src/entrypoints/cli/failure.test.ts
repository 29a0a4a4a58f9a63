import { expect, test } from "@jest/globals";
import { machineWords } from "./failure.ts";

function failed(code: string, more: object = {}): Error {
  return Object.assign(new Error(`${code}: no`), { code, syscall: "write", ...more });
}

test.each<[unknown, string | null, string]>([
  [
    failed("ENOSPC"),
    "the disk is full, and what was begun is not whole; free some space, and run it again (ENOSPC)",
    "a full disk is called one",
  ],
  [
    failed("EACCES", { path: "out/h.csv" }),
    "out/h.csv: this user may not write there; choose another place, or mend the permissions (EACCES)",
    "where it is",
  ],
  [
    failed("ENOENT", { path: "no/h.csv" }),
    "no/h.csv: there is no such file or folder (ENOENT)",
    "no folder is made unasked",
  ],
  [
    failed("EEXIST", { path: "notes.txt" }),
    "notes.txt: a file stands there, and no folder; choose another place (EEXIST)",
    "below a file no folder can be made",
  ],
  [failed("EPIPE"), null, "who reads no more is no fault of the disk"],
  [Object.assign(new Error("no"), { code: "ENOSPC" }), null, "not every code is the machine's"],
  ["ENOSPC", null, "nor every text"],
])("%p is told as %p (%s)", (error, words, _because) => {
  expect(machineWords(error)).toBe(words);
});

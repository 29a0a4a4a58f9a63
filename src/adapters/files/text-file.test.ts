/** What is no text that a person wrote is refused in one sentence, at once. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { readTextFile } from "./text-file.ts";

const folder = mkdtempSync(path.join(tmpdir(), "puntual-text-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, bytes: Buffer | string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
};
const fifo = (): string => {
  const file = path.join(folder, "fifo");
  spawnSync("mkfifo", [file]);
  return file;
};

test("UTF-8 is read as it is, with its byte-order mark; what is not there is null", () => {
  expect(readTextFile(written("good", "Café ☕"))).toBe("Café ☕");
  expect(readTextFile(written("marked", "\uFEFFA=1"))).toBe("\uFEFFA=1");
  expect(readTextFile(path.join(folder, "none"))).toBeNull();
});

test.each<[string, () => string, RegExp]>([
  ["Latin-1", () => written("latin", Buffer.from("a: 1\nname: Caf\xe9\n", "latin1")), /^is not UTF-8 \(line 2\)/],
  ["UTF-16", () => written("utf16", Buffer.from("\uFEFFname: a", "utf16le")), /^is not UTF-8 \(line 1\)/],
  ["a pipe nobody writes to", fifo, /^is no regular file/],
  ["a device without an end", () => "/dev/zero", /^is no regular file/],
  ["a folder", () => folder, /^is no regular file/],
])("%s is refused", (_what, file, sentence) => {
  expect(() => readTextFile(file())).toThrow(sentence);
});

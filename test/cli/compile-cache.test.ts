/** Which process keeps what it compiled: Node holds in memory what it read of it, to the end. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "@jest/globals";
import { temporaryFolder } from "../support/new-database.ts";

const PUNTUAL = path.join(import.meta.dirname, "../../src/entrypoints/cli/puntual.js");
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));

/** Says whether it has a cache. */
const MAIN = `import module from "node:module";
export const main = () => console.log(module.getCompileCacheDir() === undefined ? "none" : "kept");`;

test.each<[where: "package" | "repository", command: string, said: "kept" | "none", because: string]>([
  ["package", "status", "kept", "a short command begins in half the time"],
  ["package", "start", "none", "a daemon would hold 8 MiB for as long as it runs, to begin sooner once"],
  ["package", "serve", "none", "so would who serves the API alone"],
  ["repository", "start", "kept", "to take the types out of each file takes more memory"],
])("in the %s, `%s`: %s (%s)", async (where, command, said) => {
  const own = path.join(folder, `${where}-${command}`);
  const cli = path.join(own, "src/entrypoints/cli");
  const main = where === "package" ? path.join(own, "dist/src/entrypoints/cli/main.js") : path.join(cli, "main.ts");
  for (const each of [cli, path.dirname(main)]) mkdirSync(each, { recursive: true });
  writeFileSync(path.join(own, "package.json"), '{ "type": "module" }');
  writeFileSync(main, MAIN);
  copyFileSync(PUNTUAL, path.join(cli, "puntual.js"));
  const args = [path.join(cli, "puntual.js"), command];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { TMPDIR: own } });
  expect(stdout.trim()).toBe(said);
});

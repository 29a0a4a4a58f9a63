/** The repository as who lets no package run a script installs it: the commands work all the same. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../support/new-database.ts";
import { registryEnv } from "../support/registry-env.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const folder = temporaryFolder();
const run = promisify(execFile);

async function call(command: string, args: readonly string[], cwd = folder): Promise<string> {
  const PATH = `${path.join(ROOT, "node_modules", ".bin")}:${process.env["PATH"]}`;
  const env = { ...registryEnv(), PATH, HOME: process.env["HOME"], HTTP_PORT: "", DATABASE_URL: "sqlite:books.db" };
  return (await run(command, [...args], { cwd, env, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 })).stdout;
}

beforeAll(async () => {
  const archive = path.join(folder, "source.tar");
  await call(
    "git",
    ["archive", "--output", archive, "HEAD", "package.json", "package-lock.json", "src", "migrations", "config"],
    ROOT,
  );
  await call("tar", ["-xf", archive]);
  await call("npm", ["ci", "--ignore-scripts", "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund"]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("`npx puntual` makes a database and reads it, without the Node that a script would have put there", async () => {
  expect(existsSync(path.join(folder, "node_modules", "node", "bin", "node"))).toBe(false);
  expect(await call("npx", ["--offline", "puntual", "migrate"])).toContain("books.db");
  expect(JSON.parse(await call("npx", ["--offline", "puntual", "plans", "list", "--json"]))).toEqual({ plans: [] });
});

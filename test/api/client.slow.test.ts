/** A client that openapi-typescript generates from docs/openapi.json compiles, and drives the main journey. */
import { execFile } from "node:child_process";
import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "@jest/globals";
import { temporaryFolder } from "../support/new-database.ts";
import { openApi } from "./api-fixture.ts";
import { registryEnv } from "../support/registry-env.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function call(command: string, args: readonly string[]): Promise<string> {
  const PATH = `${path.join(ROOT, "node_modules", ".bin")}:${process.env["PATH"]}`;
  const options = { cwd: folder, env: { ...registryEnv(), PATH, HOME: process.env["HOME"] }, timeout: 300_000 };
  const { stdout } = await promisify(execFile)(command, args, options);
  return stdout;
}

test("the generated client signs up, reads and refunds", async () => {
  writeFileSync(path.join(folder, "package.json"), '{ "private": true, "type": "module" }');
  // Its generator wants a TypeScript of JavaScript; ours compiles what comes of it.
  const packages = ["openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3"];
  await call("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...packages]);
  await call("node_modules/.bin/openapi-typescript", [path.join(ROOT, "docs", "openapi.json"), "-o", "api.d.ts"]);
  copyFileSync(path.join(import.meta.dirname, "client-journey.mts"), path.join(folder, "journey.mts"));
  const types = ["--types", "node", "--typeRoots", path.join(ROOT, "node_modules", "@types")];
  const strict = ["--strict", "--target", "es2024", "--lib", "es2024,dom,dom.iterable", "--module", "nodenext"];
  await call("tsc", ["--noEmit", "--allowImportingTsExtensions", "--skipLibCheck", ...strict, ...types, "journey.mts"]);

  await using api = await openApi();
  const key = await api.newKey("shop", ["write", "money"]);
  const url = await api.server.listen({ port: 0, host: "127.0.0.1" });
  const drive = async (part: string) => JSON.parse(await call("node", ["journey.mts", url, key, part])) as unknown;
  expect(await drive("sign-up")).toEqual(["active", "2026-12-01T15:00:00.000Z", 404, "not_found"]);
  await api.app.run();
  expect(await drive("after")).toEqual([10_015, "done", true, true]);
});

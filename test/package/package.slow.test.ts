/**
 * The package as a merchant gets it: packed, installed into an empty folder, and used there, with nothing of this
 * repository in reach.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startSandbox } from "../../src/sandbox/server.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { registryEnv } from "../support/registry-env.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const BIN = path.join(ROOT, "node_modules", ".bin");
const folder = temporaryFolder();
const run = promisify(execFile);

type Ended = { readonly stdout: string; readonly stderr: string };

/** @param bin of the Node that it runs on */
const envOf = (bin: string) => ({
  ...registryEnv(),
  ...{ PATH: `${bin}:${BIN}:${process.env["PATH"]}`, HOME: process.env["HOME"], HTTP_PORT: "" },
});
async function call(command: string, args: readonly string[], cwd = folder, bin = BIN): Promise<Ended> {
  return await run(command, [...args], { cwd, env: envOf(bin), timeout: 300_000, maxBuffer: 16 * 1024 * 1024 });
}
/** A folder below the package's own, with packages beside it. */
async function folderWith(name: string, packages: readonly string[]): Promise<string> {
  const own = path.join(folder, name);
  mkdirSync(own);
  const manifest = { private: true, type: "module", allowScripts: { node: true } };
  writeFileSync(path.join(own, "package.json"), JSON.stringify(manifest));
  await call("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...packages], own);
  return own;
}
const STRICT = ["--strict", "--target", "es2024", "--lib", "es2024,esnext.disposable", "--module", "nodenext"];
const TYPES = ["--skipLibCheck", "--types", "node", "--typeRoots", path.join(ROOT, "node_modules", "@types")];

beforeAll(async () => {
  await call("npm", ["pack", "--pack-destination", folder], ROOT);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  // `overrides` as docs/deploy.md says: of a tarball npm obeys no shrinkwrap.
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, overrides: { kysely: "0.29.9" } }));
  await call("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("packing leaves nothing behind that an install would obey", () => {
  expect(existsSync(path.join(ROOT, "npm-shrinkwrap.json"))).toBe(false);
});

test("brings what it promises, and neither tests, nor TypeScript, nor a Node of its own", () => {
  const own = path.join(folder, "node_modules", "puntual");
  const files = readdirSync(own, { recursive: true, encoding: "utf8" });
  for (const file of ["npm-shrinkwrap.json", "config/plans.schema.json", "config/example.env", "README.md"])
    expect(files).toContain(file);
  // What is TypeScript there is to be read, and copied: nothing runs it from below node_modules.
  const isRead = (file: string): boolean => file.startsWith("docs/examples/") || file === "config/seed.ts";
  expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$/.test(file) && !isRead(file))).toEqual([]);
  const manifest = JSON.parse(readFileSync(path.join(own, "package.json"), "utf8")) as { scripts: object };
  for (const script of ["preinstall", "install", "postinstall", "prepare"])
    expect(manifest.scripts).not.toHaveProperty(script);
  expect(existsSync(path.join(folder, "node_modules", "node"))).toBe(false);
  const shrinkwrap = readFileSync(path.join(own, "npm-shrinkwrap.json"), "utf8");
  expect(shrinkwrap).toContain('"node_modules/kysely"');
  expect(shrinkwrap).not.toContain('"node_modules/jest"');
});

test("its installed size is the one that docs/deploy.md says", () => {
  const modules = path.join(folder, "node_modules");
  const bytes = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
  const [, said = "0"] =
    /installed size: (\d+) MB/i.exec(readFileSync(path.join(ROOT, "docs/deploy.md"), "utf8")) ?? [];
  expect(Math.abs(bytes / 1e6 - Number(said))).toBeLessThan(10);
});

describe.each([24, 26])("on Node %d", (version) => {
  let bin = BIN;
  let own = "";
  const puntual = (...args: readonly string[]): Promise<Ended> =>
    call("npx", ["--offline", "puntual", ...args], own, bin);
  beforeAll(async () => {
    own = await folderWith(`on-node-${version}`, version === 24 ? [] : [`node@${version}`]);
    if (version !== 24) bin = path.join(own, "node_modules", ".bin");
  });

  test("the command runs: its version, a folder, a database, its status, the demo", async () => {
    expect((await call("node", ["--version"], own, bin)).stdout).toMatch(new RegExp(`^v${version}\\.`));
    const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
    expect((await puntual("--version")).stdout).toBe(`${manifest.version}\n`);
    expect((await puntual("init", "--offline")).stdout).toContain("npx puntual plans apply --dry-run");
    expect((await puntual("plans", "apply", "--offline")).stdout).toContain("add plan oro");
    expect((await puntual("migrate")).stdout).toContain("is up to date");
    expect((await puntual("status")).stdout).toContain("due");
    expect((await puntual("demo")).stdout).toMatch(/ledger/i);
  });

  test("start answers, and stops when it is asked to", async () => {
    await using sandbox = await startSandbox();
    const CONEKTA = { CONEKTA_API_KEY: "key_test", CONEKTA_BASE_URL: sandbox.url };
    const env = { ...envOf(bin), ...CONEKTA, HTTP_PORT: "0", DATABASE_URL: "sqlite:started.db" };
    const daemon = spawn("npx", ["--offline", "puntual", "start"], { cwd: own, env, detached: true });
    let output = "";
    for (const stream of [daemon.stdout, daemon.stderr]) stream.on("data", (text) => (output += String(text)));
    // Once the daemon has said all, too, of which npx is the parent.
    const ended = once(daemon, "close");
    const until = Date.now() + 60_000;
    while (!output.includes("daemon.ready") && Date.now() < until) await sleep(100);
    const [, url = output] = /"http":"(http:[^"]+)"/.exec(output) ?? [];
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    process.kill(-(daemon.pid ?? 0), "SIGTERM");
    await ended;
    expect(output).toContain("daemon.stopped");
  });

  test("the library is imported, does nothing by that, charges, and has types", async () => {
    writeFileSync(
      path.join(own, "shop.mts"),
      `import { connect, migrate, runOnce, type RunReport } from "puntual";
import { startSandbox } from "puntual/sandbox";
await using sandbox = await startSandbox();
const settings = { databaseUrl: "sqlite:shop.db", conektaApiKey: "key_test", conektaBaseUrl: sandbox.url };
await migrate(settings);
await using puntual = await connect(settings);
await puntual.plans.put({ id: "oro", name: "Plan Oro", interval: "month", lineItems: [{ name: "Oro", unitPriceCents: 20015 }] });
const person = { name: "Ana Ríos", email: "ana@example.mx", phone: "+525512345678", card: { tokenId: "tok_test_visa_4242" } };
const { customerId } = await puntual.customers.create(person, { idempotencyKey: "1" });
await puntual.subscriptions.create({ plan: "oro", customer: customerId, start: "2026-01-31T09:00" });
const report: RunReport = await runOnce(settings);
console.log(\`paid \${report.paid}\`);
`,
    );
    expect((await call("node", ["shop.mts"], own, bin)).stdout).toBe("paid 1\n");
    await call("tsc", ["--noEmit", ...STRICT, ...TYPES, "shop.mts"], own);
  });
});

test("shops on Express and NestJS sign a member up once, however often it is asked", async () => {
  const frameworks = ["@nestjs/core@12", "@nestjs/common@12", "@nestjs/platform-express@12", "reflect-metadata@0.2"];
  const own = await folderWith("shops", ["express@5", "@types/express@5", "rxjs@7", ...frameworks]);
  mkdirSync(path.join(own, "frameworks"));
  const examples = path.join(folder, "node_modules", "puntual", "docs", "examples");
  for (const name of ["express-shop.ts", "nest-shop.ts"])
    copyFileSync(path.join(examples, "frameworks", name), path.join(own, "frameworks", name));
  const signUp = readFileSync(path.join(examples, "sign-up.ts"), "utf8");
  writeFileSync(path.join(own, "sign-up.ts"), signUp.replace(/".*library\.ts"/, '"puntual"'));
  copyFileSync(path.join(import.meta.dirname, "try-shops.mts"), path.join(own, "try-shops.mts"));
  const emit = ["--rewriteRelativeImportExtensions", "--experimentalDecorators", "--emitDecoratorMetadata"];
  await call("tsc", [...STRICT, ...TYPES, ...emit, "--outDir", "out", "try-shops.mts"], own);
  const tried = await call("node", ["out/try-shops.mjs"], own);
  expect(tried.stdout.split("\n")).toEqual([
    expect.stringMatching(/^express: 201 \{"subscriptionId":"cus_\w+:oro"\}, and the same again$/),
    expect.stringMatching(/^nest: 201 \{"subscriptionId":"cus_\w+:oro"\}, and the same again$/),
    "paid 2",
    "",
  ]);
});

test("systemd, where it is there, takes the unit, and finds little exposed", async () => {
  if (!existsSync("/usr/bin/systemd-analyze")) return;
  const unit = path.join(folder, "puntual.service");
  const text = readFileSync(path.join(folder, "node_modules/puntual/deploy/puntual.service"), "utf8");
  writeFileSync(unit, text.replace("/usr/bin/node", process.execPath));
  expect((await call("systemd-analyze", ["verify", unit])).stderr).toBe("");
  await call("systemd-analyze", ["security", "--offline=true", "--threshold=20", unit]);
});

test("an older Node is refused in one sentence", async () => {
  const old = path.join(folder, "as-node-20.cjs");
  writeFileSync(
    old,
    'Object.defineProperty(process.versions, "node", { value: "20.20.2" });\n' +
      'void import("./node_modules/puntual/src/entrypoints/cli/puntual.js");\n',
  );
  await expect(call("node", [old])).rejects.toMatchObject({
    code: 78,
    stderr: "puntual: this is Node 20.20.2; Node 24 or later is needed.\n",
  });
});

/** What surrounds a command: names that steer terminals, disks that are full, secrets that others can read. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import path from "node:path";
import Database from "better-sqlite3";
import { chmodSync, closeSync, openSync, readFileSync } from "node:fs";
import { loadConfig } from "../../src/config.ts";
import { NODE, PUNTUAL } from "../daemon/real-process.ts";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
});
afterEach(async () => await fixture.close());

async function due(name: string): Promise<string> {
  const customer = await customerAt(fixture.sandbox.url, name, "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer }]));
  await fixture.run(["plans", "apply"]);
  return customer;
}

test("a name that holds escapes and line breaks is shown, and steers nothing", async () => {
  const customer = await due("Ana\u001B]0;owned\u0007\u001B[2J\nhalt  none");
  for (const args of [
    ["customers", "show", customer],
    ["customers", "add", "--id", customer],
    ["subscriptions", "show", "ana"],
    ["explain", "ana"],
    ["run", "--dry-run"],
    ["history"],
  ]) {
    const { stdout } = await fixture.run(args);
    expect(stdout).not.toBe("");
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/\u001B(?!\[[0-9;]*m)|\u0007/);
    expect(stdout).not.toMatch(/^halt {2}none/m);
  }
});

test("a log and a result that cannot be written stop no charge", async () => {
  await due("Ana");
  const full = openSync("/dev/full", "w");
  const child = spawn(NODE, [PUNTUAL, "run"], {
    cwd: fixture.folder,
    env: { PATH: process.env["PATH"], ...fixture.env, LOG_LEVEL: "info" },
    stdio: ["ignore", full, full],
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  closeSync(full);
  expect(code).toBe(1);
  expect(documentOf(await fixture.run(["status", "--json"]))).toMatchObject({ invoices: { paid: 1 } });
});

async function endedWith(args: readonly string[], stdout: "pipe" | number): Promise<{ code: unknown; stderr: string }> {
  const child = spawn(NODE, [PUNTUAL, ...args], {
    ...{ cwd: fixture.folder, env: { PATH: process.env["PATH"], ...fixture.env }, stdio: ["ignore", stdout, "pipe"] },
  });
  // It is gone before anything is printed.
  child.stdout?.destroy();
  let stderr = "";
  child.stderr?.on("data", (bytes: Buffer) => (stderr += String(bytes)));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, stderr };
}

test.each([
  ["status", 3],
  ["export subscriptions", 0],
  ["plans apply --json", 0],
])("%s, whose reader is gone, leaves its exit code (%d) and says nothing", async (words, code) => {
  await due("Ana");
  fixture.write("config/plans.yaml", plansYaml([]).replaceAll("oro", "plata"));
  expect(await endedWith(words.split(" "), "pipe")).toEqual({ code, stderr: "" });
  const { plans } = documentOf(await fixture.run(["plans", "list", "--json"])) as { plans: object[] };
  expect(plans).toHaveLength(words.startsWith("plans") ? 2 : 1);
});

test.each([["plans list"], ["export subscriptions"], ["export cfdi --month 2026-01"]])(
  "%s onto a full disk fails, and says so in one line",
  async (words) => {
    await due("Ana");
    const full = openSync("/dev/full", "w");
    const { code, stderr } = await endedWith(words.split(" "), full);
    closeSync(full);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^puntual: what it prints cannot be written \(ENOSPC\).*make space\.\n$/);
  },
);

test("a row that cannot be understood is shown by status and doctor, until a run has left nothing undone", async () => {
  await due("Ana");
  const spoil = (timeZone: string): void => {
    const database = new Database(path.join(fixture.folder, "books.db"));
    database.prepare("update subscription set time_zone = ?").run(timeZone);
    database.close();
  };
  spoil("Mars/Olympus");
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 3 });
  const shown = await fixture.run(["status"]);
  expect(shown).toMatchObject({ exitCode: 3 });
  expect(shown.stdout).toMatch(/^last tick .*set aside: ana; since/m);
  const { checks } = documentOf(await fixture.run(["doctor", "--offline", "--json"])) as {
    checks: { check: string }[];
  };
  expect(checks.find(({ check }) => check === "last_tick")).toMatchObject({ state: "bad" });
  spoil("America/Mexico_City");
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0 });
  expect(await fixture.run(["status"])).toMatchObject({
    exitCode: 0,
    stdout: expect.not.stringContaining("last tick"),
  });
});

test("`npm start` says what is wrong with .env before pm2 starts anything", async () => {
  const broken = await fixture.run(["start", "--check"], { env: { LEASE_MS: "soon" } });
  expect(broken).toMatchObject({ exitCode: 78, stdout: "" });
  expect(broken.stderr).toContain("LEASE_MS");
  expect(await fixture.run(["start", "--check"], { env: { CONEKTA_API_KEY: "" } })).toMatchObject({ exitCode: 78 });
  expect(await fixture.run(["start", "--check"])).toMatchObject({
    exitCode: 0,
    stdout: "The configuration is right.\n",
  });
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  expect(scripts["prestart"]).toContain("start --check");
});

test("an .env that others can read, and TLS that nobody checks, are dangers", () => {
  const dotEnv = fixture.write(".env", "LOG_LEVEL=info\n");
  chmodSync(dotEnv, 0o644);
  const around = { cwd: fixture.folder, isTerminal: false };
  const given = loadConfig({ ...around, env: { ...fixture.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" } }).dangers;
  expect(given.map(({ en }) => en)).toEqual([
    expect.stringContaining(`chmod 600 ${dotEnv}`),
    expect.stringContaining("pose as Conekta"),
  ]);
  chmodSync(dotEnv, 0o600);
  expect(loadConfig({ ...around, env: fixture.env }).dangers).toEqual([]);
});

/** The real pm2 with the real ecosystem.config.js: started until ready, stopped gently, not restarted on 78. */
import { afterAll, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { startSandbox } from "../../src/sandbox/server.ts";
import { until } from "./real-process.ts";
import { temporaryFolder } from "../support/new-database.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const PM2 = path.join(ROOT, "node_modules", ".bin", "pm2");
const ECOSYSTEM = path.join(ROOT, "ecosystem.config.js");
const folder = temporaryFolder();
const run = promisify(execFile);

type Listed = { name: string; pm2_env: { status: string; restart_time: number; exit_code?: number } };

async function pm2(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await run(PM2, [...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, PM2_HOME: path.join(folder, "pm2"), ...env },
  });
  return stdout;
}

async function listed(name: string): Promise<Listed["pm2_env"] | undefined> {
  const text = await pm2(["jlist"]);
  const all = JSON.parse(text.slice(text.indexOf("["))) as Listed[];
  return all.find((each) => each.name === name)?.pm2_env;
}

/** The shipped file, to the letter but for its name and where it logs. */
async function ecosystem(name: string): Promise<string> {
  const { apps } = (await import(ECOSYSTEM)) as { apps: readonly object[] };
  const [app] = apps;
  const file = path.join(folder, `${name}.config.cjs`);
  const logs = { out_file: path.join(folder, `${name}.log`), error_file: path.join(folder, `${name}.err`) };
  writeFileSync(file, `module.exports = ${JSON.stringify({ apps: [{ ...app, name, ...logs }] })};\n`);
  return file;
}

afterAll(async () => {
  await pm2(["kill"]);
  rmSync(folder, { recursive: true, force: true });
});

test("pm2 starts the daemon, waits until it is ready, and stops it gently", async () => {
  await using sandbox = await startSandbox();
  mkdirSync(path.join(folder, "data"));
  const env = {
    CONEKTA_API_KEY: "key_pm2Test",
    CONEKTA_BASE_URL: sandbox.url,
    DATABASE_URL: `sqlite:${path.join(folder, "data", "good.db")}`,
    HTTP_PORT: "",
  };
  await pm2(["start", await ecosystem("good")], env);
  expect((await listed("good"))?.status).toBe("online");
  await pm2(["stop", "good"]);
  const stopped = await listed("good");
  expect([stopped?.status, stopped?.exit_code, stopped?.restart_time]).toEqual(["stopped", 0, 0]);
  const log = readFileSync(path.join(folder, "good.log"), "utf8");
  expect(log).toMatch(/"event":"daemon\.ready"[\s\S]*"event":"daemon\.stopping"[\s\S]*"event":"daemon\.stopped"/);
});

test("pm2 does not start again what ended with 78", async () => {
  const env = { CONEKTA_API_KEY: "", DATABASE_URL: `sqlite:${path.join(folder, "data", "bad.db")}`, HTTP_PORT: "" };
  await pm2(["start", await ecosystem("bad")], env).catch(() => "");
  await until(async () => (await listed("bad"))?.exit_code === 78, "the daemon to end");
  // pm2 calls this "waiting restart", and waits for ever. Each question takes longer than the 200 ms it would wait.
  for (let question = 0; question < 3; question++) expect((await listed("bad"))?.restart_time).toBe(0);
  const log = readFileSync(path.join(folder, "bad.err"), "utf8");
  expect(log.match(/CONEKTA_API_KEY: missing/g)).toHaveLength(1);
});

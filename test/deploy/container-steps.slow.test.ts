/**
 * The Dockerfile's steps as a script, since no container engine is needed for that: each COPY and RUN in its order, in a folder
 * that stands for the image's root, and then what it starts. Left out: the base image, and what apt installs (tini).
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { temporaryFolder } from "../support/new-database.ts";
import { registryEnv } from "../support/registry-env.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");
const BIN = path.join(ROOT, "node_modules", ".bin");
const image = temporaryFolder();
const run = promisify(execFile);
let daemon: ChildProcess | null = null;
afterAll(() => {
  daemon?.kill("SIGKILL");
  rmSync(image, { recursive: true, force: true });
});

const steps = readFileSync(path.join(ROOT, "Dockerfile"), "utf8")
  .replaceAll(/^#.*\n/gm, "")
  .replaceAll(/\\\n/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "");
const lastOf = (word: string): string =>
  steps.findLast((step) => step.startsWith(`${word} `))?.slice(word.length + 1) ?? "";

/** What is absolute there, in the folder that stands for it; each stage has its own, and links are made within. */
const inside = (text: string): string => text.replaceAll(/(^|\s)\/(?=(?:opt|srv|src|usr|etc)\b)/g, `$1${image}/`);

function copy(step: string, cwd: string): void {
  const words = step.split(/\s+/).filter((word) => !word.startsWith("--"));
  const isFromStage = step.includes("--from=");
  const target = words.at(-1) ?? "";
  const to = target.startsWith("/") ? inside(target) : path.join(cwd, target);
  for (const source of words.slice(0, -1)) {
    const from = isFromStage ? inside(source) : path.join(ROOT, source);
    const isInto = target.endsWith("/") || target === "./";
    cpSync(from, isInto ? path.join(to, path.basename(source)) : to, { recursive: true, verbatimSymlinks: true });
  }
}

beforeAll(async () => {
  let cwd = image;
  mkdirSync(path.join(image, "usr/local/bin"), { recursive: true });
  for (const step of steps) {
    const [word, rest] = [step.slice(0, step.indexOf(" ")), step.slice(step.indexOf(" ") + 1).trim()];
    if (word === "WORKDIR") mkdirSync((cwd = inside(rest)), { recursive: true });
    if (word === "COPY") copy(rest, cwd);
    if (word !== "RUN" || rest.startsWith("apt-get")) continue;
    // Whose it is there is the image's affair: here it is whoever runs this.
    const command = inside(rest).replace("-o node -g node", "");
    const env = { ...registryEnv(), PATH: `${BIN}:${process.env["PATH"]}`, HOME: process.env["HOME"] };
    await run("/bin/sh", ["-c", command], { cwd, env, timeout: 400_000, maxBuffer: 16 * 1024 * 1024 });
  }
}, 600_000);

test("what they make starts, is healthy by the image's own check, and stops when it is asked to", async () => {
  const port = await freePort();
  const data = path.join(image, "srv/puntual/data");
  expect(statSync(data).mode & 0o777).toBe(0o700);
  const env = {
    ...{
      PATH: `${BIN}:${process.env["PATH"]}`,
      CONEKTA_API_KEY: "key_container",
      CONEKTA_BASE_URL: "http://127.0.0.1:9",
    },
    ...{ HTTP_HOST: "0.0.0.0", HTTP_PORT: String(port), ADMIN_TOKEN: "of-the-container-alone" },
    ...{ DATABASE_URL: "sqlite:data/puntual.db", NODE_ENV: "production" },
  };
  const [, words = ""] = /CMD (\[.*\])$/.exec(lastOf("HEALTHCHECK")) ?? [];
  const [, ...check] = JSON.parse(words) as string[];
  const isHealthy = async (): Promise<boolean> => {
    const [code] = (await once(spawn(process.execPath, check, { env }), "exit")) as [number];
    return code === 0;
  };
  expect(await isHealthy()).toBe(false);

  const started = path.join(image, "usr/local/bin/puntual");
  const args = JSON.parse(lastOf("CMD")) as string[];
  daemon = spawn(started, args, { cwd: path.join(image, "srv/puntual"), env, stdio: "ignore" });
  const ended = once(daemon, "exit");
  for (let tries = 0; tries < 100 && !(await isHealthy()); tries++) await sleep(200);
  expect(await isHealthy()).toBe(true);
  expect(statSync(path.join(data, "puntual.db")).mode & 0o777).toBe(0o600);
  daemon.kill(lastOf("STOPSIGNAL") as NodeJS.Signals);
  expect(await ended).toEqual([0, null]);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

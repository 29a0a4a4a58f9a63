/** What a tick ends with, and what follows it: which faults of a database end the daemon, and which never do. */
import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { DatabaseUnusable } from "../../src/domain/errors.ts";
import { type Daemon, startDaemon } from "../../src/entrypoints/daemon.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { ScriptedGateway } from "../support/scripted-gateway.ts";
import { until } from "./real-process.ts";

const folder = temporaryFolder();
const databasePath = path.join(folder, "books.db");
beforeAll(() => putNewDatabase(databasePath));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Started = { readonly daemon: Daemon; readonly count: (event: string) => number };

/** It ticks every second. @param onTick called amid each */
async function started(onTick: () => void, afterTick = () => {}): Promise<Started> {
  const env = {
    ...{ CONEKTA_API_KEY: "key_test", DATABASE_URL: `sqlite:${databasePath}` },
    ...{ HTTP_PORT: "", LOG_LEVEL: "debug", BILLING_CRON: "* * * * * *" },
  };
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: folder, isTerminal: false },
  );
  const gateway = new ScriptedGateway();
  gateway.probe = async () => {
    onTick();
    return { livemode: false };
  };
  const lines: string[] = [];
  const writeLog = (line: string): void => void lines.push(line);
  const daemon = await startDaemon(config, { cwd: folder, writeLog, afterTick }, { gateway });
  return { daemon, count: (event) => lines.filter((line) => line.includes(event)).length };
}

test("what its server refuses for a while is outlived", async () => {
  let ticks = 0;
  const { daemon, count } = await started(() => {
    if ((ticks += 1) === 1) throw new DatabaseUnusable("it is read-only", { isMisconfigured: true, isOfServer: true });
  });
  await until(() => count("tick.done") > 0, "the tick after the one that failed");
  expect(count("tick.failed")).toBe(1);
  daemon.stop("test");
  expect(await daemon.ended).toBe(0);
});

test("a database that was moved elsewhere is not: a person must say where it is", async () => {
  const { daemon } = await started(() => {
    throw new DatabaseUnusable("it was moved; set DATABASE_URL", { isMisconfigured: true });
  });
  expect(await daemon.ended).toBe(78);
});

test("what is called after a tick may fail: the next one comes, and the end is an orderly one", async () => {
  const { daemon, count } = await started(
    () => {},
    () => {
      throw new Error("no memory to give back");
    },
  );
  await until(() => count("tick.done") > 1, "two ticks");
  expect(count("tick.not_followed")).toBeGreaterThan(0);
  daemon.stop("test");
  expect(await daemon.ended).toBe(0);
});

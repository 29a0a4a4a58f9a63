/** The watchdog outside: called after a tick that tried all that was due, and silent while nobody can be charged. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { systemClock } from "../../src/adapters/clock.ts";
import { envToConfig } from "../../src/config.ts";
import { readEnv } from "../../src/config/environment.ts";
import { startDaemon } from "../../src/entrypoints/daemon.ts";
import { openApp } from "../support/app-fixture.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { paid, ScriptedGateway, unknown } from "../support/scripted-gateway.ts";
import { until } from "./real-process.ts";

const folder = temporaryFolder();
let beats = 0;
const watchdog = createServer((_request, response) => {
  beats += 1;
  response.end();
});
beforeAll(async () => {
  watchdog.listen(0, "127.0.0.1");
  await once(watchdog, "listening");
});
afterAll(() => {
  watchdog.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ["paid", paid, /tick|charge/, true],
  ["lost, so that the breaker opens", unknown, /breaker\.opened/, false],
] as const)("where every charge is %s the heartbeat goes on: %s", async (name, answer, logged, isCalled) => {
  const databasePath = path.join(folder, `${isCalled}.db`);
  await putNewDatabase(databasePath);
  const gateway = new ScriptedGateway();
  {
    await using app = await openApp({ now: systemClock.now(), databasePath, gateway });
    for (let index = 0; index < 12; index++) await app.subscribe(`a${index}`);
  }
  gateway.now = () => systemClock.now();
  gateway.monotonicMs = () => systemClock.monotonicMs();
  gateway.answer = answer;
  const lines: string[] = [];
  const { port } = watchdog.address() as AddressInfo;
  const env = {
    CONEKTA_API_KEY: "key_test",
    DATABASE_URL: `sqlite:${databasePath}`,
    HEARTBEAT_URL: `http://127.0.0.1:${port}/`,
    ...{ HTTP_PORT: "", LOG_LEVEL: "debug", BILLING_CRON: "* * * * * *" },
  };
  const config = envToConfig(
    readEnv(env, null, () => ""),
    { cwd: folder, isTerminal: false },
  );
  beats = 0;
  const daemon = await startDaemon(config, { cwd: folder, writeLog: (line) => void lines.push(line) }, { gateway });
  const ticks = (): number => lines.filter((line) => line.includes("tick.done")).length;
  await until(() => ticks() >= 2, `two ticks of a daemon whose charges are ${name}`);
  daemon.stop("test");
  await daemon.ended;
  expect(lines.join("")).toMatch(logged);
  expect(beats > 0).toBe(isCalled);
});

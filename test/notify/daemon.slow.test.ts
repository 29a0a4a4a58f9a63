/** The real daemon and a receiver that misbehaves: billing goes on, a kill loses nothing, a stop is orderly. */
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { customerAt, plansYaml } from "../support/command-fixture.ts";
import { type RunningProcess, startPuntual, until } from "../daemon/real-process.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { type Receiver, SECRET, startReceiver, verified } from "./receiver.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { puntual } from "../support/command.ts";

/** No tick but the first: what happens afterwards is the outbox's doing. */
const ASLEEP = "0 0 1 1 *";

let folder: string;
let sandbox: Sandbox;
let receiver: Receiver;
const running: RunningProcess[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  sandbox = await startSandbox();
  receiver = await startReceiver();
  const customer = await customerAt(sandbox.url, "Ana", "tok_test_visa_4242");
  writeFileSync(path.join(folder, "plans.yaml"), plansYaml([{ id: "ana", customer }]));
  const { exitCode, stderr } = await puntual(["plans", "apply", "plans.yaml"], { cwd: folder, env: environment() });
  if (exitCode !== 0) throw new Error(`the plans were not applied: ${stderr}`);
});
afterEach(async () => {
  for (const each of running.splice(0)) {
    each.process.kill("SIGKILL");
    await each.ended;
  }
  await receiver[Symbol.asyncDispose]();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

function environment() {
  return {
    ...{ CONEKTA_API_KEY: "key_test", CONEKTA_BASE_URL: sandbox.url, BILLING_CRON: ASLEEP, LOG_LEVEL: "debug" },
    ...{ NOTIFY_URL: receiver.url, NOTIFY_SECRET: SECRET },
  };
}

function start(args: readonly string[]): RunningProcess {
  const started = startPuntual(args, { cwd: folder, env: environment() });
  running.push(started);
  return started;
}

/** [id, type] of what is to be sent. */
function written(): [string, string][] {
  const db = new Database(path.join(folder, "data", "puntual.db"), { readonly: true });
  try {
    return db.prepare("select e.id, e.type from event e join event_delivery d on d.event_id = e.id").raw().all() as [
      string,
      string,
    ][];
  } finally {
    db.close();
  }
}

const sentTypes = () => [...new Map(receiver.calls.map(({ id, message }) => [id, message.type])).values()].toSorted();

test("billing does not wait for a receiver that hangs, and what kill -9 interrupted is sent with the same ids", async () => {
  receiver.answer(...Array.from({ length: 20 }, () => "hang" as const));
  const first = start(["start"]);
  await until(() => sandbox.ledger().length === 1, "the charge, beside a receiver that hangs");
  await until(() => first.output().includes('"event":"tick.done"'), "the end of the tick");
  await until(() => receiver.hanging() >= 2, "calls that hang");
  first.process.kill("SIGKILL");
  await first.ended;
  await until(() => receiver.hanging() === 0, "the end of the calls");
  const before = new Set(receiver.calls.map(({ id }) => id));

  await receiver[Symbol.asyncDispose]();
  receiver = await startReceiver();
  const second = start(["start"]);
  await until(() => sentTypes().length === 2, "what was to be sent");
  expect(sentTypes()).toEqual(["invoice.opened", "invoice.paid"]);
  for (const call of receiver.calls) verified(call);
  expect(new Set(receiver.calls.map(({ id }) => id))).toEqual(before);
  expect(new Set(written().map(([id]) => id))).toEqual(before);
  expect(sandbox.ledger()).toHaveLength(1);

  second.process.kill("SIGTERM");
  const { code, output } = await second.ended;
  expect(code).toBe(0);
  expect(first.output() + output).not.toContain(SECRET.slice("whsec_".length));
});

test("a stop does not wait for a receiver that hangs, and an error is tried again without a tick", async () => {
  receiver.answer(500, 500, "hang");
  const daemon = start(["start"]);
  await until(() => receiver.hanging() === 1, "a second try, five seconds later");
  expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(2);
  daemon.process.kill("SIGTERM");
  const { code, output } = await daemon.ended;
  expect(code).toBe(0);
  expect(output).toContain('"event":"event.not_delivered"');
  expect(output).not.toMatch(/Ana|@example/);
});

/** The real daemon, as a process: started, asked, stopped, killed and started again. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createServer } from "node:net";
import { copyFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { startPuntual, until } from "./real-process.ts";
import { temporaryFolder } from "../support/new-database.ts";
import { type Ended, puntual } from "../support/command.ts";

const KEY = "key_daemonTest";

const PLANS = (customer: string) => `
plans:
  - { id: oro, name: Plan Oro, interval: month, line_items: [{ name: Plan Oro, unit_price: 20015 }] }
subscriptions:
  - { id: jorge, plan: oro, customer: ${customer}, start: 2020-01-31T09:00, time_zone: America/Mexico_City }
`;

let sandbox: Sandbox;
let folder: string;
let customer: string;
const folders: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ apiKey: KEY });
});

afterAll(async () => {
  await sandbox.close();
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

/** A merchant with one customer whose charge is due: the period that contains today. */
beforeEach(async () => {
  sandbox.clearFaults();
  folder = temporaryFolder();
  folders.push(folder);
  await command(["migrate"]);
  const created = await command(
    ["customers", "add", "--name", "Jorge Martínez", "--email", "jorge@example.com", "--phone", "+525512345678"].concat(
      ["--token", "tok_test_visa_4242", "--json"],
    ),
  );
  customer = /cus_\w+/.exec(created.stdout)?.[0] ?? "";
  writeFileSync(path.join(folder, "plans.yaml"), PLANS(customer));
  const applied = await command(["plans", "apply", "plans.yaml"]);
  if (applied.exitCode !== 0) throw new Error(applied.stderr);
});

function environment(extra: Readonly<Record<string, string>> = {}) {
  return { cwd: folder, env: { CONEKTA_API_KEY: KEY, CONEKTA_BASE_URL: sandbox.url, ...extra } };
}

/** In this process. */
function command(args: readonly string[]): Promise<Ended> {
  return puntual(args, environment());
}

function run(args: readonly string[], extra: Readonly<Record<string, string>> = {}) {
  return startPuntual(args, environment(extra)).ended;
}

function start(extra: Readonly<Record<string, string>> = {}) {
  return startPuntual(["start"], environment(extra));
}

function outcomes(): string[] {
  const database = new Database(path.join(folder, "data", "puntual.db"), { readonly: true });
  try {
    const rows = database.prepare("select outcome from billing_history order by attempt").all() as {
      outcome: string;
    }[];
    return rows.map(({ outcome }) => outcome);
  } finally {
    database.close();
  }
}

const chargesOf = (id: string) => sandbox.ledger().filter(({ customerId }) => customerId === id);
const ordersSentFor = () =>
  sandbox.requests().filter(({ method, path: url }) => method === "POST" && url === "/orders");

describe("the daemon", () => {
  test("charges what is due as soon as it starts, and ends with 0 on SIGTERM", async () => {
    const daemon = start();
    await until(() => outcomes().includes("paid"), "the charge");
    daemon.process.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    expect(chargesOf(customer)).toHaveLength(1);
    expect(daemon.output()).toContain('"event":"daemon.ready"');
    expect(daemon.output()).not.toContain(KEY);
    expect(daemon.output()).not.toContain("jorge@example.com");
  });

  test.each<["SIGTERM" | "SIGINT" | "SIGHUP"]>([["SIGTERM"], ["SIGINT"], ["SIGHUP"]])(
    "lets the call in flight finish and books it before it ends on %s",
    async (signal) => {
      const before = ordersSentFor().length;
      sandbox.inject({ kind: "latency_after", call: "POST /orders", ms: 500 });
      const daemon = start();
      await until(() => ordersSentFor().length > before, "the charge under way");
      daemon.process.kill(signal);
      expect((await daemon.ended).code).toBe(0);
      expect(outcomes()).toEqual(["paid"]);
    },
  );

  test.each<[what: string, lose: (file: string) => void]>([
    ["deleted", (file) => rmSync(file)],
    [
      "moved, and a copy put in its place",
      (file) => (renameSync(file, `${file}.old`), copyFileSync(`${file}.old`, file)),
    ],
  ])("a database that is %s under it ends it with 78, and it charges nobody more", async (_what, lose) => {
    const daemon = start({ BILLING_CRON: "* * * * * *" });
    await until(() => outcomes().includes("paid"), "the charge");
    lose(path.join(folder, "data", "puntual.db"));
    expect((await daemon.ended).code).toBe(78);
    expect(daemon.output()).toContain("was moved, deleted or replaced while this process had it open");
    expect(chargesOf(customer)).toHaveLength(1);
  });

  test("killed in the middle of a charge and started again, it finds out instead of charging again", async () => {
    const before = ordersSentFor().length;
    sandbox.inject({ kind: "hang_after", call: "POST /orders" });
    const killed = start();
    await until(() => ordersSentFor().length > before, "the charge under way");
    killed.process.kill("SIGKILL");
    expect((await killed.ended).signal).toBe("SIGKILL");
    expect(outcomes()).toEqual(["sending"]);

    const second = start({ RECONCILE_SCHEDULE: "1s,2s,3s", BILLING_CRON: "* * * * * *" });
    await until(() => outcomes().includes("paid"), "the inquiry that finds the charge");
    second.process.kill("SIGTERM");
    expect((await second.ended).code).toBe(0);
    expect(outcomes()).toEqual(["paid"]);
    expect(chargesOf(customer)).toHaveLength(1);
  });

  test("charges nobody while the gateway does not let its orders be listed: the books may be a restored backup", async () => {
    sandbox.inject({ kind: "503_before", call: "GET /orders", always: true });
    const refused = await command(["run"]);
    expect([refused.exitCode, outcomes()]).toEqual([1, []]);
    expect(refused.stderr).toContain("Conekta's orders cannot be listed");
    sandbox.clearFaults();
    expect([(await command(["run"])).exitCode, outcomes()]).toEqual([0, ["paid"]]);
  });

  test("while nobody answers, charges nobody, burns nothing and says so; charges once Conekta is back", async () => {
    sandbox.inject({ kind: "refuse" });
    const refused = await command(["run"]);
    expect([refused.exitCode, outcomes()]).toEqual([1, []]);
    expect(refused.stderr).toContain("Conekta's orders cannot be listed");

    const daemon = start({ HTTP_PORT: "0", BILLING_CRON: "* * * * * *" });
    await until(() => daemon.output().includes("restore.not_checked"), "the first tick");
    const url = /"http":"([^"]+)"/.exec(daemon.output())?.[1] ?? "";
    const because = async () => ((await (await fetch(`${url}/readyz`)).json()) as { because: string | null }).because;
    await until(async () => (await because())?.includes("Conekta does not answer") ?? false, "the reason in /readyz");
    expect(outcomes()).toEqual([]);
    sandbox.clearFaults();
    await until(() => outcomes().includes("paid"), "the charge");
    await until(async () => (await because()) === null, "the daemon to be ready");
    daemon.process.kill("SIGTERM");
    expect((await daemon.ended).code).toBe(0);
    expect(outcomes()).toEqual(["paid"]);
  });

  test("is the only one: a second daemon, and a run beside it, are refused with the first one's pid", async () => {
    const first = start();
    await until(() => first.output().includes("daemon.ready"), "the first daemon");
    const [second, beside] = await Promise.all([run(["start"]), run(["run"])]);
    for (const refused of [second, beside]) {
      expect(refused.code).toBe(1);
      expect(refused.output).toContain(`pid ${first.pid}`);
    }
    first.process.kill("SIGTERM");
    await first.ended;
  });

  test("answers /healthz and /readyz, and says which port is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = address !== null && typeof address !== "string" ? String(address.port) : "";
    const refused = await run(["start"], { HTTP_PORT: port });
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(`port ${port} of 127.0.0.1 is in use`);
    await new Promise((resolve) => taken.close(resolve));

    const daemon = start({ HTTP_PORT: port });
    await until(() => outcomes().includes("paid"), "the first tick");
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(await health.json()).toEqual({ status: "ok" });
    await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, "the daemon to be ready");
    daemon.process.kill("SIGTERM");
    await daemon.ended;
  });

  test.each<[string, Record<string, string>, RegExp]>([
    // what is wrong, environment, what it says
    ["no key", { CONEKTA_API_KEY: "" }, /CONEKTA_API_KEY: missing/],
    ["a key the gateway does not know", { CONEKTA_API_KEY: "key_wrong" }, /CONEKTA_API_KEY/],
    ["a lease shorter than two calls", { LEASE_MS: "1000" }, /LEASE_MS: 1000 is less than twice/],
    ["open to the network without a token", { HTTP_HOST: "0.0.0.0", HTTP_PORT: "1" }, /ADMIN_TOKEN/],
  ])("ends with 78, for good, for %s", async (_what, extra, says) => {
    const ended = await run(["start"], extra);
    expect(ended.code).toBe(78);
    expect(ended.output).toMatch(says);
    expect(ended.output).not.toContain("key_wrong");
    expect(outcomes()).toEqual([]);
  });

  test("keeps its database to itself", async () => {
    await command(["run"]);
    const data = path.join(folder, "data");
    const modes = readdirSync(data).map((file) => (statSync(path.join(data, file)).mode & 0o777).toString(8));
    expect(new Set(modes)).toEqual(new Set(["600"]));
  });
});

/** How a run ends: what it prints, its exit code, and what a signal, a limit or a second process does to it. */
import { spawn } from "node:child_process";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { ended, PUNTUAL, start } from "./command.ts";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { holdCharges } from "./held-gateway.ts";

type Row = Readonly<Record<string, unknown>>;

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
});
afterEach(async () => await fixture.close());

/** One due charge a token. */
async function due(...tokens: readonly string[]): Promise<void> {
  const customers = await Promise.all(tokens.map((token) => customerAt(fixture.sandbox.url, "Ana", token)));
  fixture.write("config/plans.yaml", plansYaml(customers.map((customer, at) => ({ id: `s${at}`, customer }))));
  await fixture.run(["plans", "apply"]);
}

describe("a run", () => {
  test("exits 3 when an invoice needs a person, 0 for an outcome unknown; `status` counts both, with their age", async () => {
    await due("tok_sandbox_fault_other_amount", "tok_sandbox_fault_reset_after");
    const run = await fixture.run(["run"]);
    expect(run).toMatchObject({ exitCode: 3, stdout: "2 opened, 0 paid, 2 unknown.\n" });
    expect(run.stderr).toContain("1 of these need a person; see: npx puntual invoices list --status held");

    const waiting = { oldestAt: expect.stringMatching(/Z$/), ageSeconds: expect.any(Number) };
    expect(documentOf(await fixture.run(["status", "--json"]))).toMatchObject({
      unknown: { count: 2, ...waiting },
      held: { count: 1, ...waiting },
    });
    expect((await fixture.run(["run"])).exitCode).toBe(0);
  });

  test("is what `status` asks for while something is due and nobody charges", async () => {
    await due("tok_test_visa_4242");
    const before = await fixture.run(["status"]);
    expect(before).toMatchObject({ exitCode: 3 });
    expect(before.stdout).toContain(
      "no process charges now; 1 is due, and nobody charges: npx puntual start, or npx puntual run",
    );
    await fixture.run(["run"]);
    expect(await fixture.run(["status"])).toMatchObject({ exitCode: 0 });
  });

  test("exits 1 when nothing could be sent, says that nothing was charged, and when it is due again", async () => {
    await due("tok_test_visa_4242");
    fixture.sandbox.inject({ kind: "429", call: "POST /orders", always: true });
    const run = await fixture.run(["run"]);
    fixture.sandbox.clearFaults();
    expect(run).toMatchObject({ exitCode: 1, stdout: "1 opened, 0 paid, 1 not sent.\n" });
    expect(run.stderr).toMatch(
      /nothing was charged: .* Due again from \d{4}-\d\d-\d\d \d\d:\d\d America\/Mexico_City on\./,
    );
    expect(fixture.sandbox.ledger()).toEqual([]);
  });

  test("exits 1 when it stops before everybody was tried, and says how many are left", async () => {
    await due(...Array.from({ length: 16 }, () => "tok_sandbox_fault_504_after"));
    const run = await fixture.run(["run", "--json"]);
    const { unknown, stillDue } = documentOf(run) as { unknown: number; stillDue: number };
    expect([unknown + stillDue, stillDue > 0, run.exitCode]).toEqual([16, true, 1]);
    expect(run.stderr).toContain(`${stillDue} more are due and were not tried`);
  });

  test("exits 1 when Conekta cannot be reached: nobody is charged before the books were compared, and no try is lost", async () => {
    await due("tok_test_visa_4242");
    const run = await fixture.run(["run"], { env: { CONEKTA_BASE_URL: "http://127.0.0.1:9" } });
    expect(run).toMatchObject({ exitCode: 1, stdout: "" });
    expect(run.stderr).toContain("nobody was charged (0 invoices were opened): Conekta's orders cannot be listed");
    expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("1 paid") });
  });

  test("`--limit` charges so many and is no alarm; the limit of the configuration is one", async () => {
    await due("tok_test_visa_4242", "tok_test_visa_4242", "tok_test_visa_4242");
    const chosen = await fixture.run(["run", "--limit", "1"]);
    expect(chosen).toMatchObject({ exitCode: 0, stderr: "Stopped at --limit; 2 more are due.\n" });
    const alarmed = await fixture.run(["run", "--json"], { env: { MAX_CHARGES_PER_RUN: "2" } });
    expect(alarmed.exitCode).toBe(3);
    expect(documentOf(alarmed)).toMatchObject({ paid: 1, stoppedAt: "MAX_CHARGES_PER_RUN", stillDue: 1 });
  });

  test("holds the right to charge alone; a signal lets its charge in flight finish and leaves the rest", async () => {
    await due("tok_test_visa_4242", "tok_test_visa_4242");
    const gateway = await holdCharges(fixture.sandbox.url);
    const env = { ...fixture.env, CONEKTA_BASE_URL: gateway.url, CHARGE_CONCURRENCY: "1" };
    const child = start(["run", "--json"], { cwd: fixture.folder, env });
    const end = ended(child);
    await gateway.charged;

    const [second, status] = await Promise.all([fixture.run(["run"]), fixture.run(["status", "--json"])]);
    expect(second).toMatchObject({ exitCode: 1, stdout: "" });
    expect(second.stderr).toContain(`another process (pid ${child.pid}) is charging from`);
    expect((documentOf(status) as Row)["charging"]).toEqual({
      running: true,
      pid: child.pid,
      because: null,
      nodes: [],
    });

    const heard = new Promise((resolve) => child.stderr?.once("data", resolve));
    child.kill("SIGTERM");
    await heard;
    gateway.release();
    const run = await end;
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^Stopping: .*\n.*stopped by a signal; 1 more are due, and left for the next run\.\n$/);
    expect(documentOf(run)).toMatchObject({ paid: 1, interrupted: true, stillDue: 1 });
    expect(fixture.sandbox.ledger()).toHaveLength(1);
    await gateway.close();
  });
});

describe("`run --dry-run`", () => {
  test("does not bring an older database up to date, and says who does", async () => {
    await fixture.run(["migrate"]);
    const file = path.join(fixture.folder, "books.db");
    const books = new Database(file);
    books.exec("delete from mikro_orm_migrations where name like '%WebhookIndexes'; drop index attempt_shared_order");
    books.close();
    const run = await fixture.run(["run", "--dry-run"]);
    expect(run).toMatchObject({ exitCode: 78, stdout: "" });
    expect(run.stderr).toMatch(/WebhookIndexes\)\. Nothing was changed; do it with: npx puntual migrate/);
    const after = new Database(file, { readonly: true });
    const names = after.prepare("select name from mikro_orm_migrations where name like '%WebhookIndexes'").all();
    after.close();
    expect(names).toEqual([]);
  });

  test("stops at the limits of the configuration, and holds what is beyond them", async () => {
    await due("tok_test_visa_4242", "tok_test_visa_4242", "tok_test_visa_4242");
    const env = { MAX_CHARGES_PER_RUN: "2" };
    const document = documentOf(await fixture.run(["run", "--dry-run", "--json"], { env }));
    expect(document).toMatchObject({ totalCents: { MXN: 40030 }, stoppedAt: "MAX_CHARGES_PER_RUN" });
    expect((document as Row)["wouldNotCharge"]).toMatchObject([{ because: "MAX_CHARGES_PER_RUN" }]);
    const amount = await fixture.run(["run", "--dry-run"], { env: { MAX_AMOUNT_CENTS_PER_RUN: "30000" } });
    expect(amount.stdout).toMatch(
      /1 charged \(\$200\.15 MXN\)[\s\S]*Due, and not charged[\s\S]*MAX_AMOUNT_CENTS_PER_RUN/,
    );
  });
});

describe("the command itself", () => {
  test.each<[exitCode: number, args: string, env: Readonly<Record<string, string>>]>([
    [0, "--version", {}],
    [1, "plans show nope", {}],
    [3, "status", {}],
    [64, "rum", {}],
    [78, "run", { CONEKTA_API_KEY: "" }],
  ])("ends the process with %i after `%s`", async (exitCode, args, env) => {
    if (exitCode === 3) {
      await due("tok_sandbox_fault_other_amount");
      await fixture.run(["run"]);
    } else await fixture.run(["migrate"]);
    const end = await ended(start(args.split(" "), { cwd: fixture.folder, env: { ...fixture.env, ...env } }));
    expect(end.exitCode).toBe(exitCode);
    expect(exitCode === 0 || exitCode === 3 ? end.stderr : end.stdout).toBe("");
  });

  test("an older Node hands over to the pinned one, with arguments and exit code", async () => {
    await fixture.run(["migrate"]);
    const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.20.2"}})';
    const env = { ...fixture.env, NODE_OPTIONS: "" };
    const args = ["--import", older];
    const child = spawn(process.execPath, [...args, PUNTUAL, "plans", "show", "nope"], { cwd: fixture.folder, env });
    const end = await ended(child);
    expect(end).toMatchObject({ exitCode: 1, stdout: "" });
    expect(end.stderr).toContain("there is no plan nope");
  });

  test("`sandbox` prints where it listens, and a signal ends it with 0", async () => {
    const child = start(["sandbox", "--port", "0", "--seed", "7", "--json"], { cwd: fixture.folder });
    const first = new Promise<string>((resolve) => child.stdout?.once("data", (chunk) => resolve(String(chunk))));
    const end = ended(child);
    const { url } = JSON.parse(await first) as { url: string };
    expect((await fetch(`${url}/_sandbox`)).status).toBe(200);
    child.kill("SIGINT");
    expect(await end).toMatchObject({ exitCode: 0, stderr: "The sandbox is closed.\n" });
  });
});

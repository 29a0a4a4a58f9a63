/**
 * The real daemon, stopped (SIGSTOP) with a charge under way until its lease is long over, then let go on (SIGCONT).
 */
import { expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { seededRandom } from "../../src/adapters/random.ts";
import { CHARGE_FLOWS } from "../../src/domain/ways-to-pay.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { startPuntual, until } from "../daemon/real-process.ts";
import { API_KEY, createCustomers } from "./customers.ts";
import { CHARGE } from "./failpoints.ts";
import { checkAtRest, readRecords } from "./ledger-check.ts";
import { openWorkload } from "./workload.ts";
import { environment, isQuiet } from "./round.ts";

test.each(CHARGE_FLOWS.map((flow) => [flow]))(
  "in the flow %s: stopped past its lease, it keeps a second one out, and charges nobody twice",
  async (flow) => {
    const folder = mkdtempSync(path.join(tmpdir(), "puntual-stop-"));
    const databasePath = path.join(folder, "data", "puntual.db");
    mkdirSync(path.dirname(databasePath));
    await using sandbox = await startSandbox({ apiKey: API_KEY });
    const customerIds = await createCustomers(sandbox.url, ["tok_test_visa_4242", "tok_test_visa_1881"]);
    const env = environment(flow, sandbox.url);
    await using workload = await openWorkload({ folder, env, customerIds });
    await workload.addWork(0, seededRandom(1));
    // Long enough to stop it before the answer, short enough for the answer to be there when it goes on.
    sandbox.inject({ kind: "latency_after", call: CHARGE[flow], ms: 300, next: 2 });

    const stopped = startPuntual(["start"], { cwd: folder, env });
    await until(() => sandbox.ledger().length > 0, "a charge under way");
    stopped.process.kill("SIGSTOP");
    const records = new Database(databasePath, { readonly: true });
    const leases = records.prepare("select max(claimed_until) from attempt where state = 'sending'").pluck();
    const leaseEndsAt = Number(leases.get());
    expect(leaseEndsAt).toBeGreaterThan(0);
    await until(() => Date.now() > leaseEndsAt, "the lease to be over");

    const second = await startPuntual(["start"], { cwd: folder, env }).ended;
    expect(second.code).toBe(1);
    expect(second.output).toContain(`pid ${stopped.pid}`);

    stopped.process.kill("SIGCONT");
    await until(() => isQuiet(records), "everything to be settled");
    stopped.process.kill("SIGTERM");
    expect((await stopped.ended).code).toBe(0);
    records.close();
    const after = await readRecords(databasePath);
    expect(checkAtRest(after, sandbox.ledger(), new Date())).toEqual([]);
    expect(after.invoices.map(({ status }) => status)).toEqual(after.invoices.map(() => "paid"));
    expect(sandbox.ledger()).toHaveLength(after.invoices.length);
    rmSync(folder, { recursive: true, force: true });
  },
);

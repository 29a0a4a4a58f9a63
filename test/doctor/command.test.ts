/** The real command: what it prints, and how it ends. */
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import type { Finding } from "../../src/application/doctor/finding.ts";
import { documentOf, type Ended } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture } from "../support/command-fixture.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await fixture.run(["migrate"]);
});
afterEach(async () => await fixture.close());

const checksOf = (ended: Ended) => (documentOf(ended) as { checks: readonly Finding[] }).checks;
const stateOf = (ended: Ended, name: string) => checksOf(ended).find(({ check }) => check === name)?.state;

describe("puntual doctor", () => {
  test("on the first day: only nobody charging is worth a warning, and it ends with 0", async () => {
    const visit = await fixture.run(["doctor", "--json"]);
    expect(visit.exitCode).toBe(0);
    expect(checksOf(visit).filter(({ state }) => state !== "ok")).toMatchObject([{ check: "process", state: "warn" }]);
    const table = await fixture.run(["doctor", "--offline"]);
    expect(table).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("1 warn, 0 bad.") });
    expect(table.stdout).toMatch(/^CHECK +STATE +FOUND +MEND\ndatabase +ok +whole\n/);
    expect(table.stdout).not.toContain("clock_gateway");
  });

  test("a file that others may read is told, though opening it closes it: exit code 1", async () => {
    chmodSync(path.join(fixture.folder, "books.db"), 0o644);
    const visit = await fixture.run(["doctor", "--json", "--offline"]);
    expect(visit.exitCode).toBe(1);
    expect(stateOf(visit, "files")).toBe("bad");
  });

  test("a file that is no database is one finding, with exit code 1", async () => {
    writeFileSync(path.join(fixture.folder, "books.db"), "these are not the books\n".repeat(50));
    const visit = await fixture.run(["doctor", "--json"]);
    expect(visit.exitCode).toBe(1);
    expect(checksOf(visit)).toMatchObject([{ check: "database", state: "bad" }]);
  });

  test("what waits for a person is exit code 3, and a missing key 1", async () => {
    const db = new Database(path.join(fixture.folder, "books.db"));
    db.exec("insert into halt values ('unauthorized', 1, 'the reason', null)");
    db.close();
    expect((await fixture.run(["doctor", "--json", "--offline"])).exitCode).toBe(3);
    const visit = await fixture.run(["doctor", "--json"], { env: { CONEKTA_API_KEY: "" } });
    expect(visit.exitCode).toBe(1);
    expect(stateOf(visit, "key")).toBe("bad");
  });

  test("--probe-guard asks first, prints both results, and stores them", async () => {
    const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
    const args = ["doctor", "--probe-guard", "--customer", customer];
    expect((await fixture.run(args)).exitCode).toBe(64);
    expect(fixture.sandbox.ledger()).toEqual([]);
    const probe = await fixture.run([...args, "--amount-cents", "500", "--yes", "--json"]);
    expect(probe.exitCode).toBe(0);
    expect(documentOf(probe)).toMatchObject({ guardProbe: { sequential: "refused", concurrent: "refused" } });
    expect(fixture.sandbox.ledger().map(({ amountCents }) => amountCents)).toEqual([500, 500]);
    const visit = await fixture.run(["doctor", "--json"], { env: { CONEKTA_CHARGE_FLOW: "order_first" } });
    expect(stateOf(visit, "guard")).toBe("ok");
  });

  test.each([
    ["--probe-guard", "--probe-guard needs --customer cus_…"],
    ["--customer cus_1", "--customer belongs to --probe-guard"],
    ["--probe-guard --customer cus_1 --offline", "cannot be used with option"],
    ["--probe-guard --customer cus_1 --amount-cents 299", "Expected a whole number from 300"],
    ["--since yesterday", "Expected a date that exists"],
  ])("%s ends with 64: %s", async (args, message) => {
    const ended = await fixture.run(["doctor", ...args.split(" ")]);
    expect(ended).toMatchObject({ exitCode: 64, stdout: "", stderr: expect.stringContaining(message) });
  });
});

/** A person stops charging for everybody, and lets it go on; every light says so meanwhile. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import path from "node:path";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(path.join(fixture.folder, "books.db"));
  const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer }]));
  await fixture.run(["plans", "apply"]);
});
afterEach(async () => await fixture.close());

const WHY = "the price of Plan Oro is wrong";

test("`halt` stops charging with a reason that run, status and explain show; `go` lets it go on", async () => {
  expect(await fixture.run(["halt", "--reason", WHY])).toMatchObject({ exitCode: 0 });

  const run = await fixture.run(["run"]);
  expect(run).toMatchObject({ exitCode: 3, stdout: "1 opened, 0 paid.\n" });
  expect(run.stderr).toContain(WHY);
  expect(fixture.sandbox.ledger()).toEqual([]);
  const status = await fixture.run(["status", "--json"]);
  expect(status.exitCode).toBe(3);
  expect(documentOf(status)).toMatchObject({ halt: { halted: true, because: expect.stringContaining(WHY) } });
  expect((await fixture.run(["doctor", "--offline"])).exitCode).toBe(3);
  expect((await fixture.run(["explain", "ana"])).stdout).toContain("puntual go");

  const went = await fixture.run(["go", "--reason", "it is right again", "--json"]);
  expect(documentOf(went)).toEqual({
    lifted: [expect.stringContaining(WHY)],
    halt: { halted: false, because: null },
  });
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("1 paid") });
  expect((await fixture.run(["explain", "ana", "--lang", "es"])).stdout).toContain("it is right again");
});

test("what is uncertain is still asked about during a halt", async () => {
  fixture.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await fixture.run(["run"]);
  await fixture.run(["halt", "--reason", WHY]);
  expect((await fixture.run(["reconcile", "--all"])).stdout).toContain("1 paid");
});

test.each<[args: readonly string[], exitCode: number, says: string, because: string]>([
  // command, exit code, says, because
  [["halt"], 64, "required option '--reason <text>'", "a halt that nobody can explain is lifted by nobody"],
  [["halt", "--reason", "x"], 64, "at least 10 characters", "or hardly one"],
  [["go"], 0, "", "there was no halt"],
])("%j ends with %i", async (args, exitCode, says, _because) => {
  const ended = await fixture.run(args);
  expect(ended.exitCode).toBe(exitCode);
  expect(ended.stderr).toContain(says);
});

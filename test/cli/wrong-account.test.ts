/** A key of another account, or a sandbox begun anew: nobody is charged; and all that was held for it is put up again. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import path from "node:path";
import { createBiller } from "../../src/application/run/biller.ts";
import { DAY_MS, MINUTE_MS } from "../../src/domain/duration.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { openSweptApp } from "../reconcile/swept-app.ts";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(path.join(fixture.folder, "books.db"));
  const names = ["Ana", "Beto", "Carla"];
  const customers = await Promise.all(names.map((name) => customerAt(fixture.sandbox.url, name, "tok_test_visa_4242")));
  fixture.write("config/plans.yaml", plansYaml(customers.map((customer, at) => ({ id: `s${at}`, customer }))));
  await fixture.run(["plans", "apply"]);
});
afterEach(async () => await fixture.close());

test("a key that knows none of the customers charges nobody: 78", async () => {
  await using other = await startSandbox({ seed: 77 });
  await customerAt(other.url, "Somebody", "tok_test_visa_4242");
  const run = await fixture.run(["run"], { env: { CONEKTA_BASE_URL: other.url } });
  expect(run).toMatchObject({ exitCode: 78 });
  expect(run.stderr).toContain("knows none of 3 customers of this database");
  expect(documentOf(await fixture.run(["invoices", "list", "--json"]))).toMatchObject({ invoices: [] });
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("3 paid") });
});

test("another account behind the same address, under a process that charges: nothing is held, and it ends", async () => {
  await using app = await openSweptApp();
  const { needs, owner, limits } = await app.assembly.biller();
  let isAnother = false;
  const probe = async (customerId: string | null) =>
    isAnother ? { livemode: false, isKnown: false } : await needs.gateway.probe(customerId);
  const biller = createBiller({ ...needs, gateway: { ...needs.gateway, probe } }, owner, limits);
  await biller.tick(new AbortController().signal);
  for (const id of ["ana", "beto", "carla"]) await app.subscribeWithCard(id);
  isAnother = true;
  app.clock.advance(MINUTE_MS);
  await expect(biller.tick(new AbortController().signal)).rejects.toMatchObject({ name: "WrongAccount" });
  expect(await app.list("invoices")).toMatchObject([{ status: "open" }, { status: "open" }, { status: "open" }]);
  expect(await app.list("attempts")).toEqual([]);
});

test("`invoices retry --reason` puts up all that are held for it, with the plan first", async () => {
  const dora = await customerAt(fixture.sandbox.url, "Dora", "tok_test_visa_4242");
  fixture.write(
    "config/plans.yaml",
    `plans:
  - { id: oro, name: Plan Oro, interval: day, catch_up: ask, line_items: [{ name: Plan Oro, unit_price: 20015 }] }
subscriptions:
  - { id: dora, plan: oro, customer: ${dora}, start: ${new Date(Date.now() - 4 * DAY_MS).toISOString().slice(0, 10)}T09:00, bill_past: true }
`,
  );
  const env = { DATABASE_URL: "sqlite:dora.db" };
  await fixture.run(["plans", "apply", "--yes"], { env });
  await fixture.run(["run"], { env });
  const asked = await fixture.run(["invoices", "retry", "--reason", "catch_up_ask"], { env });
  expect(asked).toMatchObject({ exitCode: 64 });
  const held = asked.stdout.split("\n").filter((line) => line.startsWith("inv_"));
  expect(held.length).toBeGreaterThanOrEqual(2);
  const done = await fixture.run(["invoices", "retry", "--reason", "catch_up_ask", "--yes", "--json"], { env });
  expect(documentOf(done)).toEqual({ putUp: held.length, left: [] });
  expect(await fixture.run(["invoices", "retry"], { env })).toMatchObject({ exitCode: 64 });
});

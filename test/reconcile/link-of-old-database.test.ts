/** A payment link collects, too: a database that was put back makes none for what was charged since. */
import { copyFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { customerAt, newCommandFixture, plansYaml, type CommandFixture } from "../support/command-fixture.ts";

let fixture: CommandFixture;
let invoiceId: string;
const file = (name: string) => path.join(fixture.folder, name);

/** Opened and not charged yet: the moment of the backup. */
beforeEach(async () => {
  fixture = await newCommandFixture();
  const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer }]));
  await fixture.run(["plans", "apply"]);
  await fixture.run(["halt", "--reason", "a backup is made"]);
  await fixture.run(["run"]);
  await fixture.run(["go"]);
  const { invoices } = documentOf(await fixture.run(["invoices", "list", "--json"])) as {
    invoices: { invoiceId: string }[];
  };
  invoiceId = invoices[0]?.invoiceId ?? "";
});
afterEach(async () => await fixture.close());

test("charged since: the link is refused, charging is halted, and the customer pays once", async () => {
  copyFileSync(file("books.db"), file("backup.db"));
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("1 paid") });
  copyFileSync(file("backup.db"), file("books.db"));

  const link = await fixture.run(["invoices", "link", invoiceId]);
  expect(link).toMatchObject({ exitCode: 1, stdout: "" });
  expect(link.stderr).toContain("nothing was made: charging is halted: these books are older");
  expect((await fixture.run(["run"])).exitCode).toBe(3);
  expect(fixture.sandbox.ledger()).toHaveLength(1);
});

test("control: where nothing was charged since, the link is made", async () => {
  const link = await fixture.run(["invoices", "link", invoiceId]);
  expect(link).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("http") });
});

test("while the orders cannot be listed no link is made", async () => {
  fixture.sandbox.inject({ kind: "500_before", call: "GET /orders", always: true });
  const link = await fixture.run(["invoices", "link", invoiceId]);
  expect(link).toMatchObject({ exitCode: 1, stdout: "" });
  expect(link.stderr).toContain("orders cannot be listed");
});

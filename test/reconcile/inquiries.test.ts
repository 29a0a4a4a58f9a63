/** `reconcile` without a window: what it asks about, what it says when it cannot, and beside a process that charges. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import path from "node:path";
import { acquireChargeLock } from "../../src/adapters/store/dialect/lock.ts";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { putNewDatabase } from "../support/new-database.ts";

let fixture: CommandFixture;
beforeEach(async () => {
  fixture = await newCommandFixture();
  await putNewDatabase(path.join(fixture.folder, "books.db"));
  const ana = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer: ana }]));
  await fixture.run(["plans", "apply"]);
});
afterEach(async () => await fixture.close());

async function loseAnAnswer(): Promise<void> {
  fixture.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await fixture.run(["run"]);
}

test("inquiries that failed are said, with an exit code", async () => {
  await loseAnAnswer();
  fixture.sandbox.inject({ kind: "500_before", call: "GET /orders", always: true });
  const failed = await fixture.run(["reconcile", "--all"]);
  expect(failed).toMatchObject({ exitCode: 1, stdout: "" });
  expect(failed.stderr).toContain("1 inquiries failed");
  expect(documentOf(await fixture.run(["reconcile", "--all", "--json"]))).toMatchObject({ failed: 1 });
  fixture.sandbox.clearFaults();
  expect(await fixture.run(["reconcile", "--all"])).toMatchObject({ exitCode: 0, stdout: "Looked: 1 paid.\n" });
});

test("beside a process that charges they are put up for it, and that is said", async () => {
  await loseAnAnswer();
  const lock = acquireChargeLock(path.join(fixture.folder, "books.db"));
  try {
    const left = await fixture.run(["reconcile", "--all"]);
    expect(left).toMatchObject({ exitCode: 0, stderr: "" });
    expect(left.stdout).toMatch(/^Process \d+ charges from this database, .*: 1 inquiries are due now\.\n$/);
    const compared = await fixture.run(["reconcile", "--since", "2026-01-01"]);
    // What is under way there is no difference; and nothing was booked.
    expect(compared).toMatchObject({ exitCode: 0, stderr: "" });
    expect(compared.stdout).toMatch(/^Process \d+ charges from this database, so it was only compared: /);
    expect((await fixture.run(["unknown", "list"])).stdout).toContain("att_");
  } finally {
    lock.release();
  }
  const status = documentOf(await fixture.run(["status", "--json"])) as { readonly nextInquiryAt: string };
  expect(Date.parse(status.nextInquiryAt)).toBeLessThanOrEqual(Date.now());
  const { stdout } = await fixture.run(["subscriptions", "cancel", "ana", "--now", "--yes"]);
  expect(stdout).toContain("1 void if it is not paid by the charge under way");
});

test.each([
  ["reconcile", "asks about open links, too", (_id: string) => ["reconcile", "--all"]],
  [
    "refund",
    "asks before it says that nothing was paid",
    (id: string) => ["invoices", "refund", id, "--reason", "other", "--yes"],
  ],
] as const)("a link that was paid in cash meanwhile: `%s` %s", async (_command, _what, command) => {
  const beto = await customerAt(fixture.sandbox.url, "Beto", "tok_sandbox_call_issuer");
  fixture.write("config/plans.yaml", plansYaml([{ id: "beto", customer: beto }]));
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
  const listed = documentOf(await fixture.run(["invoices", "list", "--subscription", "beto", "--json"]));
  const invoiceId = (listed as { invoices: { invoiceId: string }[] }).invoices[0]?.invoiceId ?? "";
  await fixture.run(["invoices", "link", invoiceId, "--methods", "cash"]);
  const orderId = fixture.sandbox.orders().at(-1)?.orderId ?? "";
  fixture.sandbox.visitPage(orderId, { choose: "cash" });
  fixture.sandbox.visitPage(orderId, { pay: "cash" });
  const asked = await fixture.run(command(invoiceId));
  expect(asked).toMatchObject({ exitCode: 0, stderr: "" });
  const { invoice } = documentOf(await fixture.run(["invoices", "show", invoiceId, "--json"])) as { invoice: object };
  expect(invoice).toMatchObject({ status: "paid" });
});

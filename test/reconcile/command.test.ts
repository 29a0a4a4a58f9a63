/** The commands as a person types them: what they print, what they refuse, and their exit codes. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

type Row = Readonly<Record<string, unknown>>;

const REASON = ["--reason", "seen in the panel by me"];

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await newCommandFixture();
  const ana = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer: ana }]));
  await fixture.run(["plans", "apply"]);
  copyFileSync(path.join(fixture.folder, "books.db"), path.join(fixture.folder, "backup.db"));
  fixture.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await fixture.run(["run"]);
});
afterAll(async () => await fixture.close());

async function documentAfter(...args: string[]): Promise<unknown> {
  return documentOf(await fixture.run([...args, "--json"]));
}

async function unknowns(): Promise<readonly Row[]> {
  return ((await documentAfter("unknown", "list")) as { unknown: Row[] }).unknown;
}

/** What the first run left unknown is paid in the books, as a person says. */
async function resolveAll(): Promise<void> {
  const orderId = fixture.sandbox.ledger()[0]?.orderId ?? "";
  for (const { attemptId } of await unknowns())
    await fixture.run(["unknown", "resolve", String(attemptId), "--paid", orderId, ...REASON, "--yes"]);
}

async function refunds(): Promise<readonly Row[]> {
  return ((await documentAfter("invoices", "refunds")) as { refunds: Row[] }).refunds;
}

async function refund(amountCents: number) {
  const { invoices } = (await documentAfter("invoices", "list")) as { invoices: Row[] };
  const args = [String(invoices[0]?.["invoiceId"]), "--reason", "other", "--yes"];
  return await fixture.run(["invoices", "refund", ...args, "--amount-cents", String(amountCents)]);
}

test("what is unknown is listed, shown in both languages, and resolved with a reason", async () => {
  const [row] = await unknowns();
  expect(row).toMatchObject({ kind: "unknown", customerName: "Ana", amountCents: 20015, evidence: [{ logId: null }] });
  const attemptId = String(row?.["attemptId"]);
  const shown = await fixture.run(["unknown", "show", attemptId]);
  expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
  expect(shown.stdout).toContain(`puntual_attempt = ${String(row?.["reference"])}`);
  expect(shown.stdout).toContain(`puntual unknown resolve ${attemptId} --not-charged`);
  expect(shown.stdout).toContain("Qué buscar en el panel de Conekta");

  const resolve = ["unknown", "resolve", attemptId];
  expect(await fixture.run([...resolve, ...REASON])).toMatchObject({ exitCode: 64 });
  expect(await fixture.run([...resolve, "--not-charged", "--reason", "no"])).toMatchObject({ exitCode: 64 });
  expect(await fixture.run([...resolve, "--not-charged", ...REASON])).toMatchObject({ exitCode: 64 });
  const early = await fixture.run([...resolve, "--not-charged", ...REASON, "--yes"]);
  expect(early).toMatchObject({ exitCode: 1 });
  expect(early.stderr).toContain("RECHARGE_QUIET_MS");

  const orderId = fixture.sandbox.ledger()[0]?.orderId ?? "";
  const paid = await fixture.run([...resolve, "--paid", orderId, ...REASON, "--yes"]);
  expect(paid).toMatchObject({ exitCode: 0, stdout: `${attemptId} is paid; its invoice is paid.\n` });
  expect(await unknowns()).toEqual([]);
});

test("a sweep prints a document, and knows what was resolved", async () => {
  await resolveAll();
  const swept = await fixture.run(["reconcile", "--since", "2020-01-01T00:00:00Z", "--until", "2020-01-02", "--json"]);
  expect(documentOf(swept)).toMatchObject({
    known: 0,
    foreign: 0,
    adopted: [],
    halt: { halted: false, lifted: false },
  });
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const text = await fixture.run(["reconcile", "--since", since]);
  expect(text).toMatchObject({ exitCode: 0, stderr: "" });
  expect(text.stdout).toContain("1 known, 0 adopted, 0 mismatched");
  expect(await fixture.run(["reconcile", "--all"])).toMatchObject({ exitCode: 0, stdout: "No inquiry is due.\n" });
  expect(await fixture.run(["reconcile", "--all", "--since", since])).toMatchObject({ exitCode: 64 });
  expect(await fixture.run(["reconcile", "--until", since])).toMatchObject({ exitCode: 64 });
});

test("money goes back, and not more than came", async () => {
  await resolveAll();
  const part = await refund(15);
  expect(part.stdout).toMatch(/^\$0\.15 MXN went back \(ref_\w+\)\.\n$/);
  expect(await refund(20_001)).toMatchObject({ exitCode: 1 });
  const went = { refundedCents: 15, refunded: 0.15 };
  for (const [listing, args] of Object.entries({
    history: ["history"],
    invoices: ["invoices", "list"],
    subscriptions: ["subscriptions", "list"],
  }))
    expect(await documentAfter(...args)).toMatchObject({ [listing]: [went] });
  expect((await fixture.run(["history"])).stdout).toContain("$0.15 MXN refunded");
  expect((await fixture.run(["invoices", "list"])).stdout).toContain("$0.15 MXN refunded");
  expect(await refunds()).toMatchObject([{ state: "done", amountCents: 15, currency: "MXN" }]);
});

test("a backup that was put back is not charged from, until the command that it names has run", async () => {
  await resolveAll();
  if ((await refunds()).length === 0) await refund(15);
  copyFileSync(path.join(fixture.folder, "backup.db"), path.join(fixture.folder, "books.db"));
  const run = await fixture.run(["run"]);
  expect(run).toMatchObject({ exitCode: 3 });
  expect(run.stderr).toContain("these books are older than what was last charged from them");
  const [, since = ""] = /puntual reconcile --since ([\d.:TZ-]+)/.exec(run.stderr) ?? [];
  // Looks do not open it, and say what does; `status` tells it, too.
  const looked = await fixture.run(["reconcile"]);
  expect(looked).toMatchObject({ exitCode: 3, stdout: "No inquiry is due.\n" });
  expect(looked.stderr).toContain(`puntual reconcile --since ${since}`);
  expect(await fixture.run(["status"])).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining("charging is halted: "),
  });
  expect((await fixture.run(["go"])).stderr).toContain(`puntual reconcile --since ${since}`);
  expect((await fixture.run(["halt", "--reason", "x"])).stderr).toContain("that tell why charging stops");
  const swept = await fixture.run(["reconcile", "--since", since]);
  // A part of it went back, which the books forgot as well: what that means is a person's to say.
  expect(swept.exitCode).toBe(3);
  expect(swept.stdout).toMatch(/1 mismatched[\s\S]*partially_refunded[\s\S]*The halt is lifted/);
  expect(await fixture.run(["run"])).toMatchObject({ exitCode: 0, stdout: "0 paid, 1 unknown.\n" });

  const [row] = await unknowns();
  const orderId = fixture.sandbox.ledger()[0]?.orderId ?? "";
  const resolve = ["unknown", "resolve", String(row?.["attemptId"]), "--paid", orderId, ...REASON, "--yes", "--json"];
  expect(documentOf(await fixture.run(resolve))).toMatchObject({ unknown: { state: "paid", invoiceStatus: "paid" } });
  expect(fixture.sandbox.ledger()).toHaveLength(1);
});

test.each([
  ["by its key", "evento-7", "the item with the key evento-7"],
  ["by its amount, where the order does not bear the key", "8".repeat(201), "what it was for"],
])("a charge of no cycle that a restored backup forgot pays what is added again, once: %s", async (_by, key, what) => {
  await resolveAll();
  const file = `${key.slice(0, 8)}.db`;
  const [customer] = ((await documentAfter("customers", "list")) as { customers: Row[] }).customers;
  const item = [
    "items",
    "add",
    "--customer",
    String(customer?.["customerId"]),
    "--amount",
    "50000",
    "--name",
    "Evento",
  ];
  const add = [...item, "--key", key, "--now"];
  await fixture.run(["backup", file]);
  await fixture.run(add);
  expect(await fixture.run(["run"])).toMatchObject({ stdout: expect.stringContaining("1 paid") });
  const charged = fixture.sandbox.ledger().length;
  await fixture.run(["restore", file, "--yes"]);
  await fixture.run(["run"]);
  const lost = await fixture.run(["reconcile", "--since"]);
  expect(lost.stdout).toContain(`add ${what} again`);
  expect(lost.stderr).toContain("charged a second time");
  await fixture.run(add);
  const swept = documentOf(await fixture.run(["reconcile", "--since", "--json"]));
  expect(swept).toMatchObject({ adopted: [{ outcome: "paid" }], mismatched: [], halt: { lifted: true } });
  await fixture.run(["run"]);
  expect(fixture.sandbox.ledger()).toHaveLength(charged);
});

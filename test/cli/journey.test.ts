/**
 * The first day with Puntual, command by command: customers, plans, a run, and what the books then tell.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { statSync } from "node:fs";
import path from "node:path";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

type Row = Readonly<Record<string, unknown>>;

let fixture: CommandFixture;
let ana: string;
let beto: string;

beforeAll(async () => {
  fixture = await newCommandFixture();
  await fixture.run(["migrate"]);
  ana = await addCustomer("Ana Núñez", "tok_test_visa_4242");
  beto = await addCustomer("Beto López", "tok_test_card_declined");
  fixture.write(
    "config/plans.yaml",
    plansYaml([
      { id: "ana", customer: ana },
      { id: "beto", customer: beto },
    ]),
  );
});
afterAll(async () => await fixture.close());

async function addCustomer(name: string, token: string): Promise<string> {
  const person = ["--name", name, "--email", `${token}@example.mx`, "--phone", "+525512345678"];
  const added = documentOf(await fixture.run(["customers", "add", ...person, "--token", token, "--json"]));
  return (added as { customer: { customerId: string } }).customer.customerId;
}

describe("the first day", () => {
  test("the database is created where DATABASE_URL says, for its owner's eyes only", () => {
    expect(statSync(path.join(fixture.folder, "books.db")).mode & 0o777).toBe(0o600);
  });

  test("`plans apply --dry-run` prints the changes and makes none", async () => {
    const dry = await fixture.run(["plans", "apply", "--dry-run"]);
    expect(dry).toMatchObject({ exitCode: 0, stderr: "" });
    expect(dry.stdout).toMatch(/\+ add plan oro[\s\S]*\+ add subscription ana[\s\S]*Nothing was changed\./);
  });

  test("`plans apply` makes the database match the file, and once is enough", async () => {
    type Applied = { changes: Row[]; unchanged: number; dryRun: boolean };
    const first = documentOf(await fixture.run(["plans", "apply", "--json"])) as Applied;
    expect(first).toMatchObject({ unchanged: 0, dryRun: false });
    expect(first.changes.map(({ action, kind, id }) => `${String(action)} ${String(kind)} ${String(id)}`)).toEqual([
      "add plan oro",
      "add subscription ana",
      "add subscription beto",
    ]);
    expect(documentOf(await fixture.run(["plans", "apply", "--json"]))).toEqual({
      changes: [],
      unchanged: 3,
      doubts: [],
      dryRun: false,
    });
  });

  test("`run --dry-run` tells what would be charged, and asks and changes nothing", async () => {
    const calls = fixture.sandbox.requests().length;
    const before = documentOf(await fixture.run(["status", "--json"])) as Row;
    type Preview = { dryRun: boolean; wouldOpen: Row[]; wouldCharge: Row[]; totalCents: Row };
    const preview = documentOf(await fixture.run(["run", "--dry-run", "--json"])) as Preview;
    expect(preview).toMatchObject({ dryRun: true, totalCents: { MXN: 40030 } });
    expect(new Set(preview.wouldCharge.map((row) => row["subscriptionId"]))).toEqual(new Set(["ana", "beto"]));
    expect(preview.wouldOpen).toHaveLength(2);
    expect(documentOf(await fixture.run(["status", "--json"]))).toEqual(before);
    expect(fixture.sandbox.requests()).toHaveLength(calls);
  });

  test("`run` charges what is due, says so on standard output, and exits 0 for a plain decline", async () => {
    const run = await fixture.run(["run"]);
    expect(run).toMatchObject({ exitCode: 0, stdout: "2 opened, 1 paid, 1 declined; collected $200.15 MXN.\n" });
    expect(fixture.sandbox.ledger().map(({ status, amountCents }) => `${status} ${amountCents}`)).toEqual(
      expect.arrayContaining(["paid 20015", "declined 20015"]),
    );
  });

  test("a second `run` charges nothing twice", async () => {
    expect(documentOf(await fixture.run(["run", "--json"]))).toMatchObject({
      opened: 0,
      paid: 0,
      declined: 0,
      notSent: 0,
      unknown: 0,
      paidCents: {},
      needsPerson: 0,
      setAside: [],
      stoppedAt: null,
      haltReason: null,
      interrupted: false,
      stillDue: 0,
    });
    expect(fixture.sandbox.ledger()).toHaveLength(2);
  });

  test("`history` shows each attempt with its outcome and reason", async () => {
    const { history } = documentOf(await fixture.run(["history", "--json"])) as { history: Row[] };
    const byCustomer = Object.fromEntries(history.map((row) => [String(row["customerName"]), row]));
    expect(byCustomer["Ana Núñez"]).toMatchObject({ outcome: "paid", amountCents: 20015, cardLast4: "4242" });
    expect(byCustomer["Beto López"]).toMatchObject({ outcome: "declined", failureCode: "card_declined" });
    expect(byCustomer["Ana Núñez"]?.["attemptedAt"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

    const paid = await fixture.run(["history", "--customer", ana, "--outcome", "paid", "--since", "2020-01-01"]);
    expect(paid.stdout).toContain("Ana Núñez");
    expect(paid.stdout).not.toContain("Beto López");
    // No colours where there is no terminal.
    expect(paid.stdout).not.toContain("\u001b");
  });

  test("`status` counts everything a person or a monitor asks for", async () => {
    const status = documentOf(await fixture.run(["status", "--json"])) as Row;
    expect(status).toMatchObject({
      livemode: false,
      charging: { running: false, pid: null },
      halt: { halted: false, because: null },
      subscriptions: { active: 1, past_due: 1 },
      invoices: { open: 1, paid: 1 },
      attempts: { declined: 1, paid: 1 },
      dueSubscriptions: 0,
      dueInvoices: 0,
      paidAgain: 0,
      unknown: { count: 0, oldestAt: null, ageSeconds: null },
      held: { count: 0, oldestAt: null, ageSeconds: null },
    });
    for (const key of ["nextBillingAt", "nextAttemptAt", "lastEventAt"]) expect(status[key]).toMatch(/Z$/);
  });

  test.each([
    [["skip", "ana"], /Do not bill ana on \d{4}-\d\d-\d\d .*`subscriptions unskip` takes it back\. \[y\/N\]/],
    [["cancel", "ana"], /Cancel ana at the end of its period\? \[y\/N\]/],
    [
      ["cancel", "beto"],
      /at the end of its period\? It owes \$200\.15 MXN in 1 invoice, which is collected all the same/,
    ],
    [["cancel", "beto", "--now"], /Cancel beto now\? Its 1 unpaid invoice will be void\. It cannot be taken up again/],
  ])("on a terminal %j asks first, and a no changes nothing", async ([command = "", ...rest], question) => {
    const before = await fixture.run(["subscriptions", "show", rest[0] ?? "", "--json"]);
    const refused = await fixture.run(["subscriptions", command, ...rest], { answer: "n" });
    expect(refused).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringMatching(question) });
    expect(refused.stderr).toContain("nothing was changed");
    expect((await fixture.run(["subscriptions", "show", rest[0] ?? "", "--json"])).stdout).toBe(before.stdout);
  });

  test("a person pauses, resumes, skips and cancels", async () => {
    type One = { subscription: Row };
    const change = async (...args: string[]) =>
      (documentOf(await fixture.run(["subscriptions", ...args, "--json"])) as One).subscription;
    const before = await change("show", "ana");
    expect((await change("pause", "ana"))["status"]).toBe("paused");
    expect((await change("resume", "ana"))["status"]).toBe("active");
    // A person at a terminal, who says yes.
    const asked = await fixture.run(["subscriptions", "skip", "ana", "--json"], { answer: "sí" });
    const { subscription: skipped } = documentOf(asked) as One;
    expect(skipped["nextCycle"]).toBe(Number(before["nextCycle"]) + 1);
    expect((await change("cancel", "ana"))["cancelAt"]).toMatch(/Z$/);
    expect((await change("cancel", "beto", "--now", "--yes"))["status"]).toBe("canceled");
  });

  test("an invoice is shown with its attempts, the evidence and what happened to it", async () => {
    type Listed = { invoices: Row[] };
    const { invoices } = documentOf(await fixture.run(["invoices", "list", "--customer", beto, "--json"])) as Listed;
    expect(invoices).toMatchObject([{ status: "void", statusReason: "canceled", amountCents: 20015 }]);
    const invoiceId = String(invoices[0]?.["invoiceId"]);
    const shown = documentOf(await fixture.run(["invoices", "show", invoiceId, "--json"])) as {
      invoice: Row;
      attempts: Row[];
      events: Row[];
    };
    expect(shown.invoice["lineItems"]).toEqual([
      { name: "Plan Oro", unitPriceCents: 20015, quantity: 1, discountCents: 0, taxRate: null, taxIncluded: null },
    ]);
    expect(shown.attempts).toMatchObject([{ state: "declined", evidence: [{ httpStatus: 402 }] }]);
    expect(shown.events.map(({ type }) => type)).toEqual([
      "invoice.opened",
      "invoice.payment_failed",
      "invoice.voided",
    ]);
    const text = await fixture.run(["invoices", "show", invoiceId]);
    expect(text.stdout).toMatch(/status {2,}void: canceled[\s\S]*Attempt 1: declined[\s\S]*invoice\.opened/);
    // Its times are local, and its rules are words.
    expect(text.stdout).not.toMatch(/\d{4}-\d\d-\d\dT\d\d:|[{}]/);
  });

  test("cards are added, chosen and removed", async () => {
    type Added = { card: { id: string; isDefault: boolean } };
    const token = ["--token", "tok_test_mastercard_4444"];
    const { card } = documentOf(await fixture.run(["cards", "add", ana, ...token, "--json"])) as Added;
    expect(card.isDefault).toBe(false);
    expect(await fixture.run(["cards", "default", ana, card.id])).toMatchObject({ exitCode: 0 });
    const { cards } = documentOf(await fixture.run(["cards", "list", ana, "--json"])) as {
      cards: { id: string; isDefault: boolean }[];
    };
    const old = cards.find(({ isDefault }) => !isDefault)?.id ?? "";
    expect(await fixture.run(["cards", "remove", ana, old, "--yes"])).toMatchObject({ exitCode: 0 });
    const shown = documentOf(await fixture.run(["customers", "show", ana, "--json"])) as { customer: Row };
    expect(shown.customer).toMatchObject({ paymentSourceId: card.id, cardLast4: "4444" });
  });
});

/** Disputes and revenue on the command line: listed, shown, decided; and lights that are red as long as one is open. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

type Dispute = { readonly disputeId: string; readonly status: string; readonly outcome: string };

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await newCommandFixture();
  const customer = await customerAt(fixture.sandbox.url, "Ana", "tok_test_visa_4242");
  fixture.write("config/plans.yaml", plansYaml([{ id: "ana", customer }]));
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
});
afterAll(() => fixture.close());

const disputes = async (...more: string[]) =>
  (documentOf(await fixture.run(["disputes", "list", "--json", ...more])) as { disputes: Dispute[] }).disputes;

test("from nothing to a lost dispute, with what each command says of it", async () => {
  expect((await fixture.run(["disputes", "list"])).stdout).toBe("There are no such disputes.\n");
  expect((await fixture.run(["status"])).exitCode).toBe(0);
  const [order] = fixture.sandbox.orders();
  fixture.sandbox.dispute(order?.orderId ?? "", { status: "covered", reason: "subscription_canceled" });
  await fixture.run(["reconcile", "--since", "2020-01-01"]);

  const [dispute] = await disputes();
  expect(dispute).toMatchObject({ status: "covered", outcome: "open" });
  const id = dispute?.disputeId ?? "";
  expect((await fixture.run(["disputes", "list"])).stdout).toMatch(/subscription_canceled/);
  const shown = await fixture.run(["disputes", "show", id]);
  expect(shown.stdout).toContain("Answer it in Conekta's panel");
  expect(shown.stdout).toContain("The cardholder disputes at the bank $200.15 MXN (covered, subscription_canceled)");
  expect(documentOf(await fixture.run(["disputes", "show", id, "--json"]))).toMatchObject({
    dispute: { disputeId: id, subscriptionId: "ana", planId: "oro" },
    events: [{ type: "dispute.opened" }],
  });
  const status = await fixture.run(["status"]);
  expect(status).toMatchObject({ exitCode: 3 });
  expect(status.stdout).toMatch(/disputes +1, the oldest for .*: npx puntual disputes list/);
  expect((await fixture.run(["doctor", "--offline"])).stdout).toContain("1 payment disputed");

  // What `subscriptions show` says of it, explain says, too: the next cycle is held.
  const held = { next: [{ what: "person", why: { es: expect.stringContaining("su pago está en disputa") } }] };
  expect(documentOf(await fixture.run(["explain", "ana", "--json"]))).toMatchObject(held);

  const decided = ["disputes", "resolve", id, "--as", "lost", "--reason", "the bank's letter", "--yes"];
  expect(await fixture.run(decided)).toMatchObject({ exitCode: 0, stdout: `${id} is lost.\n` });
  expect(await fixture.run(decided)).toMatchObject({ exitCode: 1 });
  expect((await fixture.run(["status"])).exitCode).toBe(0);
  expect(documentOf(await fixture.run(["explain", "ana", "--json"]))).toMatchObject(held);
  expect(await disputes("--outcome", "open")).toEqual([]);
  expect(await disputes("--limit", "1")).toHaveLength(1);
  expect((await fixture.run(["disputes", "show", "dsp_none"])).exitCode).toBe(1);
});

test("report revenue: what came, less what went back and what was lost", async () => {
  const { rows, totals } = documentOf(await fixture.run(["report", "revenue", "--json"])) as {
    rows: object[];
    totals: object[];
  };
  expect(rows).toMatchObject([{ planId: "oro", invoices: 1, amountCents: 20015, lostCents: 20015, netCents: 0 }]);
  expect(totals).toEqual([
    { currency: "MXN", invoices: 1, amountCents: 20015, refundedCents: 0, lostCents: 20015, netCents: 0 },
  ]);
  expect((await fixture.run(["report", "revenue"])).stdout).toContain(
    "MXN: $200.15 MXN of 1 invoices, less $0.00 MXN refunded and $200.15 MXN lost to disputes: $0.00 MXN.",
  );
});

test("every document calls an id the same, and counts every word, also with 0", async () => {
  const documents = async (...args: string[]) =>
    documentOf(await fixture.run([...args, "--json"])) as Record<string, unknown>;
  const [invoice] = (await documents("invoices", "list"))["invoices"] as { invoiceId: string; customerId: string }[];
  const { invoiceId, customerId } = invoice ?? { invoiceId: "", customerId: "" };
  expect(await documents("explain", "ana")).toMatchObject({
    subscription: { subscriptionId: "ana", customerId, planId: "oro" },
    invoices: [{ invoiceId }],
  });
  expect(await documents("cards", "list", customerId)).toMatchObject({
    cards: [{ paymentSourceId: expect.stringMatching(/^src_/) }],
  });
  expect(await documents("status")).toMatchObject({
    subscriptions: { active: 1, past_due: 0, canceled: 0 },
    invoices: { paid: 1, held: 0, open: 0 },
    attempts: { paid: 1, unknown: 0, declined: 0 },
  });
  expect((await fixture.run(["status"])).stdout).toMatch(/invoices +1 paid\n/);
});

/** A payment link from the command line: made, seen, closed; and paid in cash at the sandbox. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

type Row = Readonly<Record<string, unknown>>;

let fixture: CommandFixture;
let invoiceId: string;
let coras: string;
let doras: string;

beforeAll(async () => {
  fixture = await newCommandFixture();
  const [beto, cora, dora] = [
    await customerAt(fixture.sandbox.url, "Beto López", "tok_sandbox_call_issuer"),
    await customerAt(fixture.sandbox.url, "Cora Díaz", "tok_sandbox_call_issuer"),
    await customerAt(fixture.sandbox.url, "Dora Sol", "tok_sandbox_call_issuer"),
  ];
  fixture.write(
    "config/plans.yaml",
    plansYaml([
      { id: "beto", customer: beto },
      { id: "cora", customer: cora },
      { id: "dora", customer: dora },
    ]),
  );
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
  const { invoices } = documentOf(await fixture.run(["invoices", "list", "--json"])) as { invoices: Row[] };
  const idOf = (subscriptionId: string) =>
    String(invoices.find((row) => row["subscriptionId"] === subscriptionId)?.["invoiceId"]);
  [invoiceId, coras, doras] = [idOf("beto"), idOf("cora"), idOf("dora")];
});
afterAll(async () => await fixture.close());

async function statusOf(id = invoiceId): Promise<unknown> {
  const { invoice } = documentOf(await fixture.run(["invoices", "show", id, "--json"])) as { invoice: Row };
  return invoice["status"];
}

test("the page's address is printed, and a second one is refused while it is open", async () => {
  const made = await fixture.run(["invoices", "link", invoiceId, "--methods", "cash", "--expires-after-days", "3"]);
  expect(made).toMatchObject({ exitCode: 0, stderr: "" });
  expect(made.stdout).toMatch(/^https:\/\/pay\.conekta\.com\/checkout\/\S+\nOpen until \d{4}-/);
  const again = await fixture.run(["invoices", "link", invoiceId]);
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain("has a payment link already");
  const retry = await fixture.run(["invoices", "retry", invoiceId]);
  expect(retry.exitCode).toBe(1);
  expect(retry.stderr).toContain(`puntual invoices cancel-link ${invoiceId}`);
});

test("closing it asks Conekta, and says that nothing was paid", async () => {
  const closed = await fixture.run(["invoices", "cancel-link", invoiceId, "--yes"]);
  expect(closed.exitCode).toBe(0);
  expect(closed.stdout).toContain("The link is closed; nothing was paid on it. The invoice is open.");
  expect((await fixture.run(["invoices", "cancel-link", invoiceId, "--yes"])).stderr).toContain(
    "has no open payment link",
  );
});

test("one that cash is out for is not closed: a person is told, and nothing is charged", async () => {
  const made = documentOf(await fixture.run(["invoices", "link", invoiceId, "--json"])) as { url: string };
  expect(made.url).toMatch(/^https:/);
  const orderId = fixture.sandbox.orders().at(-1)?.orderId ?? "";
  fixture.sandbox.visitPage(orderId, { choose: "cash" });
  const refused = await fixture.run(["invoices", "cancel-link", invoiceId, "--yes"]);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain("the customer may hold a cash or transfer reference");
  fixture.sandbox.visitPage(orderId, { pay: "cash" });
  const late = await fixture.run(["invoices", "cancel-link", invoiceId, "--yes"]);
  expect(late.stderr).toContain("it was paid before it could be closed");
  expect(await statusOf()).toBe("paid");
});

test("one that was paid in cash is seen by whoever asks, long before its day: `reconcile --all`, and then `run` owes nothing", async () => {
  const made = documentOf(await fixture.run(["invoices", "link", coras, "--methods", "cash", "--json"])) as Row;
  expect(made["url"]).toMatch(/^https:/);
  const orderId = fixture.sandbox.orders().at(-1)?.orderId ?? "";
  fixture.sandbox.visitPage(orderId, { choose: "cash" });
  fixture.sandbox.visitPage(orderId, { pay: "cash" });
  const asked = await fixture.run(["reconcile", "--all"]);
  expect([asked.exitCode, asked.stdout]).toEqual([0, expect.stringContaining("1 paid")]);
  expect(await statusOf(coras)).toBe("paid");
});

test("nor does `invoices refund` say that nothing was paid: it asks about the page first", async () => {
  await fixture.run(["invoices", "link", doras, "--methods", "cash"]);
  const orderId = fixture.sandbox.orders().at(-1)?.orderId ?? "";
  fixture.sandbox.visitPage(orderId, { choose: "cash" });
  const refund = ["invoices", "refund", doras, "--reason", "requested_by_client", "--yes"];
  expect((await fixture.run(refund)).stderr).toContain("no charge at Conekta has paid");
  fixture.sandbox.visitPage(orderId, { pay: "cash" });
  const asked = await fixture.run(refund);
  expect(asked.stderr).not.toContain("no charge at Conekta has paid");
  expect(await statusOf(doras)).toBe("paid");
});

test.each([
  [["invoices", "link", "inv_none"], 1, "there is no invoice inv_none"],
  [["invoices", "link", "inv_none", "--methods", "oxxo"], 64, "oxxo is none of card, cash, bank_transfer"],
  [["invoices", "link", "inv_none", "--expires-after-days", "0"], 64, "from 1 to 365"],
])("%j ends with %i: %s", async (args, exitCode, words) => {
  const ended = await fixture.run(args);
  expect(ended.exitCode).toBe(exitCode);
  expect(ended.stderr).toContain(words);
});

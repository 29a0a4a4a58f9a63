/** A payment link from the command line: made, seen, closed; and paid in cash at the sandbox. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { customerAt, type Desk, newDesk, plansYaml } from "./desk.ts";

type Row = Readonly<Record<string, unknown>>;

let desk: Desk;
let invoiceId: string;

beforeAll(async () => {
  desk = await newDesk();
  const beto = await customerAt(desk.sandbox.url, "Beto López", "tok_sandbox_call_issuer");
  desk.write("config/plans.yaml", plansYaml([{ id: "beto", customer: beto }]));
  await desk.run(["plans", "apply"]);
  await desk.run(["run"]);
  const { invoices } = documentOf(await desk.run(["invoices", "list", "--json"])) as { invoices: Row[] };
  invoiceId = String(invoices[0]?.["invoiceId"]);
});
afterAll(async () => await desk.close());

async function statusOf(): Promise<unknown> {
  const { invoice } = documentOf(await desk.run(["invoices", "show", invoiceId, "--json"])) as { invoice: Row };
  return invoice["status"];
}

test("the page's address is printed, and a second one is refused while it is open", async () => {
  const made = await desk.run(["invoices", "link", invoiceId, "--methods", "cash", "--expires-after-days", "3"]);
  expect(made).toMatchObject({ exitCode: 0, stderr: "" });
  expect(made.stdout).toMatch(/^https:\/\/pay\.conekta\.com\/checkout\/\S+\nOpen until \d{4}-/);
  const again = await desk.run(["invoices", "link", invoiceId]);
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain("has a payment link already");
  const retry = await desk.run(["invoices", "retry", invoiceId]);
  expect(retry.exitCode).toBe(1);
  expect(retry.stderr).toContain(`puntual invoices cancel-link ${invoiceId}`);
});

test("closing it asks Conekta, and says that nothing was paid", async () => {
  const closed = await desk.run(["invoices", "cancel-link", invoiceId, "--yes"]);
  expect(closed.exitCode).toBe(0);
  expect(closed.stdout).toContain("The link is closed; nothing was paid on it. The invoice is open.");
  expect((await desk.run(["invoices", "cancel-link", invoiceId, "--yes"])).stderr).toContain(
    "has no open payment link",
  );
});

test("one that cash is out for is not closed: a person is told, and nothing is charged", async () => {
  const made = documentOf(await desk.run(["invoices", "link", invoiceId, "--json"])) as { url: string };
  expect(made.url).toMatch(/^https:/);
  const orderId = desk.sandbox.orders().at(-1)?.orderId ?? "";
  desk.sandbox.visitPage(orderId, { choose: "cash" });
  const refused = await desk.run(["invoices", "cancel-link", invoiceId, "--yes"]);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain("the customer may hold a cash or transfer reference");
  desk.sandbox.visitPage(orderId, { pay: "cash" });
  const late = await desk.run(["invoices", "cancel-link", invoiceId, "--yes"]);
  expect(late.stderr).toContain("it was paid before it could be closed");
  expect(await statusOf()).toBe("paid");
});

test.each([
  [["invoices", "link", "inv_none"], 1, "there is no invoice inv_none"],
  [["invoices", "link", "inv_none", "--methods", "oxxo"], 64, "oxxo is none of card, cash, bank_transfer"],
  [["invoices", "link", "inv_none", "--expires-after-days", "0"], 64, "from 1 to 365"],
])("%j ends with %i: %s", async (args, exitCode, words) => {
  const ended = await desk.run(args);
  expect(ended.exitCode).toBe(exitCode);
  expect(ended.stderr).toContain(words);
});

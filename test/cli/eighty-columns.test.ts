/** Every table fits a terminal of 80 columns: what does not fit is wrapped or left out, and no line breaks an id. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import widthOf from "string-width";
import { type CommandFixture, customerAt, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

const NAME = "Guadalupe Esperanza Hernández-Villaseñor de la Garza";
let fixture: CommandFixture;
let customer: string;

/** One that is paid and refunded, one that is declined, one whose answer was lost, each with long names. */
beforeAll(async () => {
  fixture = await newCommandFixture();
  const { url } = fixture.sandbox;
  customer = await customerAt(url, NAME, "tok_test_visa_4242");
  const declined = await customerAt(url, NAME, "tok_test_insufficient_funds");
  const lost = await customerAt(url, NAME, "tok_test_visa_4242");
  fixture.write(
    "config/plans.yaml",
    plansYaml([
      { id: "a-subscription-of-a-long-name-that-is-paid", customer },
      { id: "a-subscription-of-a-long-name-that-is-declined", customer: declined },
      { id: "a-subscription-of-a-long-name-that-is-lost", customer: lost },
    ]),
  );
  await fixture.run(["plans", "apply", "--yes"]);
  fixture.sandbox.inject({ kind: "reset_after", call: "POST /orders", customerId: lost, always: true });
  await fixture.run(["run"]);
  const { stdout } = await fixture.run(["invoices", "list", "--status", "paid", "--json"]);
  const { invoices } = JSON.parse(stdout) as { invoices: { invoiceId: string }[] };
  const amount = ["--amount-cents", "1", "--reason", "other", "--note", "medio mes sin\nagua", "--yes"];
  const refund = await fixture.run(["invoices", "refund", invoices[0]?.invoiceId ?? "", ...amount]);
  if (refund.exitCode !== 0) throw new Error(refund.stderr);
});
afterAll(() => fixture.close());

test.each([
  [["plans", "list"]],
  [["subscriptions", "list"]],
  [["customers", "list"]],
  [["invoices", "list"]],
  [["invoices", "refunds"]],
  [["unknown", "list"]],
  [["events", "list"]],
  [["history"]],
  [["report", "recovery"]],
  [["status"]],
  [["doctor", "--offline"]],
])("%j", async (args) => {
  const { stdout, stderr } = await fixture.run(args, { columns: 80 });
  expect(stderr).not.toMatch(/^puntual: |Error/m);
  const lines = stdout.split("\n");
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.filter((line) => widthOf(line) > 80)).toEqual([]);
  const ids = [...stdout.matchAll(/\b(?:inv|att|evt|ref)_\w+/g)].map(([id]) => id);
  expect(ids.filter((id) => id.length !== 30)).toEqual([]);
});

test("the note of a refund stands in its list, on lines of its own", async () => {
  const { stdout } = await fixture.run(["invoices", "refunds"], { columns: 80 });
  expect(stdout).toMatch(/other:[^]*medio[^]*agua/);
});

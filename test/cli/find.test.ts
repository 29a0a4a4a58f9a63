/** Whatever a person has in hand is found, and explained by any of its ids. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { documentOf } from "../support/command.ts";
import { type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

let fixture: CommandFixture;
let customer: string;
let invoice: string;
let order: string;
beforeAll(async () => {
  fixture = await newCommandFixture();
  await fixture.run(["migrate"]);
  const person = ["--name", "José Núñez", "--email", "jose@example.mx", "--phone", "+525512345678"];
  const card = ["--token", "tok_test_visa_4242", "--json"];
  const added = documentOf(await fixture.run(["customers", "add", ...person, ...card]));
  customer = (added as { customer: { customerId: string } }).customer.customerId;
  fixture.write("config/plans.yaml", plansYaml([{ id: "jose-oro", customer }]));
  await fixture.run(["plans", "apply"]);
  await fixture.run(["run"]);
  const { history } = documentOf(await fixture.run(["history", "--json"])) as {
    history: { invoiceId: string; orderId: string }[];
  };
  invoice = history[0]?.invoiceId ?? "";
  order = history[0]?.orderId ?? "";
});
afterAll(() => fixture.close());

test.each([
  ["a name without its accents", () => "jose nun", "customer subscription"],
  ["an e-mail", () => "JOSE@", "customer subscription"],
  ["a phone as people write it", () => "55 1234-5678", "customer subscription"],
  ["the last four of the card", () => "4242", "customer subscription"],
  ["a customer", () => customer, "customer subscription"],
  ["a part of a subscription's id", () => "jose-o", "subscription"],
  ["a plan", () => "plan oro", "plan"],
  ["an invoice", () => invoice, "invoice"],
  ["an order of Conekta's", () => order, "attempt"],
  ["nothing", () => "nobody", ""],
])("finds %s", async (_what, text, kinds) => {
  const { found } = documentOf(await fixture.run(["find", text(), "--json"])) as { found: { kind: string }[] };
  expect(found.map(({ kind }) => kind).join(" ")).toBe(kinds);
});

test("explain takes a customer, an invoice, or a subscription", async () => {
  const ofSubscription = documentOf(await fixture.run(["explain", "jose-oro", "--json"]));
  const ofCustomer = documentOf(await fixture.run(["explain", customer, "--json"]));
  expect(ofCustomer).toEqual({ customerId: customer, explanations: [ofSubscription] });
  expect(documentOf(await fixture.run(["explain", invoice, "--json"]))).toMatchObject({ invoices: [{ id: invoice }] });
  expect((await fixture.run(["explain", customer])).stdout).toContain("José Núñez");
  expect(await fixture.run(["explain", "nobody"])).toMatchObject({ exitCode: 1 });
});

/** A subscription is canceled at once while nobody knows what became of its charge. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";
import { documentOf } from "../support/command.ts";

let shop: CommandFixture;
beforeAll(async () => {
  shop = await newCommandFixture();
  const ana = await customerAt(shop.sandbox.url, "Ana", "tok_test_visa_4242");
  shop.write("config/plans.yaml", plansYaml([{ id: "ana", customer: ana }]));
  await shop.run(["plans", "apply"]);
  shop.sandbox.inject({ kind: "reset_after", call: "POST /orders" });
  await shop.run(["run"]);
});
afterAll(() => shop.close());

test("`cancel --now` says that it is void if it is not paid; a payment that arrives asks whether to refund", async () => {
  const canceled = await shop.run(["subscriptions", "cancel", "ana", "--now", "--yes"]);
  expect([canceled.exitCode, canceled.stdout]).toEqual([
    0,
    expect.stringContaining("1 void if it is not paid by the charge under way"),
  ]);
  await shop.run(["reconcile", "--all"]);
  const status = await shop.run(["status"]);
  expect([status.exitCode, status.stdout]).toEqual([
    3,
    expect.stringMatching(/after cancel +1 paid what was canceled: npx puntual invoices refund, or accept/),
  ]);
  const { invoices } = documentOf(await shop.run(["invoices", "list", "--json"])) as {
    invoices: { invoiceId: string }[];
  };
  await shop.run(["invoices", "refund", invoices[0]!.invoiceId, "--reason", "other", "--yes"]);
  expect((await shop.run(["status"])).exitCode).toBe(0);
});

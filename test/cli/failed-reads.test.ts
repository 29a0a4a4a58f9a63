/** What `run` could not read at Conekta: said in its summary and by its exit code, though nothing else went wrong. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import path from "node:path";
import Database from "better-sqlite3";
import { documentOf } from "../support/command.ts";
import { customerAt, type CommandFixture, newCommandFixture, plansYaml } from "../support/command-fixture.ts";

let shop: CommandFixture;
beforeAll(async () => {
  shop = await newCommandFixture();
  const [ana, beto] = await Promise.all(
    ["Ana", "Beto"].map((name) => customerAt(shop.sandbox.url, name, "tok_test_visa_4242")),
  );
  const subscriptions = [
    { id: "ana", customer: ana! },
    { id: "beto", customer: beto! },
  ];
  shop.write("config/plans.yaml", plansYaml(subscriptions));
  await shop.run(["plans", "apply"]);
});
afterAll(() => shop.close());

function sql(statement: string): void {
  const database = new Database(path.join(shop.folder, "books.db"));
  database.exec(statement);
  database.close();
}

test("an inquiry that failed", async () => {
  const env = { CONEKTA_CHARGE_FLOW: "order_first" };
  shop.sandbox.inject({ kind: "reset_after", call: "POST /orders/*/charges" });
  await shop.run(["run"], { env });
  shop.sandbox.inject({ kind: "500_before", call: "GET /orders/*", always: true });
  sql("update attempt set next_inquiry_at = 1 where state = 'unknown'");
  const failed = await shop.run(["run"], { env });
  expect([failed.exitCode, failed.stderr]).toEqual([
    3,
    expect.stringContaining("1 read of an order or a customer failed at Conekta"),
  ]);
  sql("update read_failure set next_read_at = 1");
  expect(documentOf(await shop.run(["run", "--json"], { env }))).toMatchObject({ failedReads: 1, unreadable: 1 });
  shop.sandbox.clearFaults();
  sql("update read_failure set next_read_at = 1");
  expect(documentOf(await shop.run(["run", "--json"], { env }))).toMatchObject({ failedReads: 0, paid: 1 });
});

test("a webhook that could not be followed", async () => {
  sql(
    `insert into webhook_event (id, type, received_at, livemode, order_id, payload, state, tries, next_try_at)
     select 'w', 'order.refunded', 1, 0, order_id, '{}', 'received', 0, 1 from attempt where state = 'paid' limit 1`,
  );
  shop.sandbox.inject({ kind: "500_before", call: "GET /orders/*", always: true });
  const failed = await shop.run(["run"]);
  expect([failed.exitCode, failed.stderr]).toEqual([
    1,
    expect.stringContaining("1 read of an order or a customer failed at Conekta"),
  ]);
  shop.sandbox.clearFaults();
});

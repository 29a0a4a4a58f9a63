/** Two processes that charge from copies of one database: how little is charged twice, and that both lights say it. */
import { afterEach, expect, test } from "@jest/globals";
import { openDue } from "../../src/application/charging/open-due.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import { createBiller } from "../../src/application/run/biller.ts";
import type { Assembly } from "../../src/assemble.ts";
import { MINUTE_MS } from "../../src/domain/duration.ts";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import type { AppFixture } from "../support/app-fixture.ts";
import { copyOf, openSweptApp } from "./swept-app.ts";

const GO_ON = new AbortController().signal;

let app: AppFixture;
let copy: Assembly | null = null;
afterEach(async () => {
  await copy?.[Symbol.asyncDispose]();
  copy = null;
  await app[Symbol.asyncDispose]();
});

async function subscribeAll(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await app.subscribeWithCard(`s${at}`);
}

function chargedTwice(): number {
  const customers = app.sandbox.ledger().map(({ customerId }) => customerId);
  return customers.length - new Set(customers).size;
}

test("a copy that charged between two runs: the other one charges nothing, and says so", async () => {
  app = await openSweptApp();
  await app.run();
  await subscribeAll(20);
  const there = await (copy = await copyOf(app)).biller();
  app.clock.advance(MINUTE_MS);
  expect((await there.tick(GO_ON)).summary.outcomes.paid).toBe(20);
  app.clock.advance(MINUTE_MS);
  const { summary, incompleteBecause } = await (await app.biller()).tick(GO_ON);
  expect(summary).toMatchObject({ outcomes: { paid: 0 } });
  expect(incompleteBecause).toContain("another process charges from a copy of this database");
  expect(incompleteBecause).toContain("and 19 more");
  expect(await app.store.installation()).toMatchObject({ haltKind: "restored" });
  expect(chargedTwice()).toBe(0);
});

test.each<[opened: boolean, because: string]>([
  [false, "each opens the invoices itself, under ids of its own"],
  [true, "both have the same invoices, and give the same references"],
])("two that charge in the same moment: a few, and both halt (opened before the copy %p: %s)", async (opened) => {
  app = await openSweptApp();
  await app.run();
  await subscribeAll(40);
  if (opened) await openDue(app.assembly, GO_ON);
  const here = await app.biller();
  const there = await (copy = await copyOf(app)).biller();
  await Promise.all([here.tick(GO_ON), there.tick(GO_ON)]);
  app.clock.advance(2 * MINUTE_MS);
  await Promise.all([here.tick(GO_ON), there.tick(GO_ON)]);
  expect(chargedTwice()).toBeLessThanOrEqual(4);
  expect(await app.store.installation()).toMatchObject({ haltKind: "restored" });
  expect(await copy?.store.installation()).toMatchObject({ haltKind: "restored" });
});

test("an idle one finds it out within two minutes", async () => {
  app = await openSweptApp();
  await app.run();
  await subscribeAll(1);
  const there = await (copy = await copyOf(app)).biller();
  await there.tick(GO_ON);
  app.sql("update subscription set next_billing_at = next_billing_at + 86400000");
  app.clock.advance(2 * MINUTE_MS);
  expect((await app.run()).haltReason).toContain("another process charges from a copy");
});

test("a list that fails stops nobody for a quarter of an hour, and then everybody", async () => {
  app = await openSweptApp();
  const { needs, owner, limits } = await app.assembly.biller();
  let isAway = false;
  const lister: OrderLister = {
    listOrders(window) {
      if (isAway) throw new GatewayUnavailable("away");
      return needs.sweep.lister.listOrders(window);
    },
  };
  const biller = createBiller({ ...needs, sweep: { ...needs.sweep, lister } }, owner, limits);
  await app.subscribeWithCard("ana");
  expect((await biller.tick(GO_ON)).summary.outcomes.paid).toBe(1);
  isAway = true;
  app.clock.advance(MINUTE_MS);
  await app.subscribeWithCard("beto");
  expect((await biller.tick(GO_ON)).summary.outcomes.paid).toBe(1);
  app.clock.advance(16 * MINUTE_MS);
  await app.subscribeWithCard("carla");
  const late = await biller.tick(GO_ON);
  expect(late).toMatchObject({ fence: "unread", summary: { outcomes: { paid: 0 } } });
  isAway = false;
  expect((await biller.tick(GO_ON)).summary.outcomes.paid).toBe(1);
});

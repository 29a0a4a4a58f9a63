/** An application that charges at a sandbox, and the sweep that compares its database with the sandbox's orders. */
import { copyFileSync } from "node:fs";
import path from "node:path";
import { sweepOrders, type SweepNeeds } from "../../src/application/reconcile/sweep-orders.ts";
import type { SweepReport } from "../../src/application/reconcile/sweep-report.ts";
import type { OrderLister } from "../../src/application/ports/reconcile.ts";
import { type Biller, createBiller } from "../../src/application/run/biller.ts";
import type { SandboxOptions } from "../../src/sandbox/server.ts";
import type { Assembly } from "../../src/assemble.ts";
import { type AppFixture, assembleWith, type Environment, openApp } from "../support/app-fixture.ts";
import { MINUTE_MS } from "../support/records.ts";

/** A subscription that is added now is due now. */
export const START = new Date("2026-12-01T15:00:00Z");
export const AMOUNT_CENTS = 20015;

export function openSweptApp(options: SandboxOptions & { readonly env?: Environment } = {}): Promise<AppFixture> {
  const { env = {}, ...sandbox } = options;
  return openApp({ now: START, env, sandbox });
}

/** As on another machine: a file of its own, a right to charge of its own, and the same sandbox. */
export async function copyOf(app: AppFixture): Promise<Assembly> {
  app.sql("pragma wal_checkpoint(truncate)");
  const databasePath = path.join(app.folder, "copy.db");
  copyFileSync(app.databasePath, databasePath);
  const env = {
    ...{ CONEKTA_API_KEY: "key_test", CONEKTA_BASE_URL: app.sandbox.url },
    ...{ DATABASE_URL: `sqlite:${databasePath}`, LOG_LEVEL: "info" },
  };
  return await assembleWith(env, { cwd: app.folder, charging: true }, { clock: app.clock });
}

export async function sweepOf(app: AppFixture, since = new Date(START.getTime() - MINUTE_MS)): Promise<SweepReport> {
  return await sweepOrders(await sweepNeedsOf(app), { since });
}

export async function sweepNeedsOf({ assembly }: AppFixture): Promise<SweepNeeds> {
  const { needs } = await assembly.biller();
  return { ...needs, orders: needs.webhooks.orders };
}

/** Whose gateway's list shows nothing yet, so that the restore fence lets it pass. */
export async function blindBiller({ assembly }: AppFixture): Promise<Biller> {
  const { needs, owner, limits } = await assembly.biller();
  const lister: OrderLister = { listOrders: async function* () {} };
  return createBiller({ ...needs, sweep: { ...needs.sweep, lister } }, owner, limits);
}

/** Lists the same orders, each as one whose money went back: such an order says nothing certain of any attempt. */
export function showing(lister: OrderLister, givenBack: string): OrderLister {
  const trace = { httpStatus: 200, logId: null, because: `the order shows the status ${givenBack}` };
  return {
    async *listOrders(window) {
      for await (const order of lister.listOrders(window))
        yield { ...order, givenBack, inquiryAnswerOf: () => ({ kind: "unknown", orderId: order.orderId, trace }) };
    },
  };
}

/** Content of one row that is no JSON, column by column: whoever reads many rows goes on with the others, and it is named. */
import { describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { addItem } from "../../src/application/items/add-item.ts";
import { previewRun } from "../../src/application/run/preview-run.ts";
import { expectedCash } from "../../src/application/charging/expected-cash.ts";
import { deliverEvents } from "../../src/application/notify/deliver-events.ts";
import { EXPORTS } from "../../src/application/ports/exports.ts";
import { NO_OTHERS } from "../../src/application/ports/duties.ts";
import type { ListingName } from "../../src/application/ports/listings.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { DAY_MS } from "../support/records.ts";
import { TRACE } from "../support/scripted-gateway.ts";

const GOOD = ["a", "b", "c"];
const NEVER = new AbortController().signal;
const LISTINGS: readonly ListingName[] = [
  ...(["history", "subscriptions", "dunning", "attention", "revenue", "invoices", "attempts", "customers"] as const),
  ...([
    "plans",
    "events",
    "webhooks",
    "disputes",
    "items",
    "balanceEntries",
    "coupons",
    "couponGrants",
    "consents",
    "audit",
  ] as const),
];
const WINDOW = { from: new Date("2026-01-01T06:00:00Z"), until: new Date("2026-03-01T06:00:00Z") };
const OF_BAD = "select id from invoice where subscription_id = 'bad'";

/** Of each JSON column, the row of `bad` that is damaged. */
const DAMAGED: readonly [column: string, spoil: string][] = [
  ["api_key.scopes", "update api_key set scopes = '{' where name = 'bad'"],
  ["attempt.evidence", `update attempt set evidence = '[{' where invoice_id in (${OF_BAD})`],
  ["coupon.plan_ids", "update coupon set plan_ids = '[' where code = 'BAD'"],
  ["customer.metadata", "update customer set metadata = '{' where id = 'cus_bad'"],
  ["event.data", `update event set data = '{' where subscription_id = 'bad'`],
  ["guard_probe.evidence", "update guard_probe set evidence = '{'"],
  ["invoice.discounts", "update invoice set discounts = '[' where subscription_id = 'bad'"],
  ["invoice.line_items", "update invoice set line_items = '[' where subscription_id = 'bad'"],
  ["invoice.taxes", "update invoice set taxes = '[' where subscription_id = 'bad'"],
  ["item.tax", "update item set tax = '{' where subscription_id = 'bad'"],
  ["payment_link.methods", "update payment_link set methods = '['"],
  ["plan.line_items", "update plan set line_items = '[' where id = 'bad'"],
  ["plan.prices", "update plan set prices = '[' where id = 'bad'"],
  ["plan.tax", "update plan set tax = '{' where id = 'bad'"],
  ["refund.taxes", `update refund set taxes = '[' where invoice_id in (${OF_BAD})`],
  ["subscription.discount", "update subscription set discount = '{' where id = 'bad'"],
  ["subscription.line_items", "update subscription set line_items = '[' where id = 'bad'"],
  ["webhook_event.payload", "update webhook_event set payload = '{'"],
];

/** Each was charged in January, and has an item that waits; a month later the next cycle is due. */
async function aMonthLater(): Promise<AppFixture> {
  const app = await openApp();
  const rate = { rate: 16, included: true } as const;
  for (const id of ["bad", ...GOOD])
    await app.subscribe(id, { planId: id === "bad" ? "bad" : "oro" }, { id: id === "bad" ? "bad" : "oro", tax: rate });
  await app.store.outbox.gather([], app.clock.now(), 1);
  await app.run();
  const needs = { store: app.store, clock: app.clock, random: app.assembly.random };
  for (const id of ["bad", ...GOOD])
    await addItem(needs, {
      ...{ key: id, customerId: null, subscriptionId: id, name: "Locker", amountCents: 5000, currency: null },
      ...{ tax: rate, now: false, by: "Ana" },
    });
  await app.takeWebhook("order.paid", "ord_1");
  for (const id of ["bad", "a"]) {
    const [invoice] = await app.invoices(id);
    const wanted = { invoiceId: invoice!.invoiceId, attemptId: null, amountCents: 100, shownCents: 0 };
    const refund = await app.store.refunds.request(
      { ...wanted, reason: "requested_by_client", note: null, by: "Ana" },
      app.clock.now(),
    );
    await app.store.refunds.settle(refund.id, { kind: "done", gatewayRefundId: null, trace: TRACE }, app.clock.now());
  }
  app.sql(`
    insert into coupon (code, percent_hundredths, plan_ids, source) values ('BAD', 1000, '[]', 'code');
    insert into api_key (id, name, hash, scopes, last4, created_at, created_by)
      values ('k', 'bad', '${"0".repeat(64)}', '[]', 'abcd', 1, 'Ana');
    insert into guard_probe (id, at, livemode, sequential, concurrent, evidence) values ('p', 1, 0, 'refused', 'refused', '[]');
    insert into payment_link (id, attempt_id, invoice_id, url, methods, requested_by, created_at, expires_at, rechecks)
      select 'l', id, invoice_id, 'https://pay.example', '["cash"]', 'Ana', 1, 2000000000000, 0 from attempt where invoice_id in (${OF_BAD});
  `);
  app.clock.advance(28 * DAY_MS);
  return app;
}

function jsonColumns(app: AppFixture): string[] {
  const database = new Database(app.databasePath, { readonly: true });
  try {
    return database
      .prepare(
        `select m.name || '.' || c.name as name from sqlite_master m, pragma_table_info(m.name) c
         where m.type = 'table' and lower(c.type) = 'json' order by 1`,
      )
      .pluck()
      .all() as string[];
  } finally {
    database.close();
  }
}

test("every column that holds JSON is damaged below", async () => {
  await using app = await aMonthLater();
  expect(DAMAGED.map(([column]) => column)).toEqual(jsonColumns(app));
});

describe("one damaged row of", () => {
  test.each(DAMAGED)("%s: all others are listed, reported, exported, told and charged", async (column, spoil) => {
    await using app = await aMonthLater();
    app.sql(spoil);
    const now = app.clock.now();
    const faults: string[] = [];
    const tried = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        faults.push(`${what}: ${String(error)}`);
      }
    };
    for (const name of LISTINGS) await tried(name, () => app.list(name));
    const { store } = app;
    await tried("outbox", () => store.outbox.list({ limit: 100 }));
    await tried("after", () => store.outbox.after(0, 100));
    await tried("recovery", () => store.explaining.recovery({ since: null, until: null, planId: null }));
    await tried("revenue", () => store.explaining.revenue({ timeZone: "America/Mexico_City" }));
    await tried("iva", async () => expect((await store.explaining.taxes(WINDOW)).length).toBeGreaterThan(0));
    await tried("invoice_taxes", async () =>
      Promise.resolve(app.sql("create table looked as select * from invoice_taxes")),
    );
    await tried("damaged of the month", async () => {
      const isOfMonth = ["invoice.line_items", "invoice.taxes", "refund.taxes"].includes(column);
      expect(await store.fiscal.unreadable(WINDOW)).toHaveLength(isOfMonth ? 1 : 0);
    });
    await tried("cfdi", async () =>
      expect((await store.fiscal.month(WINDOW)).invoices.length).toBeGreaterThanOrEqual(GOOD.length),
    );
    for (const name of EXPORTS) await tried(`export ${name}`, () => store.exporting.page(name, {}, null));
    await tried("outlooks", async () => {
      const outlooks = await store.explaining.outlooksOf(["bad", ...GOOD], now);
      for (const id of GOOD) expect(outlooks.get(id)?.subscription.id).toBe(id);
    });
    await tried("explain", async () => expect(await store.explaining.factsOf("a", now)).not.toBeNull());
    await tried("cash", () =>
      expectedCash(
        { ...app.assembly.foreseeing, store },
        { now, before: new Date(now.getTime() + 30 * DAY_MS), timeZone: "America/Mexico_City", planId: undefined },
      ),
    );
    await tried("status", () => store.statusCounts(now));
    await tried("import", () =>
      store.enrolment.facts({
        customerIds: ["cus_a", "cus_bad"],
        subscriptionIds: ["a", "bad"],
        planIds: ["oro", "bad"],
      }),
    );
    await tried("plans apply", () => store.write(now, async (records) => await records.subscriptions()));
    await tried("preview", () =>
      previewRun(app.assembly.settling, {
        ...{ askedCharges: null, maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3 },
      }),
    );
    const told: string[] = [];
    await tried("deliver", () =>
      deliverEvents(
        {
          ...{ outbox: store.outbox, duties: NO_OTHERS, clock: app.clock, random: app.assembly.random },
          ...{ log: app.assembly.log, declineText: () => null },
          notifier: {
            deliver: async ({ body }) => {
              told.push(body);
              return await Promise.resolve({ kind: "answered", httpStatus: 200 } as never);
            },
          },
        },
        NEVER,
      ),
    );
    await tried("run", async () => {
      const summary = await app.run();
      const paid = (await app.invoices()).filter((row) => GOOD.includes(row.subscriptionId) && row.status === "paid");
      expect([paid.length, summary.opened]).toEqual([2 * GOOD.length, expect.any(Number)]);
    });
    await tried("doctor", async () => {
      const { unreadableRows } = await store.inspection.health();
      const [table, name] = column.split(".");
      expect(unreadableRows.join()).toContain(`(${name})`);
      expect(unreadableRows.join()).toContain(table);
    });
    expect(faults).toEqual([]);
  });
});

test.each(["plan.line_items", "subscription.discount"])(
  "a subscription that cannot be explained for a damaged %s is not said to be absent",
  async (column) => {
    await using app = await aMonthLater();
    app.sql(new Map(DAMAGED).get(column)!);
    const { explaining } = app.store;
    await expect(explaining.factsOf("bad", app.clock.now())).rejects.toThrow(
      "what the database holds of bad cannot be read; the doctor names what is damaged",
    );
    expect(await explaining.factsOf("nobody", app.clock.now())).toBeNull();
    expect(await explaining.factsOf("a", app.clock.now())).not.toBeNull();
  },
);

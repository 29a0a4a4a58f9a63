/** A preview says what the run then does. */
import { describe, expect, test } from "@jest/globals";
import { previewRun } from "../../src/application/run/preview-run.ts";
import { customerOf, DAY_MS } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";
import { declined, unknown } from "../support/scripted-gateway.ts";

const LIMITS = { maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3 };

async function preview(desk: Desk) {
  return await previewRun(desk.app.settling, LIMITS);
}

async function becauseOf(desk: Desk): Promise<readonly string[]> {
  const { wouldNotCharge } = await preview(desk);
  return wouldNotCharge.map(({ subscriptionId, cycle, because }) => `${subscriptionId} ${cycle} ${because}`).toSorted();
}

async function charged(desk: Desk): Promise<readonly string[]> {
  const before = desk.gateway.charges.length;
  await desk.run();
  const made = desk.gateway.charges.slice(before);
  return made.map(({ intent }) => `${intent.subscriptionId} ${intent.cycle}`).toSorted();
}

describe("a preview", () => {
  test("tells which cards cannot be charged, of open invoices and of those to be opened, and writes nothing", async () => {
    await using desk = await openDesk();
    for (const id of ["a", "b", "c"]) await desk.subscribe(id);
    const { clock, store } = desk.app;
    await store.write(clock.now(), async (books) => {
      await books.putCustomer(customerOf("cus_b", { paymentSourceId: null }));
      await books.putCustomer(customerOf("cus_c", { cardExpMonth: 12, cardExpYear: 2025 }));
    });
    const told = ["b 0 no_default_card", "c 0 card_expired"];
    expect(await becauseOf(desk)).toEqual(told);
    await desk.open();
    const before = await desk.eventTypes();
    expect(await becauseOf(desk)).toEqual(told);
    expect((await preview(desk)).wouldCharge.map(({ subscriptionId }) => subscriptionId)).toEqual(["a"]);
    expect(await desk.eventTypes()).toEqual(before);
    for (const id of ["cus_b", "cus_c"]) {
      const change = id === "cus_b" ? { paymentSourceId: null } : { cardExpMonth: 12, cardExpYear: 2025 };
      desk.gateway.customers.set(id, { ...customerOf(id, change), livemode: false });
    }
    expect(await charged(desk)).toEqual(["a 0"]);
  });

  test("tells what waits for its turn, and for an earlier invoice", async () => {
    await using desk = await openDesk({ now: "2026-02-05T18:00:00Z" });
    await desk.subscribe("a", { billPast: true, startLocal: "2026-02-01T09:00" }, { interval: "day" });
    await desk.subscribe("b", { startLocal: "2026-02-05T09:00" }, { interval: "day" });
    desk.gateway.answer = (intent, orderId) =>
      intent.subscriptionId === "b" ? unknown() : declined("retry_later")(intent, orderId);
    await desk.run();
    desk.clock.advance(3 * DAY_MS);
    await desk.open();
    const told = await becauseOf(desk);
    expect(told).toEqual(
      expect.arrayContaining(["a 2 catch_up_spacing", "a 3 catch_up_spacing", "b 3 earlier_unpaid"]),
    );
    const would = (await preview(desk)).wouldCharge.map(({ subscriptionId, cycle }) => `${subscriptionId} ${cycle}`);
    expect(await charged(desk)).toEqual(would.toSorted());
  });
});

/** A preview says what the run then does. */
import { describe, expect, test } from "@jest/globals";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { previewRun } from "../../src/application/run/preview-run.ts";
import { explain } from "../../src/explain/explain.ts";
import { customerOf, DAY_MS } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";
import { declined, paid, unknown } from "../support/scripted-gateway.ts";

const LIMITS = { maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: 3 };

async function preview(desk: Desk, limits: Partial<typeof LIMITS> = {}) {
  return await previewRun(desk.app.settling, { ...LIMITS, ...limits });
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

describe("preview, run and explain give one answer", () => {
  const CARD_OF_DECEMBER = { cardExpMonth: 12, cardExpYear: 2026 };

  test.each([
    ["2026-12-31T20:00:00-06:00", true, "good until the month is over in Mexico, though it is January in UTC"],
    ["2027-01-01T00:30:00-06:00", false, "its month is over"],
    ["2027-01-01T05:30:00-06:00", false, "and stays so"],
  ])("for a card of December at %s: charged %p (%s)", async (now, isCharged) => {
    await using desk = await openDesk({ now });
    await desk.subscribe("a", { startLocal: now.slice(0, 16) });
    const { store } = desk.app;
    await store.write(desk.clock.now(), (books) => books.putCustomer(customerOf("cus_a", CARD_OF_DECEMBER)));
    desk.gateway.customers.set("cus_a", { ...customerOf("cus_a", CARD_OF_DECEMBER), livemode: false });
    const told = isCharged ? [] : ["a 0 card_expired"];
    expect(await becauseOf(desk)).toEqual(told);
    await desk.open();
    expect(await becauseOf(desk)).toEqual(told);
    const facts = await desk.app.store.explaining.factsOf("a");
    const [next] = facts === null ? [] : explain(facts, () => null, desk.clock.now()).next;
    expect(next?.why.en.includes("expired")).toBe(!isCharged);
    expect(await charged(desk)).toEqual(isCharged ? ["a 0"] : []);
  });

  test("for a retry that a person asked for, and that was made long ago", async () => {
    await using desk = await openDesk({ env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "1" } });
    await desk.subscribe("a");
    desk.gateway.answer = declined("try_again_soon");
    await desk.run();
    const [invoice] = await desk.invoices("a");
    desk.clock.advance(60_000);
    await retryInvoice(desk.needs, String(invoice?.["invoiceId"]));
    expect(await charged(desk)).toEqual(["a 0"]);
    // Days later another subscription of the customer is charged, and the retry falls due on the same day.
    desk.clock.advance(3 * DAY_MS);
    await desk.app.store.write(desk.clock.now(), async (books) => {
      const row = await books.invoice(String(invoice?.["invoiceId"]));
      if (row !== null) row.nextAttemptAt = new Date(desk.clock.now().getTime() + 60_000);
    });
    await desk.subscribe("b", { customerId: "cus_a", startLocal: "2026-02-03T09:00" });
    desk.gateway.answer = paid;
    expect(await charged(desk)).toEqual(["b 0"]);
    desk.clock.advance(60_000);
    const { wouldCharge, wouldNotCharge } = await preview(desk, { maxChargesPerCustomerPerDay: 1 });
    expect(wouldCharge).toEqual([]);
    expect(wouldNotCharge).toMatchObject([{ subscriptionId: "a", because: "daily_limit" }]);
    expect(await charged(desk)).toEqual([]);
  });

  test("for what is put off and what is held beyond the customer's daily limit", async () => {
    await using desk = await openDesk({ env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "1" } });
    await desk.subscribe("a");
    desk.gateway.next.push(declined("try_again_soon"));
    await desk.run();
    const chargedAt = desk.clock.now();
    desk.clock.advance(2 * 3_600_000);
    await desk.subscribe("b", { customerId: "cus_a" });
    const { wouldNotCharge } = await preview(desk, { maxChargesPerCustomerPerDay: 1 });
    const told = wouldNotCharge.map(({ subscriptionId, because, until }) => `${subscriptionId} ${because} ${until}`);
    const dayLater = new Date(chargedAt.getTime() + DAY_MS).toISOString();
    expect(told.toSorted()).toEqual([`a daily_limit ${dayLater}`, "b daily_limit null"]);
    expect(await charged(desk)).toEqual([]);
    expect((await desk.invoices("a"))[0]).toMatchObject({ status: "open", nextAttemptAt: dayLater });
    expect((await desk.invoices("b"))[0]).toMatchObject({ status: "held", statusReason: "daily_limit" });
  });
});

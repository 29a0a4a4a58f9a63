/** A person's payment link: what is asked first, what is written of it, and when there is none to close. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import { DAY_MS, invoiceOf, MINUTE_MS, NOW, subscriptionOf } from "../../../test/support/records.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { Invoice } from "../../domain/invoice.ts";
import { said } from "../../domain/refusals.ts";
import { cancelLink, linkInvoice } from "./link-invoice.ts";

const ANA = subscriptionOf("ana");
const ID = "inv_ana_0";
const IDS = { invoiceId: ID, subscriptionId: "ana", customerId: "cus_ana" };
const LIMITS = { concurrency: 1, timeoutMs: 1000, pendingMaxHours: 72 };
const REQUEST = {
  invoiceId: ID,
  methods: ["cash"],
  expiresAt: new Date(NOW.getTime() + DAY_MS),
  leaseMs: MINUTE_MS,
} as const;

async function worldOf(change: Partial<Invoice> = {}) {
  const app = await memoryApp({ subscriptions: [ANA], invoices: [invoiceOf(ANA, 0, change)] });
  const link = (invoiceId = ID) => linkInvoice(app.needs, { ...REQUEST, invoiceId, by: "Ana" });
  return { ...app, link, close: (invoiceId = ID) => cancelLink(app.needs, LIMITS, { invoiceId, by: "Berta" }) };
}

describe("a link", () => {
  test("is asked for by a person, made as asked, and told with who", async () => {
    const { link, told, gateway, tables } = await worldOf({
      status: "held",
      statusReason: "refused",
      nextAttemptAt: null,
    });
    const { settlement } = await link();
    expect(settlement?.attempt.state).toBe("pending");
    expect(gateway.links).toMatchObject([{ methods: ["cash"], expiresAt: REQUEST.expiresAt }]);
    expect(told()[0]).toEqual({ type: "invoice.payment_link_requested", ...IDS, data: { was: "held", by: "Ana" } });
    expect([...tables.links.rows.values()]).toMatchObject([{ requestedBy: "Ana" }]);
  });

  test.each<[change: Partial<Invoice>, says: ReturnType<typeof said>]>([
    [{ status: "paid", nextAttemptAt: null, paidAt: NOW }, said("is_paid")],
    [{ amountCents: 0 }, said("is_of_nothing")],
  ])("of %j is refused: %j", async (change, why) => {
    const { link, told, gateway } = await worldOf(change);
    expect(await thrownBy(link())).toMatchObject({ name: "Refused", said: said("invoice_is", { id: ID, why }) });
    expect([told(), gateway.links]).toEqual([[], []]);
  });

  test("is not made twice: the first is shown", async () => {
    const { link } = await worldOf();
    await link();
    expect(await thrownBy(link())).toMatchObject({
      ...{ said: said("invoice_is", { id: ID, why: said("has_link") }), mend: { do: "show_invoice", invoiceId: ID } },
    });
  });

  test("is not made while charging is halted", async () => {
    const { link, store, told, gateway } = await worldOf();
    await store.haltCharging({ kind: "person", because: "a test" }, NOW);
    told();
    expect(await thrownBy(link())).toMatchObject({ name: "Refused", said: said("halted", { because: "a test" }) });
    expect([told(), gateway.links]).toEqual([[], []]);
  });

  test("waits while the customer has another attempt under way", async () => {
    const { link, needs } = await worldOf();
    Object.assign(needs.store, { claimLink: async () => null });
    expect(await thrownBy(link())).toMatchObject({
      ...{ name: "Refused", said: said("daemon_busy", { id: ID }), mend: { do: "show_invoice", invoiceId: ID } },
    });
  });
});

describe("closing one", () => {
  test("is told with who, and what became of it is read at once", async () => {
    const { link, close, told, gateway, clock } = await worldOf();
    await link();
    told();
    clock.advance(MINUTE_MS);
    expect((await close())?.settlement?.attempt.state).toBe("lapsed");
    expect(gateway.canceledOrders).toHaveLength(1);
    expect(told()).toContainEqual({ type: "invoice.payment_link_cancel_requested", ...IDS, data: { by: "Berta" } });
  });

  test("goes on by itself where it cannot be read", async () => {
    const { link, close, gateway, clock } = await worldOf();
    await link();
    clock.advance(MINUTE_MS);
    gateway.cancelFault = new Error("a slip");
    expect(await close()).toBeNull();
  });

  test("that is not there is refused", async () => {
    const { close, told } = await worldOf();
    const none = { name: "Refused", said: said("no_open_link", { id: ID }) };
    expect(await thrownBy(close())).toMatchObject(none);
    expect(await thrownBy(close("inv_x"))).toMatchObject({
      ...{ name: "NotFound", said: said("no_invoice", { id: "inv_x" }), mend: { do: "list", what: "invoices" } },
    });
    expect(told()).toEqual([]);
  });

  test("a charge of a card under way is no link", async () => {
    const { close, tables, told } = await worldOf();
    const attempt = { ...IDS, id: "att_1", number: 1, state: "unknown", reference: "r", flow: "single" };
    tables.attempts.put({
      ...attempt,
      sentAt: NOW,
      settledAt: null,
      amountCents: 1,
      inquiries: 0,
      movedCents: null,
      claimedBy: "own",
      evidence: [],
    } as never);
    expect(await thrownBy(close())).toMatchObject({ name: "Refused", said: said("no_open_link", { id: ID }) });
    expect(told()).toEqual([]);
  });
});

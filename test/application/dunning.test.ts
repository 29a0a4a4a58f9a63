/** Dunning through the real store: checks before a charge, retries, another card, payment links, the end. */
import { rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "@jest/globals";
import { handClock } from "../../src/adapters/clock.ts";
import { cancelSubscription } from "../../src/application/subscriptions/cancel-subscription.ts";
import { GatewayRefused, GatewayUnavailable } from "../../src/domain/errors.ts";
import type { EventType } from "../../src/domain/event-types.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import { changeDefaultCard } from "../../src/application/customers/customers.ts";
import { retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import { cancelLink, linkInvoice } from "../../src/application/invoices/link-invoice.ts";
import { customerOf, DAY_MS, HOUR_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { putNewDatabase, temporaryFolder } from "../support/new-database.ts";
import { policyOf } from "../support/policy.ts";
import { declined, paid, TRACE, unknown } from "../support/scripted-gateway.ts";

const LINK = { methods: ["card", "cash", "bank_transfer"], expiresAfterDays: 5 } as const;
const NO_RETRY = { retryAfterDays: [], tryAgainAfterMinutes: [] };

async function appWith(policy: Partial<DunningPolicy>, ...ids: readonly string[]): Promise<AppFixture> {
  const app = await openApp({ policies: [policyOf(policy)], env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "100" } });
  for (const id of ids) await app.subscribe(id);
  return app;
}

/** The daemon ticks each minute; what it does in days shows at a tick a day as well. */
async function passDays(app: AppFixture, days: number, stepHours = days < 10 ? 6 : 24): Promise<void> {
  for (let hour = 0; hour < days * 24; hour += stepHours) {
    app.clock.advance(stepHours * HOUR_MS);
    await app.run();
  }
}

async function tellOf(app: AppFixture, type: EventType): Promise<Readonly<Record<string, unknown>>[]> {
  const rows = await app.store.list("events", { where: { type } });
  return rows.map((row) => row.data);
}

function card(customerId: string, change: Partial<ReturnType<typeof customerOf>> = {}) {
  return { ...customerOf(customerId), livemode: false, ...change };
}

describe("a check before the charge", () => {
  test.each([
    ["no_default_card", { paymentSourceId: null }, "nothing could be charged"],
    ["card_expired", { cardExpMonth: 12, cardExpYear: 2025 }, "it would be declined"],
  ])("finds %s and charges nobody", async (failureCode, change, _because) => {
    await using app = await appWith({}, "a");
    await app.store.write(app.clock.now(), (records) => records.putCustomer(card("cus_a", change)));
    app.gateway.customers.set("cus_a", card("cus_a", change));
    await app.run();
    expect(app.gateway.charges).toHaveLength(0);
    expect(await tellOf(app, "invoice.payment_failed")).toMatchObject([
      { declineClass: "new_card", failureCode, nextStep: "wait_for_card" },
    ]);
    expect(await app.subscription("a")).toMatchObject({ status: "past_due" });
    expect(await app.store.list("dunning", {})).toMatchObject([{ waitsFor: "card", declines: 0 }]);
  });

  test("a customer whom Conekta no longer knows needs another card, not a charge", async () => {
    await using app = await appWith({}, "a");
    const gone = card("cus_a", { paymentSourceId: null });
    await app.store.write(app.clock.now(), (records) => records.putCustomer(gone));
    app.gateway.customers.delete("cus_a");
    app.clock.advance(DAY_MS + 1);
    await app.run();
    expect(app.gateway.charges).toHaveLength(0);
    expect(await tellOf(app, "invoice.payment_failed")).toMatchObject([{ failureCode: "customer_deleted" }]);
    expect(await app.eventTypes()).toContain("customer.deleted");
  });

  test("reads the customer first: a card that was changed without our knowing is charged", async () => {
    await using app = await appWith({}, "a");
    const old = card("cus_a", { cardExpMonth: 12, cardExpYear: 2025 });
    await app.store.write(app.clock.now(), (records) => records.putCustomer(old));
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    app.clock.advance(DAY_MS + 1);
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.eventTypes()).toContain("card.changed");
  });

  test("never again: a card that was reported stolen is charged for no other invoice either", async () => {
    await using app = await appWith({}, "a");
    app.gateway.next.push(declined("never_again"));
    await app.run();
    await app.subscribe("b");
    await app.store.write(app.clock.now(), (records) =>
      records.putCustomer({ ...customerOf("cus_b"), paymentSourceId: "src_cus_a" }),
    );
    app.gateway.customers.set("cus_b", card("cus_b", { paymentSourceId: "src_cus_a" }));
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    expect(await app.invoiceWords("a")).toBe("0 open");
    expect(await app.invoiceWords("b")).toBe("0 open");
    expect(await tellOf(app, "invoice.payment_failed")).toMatchObject([
      { declineClass: "never_again" },
      { declineClass: "never_again", failureCode: "card_forbidden" },
    ]);
    const [invoice] = await app.invoices("a");
    const retry = retryInvoice(app.needs, String(invoice?.["invoiceId"]));
    await expect(retry).rejects.toMatchObject({ name: "Refused" });
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
  });

  test("whoever is left unread keeps the light red, though a step of dunning reads her in the same run", async () => {
    await using app = await appWith({ paymentLink: LINK, retryAfterDays: [1] }, "a");
    await app.subscribe("b", { customerId: "cus_a" });
    app.gateway.answer = declined("retry_later");
    await app.run();
    app.clock.advance(DAY_MS + 60_000);
    const readCustomer = app.gateway.readCustomer.bind(app.gateway);
    let reads = 0;
    app.gateway.readCustomer = async (customerId) => {
      if ((reads += 1) === 1) throw new GatewayUnavailable("no answer");
      return await readCustomer(customerId);
    };
    app.gateway.answer = declined("never_again");
    const biller = await app.biller();
    const { incompleteBecause } = await biller.tick(new AbortController().signal);
    // The one card was reported stolen; whether there is another by now nobody knew when the second invoice was due.
    expect([app.gateway.charges.length, app.gateway.links.length]).toEqual([3, 1]);
    expect(incompleteBecause).toMatch(/^1 customers or orders cannot be read/);
    app.clock.advance(60_000);
    expect((await biller.tick(new AbortController().signal)).incompleteBecause).toBeNull();
    expect(app.gateway.links).toHaveLength(2);
  });

  test("a network's budget skips a try, says so, and lets it through when the budget allows", async () => {
    await using app = await appWith({ tryAgainAfterMinutes: Array<number>(9).fill(60) }, "a");
    const mastercard = { ...customerOf("cus_a"), cardBrand: "mastercard" };
    await app.store.write(app.clock.now(), (records) => records.putCustomer(mastercard));
    app.gateway.answer = declined("try_again_soon");
    await passDays(app, 0.5, 1);
    const [invoice] = await app.invoices("a");
    for (let again = 0; again < 3; again++) {
      await retryInvoice(app.needs, String(invoice?.["invoiceId"]));
      app.clock.advance(60_000);
      await app.run();
    }
    // The first, and ten more within 24 hours.
    expect(app.gateway.charges).toHaveLength(11);
    expect((await tellOf(app, "invoice.retry_scheduled")).at(-1)).toMatchObject({ rule: { name: "network_budget" } });
    app.gateway.answer = paid;
    await passDays(app, 1);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });
});

describe("another card", () => {
  test.each([
    ["new_card", 2, "an expired card is replaced"],
    ["retry_later", 2, "the customer has money on another"],
    ["customer_action", 2, "another bank need not be called"],
    ["never_again", 2, "another card is not the stolen one"],
    ["try_again_soon", 1, "the same card is tried again in an hour anyway"],
  ] as const)("after a %s decline makes %i charges in all (%s)", async (declineClass, charges, _because) => {
    await using app = await appWith({ retryAfterDays: [20] }, "a");
    app.gateway.next.push(declined(declineClass));
    await app.run();
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    await changeDefault(app, "src_new");
    app.clock.advance(60_000);
    await app.run();
    expect(app.gateway.charges).toHaveLength(charges);
    expect(await app.invoiceWords("a")).toBe(charges === 2 ? "0 paid" : "0 open");
  });

  test("is a chance once: the card that was declined, made the default again, is not tried", async () => {
    await using app = await appWith({ retryAfterDays: [20, 20] }, "a");
    app.gateway.answer = declined("new_card");
    await app.run();
    for (const source of ["src_new", "src_cus_a", "src_new"]) {
      app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: source }));
      await changeDefault(app, source);
      app.clock.advance(60_000);
      await app.run();
    }
    expect(app.gateway.charges).toHaveLength(2);
  });

  test("that Conekta had charged already, before the books knew it, is not tried again", async () => {
    await using app = await appWith({}, "a");
    const charged = card("cus_a", { paymentSourceId: "src_new", cardLast4: "5016" });
    app.gateway.customers.set("cus_a", charged);
    app.gateway.next.push((intent, orderId) => ({
      ...declined("new_card")(intent, orderId),
      card: { brand: "visa", last4: "5016" },
    }));
    await app.run();
    Object.assign(app.gateway, { changeDefault: async () => charged });
    await changeDefaultCard(app.needs, "cus_a", "src_new");
    app.clock.advance(60_000);
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
  });

  test("that came while the old one was being charged is tried at once after its decline", async () => {
    await using app = await appWith({}, "a");
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    app.gateway.next.push(async (intent, orderId) => {
      await changeDefault(app, "src_new");
      return declined("new_card")(intent, orderId);
    });
    await app.run();
    app.clock.advance(60_000);
    await app.run();
    expect(app.gateway.charges).toHaveLength(2);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });
});

async function changeDefault(app: AppFixture, paymentSourceId: string): Promise<void> {
  const customer = card("cus_a", { paymentSourceId });
  Object.assign(app.gateway, { changeDefault: async () => customer });
  await changeDefaultCard(app.needs, "cus_a", paymentSourceId);
}

describe("a payment link", () => {
  async function linkedApp(policy: Partial<DunningPolicy> = {}): Promise<AppFixture> {
    const app = await appWith({ ...NO_RETRY, paymentLink: LINK, ...policy }, "a");
    app.gateway.next.push(declined("retry_later"));
    await app.run();
    return app;
  }
  const orderOf = (app: AppFixture): string => app.gateway.links.at(-1)?.orderId ?? "";

  test("is made when the card has no more tries, and the card is left alone while it is open", async () => {
    await using app = await linkedApp();
    expect(app.gateway.links).toMatchObject([{ methods: ["card", "cash", "bank_transfer"] }]);
    expect(await tellOf(app, "invoice.payment_link_created")).toMatchObject([
      { url: expect.stringMatching(/^https:/), expiresAt: "2026-02-05T15:00:00.000Z" },
    ]);
    expect(await app.store.list("dunning", {})).toMatchObject([
      { waitsFor: "payment_link", paymentLink: expect.stringMatching(/^https:/) },
    ]);
    await passDays(app, 4);
    expect(app.gateway.charges).toHaveLength(1);
    const [invoice] = await app.invoices("a");
    const invoiceId = invoice?.invoiceId ?? "";
    await expect(retryInvoice(app.needs, invoiceId)).rejects.toMatchObject({ mend: { do: "cancel_link", invoiceId } });
  });

  test("that cannot be made for one invoice is set aside, shown, and keeps no other from its own", async () => {
    await using app = await appWith({ ...NO_RETRY, paymentLink: LINK }, "a", "b");
    app.gateway.next.push(declined("retry_later"), declined("retry_later"));
    const claimLink = app.store.claimLink.bind(app.store);
    let refused = "";
    app.store.claimLink = async (owner, link) => {
      refused ||= link.invoiceId;
      if (link.invoiceId === refused) throw new Error("a statement that this database does not take");
      return await claimLink(owner, link);
    };
    const { summary, incompleteBecause } = await (await app.biller()).tick(new AbortController().signal);
    expect(app.gateway.links).toHaveLength(1);
    expect(summary.setAside).toEqual([refused]);
    expect(incompleteBecause).toContain(refused);
    app.store.claimLink = claimLink;
    expect(await app.run()).toMatchObject({ setAside: [] });
    expect(app.gateway.links).toHaveLength(2);
  });

  test("is made for each subscription of a customer in the run in which both are due", async () => {
    await using app = await appWith({ ...NO_RETRY, paymentLink: LINK }, "a");
    await app.subscribe("b", { customerId: "cus_a" });
    app.gateway.answer = declined("retry_later");
    expect(await app.run()).toMatchObject({ outcomes: { declined: 2, pending: 2 } });
    expect(app.gateway.links).toHaveLength(2);
  });

  test("that waits its turn: a wait that cannot be ended is set aside, and the next one ends", async () => {
    await using app = await appWith({ ...NO_RETRY, waitForCardDays: 2 }, "a", "b");
    app.gateway.next.push(declined("new_card"), declined("new_card"));
    await app.run();
    const applyTransitions = app.store.applyTransitions.bind(app.store);
    const [refused] = (await app.invoices("a")).map(({ invoiceId }) => invoiceId);
    app.store.applyTransitions = async (ids, now, decide) => {
      if (ids.includes(refused ?? "")) throw new Error("a row that cannot be read");
      return await applyTransitions(ids, now, decide);
    };
    app.clock.advance(3 * DAY_MS);
    expect(await app.run()).toMatchObject({ setAside: [refused] });
    expect((await app.invoices("b"))[0]).toMatchObject({ status: "uncollectible" });
  });

  test("that is paid in cash pays the invoice, once", async () => {
    await using app = await linkedApp();
    app.gateway.choosesCash(orderOf(app));
    await passDays(app, 1);
    app.gateway.payLink(orderOf(app), { method: "cash" });
    await passDays(app, 1);
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    expect((await app.attempts()).find((row) => row["flow"] === "link")).toMatchObject({
      state: "paid",
      paymentMethod: "cash",
    });
  });

  test("that expires unpaid is followed by grace and the end; cash that comes later still pays", async () => {
    await using app = await linkedApp({ graceDays: 2 });
    await passDays(app, 6);
    expect(await app.store.list("dunning", {})).toMatchObject([{ waitsFor: "grace" }]);
    await passDays(app, 3);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible link_not_paid");
    const line = app.logged.find((each) => each.includes('"event":"invoice.uncollectible"')) ?? "";
    expect(JSON.parse(line)).toMatchObject({
      invoiceId: (await app.invoices("a"))[0]?.["invoiceId"],
      rule: expect.stringMatching(/^[a-z_]+$/),
    });
    expect(await app.subscription("a")).toMatchObject({ status: "unpaid" });
    expect(app.gateway.charges).toHaveLength(1);
    // Told by no webhook: its order is read again some days after its end.
    app.gateway.payLink(orderOf(app), { method: "cash" });
    await passDays(app, 4);
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
  });

  test("that expires unpaid gives nothing up before the customer was read: a card that came since then is tried", async () => {
    await using app = await linkedApp();
    await passDays(app, 4.75);
    const { length } = app.gateway.readCustomers;
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    app.gateway.sick.set("cus_a", new GatewayUnavailable("no answer"));
    await passDays(app, 0.5);
    // While she cannot be read it waits, and says so.
    expect([app.gateway.readCustomers.length > length, await app.invoiceWords("a")]).toEqual([true, "0 open"]);
    expect(await app.store.list("attention", {})).toMatchObject([{ kind: "unreadable", customerId: "cus_a" }]);
    app.gateway.sick.clear();
    await passDays(app, 0.5);
    expect([app.gateway.charges.length, await app.invoiceWords("a")]).toEqual([2, "0 paid"]);
  });

  test("that expires unpaid waits a day for a customer who cannot be read, and ends then; nobody else waits with her", async () => {
    await using app = await appWith({ ...NO_RETRY, paymentLink: LINK }, "a", "b");
    app.gateway.next.push(declined("retry_later"), declined("retry_later"));
    await app.run();
    await passDays(app, 4.75);
    app.gateway.sick.set("cus_a", new GatewayUnavailable("no answer"));
    const words = async () => [await app.invoiceWords("a"), await app.invoiceWords("b")];
    const ended = "0 uncollectible link_not_paid";
    await passDays(app, 0.5);
    expect(await words()).toEqual(["0 open", ended]);
    await passDays(app, 1.5);
    expect(await words()).toEqual([ended, ended]);
    const { incompleteBecause } = await (await app.biller()).tick(new AbortController().signal);
    expect([incompleteBecause, await app.store.list("attention", {})]).toEqual([null, []]);
  });

  test("that expires unpaid ends with the tick that reads the customer, where no other card is found", async () => {
    await using app = await linkedApp();
    await passDays(app, 5.25);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible link_not_paid");
    expect(await tellOf(app, "invoice.uncollectible")).toMatchObject([{ rule: { name: "link_not_paid", days: 5 } }]);
    expect(await tellOf(app, "invoice.payment_link_lapsed")).toHaveLength(1);
    expect(await tellOf(app, "invoice.grace_started")).toEqual([]);
  });

  test("whose card it was paid with becomes the default, and is charged next", async () => {
    await using app = await linkedApp();
    app.gateway.payLink(orderOf(app), { method: "card", cardLast4: "9999" });
    app.gateway.customers.set("cus_a", card("cus_a"));
    const kept = {
      id: "src_kept",
      isDefault: false,
      brand: "visa",
      last4: "9999",
      expMonth: 1,
      expYear: 2031,
      status: "active",
    };
    const withKept = card("cus_a", { paymentSourceId: "src_kept", cardLast4: "9999" });
    Object.assign(app.gateway, { listPaymentSources: async () => [kept], changeDefault: async () => withKept });
    await app.takeWebhook("order.paid", orderOf(app));
    app.clock.advance(60_000);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
    const [customer] = await app.store.list("customers", { where: { customerId: "cus_a" } });
    expect(customer).toMatchObject({ paymentSourceId: "src_kept", cardLast4: "9999" });
  });

  test("is closed, and read, before a new card is tried", async () => {
    await using app = await linkedApp();
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    await changeDefault(app, "src_new");
    app.clock.advance(60_000);
    await app.run();
    expect(app.gateway.canceledOrders).toEqual([orderOf(app)]);
    app.clock.advance(60_000);
    await app.run();
    expect(app.gateway.charges).toHaveLength(2);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test("that cannot be closed, since its cash may still come, keeps the new card waiting", async () => {
    await using app = await linkedApp();
    app.gateway.choosesCash(orderOf(app));
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    await changeDefault(app, "src_new");
    await passDays(app, 2);
    expect(app.gateway.charges).toHaveLength(1);
    app.gateway.payLink(orderOf(app), { method: "cash" });
    await passDays(app, 1);
    expect(app.gateway.charges).toHaveLength(1);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test("that was paid after it was closed for a card that paid, too, is a second payment: shown for refund", async () => {
    await using app = await linkedApp();
    const orderId = orderOf(app);
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    await changeDefault(app, "src_new");
    await passDays(app, 1);
    expect(await app.invoiceWords("a")).toBe("0 paid");
    app.gateway.payLink(orderId, { method: "cash" });
    await app.takeWebhook("order.paid", orderId);
    await passDays(app, 1);
    expect(await app.store.list("attention", {})).toMatchObject([{ kind: "paid_again" }]);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test("whose answer was lost is found, and its address told", async () => {
    await using app = await appWith({ ...NO_RETRY, paymentLink: LINK }, "a");
    app.gateway.next.push(declined("retry_later"));
    app.gateway.loseNextLinkAnswer = true;
    await app.run();
    expect(await app.attemptStates()).toContain("unknown");
    await passDays(app, 1);
    expect(app.gateway.links).toHaveLength(1);
    expect(await tellOf(app, "invoice.payment_link_created")).toMatchObject([
      { url: expect.stringMatching(/^https:/) },
    ]);
    expect(app.gateway.charges).toHaveLength(1);
  });

  test("a person makes one, and closes it", async () => {
    await using app = await appWith({}, "a");
    app.gateway.next.push(declined("customer_action"));
    await app.run();
    const [invoice] = await app.invoices("a");
    const invoiceId = String(invoice?.["invoiceId"]);
    const { needs, limits } = await app.biller();
    const expiresAt = new Date(app.clock.now().getTime() + 3 * DAY_MS);
    const made = await linkInvoice(needs, { invoiceId, methods: ["cash"], expiresAt, by: "maria", leaseMs: 120_000 });
    expect(made.settlement?.attempt.link?.url).toMatch(/^https:/);
    await expect(
      linkInvoice(needs, { invoiceId, methods: ["cash"], expiresAt, by: "maria", leaseMs: 120_000 }),
    ).rejects.toThrow("has a payment link already");
    app.clock.advance(60_000);
    const closed = await cancelLink(needs, limits, { invoiceId, by: "maria" });
    expect(closed?.settlement?.attempt.state).toBe("lapsed");
    // The policy has no links: a person's ends nothing.
    await passDays(app, 1);
    expect(await app.store.list("dunning", {})).toMatchObject([{ waitsFor: "card" }]);
    expect(await app.subscription("a")).toMatchObject({ status: "past_due" });
  });

  test("that a person asked for while Conekta did not answer is made later, as asked", async () => {
    await using app = await appWith({}, "a");
    app.gateway.next.push(declined("customer_action"));
    await app.run();
    const [invoice] = await app.invoices("a");
    const { needs } = await app.biller();
    const expiresAt = new Date(app.clock.now().getTime() + 3 * DAY_MS);
    app.gateway.nextLinkAnswer = { kind: "not_sent", unauthorized: false, trace: TRACE };
    const order = { methods: ["cash"], expiresAt, by: "maria", leaseMs: 120_000 } as const;
    await linkInvoice(needs, { invoiceId: String(invoice?.["invoiceId"]), ...order });
    expect(app.gateway.links).toHaveLength(0);
    await passDays(app, 1);
    expect(app.gateway.links).toMatchObject([{ methods: ["cash"], expiresAt }]);
    expect(await app.invoiceWords("a")).toBe("0 open");
  });

  test("that was not made before another card came makes no failure of what never failed: both are charged, in order", async () => {
    await using app = await appWith({}, "a");
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    app.gateway.answer = () => ({ kind: "not_sent", unauthorized: false, trace: TRACE });
    await app.run();
    app.clock.advance(31 * DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 open, 1 open");
    const [, later] = await app.invoices("a");
    const { needs } = await app.biller();
    const expiresAt = new Date(app.clock.now().getTime() + 3 * DAY_MS);
    app.gateway.nextLinkAnswer = { kind: "not_sent", unauthorized: false, trace: TRACE };
    const order = { methods: ["cash"], expiresAt, by: "maria", leaseMs: 120_000 } as const;
    await linkInvoice(needs, { invoiceId: String(later?.["invoiceId"]), ...order });
    await changeDefault(app, "src_new");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    app.gateway.answer = paid;
    await passDays(app, 3);
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid");
  });

  test("that is being made while another card comes is closed, and the card tried", async () => {
    await using app = await appWith({ ...NO_RETRY, paymentLink: LINK }, "a");
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    const open = app.gateway.openPaymentLink.bind(app.gateway);
    app.gateway.openPaymentLink = async (intent, terms) => {
      await changeDefault(app, "src_new");
      return await open(intent, terms);
    };
    app.gateway.next.push(declined("new_card"));
    await app.run();
    await passDays(app, 0.5);
    expect(app.gateway.canceledOrders).toEqual([orderOf(app)]);
    expect(app.gateway.charges).toHaveLength(2);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test.each<[what: string, change: (app: AppFixture) => void, words: string, canceled: number, because: string]>([
    ["nobody pays on it", () => {}, "0 void canceled", 1, "nothing is owed any more"],
    ["it is paid before it is closed", (app) => app.gateway.payLink(orderOf(app)), "0 paid", 0, "money comes first"],
    [
      "its order refuses to be closed, as cash is out",
      (app) => {
        app.gateway.choosesCash(orderOf(app));
        app.gateway.cancelFault = new GatewayRefused("cash is out", { httpStatus: 422, code: "x" });
      },
      "0 open",
      0,
      "it may still be paid",
    ],
  ])("is closed when its subscription is cancelled at once, and %s: %s", async (_what, change, words, canceled) => {
    await using app = await linkedApp();
    change(app);
    const [invoice] = await app.invoices("a");
    expect(await cancelSubscription(app.needs, "a", { atOnce: true })).toMatchObject({
      voidedInvoices: [],
      waitingInvoices: [invoice?.invoiceId],
    });
    await passDays(app, 1);
    expect(app.gateway.canceledOrders).toHaveLength(canceled);
    expect(await app.invoiceWords("a")).toBe(words);
    const asked = words === "0 paid" ? [{ kind: "paid_after_cancel", invoiceId: invoice?.invoiceId }] : [];
    expect(await app.store.list("attention", {})).toMatchObject(asked);
    expect(app.gateway.charges).toHaveLength(1);
    expect(app.gateway.links).toHaveLength(1);
  });

  test("that its policy no longer has when it is to be made: what follows a link comes at once", async () => {
    const folder = temporaryFolder();
    const databasePath = path.join(folder, "books.db");
    await putNewDatabase(databasePath);
    const policy = policyOf({ ...NO_RETRY, paymentLink: LINK, graceDays: 4 });
    const clock = handClock(new Date("2026-01-31T15:00:00Z"));
    {
      await using before = await openApp({ databasePath, clock, policies: [policy] });
      await before.subscribe("a");
      before.gateway.next.push(declined("retry_later"));
      before.gateway.nextLinkAnswer = { kind: "not_sent", unauthorized: false, trace: TRACE };
      await before.run();
      expect(before.gateway.links).toHaveLength(0);
    }
    clock.advance(HOUR_MS);
    await using app = await openApp({ databasePath, clock, policies: [{ ...policy, paymentLink: null }] });
    await app.run();
    expect(app.gateway.links).toHaveLength(0);
    expect(await app.store.list("dunning", {})).toMatchObject([{ waitsFor: "grace" }]);
    expect(await app.eventTypes()).toContain("invoice.grace_started");
    rmSync(folder, { recursive: true, force: true });
  });

  test("that Conekta refuses to make is done without: nobody is held for it", async () => {
    await using app = await appWith({ ...NO_RETRY, paymentLink: LINK }, "a");
    app.gateway.nextLinkAnswer = { kind: "refused", failureCode: "x", failureMessage: "no checkout", trace: TRACE };
    app.gateway.next.push(declined("retry_later"));
    await app.run();
    expect(await app.store.list("dunning", {})).toMatchObject([{ waitsFor: "card" }]);
  });
});

describe("the end", () => {
  test("another card did not come: the invoice is written off, and what else is owed is no longer collected", async () => {
    await using app = await appWith({ waitForCardDays: 40, finalAction: "cancel" }, "a");
    app.gateway.answer = declined("new_card");
    await app.run();
    await passDays(app, 45);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 uncollectible collection_stopped");
    expect(await app.subscription("a")).toMatchObject({ status: "canceled" });
    expect(app.gateway.charges).toHaveLength(1);
    // The log says of which invoice, and by which rule: neither is anybody's name.
    const line = app.logged.find((each) => each.includes('"invoice.uncollectible"')) ?? "{}";
    const [first] = await app.invoices("a");
    expect(JSON.parse(line)).toMatchObject({ invoiceId: first?.invoiceId, nextStep: "write_off", rule: "wait_over" });
  });

  test("an invoice whose card is never given ends within the policy's days, whatever happens", async () => {
    await using app = await appWith({ retryAfterDays: [1, 3, 5], waitForCardDays: 7, graceDays: 2 }, "a");
    app.gateway.answer = declined("retry_later");
    await passDays(app, 20);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible attempts_used_up");
    expect(app.gateway.charges).toHaveLength(4);
  });
});

describe("later cycles", () => {
  test("wait for the earlier one, and the newly due one comes at once when it is paid", async () => {
    await using app = await appWith({ waitForCardDays: 60 }, "a");
    app.gateway.next.push(declined("new_card"));
    await passDays(app, 35);
    expect(await app.invoiceWords("a")).toBe("0 open, 1 open");
    expect(app.gateway.charges).toHaveLength(1);
    app.gateway.customers.set("cus_a", card("cus_a", { paymentSourceId: "src_new" }));
    await changeDefault(app, "src_new");
    app.clock.advance(60_000);
    await app.run();
    app.clock.advance(60_000);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid");
  });

  test("are held where the policy says so", async () => {
    await using app = await appWith({ waitForCardDays: 60, laterCycles: "hold" }, "a");
    app.gateway.next.push(declined("new_card"));
    await passDays(app, 35);
    expect(await app.invoiceWords("a")).toBe("0 open, 1 held earlier_unpaid");
  });

  test("wait for an earlier one of which nobody knows whether it was paid", async () => {
    await using app = await appWith({}, "a");
    app.gateway.next.push(unknown);
    await passDays(app, 35);
    expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome, 1 open");
    expect(app.gateway.charges).toHaveLength(1);
  });
});

describe("a card that is about to expire", () => {
  test("is told of 30 and 7 days before, once each", async () => {
    await using app = await appWith({ cardExpiringDays: [30, 7] }, "a");
    const soon = card("cus_a", { cardExpMonth: 3, cardExpYear: 2026 });
    await app.store.write(app.clock.now(), (records) => records.putCustomer(soon));
    app.gateway.customers.set("cus_a", soon);
    await passDays(app, 70);
    expect(await tellOf(app, "card.expiring")).toMatchObject([
      { noticeDays: 30, daysLeft: 30, expiresAt: "2026-04-01T06:00:00.000Z" },
      { noticeDays: 7, daysLeft: 7 },
    ]);
  });
});

test("the log tells whose invoice is written off, and by which rule", async () => {
  await using app = await appWith({ ...NO_RETRY, waitForCardDays: 1 }, "a");
  app.gateway.answer = declined("new_card");
  await passDays(app, 3);
  const [invoice] = await app.invoices("a");
  const line = app.logged.find((each) => each.includes("invoice.uncollectible")) ?? "";
  expect(JSON.parse(line)).toMatchObject({ invoiceId: invoice?.invoiceId, rule: expect.stringMatching(/^[a-z_]+$/) });
});

/** Nothing depends on webhooks: a card that comes, or goes, at Conekta is found by reading. */
import { describe, expect, test } from "@jest/globals";
import { GatewayUnavailable } from "../../src/domain/errors.ts";
import { allowCard } from "../../src/application/customers/allow-card.ts";
import { upsertCustomer } from "../../src/application/customers/upsert-customer.ts";
import { addItem } from "../../src/application/items/add-item.ts";
import { markInvoicePaid, retryInvoice } from "../../src/application/invoices/change-invoice.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import { customerOf, DAY_MS, HOUR_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { policyOf } from "../support/policy.ts";
import { declined, TRACE, unknown } from "../support/scripted-gateway.ts";

const LINK = { methods: ["card", "cash"], expiresAfterDays: 5 } as const;

async function appWith(policy: Partial<DunningPolicy>, ...ids: readonly string[]): Promise<AppFixture> {
  const app = await openApp({ policies: [policyOf(policy)], env: { MAX_CHARGES_PER_CUSTOMER_PER_DAY: "100" } });
  for (const id of ids) await app.subscribe(id);
  return app;
}

async function passHours(app: AppFixture, hours: number, stepHours = 6): Promise<void> {
  for (let hour = 0; hour < hours; hour += stepHours) {
    app.clock.advance(stepHours * HOUR_MS);
    await app.run();
  }
}

/** Behind Puntual's back: no webhook tells of it. */
function changeAtConekta(app: AppFixture, id: string, change: Partial<ReturnType<typeof customerOf>>): void {
  app.gateway.customers.set(`cus_${id}`, { ...customerOf(`cus_${id}`), livemode: false, ...change });
}

describe("a good card that becomes the default at Conekta, untold", () => {
  test.each([
    ["wait_for_card", { retryAfterDays: [] }, "the customer is asked for another card"],
    ["payment_link", { retryAfterDays: [], paymentLink: LINK }, "there is a page meanwhile"],
    ["grace", { retryAfterDays: [], waitForCardDays: 1, graceDays: 9 }, "the last chance is no less a chance"],
  ] as const)("is tried within a day while the invoice waits: %s (%s)", async (_step, policy, _because) => {
    await using app = await appWith(policy, "a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    await passHours(app, 48);
    changeAtConekta(app, "a", { paymentSourceId: "src_new" });
    await passHours(app, 30);
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(app.gateway.charges).toHaveLength(2);
  });

  test("is read before the wait ends, also where the run comes once in a while", async () => {
    await using app = await appWith({ retryAfterDays: [], waitForCardDays: 14, finalAction: "cancel" }, "a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    changeAtConekta(app, "a", { paymentSourceId: "src_new" });
    app.clock.advance(15 * DAY_MS);
    await app.run();
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
  });

  test("a customer is read once a day while one waits, and not at all when nothing waits", async () => {
    await using app = await appWith({ retryAfterDays: [] }, "a", "b");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    await passHours(app, 72, 1);
    expect(app.gateway.readCustomers).toEqual(["cus_a", "cus_a"]);
  });

  test("a wait does not end while the customer cannot be read, and does after a day of trying", async () => {
    await using app = await appWith({ retryAfterDays: [], waitForCardDays: 2 }, "a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    app.gateway.sick.set("cus_a", new GatewayUnavailable("status 500"));
    await passHours(app, 54);
    expect(await app.invoiceWords("a")).toBe("0 open");
    await passHours(app, 72, 1);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card");
  });

  test("whoever could not be read is left alone until another read is due, by every step, and no light is green", async () => {
    await using app = await appWith({ retryAfterDays: [], waitForCardDays: 2 }, "a");
    await app.subscribe("b", { customerId: "cus_a", startLocal: "2026-02-03T09:00" });
    app.gateway.next.push(declined("new_card"));
    await app.run();
    app.clock.advance(3 * DAY_MS);
    const readCustomer = app.gateway.readCustomer.bind(app.gateway);
    let reads = 0;
    app.gateway.readCustomer = async (id) => {
      reads += 1;
      if (reads === 1) throw new GatewayUnavailable("status 500");
      return await readCustomer(id);
    };
    const { incompleteBecause } = await (await app.biller()).tick(new AbortController().signal);
    expect(reads).toBe(1);
    expect(incompleteBecause).toContain("cannot be read");
    expect(await app.invoiceWords()).toBe("0 open, 0 open");
    app.clock.advance(HOUR_MS);
    expect(await app.run()).toMatchObject({ unreadable: 0 });
    expect(reads).toBe(2);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card");
  });

  test("more who cannot be read than one batch holds keep nobody's wait from its end", async () => {
    await using app = await appWith({ retryAfterDays: [], waitForCardDays: 2 });
    const ids = Array.from({ length: 260 }, (_, index) => `a${String(index).padStart(3, "0")}`);
    for (const id of ids) await app.subscribe(id);
    app.gateway.answer = declined("new_card");
    await app.run();
    for (const id of ids.slice(0, -1)) app.gateway.sick.set(`cus_${id}`, new GatewayUnavailable("status 500"));
    await passHours(app, 60, 12);
    expect(await app.invoiceWords("a259")).toBe("0 uncollectible no_new_card");
    expect(await app.invoiceWords("a000")).toBe("0 open");
  });
});

describe("a charge that is refused since somebody was deleted at Conekta", () => {
  test.each([
    ["customer_deleted", (app: AppFixture) => void app.gateway.customers.delete("cus_a"), "there is nobody to charge"],
    [
      "no_default_card",
      (app: AppFixture) => changeAtConekta(app, "a", { paymentSourceId: null }),
      "its only card is gone",
    ],
  ])("%s: the customer is asked for a card, and nobody is held (%s)", async (failureCode, change, _because) => {
    await using app = await appWith({}, "a");
    change(app);
    app.gateway.next.push(() => ({ kind: "refused", failureCode: "not_found", failureMessage: "no", trace: TRACE }));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 open");
    expect(await app.subscription("a")).toMatchObject({ status: "past_due" });
    expect((await app.list("events", { type: "invoice.payment_failed" })).map(({ data }) => data)).toMatchObject([
      { declineClass: "new_card", failureCode, nextStep: "wait_for_card" },
    ]);
    changeAtConekta(app, "a", { paymentSourceId: "src_new" });
    await passHours(app, 30);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test("the card that our books knew is tried when it comes back: it was not there to be charged", async () => {
    await using app = await appWith({}, "a");
    changeAtConekta(app, "a", { paymentSourceId: null });
    app.gateway.next.push(() => ({ kind: "refused", failureCode: "not_found", failureMessage: "no", trace: TRACE }));
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 open");
    changeAtConekta(app, "a", {});
    await passHours(app, 30);
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });

  test("a customer who has a card, or cannot be read, is not to blame: a person looks", async () => {
    await using app = await appWith({}, "a", "b");
    app.gateway.sick.set("cus_b", new GatewayUnavailable("status 500"));
    app.gateway.answer = () => ({ kind: "refused", failureCode: "bad", failureMessage: "no", trace: TRACE });
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 held refused");
    expect(await app.invoiceWords("b")).toBe("0 held refused");
  });
});

test("a card that comes back as the default is not tried again for an invoice that it was declined for", async () => {
  await using app = await appWith({ retryAfterDays: [], waitForCardDays: 20 }, "a");
  app.gateway.next.push(declined("customer_action"), unknown);
  await app.run();
  changeAtConekta(app, "a", { paymentSourceId: "src_new" });
  await passHours(app, 30);
  expect(app.gateway.charges).toHaveLength(2);
  // While its charge is uncertain the customer goes back to the first card.
  changeAtConekta(app, "a", {});
  await app.store.write(app.clock.now(), (records) => records.putCustomer(customerOf("cus_a")));
  const { intent } = app.gateway.charges[1]!;
  app.gateway.shows.set(intent.reference, declined("customer_action")(intent, null));
  await passHours(app, 48, 12);
  expect(app.gateway.charges).toHaveLength(2);
  expect(await app.invoiceWords("a")).toBe("0 open");
});

describe("after `never_again`", () => {
  test("another payment source is another card: it is tried, once", async () => {
    await using app = await appWith({}, "a");
    app.gateway.answer = declined("never_again");
    await app.run();
    for (const source of ["src_new", "src_cus_a", "src_new"]) {
      changeAtConekta(app, "a", { paymentSourceId: source });
      await passHours(app, 30);
    }
    expect(app.gateway.charges).toHaveLength(2);
    expect(await app.invoiceWords("a")).toBe("0 open");
  });

  test("later cycles do not fail for it without a read: another default card is charged, untold", async () => {
    await using app = await appWith({ waitForCardDays: 2, finalAction: "pause" }, "a");
    app.gateway.next.push(declined("never_again"));
    await app.run();
    await app.subscribe("b", { customerId: "cus_a" });
    changeAtConekta(app, "a", { paymentSourceId: "src_new" });
    app.clock.advance(DAY_MS + 60_000);
    await app.run();
    expect(await app.invoiceWords("b")).toBe("0 paid");
    app.clock.advance(60_000);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
  });
});

describe("one dead card of a customer with three subscriptions", () => {
  async function appWithThree(): Promise<AppFixture> {
    const app = await appWith({ retryAfterDays: [], waitForCardDays: 20 }, "a");
    for (const id of ["b", "c"]) await app.subscribe(id, { customerId: "cus_a" });
    app.gateway.next.push(declined("new_card"));
    await app.run();
    return app;
  }

  test("is declined once: the others wait for another card without a charge", async () => {
    await using app = await appWithThree();
    expect(app.gateway.charges).toHaveLength(1);
    for (const id of ["a", "b", "c"]) expect(await app.subscription(id)).toMatchObject({ status: "past_due" });
    expect(
      (await app.list("events", { type: "invoice.payment_failed" })).map(({ data }) => data["failureCode"]),
    ).toEqual(expect.arrayContaining(["card_declined_elsewhere", "card_declined_elsewhere"]));
  });

  test("another card is tried for all three", async () => {
    await using app = await appWithThree();
    changeAtConekta(app, "a", { paymentSourceId: "src_new" });
    await passHours(app, 36);
    for (const id of ["a", "b", "c"]) expect(await app.invoiceWords(id)).toBe("0 paid");
    expect(app.gateway.charges).toHaveLength(4);
  });

  test("the same card, renewed, is another card", async () => {
    await using app = await appWithThree();
    changeAtConekta(app, "a", { cardExpYear: 2041 });
    await passHours(app, 36);
    for (const id of ["a", "b", "c"]) expect(await app.invoiceWords(id)).toBe("0 paid");
  });

  test("the card is tried once for the others when that invoice is settled: no other is waited for", async () => {
    await using app = await appWithThree();
    const invoiceId = (await app.invoices("a"))[0]?.invoiceId ?? "";
    await markInvoicePaid(app.needs, invoiceId, { why: "cash at the counter", paidAt: app.clock.now() });
    await passHours(app, 30);
    for (const id of ["a", "b", "c"]) expect(await app.invoiceWords(id)).toBe("0 paid");
    expect(app.gateway.charges).toHaveLength(3);
    const [b] = await app.invoices("b");
    expect(
      (await app.list("events", { invoiceId: b?.invoiceId ?? "", type: "invoice.retry_scheduled" })).map(
        ({ data }) => data["rule"],
      ),
    ).toEqual([{ name: "card_untried" }]);
  });

  test("before the others are given up it is tried once for each: none is written off beside a card that pays", async () => {
    await using app = await appWithThree();
    app.clock.advance(20 * DAY_MS + 60_000);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card");
    await app.run();
    for (const id of ["b", "c"]) expect(await app.invoiceWords(id)).toBe("0 paid");
    expect(app.gateway.charges).toHaveLength(3);
  });

  test("where it does not pay, each is given up with that try, whatever the others wait for", async () => {
    await using app = await appWithThree();
    app.gateway.answer = declined("new_card");
    app.clock.advance(20 * DAY_MS + 60_000);
    for (const _ of [1, 2, 3]) await app.run();
    for (const id of ["a", "b", "c"]) expect(await app.invoiceWords(id)).toBe("0 uncollectible no_new_card");
    expect(app.gateway.charges).toHaveLength(3);
  });

  test("a person's retry tries it; when it pays, the next cycles are charged as ever", async () => {
    await using app = await appWithThree();
    for (const id of ["a", "b", "c"]) await retryInvoice(app.needs, (await app.invoices(id))[0]?.invoiceId ?? "");
    await passHours(app, 31 * 24, 24);
    for (const id of ["a", "b", "c"]) expect(await app.invoiceWords(id)).toBe("0 paid, 1 paid");
  });

  test("who pays that invoice otherwise is not asked for another card at the next cycle", async () => {
    await using app = await appWith({ retryAfterDays: [], waitForCardDays: 20 }, "a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    const invoiceId = (await app.invoices("a"))[0]?.invoiceId ?? "";
    await markInvoicePaid(app.needs, invoiceId, { why: "cash at the counter", paidAt: app.clock.now() });
    await passHours(app, 30 * 24, 24);
    expect(await app.invoiceWords("a")).toBe("0 paid, 1 paid");
  });
});

describe("a card that was declined `never_again`", () => {
  test("is charged again once a person lifts the ban, and the books say who and why", async () => {
    await using app = await appWith({ waitForCardDays: 20 }, "a");
    app.gateway.next.push(declined("never_again"));
    await app.run();
    const invoiceId = (await app.invoices("a"))[0]?.invoiceId ?? "";
    await expect(retryInvoice(app.needs, invoiceId)).rejects.toMatchObject({
      ...{ name: "Refused", mend: { do: "allow_card", paymentSourceId: "src_cus_a" } },
    });
    await app.run();
    expect(app.gateway.charges).toHaveLength(1);
    await allowCard(app.needs, "src_cus_a", { by: "maria", why: "the bank lifted the block, folio 8812" });
    await retryInvoice(app.needs, invoiceId);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 paid");
    expect(await app.list("events", { type: "card.allowed" })).toMatchObject([
      {
        customerId: "cus_a",
        data: { paymentSourceId: "src_cus_a", by: "maria", why: "the bank lifted the block, folio 8812" },
      },
    ]);
  });

  test("is banned anew by the next such decline, and a card that nobody banned is not allowed", async () => {
    await using app = await appWith({ waitForCardDays: 20 }, "a");
    await expect(allowCard(app.needs, "src_cus_a", { by: "maria", why: "…" })).rejects.toThrow("is not banned");
    await expect(allowCard(app.needs, "src_nobody", { by: "maria", why: "…" })).rejects.toThrow("has the card");
    app.gateway.answer = declined("never_again");
    await app.run();
    const invoiceId = (await app.invoices("a"))[0]?.invoiceId ?? "";
    await allowCard(app.needs, "src_cus_a", { by: "maria", why: "the bank lifted the block" });
    await retryInvoice(app.needs, invoiceId);
    await app.run();
    await expect(retryInvoice(app.needs, invoiceId)).rejects.toThrow("says never to try it again");
    await app.run();
    expect(app.gateway.charges).toHaveLength(2);
  });
});

describe("before a cycle is voided as unpaid the customer is read", () => {
  /** Cycle 0 is written off, and the subscription unpaid. */
  async function unpaidApp(...ids: readonly string[]): Promise<AppFixture> {
    const app = await appWith({ retryAfterDays: [], waitForCardDays: 2 }, "a");
    for (const id of ids) await app.subscribe(id, { customerId: "cus_a" });
    // Each invoice's: the others' come before they are given up.
    app.gateway.next.push(...["a", ...ids].map(() => declined("new_card")));
    await app.run();
    await passHours(app, 4 * 24, 12);
    for (const id of ["a", ...ids]) expect(await app.subscription(id)).toMatchObject({ status: "unpaid" });
    return app;
  }

  test("a good card that became the default, untold, is charged for the cycle: nothing is void", async () => {
    await using app = await unpaidApp();
    changeAtConekta(app, "a", { paymentSourceId: "src_new" });
    await passHours(app, 27 * 24, 12);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 paid");
    expect(await app.subscription("a")).toMatchObject({ status: "active" });
    expect(await app.list("events", { type: "subscription.resumed" })).toMatchObject([
      { data: { was: "unpaid", because: "new_card" } },
    ]);
  });

  test("one that is collected again is past due while an invoice of its own fails", async () => {
    await using app = await appWith({ retryAfterDays: [], paymentLink: LINK }, "a");
    app.gateway.next.push(declined("new_card"));
    await app.run();
    await passHours(app, 8 * 24, 12);
    expect(await app.subscription("a")).toMatchObject({ status: "unpaid" });
    await addItem(app.needs, {
      ...{ key: "locker", name: "Locker", amountCents: 20_000, currency: null, tax: null, now: true, by: "test" },
      ...{ customerId: null, subscriptionId: "a" },
    });
    // Conekta charges the other card already, which nobody told us of.
    app.gateway.next.push((...asked) => ({
      ...declined("customer_action")(...asked),
      card: { brand: "visa", last4: "5002" },
    }));
    await app.run();
    await app.store.write(app.clock.now(), async (records) => {
      const customer = { ...customerOf("cus_a"), livemode: false, paymentSourceId: "src_new", cardLast4: "5002" };
      await upsertCustomer(records, customer, "customer.updated");
    });
    expect(await app.list("events", { type: "subscription.resumed" })).toHaveLength(1);
    expect(await app.subscription("a")).toMatchObject({ status: "past_due" });
  });

  test("with the same card the cycle is void, and one read a day serves three subscriptions", async () => {
    await using app = await unpaidApp("b", "c");
    app.gateway.readCustomers.length = 0;
    await passHours(app, 26 * 24, 1);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 void unpaid");
    expect(app.gateway.readCustomers).toEqual(["cus_a"]);
  });

  test("while the customer cannot be read the cycle waits, and is void after a day of trying", async () => {
    await using app = await unpaidApp();
    app.gateway.sick.set("cus_a", new GatewayUnavailable("status 500"));
    await passHours(app, 24 * 24, 1);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card");
    app.gateway.readCustomers.length = 0;
    expect(await app.run()).toMatchObject({ unreadable: 1 });
    expect(app.gateway.readCustomers).toEqual([]);
    await passHours(app, 60, 1);
    expect((await app.run()).unreadable).toBe(0);
    expect(await app.invoiceWords("a")).toBe("0 uncollectible no_new_card, 1 void unpaid");
  });
});

/** Many subscriptions at once, on whatever database: what is written is what a unit of work would have written. */
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Enrolment } from "../../src/application/ports/enrolment.ts";
import type { OpenedStore } from "../../src/adapters/store/store.ts";
import { trustedCustomer } from "../../src/domain/plan.ts";
import { customerOf, fill, invoiceOf, NOW, planOf, subscriptionOf } from "../support/records.ts";

export function enrolmentConformance(
  name: string,
  open: () => Promise<{ readonly store: OpenedStore; close(): Promise<void> }>,
): void {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });
  async function storeWith(ids: readonly string[] = []): Promise<OpenedStore> {
    const each = await open();
    opened.push(each);
    await fill(each.store, { subscriptions: ids.map((id) => subscriptionOf(id)) });
    return each.store;
  }
  const asked = { subscriptionIds: ["a", "b"], customerIds: ["cus_a", "cus_b"], planIds: ["oro", "plata"] };

  describe(`${name}: many subscriptions at once`, () => {
    test("the facts are of the ids that were asked for, with what was billed", async () => {
      const store = await storeWith(["a", "c"]);
      const invoice = invoiceOf(subscriptionOf("a"), 0);
      // What is charged once bills no period, whichever of the two a database would put first.
      const oneOff = { ...invoiceOf(subscriptionOf("a"), 5), id: "inv_once", cycle: null, oneOffKey: "k" };
      await store.write(NOW, async (records) => {
        for (const each of [invoice, oneOff]) records.addInvoice(each);
      });
      const facts = await store.enrolment.facts(asked);
      expect([...facts.subscriptions.values()]).toEqual([{ ...subscriptionOf("a"), billedUntil: invoice.periodEnd }]);
      expect(facts.ofCustomer.get("cus_a")?.map(({ id }) => id)).toEqual(["a"]);
      expect([...facts.customers.values()]).toEqual([customerOf("cus_a")]);
      expect([...facts.plans.values()]).toEqual([{ ...planOf(), prices: null, tax: null, archivedAt: null }]);
    });

    test("what `decide` says is written whole, with its events", async () => {
      const store = await storeWith();
      const a = subscriptionOf("a", {
        discount: { percent: 12.5 },
        lineItems: [{ name: "Su plan", unitPriceCents: 1, quantity: 1 }],
      });
      const b = subscriptionOf("b", { nextBillingAt: null, cancelAt: NOW, billPast: true });
      const enrolment: Enrolment = {
        customers: [customerOf("cus_a"), customerOf("cus_b", { email: null, cardExpMonth: null })],
        subscriptions: [a, b],
        events: [{ type: "subscription.created", subscriptionId: "a", customerId: "cus_a", data: { planId: "oro" } }],
      };
      await store.enrolment.enrol(asked, NOW, (facts) => {
        expect(facts.subscriptions.size).toBe(0);
        return enrolment;
      });
      const facts = await store.enrolment.facts(asked);
      expect([...facts.subscriptions.values()]).toEqual([
        { ...a, billedUntil: null },
        { ...b, billedUntil: null },
      ]);
      expect([...facts.customers.values()]).toEqual(enrolment.customers);
      expect(await store.list("events", { where: { subscriptionId: "a" } })).toEqual([
        expect.objectContaining({ type: "subscription.created", data: { planId: "oro" }, at: NOW.toISOString() }),
      ]);
    });

    test("a fault of one row writes none of them", async () => {
      const store = await storeWith(["a"]);
      const enrolling = store.enrolment.enrol(asked, NOW, () => ({
        ...{ customers: [customerOf("cus_b")], subscriptions: [subscriptionOf("b"), subscriptionOf("a")], events: [] },
      }));
      await expect(enrolling).rejects.toThrow(/unique/i);
      const { subscriptions, customers } = await store.enrolment.facts(asked);
      expect([[...subscriptions.keys()], [...customers.keys()]]).toEqual([["a"], ["cus_a"]]);
    });

    test("other terms are written, and nothing else of the subscription", async () => {
      const store = await storeWith();
      const had = { discount: { percent: 10 }, lineItems: [{ name: "Su plan", unitPriceCents: 1, quantity: 1 }] };
      await fill(store, { subscriptions: [subscriptionOf("a", had), subscriptionOf("b", had)] });
      const terms = { quantity: 3, lineItems: null, discount: { amountCents: 500 } };
      await store.enrolment.enrol(asked, NOW, () => ({
        ...{ customers: [], subscriptions: [], changed: [{ id: "a", ...terms }], events: [] },
      }));
      const { subscriptions, damagedSubscriptions } = await store.enrolment.facts(asked);
      expect([...subscriptions.values()]).toEqual([
        { ...subscriptionOf("a", terms), billedUntil: null },
        { ...subscriptionOf("b", had), billedUntil: null },
      ]);
      expect(damagedSubscriptions).toEqual(new Set());
    });

    test("what a file brought goes on until it has ended, or is canceled", async () => {
      const store = await storeWith(["code"]);
      const ended = { status: "canceled", nextBillingAt: null } as const;
      await fill(store, {
        subscriptions: [
          subscriptionOf("b", { source: "file" }),
          subscriptionOf("a", { source: "file", status: "paused" }),
          subscriptionOf("ended", { source: "file", ...ended }),
          subscriptionOf("ending", { source: "file", cancelAt: NOW }),
        ],
      });
      expect(await store.enrolment.goingOnFromFile()).toEqual([
        { id: "a", customerId: "cus_a" },
        { id: "b", customerId: "cus_b" },
      ]);
    });

    test("of customers, those are known that are there, and it is known who was taken on trust", async () => {
      const store = await storeWith(["a"]);
      await store.write(NOW, async (records) => await records.putCustomer(trustedCustomer("cus_b")));
      expect(await store.enrolment.knownCustomers(["cus_a", "cus_b", "cus_c"])).toEqual(
        new Map([
          ["cus_a", { isTrusted: false }],
          ["cus_b", { isTrusted: true }],
        ]),
      );
    });

    test("an e-mail is found in whatever letters, and belongs to as many as have it", async () => {
      const store = await storeWith(["a"]);
      await store.write(NOW, async (records) => {
        await records.putCustomer(customerOf("cus_1", { email: "Ana@Example.mx" }));
        await records.putCustomer(customerOf("cus_2", { email: "ana@example.mx" }));
        await records.putCustomer(customerOf("cus_3", { email: null }));
      });
      expect(await store.enrolment.customersByEmail(["ana@example.mx", "x@y.mx"])).toEqual(
        new Map([["ana@example.mx", ["cus_1", "cus_2"]]]),
      );
    });
  });
}

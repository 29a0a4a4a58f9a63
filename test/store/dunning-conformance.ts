/** What every store has to do around a decline, told as claims about the ports alone: cards, links, steps, orders set aside. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { SweepRecords } from "../../src/application/ports/reconcile.ts";
import type { Store } from "../../src/application/ports/store.ts";
import type { Owner } from "../../src/application/ports/installation.ts";
import {
  customerOf,
  DAY_MS,
  fill,
  HOUR_MS,
  invoiceOf,
  later,
  MINUTE_MS,
  NOW,
  subscriptionOf,
} from "../support/records.ts";

type OpenRecords = { readonly store: Store & { readonly sweep: SweepRecords }; close(): Promise<void> };

const PAGE = { after: null, limit: 10 };

export function dunningConformance(name: string, open: () => Promise<OpenRecords>): void {
  let opened: OpenRecords;
  let store: OpenRecords["store"];
  let owner: Owner;

  /** One invoice of "a" is due; of "b" one is in its period of grace, which ends in an hour. */
  beforeEach(async () => {
    opened = await open();
    ({ store } = opened);
    const [a, b] = ["a", "b"].map((id) => subscriptionOf(id, { nextCycle: 2 })) as [never, never];
    const grace = { dunningStep: "grace", dunningClass: "new_card", dunningDueAt: later(HOUR_MS) } as const;
    const invoices = [invoiceOf(a, 1), invoiceOf(b, 1, { nextAttemptAt: null, declines: 1, ...grace })];
    await fill(store, { subscriptions: [a, b], invoices });
    owner = await store.takeOver("own_1");
  });
  afterEach(async () => await opened.close());

  const write = <T>(work: Parameters<typeof store.write<T>>[1]) => store.write(NOW, work);

  describe(`${name}: dunning, cards and links`, () => {
    test("who has taken over owns it", async () => {
      expect(await store.stillOwns(owner)).toBe(true);
    });

    test("a step is due when its time has come, and not before", async () => {
      expect(await store.dueSteps(NOW, PAGE)).toEqual([]);
      expect(await store.dueSteps(later(HOUR_MS), PAGE)).toMatchObject([{ invoiceId: "inv_b_1", step: "grace" }]);
    });

    test("the facts of who pays: one each, none of who is not there", async () => {
      const payers = await write((records) => records.payers(["cus_a", "cus_none"]));
      expect([...payers.keys()]).toEqual(["cus_a"]);
      expect(payers.get("cus_a")).toMatchObject({ isDeleted: false, neverAgain: [], toReplace: [], tries: [] });
    });

    test("a customer is gone once", async () => {
      expect(await write((records) => records.customerIsGone("cus_a"))).toBe(true);
      expect(await write((records) => records.customerIsGone("cus_a"))).toBe(false);
      const payers = await write((records) => records.payers(["cus_a"]));
      expect(payers.get("cus_a")).toMatchObject({ isDeleted: true, card: { paymentSourceId: null } });
    });

    test("a card has an owner, and nothing to forgive while it was never declined", async () => {
      const paymentSourceId = customerOf("cus_a").paymentSourceId ?? "";
      await write(async (records) => {
        expect(await records.cardOwner("src_none")).toBeNull();
        const card = await records.cardOwner(paymentSourceId);
        expect(card).toMatchObject({ paymentSourceId });
        expect(card && (await records.clearCard(card, ["never_again", "new_card"]))).toBe(0);
      });
    });

    test("a card that expires soon is named, with what was told of it", async () => {
      const [cardExpYear = 0, cardExpMonth = 0] = later(20 * DAY_MS)
        .toISOString()
        .split("-")
        .map(Number);
      await write((records) => records.putCustomer(customerOf("cus_a", { cardExpMonth, cardExpYear })));
      const expiring = async () => (await store.expiringCards(NOW, 60)).map((each) => JSON.stringify(each));
      expect(await expiring()).toEqual([expect.stringContaining("cus_a")]);
      await write((records) => records.noteCardNotice("cus_a", "src_a:30"));
      expect(await expiring()).toEqual([expect.stringContaining("src_a:30")]);
    });

    test("a link is an attempt like any other: one at a time", async () => {
      const claim = {
        ...{ invoiceId: "inv_a_1", flow: "link" as const, now: NOW, leaseMs: MINUTE_MS, methods: ["cash"] as const },
        ...{ expiresAt: later(DAY_MS), requestedBy: "Carmen" },
      };
      expect(await write((records) => records.endLink("inv_a_1", "person"))).toBe(false);
      expect(await store.claimLink(owner, claim)).not.toBeNull();
      expect(await store.claimLink(owner, claim)).toBeNull();
      expect(await write((records) => records.openAttempt("inv_a_1"))).toMatchObject({ flow: "link" });
      expect(await store.cardsToKeep(NOW, 10)).toEqual([]);
    });

    test("an order is set aside once, and stays so", async () => {
      await store.sweep.keepAside(["ord_1"], { why: "of the old shop", by: "Carmen" }, NOW);
      await store.sweep.keepAside(["ord_1"], { why: "again", by: "Carmen" }, NOW);
      expect([...(await store.sweep.setAside(["ord_1", "ord_2"]))]).toEqual(["ord_1"]);
    });

    test("how far orders were compared never goes back", async () => {
      expect(await store.sweep.comparedUntil()).toBeNull();
      await store.sweep.noteCompared(later(HOUR_MS));
      await store.sweep.noteCompared(NOW);
      expect(await store.sweep.comparedUntil()).toEqual(later(HOUR_MS));
    });

    test("nothing waits for the next invoice of one who has nothing to the good", async () => {
      await write(async (records) => {
        await records.prefetch({ customerIds: ["cus_a"], subscriptionIds: ["a"] });
        const subscription = await records.subscription("a");
        expect(subscription && (await records.waitingFor(subscription, "MXN"))).toMatchObject({ items: [] });
        const whose = { id: "a", customerId: "cus_a", currency: "MXN" };
        expect((await records.waitingForEach([whose])).get("a")).toMatchObject({ items: [] });
      });
    });
  });
}

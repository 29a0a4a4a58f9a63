/**
 * What every outbox has to do: a cursor that misses nothing whatever the clock says, and rows that end or wait.
 *
 * The store in memory has none, since the simulation sends no events.
 */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { DeliveryResult, EventFilter, EventOutbox } from "../../src/application/ports/notify.ts";
import type { Store } from "../../src/application/ports/store.ts";
import type { NewEvent } from "../../src/domain/event-types.ts";
import { fill, later, NOW, subscriptionOf } from "../support/records.ts";

const TYPES = ["invoice.opened", "invoice.paid"];

type OpenOutbox = { readonly store: Store & { readonly outbox: EventOutbox }; close(): Promise<void> };

export function outboxConformance(name: string, open: () => Promise<OpenOutbox>): void {
  let opened: OpenOutbox;
  let store: OpenOutbox["store"];
  beforeEach(async () => {
    opened = await open();
    ({ store } = opened);
    await fill(store, { subscriptions: [subscriptionOf("a"), subscriptionOf("b")] });
  });
  afterEach(() => opened.close());

  async function happens(type: NewEvent["type"], at = NOW, subscriptionId = "a"): Promise<void> {
    await store.write(at, async (records) => records.record({ type, subscriptionId, data: { at: at.toISOString() } }));
  }
  const gather = () => store.outbox.gather(TYPES, NOW, 100);
  const dueIds = async (now = NOW) => (await store.outbox.due(now, 100)).map(({ eventId }) => eventId);
  const types = async () => (await store.outbox.due(NOW, 100)).map(({ type }) => type);
  const sent = (eventId: string, change: Partial<DeliveryResult> = {}): DeliveryResult => ({
    ...{ eventId, tries: 0, httpStatus: 204 },
    delivery: { state: "delivered" },
    ...change,
  });
  async function oneDue(): Promise<string> {
    await gather();
    await happens("invoice.paid");
    await gather();
    const [id = ""] = await dueIds();
    return id;
  }

  describe(`${name}: the cursor of the outbox`, () => {
    test("begins at the end: history is not sent", async () => {
      await happens("invoice.paid");
      expect(await gather()).toBe(0);
      expect(await gather()).toBe(0);
      await happens("invoice.opened");
      expect(await gather()).toBe(1);
      expect(await types()).toEqual(["invoice.opened"]);
    });

    test("begins at the end of nothing, too", async () => {
      expect(await gather()).toBe(0);
      await happens("invoice.opened");
      expect(await gather()).toBe(1);
    });

    test("passes what is not sent, and makes no delivery of it", async () => {
      await gather();
      await happens("plan.changed");
      await happens("invoice.paid");
      await happens("charging.halted");
      expect(await gather()).toBe(3);
      expect(await types()).toEqual(["invoice.paid"]);
      expect(await gather()).toBe(0);
    });

    test("follows the writing, not the clock: an event of an earlier instant is sent all the same", async () => {
      await gather();
      await happens("invoice.opened", later(3_600_000));
      await gather();
      await happens("invoice.paid", later(-3_600_000));
      expect(await gather()).toBe(1);
      const ids = await dueIds();
      // The control: by its id the later one sorts first, and a cursor over ids would have missed it.
      expect(ids).toHaveLength(2);
      expect(ids.toSorted()).toEqual(ids.toReversed());
    });

    test("takes as many as it may, in order, again and again", async () => {
      await gather();
      for (let count = 0; count < 5; count++) await happens("invoice.opened", later(count));
      expect([await store.outbox.gather(TYPES, NOW, 2), await store.outbox.gather(TYPES, NOW, 2)]).toEqual([2, 2]);
      expect(await store.outbox.gather(TYPES, NOW, 2)).toBe(1);
      expect(await dueIds()).toHaveLength(5);
    });

    test("takes several events of one commit in the order they were recorded in", async () => {
      await gather();
      await store.write(NOW, async (records) => {
        for (const type of ["invoice.paid", "invoice.opened", "invoice.paid"] as const)
          records.record({ type, subscriptionId: "a" });
      });
      await gather();
      expect(await types()).toEqual(["invoice.paid", "invoice.opened", "invoice.paid"]);
    });
  });

  describe(`${name}: a delivery`, () => {
    test("is due at once, and gone when it is sent", async () => {
      const id = await oneDue();
      expect(await dueIds(later(-1))).toEqual([]);
      await store.outbox.mark([sent(id)], later(1000));
      expect(await dueIds(later(1_000_000))).toEqual([]);
      expect(await store.outbox.nextTryAt()).toBeNull();
      expect((await store.outbox.list({}))[0]).toMatchObject({
        ...{ eventId: id, delivery: "delivered", tries: 1, lastHttpStatus: 204, lastError: null },
        deliveredAt: later(1000).toISOString(),
      });
    });

    test("that failed waits for its next turn", async () => {
      const id = await oneDue();
      const delivery = { state: "pending", nextTryAt: later(5000), because: "answered 500" } as const;
      await store.outbox.mark([sent(id, { httpStatus: 500, delivery })], NOW);
      expect(await store.outbox.nextTryAt()).toEqual(later(5000));
      expect(await dueIds(later(4999))).toEqual([]);
      expect(await store.outbox.due(later(5000), 10)).toMatchObject([{ eventId: id, tries: 1 }]);
      expect(await store.outbox.counts()).toEqual({ pending: 1, oldestPendingAt: NOW, dead: 0 });
      expect((await store.outbox.list({ state: "pending" }))[0]).toMatchObject({ lastError: "answered 500" });
    });

    test("that a person put up again meanwhile is not ended by an older try", async () => {
      const id = await oneDue();
      const delivery = { state: "pending", nextTryAt: later(5000), because: "answered 500" } as const;
      await store.outbox.mark([sent(id, { delivery })], NOW);
      await store.outbox.resend({ ids: [id] }, NOW);
      await store.outbox.mark([sent(id, { tries: 1 })], NOW);
      expect(await dueIds()).toEqual([id]);
    });

    test("that is dead stays so, with the reason, until it is put up again", async () => {
      const id = await oneDue();
      await store.outbox.mark(
        [sent(id, { httpStatus: 410, delivery: { state: "dead", because: "answered 410" } })],
        NOW,
      );
      expect(await dueIds(later(1_000_000_000))).toEqual([]);
      expect(await store.outbox.counts()).toEqual({ pending: 0, oldestPendingAt: null, dead: 1 });
      expect(await store.outbox.resend({ dead: true, since: later(1) }, NOW)).toEqual([]);
      expect(await store.outbox.resend({ dead: true, since: NOW }, NOW)).toEqual([id]);
      expect(await store.outbox.due(NOW, 10)).toMatchObject([{ eventId: id, tries: 0 }]);
    });

    test("can be made of an event of before any was sent, and of one that was sent", async () => {
      await happens("invoice.paid");
      await gather();
      const [{ eventId } = {}] = await store.outbox.list({});
      const id = String(eventId);
      expect(await store.outbox.resend({ ids: [id, id] }, NOW)).toEqual([id]);
      await store.outbox.mark([sent(id)], NOW);
      await store.outbox.resend({ ids: [id] }, later(1));
      expect(await store.outbox.due(later(1), 10)).toMatchObject([{ eventId: id, tries: 0 }]);
      expect((await store.outbox.list({}))[0]).toMatchObject({ deliveredAt: null });
    });

    test("that is put up before the cursor came by is one delivery", async () => {
      await gather();
      await happens("invoice.paid");
      const [{ eventId } = {}] = await store.outbox.list({});
      await store.outbox.resend({ ids: [String(eventId)] }, NOW);
      expect(await gather()).toBe(1);
      expect(await dueIds()).toEqual([eventId]);
    });
  });

  test(`${name}: the outbox lists by subscription, type, state and time, the latest first`, async () => {
    await gather();
    await happens("invoice.opened", NOW);
    await happens("invoice.paid", later(1000), "b");
    await happens("plan.changed", later(2000));
    await gather();
    const listed = async (filter: EventFilter) => (await store.outbox.list(filter)).map(({ type }) => type);
    expect(await listed({})).toEqual(["plan.changed", "invoice.paid", "invoice.opened"]);
    expect(await listed({ limit: 1 })).toEqual(["plan.changed"]);
    expect(await listed({ subscriptionId: "b" })).toEqual(["invoice.paid"]);
    expect(await listed({ type: "invoice.opened" })).toEqual(["invoice.opened"]);
    expect(await listed({ state: "pending" })).toEqual(["invoice.paid", "invoice.opened"]);
    expect(await listed({ state: "dead" })).toEqual([]);
    expect(await listed({ since: later(1000) })).toEqual(["plan.changed", "invoice.paid"]);
    expect(await store.outbox.typesOf(["evt_none"])).toEqual(new Map());
  });
}

/** What goes to an archive beside invoices, and what stays: claims that hold over each database. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ArchivePlace, ArchiveRecords } from "../../src/application/ports/archive.ts";
import type { Store } from "../../src/application/ports/store.ts";
import type { WebhookInbox } from "../../src/application/ports/webhooks.ts";
import { DAY_MS, fill, invoiceOf, later, NOW, subscriptionOf } from "../support/records.ts";

type OpenArchive = {
  readonly store: Store & { readonly archive: ArchiveRecords; readonly inbox: WebhookInbox };
  close(): Promise<void>;
};

export function archiveConformance(name: string, open: () => Promise<OpenArchive>): void {
  let opened: OpenArchive;
  let store: OpenArchive["store"];
  beforeEach(async () => {
    opened = await open();
    ({ store } = opened);
    await fill(store, { subscriptions: [subscriptionOf("a")], invoices: [] });
  });
  afterEach(async () => await opened.close());

  test(`${name}: the id of a webhook event stays when what it said goes to an archive, and is known for ever`, async () => {
    const entry = (id: string, ignoredBecause: string | null) => ({
      event: { id, type: "order.paid", livemode: false, orderId: "ord_1", customerId: null, payload: {} },
      ignoredBecause,
    });
    await store.inbox.receive([entry("whe_1", "a ping"), entry("whe_2", null), entry("whe_3", "a ping")], NOW);
    const handled = async () => await store.archive.handledWebhooks(later(1), "", 10);
    const copied = await handled();
    expect(copied.ids).toEqual(["whe_1", "whe_3"]);
    // A person replays one meanwhile.
    await store.inbox.replay({ id: "whe_3" }, later(1));
    await store.archive.emptyWebhooks(copied);
    const rows = (await store.list("webhooks", {})).toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
    expect(rows.map(({ payload }) => payload)).toEqual([{ archived: true }, {}, {}]);
    expect(rows[0]).toMatchObject({ state: "ignored", because: "a ping", orderId: "ord_1" });
    expect([...(await store.inbox.receive([entry("whe_1", null)], later(2)))]).toEqual([]);
    expect((await handled()).ids).toEqual([]);
  });

  test(`${name}: of several that were opened in one moment each page has the next ones`, async () => {
    const cycles = [1, 2, 3, 4].map((cycle) => {
      const at = later(-500 * DAY_MS);
      const change = { id: `inv_${cycle}`, status: "void", statusReason: "skipped", nextAttemptAt: null } as const;
      return invoiceOf(subscriptionOf("a"), cycle, { ...change, periodStart: at, periodEnd: at });
    });
    await fill(store, { subscriptions: [], invoices: cycles });
    const ids: string[] = [];
    for (let after: ArchivePlace | null = null; ;) {
      const page = await store.archive.closed(later(1), { after, limit: 1 });
      ids.push(...page.ids);
      ({ after } = page);
      if (after === null) break;
    }
    expect(ids).toEqual(["inv_1", "inv_2", "inv_3"]);
  });

  test(`${name}: old events of no invoice and no subscription go to an archive; the last one stays`, async () => {
    await store.haltCharging({ kind: "person", because: "the price is wrong" }, NOW);
    await store.resumeCharging({ kind: "person", by: "maria", why: "it is right" }, NOW);
    const loose = async () => await store.archive.looseEvents(later(1), "", 10);
    const copied = await loose();
    const types = copied.tables["event"]?.map(({ type }) => type);
    expect(types).toContain("charging.halted");
    expect(types).not.toContain("charging.resumed");
    const before = await store.list("events", {});
    const archive = await store.archive.begin({ file: "old.db", before: later(1) }, NOW);
    await store.archive.takeEventsAway(archive, copied);
    expect(await store.list("events", {})).toHaveLength(before.length - copied.ids.length);
    expect((await loose()).ids).toEqual([]);
    expect(await store.archive.finish(archive, NOW)).toMatchObject({ events: copied.ids.length });
  });
}

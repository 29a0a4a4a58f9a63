/** Events on their way into the inbox: each once, and those that nothing can follow from are kept and ignored. */
import { describe, expect, test } from "@jest/globals";
import { memoryApp } from "../../../test/support/memory-app.ts";
import type { WebhookEvent } from "../ports/webhooks.ts";
import { receiveWebhooks } from "./receive-webhooks.ts";

const AT = new Date("2026-02-10T15:00:00Z");

function eventOf(id: string, change: Partial<WebhookEvent> = {}): WebhookEvent {
  return { id, type: "order.paid", livemode: false, orderId: "ord_1", customerId: null, payload: {}, ...change };
}

async function worldOf() {
  const app = await memoryApp({}, { now: AT });
  return { ...app, rows: () => [...app.tables.webhooks.rows.values()] };
}

describe("taken into the inbox", () => {
  test("each event once, with its state", async () => {
    const { store, clock, rows } = await worldOf();
    const needs = { store, inbox: store.inbox, clock };
    const events = [eventOf("whe_1"), eventOf("whe_1"), eventOf("whe_2", { type: "webhook_ping" })];
    expect(await receiveWebhooks(needs, events)).toEqual(["accepted", "duplicate", "accepted"]);
    expect(await receiveWebhooks(needs, [eventOf("whe_2")])).toEqual(["duplicate"]);
    expect(rows()).toMatchObject([
      { id: "whe_1", state: "received", receivedAt: AT },
      { id: "whe_2", state: "ignored", because: "a ping" },
    ]);
  });

  const live = "an event of the live mode, and these books are kept in the test mode";
  const tested = "an event of the test mode, and these books are kept in the live mode";
  test.each<[change: Partial<WebhookEvent>, books: boolean | null, because: string | null]>([
    [{ livemode: true }, false, live],
    [{ livemode: false }, true, tested],
    [{ livemode: true }, true, null],
    [{ livemode: null }, true, null],
    [{ livemode: true }, null, null],
    [{ type: "customer.updated" }, null, "it names no customer"],
    [{ type: "customer.updated", customerId: "cus_ana" }, null, null],
    [{ type: "order.paid", customerId: null }, null, null],
  ])("%j, where the books' mode is live: %p, is ignored because: %p", async (change, books, because) => {
    const { store, clock, rows } = await worldOf();
    if (books !== null) await store.confirmMode(books);
    await receiveWebhooks({ store, inbox: store.inbox, clock }, [eventOf("whe_1", change)]);
    expect(rows()).toMatchObject([{ because, state: because === null ? "received" : "ignored" }]);
  });
});

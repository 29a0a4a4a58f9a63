/**
 * Webhooks: signed, and on demand late, twice, out of order, or again.
 */
import { createVerify } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf, chargedOrderFor, customerWith } from "./caller.ts";

type Received = { readonly raw: string; readonly digest: string; readonly type: string; readonly id: string };

class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  /** Answers so, one after the other; 200 when there is none left. */
  readonly statuses: number[] = [];
  readonly #server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const raw = Buffer.concat(chunks).toString("utf8");
      const { type, id } = JSON.parse(raw);
      this.received.push({ raw, type, id, digest: String(incoming.headers["digest"]) });
      response.writeHead(this.statuses.shift() ?? 200).end();
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  types(): string[] {
    return this.received.map((event) => event.type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

type WithReceiver = {
  readonly sandbox: Sandbox;
  readonly call: Caller;
  readonly receiver: Receiver;
  readonly customer: string;
};

async function withReceiver(options: SandboxOptions, use: (made: WithReceiver) => Promise<void>): Promise<void> {
  await using receiver = new Receiver();
  await using sandbox = await startSandbox({ holdWebhooks: true, ...options });
  const call = callerOf(sandbox);
  const customer = await customerWith(call, "tok_test_visa_4242");
  await call("POST", "/webhooks", { url: await receiver.open() });
  await use({ sandbox, call, receiver, customer });
}

const PAYMENT = ["order.created", "charge.created", "charge.paid", "order.paid"];

test("one payment is four events; each carries its resource as it was then", async () => {
  await withReceiver({}, async ({ sandbox, call, receiver, customer }) => {
    const { body: order } = await call("POST", "/orders", chargedOrderFor(customer));
    await call("POST", `/orders/${order.id}/refunds`, { amount: 20_015, reason: "other" });
    await sandbox.flushWebhooks();
    expect(receiver.types()).toEqual([...PAYMENT, "charge.refunded", "order.refunded"]);
    const paid = JSON.parse(receiver.received[3]?.raw ?? "");
    expect(paid).toMatchObject({
      object: "event",
      livemode: false,
      data: { object: { id: order.id, object: "order", payment_status: "paid" } },
    });
  });
});

test("DIGEST is the base64 RSA-SHA256 signature of the raw body, by the newest active key", async () => {
  await withReceiver({}, async ({ sandbox, call, receiver, customer }) => {
    await call("POST", "/webhook_keys", { active: true });
    const { body: key } = await call("POST", "/webhook_keys", { active: true });
    await call("POST", "/orders", chargedOrderFor(customer));
    await sandbox.flushWebhooks();
    const [event] = receiver.received;
    const isGenuine = (body: string) =>
      createVerify("RSA-SHA256")
        .update(body)
        .verify(key.public_key, event?.digest ?? "", "base64");
    expect(isGenuine(event?.raw ?? "")).toBe(true);
    expect(isGenuine(`${event?.raw} `)).toBe(false);
  });
});

describe("manners", () => {
  test("twice: every event arrives two times with the same id", async () => {
    await withReceiver({ webhookCopies: 2 }, async ({ sandbox, call, receiver, customer }) => {
      await call("POST", "/orders", chargedOrderFor(customer));
      await sandbox.flushWebhooks();
      expect(receiver.received).toHaveLength(8);
      expect(new Set(receiver.received.map((event) => event.id)).size).toBe(4);
    });
  });

  test("out of order: newest first, or shuffled by the seed", async () => {
    await withReceiver({ webhookOrder: "newest_first" }, async ({ sandbox, call, receiver, customer }) => {
      await call("POST", "/orders", chargedOrderFor(customer));
      await sandbox.flushWebhooks();
      expect(receiver.types()).toEqual(PAYMENT.toReversed());

      await call("POST", "/orders", chargedOrderFor(customer));
      await sandbox.flushWebhooks({ order: "shuffled" });
      expect(receiver.types().slice(4).toSorted()).toEqual(PAYMENT.toSorted());
    });
  });

  test("late: nothing before the clock driven by hand has come so far", async () => {
    let nowMs = Date.UTC(2026, 0, 31);
    const options = { now: () => new Date(nowMs), webhookDelayMs: 10_000, holdWebhooks: false };
    await withReceiver(options, async ({ sandbox, call, receiver, customer }) => {
      await call("POST", "/orders", chargedOrderFor(customer));
      expect(receiver.received).toEqual([]);
      nowMs += 10_000;
      await call("GET", "/customers");
      await sandbox.flushWebhooks();
      expect(receiver.types()).toEqual(PAYMENT);
    });
  });

  test("of its own accord, when nothing holds them back", async () => {
    await withReceiver({ holdWebhooks: false }, async ({ call, receiver, customer }) => {
      await call("POST", "/orders", chargedOrderFor(customer));
      while (receiver.received.length < 4) await call("GET", "/customers");
      expect(receiver.types()).toEqual(PAYMENT);
    });
  });

  test("only the events that were subscribed to", async () => {
    await withReceiver({}, async ({ sandbox, call, receiver, customer }) => {
      const [webhook] = (await call("GET", "/webhooks")).body.data;
      await call("PUT", `/webhooks/${webhook.id}`, { subscribed_events: ["order.paid"] });
      await call("POST", "/orders", chargedOrderFor(customer));
      await sandbox.flushWebhooks();
      expect(receiver.types()).toEqual(["order.paid"]);
    });
  });

  test("through the control endpoint, too", async () => {
    await withReceiver({}, async ({ call, receiver, customer }) => {
      await call("PUT", "/_sandbox/webhooks", { copies: 2 });
      await call("POST", "/orders", chargedOrderFor(customer));
      const { body } = await call("POST", "/_sandbox/webhooks/flush", {});
      expect(body.deliveries).toHaveLength(8);
      expect(body.deliveries[0]).toMatchObject({ type: "order.created", status: 200 });
      expect(receiver.received).toHaveLength(8);
    });
  });
});

describe("what is not taken comes again", () => {
  test("a receiver that answers 503 gets the event once more, with its failures counted", async () => {
    await withReceiver({}, async ({ sandbox, call, receiver, customer }) => {
      receiver.statuses.push(503);
      await call("POST", "/orders", chargedOrderFor(customer));
      await sandbox.flushWebhooks();
      const id = receiver.received[0]?.id;
      expect((await call("GET", `/events/${id}`)).body).toMatchObject({
        webhook_status: "pending",
        webhook_logs: [{ failed_attempts: 1, last_http_response_status: 503 }],
      });
      expect(await sandbox.flushWebhooks()).toMatchObject([{ eventId: id, status: 200 }]);
      expect((await call("GET", `/events/${id}`)).body.webhook_status).toBe("successful");
    });
  });

  test("an event is sent again on request", async () => {
    await withReceiver({}, async ({ sandbox, call, receiver, customer }) => {
      await call("POST", "/orders", chargedOrderFor(customer));
      await sandbox.flushWebhooks();
      const [webhook] = (await call("GET", "/webhooks")).body.data;
      const { body: events } = await call("GET", "/events?limit=1");
      await call("POST", `/events/${events.data[0].id}/resend`, { webhooks_ids: [webhook.id] });
      await sandbox.flushWebhooks();
      expect(receiver.types().slice(4)).toEqual(["order.paid"]);
    });
  });

  test("a ping has an action and no object", async () => {
    await withReceiver({}, async ({ sandbox, call, receiver }) => {
      const [webhook] = (await call("GET", "/webhooks")).body.data;
      await call("POST", `/webhooks/${webhook.id}/test`);
      await sandbox.flushWebhooks();
      expect(JSON.parse(receiver.received[0]?.raw ?? "")).toMatchObject({
        type: "webhook_ping",
        data: { action: "ping", livemode: false },
      });
    });
  });
});

/** Telling events, over real HTTP: what the receiver sees, what its answers lead to, and what a crash leaves behind. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { standardWebhooks } from "../../src/adapters/notifier/standard-webhooks.ts";
import type { Notifier } from "../../src/application/ports/notify.ts";
import { NOTIFIED_TYPES } from "../../src/domain/notification.ts";
import { HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { type DeliveryFixture, openDeliveryFixture } from "./delivery-fixture.ts";
import { SECRET, startReceiver, verified } from "./receiver.ts";

let fixture: DeliveryFixture;
beforeEach(async () => {
  fixture = await openDeliveryFixture();
});
afterEach(async () => await fixture[Symbol.asyncDispose]());

/** Whatever is due by then is sent. */
async function deliverAfter(ms: number) {
  fixture.clock.advance(ms);
  return await fixture.deliver();
}

describe("the receiver", () => {
  test("is notified of what happened, signed over the very bytes that arrive, with the event's id", async () => {
    await fixture.happens("invoice.paid");
    expect(await fixture.deliver()).toEqual({ delivered: 1, failed: 0, dead: 0, nextTryAt: null });

    const [call] = fixture.receiver.calls;
    const [event] = await fixture.events();
    expect(fixture.receiver.calls).toHaveLength(1);
    expect(verified(call!)).toEqual(call?.message);
    expect(call).toMatchObject({
      id: event?.["eventId"],
      headers: { "content-type": "application/json", "user-agent": "Puntual" },
      message: {
        type: "invoice.paid",
        timestamp: event?.["at"],
        data: {
          livemode: null,
          customer: { id: "cus_a", name: "Señora cus_a", email: "cus_a@example.mx" },
          subscription: { id: "a", plan: { id: "oro", name: "Plan Oro" } },
          invoice: { id: "inv_a_1", cycle: 1, amountCents: 20015, currency: "MXN", timeZone: "America/Mexico_City" },
        },
      },
    });
    expect(await fixture.deliveries()).toEqual(["invoice.paid delivered 1"]);
  });

  test("can tell that a byte was changed, and that somebody else signed", async () => {
    await fixture.happens("invoice.paid");
    await fixture.deliver();
    const { raw, headers } = fixture.receiver.calls[0]!;
    const changed = Buffer.from(raw.toString("utf8").replace("20015", "20016"));
    expect(changed.length).toBe(raw.length);
    expect(() => verified({ raw: changed, headers })).toThrow("No matching signature");
    expect(() => verified({ raw, headers }, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")).toThrow("No matching signature");
  });

  test("may know only one of two secrets while one is being replaced", async () => {
    const next = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    await fixture.happens("invoice.paid");
    await fixture.deliver({ notifier: standardWebhooks({ url: fixture.receiver.url, secrets: [SECRET, next] }) });
    const [call] = fixture.receiver.calls;
    expect(verified(call!, SECRET)).toEqual(verified(call!, next));
  });

  test("is notified of each event once, many at once, and no more when nothing happens", async () => {
    const types = Array.from({ length: 500 }, () => "invoice.opened" as const);
    await fixture.happens(...types);
    expect(await fixture.deliver()).toMatchObject({ delivered: 500 });
    expect(await fixture.deliver()).toMatchObject({ delivered: 0 });
    expect(new Set(fixture.receiver.calls.map(({ id }) => id)).size).toBe(500);
    expect(fixture.receiver.calls).toHaveLength(500);
  });
});

describe("an answer", () => {
  test("500, then ok: sent again after five seconds, with the same id and a time of its own", async () => {
    fixture.receiver.answer(500);
    await fixture.happens("invoice.paid");
    expect(await fixture.deliver()).toMatchObject({
      failed: 1,
      nextTryAt: new Date(fixture.clock.now().getTime() + 5000),
    });
    expect(await deliverAfter(4999)).toMatchObject({ delivered: 0, failed: 0 });
    expect(await deliverAfter(1)).toMatchObject({ delivered: 1, nextTryAt: null });

    const [first, second] = fixture.receiver.calls;
    expect(second?.id).toBe(first?.id);
    expect(second?.raw).toEqual(first?.raw);
    expect(Number(second?.headers["webhook-timestamp"])).toBe(Number(first?.headers["webhook-timestamp"]) + 5);
    expect(verified(second!)).toEqual(first?.message);
    expect(await fixture.deliveries()).toEqual(["invoice.paid delivered 2"]);
  });

  test("a redirect is not followed", async () => {
    await using elsewhere = await startReceiver();
    for (const status of [301, 302, 307, 308])
      fixture.receiver.answer((response) => void response.writeHead(status, { location: elsewhere.url }).end());
    for (let count = 0; count < 4; count++) {
      await fixture.happens("invoice.paid");
      await fixture.deliver();
    }
    expect(elsewhere.calls).toEqual([]);
    expect((await fixture.events()).map(({ lastError }) => lastError)).toEqual([
      "answered 301: redirects are not followed",
      "answered 302: redirects are not followed",
      "answered 307: redirects are not followed",
      "answered 308: redirects are not followed",
    ]);
  });

  test("410 is the end of it at once", async () => {
    fixture.receiver.answer(410);
    await fixture.happens("invoice.paid");
    expect(await fixture.deliver()).toMatchObject({ dead: 1, nextTryAt: null });
    expect(await fixture.deliveries()).toEqual(["invoice.paid dead 1"]);
    expect(await fixture.store.outbox.counts()).toEqual({ pending: 0, oldestPendingAt: null, dead: 1 });
    expect(fixture.logged.join("")).toContain('"event":"event.dead"');
  });

  test.each<[string, (now: Date) => string, number]>([
    ["in seconds", () => "120", 120_000],
    ["as a date", (now) => new Date(Math.ceil(now.getTime() / 1000) * 1000 + 120_000).toUTCString(), 120_000],
    ["in the past", () => "Thu, 01 Jan 1970 00:00:00 GMT", 5000],
    ["that says nothing", () => "soon", 5000],
  ])("429 with a Retry-After %s", async (_what, value, waitMs) => {
    const retryAfter = value(fixture.clock.now());
    fixture.receiver.answer((response) => void response.writeHead(429, { "retry-after": retryAfter }).end());
    await fixture.happens("invoice.paid");
    const { nextTryAt } = await fixture.deliver();
    const waitedMs = (nextTryAt?.getTime() ?? 0) - fixture.clock.now().getTime();
    expect(waitedMs).toBeGreaterThanOrEqual(waitMs);
    expect(waitedMs).toBeLessThan(waitMs + 1000);
  });

  test("none at all is given up after the timeout", async () => {
    fixture.receiver.answer("hang");
    await fixture.happens("invoice.paid");
    const notifier = standardWebhooks({ url: fixture.receiver.url, secrets: [SECRET], timeoutMs: 50 });
    expect(await fixture.deliver({ notifier })).toMatchObject({ failed: 1 });
    expect((await fixture.events())[0]).toMatchObject({ lastError: "no answer within 50 ms", lastHttpStatus: null });
  });

  test("a body that never ends is not waited for: the status decides", async () => {
    fixture.receiver.answer((response) => void response.writeHead(200).write("for ever"));
    await fixture.happens("invoice.paid");
    expect(await fixture.deliver()).toMatchObject({ delivered: 1 });
  });

  test.each<[string, () => Promise<Notifier>, string]>([
    [
      "a connection that is cut",
      async () => {
        fixture.receiver.answer("reset");
        return fixture.needs.notifier;
      },
      "no connection (",
    ],
    [
      "nobody who listens",
      async () => {
        const gone = await startReceiver();
        await gone[Symbol.asyncDispose]();
        return standardWebhooks({ url: gone.url, secrets: [SECRET] });
      },
      "no connection (ECONNREFUSED)",
    ],
  ])("%s is a try that failed", async (_what, notifierOf, because) => {
    await fixture.happens("invoice.paid");
    expect(await fixture.deliver({ notifier: await notifierOf() })).toMatchObject({ failed: 1, delivered: 0 });
    expect((await fixture.events())[0]?.["lastError"]).toContain(because);
  });

  test("ten failures in three days and a half: given up, kept, and sent again when a person says so", async () => {
    fixture.receiver.answer(...Array.from({ length: 10 }, () => 500));
    await fixture.happens("invoice.paid");
    const startedAt = fixture.clock.now();
    for (let { nextTryAt } = await fixture.deliver(); nextTryAt !== null; { nextTryAt } = await fixture.deliver())
      fixture.clock.set(nextTryAt);
    expect(await fixture.deliveries()).toEqual(["invoice.paid dead 10"]);
    expect(fixture.clock.now().getTime() - startedAt.getTime()).toBe(75 * HOUR_MS + 35 * MINUTE_MS + 5000);

    expect(await fixture.store.outbox.resend({ dead: true }, fixture.clock.now())).toHaveLength(1);
    expect(await fixture.deliveries()).toEqual(["invoice.paid pending 0"]);
    expect(await fixture.deliver()).toMatchObject({ delivered: 1 });
    expect(new Set(fixture.receiver.calls.map(({ id }) => id)).size).toBe(1);
  });
});

describe("a crash", () => {
  test("between sending and recording leads to the same event with the same id once more", async () => {
    await fixture.happens("invoice.paid");
    const outbox = { ...fixture.needs.outbox, mark: () => Promise.reject(new Error("the process died")) };
    await expect(fixture.deliver({ outbox })).rejects.toThrow("the process died");
    expect(await fixture.deliveries()).toEqual(["invoice.paid pending 0"]);

    expect(await fixture.deliver()).toMatchObject({ delivered: 1 });
    const [first, second] = fixture.receiver.calls;
    expect(second?.id).toBe(first?.id);
    expect(second?.raw).toEqual(first?.raw);
  });

  test("after writing and before anybody looked loses nothing", async () => {
    await fixture.happens("invoice.opened", "invoice.paid");
    // Nothing was done with them but their commit.
    expect(await fixture.deliveries()).toEqual([]);
    expect(await fixture.deliver()).toMatchObject({ delivered: 2 });
  });
});

describe("a stop", () => {
  test("cuts calls off that hang; that counts as no try, and they are sent at the next start", async () => {
    fixture.receiver.answer("hang");
    await fixture.happens("invoice.paid");
    const stop = new AbortController();
    const delivering = fixture.deliver({}, stop.signal);
    await fixture.receiver.hangs;
    stop.abort();
    expect(await delivering).toMatchObject({ delivered: 0, failed: 0 });
    expect(await fixture.deliveries()).toEqual(["invoice.paid pending 0"]);
    expect(await fixture.deliver()).toMatchObject({ delivered: 1 });
  });
});

test("only the types of the table are sent", async () => {
  await fixture.happens("plan.changed", "invoice.paid", "charging.halted", "attempt.released", "customer.updated");
  await fixture.deliver();
  expect(fixture.receiver.calls.map(({ message }) => message.type)).toEqual(["invoice.paid"]);
  expect(NOTIFIED_TYPES).toContain("invoice.paid");
});

test("no secret and no name is ever logged, whatever happens", async () => {
  fixture.receiver.answer(500, 410, "reset");
  await fixture.happens("invoice.paid", "invoice.opened", "invoice.voided", "invoice.held");
  await fixture.deliver();
  fixture.needs.log.error("somebody.careless", { text: `signed with ${SECRET}` });
  const log = fixture.logged.join("");
  expect(log).toContain("event.not_delivered");
  expect(log).toContain("event.delivered");
  expect(log).not.toContain(SECRET.slice("whsec_".length));
  expect(log).not.toMatch(/Señora|@example/);
});

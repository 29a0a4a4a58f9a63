/** The sending of events: what is sent, what becomes of each, and who sends. */
import { describe, expect, test } from "@jest/globals";
import type { Answer } from "../../domain/delivery.ts";
import { NOTIFIED_TYPES } from "../../domain/notification.ts";
import { said } from "../../domain/refusals.ts";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { DeliveryResult, DueDelivery, Notification } from "../ports/notify.ts";
import { deliverEvents, type DeliverNeeds, gatherEvents } from "./deliver-events.ts";
import { resendEvents } from "./resend-events.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const NEXT = new Date("2026-12-01T16:00:00Z");
const SECOND_MS = 1000;

function dueOf(eventId: string, change: Partial<DueDelivery> = {}): DueDelivery {
  const nothing = { customer: null, subscription: null, invoice: null, attempt: null, paymentLink: null };
  const event: Notification = { type: "customer.deleted", at: NOW, livemode: false, data: {}, ...nothing };
  return { eventId, tries: 0, type: event.type, event, ...change };
}

type World = {
  readonly due?: readonly DueDelivery[];
  readonly answer?: (id: string) => Answer | Promise<Answer>;
  readonly gathered?: readonly number[];
  readonly isAlone?: boolean;
  readonly mark?: (results: readonly DeliveryResult[]) => void;
};

const ANSWERED: Answer = { kind: "answered", httpStatus: 204, retryAfterMs: null };

function worldOf({ due = [], answer = () => ANSWERED, gathered = [], isAlone = true, mark }: World = {}) {
  const waiting = [...due];
  const [sent, marked, asked, logged] = [[], [], [], []] as [unknown[], DeliveryResult[], unknown[], unknown[]];
  const gathers = [...gathered];
  const needs = {
    outbox: {
      gather: async (...args: unknown[]) => {
        asked.push(["gather", ...args]);
        return gathers.shift() ?? 0;
      },
      due: async (now: Date, limit: number) => {
        asked.push(["due", now, limit]);
        return waiting.slice(0, limit);
      },
      mark: async (results: readonly DeliveryResult[], at: Date) => {
        mark?.(results);
        asked.push(["mark", at]);
        marked.push(...results);
        for (const { eventId } of results)
          waiting.splice(
            waiting.findIndex((each) => each.eventId === eventId),
            1,
          );
      },
      nextTryAt: async () => NEXT,
      typesOf: async (ids: readonly string[]) =>
        new Map(
          ids.flatMap((id) => (id === "evt_x" ? [] : [[id, id === "evt_i" ? "attempt.inquiry_made" : "invoice.paid"]])),
        ),
      resend: async (which: unknown, at: Date) => {
        asked.push(["resend", which, at]);
        return ["evt_1"];
      },
    },
    duties: {
      alone: async (duty: string, work: () => Promise<void>) => {
        asked.push(["alone", duty]);
        if (isAlone) await work();
        return isAlone;
      },
    },
    notifier: {
      deliver: async (message: { readonly id: string }, signal: AbortSignal) => {
        sent.push(message);
        expect(signal).toBeInstanceOf(AbortSignal);
        return await answer(message.id);
      },
    },
    declineText: () => null,
    clock: { now: () => NOW },
    random: { fraction: () => 0.5 },
    log: Object.fromEntries(
      ["debug", "warn", "error"].map((level) => [level, (...words: unknown[]) => logged.push([level, ...words])]),
    ),
  } as unknown as DeliverNeeds;
  return { needs, sent, marked, asked, logged, waiting };
}

const stop = () => new AbortController();
const NONE = { delivered: 0, failed: 0, dead: 0 };

describe("one turn", () => {
  test("sends each event that is due once, with its id and message, and keeps what was answered", async () => {
    const { needs, sent, marked, asked, logged } = worldOf({ due: [dueOf("evt_1"), dueOf("evt_2", { tries: 3 })] });
    expect(await deliverEvents(needs, stop().signal)).toEqual({ ...NONE, delivered: 2, nextTryAt: NEXT });
    const body = JSON.stringify({
      ...{ type: "customer.deleted", timestamp: NOW.toISOString() },
      data: { livemode: false, customer: null, subscription: null, invoice: null },
    });
    expect(sent).toEqual([
      { id: "evt_1", at: NOW, body },
      { id: "evt_2", at: NOW, body },
    ]);
    const delivery = { state: "delivered" };
    expect(marked).toEqual([
      { eventId: "evt_1", tries: 0, httpStatus: 204, delivery },
      { eventId: "evt_2", tries: 3, httpStatus: 204, delivery },
    ]);
    expect(asked).toEqual([
      ["gather", NOTIFIED_TYPES, NOW, 200],
      ["due", NOW, 1],
      ["alone", "events"],
      ["due", NOW, 200],
      ["mark", NOW],
      ["due", NOW, 200],
    ]);
    const fields = { type: "customer.deleted", httpStatus: 204 };
    expect(logged).toEqual([
      ["debug", "event.delivered", { eventId: "evt_1", tries: 1, ...fields }],
      ["debug", "event.delivered", { eventId: "evt_2", tries: 4, ...fields }],
    ]);
  });

  test("with nothing due asks nobody whose turn it is", async () => {
    const { needs, asked } = worldOf();
    expect(await deliverEvents(needs, stop().signal)).toEqual({ ...NONE, nextTryAt: NEXT });
    expect(asked.slice(1)).toEqual([["due", NOW, 1]]);
  });

  test("of another process is left to it", async () => {
    const { needs, sent } = worldOf({ due: [dueOf("evt_1")], isAlone: false });
    expect(await deliverEvents(needs, stop().signal)).toEqual({ ...NONE, nextTryAt: null });
    expect(sent).toEqual([]);
  });

  const waits = (ms: number, because: string) => ({
    ...{ state: "pending", nextTryAt: new Date(NOW.getTime() + ms), because },
  });
  test.each<[answer: Answer, tries: number, kept: object, counted: object, level: string, because: string]>([
    [
      { kind: "answered", httpStatus: 500, retryAfterMs: null },
      0,
      { httpStatus: 500, delivery: waits(5.25 * SECOND_MS, "answered 500") },
      { failed: 1 },
      "warn",
      "a second try, a little later than all others",
    ],
    [
      { kind: "failed", because: "timeout" },
      1,
      { httpStatus: null, delivery: waits(315 * SECOND_MS, "timeout") },
      { failed: 1 },
      "warn",
      "nobody answered: a third try",
    ],
    [
      { kind: "answered", httpStatus: 500, retryAfterMs: null },
      9,
      { httpStatus: 500, delivery: { state: "dead", because: "answered 500" } },
      { dead: 1 },
      "error",
      "it was the last try",
    ],
  ])("answered %j to try %i after: %j (%s)", async (answer, tries, kept, counted, level) => {
    const { needs, marked, logged } = worldOf({ due: [dueOf("evt_1", { tries })], answer: () => answer });
    // A retry is for another turn: the fake outbox gives it to nobody a second time.
    expect(await deliverEvents(needs, stop().signal)).toEqual({ ...NONE, ...counted, nextTryAt: NEXT });
    expect(marked).toEqual([{ eventId: "evt_1", tries, ...kept }]);
    expect(logged).toMatchObject([
      [level, level === "error" ? "event.dead" : "event.not_delivered", { eventId: "evt_1", tries: tries + 1 }],
    ]);
  });

  test("gives up one whose row is damaged without sending it", async () => {
    const { needs, sent, marked, logged } = worldOf({ due: [dueOf("evt_1", { event: null, tries: 2 })] });
    expect(await deliverEvents(needs, stop().signal)).toMatchObject({ dead: 1, delivered: 0 });
    const because = "its row in the database is damaged";
    expect(marked).toEqual([{ eventId: "evt_1", tries: 2, httpStatus: null, delivery: { state: "dead", because } }]);
    expect(logged).toEqual([
      ["error", "event.dead", { eventId: "evt_1", type: "customer.deleted", tries: 2, because }],
    ]);
    expect(sent).toEqual([]);
  });

  test("goes on until nothing is due: batch after batch, eight at once", async () => {
    let [now, most] = [0, 0];
    const answer = async () => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return ANSWERED;
    };
    const due = Array.from({ length: 230 }, (_, n) => dueOf(`evt_${n}`));
    const { needs, asked } = worldOf({ due, answer });
    expect(await deliverEvents(needs, stop().signal)).toMatchObject({ delivered: 230 });
    expect(most).toBe(8);
    expect(asked.filter((each) => (each as readonly unknown[])[2] === 200)).toHaveLength(3);
  });
});

describe("the end of the process", () => {
  test("a call that is cut off by it counts as never made, and no other begins", async () => {
    const ending = stop();
    const answer = (): Answer => {
      ending.abort();
      return { kind: "failed", because: "aborted" };
    };
    const { needs, sent, marked } = worldOf({
      due: Array.from({ length: 20 }, (_, n) => dueOf(`evt_${n}`)),
      answer,
    });
    expect(await deliverEvents(needs, ending.signal)).toEqual({ ...NONE, nextTryAt: NEXT });
    expect(marked).toEqual([]);
    expect(sent.length).toBeLessThan(9);
  });

  test("one that was answered all the same is kept", async () => {
    const ending = stop();
    const answer = () => {
      ending.abort();
      return ANSWERED;
    };
    const { needs, marked } = worldOf({ due: [dueOf("evt_1")], answer });
    expect(await deliverEvents(needs, ending.signal)).toMatchObject({ delivered: 1 });
    expect(marked).toHaveLength(1);
  });

  test("before its turn nothing is sent", async () => {
    const { needs, sent } = worldOf({ due: [dueOf("evt_1")] });
    expect(await deliverEvents(needs, AbortSignal.abort())).toEqual({ ...NONE, nextTryAt: NEXT });
    expect(sent).toEqual([]);
  });

  test("an outcome that cannot be kept is an error, and the sending stops with it", async () => {
    const mark = () => {
      throw new Error("the disk is full");
    };
    const { needs, sent } = worldOf({ due: Array.from({ length: 60 }, (_, n) => dueOf(`evt_${n}`)), mark });
    await expect(deliverEvents(needs, stop().signal)).rejects.toThrow("the disk is full");
    expect(sent.length).toBeLessThan(60);
  });
});

test("one that cannot be sent for a fault of ours stops the others, though their outcomes could be kept", async () => {
  const slip = new Error("a slip");
  const answer = (id: string) => {
    if (id === "evt_0") throw slip;
    return ANSWERED;
  };
  const { needs, sent } = worldOf({ due: Array.from({ length: 60 }, (_, n) => dueOf(`evt_${n}`)), answer });
  await expect(deliverEvents(needs, stop().signal)).rejects.toBe(slip);
  expect(sent.length).toBeLessThan(20);
});

test("events are gathered until the cursor is at their end", async () => {
  const { needs, asked } = worldOf({ gathered: [200, 200, 199] });
  await gatherEvents(needs);
  expect(asked).toEqual(Array.from({ length: 3 }, () => ["gather", NOTIFIED_TYPES, NOW, 200]));
});

describe("sending again", () => {
  test.each([{ ids: ["evt_1", "evt_2"] }, { dead: true as const, since: NOW }])("%j is put up", async (which) => {
    const { needs, asked } = worldOf();
    expect(await resendEvents(needs, which)).toEqual(["evt_1"]);
    expect(asked).toEqual([["resend", which, NOW]]);
  });

  test.each([
    ["evt_x", { name: "NotFound", said: said("no_event", { id: "evt_x" }), mend: { do: "list", what: "events" } }],
    ["evt_i", { name: "Refused", said: said("event_not_sent", { id: "evt_i", type: "attempt.inquiry_made" }) }],
  ])("%s keeps all from being put up", async (id, thrown) => {
    const { needs, asked } = worldOf();
    expect(await thrownBy(resendEvents(needs, { ids: ["evt_1", id] }))).toMatchObject(thrown);
    expect(asked).toEqual([]);
  });
});

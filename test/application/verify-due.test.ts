import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import type { InquiryAnswer } from "../../src/application/ports/gateway.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../support/books.ts";
import { openDesk, type Desk } from "../support/desk.ts";
import { declined, paid, paymentFor, pending, TRACE, unknown } from "../support/scripted-gateway.ts";

const folder = mkdtempSync(path.join(tmpdir(), "puntual-verify-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ORDER_FIRST = { CONEKTA_CHARGE_FLOW: "order_first" };

/** One charge whose answer was lost; what looks will show of it is said by `shows`. */
async function lostDesk(
  ids: readonly string[] = ["a"],
  env: Record<string, string> = {},
  shows?: (desk: Desk, reference: string) => InquiryAnswer,
): Promise<Desk> {
  const desk = await openDesk({ env });
  for (const id of ids) await desk.subscribe(id);
  desk.gateway.answer = unknown;
  await desk.run();
  desk.gateway.answer = paid;
  for (const { intent } of desk.gateway.charges)
    if (shows !== undefined) desk.gateway.shows.set(intent.reference, shows(desk, intent.reference));
  return desk;
}

/** Runs every few minutes for as long as it takes, as the daemon would. */
async function runFor(desk: Desk, durationMs: number, everyMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += everyMs) {
    desk.clock.advance(everyMs);
    await desk.run();
  }
}

function seen(answer: typeof paid | ReturnType<typeof declined> | typeof pending) {
  return (desk: Desk, reference: string): InquiryAnswer => {
    const charge = desk.gateway.charges.find(({ intent }) => intent.reference === reference);
    if (charge === undefined) throw new Error(`${reference} was never charged`);
    return answer(charge.intent, charge.orderId);
  };
}

describe("a charge whose answer was lost", () => {
  test.each([
    ["paid", seen(paid), "0 paid", "the answer alone was lost"],
    ["declined", seen(declined("new_card")), "0 open", "it waits for another card"],
    ["pending", seen(pending), "0 open", "the customer has to do something"],
  ])("is found %s by the first inquiry, 15 seconds after it was sent", async (state, shows, words) => {
    await using desk = await lostDesk(["a"], {}, shows);
    expect(await desk.attemptStates()).toBe("unknown");
    desk.clock.advance(14_000);
    await desk.run();
    expect(desk.gateway.listings).toHaveLength(0);
    desk.clock.advance(1000);
    await desk.run();
    expect(desk.gateway.listings).toHaveLength(1);
    expect(await desk.attemptStates()).toBe(state);
    expect(await desk.invoiceWords("a")).toBe(words);
    expect(desk.gateway.charges).toHaveLength(1);
  });

  test("is looked for at each time of the schedule, then held for a person; never charged again", async () => {
    await using desk = await lostDesk();
    await runFor(desk, 30 * HOUR_MS, 5 * MINUTE_MS);
    // 15 s and 1 m had passed together when the first run came.
    expect(desk.gateway.listings).toHaveLength(5);
    expect(await desk.invoiceWords("a")).toBe("0 held unknown_outcome");
    expect(await desk.app.store.list("attention", {})).toMatchObject([{ kind: "held", outcome: "unknown" }]);
    await runFor(desk, 40 * DAY_MS, DAY_MS);
    // The next one waits for it: nobody knows whether it was paid.
    expect(await desk.invoiceWords("a")).toBe("0 held unknown_outcome, 1 open");
    expect(desk.gateway.charges.map(({ intent }) => intent.cycle)).toEqual([0]);
  });

  test("inquiries that were missed in downtime merge, but nobody is asked after fewer than two", async () => {
    await using desk = await lostDesk();
    desk.clock.advance(10 * DAY_MS);
    await desk.run();
    expect(await desk.invoiceWords("a")).toBe("0 open");
    await runFor(desk, MINUTE_MS, 15_000);
    expect(desk.gateway.listings).toHaveLength(2);
    expect(await desk.invoiceWords("a")).toBe("0 held unknown_outcome");
  });

  test("one listing serves all that were sent about the same time, with room for clocks that differ", async () => {
    await using desk = await lostDesk(["a", "b", "c"]);
    desk.clock.advance(15_000);
    await desk.run();
    const references = desk.gateway.charges.map(({ intent }) => intent.reference);
    expect(desk.gateway.listings).toEqual([
      {
        from: new Date("2026-01-31T14:55:00Z"),
        to: new Date("2026-01-31T15:05:30Z"),
        references,
      },
    ]);
  });

  test.each([
    ["the gateway is away", new GatewayUnavailable("connection refused")],
    ["the gateway refuses the read", new GatewayRefused("not today", { httpStatus: 400, code: null })],
  ])("a read that fails is no inquiry: %s", async (_what, error) => {
    await using desk = await lostDesk(["a"], {}, seen(paid));
    desk.gateway.failingReads.push(error);
    desk.clock.advance(15_000);
    await desk.run();
    expect((await desk.attempts())[0]).toMatchObject({ state: "unknown", inquiries: 0 });
    await desk.run();
    expect(await desk.attemptStates()).toBe("paid");
  });

  test("a key that is refused in an inquiry halts charging", async () => {
    await using desk = await lostDesk();
    desk.gateway.failingReads.push(new GatewayUnauthorized("the key is not accepted"));
    desk.clock.advance(15_000);
    await desk.run();
    expect((await desk.app.store.installation()).haltReason).toBe("the key is not accepted");
  });

  test("what is found, but not as it was asked, is held; a later inquiry that shows nothing does not free it", async () => {
    await using desk = await lostDesk(["a"], {}, (at, reference) => {
      const inquiryAnswer = seen(paid)(at, reference);
      const [charge] = at.gateway.charges;
      return inquiryAnswer.kind === "paid" && charge !== undefined
        ? { ...inquiryAnswer, payment: paymentFor(charge.intent, null, { amountCents: 23000 }) }
        : inquiryAnswer;
    });
    desk.clock.advance(15_000);
    await desk.run();
    desk.gateway.shows.clear();
    await runFor(desk, 3 * DAY_MS, HOUR_MS);
    expect(await desk.invoiceWords("a")).toBe("0 held answer_differs");
    expect((await desk.attempts())[0]).toMatchObject({ state: "unknown" });
  });

  test("order_first: not found twice, and quiet for long enough, it is charged again, on the same order", async () => {
    await using desk = await lostDesk(["a"], ORDER_FIRST);
    await runFor(desk, 14 * MINUTE_MS, MINUTE_MS);
    expect(await desk.attemptStates()).toBe("unknown");
    expect(desk.gateway.charges).toHaveLength(1);
    await runFor(desk, 18 * MINUTE_MS, MINUTE_MS);
    expect(await desk.attemptStates()).toBe("not_sent paid");
    expect(desk.gateway.charges.map(({ orderId }) => orderId)).toEqual([
      desk.gateway.openedOrders[0],
      desk.gateway.openedOrders[0],
    ]);
    expect(new Set(desk.gateway.readOrders)).toEqual(new Set(desk.gateway.openedOrders));
  });
});

async function pendingDesk(): Promise<Desk> {
  const desk = await openDesk();
  await desk.subscribe("a");
  desk.gateway.next.push(pending);
  await desk.run();
  const [charge] = desk.gateway.charges;
  if (charge !== undefined) desk.gateway.shows.set(charge.intent.reference, pending(charge.intent, null));
  return desk;
}

describe("a charge that waits for the customer", () => {
  test("is looked at for 72 hours, then canceled and read again", async () => {
    await using desk = await pendingDesk();
    await runFor(desk, 72 * HOUR_MS, HOUR_MS);
    expect(desk.gateway.canceledOrders).toEqual([]);
    const [reference = "", orderId = ""] = desk.gateway.charges.flatMap(({ intent }) => [
      intent.reference,
      `ord_${intent.reference}`,
    ]);
    const [charge] = desk.gateway.charges;
    if (charge !== undefined) desk.gateway.shows.set(reference, declined("customer_action")(charge.intent, null));
    await runFor(desk, 25 * HOUR_MS, HOUR_MS);
    expect(desk.gateway.canceledOrders).toEqual([orderId]);
    expect(await desk.attemptStates()).toBe("declined");
    expect(desk.gateway.charges).toHaveLength(1);
  });

  test("is read also where it cannot be canceled, because it is over already", async () => {
    await using desk = await pendingDesk();
    desk.gateway.cancelFault = new GatewayRefused("the order is paid", { httpStatus: 422, code: "paid" });
    await runFor(desk, 72 * HOUR_MS, 12 * HOUR_MS);
    const [charge] = desk.gateway.charges;
    if (charge !== undefined) desk.gateway.shows.set(charge.intent.reference, paid(charge.intent, null));
    await runFor(desk, 48 * HOUR_MS, 12 * HOUR_MS);
    expect(await desk.attemptStates()).toBe("paid");
  });
});

describe("a charge that waits on an order which refuses to be canceled", () => {
  async function stuckDesk(env: Record<string, string>, shows: InquiryAnswer["kind"]): Promise<Desk> {
    const desk = await openDesk({ env });
    await desk.subscribe("a");
    desk.gateway.next.push(pending);
    await desk.run();
    const [charge] = desk.gateway.charges;
    if (charge === undefined) throw new Error("it was charged");
    desk.gateway.shows.set(charge.intent.reference, pending(charge.intent, charge.orderId));
    desk.gateway.cancelFault = new GatewayRefused("it has a charge", { httpStatus: 422, code: null });
    await runFor(desk, 72 * HOUR_MS, 12 * HOUR_MS);
    if (shows === "absent") desk.gateway.shows.delete(charge.intent.reference);
    if (shows === "unknown") desk.gateway.shows.set(charge.intent.reference, unknown());
    await runFor(desk, 3 * DAY_MS, 12 * HOUR_MS);
    return desk;
  }

  test.each<[flow: string, shows: InquiryAnswer["kind"]]>([
    ["single", "absent"],
    ["single", "unknown"],
    ["order_first", "absent"],
    ["order_first", "unknown"],
  ])("%s, its order shows it as %s: it is a person's to judge, and nobody is charged again", async (flow, shows) => {
    await using desk = await stuckDesk({ CONEKTA_CHARGE_FLOW: flow }, shows);
    expect(await desk.attemptStates()).toBe("unknown");
    expect(await desk.invoiceWords("a")).toBe("0 held unknown_outcome");
    expect(await desk.app.store.list("attention", {})).toMatchObject([{ kind: "held", outcome: "unknown" }]);
    expect(desk.gateway.charges).toHaveLength(1);
    const [attempt] = await desk.attempts();
    expect(JSON.stringify(attempt?.["evidence"])).toContain("refuses to be cancelled");
  });

  test("and still shows it as waiting: it waits on", async () => {
    await using desk = await stuckDesk({}, "pending");
    expect(await desk.attemptStates()).toBe("pending");
    expect(await desk.invoiceWords("a")).toBe("0 open");
  });
});

let files = 0;

/** A desk whose process hangs for ever in its first charge, and what would let it go on. */
async function hangingDesk(env: Record<string, string> = {}) {
  const databasePath = path.join(folder, `${(files += 1)}.db`);
  const desk = await openDesk({ databasePath, env });
  await desk.subscribe("a");
  let answer: (() => void) | null = null;
  const sent = new Promise<void>((isSent) => {
    desk.gateway.next.push(async (intent, orderId) => {
      isSent();
      await new Promise<void>((resolve) => (answer = resolve));
      return paid(intent, orderId);
    });
  });
  const running = desk.run();
  await sent;
  return { desk, databasePath, wake: async () => (answer?.(), await running) };
}

describe("a process that dies", () => {
  test.each([
    ["single", "paid", "0 paid"],
    ["single", "absent", "0 held unknown_outcome"],
    ["order_first", "paid", "0 paid"],
  ])(
    "after the charge was sent (%s, later seen %s): its successor asks, and never charges twice",
    async (flow, shows, words) => {
      const { desk: dead, databasePath, wake } = await hangingDesk({ CONEKTA_CHARGE_FLOW: flow });
      const [charge] = dead.gateway.charges;
      if (charge !== undefined && shows === "paid")
        dead.gateway.shows.set(charge.intent.reference, paid(charge.intent, charge.orderId));

      await using successor = await openDesk({
        databasePath,
        env: { CONEKTA_CHARGE_FLOW: flow },
        gateway: dead.gateway,
        clock: dead.clock,
      });
      await successor.run();
      expect(await successor.attemptStates()).toBe("unknown");
      await runFor(successor, 25 * HOUR_MS, HOUR_MS);
      expect(await successor.invoiceWords("a")).toBe(words);
      expect(dead.gateway.charges).toHaveLength(1);
      await wake();
      await dead[Symbol.asyncDispose]();
    },
  );

  test("and was only slow: its answer, come late, is booked once, whoever else has asked", async () => {
    const { desk: slow, databasePath, wake } = await hangingDesk();
    await using successor = await openDesk({ databasePath, gateway: slow.gateway, clock: slow.clock });
    await successor.run();
    expect(await successor.attemptStates()).toBe("unknown");
    expect(await wake()).toMatchObject({ outcomes: { paid: 1 } });
    expect(await successor.invoiceWords("a")).toBe("0 paid");
    await runFor(successor, 25 * HOUR_MS, HOUR_MS);
    expect(await successor.attemptStates()).toBe("paid");
    expect(slow.gateway.charges).toHaveLength(1);
    await slow[Symbol.asyncDispose]();
  });

  test("before anything was sent: the claim is free again, and charged once", async () => {
    const databasePath = path.join(folder, `${(files += 1)}.db`);
    const dead = await openDesk({ databasePath });
    await dead.subscribe("a");
    await dead.open();
    const { owner } = await dead.biller();
    const options = { now: dead.clock.now(), leaseMs: 120_000, limit: 10, flow: "single", after: null } as const;
    await dead.app.store.claim(owner, options, (due) => due.map(() => "charge"));

    await using successor = await openDesk({ databasePath, clock: dead.clock });
    await successor.run();
    expect(await successor.attemptStates()).toBe("released paid");
    expect(successor.gateway.charges.map(({ intent }) => intent.reference.slice(-2))).toEqual(["-2"]);
    await dead[Symbol.asyncDispose]();
  });

  test("a predecessor that goes on charges nobody", async () => {
    const databasePath = path.join(folder, `${(files += 1)}.db`);
    const old = await openDesk({ databasePath });
    await old.subscribe("a");
    await old.biller();
    await using successor = await openDesk({ databasePath, clock: old.clock });
    await successor.biller();
    await expect(old.run()).rejects.toMatchObject({ name: "AlreadyRunning" });
    expect(old.gateway.charges).toEqual([]);
    await successor.run();
    expect(successor.gateway.charges).toHaveLength(1);
    await old[Symbol.asyncDispose]();
  });
});

test("what the inquiries are told apart by is the reference: a charge of another try settles nothing", async () => {
  await using desk = await lostDesk(["a", "b"]);
  const [a, b] = desk.gateway.charges;
  if (a === undefined || b === undefined) throw new Error("both were charged");
  // Both inquiries claim the same charge: only one of them can be right.
  desk.gateway.shows.set(a.intent.reference, paid(a.intent, null));
  desk.gateway.shows.set(b.intent.reference, { kind: "paid", payment: paymentFor(a.intent, null), trace: TRACE });
  desk.clock.advance(15_000);
  await desk.run();
  const words = [await desk.invoiceWords("a"), await desk.invoiceWords("b")];
  expect(words.toSorted((x, y) => x.localeCompare(y))).toEqual(["0 held answer_differs", "0 paid"]);
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import type { InquiryAnswer } from "../../src/application/ports/gateway.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../src/domain/errors.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../support/records.ts";
import { openApp, type AppFixture } from "../support/app-fixture.ts";
import { declined, paid, paymentFor, pending, TRACE, unknown } from "../support/scripted-gateway.ts";

const folder = mkdtempSync(path.join(tmpdir(), "puntual-inquire-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ORDER_FIRST = { CONEKTA_CHARGE_FLOW: "order_first" };

/** One charge whose answer was lost; what inquiries will show of it is said by `shows`. */
async function appWithLostAnswers(
  ids: readonly string[] = ["a"],
  env: Record<string, string> = {},
  shows?: (app: AppFixture, reference: string) => InquiryAnswer,
): Promise<AppFixture> {
  const app = await openApp({ env });
  for (const id of ids) await app.subscribe(id);
  app.gateway.answer = unknown;
  await app.run();
  app.gateway.answer = paid;
  for (const { intent } of app.gateway.charges)
    if (shows !== undefined) app.gateway.shows.set(intent.reference, shows(app, intent.reference));
  return app;
}

/** Runs every few minutes for as long as it takes, as the daemon would. */
async function runFor(app: AppFixture, durationMs: number, everyMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += everyMs) {
    app.clock.advance(everyMs);
    await app.run();
  }
}

function seen(answer: typeof paid | ReturnType<typeof declined> | typeof pending) {
  return (app: AppFixture, reference: string): InquiryAnswer => {
    const charge = app.gateway.charges.find(({ intent }) => intent.reference === reference);
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
    await using app = await appWithLostAnswers(["a"], {}, shows);
    expect(await app.attemptStates()).toBe("unknown");
    app.clock.advance(14_000);
    await app.run();
    expect(app.gateway.listings).toHaveLength(0);
    app.clock.advance(1000);
    await app.run();
    expect(app.gateway.listings).toHaveLength(1);
    expect(await app.attemptStates()).toBe(state);
    expect(await app.invoiceWords("a")).toBe(words);
    expect(app.gateway.charges).toHaveLength(1);
  });

  test("is looked for at each time of the schedule, then held for a person; never charged again", async () => {
    await using app = await appWithLostAnswers();
    await runFor(app, 30 * HOUR_MS, 5 * MINUTE_MS);
    // 15 s and 1 m had passed together when the first run came.
    expect(app.gateway.listings).toHaveLength(5);
    expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome");
    expect(await app.store.list("attention", {})).toMatchObject([{ kind: "held", outcome: "unknown" }]);
    await runFor(app, 40 * DAY_MS, DAY_MS);
    // The next one waits for it: nobody knows whether it was paid.
    expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome, 1 open");
    expect(app.gateway.charges.map(({ intent }) => intent.cycle)).toEqual([0]);
  });

  test("inquiries that were missed in downtime merge, but nobody is asked after fewer than two", async () => {
    await using app = await appWithLostAnswers();
    app.clock.advance(10 * DAY_MS);
    await app.run();
    expect(await app.invoiceWords("a")).toBe("0 open");
    await runFor(app, MINUTE_MS, 15_000);
    expect(app.gateway.listings).toHaveLength(2);
    expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome");
  });

  test("one listing serves all that were sent about the same time, with room for clocks that differ", async () => {
    await using app = await appWithLostAnswers(["a", "b", "c"]);
    app.clock.advance(15_000);
    await app.run();
    const references = app.gateway.charges.map(({ intent }) => intent.reference);
    expect(app.gateway.listings).toEqual([
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
    await using app = await appWithLostAnswers(["a"], {}, seen(paid));
    app.gateway.failingReads.push(error);
    app.clock.advance(15_000);
    await app.run();
    expect((await app.attempts())[0]).toMatchObject({ state: "unknown", inquiries: 0 });
    app.clock.advance(60_000);
    await app.run();
    expect(await app.attemptStates()).toBe("paid");
  });

  test("a key that is refused in an inquiry halts charging", async () => {
    await using app = await appWithLostAnswers();
    // The order, then a customer and the list.
    for (let read = 0; read < 3; read++)
      app.gateway.failingReads.push(new GatewayUnauthorized("the key is not accepted"));
    app.clock.advance(15_000);
    await app.run();
    expect((await app.store.installation()).haltReason).toBe("the key is not accepted");
  });

  test("what is found, but not as it was asked, is held; a later inquiry that shows nothing does not free it", async () => {
    await using app = await appWithLostAnswers(["a"], {}, (at, reference) => {
      const inquiryAnswer = seen(paid)(at, reference);
      const [charge] = at.gateway.charges;
      return inquiryAnswer.kind === "paid" && charge !== undefined
        ? { ...inquiryAnswer, payment: paymentFor(charge.intent, null, { amountCents: 23000 }) }
        : inquiryAnswer;
    });
    app.clock.advance(15_000);
    await app.run();
    app.gateway.shows.clear();
    await runFor(app, 3 * DAY_MS, HOUR_MS);
    expect(await app.invoiceWords("a")).toBe("0 held answer_differs");
    expect((await app.attempts())[0]).toMatchObject({ state: "unknown" });
  });

  test("order_first: not found twice, and quiet for long enough, it is charged again, on the same order", async () => {
    await using app = await appWithLostAnswers(["a"], ORDER_FIRST);
    await runFor(app, 14 * MINUTE_MS, MINUTE_MS);
    expect(await app.attemptStates()).toBe("unknown");
    expect(app.gateway.charges).toHaveLength(1);
    await runFor(app, 18 * MINUTE_MS, MINUTE_MS);
    expect(await app.attemptStates()).toBe("not_sent paid");
    expect(app.gateway.charges.map(({ orderId }) => orderId)).toEqual([
      app.gateway.openedOrders[0],
      app.gateway.openedOrders[0],
    ]);
    expect(new Set(app.gateway.readOrders)).toEqual(new Set(app.gateway.openedOrders));
  });
});

async function pendingApp(): Promise<AppFixture> {
  const app = await openApp();
  await app.subscribe("a");
  app.gateway.next.push(pending);
  await app.run();
  const [charge] = app.gateway.charges;
  if (charge !== undefined) app.gateway.shows.set(charge.intent.reference, pending(charge.intent, null));
  return app;
}

describe("a charge that waits for the customer", () => {
  test("is looked at for 72 hours, then canceled and read again", async () => {
    await using app = await pendingApp();
    await runFor(app, 72 * HOUR_MS, HOUR_MS);
    expect(app.gateway.canceledOrders).toEqual([]);
    const [reference = "", orderId = ""] = app.gateway.charges.flatMap(({ intent }) => [
      intent.reference,
      `ord_${intent.reference}`,
    ]);
    const [charge] = app.gateway.charges;
    if (charge !== undefined) app.gateway.shows.set(reference, declined("customer_action")(charge.intent, null));
    await runFor(app, 25 * HOUR_MS, HOUR_MS);
    expect(app.gateway.canceledOrders).toEqual([orderId]);
    expect(await app.attemptStates()).toBe("declined");
    expect(app.gateway.charges).toHaveLength(1);
  });

  test("is read also where it cannot be canceled, because it is over already", async () => {
    await using app = await pendingApp();
    app.gateway.cancelFault = new GatewayRefused("the order is paid", { httpStatus: 422, code: "paid" });
    await runFor(app, 72 * HOUR_MS, 12 * HOUR_MS);
    const [charge] = app.gateway.charges;
    if (charge !== undefined) app.gateway.shows.set(charge.intent.reference, paid(charge.intent, null));
    await runFor(app, 48 * HOUR_MS, 12 * HOUR_MS);
    expect(await app.attemptStates()).toBe("paid");
  });
});

describe("a charge that waits on an order which refuses to be canceled", () => {
  async function stuckApp(env: Record<string, string>, shows: InquiryAnswer["kind"]): Promise<AppFixture> {
    const app = await openApp({ env });
    await app.subscribe("a");
    app.gateway.next.push(pending);
    await app.run();
    const [charge] = app.gateway.charges;
    if (charge === undefined) throw new Error("it was charged");
    app.gateway.shows.set(charge.intent.reference, pending(charge.intent, charge.orderId));
    app.gateway.cancelFault = new GatewayRefused("it has a charge", { httpStatus: 422, code: null });
    await runFor(app, 72 * HOUR_MS, 12 * HOUR_MS);
    if (shows === "absent") app.gateway.shows.delete(charge.intent.reference);
    if (shows === "unknown") app.gateway.shows.set(charge.intent.reference, unknown());
    await runFor(app, 3 * DAY_MS, 12 * HOUR_MS);
    return app;
  }

  test.each<[flow: string, shows: InquiryAnswer["kind"]]>([
    ["single", "absent"],
    ["single", "unknown"],
    ["order_first", "absent"],
    ["order_first", "unknown"],
  ])("%s, its order shows it as %s: it is a person's to judge, and nobody is charged again", async (flow, shows) => {
    await using app = await stuckApp({ CONEKTA_CHARGE_FLOW: flow }, shows);
    expect(await app.attemptStates()).toBe("unknown");
    expect(await app.invoiceWords("a")).toBe("0 held unknown_outcome");
    expect(await app.store.list("attention", {})).toMatchObject([{ kind: "held", outcome: "unknown" }]);
    expect(app.gateway.charges).toHaveLength(1);
    const [attempt] = await app.attempts();
    expect(JSON.stringify(attempt?.["evidence"])).toContain("refuses to be cancelled");
  });

  test("and still shows it as waiting: it waits on", async () => {
    await using app = await stuckApp({}, "pending");
    expect(await app.attemptStates()).toBe("pending");
    expect(await app.invoiceWords("a")).toBe("0 open");
  });
});

let files = 0;

/** A app whose process hangs for ever in its first charge, and what would let it go on. */
async function hangingApp(env: Record<string, string> = {}) {
  const databasePath = path.join(folder, `${(files += 1)}.db`);
  const app = await openApp({ databasePath, env });
  await app.subscribe("a");
  let answer: (() => void) | null = null;
  const sent = new Promise<void>((isSent) => {
    app.gateway.next.push(async (intent, orderId) => {
      isSent();
      await new Promise<void>((resolve) => (answer = resolve));
      return paid(intent, orderId);
    });
  });
  const running = app.run();
  await sent;
  return { app, databasePath, wake: async () => (answer?.(), await running) };
}

describe("a process that dies", () => {
  test.each([
    ["single", "paid", "0 paid"],
    ["single", "absent", "0 held unknown_outcome"],
    ["order_first", "paid", "0 paid"],
  ])(
    "after the charge was sent (%s, later seen %s): its successor asks, and never charges twice",
    async (flow, shows, words) => {
      const { app: dead, databasePath, wake } = await hangingApp({ CONEKTA_CHARGE_FLOW: flow });
      const [charge] = dead.gateway.charges;
      if (charge !== undefined && shows === "paid")
        dead.gateway.shows.set(charge.intent.reference, paid(charge.intent, charge.orderId));

      await using successor = await openApp({
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
    const { app: slow, databasePath, wake } = await hangingApp();
    await using successor = await openApp({ databasePath, gateway: slow.gateway, clock: slow.clock });
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
    const dead = await openApp({ databasePath });
    await dead.subscribe("a");
    await dead.open();
    const { owner } = await dead.biller();
    const options = { now: dead.clock.now(), leaseMs: 120_000, limit: 10, flow: "single", after: null } as const;
    await dead.store.claim(owner, options, (due) => due.map(() => "charge"));

    await using successor = await openApp({ databasePath, clock: dead.clock });
    await successor.run();
    expect(await successor.attemptStates()).toBe("released paid");
    expect(successor.gateway.charges.map(({ intent }) => intent.reference.slice(-2))).toEqual(["-2"]);
    await dead[Symbol.asyncDispose]();
  });

  test("a predecessor that goes on charges nobody", async () => {
    const databasePath = path.join(folder, `${(files += 1)}.db`);
    const old = await openApp({ databasePath });
    await old.subscribe("a");
    await old.biller();
    await using successor = await openApp({ databasePath, clock: old.clock });
    await successor.biller();
    await expect(old.run()).rejects.toMatchObject({ name: "AlreadyRunning" });
    expect(old.gateway.charges).toEqual([]);
    await successor.run();
    expect(successor.gateway.charges).toHaveLength(1);
    await old[Symbol.asyncDispose]();
  });
});

describe("of the customers whose charges an inquiry has cleared up", () => {
  test("it is noted at once for all of them that their charges arrive", async () => {
    await using app = await appWithLostAnswers(["a", "b", "c"], {}, seen(paid));
    const forgotten: (readonly string[])[] = [];
    const { forgetReadFailures } = app.store;
    app.store.forgetReadFailures = async (ids) => (forgotten.push(ids), await forgetReadFailures(ids));
    app.clock.advance(15_000);
    await app.run();
    expect(await app.attemptStates()).toBe("paid paid paid");
    expect(forgotten.map((ids) => ids.filter((id) => id.startsWith("cus_")).toSorted())).toContainEqual([
      ...["cus_a", "cus_b", "cus_c"],
    ]);
  });

  test("one who cannot be put aside keeps no other from it", async () => {
    await using app = await appWithLostAnswers(["a", "b", "c"], ORDER_FIRST);
    app.gateway.answer = unknown;
    const noted: string[] = [];
    const { noteReadFailure } = app.store;
    app.store.noteReadFailure = async (failed, ...rest) => {
      if (failed.kind === "charge" && noted.push(failed.id) === 1) throw new Error("a bug");
      return await noteReadFailure(failed, ...rest);
    };
    for (let minute = 0; minute < 90; minute++) {
      app.clock.advance(MINUTE_MS);
      await app.run().catch(() => null);
    }
    expect(noted.slice(0, 3).toSorted()).toEqual(["cus_a", "cus_b", "cus_c"]);
  });
});

test("what the inquiries are told apart by is the reference: a charge of another try settles nothing", async () => {
  await using app = await appWithLostAnswers(["a", "b"]);
  const [a, b] = app.gateway.charges;
  if (a === undefined || b === undefined) throw new Error("both were charged");
  // Both inquiries claim the same charge: only one of them can be right.
  app.gateway.shows.set(a.intent.reference, paid(a.intent, null));
  app.gateway.shows.set(b.intent.reference, { kind: "paid", payment: paymentFor(a.intent, null), trace: TRACE });
  app.clock.advance(15_000);
  await app.run();
  const words = [await app.invoiceWords("a"), await app.invoiceWords("b")];
  expect(words.toSorted((x, y) => x.localeCompare(y))).toEqual(["0 held answer_differs", "0 paid"]);
});

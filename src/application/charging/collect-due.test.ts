/** What is charged, in which order and how many at once, and what ends or narrows it: literals on both sides, no database. */
import { describe, expect, test } from "@jest/globals";
import { DUE_AT, dueInvoice } from "../../../test/support/due-invoice.ts";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import type { Evidence } from "../../domain/attempt.ts";
import { DatabaseUnusable, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import type { ClaimDecision, DueInvoice, DuePlace, SettleItem } from "../ports/charging.ts";
import type { ChargeIntent } from "../ports/gateway.ts";
import type { Owner } from "../ports/installation.ts";
import { CircuitBreaker } from "../settling/circuit-breaker.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { collectDue, type CollectLimits, type CollectNeeds } from "./collect-due.ts";

const OWNER = {} as Owner;
const HOUR_MS = 3_600_000;
const LIMITS: CollectLimits = {
  ...{ askedCharges: null, maxCharges: null, maxAmountCents: null, flow: "single", concurrency: 4, ratePerSecond: 0 },
  ...{ leaseMs: 120_000, readPatienceMs: 60_000, maxChargesPerCustomerPerDay: 3 },
};
const TRACE = { httpStatus: null, logId: null, because: "said the test" };
const LOST = { kind: "unknown", orderId: null, trace: TRACE } as const;
const UNAUTHORIZED = { kind: "not_sent", unauthorized: true, trace: TRACE } as const;
const SILENT = new GatewayUnavailable("no answer", { retryAfterMs: null });
const WRONG_KEY = new GatewayUnauthorized("no such key");
const BUG = new TypeError("x is undefined");

const DISPUTE = { id: "dsp_1", outcome: "open", cycle: 0, closedAt: null, lastPaidAt: null } as const;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

type Answer = Evidence | Error | (() => Promise<Evidence>);
type World = {
  readonly due: readonly DueInvoice[];
  readonly limits?: Partial<CollectLimits>;
  /** By invoice; others are paid. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Sent by all who charge within the hour before. */
  readonly hour?: { readonly charges: number; readonly amountCents: number };
  /** Of whom the intent, or the outcome, cannot be written. */
  readonly noIntent?: Readonly<Record<string, Error>>;
  readonly noOutcome?: readonly string[];
  /** Whose intent is refused: another process has the claim, or the hour is full. */
  readonly taken?: readonly string[];
  /** How many others have sent by then. */
  readonly othersSent?: number;
  /** What the gateway answers when it is asked whose fault it is. */
  readonly probe?: Error | null;
  /** What reading a customer shows; others are as they were. */
  readonly reads?: Readonly<Record<string, Error | (() => Promise<object>)>>;
  /** Whether the comparison with a copy lets the run go on, in turn. */
  readonly alone?: readonly boolean[];
  readonly isShared?: boolean;
  readonly failingUntil?: number | null;
  readonly claimFails?: Error;
  /** How long a claim takes. */
  readonly claimTurns?: number;
  /** Called with each line of what happens, and with "sweep" where all that is due is looked at from the beginning. */
  readonly on?: (line: string, stop: AbortController) => void;
};

function worldOf(world: World) {
  const { due, answers = {}, hour = { charges: 0, amountCents: 0 }, noIntent = {}, noOutcome = [], taken = [] } = world;
  const lines: string[] = [];
  const stop = new AbortController();
  const say = (line: string): void => {
    lines.push(line);
    world.on?.(line, stop);
  };
  const summary = emptyRunSummary();
  const breaker = new CircuitBreaker();
  const gone = new Set<string>();
  const inFlight = new Map<string, string>();
  const readAt = new Map<string, Date>();
  const asideUntil = new Map<string, Date>();
  const seen = { now: 0, most: 0, charges: 0, compared: 0, pages: [] as number[] };
  const spent = { ...hour };
  const ofId = (invoiceId: string): DueInvoice => due.find(({ invoice }) => invoice.id === invoiceId)!;
  const factsNow = (each: DueInvoice): DueInvoice => ({
    ...each,
    customer: {
      ...each.customer,
      readAt: readAt.get(each.customerId) ?? each.customer.readAt,
      card: readAt.has(each.customerId) ? dueInvoice("x").customer.card : each.customer.card,
      nextChargeAt: asideUntil.get(each.customerId) ?? each.customer.nextChargeAt,
      tries: [...inFlight].flatMap(([invoiceId, customerId]) =>
        customerId === each.customerId
          ? [{ invoiceId, state: "sending", flow: "single", sentAt: DUE_AT } as const]
          : [],
      ),
    },
  });
  const shared = {
    takeTurn: async (rate: number) => say(`turn at ${rate}`),
    gatewayFails: async (forMs: number) => (say("told others"), DUE_AT.getTime() + forMs),
    failingUntil: async () => world.failingUntil ?? null,
  };
  const needs = {
    ...{ breaker, shared: world.isShared === true ? shared : null, backoffMs: 60_000, calendar: NO_HOLIDAYS },
    ...{
      clock: { now: () => DUE_AT, monotonicMs: () => 0 },
      random: { fraction: () => 0 },
      inquiries: {},
      budgets: {},
    },
    policies: new Map([["standard", policyOf()]]),
    log: {
      debug: () => {},
      info: (event: string) => void (event === "run.stopped_at_limit" && say(event)),
      warn: () => {},
      error: (event: string) => say(event),
    },
    store: {
      sentWithinTheHour: async () => ({ ...spent }),
      haltCharging: async ({ kind }: { readonly kind: string }) => say(`halt ${kind}`),
      claim: async (
        _owner: Owner,
        { after, limit }: { readonly after: DuePlace | null; readonly limit: number },
        decide: (page: readonly DueInvoice[]) => readonly ClaimDecision[],
      ) => {
        seen.pages.push(limit);
        if (after === null) world.on?.("sweep", stop);
        if (world.claimFails !== undefined) throw world.claimFails;
        const from = after === null ? 0 : due.findIndex(({ invoice }) => invoice.id === after.invoiceId) + 1;
        const page = due.slice(from).filter(({ invoice }) => !gone.has(invoice.id) && !inFlight.has(invoice.id));
        const looked = page.slice(0, limit).map(factsNow);
        const decisions = decide(looked);
        const claimed = looked.filter((_, at) => decisions[at] === "charge");
        for (const { invoice, customerId } of claimed) inFlight.set(invoice.id, customerId);
        if (claimed.length > 0) say(`claimed ${claimed.map(({ invoice }) => invoice.id).join(" ")}`);
        const moved = looked.flatMap(({ invoice }, at) => {
          const decision = decisions[at]!;
          return typeof decision === "string" ? [] : [{ invoiceId: invoice.id, ...decision }];
        });
        for (const { invoiceId } of moved) gone.add(invoiceId);
        // Until it is committed others go on.
        for (let at = 0; at < (world.claimTurns ?? 1); at++) await turn();
        return {
          moved,
          claimed: claimed.map(({ invoice: { id, amountCents }, customerId }) => ({
            ...{ attemptId: id, number: 1, flow: "single", orderId: null },
            intent: { reference: `${id}-1`, invoiceId: id, customerId, amountCents, currency: "MXN" },
          })),
        };
      },
      duePlaces: async () => due.map(({ invoice }) => ({ at: DUE_AT, invoiceId: invoice.id })),
      markSending: async (_owner: Owner, items: readonly { readonly attemptId: string }[], options: object) => {
        const ids = items.map(({ attemptId }) => attemptId);
        for (const id of ids) if (noIntent[id] !== undefined) throw noIntent[id];
        say(`intent ${ids.join(" ")}${"hourly" in options ? ` within ${JSON.stringify(options.hourly)}` : ""}`);
        const may = ids.filter((id) => !taken.includes(id));
        if (may.length < ids.length) spent.charges += world.othersSent ?? 0;
        spent.charges += may.length;
        return new Set(may);
      },
      settle: async (items: readonly SettleItem[]) => {
        for (const { attemptId } of items) if (noOutcome.includes(attemptId)) throw BUG;
        return items.map(({ attemptId, evidence }) => {
          say(`${evidence.kind} ${attemptId}`);
          inFlight.delete(attemptId);
          // What was not tried is as it was; whose key was refused is due as before, and put aside by its customer.
          if ((evidence.kind !== "released" && evidence.kind !== "not_sent") || taken.includes(attemptId))
            gone.add(attemptId);
          const attempt = { state: evidence.kind, orderId: null, chargeId: null, decline: null, trace: null };
          const invoice = { status: evidence.kind === "refused" ? "held" : "open", statusReason: null, faults: 0 };
          const settlement = { attempt, invoice, event: "attempt.released", finalAction: null };
          return { attemptId, invoiceId: attemptId, settlement };
        });
      },
      noteReadFailure: async ({ kind, id }: { readonly kind: string; readonly id: string }) => {
        say(`aside ${kind} ${id}`);
        if (kind === "charge") asideUntil.set(id, new Date(DUE_AT.getTime() + HOUR_MS));
        return { failures: 1, failedSince: DUE_AT };
      },
      forgetReadFailures: async (customerIds: readonly string[]) => say(`cleared ${customerIds.join(" ")}`),
      customersToProbe: async () => [],
      write: async (_now: Date, work: (records: object) => Promise<void>) => {
        const customer = async (id: string) => (readAt.set(id, DUE_AT), null);
        await work({ customer, addCustomer: () => {}, record: () => {}, noteCustomerRead: () => {} }).catch(() => {});
      },
      list: async () => [{ paymentSourceId: "src_1" }],
    },
    gateway: {
      probe: async () => {
        if (world.probe) throw world.probe;
        return { livemode: false };
      },
      readCustomer: async (id: string) => {
        say(`read ${id}`);
        const read = world.reads?.[id];
        if (read instanceof Error) throw read;
        const shown = (await read?.()) ?? { id, paymentSourceId: "src_1" };
        readAt.set(id, DUE_AT);
        return shown;
      },
      charge: async ({ invoiceId }: ChargeIntent) => {
        say(`charge ${invoiceId}`);
        seen.charges += 1;
        seen.most = Math.max(seen.most, (seen.now += 1));
        await turn();
        const answer = answers[invoiceId] ?? ({ kind: "paid" } as unknown as Evidence);
        try {
          if (answer instanceof Error) throw answer;
          return typeof answer === "function" ? await answer() : answer;
        } finally {
          seen.now -= 1;
        }
      },
    },
  } as unknown as CollectNeeds;
  const compare = async (): Promise<boolean> => {
    say("compared");
    const isAlone = world.alone?.[Math.min(seen.compared++, world.alone.length - 1)] ?? true;
    if (!isAlone) summary.haltReason ??= "a copy charges";
    return isAlone;
  };
  const compareInTime = async (): Promise<boolean> => (say("compared in time"), await compare());
  const limits = { ...LIMITS, ...world.limits };
  const run = async (): Promise<void> =>
    await collectDue(needs, OWNER, limits, summary, stop.signal, { compare, compareInTime });
  return { run, lines, summary, breaker, seen, ofId };
}

async function collected(world: World) {
  const made = worldOf(world);
  await made.run();
  return made;
}

const charged = (lines: readonly string[]): string =>
  lines.flatMap((line) => (line.startsWith("charge ") ? [line.slice("charge ".length)] : [])).join(" ");
const withoutCharges = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => !/^(charge|claimed|intent|paid|compared|read) ?/.test(line));

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `i${at}`);
const some = (count: number): readonly DueInvoice[] => ids(count).map((id) => dueInvoice(id));
/** Of one customer. */
const hers = (...names: readonly string[]): readonly DueInvoice[] =>
  names.map((id) => ({ ...dueInvoice(id), customerId: "cus_1" }));

describe("what is due is charged", () => {
  test("claim, intent, charge, books: in this order, the longest due first; nothing due is nothing done", async () => {
    const { lines, summary } = await collected({ due: some(1) });
    expect(lines).toEqual(["claimed i0", "intent i0", "charge i0", "paid i0"]);
    expect([summary.outcomes.paid, summary.paidCents]).toEqual([1, { MXN: 20015 }]);
    expect((await collected({ due: [] })).lines).toEqual([]);
  });

  test.each<[count: number, concurrency: number, because: string]>([
    [3, 4, "fewer than may be at once"],
    [30, 4, "more"],
    [30, 1, "one at a time"],
    [130, 20, "more than are looked at together"],
  ])("%i of them, %i at once: each once (%s)", async (count, concurrency) => {
    const { lines, seen } = await collected({ due: some(count), limits: { concurrency } });
    expect(charged(lines).split(" ").toSorted()).toEqual([...ids(count)].toSorted());
    expect(seen.most).toBeLessThanOrEqual(concurrency);
  });

  test("a customer's invoices one after the other, each once the one before is in the books", async () => {
    const { lines } = await collected({ due: [...hers("a", "b", "c"), dueInvoice("d")] });
    expect(lines.filter((line) => / [abc]$/.test(line) && /^(charge|paid)/.test(line))).toEqual([
      ...["charge a", "paid a", "charge b", "paid b", "charge c", "paid c"],
    ]);
  });

  test("also where many that wait are looked at until the one before is in the books", async () => {
    const waiting = Array.from({ length: 60 }, (_, at) => dueInvoice(`w${at}`, { attempt: "unknown" }));
    const { lines } = await collected({ due: [...hers("a", "b"), ...waiting], claimTurns: 30 });
    expect(charged(lines)).toBe("a b");
  });

  test("the first four are in the books before anybody else is claimed: the list shows what a copy charged beside them", async () => {
    const { lines } = await collected({ due: some(9) });
    expect(lines.indexOf("compared")).toBeGreaterThan(lines.lastIndexOf("paid i3"));
    expect(lines.indexOf("compared")).toBeLessThan(lines.indexOf("charge i4"));
    expect(lines.filter((line) => line === "claimed i0 i1 i2 i3")).toHaveLength(1);
  });

  test.each<[alone: readonly boolean[], charges: number, because: string]>([
    [[true], 9, "nobody else charges"],
    [[false], 4, "a copy does: nobody else is charged"],
  ])("the comparison, which says %j: %i are charged (%s)", async (alone, charges) => {
    const { lines } = await collected({ due: some(9), alone });
    expect(charged(lines).split(" ")).toHaveLength(charges);
  });

  test("a long burst is compared again and again: a copy that begins in the middle of it is found there", async () => {
    const { lines } = await collected({ due: some(200), alone: [true, true, false] });
    expect(lines.filter((line) => line === "compared in time")).toHaveLength(2);
    expect(charged(lines).split(" ").length).toBeLessThan(200);
  });

  test("four that are all there is are compared with nothing", async () => {
    expect((await collected({ due: some(4) })).lines.filter((line) => line.startsWith("compared"))).toEqual([]);
  });
});

describe("how many are looked at together, and claimed", () => {
  test("fifty, and twice as many each time that all of them wait, and never more than two thousand", async () => {
    const waiting = Array.from({ length: 3_200 }, (_, at) => dueInvoice(`w${at}`, { attempt: "unknown" }));
    const { lines, seen } = await collected({ due: [...waiting, ...some(1)] });
    expect(charged(lines)).toBe("i0");
    expect(seen.pages.slice(0, 8)).toEqual([50, 100, 200, 400, 800, 1600, 2000, 50]);
  });

  test("four for each that may be at the gateway: what is claimed is looked at together", async () => {
    const { lines } = await collected({ due: some(300), limits: { concurrency: 20 } });
    const sizes = lines.filter((line) => line.startsWith("claimed")).map((line) => line.split(" ").length - 1);
    expect(Math.max(...sizes)).toBe(80);
  });

  test("five hundred at most, however many may be at the gateway", async () => {
    const { lines } = await collected({ due: some(1_500), limits: { concurrency: 200 } });
    const sizes = lines.filter((line) => line.startsWith("claimed")).map((line) => line.split(" ").length - 1);
    expect(Math.max(...sizes)).toBe(500);
  });

  test("after a failure before this run one alone is sent, until it is answered", async () => {
    const seen: string[] = [];
    const slowly = async (): Promise<Evidence> => {
      for (let at = 0; at < 20; at++) await turn();
      seen.push(charged(made.lines));
      return { kind: "paid" } as unknown as Evidence;
    };
    const made = worldOf({ due: some(3), answers: { i0: slowly } });
    made.breaker.record(LOST, "cus_x", DUE_AT);
    await made.run();
    expect([seen, charged(made.lines)]).toEqual([["i0"], "i0 i1 i2"]);
  });
});

describe("a limit", () => {
  // prettier-ignore
  test.each<[limits: Partial<CollectLimits>, sent: number, charges: number, stoppedAt: string | null, halts: boolean, because: string]>([
    [{}, 0, 9, null, false, "there is none"],
    [{ askedCharges: 2 }, 0, 2, "asked_charges", false, "a person asked for so many: that is no alarm"],
    [{ askedCharges: 9 }, 0, 9, null, false, "it is reached by the last"],
    [{ askedCharges: 0 }, 0, 0, "asked_charges", false, "none are asked for, and some are due"],
    [{ maxCharges: 6 }, 0, 6, "MAX_CHARGES_PER_RUN", true, "more are due: something is wrong, or the limit is"],
    [{ maxCharges: 9 }, 0, 9, null, false, "no more are due"],
    [{ maxCharges: 9 }, 4, 5, "MAX_CHARGES_PER_RUN", true, "what was sent within the hour counts"],
    [{ maxCharges: 3 }, 3, 0, "MAX_CHARGES_PER_RUN", true, "the hour is full"],
    [{ maxAmountCents: 3 * 20015 }, 0, 3, "MAX_AMOUNT_CENTS_PER_RUN", true, "not a cent more"],
    [{ maxAmountCents: 9 * 20015 }, 0, 9, null, false, "it is as much as is due"],
    [{ maxAmountCents: 20014 }, 0, 0, null, false, "each alone is more than that: a person decides"],
  ])("%j, where %i were sent: %i are charged, stopped at %p, halted: %p (%s)", async (limits, sent, charges, stoppedAt, halts) => {
    const { lines, summary } = await collected({ due: some(9), limits, hour: { charges: sent, amountCents: 0 } });
    expect(charged(lines).split(" ").filter((id) => id !== "")).toEqual(ids(9).slice(0, charges));
    expect([summary.stoppedAt, lines.includes("halt limit")]).toEqual([stoppedAt, halts]);
    expect(lines.filter((line) => line.startsWith("halt "))).toHaveLength(halts ? 1 : 0);
  });

  test("that is reached ends the run: nothing is compared for what is left", async () => {
    const { lines } = await collected({ due: some(9), limits: { askedCharges: 2 } });
    expect(lines.filter((line) => line.startsWith("compared"))).toEqual([]);
  });

  test("what is beyond it by itself was never sent, and keeps nobody else", async () => {
    const dear = dueInvoice("dear", { invoice: { amountCents: 50_000 } });
    const { lines, summary, breaker } = await collected({
      due: [dear, ...some(2)],
      limits: { maxAmountCents: 45_000, concurrency: 16 },
    });
    expect([charged(lines), lines.includes("refused dear")]).toEqual(["i0 i1", true]);
    expect([summary.needsPerson, summary.stoppedAt]).toEqual([1, null]);
    // It asked nobody, and so proves nothing: two answers do.
    expect(breaker.inFlightLimit(16)).toBe(6);
  });

  test("of an amount that is reached what was claimed is given back", async () => {
    const { lines } = await collected({ due: some(4), limits: { maxAmountCents: 2 * 20015 } });
    expect(lines.filter((line) => line.startsWith("released")).toSorted()).toEqual(["released i2", "released i3"]);
  });

  // prettier-ignore
  test.each<[limits: Partial<CollectLimits>, isShared: boolean, hourly: string, because: string]>([
    [{ maxCharges: 5, maxAmountCents: 70_000 }, true, ' within {"maxCharges":5,"maxAmountCents":70000}', "others charge beside us"],
    [{ maxAmountCents: 70_000 }, true, ' within {"maxCharges":null,"maxAmountCents":70000}', "of an amount, too"],
    [{ maxCharges: 5 }, true, ' within {"maxCharges":5,"maxAmountCents":null}', "or of a number"],
    [{}, true, "", "nothing is limited"],
    [{ maxCharges: 5 }, false, "", "nobody else charges: it was counted"],
  ])("%j, shared: %p: each intent is written%s (%s)", async (limits, isShared, hourly) => {
    const { lines } = await collected({ due: some(1), limits, isShared });
    expect(lines.find((line) => line.startsWith("intent"))).toBe(`intent i0${hourly}`);
  });

  // prettier-ignore
  test.each<[taken: string, maxCharges: number, charges: string, because: string]>([
    ["i2", 5, "i0 i1", "the last that was claimed"],
    ["i1", 9, "i0", "others that were claimed beside it are given back"],
  ])("others have filled the hour meanwhile, as %s of %i shows: nobody else is charged, and that halts (%s)", async (taken, maxCharges, charges) => {
    const { lines, summary } = await collected({
      ...{ due: some(8), limits: { maxCharges, concurrency: 1 }, isShared: true, taken: [taken] },
      othersSent: maxCharges,
      hour: { charges: 2, amountCents: 0 },
    });
    expect(charged(lines)).toBe(charges);
    expect(lines).toContain("halt limit");
    expect(summary.stoppedAt).toBe("MAX_CHARGES_PER_RUN");
  });

  test("an intent that is refused while the hour has room is another process's claim", async () => {
    const { lines, summary } = await collected({
      due: some(3),
      isShared: true,
      taken: ["i0"],
      limits: { maxCharges: 50 },
    });
    expect([charged(lines), summary.stoppedAt, lines.includes("released i0")]).toEqual(["i1 i2", null, true]);
  });
});

describe("a rate", () => {
  test("each waits for its turn among all who charge", async () => {
    const { lines } = await collected({ due: some(2), limits: { ratePerSecond: 50 }, isShared: true });
    expect(lines.filter((line) => line.startsWith("turn"))).toEqual(["turn at 50", "turn at 50"]);
    expect(lines.indexOf("turn at 50")).toBeLessThan(lines.indexOf("intent i0 i1"));
    expect((await collected({ due: some(2), isShared: true })).lines).not.toContain("turn at 0");
    expect((await collected({ due: some(2), limits: { ratePerSecond: 50 } })).lines).not.toContain("turn at 50");
  });

  test("no more are claimed than half of a lease has time for", async () => {
    const { lines } = await collected({ due: some(3), limits: { ratePerSecond: 2, leaseMs: 1_000 } });
    expect(lines.filter((line) => line.startsWith("claimed"))[0]).toBe("claimed i0");
  });
});

describe("a gateway that fails", () => {
  test("five lost answers end it, and the others are told", async () => {
    const answers = Object.fromEntries(ids(20).map((id) => [id, LOST]));
    const { lines, breaker } = await collected({ due: some(20), answers, isShared: true });
    expect(charged(lines).split(" ")).toHaveLength(5);
    expect([breaker.isOpen, lines.includes("breaker.opened"), lines.includes("told others")]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("what another process found of it is asked before the next charge", async () => {
    const { lines } = await collected({ due: some(3), isShared: true, failingUntil: DUE_AT.getTime(), probe: SILENT });
    expect(lines).toEqual(["breaker.opened"]);
  });

  test("open from the beginning: nobody is claimed", async () => {
    const made = worldOf({ due: some(3) });
    made.breaker.probeFailed(DUE_AT);
    await made.run();
    expect(made.lines).toEqual([]);
  });

  test("the process is to end: what is in flight is booked, nothing else begins", async () => {
    const on = (line: string, stop: AbortController): void => void (line === "charge i0" && stop.abort());
    const { lines } = await collected({ due: some(9), limits: { concurrency: 1 }, on });
    expect(charged(lines)).toBe("i0");
    expect(lines).toContain("paid i0");
    expect(lines.filter((line) => line.startsWith("released"))).toEqual(["released i1", "released i2", "released i3"]);
  });
});

describe("a charge that is refused for the key", () => {
  test("which reads are answered with: this customer's are put aside, and nobody else's", async () => {
    const due = [...hers("a", "b"), ...some(3)];
    const { lines, summary } = await collected({ due, answers: { a: UNAUTHORIZED } });
    expect(charged(lines)).toBe("a i0 i1 i2");
    expect(withoutCharges(lines)).toEqual(["not_sent a", "aside charge cus_1"]);
    expect(summary.haltReason).toBeNull();
  });

  test("is not tried again in this run, not even where a person asked for it", async () => {
    const [a] = hers("a");
    const b = { ...dueInvoice("b", { invoice: { retryRequestedAt: DUE_AT } }), customerId: "cus_1" };
    const { lines } = await collected({ due: [a!, b, ...some(2)], answers: { a: UNAUTHORIZED } });
    expect(charged(lines)).toBe("a i0 i1");
  });

  test("which nothing is answered with: charging is halted, and nobody else is charged", async () => {
    const { lines, summary } = await collected({
      ...{ due: some(6), answers: { i0: UNAUTHORIZED }, probe: WRONG_KEY, limits: { concurrency: 1 } },
    });
    expect([charged(lines), summary.haltReason, lines.includes("halt unauthorized")]).toEqual([
      "i0",
      "no such key",
      true,
    ]);
  });

  test("others wait until it is known whose it is", async () => {
    const { lines } = await collected({ due: some(6), answers: { i0: UNAUTHORIZED }, limits: { concurrency: 1 } });
    expect(lines.indexOf("aside charge cus_i0")).toBeLessThan(lines.indexOf("charge i1"));
    expect(charged(lines)).toBe("i0 i1 i2 i3 i4 i5");
  });

  test("nobody whose intent is ready leaves before it is known whose it is", async () => {
    const { lines } = await collected({ due: some(20), answers: { i8: UNAUTHORIZED }, limits: { concurrency: 2 } });
    const meanwhile = lines.slice(lines.indexOf("charge i8") + 1, lines.indexOf("aside charge cus_i8"));
    expect(charged(meanwhile)).toBe("");
    expect(charged(lines).split(" ")).toHaveLength(20);
  });

  test.each<[answer: Evidence | null, isCleared: boolean, because: string]>([
    [null, true, "it is paid: this customer's charges arrive again"],
    [LOST, false, "nobody knows"],
  ])("of one who was put aside before, answered %j: cleared: %p (%s)", async (answer, isCleared) => {
    const before = dueInvoice("a", { customer: { nextChargeAt: DUE_AT } });
    const { lines } = await collected({
      due: [before, dueInvoice("b")],
      answers: answer === null ? {} : { a: answer },
    });
    expect(lines.filter((line) => line.startsWith("cleared"))).toEqual(isCleared ? ["cleared cus_a"] : []);
  });
});

describe("customers who are to be read", () => {
  const unread = (id: string): DueInvoice => dueInvoice(id, { customer: { readAt: null } });

  test("are, once each, and then charged in the same run", async () => {
    const { lines } = await collected({ due: [unread("a"), dueInvoice("b"), unread("c")] });
    expect(lines.filter((line) => line.startsWith("read "))).toEqual(["read cus_a", "read cus_c"]);
    expect(charged(lines).split(" ").toSorted()).toEqual(["a", "b", "c"]);
  });

  test.each<[others: readonly DueInvoice[], because: string]>([
    [[], "nobody else is due"],
    [[dueInvoice("b", { attempt: "unknown" })], "the other waits"],
    [[dueInvoice("c", { disputes: [DISPUTE] })], "the other is held"],
  ])("%#: and are charged in the same run where %s", async (others) => {
    expect(charged((await collected({ due: [unread("a"), ...others] })).lines)).toBe("a");
  });

  test("beyond a limit: who was read is due by now, and that is said", async () => {
    const { lines, summary } = await collected({ due: [dueInvoice("b"), unread("a")], limits: { askedCharges: 1 } });
    expect([charged(lines), summary.stoppedAt]).toEqual(["b", "asked_charges"]);
  });

  test("and cannot be: their invoices stay, and nobody waits", async () => {
    const { lines } = await collected({ due: [unread("a"), dueInvoice("b")], reads: { cus_a: SILENT } });
    // The card that the books know is charged all the same: nothing speaks against it.
    expect(lines).toContain("aside customer cus_a");
    expect(charged(lines).split(" ").toSorted()).toEqual(["a", "b"]);
  });

  // prettier-ignore
  test.each<[reads: NonNullable<World["reads"]>, unreadable: number, because: string]>([
    [{ cus_a: SILENT }, 1, "who has no card in the books is left"],
    [{ cus_a: SILENT, cus_c: SILENT }, 2, "and so is another"],
    [{}, 0, "who was read is not, whatever was found"],
  ])("%#: reading %j counts %i whose invoices are left (%s)", async (reads, unreadable) => {
    const card = { ...dueInvoice("x").customer.card, paymentSourceId: null };
    const [a, c] = ["a", "c"].map((id) => dueInvoice(id, { customer: { card, readAt: null } }));
    const { lines, summary } = await collected({ due: [a!, dueInvoice("b"), c!], reads });
    expect([summary.unreadable, charged(lines).includes("b")]).toEqual([unreadable, true]);
  });

  test("slowly: those who can be charged are, and who was read is charged after", async () => {
    const reading = Promise.withResolvers<object>();
    const on = (line: string): void =>
      void (line === "paid b" && reading.resolve({ id: "cus_a", paymentSourceId: "src_1" }));
    const { lines } = await collected({
      ...{ due: [unread("a"), dueInvoice("b")], reads: { cus_a: async () => await reading.promise } },
      ...{ limits: { readPatienceMs: 1 }, on },
    });
    expect(charged(lines)).toBe("b a");
  });

  test.each<[waiting: number, because: string]>([
    [0, "on the only page"],
    [60, "on a page before the last"],
  ])("who is read just when all others were looked at is charged all the same, %i after her (%s)", async (waiting) => {
    const reading = Promise.withResolvers<object>();
    let sweeps = 0;
    const on = (line: string): void => {
      if (line === "sweep" && (sweeps += 1) === 4) reading.resolve({ id: "cus_a", paymentSourceId: "src_1" });
    };
    const { card } = dueInvoice("a").customer;
    const cardless = dueInvoice("a", { customer: { readAt: null, card: { ...card, paymentSourceId: null } } });
    const { lines } = await collected({
      due: [cardless, ...Array.from({ length: waiting }, (_, at) => dueInvoice(`w${at}`, { attempt: "unknown" }))],
      reads: { cus_a: async () => await reading.promise },
      ...{ limits: { readPatienceMs: 1 }, on },
    });
    expect(charged(lines)).toBe("a");
  });

  test("what goes wrong while they are read ends the run, once what is in flight is booked", async () => {
    const full = new DatabaseUnusable("disk full");
    const made = worldOf({ due: [dueInvoice("b"), unread("a")], reads: { cus_a: full } });
    await expect(made.run()).rejects.toBe(full);
    // It was ready by then, and does not leave.
    expect([charged(made.lines), made.lines.includes("not_sent b")]).toEqual(["", true]);
  });
});

describe("what cannot be written", () => {
  test("one intent: it stays with its invoice, and the others are charged", async () => {
    const { lines, summary } = await collected({ due: some(6), noIntent: { i0: BUG }, limits: { concurrency: 1 } });
    expect(charged(lines)).toBe("i1 i2 i3 i4 i5");
    expect([summary.setAside, lines.includes("invoice.set_aside")]).toEqual([["i0"], true]);
  });

  test("two in a row: it is no row's fault, and nobody else is charged", async () => {
    const { lines, summary } = await collected({
      ...{ due: some(6), noIntent: { i1: BUG, i2: BUG }, limits: { concurrency: 1 } },
    });
    expect([charged(lines), summary.setAside]).toEqual(["i0", ["i1", "i2"]]);
  });

  test("the database itself: it is thrown once what is in flight is booked", async () => {
    const full = new DatabaseUnusable("disk full");
    const made = worldOf({ due: some(6), noIntent: { i1: full }, limits: { concurrency: 1 } });
    await expect(made.run()).rejects.toBe(full);
    expect(charged(made.lines)).toBe("i0");
    expect(made.lines).toContain("paid i0");
  });

  test("a claim: what is thrown is thrown", async () => {
    const full = new DatabaseUnusable("disk full");
    await expect(worldOf({ due: some(1), claimFails: full }).run()).rejects.toBe(full);
  });

  test.each<[noOutcome: readonly string[], charges: string, notRecorded: number, because: string]>([
    [["i1"], "i0 i1 i2 i3 i4 i5", 1, "one outcome is a bad row's"],
    [["i1", "i3"], "i0 i1 i2 i3 i4 i5", 2, "so are two that do not follow each other"],
    [["i1", "i2"], "i0 i1 i2", 2, "two in a row are the database's: those under way are the last"],
  ])(
    "the outcomes of %j: charged are %s, and %i stand in the log alone (%s)",
    async (noOutcome, charges, notRecorded) => {
      const { lines, summary } = await collected({ due: some(6), noOutcome, limits: { concurrency: 1 } });
      expect([charged(lines), summary.notRecorded]).toEqual([charges, notRecorded]);
    },
  );

  test("a charge that a bug breaks is set aside", async () => {
    const { lines, summary } = await collected({ due: some(3), answers: { i0: BUG } });
    expect([charged(lines), summary.setAside]).toEqual(["i0 i1 i2", ["i0"]]);
  });
});

/** Which steps of dunning are taken, for whom the customer is read first, and what of it stays due: literals, no database. */
import { describe, expect, test } from "@jest/globals";
import { DUE_AT, dueInvoice } from "../../../test/support/due-invoice.ts";
import { NO_HOLIDAYS, policyOf } from "../../../test/support/policy.ts";
import type { Evidence } from "../../domain/attempt.ts";
import { DAY_MS } from "../../domain/duration.ts";
import type { DunningPolicy } from "../../domain/dunning/dunning.ts";
import { DatabaseUnusable, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import type { CheckFacts, DuePlace, DueStep, InvoiceTransition, SettleItem } from "../ports/charging.ts";
import type { Owner } from "../ports/installation.ts";
import { CircuitBreaker } from "../settling/circuit-breaker.ts";
import { emptyRunSummary } from "../settling/run-summary.ts";
import { takeDunningSteps, type StepNeeds } from "./take-dunning-steps.ts";

const OWNER = {} as Owner;
const NOW = DUE_AT;
const BEFORE = new Date(NOW.getTime() - 10 * DAY_MS);
const LEASE_MS = 120_000;
const TRACE = { httpStatus: null, logId: null, because: "said the test" };
const LINK = { methods: ["card", "cash"], expiresAfterDays: 5 } as const;
const BUG = new TypeError("x is undefined");
const MADE = { kind: "pending", orderId: "ord_1", chargeId: null, trace: TRACE } as unknown as Evidence;

function stepOf(invoiceId: string, change: Partial<DueStep> = {}): DueStep {
  return {
    ...{ invoiceId, step: "wait_for_card", dunning: "standard", timeZone: "America/Mexico_City", dueAt: NOW },
    ...{ customerId: `cus_${invoiceId}`, customer: { readAt: NOW, failure: null }, asked: null },
    ...change,
  };
}

const linkOf = (invoiceId: string, change: Partial<DueStep> = {}): DueStep =>
  stepOf(invoiceId, { step: "payment_link", ...change });

type World = {
  readonly steps: readonly DueStep[];
  readonly policy?: Partial<DunningPolicy>;
  /** What the books have of the invoices by now. */
  readonly invoice?: Partial<CheckFacts["invoice"]>;
  /** Invoices that cannot be moved, or whose link cannot be claimed. */
  readonly bad?: Readonly<Record<string, Error>>;
  readonly unread?: readonly string[];
  /** Another attempt is under way. */
  readonly isBusy?: boolean;
  readonly maySend?: boolean;
  readonly answer?: Evidence;
  readonly probe?: Error;
  readonly stopped?: "aborted" | "breaker" | "halted";
};

async function taken(world: World) {
  const { steps, bad = {}, unread = [], isBusy = false, maySend = true, answer = MADE } = world;
  const lines: string[] = [];
  const links: unknown[] = [];
  const moved: Record<string, InvoiceTransition | null> = {};
  const breaker = new CircuitBreaker();
  const summary = emptyRunSummary();
  const seen = { now: 0, most: 0 };
  if (world.stopped === "breaker") breaker.probeFailed(NOW);
  if (world.stopped === "halted") summary.haltReason = "no such key";
  const needs = {
    ...{ breaker, backoffMs: 60_000, calendar: NO_HOLIDAYS, inquiries: {}, random: { fraction: () => 0 } },
    ...{ clock: { now: () => NOW, monotonicMs: () => 0 }, policies: new Map([["standard", policyOf(world.policy)]]) },
    log: { debug: () => {}, info: () => {}, warn: (event: string) => void lines.push(event), error: () => {} },
    store: {
      dueSteps: async (_now: Date, { after, limit }: { readonly after: DuePlace | null; readonly limit: number }) => {
        const from = after === null ? 0 : steps.findIndex(({ invoiceId }) => invoiceId === after.invoiceId) + 1;
        expect(after?.at ?? NOW).toEqual(NOW);
        return steps.slice(from, from + limit);
      },
      applyTransitions: async (
        ids: readonly string[],
        _now: Date,
        decide: (facts: CheckFacts) => InvoiceTransition | null,
      ) => {
        if (ids.length > 0) lines.push(`move ${ids.join(" ")}`);
        for (const id of ids) if (bad[id] !== undefined) throw bad[id];
        return ids.flatMap((id) => {
          const step = steps.find(({ invoiceId }) => invoiceId === id)!;
          const waiting = { dunningStep: step.step, dunningDueAt: NOW, dunningClass: "new_card" } as const;
          const invoice = { ...waiting, nextAttemptAt: null, firstDeclinedAt: BEFORE, declines: 1, ...world.invoice };
          const decided = decide(dueInvoice(id, { invoice }));
          moved[id] = decided;
          return decided === null ? [] : [{ invoiceId: id, ...decided }];
        });
      },
      claimLink: async (_owner: Owner, order: { readonly invoiceId: string }) => {
        links.push(order);
        seen.most = Math.max(seen.most, (seen.now += 1));
        await new Promise((resolve) => setImmediate(resolve));
        seen.now -= 1;
        const { invoiceId } = order;
        if (bad[invoiceId] !== undefined) throw bad[invoiceId];
        const intent = { invoiceId, customerId: `cus_${invoiceId}`, reference: `${invoiceId}-1` };
        return isBusy ? null : { attemptId: `att_${invoiceId}`, intent };
      },
      markSending: async (_owner: Owner, items: readonly { readonly attemptId: string }[], options: object) => {
        expect(options).toEqual({ now: NOW, leaseMs: LEASE_MS });
        return new Set(maySend ? items.map(({ attemptId }) => attemptId) : []);
      },
      settle: async (items: readonly SettleItem[]) =>
        items.map(({ attemptId, evidence }) => {
          lines.push(`${evidence.kind} ${attemptId}`);
          const attempt = { state: evidence.kind, orderId: null, chargeId: null, decline: null, trace: null };
          const settlement = { attempt, invoice: { status: "open" }, event: "attempt.pending", finalAction: null };
          return { attemptId, invoiceId: "inv", settlement };
        }),
      write: async () => {},
      noteReadFailure: async () => ({ failures: 1, failedSince: NOW }),
      haltCharging: async () => void lines.push("halted"),
      customersToProbe: async () => [],
    },
    gateway: {
      openPaymentLink: async ({ invoiceId }: { readonly invoiceId: string }, wanted: object) => {
        lines.push(`page ${invoiceId}`);
        links.push(wanted);
        return answer;
      },
      readCustomer: async (id: string) => {
        lines.push(`read ${id}`);
        if (unread.includes(id)) throw new GatewayUnavailable("no answer", { retryAfterMs: null });
        return { id };
      },
      probe: async () => {
        if (world.probe !== undefined) throw world.probe;
        return { livemode: false };
      },
    },
  } as unknown as StepNeeds;
  const signal = world.stopped === "aborted" ? AbortSignal.abort() : new AbortController().signal;
  await takeDunningSteps(needs, OWNER, { leaseMs: LEASE_MS }, summary, signal);
  return { lines, links, moved, summary, seen, breaker };
}

const moves = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.startsWith("move"));
const pages = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.startsWith("page"));
const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `i${at}`);

describe("a wait that is over", () => {
  // prettier-ignore
  test.each<[policy: Partial<DunningPolicy>, invoice: Partial<CheckFacts["invoice"]>, event: string | null, because: string]>([
    [{}, {}, "invoice.uncollectible", "nothing follows it: the policy is at its end"],
    [{ graceDays: 3 }, {}, "invoice.grace_started", "some days of grace follow"],
    [{ graceDays: 3 }, { dunningDueAt: new Date(NOW.getTime() + 1) }, null, "it was put off since it was found due"],
    [{ graceDays: 3 }, { dunningDueAt: null }, null, "somebody has ended it"],
    [{ graceDays: 3 }, { dunningStep: null }, null, "the invoice is in no dunning any more"],
    [{ graceDays: 3 }, { dunningStep: "retry" }, null, "it is retried by now, and that is no wait"],
  ])("%#: by the policy %j, with %j in the books: %p (%s)", async (policy, invoice, event) => {
    const { moved, lines } = await taken({ steps: [stepOf("a")], policy, invoice });
    expect(moved["a"]?.event ?? null).toBe(event);
    expect(lines).toEqual(["move a", ...(event === null ? [] : [event])]);
  });

  test("all that are over move together, page by page, however many stay where they are", async () => {
    const { lines } = await taken({ steps: ids(501).map((id) => stepOf(id)), invoice: { dunningStep: null } });
    expect(moves(lines).map((line) => line.split(" ").length - 1)).toEqual([250, 250, 1]);
  });

  test("nothing is due: nothing is done", async () => {
    expect((await taken({ steps: [] })).lines).toEqual([]);
  });

  test("where the process ends nothing begins", async () => {
    expect((await taken({ steps: [stepOf("a"), linkOf("b")], stopped: "aborted" })).lines).toEqual([]);
  });
});

describe("the customer is read first", () => {
  const known = { readAt: new Date(NOW.getTime() - 1), failure: null };
  const failing = { readAt: null, failure: { failures: 30, failedSince: BEFORE, failedAt: NOW, nextReadAt: NOW } };

  // prettier-ignore
  test.each<[customer: DueStep["customer"], unread: readonly string[], reads: boolean, moves: boolean, because: string]>([
    [{ readAt: NOW, failure: null }, [], false, true, "and was, since the wait was over"],
    [known, [], true, true, "the last time was before it was over"],
    [{ readAt: null, failure: null }, [], true, true, "nobody has yet"],
    [known, ["cus_a"], true, false, "and cannot be: a card may be there, and it waits"],
    [failing, [], false, true, "and cannot be for days: it goes on without"],
  ])("known as %j: read: %p, moved: %p (%s)", async (customer, unread, reads, isMoved) => {
    const { lines } = await taken({ steps: [stepOf("a", { customer }), stepOf("b")], unread });
    expect(lines.includes("read cus_a")).toBe(reads);
    expect(moves(lines)).toEqual([isMoved ? "move a b" : "move b"]);
  });

  test("unless the last read has failed just now: then the step waits, and nobody is asked again", async () => {
    const failure = { failures: 1, failedSince: BEFORE, failedAt: NOW, nextReadAt: new Date(NOW.getTime() + 1) };
    const { lines } = await taken({ steps: [stepOf("a", { customer: { readAt: null, failure } }), stepOf("b")] });
    expect(lines.filter((line) => line.startsWith("read"))).toEqual([]);
    expect(moves(lines)).toEqual(["move b"]);
  });

  test("once in a run; one who was read for another step before is not unread for this one", async () => {
    const shared = { customerId: "cus_a" };
    const steps = [stepOf("a", { ...shared, customer: known }), stepOf("b", shared)];
    const { lines } = await taken({ steps, unread: ["cus_a"] });
    expect(lines.filter((line) => line.startsWith("read"))).toEqual(["read cus_a"]);
    // What was known of the customer when its own wait was over is enough for the second.
    expect(moves(lines)).toEqual(["move b"]);
  });
});

describe("one that cannot be moved", () => {
  // prettier-ignore
  test.each<[bad: Readonly<Record<string, Error>>, moves: readonly string[], setAside: readonly string[], because: string]>([
    [{ b: BUG }, ["move a b c", "move a", "move b", "move c"], ["b"], "each is written by itself, and that one stays due"],
    [{ b: new DatabaseUnusable("held", { areRowsHeld: true }) }, ["move a b c", "move a", "move b", "move c"], ["b"], "its row is held by others"],
  ])("%#: %j: by %j, without %j (%s)", async (bad, expected, setAside) => {
    const { lines, summary } = await taken({ steps: ["a", "b", "c"].map((id) => stepOf(id)), bad });
    expect([moves(lines), summary.setAside]).toEqual([expected, setAside]);
    expect(lines.filter((line) => line === "invoice.uncollectible")).toHaveLength(2);
  });

  test.each<[fault: Error, because: string]>([
    [new DatabaseUnusable("disk full"), "the database's fault is nobody's row"],
    [new GatewayUnauthorized("no such key"), "what is foreseen is no row's either"],
  ])("%p is thrown (%s)", async (fault) => {
    await expect(taken({ steps: [stepOf("a"), stepOf("b")], bad: { b: fault } })).rejects.toBe(fault);
  });
});

describe("a payment link", () => {
  const policy = { paymentLink: LINK };

  test("is made as the policy says, until the end of its days", async () => {
    const { lines, links, summary } = await taken({ steps: [linkOf("a")], policy });
    const expiresAt = new Date(NOW.getTime() + 5 * DAY_MS);
    expect(links).toEqual([
      {
        ...{ invoiceId: "a", methods: LINK.methods, expiresAt, leaseMs: LEASE_MS, requestedBy: "dunning" },
        ...{ flow: "link", now: NOW },
      },
      { methods: LINK.methods, expiresAt },
    ]);
    expect([lines, summary.outcomes.pending, summary.paidCents]).toEqual([["page a", "pending att_a"], 1, {}]);
  });

  const asked = { methods: ["cash"] as const, expiresAt: new Date(NOW.getTime() + 1), by: "ana" };

  // prettier-ignore
  test.each<[asked: DueStep["asked"], requestedBy: string, because: string]>([
    [asked, "ana", "a person asked for another"],
    [{ ...asked, expiresAt: NOW }, "dunning", "what the person asked for would be over"],
    [null, "dunning", "nobody did"],
  ])("as a person asked for it, %j: by %s (%s)", async (wanted, requestedBy) => {
    const { links, summary } = await taken({ steps: [linkOf("a", { asked: wanted })], policy });
    expect(links[0]).toMatchObject({ requestedBy, methods: requestedBy === "ana" ? ["cash"] : LINK.methods });
    expect(summary.outcomes.pending).toBe(requestedBy === "ana" ? 0 : 1);
  });

  test("which the policy has no more: what follows it comes at once", async () => {
    const { lines, moved } = await taken({ steps: [linkOf("a")] });
    expect([lines, moved["a"]?.event]).toEqual([["move a"], "invoice.uncollectible"]);
  });

  test("no step of it is a wait, and no wait is one of it", async () => {
    const { lines } = await taken({ steps: [linkOf("a"), stepOf("b")], policy });
    expect([moves(lines), pages(lines)]).toEqual([["move b"], ["page a"]]);
  });

  test("at most four at once", async () => {
    expect((await taken({ steps: ids(20).map((id) => linkOf(id)), policy })).seen.most).toBe(4);
  });

  // prettier-ignore
  test.each<[world: Partial<World>, pages: number, lines: readonly string[], because: string]>([
    [{ stopped: "breaker" }, 0, [], "the gateway does not answer"],
    [{ stopped: "halted" }, 0, [], "charging is halted"],
    [{ isBusy: true }, 0, [], "another attempt is under way: it stays due"],
    [{ maySend: false }, 0, ["released att_a"], "another process has it by now: nothing is asked"],
    [{ answer: { kind: "not_sent", unauthorized: true, trace: TRACE }, probe: new GatewayUnauthorized("no such key") }, 1, ["page a", "not_sent att_a", "halted"], "the key is refused: charging is halted"],
    [{ answer: { kind: "not_sent", unauthorized: true, trace: TRACE } }, 1, ["page a", "not_sent att_a"], "the key is refused for this one alone"],
    [{ answer: { kind: "not_sent", unauthorized: false, trace: TRACE }, probe: new GatewayUnauthorized("no such key") }, 1, ["page a", "not_sent att_a"], "it was not reached: that says nothing of the key"],
  ])("case %#", async (world, count, lines) => {
    const made = await taken({ steps: [linkOf("a")], policy, ...world });
    expect([pages(made.lines).length, made.lines]).toEqual([count, lines]);
  });

  test("what the answer says of the gateway counts for the charges, too", async () => {
    const steps = ids(5).map((id) => linkOf(id));
    const answer: Evidence = { kind: "unknown", orderId: null, trace: TRACE };
    expect((await taken({ steps, policy, answer })).breaker.isOpen).toBe(true);
  });

  test("that a bug breaks stays due, and keeps no other from being made", async () => {
    const { lines, summary } = await taken({ steps: ["a", "b"].map((id) => linkOf(id)), policy, bad: { a: BUG } });
    expect([pages(lines), summary.setAside]).toEqual([["page b"], ["a"]]);
  });

  test("that the database fails is thrown", async () => {
    const full = new DatabaseUnusable("disk full");
    await expect(taken({ steps: [linkOf("a")], policy, bad: { a: full } })).rejects.toBe(full);
  });
});

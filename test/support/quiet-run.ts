/** A run in which nothing is due, unless a test says so: which ports it calls, in which order. Literals, no database. */
import type { BillLimits, BillNeeds } from "../../src/application/run/bill-due.ts";
import type { Installation, Owner } from "../../src/application/ports/installation.ts";
import type { ListedOrder } from "../../src/application/ports/reconcile.ts";
import { CircuitBreaker } from "../../src/application/settling/circuit-breaker.ts";
import { HOUR_MS } from "../../src/domain/duration.ts";
import { NOTHING_ANSWERED, withAnswer } from "../../src/domain/clock-check.ts";
import { emptyRunSummary, type RunSummary } from "../../src/application/settling/run-summary.ts";
import { NO_HOLIDAYS, policyOf } from "./policy.ts";
import { listedOrder, sweepSide } from "./seen-orders.ts";

export const RUN_AT = new Date("2026-12-15T15:00:00Z");
export const OWNER = { epoch: 1 } as unknown as Owner;

export const LIMITS: BillLimits = {
  ...{ askedCharges: null, maxCharges: null, maxAmountCents: null, flow: "single", concurrency: 4, ratePerSecond: 0 },
  ...{ leaseMs: 120_000, readPatienceMs: 60_000, maxChargesPerCustomerPerDay: 3 },
  ...{ timeoutMs: 30_000, pendingMaxHours: 72, rereadsAtATick: 1 },
};

/** By the name of the call. */
type Answers = Readonly<Record<string, (...args: never[]) => unknown>>;
type Run = { readonly summary: RunSummary; readonly breaker: CircuitBreaker };

export type QuietWorld = {
  readonly halt?: Pick<Installation, "haltKind" | "haltReason">;
  /** What calls of the store, the inbox, or of what processes share answer, instead of nothing. */
  readonly answers?: (run: Run) => Answers;
  /** What the gateway answers when it is asked whether it is there; in turn, the last for ever. */
  readonly probes?: readonly (Error | { readonly livemode: boolean | null; readonly isKnown?: boolean })[];
  /** What the gateway lists of its orders. */
  readonly orders?: () => readonly ListedOrder[] | Error;
  /** Duties that another process is at. */
  readonly notOurs?: readonly string[];
  /** How far our clock is ahead of the gateway's. */
  readonly skewMs?: number;
  readonly isShared?: boolean;
};

export function quietRun(world: QuietWorld = {}) {
  const { probes = [{ livemode: false }], orders = () => [], skewMs = 0 } = world;
  const calls: string[] = [];
  const told: unknown[] = [];
  const summary = emptyRunSummary();
  const breaker = new CircuitBreaker();
  const answers = world.answers?.({ summary, breaker }) ?? {};
  const installation = { id: "ins_1", mayRepeatOthers: false, haltKind: null, haltReason: null, ...world.halt };
  const clock = { ms: 0 };
  let probed = 0;
  const answered = { wallMs: RUN_AT.getTime(), monotonicMs: 0, dateMs: RUN_AT.getTime() - skewMs };
  const note =
    <Args extends unknown[], T>(name: string, answer: (...args: Args) => T) =>
    async (...args: Args): Promise<T> => {
      calls.push(name);
      return await ((answers[name] as ((...given: unknown[]) => T) | undefined) ?? answer)(...args);
    };
  const nothing = (name: string) => note(name, () => []);
  const store = {
    installation: note("installation", () => installation),
    haltCharging: note("haltCharging", (halt: { readonly kind: string; readonly because: string }) => {
      told.push(halt);
      Object.assign(installation, { haltKind: halt.kind, haltReason: halt.because });
    }),
    resumeCharging: note(
      "resumeCharging",
      () => void Object.assign(installation, { haltKind: null, haltReason: null }),
    ),
    confirmMode: note("confirmMode", () => null),
    stillOwns: note("stillOwns", () => true),
    takeOver: note("takeOver", (id: string) => ({ id, epoch: 2 })),
    mustBeWhole: note("mustBeWhole", () => null),
    unreadable: note("unreadable", () => ({ count: 0 })),
    noteUnfinished: note("noteUnfinished", (_owner: Owner, because: string | null) => void told.push(because)),
    claim: note("claim", () => ({ claimed: [], moved: [] })),
    open: note("open", () => 0),
    noteReadFailure: note("noteReadFailure", () => ({ failures: 1, failedSince: RUN_AT })),
    customersToProbe: note("customersToProbe", () => ["cus_a", "cus_b"]),
    ...Object.fromEntries(
      [
        ...["abandoned", "unpaidDue", "dueSubscriptions", "dueInquiries", "dueRechecks", "cardsToKeep", "disputeReads"],
        "noteDisputeReads",
        ...["customersToReread", "dueSteps", "expiringCards", "dueCycles", "dueInvoices"],
      ].map((name) => [name, nothing(name)]),
    ),
  };
  const side = sweepSide([], {
    createdAt: async () => RUN_AT,
    lastSentAt: note("lastSentAt", () => new Date(RUN_AT.getTime() - HOUR_MS)),
  });
  const inbox = { take: nothing("take"), finish: nothing("finish"), attemptsOf: side.inbox.attemptsOf };
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const needs = {
    ...{ store, log, breaker, backoffMs: 60_000, calendar: NO_HOLIDAYS, inquiries: {} },
    ...{
      policies: new Map([["standard", policyOf({ cardExpiringDays: [30] })]]),
      random: { fraction: () => 0, newId: (prefix: string) => `${prefix}_1` },
      budgets: {},
    },
    clock: { now: () => new Date(RUN_AT.getTime() + clock.ms), monotonicMs: () => clock.ms },
    gateway: {
      clockEvidence: () => withAnswer(NOTHING_ANSWERED, answered),
      readCustomer: note("readCustomer", () => null),
      probe: note("probe", () => {
        const answer = probes[Math.min(probed++, probes.length - 1)];
        if (answer instanceof Error) throw answer;
        return answer;
      }),
    },
    webhooks: { inbox, orders: { readOrder: note("readOrder", () => listedOrder()) } },
    sweep: {
      ...side,
      lister: {
        async *listOrders() {
          calls.push("listOrders");
          const listed = orders();
          if (listed instanceof Error) throw listed;
          yield* listed;
        },
      },
    },
    duties: {
      alone: async (duty: string, work: () => Promise<void>) => {
        calls.push(`alone ${duty}`);
        if (world.notOurs?.includes(duty) === true) return false;
        await work();
        return true;
      },
    },
    shared:
      world.isShared === true
        ? {
            timeline: note("timeline", () => null),
            heldDue: nothing("heldDue"),
            failingUntil: note("failingUntil", () => null),
          }
        : null,
  } as unknown as BillNeeds;
  return { needs, calls, told, summary, installation, clock };
}

/**
 * Twelve bugs that a billing program may have, put in between the real program and its ports, to prove that the
 * simulation can fail. Each is what a hurried hand would write.
 */
import type { Gateway, Opened, SettleFacts, Store } from "../../src/application/ports.ts";
import type { ChargeFlow, Outcome } from "../../src/domain/attempt.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import type { AttemptRow } from "./memory-tables.ts";
import type { MemoryStore } from "./memory-store.ts";
import type { Weather } from "./weather.ts";

export type PlantedBug = {
  readonly name: string;
  /** The invariants of ARCHITECTURE.md of which one must catch it. */
  readonly caughtBy: RegExp;
  /** The only flow in which it can do harm; null: either. */
  readonly flow: ChargeFlow | null;
  /** The weather in which it shows; the seeds without it are lived in the same one. */
  readonly weather?: (weather: Weather) => Weather;
  readonly plant: Plant;
};

/** Stands between the program and its ports. */
export type Plant = (ports: { readonly store: Store; readonly gateway: Gateway; readonly memory: MemoryStore }) => {
  readonly store?: Partial<Store>;
  readonly gateway?: Partial<Gateway>;
};

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "send before commit",
    caughtBy: /^I3$/,
    flow: null,
    plant: ({ store, gateway }) => {
      const later: (() => Promise<unknown>)[] = [];
      return {
        store: {
          markSending: async (owner, items, options) => {
            later.push(() => store.markSending(owner, items, options));
            return new Set(items.map(({ attemptId }) => attemptId));
          },
        },
        gateway: {
          charge: async (intent, orderId) => {
            const outcome = await gateway.charge(intent, orderId);
            for (const commit of later.splice(0)) await commit();
            return outcome;
          },
        },
      };
    },
  },
  {
    name: "retry on 500",
    caughtBy: /^I1$/,
    flow: null,
    plant: ({ gateway }) => ({ gateway: { charge: retrying(gateway, ({ httpStatus }) => (httpStatus ?? 0) >= 500) } }),
  },
  {
    name: "retry on timeout",
    caughtBy: /^I1$/,
    flow: null,
    plant: ({ gateway }) => ({ gateway: { charge: retrying(gateway, ({ httpStatus }) => httpStatus === null) } }),
  },
  {
    name: "expired lease back to claimed",
    caughtBy: /^I1$/,
    flow: "single",
    plant: ({ store }) => ({
      store: deciding(store, (facts, evidence) =>
        evidence === "lease_expired" && facts.attempt.state === "sending" ? freed(facts, "released") : "as it should",
      ),
    }),
  },
  {
    name: "trust an empty list",
    caughtBy: /^I1$/,
    flow: "single",
    plant: ({ store }) => ({
      store: deciding(store, (facts, evidence) =>
        evidence === "absent" && facts.attempt.state === "unknown" ? freed(facts, "not_sent") : "as it should",
      ),
    }),
  },
  {
    name: "late news overwrites paid",
    caughtBy: /^I5$/,
    flow: null,
    weather: (weather) => ({ ...weather, newsPerMonth: 60 }),
    plant: ({ store }) => ({
      store: deciding(store, (facts, evidence) =>
        evidence === "declined" && facts.attempt.state === "paid" ? declinedAfterAll(facts) : "as it should",
      ),
    }),
  },
  {
    name: "next cycle from now",
    caughtBy: /^I2$/,
    flow: null,
    plant: ({ store }) => ({
      store: {
        open: (batch, now) =>
          store.open(
            batch.map((each) => ({ ...each, nextBillingAt: fromNow(each, now) })),
            now,
          ),
      },
    }),
  },
  {
    name: "skipped missed cycles",
    caughtBy: /^I2$/,
    flow: null,
    plant: ({ store }) => ({
      store: {
        open: (batch, now) =>
          store.open(
            batch.map((each) => ({ ...each, invoices: each.invoices.slice(-1), events: each.events.slice(-1) })),
            now,
          ),
      },
    }),
  },
  {
    name: "outcome without event",
    caughtBy: /^I7$/,
    flow: null,
    plant: ({ store, memory }) => ({
      store: {
        // The outcome is committed alone, and its event by a transaction that a crash may prevent.
        settle: async (items, now, decide) => {
          const written = memory.tables.events.length;
          const settled = await store.settle(items, now, decide);
          const events = memory.tables.events.splice(written);
          await store.installation();
          memory.tables.events.push(...events.filter((_event, index) => (now.getTime() + index) % 97 !== 0));
          return settled;
        },
      },
    }),
  },
  {
    name: "claim without compare-and-set",
    caughtBy: /^(I1|I3)$/,
    // In order_first a process that is frozen for longer than the quiet time is stopped by the gateway's guard alone.
    flow: "single",
    weather: (weather) => ({ ...weather, freezeRate: 0.003, hasZombies: true }),
    plant: ({ memory }) => ({
      store: {
        markSending: async (_owner, items, { now, leaseMs }) => {
          const { attempts } = memory.tables;
          for (const { attemptId, orderId } of items) {
            const claimedUntil = new Date(now.getTime() + leaseMs);
            const row: AttemptRow = { ...attempts.must(attemptId), sentAt: now, claimedUntil, orderId };
            // Whatever became of it since it was claimed.
            if (row.settledAt === null) attempts.put({ ...row, state: "sending" });
          }
          return new Set(items.map(({ attemptId }) => attemptId));
        },
      },
    }),
  },
  {
    name: "amount read at send time",
    caughtBy: /^I9$/,
    flow: null,
    weather: (weather) => ({ ...weather, peoplePerMonth: 10, declineRate: 0.3 }),
    plant: ({ gateway, memory }) => ({
      gateway: {
        charge: (intent, orderId) => {
          const subscription = memory.tables.subscriptions.must(intent.subscriptionId);
          const plan = memory.tables.plans.must(subscription.planId);
          const lines = subscription.lineItems ?? plan.lineItems;
          const amountCents = lines.reduce((sum, line) => sum + line.unitPriceCents * line.quantity, 0);
          const isPlain = subscription.discount === null;
          return gateway.charge(
            isPlain ? { ...intent, amountCents: amountCents * subscription.quantity } : intent,
            orderId,
          );
        },
      },
    }),
  },
  {
    name: "orphan order charged twice",
    caughtBy: /^(I1|I3)$/,
    flow: "order_first",
    weather: (weather) => ({ ...weather, guardHolds: true }),
    plant: ({ store, memory }) => ({
      store: {
        // The order's id is not kept for the invoice: after an unclear outcome a fresh order is charged.
        markSending: async (owner, items, options) => {
          const sent = await store.markSending(owner, items, options);
          const { invoices, attempts } = memory.tables;
          for (const { attemptId } of items) {
            const invoice = invoices.must(attempts.must(attemptId).invoiceId);
            if (invoice.orderId !== null) invoices.put({ ...invoice, orderId: null });
          }
          return sent;
        },
        settle: deciding(store, (facts, evidence) =>
          evidence === "absent" && facts.attempt.state === "unknown" ? freed(facts, "not_sent") : "as it should",
        ).settle,
      },
    }),
  },
];

function retrying(gateway: Gateway, when: (trace: Outcome["trace"]) => boolean): Gateway["charge"] {
  return async (intent, orderId) => {
    const outcome = await gateway.charge(intent, orderId);
    return outcome.kind === "unknown" && when(outcome.trace) ? await gateway.charge(intent, orderId) : outcome;
  };
}

/** A reducer that decides wrongly where `wrongly` says so. */
function deciding(
  store: Store,
  wrongly: (facts: SettleFacts, evidence: string) => Settlement | "as it should",
): Pick<Store, "settle"> {
  return {
    settle: (items, now, decide) =>
      store.settle(items, now, (facts, evidence) => {
        const decision = wrongly(facts, evidence.kind);
        if (decision === "as it should") return decide(facts, evidence);
        const { nextAttemptAt, ...invoice } = decision.invoice;
        return {
          ...decision,
          attempt: { ...decision.attempt, settledAt: now },
          invoice: { ...invoice, nextAttemptAt: invoice.status === "open" ? (nextAttemptAt ?? now) : null },
        };
      }),
  };
}

/** Over, and up for the next try. */
function freed({ attempt, invoice }: SettleFacts, state: "released" | "not_sent"): Settlement {
  const { orderId, chargeId, looks } = attempt;
  return {
    attempt: {
      state,
      orderId,
      chargeId,
      looks,
      nextLookAt: null,
      settledAt: null,
      decline: null,
      payment: null,
      trace: null,
    },
    invoice: {
      status: "open",
      statusReason: null,
      nextAttemptAt: null,
      paidAt: null,
      declines: invoice.declines,
      faults: invoice.faults,
    },
    event: state === "released" ? "attempt.released" : "attempt.not_sent",
    finalAction: null,
  };
}

/** The last word counts, whatever was before it. */
function declinedAfterAll(facts: SettleFacts): Settlement {
  const { attempt, invoice } = freed(facts, "not_sent");
  const decline = { declineClass: "retry_later", failureCode: null, failureMessage: null } as const;
  return {
    attempt: { ...attempt, state: "declined", decline },
    invoice: { ...invoice, status: facts.invoice.status, statusReason: facts.invoice.statusReason },
    event: "attempt.declined",
    finalAction: null,
  };
}

/** The next date counted from the moment of the run, by the length of the last period. */
function fromNow({ invoices, nextBillingAt }: Opened, now: Date): Date | null {
  const last = invoices.at(-1);
  if (last === undefined || nextBillingAt === null) return nextBillingAt;
  return new Date(now.getTime() + last.periodEnd.getTime() - last.periodStart.getTime());
}

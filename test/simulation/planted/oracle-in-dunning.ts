/** Bugs in what follows a decline, an answer that never came, or a wait: nobody is charged twice, and nobody is served. */
import type { Store } from "../../../src/application/ports/store.ts";
import type { SettleFacts } from "../../../src/application/ports/charging.ts";
import { OUT_OF_DUNNING } from "../../../src/domain/invoice.ts";
import type { Settlement } from "../../../src/domain/settle/settlement.ts";
import { POLICIES } from "../merchant.ts";
import { healed, type Weather } from "../weather.ts";
import type { PlantedBug } from "./planted-bug.ts";

const HOUR_MS = 3_600_000;

export const ORACLE_BUGS_IN_DUNNING: readonly PlantedBug[] = [
  {
    name: "first decline held for ever",
    caughtBy: /^cause$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: settling(store, (decided) =>
        decided.event === "invoice.payment_failed"
          ? {
              ...decided,
              event: "invoice.held",
              invoice: {
                ...decided.invoice,
                ...{ status: "held", statusReason: "our_fault", nextAttemptAt: null },
                ...OUT_OF_DUNNING,
              },
            }
          : decided,
      ),
    }),
  },
  {
    name: "written off at the first decline",
    caughtBy: /^cause$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: settling(store, (decided, { dunning }) =>
        decided.event === "invoice.payment_failed"
          ? {
              ...decided,
              event: "invoice.uncollectible",
              finalAction: POLICIES.get(dunning)?.finalAction ?? null,
              invoice: {
                ...decided.invoice,
                ...{ status: "uncollectible", statusReason: "attempts_used_up", nextAttemptAt: null },
                ...OUT_OF_DUNNING,
              },
            }
          : decided,
      ),
    }),
  },
  {
    name: "retries early",
    caughtBy: /^spacing$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: settling(store, (decided, _facts, now) =>
        decided.step?.do === "retry"
          ? { ...decided, invoice: { ...decided.invoice, nextAttemptAt: new Date(now.getTime() + HOUR_MS / 4) } }
          : decided,
      ),
    }),
  },
  {
    name: "what is due tomorrow is claimed today",
    caughtBy: /^spacing$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) =>
          store.claim(owner, { ...options, now: new Date(options.now.getTime() + 24 * HOUR_MS) }, (due) =>
            decide(due.map((facts) => ({ ...facts, invoice: { ...facts.invoice, nextAttemptAt: options.now } }))),
          ),
      },
    }),
  },
  {
    name: "a try that was not sent waits a week",
    caughtBy: /^owed$/,
    flow: null,
    weather: (weather) => ({ ...weather, chargeFaults: { ...weather.chargeFaults, not_sent: 0.2 } }),
    plant: ({ store }) => ({
      store: settling(store, (decided, _facts, now) =>
        decided.attempt.state === "not_sent" && decided.invoice.nextAttemptAt !== null
          ? { ...decided, invoice: { ...decided.invoice, nextAttemptAt: new Date(now.getTime() + 168 * HOUR_MS) } }
          : decided,
      ),
    }),
  },
  {
    name: "retries cut to one",
    caughtBy: /^cause$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), declineRate: 0, poorRate: 0.5 }),
    plant: ({ store }) => ({
      store: {
        settle: (items, now, decide) =>
          store.settle(items, now, (facts, evidence) =>
            decide(
              { ...facts, invoice: { ...facts.invoice, declines: facts.invoice.declines === 1 ? 90 : 0 } },
              evidence,
            ),
          ),
      },
    }),
  },
  {
    name: "final action dropped",
    caughtBy: /^status$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: {
        ...settling(store, (decided) => ({ ...decided, finalAction: null })),
        applyTransitions: (ids, now, decide) =>
          store.applyTransitions(ids, now, (facts) => {
            const move = decide(facts);
            return move === null ? null : { ...move, finalAction: null };
          }),
      },
    }),
  },
  {
    name: "daily limit never applied",
    caughtBy: /^limit$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), poorRate: 0.5, downtimesPerMonth: 2 }),
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) =>
          store.claim(owner, options, (due) =>
            decide(
              due.map((facts) => ({
                ...facts,
                customer: { ...facts.customer, tries: facts.customer.tries.filter(isInFlight) },
              })),
            ),
          ),
      },
    }),
  },
  {
    name: "a fresh reference after a lost answer",
    caughtBy: /^I1$/,
    flow: "single",
    weather: (weather) => ({ ...weather, chargeFaults: { ...weather.chargeFaults, lost_after_acting: 0.2 } }),
    plant: ({ store }) => ({
      store: {
        settle: (items, now, decide) =>
          store.settle(items, now, (facts, evidence) =>
            decide(
              facts,
              evidence.kind === "unknown" ? { kind: "not_sent", unauthorized: false, trace: evidence.trace } : evidence,
            ),
          ),
      },
    }),
  },
  {
    name: "refunds counted twice",
    caughtBy: /^I6$/,
    flow: null,
    weather: (weather) => ({ ...weather, peoplePerMonth: 40 }),
    plant: ({ refunds, memory }) => ({
      refunds: {
        settle: async (refundId, outcome, now) => {
          await refunds.settle(refundId, outcome, now);
          const refund = memory.tables.refunds.must(refundId);
          if (outcome.kind === "done") memory.tables.refunds.put({ ...refund, id: `${refundId}_again` });
        },
      },
    }),
  },
];

function isInFlight({ state }: { readonly state: string }): boolean {
  return state === "claimed" || state === "sending";
}

/** Many declines, and no fault that hides what comes of them. */
export function declining(weather: Weather): Weather {
  return { ...healed(weather), declineRate: 0.4, cardChangesPerMonth: 2 };
}

export function settling(
  store: Store,
  wrongly: (decided: Settlement, facts: SettleFacts, now: Date) => Settlement,
): Pick<Store, "settle"> {
  return {
    settle: (items, now, decide) =>
      store.settle(items, now, (facts, evidence) => {
        const decided = decide(facts, evidence);
        return decided === null ? null : wrongly(decided, facts, now);
      }),
  };
}

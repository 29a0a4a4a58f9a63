/** Bugs in dunning: in what keeps card and link apart, in which card is tried when, and in what comes late. */
import type { Store } from "../../../src/application/ports/store.ts";
import type { SettleFacts } from "../../../src/application/ports/charging.ts";
import type { Evidence } from "../../../src/domain/attempt.ts";
import type { PlantedBug } from "./planted-bug.ts";
import type { Weather } from "../weather.ts";

const DAY_MS = 86_400_000;
const TRACE = { httpStatus: 200, logId: null, because: "planted" };

export const BUGS_IN_DUNNING: readonly PlantedBug[] = [
  {
    name: "card charged while its link is open",
    caughtBy: /^I1$/,
    flow: null,
    weather: failing,
    // A look at an open page is taken for its end, so the card has its chance beside it.
    plant: ({ store }) => ({
      store: {
        settle: (items, now, decide) =>
          store.settle(items, now, (facts, evidence) => {
            const { attempt } = facts;
            if (attempt.flow !== "link" || attempt.state !== "pending" || evidence.kind !== "pending")
              return decide(facts, evidence);
            const wanted = { ...facts, attempt: { ...attempt, linkEnd: "new_card" as const } };
            return decide(wanted, { kind: "lapsed", orderId: evidence.orderId, trace: TRACE });
          }),
      },
    }),
  },
  {
    name: "link taken for cancelled without reading it",
    caughtBy: /^I1$/,
    flow: null,
    weather: (weather) => ({ ...failing(weather), cancelsReferences: false, cardChangesPerMonth: 20 }),
    plant: ({ gateway, memory }) => {
      const asked = new Set<string>();
      return {
        gateway: {
          cancelOrder: async (orderId) => {
            asked.add(orderId);
            await gateway.cancelOrder(orderId);
          },
          readCharge: async (orderId, reference, amountCents) =>
            asked.delete(orderId) && memory.tables.attempts.byUnique("attempt_reference", reference)?.flow === "link"
              ? { kind: "lapsed", orderId, trace: TRACE }
              : await gateway.readCharge(orderId, reference, amountCents),
        },
      };
    },
  },
  {
    name: "never_again ignored",
    caughtBy: /^dunning$/,
    flow: null,
    weather: failing,
    plant: ({ store }) => ({ store: misreading(store, milder("never_again")) }),
  },
  {
    name: "bad card tried again",
    caughtBy: /^dunning$/,
    flow: null,
    weather: failing,
    plant: ({ store }) => ({ store: misreading(store, milder("new_card")) }),
  },
  {
    name: "network budget ignored",
    caughtBy: /^dunning$/,
    flow: null,
    weather: (weather) => ({
      ...weather,
      declineRate: 0,
      poorRate: 0.8,
      cardChangesPerMonth: 0,
      clockJumpsPerMonth: 0,
    }),
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) =>
          store.claim(owner, options, (due) =>
            decide(due.map((facts) => ({ ...facts, customer: { ...facts.customer, declines: [] } }))),
          ),
      },
    }),
  },
  {
    name: "late cash ignored",
    caughtBy: /^I6$/,
    flow: null,
    weather: (weather) => ({ ...failing(weather), lateCashRate: 1, cancelsReferences: true }),
    plant: ({ store }) => ({
      store: misreading(store, (evidence, { attempt }) =>
        attempt.state === "lapsed" && evidence.kind === "paid" ? { kind: "absent", trace: TRACE } : evidence,
      ),
    }),
  },
  {
    name: "later cycle charged before the one that fails",
    caughtBy: /^dunning$/,
    flow: null,
    weather: (weather) => ({ ...failing(weather), peoplePerMonth: 0 }),
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) =>
          store.claim(owner, options, (due) => decide(due.map((facts) => ({ ...facts, unsettled: [] })))),
      },
    }),
  },
  {
    name: "waits that never end",
    caughtBy: /^(liveness|owed)$/,
    flow: null,
    weather: failing,
    plant: () => ({ store: { dueSteps: async () => [] } }),
  },
  {
    name: "grace that begins again",
    caughtBy: /^liveness$/,
    flow: null,
    weather: failing,
    plant: ({ store }) => ({
      store: {
        applyTransitions: (invoiceIds, now, decide) =>
          store.applyTransitions(invoiceIds, now, (facts) => {
            const move = decide(facts);
            if (move?.event !== "invoice.uncollectible") return move;
            const { dunningClass, firstDeclinedAt } = facts.invoice;
            const again = { dunningStep: "grace", dunningDueAt: new Date(now.getTime() + 2 * DAY_MS) } as const;
            const open = { status: "open", statusReason: null, dunningClass, firstDeclinedAt } as const;
            const invoice = { ...move.invoice, ...open, ...again };
            return { ...move, event: "invoice.grace_started", finalAction: null, invoice };
          }),
      },
    }),
  },
];

/** Many declines, and nothing that hides what comes of them. */
function failing(weather: Weather): Weather {
  return { ...weather, declineRate: 0.6, webhookShare: 0.5, cardChangesPerMonth: 8 };
}

/** Takes what it hears for something else. */
function misreading(
  store: Store,
  wrongly: (evidence: Evidence, facts: SettleFacts) => Evidence,
): Pick<Store, "settle"> {
  return {
    settle: (items, now, decide) =>
      store.settle(items, now, (facts, evidence) => decide(facts, wrongly(evidence, facts))),
  };
}

/** A decline of this class counts as one that time mends. */
function milder(declineClass: "never_again" | "new_card"): (evidence: Evidence) => Evidence {
  return (evidence) =>
    evidence.kind === "declined" && evidence.decline.declineClass === declineClass
      ? { ...evidence, decline: { ...evidence.decline, declineClass: "retry_later" } }
      : evidence;
}

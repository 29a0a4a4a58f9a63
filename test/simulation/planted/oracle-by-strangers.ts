/** Bugs as a stranger would plant them: each is small, and leaves money where it belongs for now. */
import type { EventType, NewEvent } from "../../../src/domain/event-types.ts";
import { afterWrite, busy } from "./oracle-in-commands.ts";
import { healed } from "../weather.ts";
import type { Plant, PlantedBug } from "./planted-bug.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const ORACLE_BUGS_BY_STRANGERS: readonly PlantedBug[] = [
  {
    name: "canceled at the period's end, and charged once more",
    caughtBy: /^asked$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, subscriptionId }) => {
      const subscription = memory.tables.subscriptions.get(subscriptionId ?? "");
      if (type !== "subscription.cancel_scheduled" || subscription?.cancelAt == null) return;
      const cancelAt = new Date(subscription.cancelAt.getTime() + HOUR_MS);
      memory.tables.subscriptions.put({ ...subscription, cancelAt });
    }),
  },
  {
    name: "whoever is resumed loses a cycle",
    caughtBy: /^(I2|owed|calendar)$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, subscriptionId }) => {
      const subscription = memory.tables.subscriptions.get(subscriptionId ?? "");
      if (type === "subscription.resumed" && subscription !== undefined)
        memory.tables.subscriptions.put({ ...subscription, nextCycle: subscription.nextCycle + 1 });
    }),
  },
  {
    name: "a subscription lives in another zone",
    caughtBy: /^(calendar|I2)$/,
    flow: null,
    plant: afterWrite((memory, { type, subscriptionId }) => {
      const subscription = memory.tables.subscriptions.get(subscriptionId ?? "");
      if (type === "subscription.created" && subscription !== undefined)
        memory.tables.subscriptions.put({ ...subscription, timeZone: "America/Tijuana" });
    }),
  },
  {
    name: "a payment is told twice",
    caughtBy: /^told$/,
    flow: null,
    plant: telling("invoice.paid", (event) => [event, event]),
  },
  {
    name: "a failed payment tells another day of the next try",
    caughtBy: /^told$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), declineRate: 0.4 }),
    plant: telling("invoice.payment_failed", (event) => [
      { ...event, data: { ...event.data, nextAttemptAt: laterBy(event.data?.["nextAttemptAt"], 3 * DAY_MS) } },
    ]),
  },
  {
    name: "a refund tells another amount",
    caughtBy: /^told$/,
    flow: null,
    weather: busy,
    plant: telling("invoice.refunded", (event) => [{ ...event, data: { ...event.data, amountCents: 1 } }]),
  },
  {
    name: "what waits in a queue comes the newest first",
    caughtBy: /^(pacing|dunning|owed|one_at_a_time)$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), downtimesPerMonth: 3 }),
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) => store.claim(owner, options, (due) => decide(due.toReversed())),
      },
    }),
  },
  {
    name: "a page may be paid a month longer than the policy says",
    caughtBy: /^spacing$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), declineRate: 0.5 }),
    plant: ({ gateway }) => ({
      gateway: {
        openPaymentLink: (intent, terms) =>
          gateway.openPaymentLink(intent, { ...terms, expiresAt: new Date(terms.expiresAt.getTime() + 30 * DAY_MS) }),
      },
    }),
  },
  {
    name: "a subscription is told paused that is canceled",
    caughtBy: /^(told|I7)$/,
    flow: null,
    weather: busy,
    plant: telling("subscription.canceled", (event) => [{ ...event, type: "subscription.paused" }]),
  },
];

function laterBy(at: unknown, byMs: number): unknown {
  return typeof at === "string" ? new Date(new Date(at).getTime() + byMs).toISOString() : at;
}

/** What is written down of one kind of event. */
function telling(type: EventType, change: (event: NewEvent) => readonly NewEvent[]): Plant {
  return ({ memory }) => {
    const { events } = memory.tables;
    const push = events.push.bind(events);
    events.push = (...rows) =>
      push(...rows.flatMap((row) => (row.type === type ? (change(row) as readonly (typeof row)[]) : [row])));
    return {};
  };
}

/** Bugs in what people asked for and what they are shown: each command answers as it should, and forgets it. */
import type { Records } from "../../../src/application/ports/records.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import type { MemoryStore } from "../memory-store/memory-store.ts";
import { healed, type Weather } from "../weather.ts";
import type { PlantedBug } from "./planted-bug.ts";

const DAY_MS = 86_400_000;

export const ORACLE_BUGS_IN_COMMANDS: readonly PlantedBug[] = [
  {
    name: "cancellation forgotten",
    caughtBy: /^asked$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, subscriptionId }) => {
      const subscription = memory.tables.subscriptions.get(subscriptionId ?? "");
      if (type === "subscription.cancel_scheduled" && subscription !== undefined)
        memory.tables.subscriptions.put({ ...subscription, cancelAt: null });
    }),
  },
  {
    name: "a skipped cycle is charged",
    caughtBy: /^asked$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, invoiceId, data }) => {
      const invoice = memory.tables.invoices.get(invoiceId ?? "");
      if (type === "invoice.voided" && data?.["reason"] === "skipped" && invoice?.status === "void")
        memory.tables.invoices.put({
          ...invoice,
          ...{ status: "open", statusReason: null, nextAttemptAt: invoice.periodStart },
        });
    }),
  },
  {
    name: "a voided invoice comes back",
    caughtBy: /^asked$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, invoiceId, data }, now) => {
      const invoice = memory.tables.invoices.get(invoiceId ?? "");
      if (type === "invoice.voided" && data?.["why"] !== undefined && invoice?.status === "void")
        memory.tables.invoices.put({
          ...invoice,
          ...{ status: "open", statusReason: null, nextAttemptAt: new Date(now.getTime() + DAY_MS / 2) },
        });
    }),
  },
  {
    name: "a new card that is told is not tried",
    caughtBy: /^good_card$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), declineRate: 0.4, cardChangesPerMonth: 20, webhookShare: 1 }),
    plant: ({ store }) => ({
      store: {
        write: (now, work) => store.write(now, (records) => work(forgetful(records))),
      },
    }),
  },
  {
    name: "the list for people is empty",
    caughtBy: /^list$/,
    flow: null,
    weather: (weather) => ({ ...weather, chargeFaults: { ...weather.chargeFaults, refused: 0.1 } }),
    plant: ({ store }) => ({
      store: { list: async (name, listing) => (name === "attention" ? [] : await store.list(name, listing)) },
    }),
  },
  {
    name: "no subscription event",
    caughtBy: /^(told|I7)$/,
    flow: null,
    plant: ({ memory }) => {
      const { events } = memory.tables;
      const push = events.push.bind(events);
      events.push = (...rows) =>
        push(...rows.filter(({ type }) => !type.startsWith("subscription.") || type === "subscription.created"));
      return {};
    },
  },
  {
    name: "every subscription event twice",
    caughtBy: /^told$/,
    flow: null,
    plant: ({ memory }) => {
      const { events } = memory.tables;
      const push = events.push.bind(events);
      events.push = (...rows) =>
        push(...rows.flatMap((row) => (row.type.startsWith("subscription.p") ? [row, row] : [row])));
      return {};
    },
  },
];

export function busy(weather: Weather): Weather {
  return { ...weather, peoplePerMonth: 30 };
}

/** A new card is written down, and nothing follows from it. */
function forgetful(records: Records): Records {
  return new Proxy(records, {
    get: (target, name) => {
      if (name === "retryWithNewCard") return async () => {};
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Undoes a part of what a command has just committed. */
export function afterWrite(undo: (memory: MemoryStore, event: NewEvent, now: Date) => void): PlantedBug["plant"] {
  return ({ store, memory }) => ({
    store: {
      write: async (now, work) => {
        const before = memory.tables.events.length;
        const answer = await store.write(now, work);
        for (const event of memory.tables.events.slice(before)) undo(memory, event, now);
        return answer;
      },
    },
  });
}

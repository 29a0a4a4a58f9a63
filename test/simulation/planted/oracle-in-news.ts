/** Bugs in what comes from outside and goes there: disputes, webhooks, limits, and what events say of money and reasons. */
import { healed, type Weather } from "../weather.ts";
import { poor, rewriting } from "./oracle-by-outsiders.ts";
import type { Plant, PlantedBug } from "./planted-bug.ts";
import { NO_DUE_ROWS } from "./planted-bug.ts";

export const ORACLE_BUGS_IN_NEWS: readonly PlantedBug[] = [
  {
    name: "nobody reads whether a payment is disputed",
    caughtBy: /^dispute$/,
    flow: null,
    weather: disputed,
    plant: () => ({ store: { disputeReads: NO_DUE_ROWS } }),
  },
  {
    name: "a dispute holds nothing",
    caughtBy: /^dispute$/,
    flow: null,
    weather: (weather) => ({ ...disputed(weather), webhookShare: 1 }),
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) =>
          store.claim(owner, options, (due) => decide(due.map((facts) => ({ ...facts, disputes: [] })))),
      },
    }),
  },
  {
    name: "the limits of an hour are those of a run",
    caughtBy: /^limit$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), downtimesPerMonth: 4, poorRate: 0 }),
    plant: ({ store }) => ({
      store: {
        sentWithinTheHour: async () => ({ charges: 0, amountCents: 0 }),
        haltCharging: async (halt, at) => (halt.kind === "limit" ? undefined : await store.haltCharging(halt, at)),
      },
    }),
  },
  {
    name: "webhooks are received and never looked into",
    caughtBy: /^webhook$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), webhookShare: 1 }),
    plant: ({ memory }) => {
      Object.assign(memory.inbox, { take: NO_DUE_ROWS });
      return {};
    },
  },
  {
    name: "a payment is told at twice its amount",
    caughtBy: /^told$/,
    flow: null,
    plant: telling("invoice.paid", (data) => ({ ...data, amountCents: 2 * Number(data["amountCents"]) })),
  },
  {
    name: "a failed payment is told with another reason",
    caughtBy: /^told$/,
    flow: null,
    weather: poor,
    plant: telling("invoice.payment_failed", (data) => ({ ...data, failureCode: null })),
  },
  {
    name: "a page is told at another address",
    caughtBy: /^told$/,
    flow: null,
    weather: poor,
    plant: telling("invoice.payment_link_created", (data) => ({ ...data, url: `${String(data["url"])}/` })),
  },
];

/** Payments are disputed, and no webhook tells of it. */
function disputed(weather: Weather): Weather {
  return { ...healed(weather), peoplePerMonth: 60, webhookShare: 0 };
}

type Data = Readonly<Record<string, unknown>>;

function telling(type: Parameters<typeof rewriting>[1], wrongly: (data: Data) => Data): Plant {
  return ({ memory }) => rewriting(memory, type, (row) => ({ ...row, data: wrongly(row.data ?? {}) }));
}

/**
 * Bugs written by hand in the manner of a mutant: a comparison turned round, a statement dropped, a constant changed.
 * Money stays safe with each of them, and a promise is broken.
 */
import { NO_DUE_ROWS, type PlantedBug } from "./planted-bug.ts";
import { busy } from "./oracle-in-commands.ts";
import { declining } from "./oracle-in-dunning.ts";
import { opening } from "./oracle-in-opening.ts";
import { healed, type Weather } from "../weather.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const ORACLE_BUGS_BY_MUTANTS: readonly PlantedBug[] = [
  {
    name: "an empty database charges what another has charged",
    caughtBy: /^elsewhere$/,
    flow: null,
    plant: () => ({ asksElsewhere: false }),
  },
  {
    name: "a changed card is not read while an invoice waits",
    caughtBy: /^good_card$/,
    flow: null,
    weather: cardsChange,
    plant: ({ store }) => ({
      store: {
        customersToReread: NO_DUE_ROWS,
        dueSteps: async (...asked) =>
          (await store.dueSteps(...asked)).map((step) => ({
            ...step,
            customer: { readAt: step.dueAt, failure: null },
          })),
      },
    }),
  },
  {
    name: "one who cannot be read is not shown",
    caughtBy: /^(owed|light|liveness)$/,
    flow: null,
    plant: ({ store }) => ({
      store: {
        unreadable: async () => ({ ...(await store.unreadable()), count: 0 }),
        list: async (name, listing) => {
          const rows = await store.list(name, listing);
          return rows.filter((row) => !("kind" in row) || row.kind !== "unreadable");
        },
      },
    }),
  },
  {
    name: "what has others beside it is never collected",
    caughtBy: /^(owed|good_card|light|liveness)$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) =>
          store.claim(owner, options, (due) => {
            const decisions = decide(due);
            return due.map(({ unsettled }, index) => (unsettled.length > 1 ? "leave" : (decisions[index] ?? "leave")));
          }),
      },
    }),
  },
  {
    name: "the first period begins a day late",
    caughtBy: /^(calendar|I2|early)$/,
    flow: null,
    plant: opening((invoice) =>
      invoice.cycle !== 0 ? invoice : { ...invoice, periodStart: new Date(invoice.periodStart.getTime() + DAY_MS) },
    ),
  },
  {
    name: "a discount counts twice",
    caughtBy: /^amount$/,
    flow: null,
    plant: opening((invoice) =>
      invoice.discountCents > 0 && invoice.amountCents > invoice.discountCents
        ? { ...invoice, amountCents: invoice.amountCents - invoice.discountCents }
        : invoice,
    ),
  },
  {
    name: "a decline is held as an unknown outcome",
    caughtBy: /^cause$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: {
        settle: (items, now, decide) =>
          store.settle(items, now, (facts, evidence) => {
            const settlement = decide(facts, evidence);
            if (settlement === null || settlement.event !== "invoice.payment_failed" || evidence.kind !== "declined")
              return settlement;
            const { invoice } = settlement;
            return {
              ...settlement,
              event: "invoice.held",
              invoice: { ...invoice, ...HELD, statusReason: "unknown_outcome" },
            };
          }),
      },
    }),
  },
  {
    name: "a retry that was asked for comes in three months",
    caughtBy: /^(owed|liveness|list|asked)$/,
    flow: null,
    weather: busy,
    plant: ({ memory }) => {
      const { invoices } = memory.tables;
      const put = invoices.put.bind(invoices);
      invoices.put = (row) =>
        put(
          row.retryRequestedAt !== null && row.nextAttemptAt !== null && invoices.get(row.id)?.retryRequestedAt === null
            ? { ...row, nextAttemptAt: new Date(row.nextAttemptAt.getTime() + 90 * DAY_MS) }
            : row,
        );
      return {};
    },
  },
  {
    name: "pages are made and never looked at again",
    caughtBy: /^(owed|I6|liveness)$/,
    flow: null,
    weather: (weather) => ({ ...declining(weather), webhookShare: 0 }),
    plant: ({ store }) => ({
      store: {
        dueInquiries: async (...asked) => (await store.dueInquiries(...asked)).filter(({ flow }) => flow !== "link"),
      },
    }),
  },
  {
    name: "a subscription recovers without a word",
    caughtBy: /^(told|I7|status)$/,
    flow: null,
    weather: declining,
    plant: ({ memory }) => {
      const { events } = memory.tables;
      const push = events.push.bind(events);
      events.push = (...rows) => push(...rows.filter(({ type }) => type !== "subscription.recovered"));
      return {};
    },
  },
  {
    name: "unpaid stays active",
    caughtBy: /^(status|cause|told|I7)$/,
    flow: null,
    weather: declining,
    plant: ({ memory }) => {
      const { subscriptions } = memory.tables;
      const put = subscriptions.put.bind(subscriptions);
      subscriptions.put = (row) => put(row.status === "unpaid" ? { ...row, status: "active" } : row);
      return {};
    },
  },
];

const HELD = {
  status: "held",
  nextAttemptAt: null,
  dunningDueAt: null,
  dunningStep: null,
  dunningClass: null,
} as const;

function cardsChange(weather: Weather): Weather {
  return { ...healed(weather), declineRate: 0.4, cardChangesPerMonth: 20, webhookShare: 0 };
}

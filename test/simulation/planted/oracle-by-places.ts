/** Bugs at the places that the others leave alone: one a statement or field, as a slip of the hand would change it. */
import { NO_DUE_ROWS, type PlantedBug } from "./planted-bug.ts";
import { afterWrite, busy } from "./oracle-in-commands.ts";
import { declining } from "./oracle-in-dunning.ts";
import { opening } from "./oracle-in-opening.ts";
import { healed } from "../weather.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const ORACLE_BUGS_BY_PLACES: readonly PlantedBug[] = [
  {
    name: "quantity forgotten",
    caughtBy: /^amount$/,
    flow: null,
    plant: opening((invoice) => {
      const lineItems = invoice.lineItems.map((line) => ({ ...line, quantity: 1 }));
      const summedCents = lineItems.reduce((sum, line) => sum + line.unitPriceCents, 0);
      const isUsual = invoice.discountCents === 0 && summedCents > 0;
      return isUsual ? { ...invoice, lineItems, amountCents: summedCents } : invoice;
    }),
  },
  {
    name: "opened, and put off for two days",
    caughtBy: /^owed$/,
    flow: null,
    plant: opening((invoice) =>
      invoice.nextAttemptAt === null
        ? invoice
        : { ...invoice, nextAttemptAt: new Date(invoice.nextAttemptAt.getTime() + 2 * DAY_MS) },
    ),
  },
  {
    name: "a period begins an hour late",
    caughtBy: /^(I2|calendar)$/,
    flow: null,
    plant: opening((invoice) => ({ ...invoice, periodStart: new Date(invoice.periodStart.getTime() + HOUR_MS) })),
  },
  {
    name: "the window counts from two months before",
    caughtBy: /^cause$/,
    flow: null,
    weather: declining,
    plant: ({ store }) => ({
      store: {
        settle: (items, now, decide) =>
          store.settle(items, now, (facts, evidence) => {
            const { firstDeclinedAt } = facts.invoice;
            const earlier = firstDeclinedAt && new Date(firstDeclinedAt.getTime() - 60 * DAY_MS);
            return decide({ ...facts, invoice: { ...facts.invoice, firstDeclinedAt: earlier } }, evidence);
          }),
      },
    }),
  },
  {
    name: "resumed stays paused",
    caughtBy: /^(told|status|asked)$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, subscriptionId }) => {
      const subscription = memory.tables.subscriptions.get(subscriptionId ?? "");
      if (type === "subscription.resumed" && subscription !== undefined)
        memory.tables.subscriptions.put({ ...subscription, status: "paused" });
    }),
  },
  {
    name: "marked as paid comes back",
    caughtBy: /^(I5|asked)$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, invoiceId }, now) => {
      const invoice = memory.tables.invoices.get(invoiceId ?? "");
      if (type === "invoice.paid" && invoice?.status === "paid")
        memory.tables.invoices.put({ ...invoice, status: "open", paidAt: null, nextAttemptAt: now });
    }),
  },
  {
    name: "nobody asks about unknown outcomes",
    caughtBy: /^(owed|liveness|I6)$/,
    flow: null,
    weather: (weather) => ({
      ...{ ...healed(weather), webhookShare: 0 },
      chargeFaults: { ...healed(weather).chargeFaults, lost_after_acting: 0.2 },
    }),
    plant: () => ({ store: { dueInquiries: NO_DUE_ROWS } }),
  },
  {
    name: "steps of dunning are never taken",
    caughtBy: /^(owed|liveness)$/,
    flow: null,
    weather: declining,
    plant: () => ({ store: { dueSteps: NO_DUE_ROWS } }),
  },
  {
    name: "a failed payment is not told",
    caughtBy: /^I7$/,
    flow: null,
    weather: declining,
    plant: ({ memory }) => {
      const { events } = memory.tables;
      const push = events.push.bind(events);
      events.push = (...rows) => push(...rows.filter(({ type }) => type !== "invoice.payment_failed"));
      return {};
    },
  },
  {
    name: "a pause forgets the calendar",
    caughtBy: /^(I2|owed)$/,
    flow: null,
    weather: busy,
    plant: afterWrite((memory, { type, subscriptionId }) => {
      const subscription = memory.tables.subscriptions.get(subscriptionId ?? "");
      if (type === "subscription.paused" && subscription?.status === "paused")
        memory.tables.subscriptions.put({ ...subscription, nextBillingAt: null });
    }),
  },
];

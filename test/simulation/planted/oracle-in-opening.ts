/** Bugs in what is opened: money stays safe with each of them, and the merchant is not served. */
import type { OpeningBatch } from "../../../src/application/ports/charging.ts";
import type { NewEvent } from "../../../src/domain/event-types.ts";
import type { Invoice } from "../../../src/domain/invoice.ts";
import { healed } from "../weather.ts";
import type { PlantedBug } from "./planted-bug.ts";

export const ORACLE_BUGS_IN_OPENING: readonly PlantedBug[] = [
  {
    name: "everything due is voided",
    caughtBy: /^cause$/,
    flow: null,
    plant: opening((invoice) => ({ ...invoice, ...NOT_DUE, status: "void", statusReason: "voided_by_person" })),
  },
  {
    name: "amount doubled at opening",
    caughtBy: /^amount$/,
    flow: null,
    plant: opening((invoice) => ({
      ...invoice,
      amountCents: 2 * invoice.amountCents,
      lineItems: invoice.lineItems.map((line) => ({ ...line, quantity: 2 * line.quantity })),
      discountCents: 2 * invoice.discountCents,
    })),
  },
  {
    name: "another currency at opening",
    caughtBy: /^amount$/,
    flow: null,
    plant: opening((invoice) => ({ ...invoice, currency: invoice.currency === "MXN" ? "USD" : "MXN" })),
  },
  {
    name: "discount forgotten",
    caughtBy: /^amount$/,
    flow: null,
    plant: opening((invoice) => ({
      ...invoice,
      amountCents: invoice.amountCents + invoice.discountCents,
      discountCents: 0,
    })),
  },
  {
    name: "the question about missed cycles is not asked",
    caughtBy: /^pacing$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), downtimesPerMonth: 3 }),
    plant: opening((invoice, now) =>
      invoice.statusReason === "catch_up_ask"
        ? { ...invoice, status: "open", statusReason: null, nextAttemptAt: now }
        : invoice,
    ),
  },
  {
    name: "paused goes on",
    caughtBy: /^asked$/,
    flow: null,
    weather: (weather) => ({ ...weather, peoplePerMonth: 20 }),
    plant: ({ store, memory }) => ({
      store: {
        dueSubscriptions: async (now, limit, except) =>
          (await store.dueSubscriptions(now, limit, except)).map((each) =>
            each.status === "paused" ? { ...each, status: "active" } : each,
          ),
        open: (batch, now) =>
          store.open(
            batch.map((each) => {
              const { status } = memory.tables.subscriptions.must(each.subscriptionId);
              return status === "paused" ? { ...each, status, expected: { ...each.expected, status } } : each;
            }),
            now,
          ),
      },
    }),
  },
  {
    name: "completed when the last cycle is opened",
    caughtBy: /^(status|told)$/,
    flow: null,
    plant: ({ store }) => ({
      store: {
        open: (batch, now) =>
          store.open(
            batch.map((each) =>
              each.nextBillingAt === null && each.status === "active"
                ? { ...each, status: "completed", events: [...each.events, completed(each)] }
                : each,
            ),
            now,
          ),
      },
    }),
  },
];

const NOT_DUE = { nextAttemptAt: null } as const;

function completed({ subscriptionId, events }: OpeningBatch): NewEvent {
  return { type: "subscription.completed", subscriptionId, customerId: events[0]?.customerId ?? null, data: {} };
}

/** Opens something else than it should, and tells it as the program tells such a thing. */
export function opening(wrongly: (invoice: Invoice, now: Date) => Invoice): PlantedBug["plant"] {
  return ({ store }) => ({
    store: {
      open: (batch, now) =>
        store.open(
          batch.map((each) => {
            const invoices = each.invoices.map((invoice) =>
              invoice.status === "void" ? invoice : wrongly(invoice, now),
            );
            const byId = new Map(invoices.map((invoice) => [invoice.id, invoice.status]));
            const events = each.events.map((event) => retold(event, byId.get(event.invoiceId ?? "")));
            return { ...each, invoices, events };
          }),
          now,
        ),
    },
  });
}

function retold(event: NewEvent, status: Invoice["status"] | undefined): NewEvent {
  if (status === "void" && event.type === "invoice.opened") return { ...event, type: "invoice.voided" };
  if (status === "open" && event.type === "invoice.held") return { ...event, type: "invoice.opened" };
  return event;
}

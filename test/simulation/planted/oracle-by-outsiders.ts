/**
 * Bugs as somebody from outside would plant them into rules, use cases and the store: what people are shown, what they take
 * back, what a plan sells and what a policy grants. Money stays where it belongs, but for one that believes the panel.
 */
import type { OpeningBatch } from "../../../src/application/ports/charging.ts";
import type { ListedOrder } from "../../../src/application/ports/reconcile.ts";
import { RowUnreadable } from "../../../src/domain/errors.ts";
import type { EventType } from "../../../src/domain/event-types.ts";
import type { Invoice } from "../../../src/domain/invoice.ts";
import { OUT_OF_DUNNING } from "../../../src/domain/invoice.ts";
import { dueAt, scheduleOf } from "../../../src/domain/subscription.ts";
import { healed, type Weather } from "../weather.ts";
import type { Plant, PlantedBug } from "./planted-bug.ts";
import { NO_DUE_ROWS } from "./planted-bug.ts";
import { afterWrite, busy } from "./oracle-in-commands.ts";
import { declining, settling } from "./oracle-in-dunning.ts";

const DAY_MS = 86_400_000;
const NONE = { count: 0, oldestAt: null };

export const ORACLE_BUGS_BY_OUTSIDERS: readonly PlantedBug[] = [
  {
    name: "status counts nothing held and nothing unknown",
    caughtBy: /^counts$/,
    flow: null,
    plant: ({ store }) => ({
      store: { statusCounts: async (now) => ({ ...(await store.statusCounts(now)), unknown: NONE, held: NONE }) },
    }),
  },
  {
    name: "a second payment is not on the list",
    caughtBy: /^list$/,
    flow: null,
    weather: paidLate,
    plant: unlisted("paid_again"),
  },
  {
    name: "an unknown outcome is not on the list",
    caughtBy: /^list$/,
    flow: null,
    weather: silent,
    plant: unlisted("unknown"),
  },
  {
    name: "what was settled stays on the list",
    caughtBy: /^list$/,
    flow: null,
    weather: busy,
    plant: ({ store }) => {
      const held = new Map<string, unknown>();
      return {
        store: {
          list: async (name, listing) => {
            const rows = await store.list(name, listing);
            if (name !== "attention") return rows;
            for (const row of rows) if ("kind" in row && row.kind === "held") held.set(row.invoiceId, row);
            const gone = [...held].filter(([id]) => !rows.some((row) => "invoiceId" in row && row.invoiceId === id));
            return [...rows, ...(gone.map(([, row]) => row) as typeof rows)];
          },
        },
      };
    },
  },
  {
    name: "an event names another subscription",
    caughtBy: /^told$/,
    flow: null,
    plant: ({ memory }) =>
      rewriting(memory, "invoice.paid", (row) => ({ ...row, subscriptionId: otherThan(memory, row.subscriptionId) })),
  },
  {
    name: "an event names another customer",
    caughtBy: /^told$/,
    flow: null,
    plant: ({ memory }) => rewriting(memory, "invoice.opened", (row) => ({ ...row, customerId: "cus_of_nobody" })),
  },
  {
    name: "what is paid counts on another day",
    caughtBy: /^told$/,
    flow: null,
    plant: ({ store }) => ({
      store: settling(store, (decided) => {
        const { paidAt } = decided.invoice;
        return paidAt === null
          ? decided
          : { ...decided, invoice: { ...decided.invoice, paidAt: new Date(paidAt.getTime() - DAY_MS) } };
      }),
    }),
  },
  {
    name: "the page of a policy is never made",
    caughtBy: /^cause$/,
    flow: null,
    weather: poor,
    plant: ({ store }) => ({
      store: settling(store, (decided, _facts, now) =>
        decided.invoice.dunningStep === "payment_link"
          ? {
              ...decided,
              invoice: {
                ...decided.invoice,
                ...{ dunningStep: "wait_for_card", dunningDueAt: new Date(now.getTime() + 6 * DAY_MS) },
              },
            }
          : decided,
      ),
    }),
  },
  {
    name: "there is no grace",
    caughtBy: /^cause$/,
    flow: null,
    weather: poor,
    plant: ({ store }) => ({
      store: {
        applyTransitions: (ids, now, decide) =>
          store.applyTransitions(ids, now, (facts) => {
            const move = decide(facts);
            if (move?.event !== "invoice.grace_started") return move;
            const over = { status: "uncollectible", statusReason: "attempts_used_up", nextAttemptAt: null } as const;
            const invoice = { ...move.invoice, ...over, ...OUT_OF_DUNNING };
            return { ...move, event: "invoice.uncollectible", finalAction: "pause", invoice };
          }),
      },
    }),
  },
  {
    name: "a plan sells one cycle more",
    caughtBy: /^(calendar|I2)$/,
    flow: null,
    plant: (ports) => sellingOneMore(ports),
  },
  {
    name: "a trial is charged from its first day",
    caughtBy: /^(calendar|I2|early)$/,
    flow: null,
    plant: afterWrite(({ tables }, { type, subscriptionId }) => {
      const subscription = tables.subscriptions.get(subscriptionId ?? "");
      if (type !== "subscription.created" || subscription?.status !== "trialing" || subscription.firstCycle > 0) return;
      const plan = tables.plans.must(subscription.planId);
      const begun = { ...subscription, anchorLocal: subscription.startLocal };
      const nextBillingAt = dueAt(scheduleOf(begun, plan), 0, plan.expiryCount);
      tables.subscriptions.put({ ...begun, nextBillingAt });
    }),
  },
  {
    name: "of what was missed all is collected, and not the last alone",
    caughtBy: /^(pacing|told|I7)$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), downtimesPerMonth: 4 }),
    plant: openingAll((invoice, now) =>
      invoice.statusReason === "catch_up_latest_only"
        ? { ...invoice, status: "open", statusReason: null, nextAttemptAt: now }
        : invoice,
    ),
  },
  {
    name: "the limit of a day counts all that a customer owes",
    caughtBy: /^cause$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), downtimesPerMonth: 4, poorRate: 0 }),
    plant: ({ store }) => ({
      store: {
        claim: (owner, options, decide) =>
          store.claim(owner, options, (due) =>
            decide(
              due.map((facts) => {
                const tries = facts.customer.tries.map((each) => ({ ...each, invoiceId: facts.invoice.id }));
                return { ...facts, customer: { ...facts.customer, tries } };
              }),
            ),
          ),
      },
    }),
  },
  {
    name: "who is unpaid is not asked for a new card before a cycle is void",
    caughtBy: /^good_card$/,
    flow: null,
    weather: (weather) => ({ ...healed(weather), poorRate: 0.6, cardChangesPerMonth: 10, webhookShare: 0 }),
    plant: () => ({ store: { unpaidDue: NO_DUE_ROWS } }),
  },
  {
    name: "a skip takes two cycles",
    caughtBy: /^(cause|I2|I7)$/,
    flow: null,
    weather: busy,
    plant: afterWrite(({ tables }, { type, subscriptionId, invoiceId, data }, now) => {
      const subscription = tables.subscriptions.get(subscriptionId ?? "");
      const skipped = tables.invoices.get(invoiceId ?? "");
      if (type !== "invoice.voided" || data?.["reason"] !== "skipped" || subscription?.nextBillingAt == null) return;
      const plan = tables.plans.must(subscription.planId);
      const { nextCycle, nextBillingAt } = subscription;
      const after = dueAt(scheduleOf(subscription, plan), nextCycle + 1, plan.expiryCount);
      if (skipped === undefined || after === null) return;
      const id = `${skipped.id}_too`;
      tables.invoices.put({
        ...skipped,
        id,
        cycle: nextCycle,
        periodStart: nextBillingAt,
        periodEnd: after,
        openedAt: now,
      });
      tables.subscriptions.put({ ...subscription, nextCycle: nextCycle + 1, nextBillingAt: after });
      const event = tables.events.findLast((each) => each.type === type && each.invoiceId === invoiceId);
      if (event !== undefined) tables.events.push({ ...event, id: `${event.id}_too`, invoiceId: id });
    }),
  },
  {
    name: "a cancellation at the end voids what is owed",
    caughtBy: /^(cause|I7)$/,
    flow: null,
    weather: (weather) => ({ ...declining(weather), peoplePerMonth: 40 }),
    plant: afterWrite(({ tables }, { type, subscriptionId }, now) => {
      if (type !== "subscription.cancel_scheduled") return;
      for (const invoice of tables.invoices.inGroup("unsettled", subscriptionId ?? "")) {
        if (invoice.status !== "open" || tables.attempts.byUnique("attempt_one_open", invoice.id) !== undefined)
          continue;
        const change = { status: "void", statusReason: "canceled", nextAttemptAt: null } as const;
        tables.invoices.put({ ...invoice, ...change, ...OUT_OF_DUNNING });
        const about = { subscriptionId, customerId: invoice.customerId, invoiceId: invoice.id, attemptId: null };
        const id = `evt_of_${invoice.id}`;
        tables.events.push({ id, at: now, type: "invoice.voided", ...about, data: { reason: "canceled" } } as never);
      }
    }),
  },
  {
    name: "a skip that is taken back stays",
    caughtBy: /^(asked|I2)$/,
    flow: null,
    weather: healed,
    hasSecondThoughts: true,
    plant: ({ store, memory }) => ({
      store: {
        write: async (now, work) => {
          const before = memory.tables.events.length;
          const skipped = new Map([...memory.tables.invoices.rows].filter(([, row]) => row.statusReason === "skipped"));
          const cursors = new Map(memory.tables.subscriptions.rows);
          const answer = await store.write(now, work);
          for (const { type, subscriptionId } of memory.tables.events.slice(before)) {
            const was = cursors.get(subscriptionId ?? "");
            if (type !== "subscription.unskipped" || was === undefined) continue;
            memory.tables.subscriptions.put(was);
            for (const [id, row] of skipped)
              if (memory.tables.invoices.get(id) === undefined) memory.tables.invoices.put(row);
          }
          return answer;
        },
      },
    }),
  },
  {
    name: "a cancellation that is taken back stays",
    caughtBy: /^(asked|owed|cause|status)$/,
    flow: null,
    weather: healed,
    hasSecondThoughts: true,
    plant: afterWrite(({ tables }, { type, subscriptionId, data }) => {
      const subscription = tables.subscriptions.get(subscriptionId ?? "");
      if (type === "subscription.uncanceled" && subscription !== undefined)
        tables.subscriptions.put({ ...subscription, cancelAt: new Date(String(data?.["endsAt"])) });
    }),
  },
  {
    name: "what was charged in the panel pays whoever owes as much",
    caughtBy: /^(I6|I1)$/,
    flow: "single",
    weather: silent,
    hasSecondThoughts: true,
    plant: ({ gateway }) => ({
      gateway: {
        findCharges: async (window, intents) => {
          const found = new Map(await gateway.findCharges(window, intents));
          const orders: ListedOrder[] = [];
          const from = new Date(window.from.getTime() - 20 * DAY_MS);
          for await (const order of gateway.listOrders({ from, to: new Date(window.to.getTime() + DAY_MS) }))
            if (order.installationId === null) orders.push(order);
          for (const { reference, amountCents } of intents) {
            const same = orders.find(({ shown }) => shown?.amountCents === amountCents);
            const answer = same?.inquiryAnswerOf(same.paidChargeIds[0] ?? "");
            if (same !== undefined && answer?.kind === "paid") found.set(reference, answer);
          }
          return found;
        },
      },
    }),
  },
  {
    name: "a subscription that cannot be read is passed over",
    caughtBy: /^light$/,
    flow: null,
    weather: healed,
    poison: "opening",
    plant: ({ store }) => ({
      store: {
        dueSubscriptions: async (now, limit, except) => {
          const passed = [...except];
          for (;;)
            try {
              return await store.dueSubscriptions(now, limit, passed);
            } catch (error) {
              if (!(error instanceof RowUnreadable)) throw error;
              passed.push(error.id);
            }
        },
      },
    }),
  },
];

/** Money comes to pages that are over. */
function paidLate(weather: Weather): Weather {
  return { ...weather, declineRate: 0.6, cardChangesPerMonth: 8, lateCashRate: 1, cancelsReferences: true };
}

function silent(weather: Weather): Weather {
  const calm = healed(weather);
  return { ...calm, chargeFaults: { ...calm.chargeFaults, lost_before_acting: 0.4 } };
}

/** Cards that always lack funds. */
export function poor(weather: Weather): Weather {
  return { ...healed(weather), declineRate: 0.2, poorRate: 0.6 };
}

function unlisted(kind: string): Plant {
  return ({ store }) => ({
    store: {
      list: async (name, listing) =>
        (await store.list(name, listing)).filter(
          (row) => name !== "attention" || !("kind" in row) || row.kind !== kind,
        ),
    },
  });
}

type EventRow = Parameters<Parameters<Plant>[0]["memory"]["tables"]["events"]["push"]>[number];
type Memory = Parameters<Plant>[0]["memory"];

export function rewriting({ tables }: Memory, type: EventType, change: (row: EventRow) => EventRow): ReturnType<Plant> {
  const push = tables.events.push.bind(tables.events);
  tables.events.push = (...rows) => push(...rows.map((row) => (row.type === type ? change(row) : row)));
  return {};
}

function otherThan({ tables }: Memory, subscriptionId: string | null): string | null {
  return [...tables.subscriptions.rows.keys()].find((id) => id !== subscriptionId) ?? subscriptionId;
}

const sellingOneMore: Plant = ({ store }) => ({
  store: {
    dueSubscriptions: async (now, limit, except) =>
      (await store.dueSubscriptions(now, limit, except)).map((each) => {
        const { expiryCount } = each.plan;
        return expiryCount === null ? each : { ...each, plan: { ...each.plan, expiryCount: expiryCount + 1 } };
      }),
  },
});

/** As `opening`, of what is void as well. */
function openingAll(wrongly: (invoice: Invoice, now: Date) => Invoice): Plant {
  return ({ store }) => ({
    store: {
      open: (batch, now) =>
        store.open(
          batch.map((each): OpeningBatch => {
            const invoices = each.invoices.map((invoice) => wrongly(invoice, now));
            const opened = new Set(invoices.filter(({ status }) => status === "open").map(({ id }) => id));
            const events = each.events.map((event) =>
              opened.has(event.invoiceId ?? "") && event.type === "invoice.voided"
                ? ({ ...event, type: "invoice.opened" } as const)
                : event,
            );
            return { ...each, invoices, events };
          }),
          now,
        ),
    },
  });
}

/** Bugs in what is added to invoices: items, coupons, balances, changes of plan, IVA. Lives without extras cannot show them. */
import type { OpeningBatch } from "../../../src/application/ports/charging.ts";
import type { Records } from "../../../src/application/ports/records.ts";
import type { Waiting } from "../../../src/domain/invoice-content.ts";
import type { Item } from "../../../src/domain/item.ts";
import type { SubscriptionChange } from "../../../src/domain/subscription-change.ts";
import type { Weather } from "../weather.ts";
import { afterWrite } from "./oracle-in-commands.ts";
import { opening } from "./oracle-in-opening.ts";
import type { PlantedBug } from "./planted-bug.ts";

const DAY_MS = 86_400_000;

type ExtrasBug = Pick<PlantedBug, "name" | "caughtBy" | "plant" | "weather">;

const BUGS: readonly ExtrasBug[] = [
  {
    name: "an item is billed again",
    caughtBy: /^item$/,
    plant: usesWrongly((uses) => ({ ...uses, items: [] })),
  },
  {
    name: "an item waits for ever",
    caughtBy: /^item$/,
    plant: waitingWrongly((waiting) => ({ ...waiting, items: [] })),
  },
  {
    name: "the balance pays nothing",
    caughtBy: /^balance$/,
    plant: waitingWrongly(({ balance, ...waiting }) => ({
      ...waiting,
      balance: { ...balance, balanceCents: Math.min(0, balance.balanceCents) },
    })),
  },
  {
    name: "a pause that is planned is forgotten",
    caughtBy: /^asked$/,
    plant: afterWrite(({ tables }, { type, subscriptionId }) => {
      const subscription = tables.subscriptions.get(subscriptionId ?? "");
      if (type === "subscription.pause_planned" && subscription !== undefined)
        tables.subscriptions.put({ ...subscription, pauseFrom: null, pauseUntil: null });
    }),
  },
  {
    name: "a coupon's first cycle counts twice",
    caughtBy: /^coupon$/,
    plant: ({ store }) => ({
      store: {
        dueSubscriptions: async (now, limit, except) =>
          (await store.dueSubscriptions(now, limit, except)).map((each) => {
            const coupons = each.waiting.coupons.map((coupon) => ({
              ...coupon,
              untilCycle: coupon.untilCycle === null ? null : coupon.untilCycle - 1,
            }));
            return { ...each, waiting: { ...each.waiting, coupons } };
          }),
      },
    }),
  },
  {
    name: "a coupon is taken off twice",
    caughtBy: /^amount$/,
    plant: opening((invoice) => {
      const coupon = invoice.discounts?.find(({ type }) => type === "coupon");
      const isEnough = coupon !== undefined && coupon.amountCents > 0 && invoice.amountCents > coupon.amountCents;
      if (!isEnough || invoice.taxes !== null) return invoice;
      const { amountCents: offCents } = coupon;
      return {
        ...invoice,
        ...{ amountCents: invoice.amountCents - offCents, discountCents: invoice.discountCents + offCents },
        discounts: [...(invoice.discounts ?? []), coupon],
      };
    }),
  },
  {
    name: "a change of quantity is kept for the cycle after",
    caughtBy: /^amount$/,
    plant: ({ store, memory }) => ({
      store: {
        dueSubscriptions: async (now, limit, except) =>
          (await store.dueSubscriptions(now, limit, except)).map((each) => {
            const last = [...memory.tables.changes.rows.values()].findLast(
              (change) =>
                change.subscriptionId === each.id && change.undoneAt === null && change.nextCycle === each.nextCycle,
            );
            return last === undefined ? each : { ...each, quantity: last.fromQuantity };
          }),
      },
    }),
  },
  {
    name: "a cent of the balance is lost",
    caughtBy: /^balance$/,
    plant: usesWrongly((uses) => ({
      ...uses,
      entries: uses.entries.map((entry) => ({
        ...entry,
        amountCents: entry.amountCents - 1,
        balanceCents: entry.balanceCents - 1,
      })),
    })),
  },
  {
    name: "more is given back than was paid",
    caughtBy: /^proration$/,
    plant: afterWrite(({ tables }, { type, subscriptionId }) => {
      if (type !== "subscription.plan_changed") return;
      const change = tables.changes.get(`${subscriptionId}/${countOf(tables.changes.rows.values(), subscriptionId)}`);
      const item = [...tables.items.rows.values()].find(({ key }) => key === change?.itemKey);
      if (change === undefined || item === undefined || item.invoiceId !== null) return;
      const creditCents = Math.min(3 * change.creditCents, item.amountCents);
      tables.changes.put({ ...change, creditCents });
      tables.items.put({ ...item, discountCents: creditCents });
    }),
  },
  {
    name: "a price that was raised since is given back",
    caughtBy: /^proration$/,
    weather: (weather) => ({ ...unrestored(weather), peoplePerMonth: 40 }),
    plant: afterWrite(({ tables }, { type, subscriptionId }) => {
      if (type !== "subscription.plan_changed") return;
      const change = tables.changes.get(`${subscriptionId}/${countOf(tables.changes.rows.values(), subscriptionId)}`);
      if (change === undefined || change.creditCents === 0) return;
      const [running] = tables.invoices
        .inGroup("subscription", change.subscriptionId)
        .filter(({ cycle }) => cycle !== null && cycle < change.nextCycle)
        .toSorted((a, b) => b.periodStart.getTime() - a.periodStart.getTime());
      const plan = tables.plans.get(change.fromPlanId);
      const [was, is] = [running?.lineItems[0]?.unitPriceCents ?? 0, plan?.lineItems[0]?.unitPriceCents ?? 0];
      if (is > was && was > 0)
        tables.changes.put({ ...change, creditCents: Math.round((change.creditCents * is) / was) });
    }),
  },
  {
    name: "an item's key is not looked up",
    caughtBy: /^item$/,
    plant: ({ store }) => ({
      store: { write: (now, work) => store.write(now, (records) => work(forgettingKeys(records))) },
    }),
  },
  {
    name: "a coupon that was taken goes on",
    caughtBy: /^coupon$/,
    plant: afterWrite(({ tables }, { type, subscriptionId, data }) => {
      if (type !== "coupon.taken") return;
      for (const grant of tables.couponGrants.inGroup("subscription", subscriptionId ?? ""))
        if (grant.couponCode === data?.["code"]) tables.couponGrants.put({ ...grant, takenAt: null, untilCycle: null });
    }),
  },
  {
    name: "a coupon is given without a word",
    caughtBy: /^told$/,
    plant: ({ memory }) => {
      const { events } = memory.tables;
      const push = events.push.bind(events);
      events.push = (...rows) => push(...rows.filter(({ type }) => type !== "coupon.given"));
      return {};
    },
  },
  {
    name: "another interval begins a day late",
    caughtBy: /^calendar$/,
    plant: afterWrite(({ tables }, { type, subscriptionId }) => {
      const subscription = tables.subscriptions.get(subscriptionId ?? "");
      const change = tables.changes.get(`${subscriptionId}/${countOf(tables.changes.rows.values(), subscriptionId)}`);
      if (type !== "subscription.plan_changed" || subscription?.anchorLocal === change?.fromAnchorLocal) return;
      if (subscription === undefined || subscription.nextBillingAt === null) return;
      const { anchorLocal, nextBillingAt } = subscription;
      const later = new Date(Date.parse(`${anchorLocal}Z`) + DAY_MS).toISOString().slice(0, 16);
      const billingAt = new Date(nextBillingAt.getTime() + DAY_MS);
      tables.subscriptions.put({ ...subscription, anchorLocal: later, nextBillingAt: billingAt });
    }),
  },
  {
    name: "a coupon is given to everybody who asks",
    caughtBy: /^coupon$/,
    plant: ({ store }) => ({
      store: { write: (now, work) => store.write(now, (records) => work(countingNobody(records))) },
    }),
  },
  {
    name: "IVA is rounded for each unit",
    caughtBy: /^iva$/,
    plant: opening((invoice) => {
      const [tax] = invoice.taxes ?? [];
      if (tax === undefined || tax.addedCents !== 0 || tax.rate === "exempt") return invoice;
      const units = invoice.lineItems.reduce((sum, { quantity }) => sum + quantity, 0);
      const wholeCents = tax.baseCents + tax.taxCents;
      const taxCents = units * Math.round((tax.taxCents / units) * (1 + 1e-9));
      return { ...invoice, taxes: [{ ...tax, baseCents: wholeCents - taxCents, taxCents }] };
    }),
  },
  {
    name: "what is charged once is charged twice",
    caughtBy: /^I1$/,
    plant: ({ gateway }) => ({
      gateway: {
        charge: async (intent, ...rest) => {
          const outcome = await gateway.charge(intent, ...rest);
          if (intent.cycle === null) await gateway.charge({ ...intent, reference: `${intent.reference}b` }, ...rest);
          return outcome;
        },
      },
    }),
  },
];

export const BUGS_IN_EXTRAS: readonly PlantedBug[] = BUGS.map((bug) => ({
  weather: unrestored,
  ...bug,
  ...{ flow: bug.caughtBy.test("I1") ? "single" : null, hasExtras: true },
}));

/** Books that are put back lack what was added since. */
function unrestored(weather: Weather): Weather {
  return { ...weather, restoresPerYear: 0 };
}

function usesWrongly(wrongly: (uses: OpeningBatch["uses"]) => OpeningBatch["uses"]): PlantedBug["plant"] {
  return ({ store }) => ({
    store: {
      open: (batch, now) =>
        store.open(
          batch.map((each) => ({ ...each, uses: wrongly(each.uses) })),
          now,
        ),
    },
  });
}

/** Of what waits for the invoices that fall due. */
function waitingWrongly(wrongly: (waiting: Waiting) => Waiting): PlantedBug["plant"] {
  return ({ store }) => ({
    store: {
      dueSubscriptions: async (now, limit, except) =>
        (await store.dueSubscriptions(now, limit, except)).map((each) => ({ ...each, waiting: wrongly(each.waiting) })),
    },
  });
}

/** Each item that is added is a new one, whatever key it comes with. */
function forgettingKeys(records: Records): Records {
  return new Proxy(records, {
    get: (target, name) => {
      if (name === "item") return async () => null;
      if (name === "addItem") return (item: Item) => target.addItem({ ...item, key: `${item.key}/${item.id}` });
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** No coupon was ever given. */
function countingNobody(records: Records): Records {
  return new Proxy(records, {
    get: (target, name) => {
      if (name === "redemptions") return async () => 0;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

function countOf(changes: Iterable<SubscriptionChange>, subscriptionId: string | null | undefined): number {
  return [...changes].filter((change) => change.subscriptionId === subscriptionId).length;
}

/** The merchant of one simulated life: plans, customers and subscriptions, drawn from the seed, as a plans file holds them. */
import type { FileCoupon } from "../../src/application/coupons/apply-coupons.ts";
import type { PlansInput } from "../../src/application/plans/plans-input.ts";
import { CATCH_UPS } from "../../src/domain/calendar/catch-up.ts";
import type { DunningPolicy } from "../../src/domain/dunning/dunning.ts";
import type { Customer, Plan } from "../../src/domain/plan.ts";
import type { SubscriptionOrder } from "../../src/domain/subscription.ts";
import { NO_HOLIDAYS, policyOf as newPolicy } from "../support/policy.ts";
import type { Chance } from "./chance.ts";

const DAY_MS = 86_400_000;

export type Merchant = {
  readonly customers: readonly Customer[];
  /** Changed by price changes and new customers, as a person edits the file. */
  readonly plans: Omit<Plan, "source">[];
  readonly subscriptions: (SubscriptionOrder & { readonly where: string })[];
  /** Absent: the file says nothing of coupons. */
  coupons?: readonly FileCoupon[];
  /** Subscriptions that somebody signs later. */
  readonly later: (SubscriptionOrder & { readonly where: string })[];
};

/** Short enough for everything to come to its end in the weeks of peace. */
const SHORT = { windowDays: 14, waitForCardDays: 10 };

const DAILY = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];

export const POLICIES: ReadonlyMap<string, DunningPolicy> = new Map(
  [
    newPolicy({ name: "standard", ...SHORT, retryAfterDays: [1, 3, 5], cardExpiringDays: [30, 7] }),
    newPolicy({
      ...{ name: "patient", ...SHORT, retryAfterDays: [1, 2, 3, 5, 8, 13], windowDays: 20, waitForCardDays: 5 },
      ...{ payday: true, retryAt: "09:00", tryAgainAfterMinutes: [60, 360, 1440], graceDays: 2, finalAction: "pause" },
    }),
    newPolicy({
      ...{ name: "strict", ...SHORT, retryAfterDays: [2], waitForCardDays: 1 },
      ...{ finalAction: "cancel", laterCycles: "hold" },
    }),
    newPolicy({
      ...{ name: "with_link", ...SHORT, retryAfterDays: [1, 3], payday: true, graceDays: 2, finalAction: "cancel" },
      paymentLink: { methods: ["card", "cash", "bank_transfer"], expiresAfterDays: 5 },
    }),
    newPolicy({
      ...{ name: "cash_at_once", ...SHORT, retryAfterDays: [], laterCycles: "hold" },
      paymentLink: { methods: ["cash", "bank_transfer"], expiresAfterDays: 3 },
    }),
    newPolicy({
      ...{ name: "another_card", ...SHORT, retryAfterDays: [2], finalAction: "pause" },
      paymentLink: { methods: ["card"], expiresAfterDays: 2 },
    }),
    // More than a card's network allows, as no file may have it: the check before each charge has to hold it back.
    newPolicy({
      ...{ name: "eager", ...SHORT, retryAfterDays: [0, 0, 0, 0, ...DAILY], waitForCardDays: 0 },
      ...{ tryAgainAfterMinutes: [60, 60, 60, 60, 60, 60], graceDays: 1 },
    }),
    // Those who hold later cycles hold them for a dispute as well; the others go on, as the oracle of their charges expects.
  ].map((policy) => [policy.name, { ...policy, onChargeback: policy.laterCycles === "hold" ? "hold" : "charge" }]),
);

/** What the rules of dunning need beside a policy. */
export const DUNNING = { policies: POLICIES, calendar: NO_HOLIDAYS, budgets: { visaReattemptsIn30Days: 15 } };

const ZONES = [
  "America/Mexico_City",
  "America/Mexico_City",
  "America/Tijuana",
  "America/Cancun",
  "America/Santiago",
  "Europe/Madrid",
  "Pacific/Apia",
  "UTC",
] as const;

export function drawMerchant(chance: Chance, startMs: number, count: number): Merchant {
  const plans = Array.from({ length: 6 }, (_, index) => drawPlan(chance, index));
  const customers = Array.from({ length: Math.ceil(count * 0.7) }, (_, index) => drawCustomer(chance, startMs, index));
  const all = Array.from({ length: count }, (_, index) => {
    const plan = chance.pick(plans);
    const startDay = Math.round(startMs / DAY_MS) + chance.between(-45, 45);
    const clock = chance.pick(["00:00", "00:30", "02:30", "09:00", "09:00", "17:15", "23:59"]);
    return {
      id: `sub_${index}`,
      planId: plan.id,
      customerId: chance.pick(customers).id,
      startLocal: `${new Date(startDay * DAY_MS).toISOString().slice(0, 10)}T${clock}`,
      timeZone: chance.pick(ZONES),
      quantity: chance.happens(0.2) ? chance.between(2, 5) : 1,
      lineItems: chance.happens(0.1)
        ? [{ name: "Own price", unitPriceCents: chance.between(300, 90_000), quantity: 1 }]
        : null,
      discount: chance.happens(0.1) ? { percent: chance.pick([10, 33, 100]) } : null,
      // A plan that is over by now takes nobody any more, unless the past is billed on purpose.
      billPast: chance.happens(0.2) || plan.expiryCount !== null,
      where: `line ${index + 1}`,
    };
  });
  const signedLater = chance.between(0, Math.floor(count / 5));
  return {
    customers,
    plans,
    subscriptions: all.slice(signedLater),
    // They start around the day they are signed, not around the first one.
    later: all.slice(0, signedLater),
  };
}

function drawPlan(chance: Chance, index: number): Omit<Plan, "source"> {
  const interval = chance.weighted<Plan["interval"]>({ month: 60, half_month: 12, week: 12, year: 8, day: 8 });
  const frequency = interval === "day" ? chance.between(5, 40) : chance.happens(0.8) ? 1 : chance.between(2, 5);
  return {
    id: `plan_${index}`,
    name: `Plan ${index}`,
    currency: chance.happens(0.9) ? "MXN" : "USD",
    interval,
    frequency,
    trialPeriodDays: chance.happens(0.25) ? chance.between(1, 45) : 0,
    expiryCount: chance.happens(0.2) ? chance.between(1, 12) : null,
    expiryCounts: "cycles",
    lineItems: [
      { name: `Plan ${index}`, unitPriceCents: chance.happens(0.1) ? 0 : chance.between(300, 300_000), quantity: 1 },
    ],
    dunning: chance.pick([...POLICIES.keys()]),
    catchUp: chance.pick(CATCH_UPS),
  };
}

/** Everybody has a card in the beginning: nobody is taken into the books without one. */
function drawCustomer(chance: Chance, startMs: number, index: number): Customer {
  const expiry = chance.happens(0.15) ? new Date(startMs + chance.between(31, 400) * DAY_MS) : null;
  return {
    id: `cus_${String(index).padStart(3, "0")}`,
    name: `Customer ${index}`,
    email: null,
    phone: null,
    paymentSourceId: `src_${index}`,
    cardBrand: chance.pick(["visa", "visa", "mastercard", "american_express"]),
    cardLast4: String(4000 + index),
    cardExpMonth: expiry === null ? 12 : expiry.getUTCMonth() + 1,
    cardExpYear: expiry === null ? 2099 : expiry.getUTCFullYear(),
  };
}

export function policyOf({ plans }: Merchant, planId: string | undefined): DunningPolicy {
  const policy = POLICIES.get(plans.find(({ id }) => id === planId)?.dunning ?? "");
  if (policy === undefined) throw new Error(`no policy of the plan ${planId}`);
  return policy;
}

export function plansInput({ plans, subscriptions, coupons }: Merchant): PlansInput {
  return { plans: plans.map((plan) => ({ ...plan })), subscriptions: [...subscriptions], coupons };
}

/**
 * Who lives in a life: whether its weather is calm, so that everything promised can be demanded each day, and which of
 * its objects are bad from some day on and stay so.
 *
 * Drawn from a stream of its own: a life with the same weather is the same with and without it.
 */
import { chanceOf, type Chance } from "./chance.ts";
import { SICKNESSES, type Sickness } from "./gateway/sickness.ts";
import type { Merchant } from "./merchant.ts";
import type { Poison } from "./poisoned-rows.ts";
import { CHARGE_FAULTS, healed, type Weather } from "./weather.ts";

const DAY_MS = 86_400_000;

export type Population = {
  /** In a third of the lives only objects are bad: no call, no process and no clock is disturbed. */
  weather(drawn: Weather): Weather;
  people(merchant: Merchant, startMs: number): Merchant;
  /** Who falls sick, with what and when. */
  readonly sick: readonly { readonly place: number; readonly sickness: Sickness; readonly afterDays: number }[];
  /** Orders that nobody can read, from the first day on. */
  sicknessOfOrder(orderId: string): Sickness | null;
  /** As many as the store gives of one list at once; null: what is asked for. */
  readonly mostAtOnce: number | null;
  /** Orders of other people in the account, in each list that is read. */
  readonly strangers: number;
  /** Each row that a store gives takes so long to work on. */
  readonly msPerRow: number;
  /** Works off the list for people each week. */
  readonly hasClerk: boolean;
  /** The clock is set wrong for an hour now and then in the weeks of peace, too. */
  readonly hasClockStepsInPeace: boolean;
  /** One read in ten fails in the weeks of peace, too. */
  readonly hasFailingReadsInPeace: boolean;
  /** Lived with the real Conekta adapter, over a wire. */
  readonly isOverWire: boolean;
  /** A subscription whose row cannot be read, or whose tries cannot be settled, from some day on; null: none. */
  readonly poison: { readonly index: number; readonly by: Poison; readonly afterDays: number } | null;
  /** Which part of the life is over when a second, empty database begins on the same account; null: none does. */
  readonly secondDatabaseAt: number | null;
};

export function drawPopulation(seed: number): Population {
  const chance = chanceOf(seed ^ 0x0bac1e);
  const hasCalm = chance.happens(0.33);
  const sick = hasCalm && chance.happens(0.3) ? drawSick(chance) : [];
  const hasManyAtOnce = hasCalm && chance.happens(0.5);
  const calm = drawCalm(chance);
  const sickOrder =
    hasCalm && chance.happens(0.2) ? { every: chance.between(2, 9), with: chance.pick(SICKNESSES) } : null;
  const endsOfMonths = chance.happens(0.3) ? chance.pick([0.2, 1]) : 0;
  const hasDaily = chance.happens(0.05);
  const apart = chanceOf(seed ^ 0x5ec0d);
  const poison = chanceOf(seed ^ 0x90150);
  return {
    secondDatabaseAt: apart.happens(0.15) ? 0.1 + 0.8 * apart.fraction() : null,
    sick,
    poison:
      hasCalm && poison.happens(0.3)
        ? {
            index: poison.between(0, 3),
            by: poison.pick(["opening", "settling"] as const),
            afterDays: poison.between(3, 60),
          }
        : null,
    sicknessOfOrder: (orderId) =>
      sickOrder !== null && Number(orderId.split("_")[1]) % sickOrder.every === 1 ? sickOrder.with : null,
    mostAtOnce: chance.happens(0.08) ? chance.between(1, 4) : null,
    strangers: chance.happens(0.3) ? chance.between(1, 40) : 0,
    msPerRow: chance.happens(0.1) ? chance.between(10, 1000) : 0,
    hasClerk: chance.happens(0.4),
    hasClockStepsInPeace: chance.happens(0.3),
    isOverWire: chance.happens(0.05),
    hasFailingReadsInPeace: chance.happens(0.3),
    weather: (drawn) => (hasCalm ? { ...healed(drawn), ...calm } : drawn),
    people: (merchant, startMs) => {
      const customers = merchant.customers.map((customer) =>
        // Read before each charge, since the books say that its card has expired.
        sick.some(({ place }) => customerAt(merchant, place) === customer.id) && chance.happens(0.5)
          ? { ...customer, ...expiryOf(startMs + chance.between(31, 90) * DAY_MS) }
          : customer,
      );
      const subscriptions = hasManyAtOnce ? together(merchant, chance) : merchant.subscriptions;
      return {
        ...merchant,
        customers,
        plans: hasDaily ? merchant.plans.map(daily) : merchant.plans,
        subscriptions: subscriptions
          .map((order) => (chance.happens(endsOfMonths) ? atTheEnd(order, chance) : order))
          // Its forty days may be over.
          .map((order) => (hasDaily && order.planId === merchant.plans[0]?.id ? { ...order, billPast: true } : order)),
      };
    },
  };
}

/** The same people and weather, and nothing that is sick. */
export function inHealth(population: Population): Population {
  return { ...population, sick: [], poison: null, sicknessOfOrder: () => null };
}

/** Nothing strikes a call, a process or the clock. */
export function isCalm(weather: Weather): boolean {
  const { pendingRate, lostOrderRate, readFailureRate, spellsPerMonth, crashRate, databaseFailureRate } = weather;
  const { freezeRate, hasTwoDaemons, clockJumpsPerMonth, restoresPerYear, disagreementRate, newsPerMonth } = weather;
  const rates = [pendingRate, lostOrderRate, readFailureRate, spellsPerMonth, crashRate, databaseFailureRate];
  const others = [freezeRate, clockJumpsPerMonth, restoresPerYear, disagreementRate, newsPerMonth];
  const faults = CHARGE_FAULTS.map((fault) => weather.chargeFaults[fault]);
  return !hasTwoDaemons && [...rates, ...others, ...faults].every((rate) => rate === 0);
}

function drawCalm(chance: Chance): Partial<Weather> {
  return {
    declineRate: chance.pick([0, 0, 0.3]),
    poorRate: chance.pick([0, 0.1, 0.3]),
    peoplePerMonth: chance.pick([0, 0, 5, 20]),
    cardChangesPerMonth: chance.pick([0, 2, 8]),
    downtimesPerMonth: chance.pick([0, 0, 0.4]),
    webhookShare: chance.pick([0, 0.5, 1]),
    untrueWebhooksPerMonth: 0,
    hasZombies: false,
  };
}

/** However few there are, it is one of them. */
export function customerAt({ customers }: Pick<Merchant, "customers">, place: number): string {
  return customers[place % customers.length]!.id;
}

/** Half of the time one of them is the first customer, of whom whoever asks for "any customer" may hear. */
function drawSick(chance: Chance): Population["sick"] {
  const who = chance.happens(0.5) ? [0] : [];
  while (who.length === 0 || chance.happens(0.3)) who.push(chance.between(1, 9));
  return who.map((place) => ({
    place,
    sickness: chance.pick(SICKNESSES),
    afterDays: chance.between(5, 120),
  }));
}

/** Several subscriptions of one customer fall due in one minute. */
function together({ customers, subscriptions }: Merchant, chance: Chance): Merchant["subscriptions"] {
  const { id: customerId } = chance.pick(customers.slice(0, 3));
  const many = chance.between(2, 5);
  const [model] = subscriptions;
  return subscriptions.map((order, index) =>
    model === undefined || index >= many
      ? order
      : { ...order, customerId, startLocal: model.startLocal, timeZone: model.timeZone },
  );
}

/** The first plan is charged every day, for some weeks. */
function daily(plan: Merchant["plans"][number], index: number): Merchant["plans"][number] {
  return index > 0 ? plan : { ...plan, interval: "day", frequency: 1, expiryCount: 40, expiryCounts: "cycles" };
}

/** On the 29th, 30th or 31st, or on a leap day. */
function atTheEnd(order: Merchant["subscriptions"][number], chance: Chance): Merchant["subscriptions"][number] {
  const month = chance.happens(0.3) ? order.startLocal.replace(/^\d{4}-\d{2}/, "2028-02") : order.startLocal;
  const [year = 0, number = 0] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  const day = Math.min(last, chance.between(29, 31));
  const startLocal = `${month.slice(0, 8)}${String(day).padStart(2, "0")}${month.slice(10)}`;
  // A leap day years away is never billed in this life.
  return Math.abs(Date.parse(startLocal) - Date.parse(order.startLocal)) > 400 * DAY_MS
    ? order
    : { ...order, startLocal };
}

function expiryOf(atMs: number) {
  const at = new Date(atMs);
  return { cardExpMonth: at.getUTCMonth() + 1, cardExpYear: at.getUTCFullYear() };
}

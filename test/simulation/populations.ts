/**
 * Who lives in a life: whether its weather is calm, so that everything promised can be demanded each day, and which of
 * its objects are bad from some day on and stay so.
 *
 * Drawn from a stream of its own: a life with the same weather is the same with and without it.
 */
import { chanceOf, type Chance } from "./chance.ts";
import { SICKNESSES, type Sickness } from "./gateway/sickness.ts";
import type { Merchant } from "./merchant.ts";
import { CHARGE_FAULTS, healed, type Weather } from "./weather.ts";

const DAY_MS = 86_400_000;

export type Population = {
  /** In a third of the lives only objects are bad: no call, no process and no clock is disturbed. */
  weather(drawn: Weather): Weather;
  people(merchant: Merchant, startMs: number): Merchant;
  /** Who falls sick, with what and when. */
  readonly sick: readonly { readonly customerId: string; readonly sickness: Sickness; readonly afterDays: number }[];
};

export function drawPopulation(seed: number): Population {
  const chance = chanceOf(seed ^ 0x0bac1e);
  const hasCalm = chance.happens(0.33);
  const sick = hasCalm && chance.happens(0.3) ? drawSick(chance) : [];
  const hasManyAtOnce = hasCalm && chance.happens(0.5);
  const calm = drawCalm(chance);
  return {
    sick,
    weather: (drawn) => (hasCalm ? { ...healed(drawn), ...calm } : drawn),
    people: (merchant, startMs) => {
      const customers = merchant.customers.map((customer) =>
        // Read before each charge, since the books say that its card has expired.
        sick.some(({ customerId }) => customerId === customer.id) && chance.happens(0.5)
          ? { ...customer, ...expiryOf(startMs + chance.between(31, 90) * DAY_MS) }
          : customer,
      );
      return {
        ...merchant,
        customers,
        subscriptions: hasManyAtOnce ? together(merchant, chance) : merchant.subscriptions,
      };
    },
  };
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

/** Half of the time one of them is the first customer, of whom whoever asks for "any customer" may hear. */
function drawSick(chance: Chance): Population["sick"] {
  const who = chance.happens(0.5) ? ["cus_000"] : [];
  while (who.length === 0 || chance.happens(0.3)) who.push(`cus_00${chance.between(1, 9)}`);
  return who.map((customerId) => ({
    customerId,
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

function expiryOf(atMs: number) {
  const at = new Date(atMs);
  return { cardExpMonth: at.getUTCMonth() + 1, cardExpYear: at.getUTCFullYear() };
}

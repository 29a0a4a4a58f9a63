/**
 * The weather of one simulated life: how often each fault strikes, drawn once from the seed.
 *
 * About half of the faults are absent from a given life, so that each is also seen alone; now and then a life is stormy.
 */
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import type { Chance } from "./chance.ts";

export const CHARGE_FAULTS = [
  "not_sent",
  "too_many_requests",
  "refused",
  "lost_after_acting",
  "lost_before_acting",
  "acts_late",
  "server_error_after_acting",
  "server_error_before_acting",
  "wrong_answer",
] as const;
export type ChargeFault = (typeof CHARGE_FAULTS)[number];

export type Weather = {
  readonly flow: ChargeFlow;
  /** Flow order_first: the gateway refuses to charge a paid order, as it is said to. */
  readonly guardHolds: boolean;
  readonly chargeFaults: Readonly<Record<ChargeFault, number>>;
  readonly declineRate: number;
  /** Nobody visits a page, and a card that declines says each time the same, whoever else is charged meanwhile. */
  readonly isStill?: true;
  /** How many cards always lack funds. */
  readonly poorRate: number;
  readonly pendingRate: number;
  /** How often payment_status contradicts the charges. */
  readonly disagreementRate: number;
  readonly lostOrderRate: number;
  readonly readFailureRate: number;
  readonly readLagMsMax: number;
  /** How long an order may be missing from the lists. */
  readonly listLagMsMax: number;
  /** Hours of "401" or of complete silence, a month. */
  readonly spellsPerMonth: number;
  /** At each call of a port. */
  readonly crashRate: number;
  readonly databaseFailureRate: number;
  /** A machine stops for a while and goes on (SIGSTOP, a suspended laptop), at each call of a port. */
  readonly freezeRate: number;
  /** A successor is started although the predecessor only froze. */
  readonly hasZombies: boolean;
  readonly hasTwoDaemons: boolean;
  readonly clockJumpsPerMonth: number;
  readonly downtimesPerMonth: number;
  readonly peoplePerMonth: number;
  /** Late and contradicting news about what is paid already, that no webhook brings. */
  readonly newsPerMonth: number;
  /** How many of the things that befall an order are told by webhook. */
  readonly webhookShare: number;
  /** Forged webhooks, and genuine ones that say what is not so. */
  readonly untrueWebhooksPerMonth: number;
  /** A page is closed although a reference for cash is out. */
  readonly cancelsReferences: boolean;
  /** How often money comes to a page that is over. */
  readonly lateCashRate: number;
  /** Customers change their cards at the gateway, behind our back. */
  readonly cardChangesPerMonth: number;
  /** An old backup is put back. */
  readonly restoresPerYear: number;
};

export function drawWeather(chance: Chance, wantedFlow: ChargeFlow | null): Weather {
  const isStormy = chance.happens(0.15);
  const frequency = (most: number): number =>
    chance.happens(0.5) ? 0 : chance.fraction() ** 2 * most * (isStormy ? 4 : 1);
  // Beyond that nothing happens any more but the fault.
  const rate = (most: number): number => Math.min(0.5, frequency(most));
  const flow = wantedFlow ?? (chance.happens(0.5) ? "single" : "order_first");
  const guardHolds = chance.happens(0.6);
  // Without the guard the order_first flow stands on time alone: the quiet period must be as long as it seems to be.
  const standsOnTime = flow === "order_first" && !guardHolds;
  const clockJumpsPerMonth = standsOnTime ? 0 : frequency(1);
  // What was charged on an order that is older than the backup, only the gateway's guard keeps from being repeated.
  const mayRestore = !standsOnTime;
  return {
    flow,
    guardHolds,
    chargeFaults: {
      not_sent: rate(0.2),
      too_many_requests: rate(0.1),
      refused: rate(0.02),
      lost_after_acting: rate(0.2),
      lost_before_acting: rate(0.2),
      acts_late: rate(0.2),
      server_error_after_acting: rate(0.2),
      server_error_before_acting: rate(0.2),
      wrong_answer: rate(0.04),
    },
    declineRate: rate(0.6),
    poorRate: rate(0.3),
    pendingRate: rate(0.3),
    disagreementRate: rate(0.5),
    lostOrderRate: rate(0.3),
    readFailureRate: rate(0.5),
    readLagMsMax: chance.happens(0.5) ? 9_000 : 0,
    listLagMsMax: chance.happens(0.5) ? 0 : Math.round(chance.fraction() ** 2 * 3_600_000),
    spellsPerMonth: frequency(3),
    crashRate: rate(0.004),
    databaseFailureRate: rate(0.006),
    freezeRate: standsOnTime ? 0 : rate(0.002),
    hasZombies: chance.happens(0.5),
    hasTwoDaemons: chance.happens(0.15),
    clockJumpsPerMonth,
    downtimesPerMonth: frequency(1),
    peoplePerMonth: frequency(20),
    newsPerMonth: frequency(30),
    webhookShare: chance.happens(0.5) ? 0 : chance.fraction(),
    untrueWebhooksPerMonth: frequency(10),
    cancelsReferences: chance.happens(0.4),
    lateCashRate: chance.happens(0.4) ? 0 : chance.fraction(),
    cardChangesPerMonth: frequency(8),
    restoresPerYear: !mayRestore || chance.happens(0.6) ? 0 : 1 + 2 * chance.fraction(),
  };
}

/** After the faults: everything that is still open must come to an end. */
export function healed(weather: Weather): Weather {
  const chargeFaults = Object.fromEntries(CHARGE_FAULTS.map((fault) => [fault, 0])) as Record<ChargeFault, number>;
  return {
    ...weather,
    chargeFaults,
    pendingRate: 0,
    disagreementRate: 0,
    lostOrderRate: 0,
    readFailureRate: 0,
    spellsPerMonth: 0,
    crashRate: 0,
    databaseFailureRate: 0,
    freezeRate: 0,
    hasTwoDaemons: false,
    clockJumpsPerMonth: 0,
    downtimesPerMonth: 0,
    peoplePerMonth: 0,
    newsPerMonth: 0,
    untrueWebhooksPerMonth: 0,
    cardChangesPerMonth: 0,
    restoresPerYear: 0,
  };
}

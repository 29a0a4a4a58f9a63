/** Bugs in what is told from outside and from day to day: the heartbeat, the days of a policy, the end of a card. */
import type { DunningPolicy } from "../../../src/domain/dunning/dunning.ts";
import { watchedTick } from "../../../src/entrypoints/watched-tick.ts";
import { DUNNING } from "../merchant.ts";
import type { Weather } from "../weather.ts";
import { declining } from "./oracle-in-dunning.ts";
import type { Plant, PlantedBug } from "./planted-bug.ts";

export const ORACLE_BUGS_IN_DAYS: readonly PlantedBug[] = [
  {
    name: "the heartbeat beats although a run was red",
    caughtBy: /^light$/,
    flow: null,
    poison: "opening",
    plant: () => ({
      watchTick: async (biller, watch, signal) => {
        const tick = await watchedTick(biller, { ...watch, beat: null }, signal);
        await watch.beat?.();
        return tick;
      },
    }),
  },
  {
    name: "the heartbeat never beats",
    caughtBy: /^light$/,
    flow: null,
    plant: () => ({
      watchTick: async (biller, watch, signal) => await watchedTick(biller, { ...watch, beat: null }, signal),
    }),
  },
  {
    name: "paydays are passed over",
    caughtBy: /^spacing$/,
    flow: null,
    weather: declining,
    plant: following({ payday: false }),
  },
  {
    name: "the time of day of a retry is forgotten",
    caughtBy: /^spacing$/,
    flow: null,
    weather: declining,
    plant: following({ retryAt: null }),
  },
  {
    name: "a grace lasts some days longer",
    caughtBy: /^spacing$/,
    flow: null,
    weather: declining,
    plant: following({ graceDays: 5 }),
  },
  {
    name: "nobody is told that a card expires",
    caughtBy: /^told$/,
    flow: null,
    weather: ending,
    plant: ({ store }) => ({
      store: { expiringCards: async (now, days) => (await store.expiringCards(now, days)).slice(0, 0) },
    }),
  },
  {
    name: "it is told each hour that a card expires",
    caughtBy: /^told$/,
    flow: null,
    weather: ending,
    plant: ({ store }) => ({
      store: {
        expiringCards: async (now, days) =>
          (await store.expiringCards(now, days)).map((card) => ({ ...card, lastNotice: null })),
      },
    }),
  },
];

/** The program has other policies than the merchant wrote. */
function following(change: Partial<DunningPolicy>): Plant {
  const policies = new Map([...DUNNING.policies].map(([name, policy]) => [name, { ...policy, ...change }]));
  return () => ({ dunning: { ...DUNNING, policies } });
}

/** Cards stay as they are until they expire. */
function ending(weather: Weather): Weather {
  return { ...weather, cardChangesPerMonth: 0 };
}

/**
 * One simulated life: a merchant, a daemon and a gateway, through months of everything that can go wrong, and some
 * weeks of peace in which everything must come to an end.
 *
 * Everything is drawn from the seed, and time moves only from one event to the next, so a life can be lived again.
 */
import type { Gateway, Store } from "../../src/application/ports.ts";
import type { ChargeFlow } from "../../src/domain/attempt.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { openSqliteStore } from "../../src/adapters/store/sqlite-store.ts";
import { newsOf, wholeBooks, type BooksView } from "./books-view.ts";
import { chanceOf, type Chance } from "./chance.ts";
import { newCheckers } from "./checkers.ts";
import { cycleCheck } from "./cycle-check.ts";
import { findSentIn, nextDueIn } from "./find-in-books.ts";
import { hostileGateway } from "./hostile-gateway.ts";
import { checkLiveness } from "./liveness-check.ts";
import { openMemoryStore } from "./memory-store.ts";
import { drawMerchant } from "./merchant.ts";
import { apply } from "./people.ts";
import type { Plant } from "./planted-bugs.ts";
import { troubles } from "./troubles.ts";
import { sendCheck } from "./send-check.ts";
import { newTimeline } from "./timeline.ts";
import { newTrace } from "./trace.ts";
import type { Violation } from "./violation.ts";
import { drawWeather, healed, type Weather } from "./weather.ts";
import { watchmen } from "./watchmen.ts";
import { rememberZoneOffsets } from "./zone-memory.ts";

const DAY_MS = 86_400_000;
/** Longer than dunning's longest patience, the latest end of a pending charge, and a month's catch-up. */
const PEACE_DAYS = 45;

export type LifeOptions = {
  readonly seed: number;
  readonly subscriptions: number;
  readonly months: number;
  readonly store: "memory" | "sqlite";
  /** null: drawn. */
  readonly flow: ChargeFlow | null;
  /** Forces a weather upon the seed; null: drawn. */
  readonly changeWeather?: ((weather: Weather) => Weather) | null;
  /** A bug put in between the program and its ports. On the store in memory only. */
  readonly plant?: Plant | null;
  readonly print?: ((line: string) => void) | null;
};

export type LifeReport = {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly hash: string;
  readonly steps: number;
  readonly charges: number;
  readonly paid: number;
  readonly invoices: number;
  readonly ticks: number;
  readonly crashes: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly lines: readonly string[];
};

export async function live(options: LifeOptions): Promise<LifeReport> {
  rememberZoneOffsets();
  const chance = chanceOf(options.seed);
  const startMs = Date.UTC(2026, chance.between(0, 35), chance.between(1, 28), chance.between(0, 23));
  const drawn = drawWeather(chance, options.flow);
  const weather = options.changeWeather?.(drawn) ?? drawn;
  const timeline = newTimeline(startMs);
  const trace = newTrace(options.print ?? null);
  const violations: Violation[] = [];
  const report = (rule: string, what: string): void => {
    trace.note(timeline.nowMs(), `VIOLATION ${rule}`, what);
    if (violations.length < 20) violations.push({ rule, what });
  };

  const { store, memory, close } = await openStore(options, startMs);
  const mayBeLate = weather.freezeRate > 0 || weather.hasTwoDaemons || weather.hasZombies;
  const world = hostileGateway({
    ...{ timeline, trace, chance: branch(chance), weather: healed(weather) },
    onSend: sendCheck(report, findSentIn(store, memory), mayBeLate),
  });
  const bug = memory === null ? undefined : options.plant?.({ store, gateway: world, memory });
  const usedStore: Store = { ...store, ...bug?.store };
  const gateway: Gateway = { ...world, ...bug?.gateway };

  const merchant = drawMerchant(branch(chance), startMs, options.subscriptions);
  for (const customer of merchant.customers) world.addCustomer(customer, chance.happens(0.08));
  const checkers = newCheckers(world.ledger, report);
  const cycles = cycleCheck(
    checkers,
    (planId) => {
      const plan = merchant.plans.find(({ id }) => id === planId);
      if (plan === undefined) throw new Error(`no plan ${planId}`);
      return plan;
    },
    report,
  );

  const watch = watchmen({
    ...{ options, weather, timeline, trace, report, chance: branch(chance) },
    ...{ store: usedStore, gateway, world, nextDue: nextDueIn(store, memory) },
  });
  await watch.until(
    apply({ ...watch.personNeeds, store }, merchant).catch((error: unknown) =>
      report("bug", `set-up: ${String(error)}`),
    ),
  );

  const news: () => Promise<BooksView> = memory === null ? wholeBooks(store) : newsOf(memory);
  const checkEveryDays = memory === null ? 30 : 1;
  const endMs = startMs + options.months * 30.4 * DAY_MS;
  const stopTroubles = troubles({
    ...{ weather, timeline, trace, report, chance: branch(chance), merchant, checkers, world, watch, endMs },
    store: usedStore,
  });
  world.setWeather(weather);
  watch.start();
  await passUntil(endMs);

  trace.note(timeline.nowMs(), "peace");
  stopTroubles();
  world.setWeather(healed(weather));
  watch.makePeace();
  await passUntil(endMs + PEACE_DAYS * DAY_MS);
  await watch.rest();
  checkers.look(await news());
  cycles.checkCursors();
  cycles.checkUpTo(new Date(timeline.nowMs() - 3_600_000));
  checkLiveness(checkers, timeline.clock.now(), report);
  checkers.checkEveryPayment();
  await close();

  return {
    ...{ seed: options.seed, violations, hash: trace.hash(), steps: trace.length },
    charges: world.ledger.charges.length,
    paid: world.ledger.paid.length,
    invoices: checkers.invoices.size,
    ...{ ticks: watch.ticks(), crashes: watch.crashes(), faults: { ...world.faults, ...watch.faults } },
    lines: violations.length > 0 ? trace.lines() : [],
  };

  /** Lets the days pass, and looks at the books after each. */
  async function passUntil(untilMs: number): Promise<void> {
    for (let dayMs = timeline.nowMs(); dayMs < untilMs && violations.length === 0;) {
      dayMs = Math.min(untilMs, dayMs + checkEveryDays * DAY_MS);
      await watch.letPass(dayMs);
      checkers.look(await news());
      cycles.checkCursors();
    }
  }
}

async function openStore(options: LifeOptions, startMs: number) {
  const random = seededRandom(options.seed);
  const now = new Date(startMs);
  if (options.store === "memory") {
    const memory = openMemoryStore({ random, now });
    return { store: memory as Store, memory, close: async () => {} };
  }
  const store = await openSqliteStore({ databasePath: ":memory:", random, now, exclusive: false });
  return { store: store as Store, memory: null, close: () => store.close() };
}

/** A stream of its own, so that one more draw in one place does not change everything everywhere. */
function branch(chance: Chance): Chance {
  return chanceOf(Math.floor(chance.fraction() * 2 ** 32));
}

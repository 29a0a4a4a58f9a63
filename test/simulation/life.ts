/**
 * One simulated life: a merchant, a daemon and a gateway, through months of everything that can go wrong, and some
 * weeks of peace in which everything must come to an end.
 *
 * Everything is drawn from the seed, and time moves only from one event to the next, so a life can be lived again.
 */
import { seededRandom } from "../../src/adapters/random.ts";
import type { PostgresDatabase } from "../../src/adapters/store/dialect/postgres/server-settings.ts";
import type { BillLimits } from "../../src/application/run/bill-due.ts";
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import { watchedTick } from "../../src/entrypoints/watched-tick.ts";
import type { InvoiceSeen } from "./books-view.ts";
import { chanceOf, type Chance } from "./chance.ts";
import { newCheckers } from "./checks/checkers.ts";
import { cycleCheck } from "./checks/cycle-check.ts";
import { checkExtras } from "./checks/extras-check.ts";
import { checkUsed } from "./checks/extras-used.ts";
import { dunningCheck } from "./checks/dunning-check.ts";
import { changesIn, findSentIn, mostRowsIn, nextDueIn, tablesNow } from "./find-in-books.ts";
import { foreseenRuns } from "./foreseen-runs.ts";
import { hostileGateway } from "./gateway/hostile-gateway.ts";
import { sickGateway, type Sick, type Sickness } from "./gateway/sickness.ts";
import { TIMEOUT_MS } from "./gateway/station.ts";
import { asShown } from "./lockstep/as-shown.ts";
import { newLedger } from "./ledger.ts";
import { checkLiveness } from "./checks/liveness-check.ts";
import { checkSecondPayments } from "./late-money.ts";
import { withTwins } from "./people/people-terms.ts";
import { drawMerchant, DUNNING, POLICIES, policyOf } from "./merchant.ts";
import { openBooks } from "./open-books.ts";
import { findingOf } from "./open-findings.ts";
import { passingTime } from "./passing-time.ts";
import { apply } from "./people/people.ts";
import { forgetExtras, nothingDone } from "./people/people-extras.ts";
import { secondThoughts } from "./people/second-thoughts.ts";
import { settleRefundsAsPerson, type Truth } from "./people/people-money.ts";
import { peopleProcesses } from "./people/people-processes.ts";
import type { Activity, Ports } from "./perilous-ports.ts";
import type { Plant } from "./planted/planted-bug.ts";
import { customerAt, drawPopulation, inHealth, isCalm } from "./populations.ts";
import { newOracle, type Oracle } from "./promises/oracle.ts";
import type { World } from "./promises/promised.ts";
import { reconciling } from "./reconciling.ts";
import { refundCheck } from "./checks/refund-check.ts";
import { restoredBooks } from "./restored-books.ts";
import { lyingThere, withPoisonedRows, type Poison } from "./poisoned-rows.ts";
import { inSmallBatches } from "./small-batches.ts";
import { secondDatabase } from "./second-database.ts";
import { sendCheck } from "./checks/send-check.ts";
import { newTimeline } from "./timeline.ts";
import { newTrace } from "./trace.ts";
import { troubles } from "./troubles.ts";
import { quickTurn, realTurn, turnsOf, withoutStacks, withQuickTurns } from "./turn.ts";
import type { Violation } from "./checks/violation.ts";
import { drawWeather, healed, type Weather } from "./weather.ts";
import { watchmen, type Watchmen } from "./watchmen.ts";
import { conektaOverWire } from "./wire/conekta-over-wire.ts";
import { webhookPost } from "./webhook-post.ts";
import { rememberZoneOffsets } from "./zone-memory.ts";
import { isChargeOf } from "./promises/debts.ts";

const DAY_MS = 86_400_000;
/** Longer than dunning's longest patience, the latest end of a pending charge, and a month's catch-up. */
const PEACE_DAYS = 45;
/** Rules of which a bad object, or a long list, may be the cause. */
const AROUND_OBJECTS: ReadonlySet<string> = new Set(["I2", "I6", "owed", "liveness", "good_card", "light"]);
/** Promises that nobody can keep to a customer whose row is poisoned. */
const OF_POISON: ReadonlySet<string> = new Set([
  ...["I2", "I6", "owed", "liveness", "good_card", "asked", "status", "preview", "dispute", "webhook"],
]);
/** States of a payment link whose address was told. */
const TOLD: ReadonlySet<string> = new Set(["pending", "paid", "paid_again", "lapsed"]);

export type LifeOptions = {
  readonly seed: number;
  readonly subscriptions: number;
  readonly months: number;
  readonly store: "memory" | "lockstep";
  /** In lockstep: on this database, which is emptied, instead of SQLite. */
  readonly server?: PostgresDatabase | null;
  /** null: drawn. */
  readonly flow: ChargeFlow | null;
  /** Forces a weather upon the seed; null: drawn. */
  readonly changeWeather?: ((weather: Weather) => Weather) | null;
  /** A bug put in between the program and its ports. */
  readonly plant?: Plant | null;
  /** With the real adapter over a wire; absent: drawn. */
  readonly isOverWire?: boolean;
  /** People add items, coupons and balances, and change plans; absent: in a quarter of the lives without a bug. */
  readonly hasExtras?: boolean;
  /** People take back what they asked for, and charge in the panel; absent: in a third of the lives without a bug. */
  readonly hasSecondThoughts?: boolean;
  /** Forces a poisoned row upon the life; absent: drawn. */
  readonly poison?: Poison;
  /** Nobody falls sick, and no order; everything else is as it was drawn. */
  readonly isHealthy?: boolean;
  /** What `open-findings.ts` excuses is told as well. */
  readonly tellsFindings?: boolean;
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
  /** What became of each cycle: its status, and how many days after its date it was paid. */
  readonly cycles: readonly { readonly customerId: string; readonly name: string; readonly outcome: string }[];
  /** Customers who are no bystanders: they fall sick, or one of their orders, or a row of theirs is poisoned. */
  readonly touched: ReadonlySet<string>;
  /** Violations that `open-findings.ts` excuses, by name. */
  readonly findings: Readonly<Record<string, number>>;
  readonly lines: readonly string[];
};

export async function live(options: LifeOptions): Promise<LifeReport> {
  rememberZoneOffsets();
  const lived = () => (options.print ? liveThrough(options) : withoutStacks(() => liveThrough(options)));
  return options.store === "memory" ? await withQuickTurns(lived) : await lived();
}

async function liveThrough(options: LifeOptions): Promise<LifeReport> {
  const chance = chanceOf(options.seed);
  const startMs = Date.UTC(2026, chance.between(0, 35), chance.between(1, 28), chance.between(0, 23));
  const drawn = drawWeather(chance, options.flow);
  const drawnPopulation = drawPopulation(options.seed);
  // In none of the lives that other tests pin, but where they ask for it.
  const drawnPoison = options.plant === undefined ? drawnPopulation.poison : null;
  const poison = options.poison ? { index: 0, by: options.poison, afterDays: 5 } : drawnPoison;
  const population = options.isHealthy ? inHealth(drawnPopulation) : { ...drawnPopulation, poison };
  const populated = population.weather(drawn);
  const weather = options.changeWeather?.(populated) ?? populated;
  let present = healed(weather);
  let isPeace = false;
  const timeline = newTimeline(startMs);
  const trace = newTrace(options.print ?? null);
  const violations: Violation[] = [];
  const findings: Record<string, number> = {};
  const poisoned = new Map<string, Poison>();
  const isPoisoned = (id: string): boolean => poisoned.has(id);
  const report = (rule: string, told: string): void => {
    if (OF_POISON.has(rule) && isAboutPoison(told)) return;
    const what = AROUND_OBJECTS.has(rule) ? `${told}${aboutObjects(told)}` : told;
    const finding = options.tellsFindings ? null : findingOf({ rule, what });
    if (finding !== null) {
      findings[finding.name] = (findings[finding.name] ?? 0) + 1;
      return;
    }
    // Stacks are kept for whoever reads the lines, and no part of what happened.
    trace.note(timeline.nowMs(), `VIOLATION ${rule}`, what.split("\n", 1)[0]);
    options.print?.(what);
    if (violations.length < 20) violations.push({ rule, what });
  };

  const { seed, store: kind } = options;
  const activity: Activity = { began: 0, running: 0 };
  const server = options.server ?? null;
  const isWatchedClosely = Boolean(options.print);
  const books = await openBooks({ seed, store: kind, server, activity, report, isWatchedClosely }, startMs);
  const { memory } = books;
  const nextTurn = kind === "memory" ? quickTurn : server === null ? realTurn : turnsOf(activity);
  const passing = passingTime(timeline, activity, nextTurn);

  const mayBeLate = weather.freezeRate > 0 || weather.hasTwoDaemons || weather.hasZombies;
  const find = findSentIn(memory);
  const touched = new Set<string>();
  const dunning = dunningCheck({
    ...{ report, find, nowMs: () => timeline.nowMs(), ledger: () => ledger },
    defaultCard: (customerId) => world.wallets.defaultCard(customerId),
    cardChangedMs: (customerId) => oracle.cardChangedMs(customerId),
    isClockRight: weather.clockJumpsPerMonth === 0,
    isTouched: (invoiceId) => touched.has(invoiceId),
  });
  const sending = sendCheck(report, find, () => timeline.nowMs(), mayBeLate, dunning);
  const ledger = newLedger((orderId, status) => post.tell(orderId, status));
  const endMs = startMs + options.months * 30.4 * DAY_MS;
  const world = hostileGateway({
    ...{ ledger, timeline, trace, chance: branch(chance), weather: present },
    strangers: population.strangers,
    onSend: (intent, orderId, what) => sending.check(intent, orderId, what),
    isTold: async (reference) => TOLD.has((await find(reference))?.attempt.state ?? ""),
    isOver: () => timeline.nowMs() > endMs + (PEACE_DAYS - 12) * DAY_MS,
    onCustomer: (customerId) => post.tellOfCustomer(customerId),
  });
  const sick = new Map<string, Sickness>();
  const sickThings: Sick = {
    customers: sick,
    sicknessOfOrder: (orderId) => population.sicknessOfOrder(orderId),
  };
  const nothing = (): void => {};
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const gateway =
    (options.isOverWire ?? population.isOverWire)
      ? conektaOverWire({
          ...{ world, sick: sickThings, flow: weather.flow, timeline, clock: timeline.clock, log, report },
          ...{ chance: chanceOf(seed ^ 0x3173e), random: seededRandom(seed + 2) },
        })
      : sickGateway(world.ports, timeline, sickThings);
  const whole: Ports = { ...books.ports, gateway };
  const real = population.poison === null ? whole : withPoisonedRows(whole, poisoned, memory);
  const bug = options.plant?.({ ...real, memory });
  const ports: Ports = {
    ...real,
    store: { ...real.store, ...bug?.store },
    gateway: { ...real.gateway, ...bug?.gateway },
    refunds: { ...real.refunds, ...bug?.refunds },
  };

  const merchant = population.people(drawMerchant(branch(chance), startMs, options.subscriptions), startMs);
  for (const customer of merchant.customers) {
    const bank = { declines: chance.happens(0.08), isPoor: chance.happens(weather.poorRate) };
    world.wallets.addCustomer(customer, bank);
  }
  const checkers = newCheckers(ledger, sending.sentAtMs, () => timeline.nowMs(), report);
  const cycles = cycleCheck(checkers, merchant.plans, changesIn(memory), report);
  const refunds = refundCheck(ledger, books.ports.refunds, report);
  const truth: Truth = { ledger, timeline, sentAtMs: sending.sentAtMs, mayFreeze: weather.freezeRate > 0, touched };

  const limits = drawLimits(branch(chance), weather.flow);
  const judged: World = {
    ...{ isCalm: isCalm(weather), isClockRight: weather.clockJumpsPerMonth === 0, mayFreeze: mayBeLate },
    answersDiffer: weather.chargeFaults.wrong_answer > 0 || weather.peoplePerMonth > 0 || weather.lateCashRate > 0,
    maxChargesPerCustomerPerDay: limits.maxChargesPerCustomerPerDay,
    hasRunLimit: limits.maxCharges !== null || limits.maxAmountCents !== null,
    mostInAnHour: { charges: limits.maxCharges, amountCents: limits.maxAmountCents },
    ...{ hasForgotten: false, goodSinceMs: isCalm(weather) ? startMs : Infinity },
  };
  const oracle: Oracle = newOracle(
    {
      ...{ ledger, report, world: judged, sick, policies: POLICIES, nowMs: () => timeline.nowMs() },
      ...{ plans: () => merchant.plans, orders: () => merchant.subscriptions },
      isSickOrder: (orderId) => population.sicknessOfOrder(orderId) !== null,
      cardOf: (customerId) => {
        const card = world.wallets.defaultCard(customerId);
        if (card === null) return null;
        const expiresAtMs = Date.UTC(card.expYear, card.expMonth, 1);
        const isExpired = timeline.nowMs() > expiresAtMs - 2 * DAY_MS;
        return { id: card.id, pays: card.mood === "pays", isExpired, expiresAtMs };
      },
      cardShown: (customerId) => memory.tables.customers.get(customerId)?.paymentSourceId ?? null,
      lyingThere: () => lyingThere(poisoned, memory, timeline.clock.now()),
      tables: tablesNow(memory, () => timeline.clock.now()),
      attention: async () => await ports.store.list("attention", {}),
      counts: async () => await ports.store.statusCounts(timeline.clock.now()),
    },
    sending.sentAtMs,
  );
  const watch: Watchmen = watchmen({
    ...{ options, weather, timeline, trace, report, activity, limits, world, msPerRow: population.msPerRow },
    ports: inSmallBatches(ports, population.mostAtOnce),
    ...{ chance: branch(chance), hasFence: bug?.hasFence ?? true, verify: bug?.verify ?? null },
    ...{ watchTick: bug?.watchTick ?? watchedTick, dunning: bug?.dunning ?? DUNNING },
    nextDue: nextDueIn(memory, (id) => poisoned.size > 0 && ofPoisoned().has(id)),
    mostRows: mostRowsIn(memory),
    isPoisoned,
    onGateClosed: () => reconciler.notice(),
    watchRun: foreseenRuns({
      ...{ store: ports.store, clock: timeline.clock, log, limits, activity, report, oracle },
      mayForesee: judged.isCalm && population.msPerRow === 0,
    }),
  });
  const post = webhookPost({
    ...{ chance: branch(chance), timeline, trace, weather, door: (letter) => watch.door(letter) },
    ledger: () => ledger,
  });
  const people = peopleProcesses({ ports, chance: branch(chance), activity, weather: () => present });
  const desk = { clock: timeline.clock, random: seededRandom(seed + 1), log };
  const reconciler = reconciling({
    ...{ chance: branch(chance), trace, report, truth, limits, merchant, checkers, desk },
    ...{ watch: () => watch, isPeace: () => isPeace, begin: (onDeath) => people.begin(onDeath) },
    askForCard: (customerId) => world.wallets.askForCard(customerId),
    haltKind: async () => (await books.ports.store.installation()).haltKind,
    onDown: (untilMs) => oracle.disturbedUntil(untilMs),
    isCalm: judged.isCalm && population.poison === null,
  });
  const shown =
    books.onDisk === null
      ? null
      : asShown({
          ...{ disk: books.onDisk, store: ports.store, books: books.ports, gateway, clock: timeline.clock, log },
          ...{ seed: seed ^ 0x0d0c, report, isPeace: () => isPeace, isDiskSafe: server === null },
        });
  // In a quarter of the lives, and none that other tests pin.
  const hasExtras = options.hasExtras ?? (seed % 4 === 1 && !options.plant);
  const extras = hasExtras ? { chance: chanceOf(seed + 1_000_003), done: nothingDone() } : null;
  const restored = restoredBooks({
    ...{ books, chance: branch(chance), timeline, trace, weather, watch, people, activity, nextTurn },
    isOver: () => isPeace,
    look,
    remember: () => {
      const putBack = oracle.backUp();
      return async () => {
        if (extras !== null) forgetExtras(extras.done, merchant, memory.tables);
        for (const each of [books.news, checkers, cycles, sending, refunds]) each?.forget();
        putBack();
        await look();
      };
    },
  });

  if (extras !== null) withTwins(merchant, extras.chance);
  await passing.until(
    apply({ ...desk, ...real }, merchant).catch((error: unknown) => report("bug", `set-up: ${String(error)}`)),
  );

  troubles({
    ...{ weather, timeline, trace, report, chance: branch(chance), merchant, checkers, world, watch, endMs },
    ...{ people, desk, truth, post, restored, store: ports.store, isOver: () => isPeace },
    onAsked: (asked) => oracle.asked(asked),
    onDown: (untilMs) => oracle.disturbedUntil(untilMs),
    extras,
    ...{ population, isCalm: judged.isCalm, isSick: (customerId) => sick.has(customerId) },
  });
  const second = secondDatabase({
    ...{ seed, gateway, ledger, merchant, limits, timeline, trace, activity, report, desk },
    ...{ isCalm: judged.isCalm, asksElsewhere: bug?.asksElsewhere ?? true },
    firstId: () => memory.tables.installation.current.id,
  });
  if (population.secondDatabaseAt !== null && judged.isClockRight)
    timeline.after(population.secondDatabaseAt * (endMs - startMs), () => void second.begin());
  if (population.poison !== null) {
    const { index, by, afterDays } = population.poison;
    const id = merchant.subscriptions[index]?.id;
    if (id !== undefined) timeline.after(afterDays * DAY_MS, () => poisoned.set(id, by));
  }
  const hasSecondThoughts = options.hasSecondThoughts ?? (seed % 3 === 1 && !options.plant);
  if (hasSecondThoughts) {
    const thought = chanceOf(seed ^ 0x7a0b);
    const thoughts = secondThoughts({
      ...{ chance: thought, trace, report, merchant, checkers, truth, wallets: world.wallets },
      begin: () => ({ ...people.begin(), ...desk }),
      onAsked: (asked) => oracle.asked(asked),
      mayAct: () => !isPeace && !watch.isHeld,
      planAgain: () => watch.planAgain(),
    });
    for (let count = thought.between(2, 20); count > 0; count--)
      timeline.at(thought.between(startMs, endMs), () => void thoughts.act());
    for (let count = thought.between(0, 2); count > 0; count--)
      timeline.at(thought.between(startMs, endMs), () => void reconciler.compare());
  }
  const toFallSick = population.sick.map((each) => ({ ...each, customerId: customerAt(merchant, each.place) }));
  for (const { customerId, sickness, afterDays } of toFallSick)
    timeline.after(afterDays * DAY_MS, () => sick.set(customerId, sickness));
  present = weather;
  world.setWeather(present);
  watch.start();
  await passUntil(endMs);

  trace.note(timeline.nowMs(), "peace");
  isPeace = true;
  present = { ...healed(weather), readFailureRate: population.hasFailingReadsInPeace ? 0.1 : 0 };
  world.setWeather(present);
  watch.makePeace();
  // What was under way when the faults ended comes to its own end first.
  if (!judged.isCalm) judged.goodSinceMs = endMs + 4 * DAY_MS;
  await passUntil(endMs + PEACE_DAYS * DAY_MS);
  await passing.while(() => watch.isAnyTicking());
  present = healed(weather);
  world.setWeather(present);
  await passing.until(settleRefundsAsPerson({ ...desk, ...ports }));
  await look();
  cycles.checkUpTo(new Date(timeline.nowMs() - 3_600_000), (customerId) => sick.has(customerId));
  const attention = await books.ports.store.list("attention", {});
  // What cannot be read or charged at the gateway waits until it can be, and a person sees it: the try of an hour ago may
  // be unknown at this moment.
  const waiting = attention.filter(
    ({ kind: why, customerId }) => why === "unreadable" || (why === "unknown" && sick.has(customerId)),
  );
  const unreadable = waiting.map(({ invoiceId }) => invoiceId);
  checkLiveness({
    ...{ checkers, now: timeline.clock.now(), peaceSince: new Date(endMs) },
    report: (rule, what) => {
      if (unreadable.some((invoiceId) => what.includes(invoiceId))) return;
      report(rule, sick.size > 0 ? `${what}; sick: ${[...sick].join(" ")}` : what);
    },
    policyOf: (subscriptionId) => policyOf(merchant, checkers.subscriptions.get(subscriptionId)?.planId),
  });
  checkers.checkEveryPayment();
  if (extras !== null) checkExtras(memory.tables, report);
  if (extras !== null && judged.isClockRight) checkUsed(memory.tables, report);
  await checkSecondPayments(checkers, books.ports.store, report);
  await refunds.checkAll();
  const mayLack =
    judged.hasForgotten || [...ledger.orders.keys()].some((id) => population.sicknessOfOrder(id) !== null);
  if (shown !== null)
    await passing.until(shown.atEnd({ hasForgotten: judged.hasForgotten, mayLack, hasPoison: poisoned.size > 0 }));
  await books.close();

  return {
    ...{ seed, violations, hash: trace.hash(), steps: trace.length },
    ...{ charges: ledger.charges.length, paid: ledger.paid.length, invoices: checkers.invoices.size },
    ...{ ticks: watch.ticks(), crashes: watch.crashes() },
    faults: { ...world.faults, ...watch.faults, ...post.faults, race_allowed: checkers.races.length },
    findings,
    cycles: [...checkers.invoices.values()].map(outcomeOf),
    touched: new Set([...toFallSick.map(({ customerId }) => customerId), ...ofSickOrders(), ...customersOfPoisoned()]),
    lines: violations.length > 0 ? trace.lines() : [],
  };

  function outcomeOf(invoice: InvoiceSeen) {
    const { customerId, subscriptionId, cycle, status, periodStart } = invoice;
    const paid = ledger.paid.find((each) => isChargeOf(each, invoice));
    const days = Math.round(((paid?.history[0]?.atMs ?? 0) - periodStart.getTime()) / DAY_MS);
    const outcome = paid === undefined ? status : `${status} after ${days} days`;
    return { customerId, name: `cycle ${cycle} of ${subscriptionId}`, outcome };
  }

  /** Of the customer whose row is poisoned: a try that nobody can settle keeps the others of theirs waiting. */
  function ofPoisoned(): ReadonlySet<string> {
    const customers = customersOfPoisoned();
    const theirs = [...memory.tables.subscriptions.rows.values()].filter(({ customerId }) => customers.has(customerId));
    return new Set(theirs.map(({ id }) => id));
  }

  function customersOfPoisoned(): ReadonlySet<string> {
    return new Set([...poisoned.keys()].flatMap((id) => memory.tables.subscriptions.get(id)?.customerId ?? []));
  }

  function ofSickOrders(): string[] {
    const sickOnes = [...ledger.orders.values()].filter(({ id }) => population.sicknessOfOrder(id) !== null);
    return sickOnes.map(({ intent }) => intent.customerId);
  }

  function isAboutPoison(told: string): boolean {
    if (poisoned.size === 0) return false;
    const { invoices } = memory.tables;
    for (const id of ofPoisoned()) {
      if (new RegExp(`\\b${id}\\b`).test(told)) return true;
      for (const invoiceId of invoices.group("subscription", id)) if (told.includes(invoiceId)) return true;
    }
    return false;
  }

  function aboutObjects(told: string): string {
    const sickOrders = [...ledger.orders.values()].filter(({ id }) => population.sicknessOfOrder(id) !== null);
    const isAbout = sickOrders.some(
      ({ id, intent }) =>
        told.includes(id) || told.includes(intent.invoiceId) || told.includes(`of ${intent.subscriptionId} `),
    );
    const isHalted = memory.tables.installation.current.halts.length > 0;
    const isRefused = sickOrders.some(({ id }) => population.sicknessOfOrder(id) === "403");
    if (isHalted && isRefused) return "; nobody is charged while one order answers 403";
    if (isAbout) return "; its order cannot be read";
    return population.mostAtOnce === null ? "" : `; lists are given ${population.mostAtOnce} at a time`;
  }

  async function look(): Promise<void> {
    const news = await books.news.read();
    checkers.look(news);
    cycles.checkCursors(news.subscriptions);
    await oracle.look(news);
    await books.compare();
  }

  /** Lets the days pass, and looks at the books after each. */
  async function passUntil(untilMs: number): Promise<void> {
    for (let dayMs = timeline.nowMs(); dayMs < untilMs && violations.length === 0;) {
      dayMs = Math.min(untilMs, dayMs + DAY_MS);
      await passing.letPass(dayMs);
      await look();
      await shown?.deliver();
    }
  }
}

function drawLimits(chance: Chance, flow: ChargeFlow): BillLimits {
  return {
    flow,
    concurrency: chance.pick([1, 4, 16]),
    ratePerSecond: 0,
    leaseMs: 120_000,
    // Its time is not the machine's.
    readPatienceMs: Infinity,
    askedCharges: null,
    maxCharges: chance.happens(0.1) ? chance.between(1, 20) : null,
    maxAmountCents: chance.happens(0.1) ? 3_000_000 : null,
    maxChargesPerCustomerPerDay: chance.pick([3, 20, 1000]),
    timeoutMs: TIMEOUT_MS,
    pendingMaxHours: 72,
    rereadsAtATick: 20,
  };
}

/** A stream of its own, so that one more draw in one place does not change everything everywhere. */
function branch(chance: Chance): Chance {
  return chanceOf(Math.floor(chance.fraction() * 2 ** 32));
}

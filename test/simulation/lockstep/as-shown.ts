/**
 * What people are told and shown of a life on SQLite. Each day its events go through the real adapter to a receiver that fails now
 * and then, and recovers in the weeks of peace; at the end the doctor examines the books, and every subscription is explained.
 *
 * The store in memory keeps neither deliveries nor stories, so lives without SQLite show nothing of this.
 */
import { createHash } from "node:crypto";
import { NO_OTHERS } from "../../../src/application/ports/duties.ts";
import { rowOf } from "../../../src/adapters/conekta/declines.ts";
import { seededRandom } from "../../../src/adapters/random.ts";
import type { OpenedStore } from "../../../src/adapters/store/store.ts";
import { examine } from "../../../src/application/doctor/examine.ts";
import type { CheckName, Finding } from "../../../src/application/doctor/finding.ts";
import { deliverEvents } from "../../../src/application/notify/deliver-events.ts";
import { resendEvents } from "../../../src/application/notify/resend-events.ts";
import type { Clock, Log, Random } from "../../../src/application/ports/runtime.ts";
import { explainSubscription } from "../../../src/application/subscriptions/explain-subscription.ts";
import { chanceOf } from "../chance.ts";
import type { Report } from "../checks/violation.ts";
import type { GatewayPorts } from "../gateway/hostile-gateway.ts";
import { TIMEOUT_MS } from "../gateway/station.ts";
import { describe } from "../machine-log.ts";
import { DUNNING } from "../merchant.ts";
import { type Receiver, type Reply, startReceiver } from "../wire/receiver.ts";

const DAY_MS = 86_400_000;
/** Waits that no order of answers changes. */
const EVEN: Random = { ...seededRandom(2), fraction: () => 0.5 };
const UNLIMITED = { maxCharges: null, maxAmountCents: null, maxChargesPerCustomerPerDay: Infinity };

/** What is never bad, whatever has befallen the life: these tell of Puntual itself. */
const ALWAYS_GOOD: ReadonlySet<CheckName> = new Set(["database", "pragmas", "cycles", "cursors", "events", "books"]);
/** What waits for a person, and the kinds of `needs_attention` that show the same. */
const SHOWN_AS: Readonly<Partial<Record<CheckName, string>>> = {
  held: "held",
  paid_again: "paid_again",
  paid_after_cancel: "paid_after_cancel",
  disputes: "disputed",
};

type Ended = { readonly hasForgotten: boolean; readonly mayLack: boolean; readonly hasPoison: boolean };

export type AsShown = {
  /** Each day. */
  deliver(): Promise<void>;
  /**
   * @param hasForgotten a backup was put back
   * @param hasPoison a row of a subscription cannot be read: its cycles are not opened, and the doctor rightly says so
   * @param mayLack the books may lack what the gateway has: its orders cannot all be read, or a backup was put back
   */
  atEnd(ended: Ended): Promise<void>;
};

type Needs = {
  readonly disk: () => Pick<OpenedStore, "outbox" | "explaining" | "inspection">;
  readonly store: Pick<
    OpenedStore,
    "statusCounts" | "installation" | "customersToProbe" | "list" | "sentWithinTheHour"
  >;
  readonly books: Pick<OpenedStore, "sweep" | "inbox">;
  readonly gateway: GatewayPorts;
  readonly clock: Clock;
  readonly log: Log;
  /** Of what the receiver answers. */
  readonly seed: number;
  readonly report: Report;
  readonly isPeace: () => boolean;
  /** false: a server of tests, which does not wait for its disk. */
  readonly isDiskSafe: boolean;
};

export function asShown({
  disk,
  store,
  books,
  gateway,
  clock,
  log,
  seed,
  report,
  isPeace,
  isDiskSafe,
}: Needs): AsShown {
  const startedAt = clock.now();
  /** How often each event was taken, by its id. */
  const taken = new Map<string, number>();

  /** Tries of each event, by its id. */
  const tries = new Map<string, number>();
  let receiver: Receiver | null = null;

  /** Drawn for the event and its try: which of several arrives first, no seed decides. */
  function replyTo(id: string, body: string): Reply {
    const { type } = JSON.parse(body) as { type?: unknown };
    if (typeof type !== "string") report("told", `the event ${id} says no type: ${body}`);
    const nth = (tries.get(id) ?? 0) + 1;
    tries.set(id, nth);
    const chance = chanceOf(seed ^ createHash("sha256").update(`${id} ${nth}`).digest().readInt32LE(0));
    if (!isPeace() && chance.happens(0.2)) return "hangs_up";
    if (!isPeace() && chance.happens(0.2)) return 503;
    taken.set(id, (taken.get(id) ?? 0) + 1);
    return 204;
  }

  async function deliver(): Promise<void> {
    receiver ??= await startReceiver(replyTo, (what) => report("told", what));
    const { outbox } = disk();
    const { notifier } = receiver;
    const needs = { outbox, duties: NO_OTHERS, notifier, declineText: rowOf, clock, random: EVEN, log };
    // Ten tries that all failed are possible. Once the receiver is well a person does what the doctor advises.
    if (isPeace()) await resendEvents(needs, { dead: true });
    await deliverEvents(needs, new AbortController().signal);
  }

  async function checkDelivered(hasForgotten: boolean): Promise<void> {
    const { outbox } = disk();
    // Tried for three days; only a receiver that refuses them all the while loses any.
    for (const { eventId, delivery } of await outbox.list({}))
      if (delivery === "delivered" && !taken.has(eventId))
        report("told", `${eventId} counts as delivered, and nobody took it`);
    // What was marked after a backup is sent again from it.
    for (const [id, times] of hasForgotten ? [] : taken)
      if (times > 1) report("told", `${id} was taken, and is sent ${times} times`);
  }

  async function checkDoctor({ mayLack, hasPoison }: Ended): Promise<void> {
    const isExcused = (check: CheckName): boolean =>
      (mayLack && check === "books") || (hasPoison && check === "cycles");
    const attention = await store.list("attention", {});
    const findings = await examined();
    for (const { check, state, found } of findings) {
      if (check === "pragmas" && !isDiskSafe) continue;
      if (state === "bad" && ALWAYS_GOOD.has(check) && !isExcused(check))
        report("doctor", `${check} is bad at the end of peace: ${found}`);
      const kind = SHOWN_AS[check];
      if (kind === undefined) continue;
      const shown = attention.filter((row) => row.kind === kind).length;
      if ((state === "ok") !== (shown === 0))
        report("doctor", `${check} is ${state} (${found}), and needs_attention shows ${shown} of them`);
    }
  }

  async function examined(): Promise<readonly Finding[]> {
    const { outbox, inspection } = disk();
    const machine = {
      files: [],
      folder: null,
      freeBytes: null,
      tzVersion: null,
      pm2: [],
      chargingPid: "1",
      dangers: [],
    };
    return await examine(
      {
        ...{ store, inspection, outbox, clock, machine, offsetMinutes: () => -360, gateway: async () => gateway },
        settings: { flow: "single", timeZone: "America/Mexico_City", timeoutMs: TIMEOUT_MS, leaseMs: 120_000 },
        books: { records: books.sweep, attempts: books.inbox },
      },
      { since: new Date(Math.max(startedAt.getTime(), clock.now().getTime() - 60 * DAY_MS)) },
    );
  }

  async function explainAll(): Promise<void> {
    const { explaining: records } = disk();
    for (const { subscriptionId } of await store.list("subscriptions", {})) {
      const needs = { ...DUNNING, store, limits: UNLIMITED, records, clock, declineText: rowOf };
      const { next, invoices } = await explainSubscription(needs, { subscriptionId, invoiceId: null });
      const texts = [
        ...next.map(({ why }) => why),
        ...invoices.flatMap(({ entries }) => entries.map((each) => each.text)),
      ];
      const bare = texts.find(({ es, en }) => /undefined|NaN|Invalid/.test(`${es} ${en}`) || es === "" || en === "");
      if (bare !== undefined) report("explain", `${subscriptionId} is explained by ${JSON.stringify(bare)}`);
    }
  }

  return {
    deliver,
    atEnd: async (ended) => {
      try {
        await deliver();
        await checkDelivered(ended.hasForgotten);
        await checkDoctor(ended);
        await explainAll();
      } catch (error) {
        report("bug", `what people are shown threw ${describe(error)}`);
      } finally {
        await receiver?.close();
      }
    },
  };
}

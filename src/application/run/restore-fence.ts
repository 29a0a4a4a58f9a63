/**
 * The restore fence: books that are older than what was last sent from them must not charge.
 *
 * A backup that was put back does not know what it has charged since, and would charge it again. The gateway knows:
 * its orders since our last sending carry our installation's id, and one whose attempt we do not know halts charging.
 * So does a payment on an older order (flow `order_first`) whose invoice looks due. Only a finished sweep lifts the halt.
 * What was compared is remembered, by the gateway's clock: a restart goes on from there, however many orders others made.
 * What it cannot see: an older order that was charged before its time, by a person or for a new card (Conekta refuses to
 * charge a paid order), and another database's installation.
 */
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { paidThoughDenied, showsOldStore } from "../reconcile/listed-order.ts";
import { ordersWithin, type ReadPart } from "../reconcile/orders-within.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { ListedOrder, SweepRecords, SweepSide, Window } from "../ports/reconcile.ts";
import { readUnpaidOrder, type UnpaidOrderNeeds } from "../reconcile/unpaid-order.ts";
import type { KnownAttempt, OrderReader } from "../ports/webhooks.ts";
import { DAY_MS } from "../../domain/duration.ts";
import { LOOK_BACK_DAYS } from "../../domain/look-back.ts";
import { MAX_CLOCK_SKEW_MS, WRONG_CLOCK_MS } from "../../domain/clock-skew.ts";

export type FenceNeeds = {
  readonly store: Pick<Store, "installation" | "haltCharging" | "noteRecheck" | "write">;
  readonly clock: Clock;
  readonly log: Log;
  readonly sweep: SweepSide;
  readonly webhooks: { readonly orders: OrderReader };
};

/** Due invoices whose older orders are read. Lost books have tried all of them, so that a few tell. */
const READS_MAX = 100;

/**
 * - `checked`: the orders were read; charging is halted where they prove the database old.
 * - `unread`: they could not be read, for any reason. No card may be charged before they are: what is away now may be back
 *   before the first charge is sent. Ask again at the next run.
 */
export type Fence = "checked" | "unread";

/**
 * Before the first charge of a process, until it is `checked`. Halts charging when the database proves old.
 * @throws {GatewayUnauthorized}
 */
export async function checkNotRestored({ store, clock, log, sweep, webhooks }: FenceNeeds): Promise<Fence> {
  const { id, haltKind } = await store.installation();
  if (haltKind === "restored") return "checked";
  const now = clock.now();
  const from = await fenceStart(sweep.records, now);
  const comparing = { ...sweep, log, recheck: (attemptId: string) => store.noteRecheck(attemptId, now) };
  try {
    const unrecorded =
      (await findUnrecorded(comparing, id, { from, to: new Date(now.getTime() + WRONG_CLOCK_MS) })) ??
      (await findOlderUnrecorded(comparing, { ...webhooks, store, clock, log, sweep }, id));
    if (unrecorded !== null) {
      const because = becauseOf(unrecorded);
      await store.haltCharging({ kind: "restored", because, reconcileSince: from }, now);
      log.error("charging.halted", { because, orderId: unrecorded.orderId });
    }
    return "checked";
  } catch (error) {
    if (!(error instanceof GatewayUnavailable || error instanceof GatewayRefused)) throw error;
    log.warn("restore.not_checked", { because: `nobody is charged before it is: ${error.message}` });
    return "unread";
  }
}

/** From when on the database may lack what was charged from it. */
export async function fenceStart(records: SweepRecords, now: Date): Promise<Date> {
  const last = (await records.lastSentAt()) ?? (await records.createdAt());
  const compared = await records.comparedUntil();
  return new Date(
    Math.max(
      Math.min(last.getTime(), now.getTime()) - WRONG_CLOCK_MS,
      now.getTime() - LOOK_BACK_DAYS * DAY_MS,
      (compared?.getTime() ?? 0) - MAX_CLOCK_SKEW_MS,
    ),
  );
}

/** `recheck`: the gateway is asked about this attempt at the next run. */
type Comparing = SweepSide & { readonly log: Log; readonly recheck: (attemptId: string) => Promise<void> };

async function findUnrecorded(sweep: Comparing, installationId: string, window: Window): Promise<ListedOrder | null> {
  for await (const order of ordersWithin(sweep.lister, window, noteCompared))
    if (order.installationId === installationId && (await isUnrecorded(sweep, order))) return order;
  return null;

  async function noteCompared({ until, orders, latestAt }: ReadPart): Promise<void> {
    sweep.log.info("orders.compared", { orders, until });
    if (latestAt !== null) await sweep.records.noteCompared(latestAt);
  }
}

/** The lost books may have charged an order again that is older than where the list begins. */
async function findOlderUnrecorded(
  sweep: Comparing,
  reading: UnpaidOrderNeeds,
  installationId: string,
): Promise<ListedOrder | null> {
  for (const unpaid of await sweep.records.unpaidOrders(READS_MAX)) {
    // One order that cannot be read must not keep everybody from being charged for ever.
    const { order } = await readUnpaidOrder(reading, unpaid);
    if (order?.installationId === installationId && (await isUnrecorded(sweep, order))) return order;
  }
  return null;
}

async function isUnrecorded(sweep: Comparing, order: ListedOrder): Promise<boolean> {
  return await isUnrecordedAmong(sweep, order, await sweep.inbox.attemptsOf(order.orderId, order.references));
}

/** @param attempts what the books have of the order */
export async function isUnrecordedAmong(
  { records, recheck }: Comparing,
  order: ListedOrder,
  attempts: readonly KnownAttempt[],
): Promise<boolean> {
  // A person was wrong about these: the next recheck books what they paid.
  for (const attemptId of paidThoughDenied(order, attempts)) await recheck(attemptId);
  if (!showsOldStore(order, attempts) || (await records.isArchived(order))) return false;
  return !(await records.setAside([order.orderId])).has(order.orderId);
}

function becauseOf({ orderId, createdAt }: ListedOrder): string {
  const made = createdAt === null ? "" : ` of ${createdAt.toISOString()}`;
  return (
    "these books are older than what was last charged from them (was a backup restored?): Conekta has the order " +
    `${orderId}${made}, which they lack`
  );
}

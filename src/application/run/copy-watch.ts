/**
 * Does another process charge from a copy of this database?
 *
 * The restore fence asks it once, before the first charge of a process; a copy that is started afterwards, on another
 * machine, takes no lock of ours and would charge everybody a second time. So the fence's question is asked all the time:
 * before the charges of every run, after its first few, and every two minutes. Each is one listing of the orders made
 * since the one before. An order of this installation that the database does not know halts charging, here and, by the
 * same question, in the copy.
 *
 * What it cannot see: charges that both send within the same moment, four for each; and an order that the gateway's list
 * does not show yet. A list that cannot be read stops nobody at first; one that fails for a quarter of an hour does.
 */
import { wayOf } from "../../domain/ways-to-pay.ts";
import { newestSkewMs } from "../../domain/clock-check.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import { GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import { READ_LAG_MS } from "../../domain/read-lag.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { Store } from "../ports/store.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { paymentsOf } from "../reconcile/listed-order.ts";
import { ordersWithin } from "../reconcile/orders-within.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import { isUnrecordedAmong, type FenceNeeds } from "./restore-fence.ts";

type Needs = FenceNeeds & {
  readonly store: Pick<Store, "dueInvoices">;
  readonly gateway: Pick<Gateway, "clockEvidence">;
};

export type CopyWatch = {
  /** Begins where the restore fence has compared everything up to now: what an older database knew counts no more. */
  begin(): void;
  /** Whether something is due, and the last comparison too old to charge it. */
  mustCompare(): Promise<boolean>;
  /** Compares the orders made since the last time. @returns whether charging may go on */
  compare(summary: RunSummary): Promise<boolean>;
  /** The same, where that is two minutes ago. */
  compareInTime(summary: RunSummary): Promise<boolean>;
};

const EVERY_MS = 2 * MINUTE_MS;
/** Runs that follow each other so closely share an answer. */
const FRESH_MS = 5_000;
const UNREAD_FOR_MS = 15 * MINUTE_MS;

export function watchForCopies({ store, gateway, clock, log, sweep }: Needs): CopyWatch {
  /** By the monotonic clock; what was made before it is compared. */
  let comparedAtMs = clock.monotonicMs();
  let failedSinceMs: number | null = null;
  /** Orders in the window that their attempts hold: known to this database, and not asked for again. */
  let known = new Set<string>();
  /** Second orders of one reference that have halted charging once. */
  const told = new Set<string>();

  async function compare(summary: RunSummary): Promise<boolean> {
    const { id, haltKind, haltReason } = await store.installation();
    if (haltKind === "restored") {
      summary.haltReason ??= haltReason;
      return false;
    }
    const [now, startedMs] = [clock.now(), clock.monotonicMs()];
    const window = windowAt(now, startedMs - comparedAtMs, newestSkewMs(gateway.clockEvidence()));
    try {
      const unknown = await findUnknown(id, window);
      comparedAtMs = startedMs;
      failedSinceMs = null;
      const [order] = unknown;
      if (order === undefined) return true;
      const because = becauseOf(order, unknown.length);
      await store.haltCharging({ kind: "restored", because, reconcileSince: window.from }, now);
      log.error("charging.halted", { because, orderId: order.orderId });
      summary.haltReason ??= because;
      return false;
    } catch (error) {
      if (!(error instanceof GatewayUnavailable || error instanceof GatewayRefused)) throw error;
      failedSinceMs ??= startedMs;
      log.warn("copies.not_checked", { because: error.message });
      return startedMs - failedSinceMs < UNREAD_FOR_MS;
    }
  }

  async function findUnknown(
    installationId: string,
    window: { readonly from: Date; readonly to: Date },
  ): Promise<readonly ListedOrder[]> {
    const recheck = async (attemptId: string) => await store.noteRecheck(attemptId, clock.now());
    const held = new Set<string>();
    const unknown: ListedOrder[] = [];
    for await (const order of ordersWithin(sweep.lister, window)) {
      if (order.installationId !== installationId) continue;
      if (known.has(order.orderId)) {
        held.add(order.orderId);
        continue;
      }
      const attempts = await sweep.inbox.attemptsOf(order.orderId, order.references);
      if ((await isUnrecordedAmong({ ...sweep, log, recheck }, order, attempts)) || (await isTwin(order, attempts)))
        unknown.push(order);
      else if (isHeldBy(order, attempts)) held.add(order.orderId);
    }
    known = held;
    return unknown;
  }

  /** Both have the invoice, so that both give the same reference: the attempt holds one order, and this is another. */
  async function isTwin(order: ListedOrder, attempts: readonly KnownAttempt[]): Promise<boolean> {
    if (told.has(order.orderId) || paymentsOf(order).length === 0) return false;
    const others = attempts.filter((each) => each.orderId !== null && !wayOf(each).sharesOrder);
    if (isHeldBy(order, attempts) || others.length === 0) return false;
    told.add(order.orderId);
    return !(await sweep.records.setAside([order.orderId])).has(order.orderId);
  }

  async function compareInTime(summary: RunSummary): Promise<boolean> {
    return clock.monotonicMs() - comparedAtMs < EVERY_MS || (await compare(summary));
  }

  return {
    begin() {
      comparedAtMs = clock.monotonicMs();
      failedSinceMs = null;
      known = new Set();
    },
    async mustCompare() {
      if (clock.monotonicMs() - comparedAtMs < FRESH_MS) return false;
      return (await store.dueInvoices(clock.now(), { after: null, limit: 1 })).length > 0;
    },
    compare,
    compareInTime,
  };
}

function isHeldBy(order: ListedOrder, attempts: readonly KnownAttempt[]): boolean {
  return attempts.some(({ orderId }) => orderId === order.orderId);
}

/** By the gateway's clock, where it is known how far ours is from it. */
function windowAt(now: Date, elapsedMs: number, skewMs: number | null) {
  const thereMs = now.getTime() - (skewMs ?? 0);
  const marginMs = skewMs === null ? MAX_CLOCK_SKEW_MS : READ_LAG_MS;
  return { from: new Date(thereMs - elapsedMs - marginMs), to: new Date(thereMs + MAX_CLOCK_SKEW_MS) };
}

function becauseOf({ orderId, createdAt }: ListedOrder, count: number): string {
  const made = createdAt === null ? "" : ` of ${createdAt.toISOString()}`;
  const more = count === 1 ? "" : ` and ${count - 1} more`;
  return (
    `another process charges from a copy of this database: Conekta has the order ${orderId}${made}${more}, made by this ` +
    "installation and not known here. Stop the copy"
  );
}

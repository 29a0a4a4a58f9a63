/**
 * The restore fence: books that are older than what was last sent from them must not charge.
 *
 * A backup that was put back does not know what it has charged since, and would charge it again. The gateway knows:
 * its orders since our last sending carry our installation's id, and one whose attempt we do not know closes the gate.
 * Only a finished sweep opens it. What it cannot see: an order opened before the window and charged within it (flow
 * `order_first`, where the gateway refuses to charge a paid order), and another database's installation.
 */
import type { ChargeFlow } from "../domain/attempt.ts";
import { GatewayRefused, GatewayUnavailable } from "../domain/errors.ts";
import { showsOldBooks } from "./listed-order.ts";
import type { Clock, Log, Store } from "./ports.ts";
import type { ListedOrder, OrderLister, SweepBooks, Window } from "./reconcile-ports.ts";
import type { WebhookInbox } from "./webhook-ports.ts";

export type SweepSide = {
  readonly lister: OrderLister;
  readonly books: SweepBooks;
  readonly inbox: Pick<WebhookInbox, "attemptsOf">;
  /** How this installation charges: what an attempt that the books have lost is taken for. */
  readonly flow: ChargeFlow;
};

export type FenceNeeds = {
  readonly store: Pick<Store, "installation" | "closeGate">;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: the gateway cannot list its orders, and nothing is fenced. */
  readonly sweep?: SweepSide;
};

/** How far the gateway's clock may be from ours. */
export const SKEW_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const LOOK_BACK_MS = 35 * DAY_MS;

/**
 * - `checked`: the orders were read; the gate is closed where they prove the books old.
 * - `unreached`: nobody answers. Charges would not leave this machine either; ask again at the next run.
 * - `unread`: the gateway is there and does not let its orders be read. Nobody may be charged before it does.
 */
export type Fence = "checked" | "unreached" | "unread";

/**
 * Once per process, before its first charge. Closes the gate when the books prove old.
 * @throws {GatewayUnauthorized}
 */
export async function checkNotRestored({ store, clock, log, sweep }: FenceNeeds): Promise<Fence> {
  if (sweep === undefined) return "checked";
  const { id, gateKind } = await store.installation();
  if (gateKind === "restored") return "checked";
  const now = clock.now();
  const from = await fenceStart(sweep.books, now);
  try {
    const stranger = await findStranger(sweep, id, { from, to: new Date(now.getTime() + SKEW_MS) });
    if (stranger !== null) {
      const because = becauseOf(stranger, from);
      await store.closeGate(because, now, from);
      log.error("gate.closed", { because, orderId: stranger.orderId });
    }
    return "checked";
  } catch (error) {
    if (!(error instanceof GatewayUnavailable || error instanceof GatewayRefused)) throw error;
    log.warn("restore.not_checked", { because: error.message });
    return error instanceof GatewayUnavailable && !error.wasReached ? "unreached" : "unread";
  }
}

async function fenceStart(books: SweepBooks, now: Date): Promise<Date> {
  const last = (await books.lastSentAt()) ?? (await books.createdAt());
  return new Date(Math.max(Math.min(last.getTime(), now.getTime()) - SKEW_MS, now.getTime() - LOOK_BACK_MS));
}

async function findStranger(
  { lister, books, inbox }: SweepSide,
  installationId: string,
  window: Window,
): Promise<ListedOrder | null> {
  for (const part of daysOf(window))
    for await (const order of lister.listOrders(part)) {
      if (order.installationId !== installationId) continue;
      const attempts = await inbox.attemptsOf(order.orderId, order.references);
      if (!showsOldBooks(order, attempts)) continue;
      if (!(await books.setAside([order.orderId])).has(order.orderId)) return order;
    }
  return null;
}

function becauseOf({ orderId, createdAt }: ListedOrder, from: Date): string {
  const made = createdAt === null ? "" : ` of ${createdAt.toISOString()}`;
  return (
    `these books are older than what was last charged from them (was a backup restored?): Conekta has the order ` +
    `${orderId}${made}, which they lack. Take what is missing into the books, then charging goes on: ` +
    `puntual reconcile --since ${from.toISOString()}`
  );
}

/** A window in parts that one listing can read to its end. */
export function* daysOf({ from, to }: Window): Generator<Window> {
  for (let start = from.getTime(); start <= to.getTime(); start += DAY_MS)
    yield { from: new Date(start), to: new Date(Math.min(start + DAY_MS - 1, to.getTime())) };
}

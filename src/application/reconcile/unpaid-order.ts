/**
 * The order of an unpaid invoice, read by itself: no window shows one that is older. The books say what it was made for.
 *
 * Lost books may have charged it. So one that cannot be read now is read again by the runs, as what is over is, until it has
 * shown what it holds: whatever becomes of the invoice meanwhile, money that moved there pays it.
 */
import { isOpen } from "../../domain/attempt.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable, isNotThere } from "../../domain/errors.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { ListedOrder, SweepSide, UnpaidOrder } from "../ports/reconcile.ts";
import type { Store } from "../ports/store.ts";
import type { OrderReader } from "../ports/webhooks.ts";

export type UnpaidOrderNeeds = {
  readonly store: Pick<Store, "write">;
  readonly clock: Clock;
  readonly log: Log;
  readonly orders: OrderReader;
  readonly sweep: Pick<SweepSide, "inbox">;
};

export type UnpaidOrderRead =
  { readonly order: ListedOrder } | { readonly order: null; readonly because: string; readonly isGone: boolean };

/** @throws {GatewayUnavailable} nobody answers */
export async function readUnpaidOrder(needs: UnpaidOrderNeeds, unpaid: UnpaidOrder): Promise<UnpaidOrderRead> {
  const { orderId, invoiceId } = unpaid;
  try {
    return { order: { ...(await needs.orders.readOrder(orderId)), ...unpaid, createdAt: null, shown: null } };
  } catch (error) {
    if (!isOfThisOrder(error)) throw error;
    // Conekta knows no such order: it cannot be charged either.
    const isGone = isNotThere(error);
    needs.log.warn("order.not_read", { orderId, invoiceId, because: error.message });
    if (!isGone) await readAgain(needs, orderId);
    return { order: null, because: error.message, isGone };
  }
}

/** The list was read with this key: what is refused is this order. */
export function isOfThisOrder(error: unknown): error is Error {
  if (error instanceof GatewayUnavailable) return error.wasReached;
  return error instanceof GatewayRefused || error instanceof GatewayUnauthorized;
}

/** By its last attempt; one that is open is inquired about anyway. */
async function readAgain({ store, clock, sweep }: UnpaidOrderNeeds, orderId: string): Promise<void> {
  const attempts = await sweep.inbox.attemptsOf(orderId, []);
  const last = attempts.toSorted((a, b) => a.number - b.number).at(-1);
  if (last === undefined || attempts.some(({ state }) => isOpen(state))) return;
  const now = clock.now();
  await store.write(now, async (records) => records.noteDenied(last.attemptId, now));
}

/**
 * Every order with its recent versions, so that a read can lag behind.
 *
 * Conekta's reads were seen to lag behind its writes by about nine seconds. With a read lag, `GET` shows an order as
 * it was that long ago; one that is younger than the lag is shown by `GET /orders/{id}` as it was first, and is not
 * in the list at all (our guess).
 *
 * @see e2e tests of Conekta's plugin for WooCommerce 6.2.3
 */
import type { Order } from "./order.ts";

type Version = { readonly atMs: number; readonly order: Order };

export class OrderHistory {
  readonly #versions = new Map<string, readonly Version[]>();
  readonly #ids: string[] = [];
  readonly #orderOfCharge = new Map<string, string>();
  readonly #lagMs: number;

  constructor(lagMs: number) {
    this.#lagMs = lagMs;
  }

  put(order: Order, atMs: number): Order {
    const versions = this.#versions.get(order.id);
    if (versions === undefined) this.#ids.push(order.id);
    this.#versions.set(order.id, [...this.#stillVisible(versions ?? [], atMs), { atMs, order }]);
    const newest = order.charges.at(-1);
    if (newest !== undefined) this.#orderOfCharge.set(newest.id, order.id);
    return order;
  }

  /** The truth, whatever the reads show. */
  latest(id: string): Order | undefined {
    return this.#versions.get(id)?.at(-1)?.order;
  }

  ofCharge(chargeId: string): Order | undefined {
    const id = this.#orderOfCharge.get(chargeId);
    return id === undefined ? undefined : this.latest(id);
  }

  read(id: string, atMs: number): Order | undefined {
    const versions = this.#versions.get(id);
    return (versions?.findLast((version) => version.atMs <= atMs - this.#lagMs) ?? versions?.[0])?.order;
  }

  /** Newest first, as the list shows them. */
  *list(atMs: number): Generator<Order> {
    for (let index = this.#ids.length - 1; index >= 0; index--) {
      const versions = this.#versions.get(this.#ids[index] as string);
      const visible = versions?.findLast((version) => version.atMs <= atMs - this.#lagMs);
      if (visible !== undefined) yield visible.order;
    }
  }

  /** Oldest first. */
  *all(): Generator<Order> {
    for (const versions of this.#versions.values()) yield (versions.at(-1) as Version).order;
  }

  get size(): number {
    return this.#ids.length;
  }

  // What is older than the lag and has a successor that is too can never be shown again.
  #stillVisible(versions: readonly Version[], atMs: number): readonly Version[] {
    if (this.#lagMs === 0) return [];
    const newestShown = versions.findLastIndex((version) => version.atMs <= atMs - this.#lagMs);
    return versions.slice(Math.max(newestShown, 0));
  }
}

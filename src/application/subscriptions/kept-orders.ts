/**
 * The orders of a file that wait until all its rows are judged: a hundred thousand of them, as bytes of some hundred at once.
 *
 * What no object stands for, the collector of garbage neither walks through nor makes room for.
 */
import assert from "node:assert/strict";
import type { SubscriptionOrder } from "../../domain/subscription.ts";

export type KeptOrder = { readonly line: number; readonly order: SubscriptionOrder };

type Packed = readonly [number, ...SubscriptionOrder[keyof SubscriptionOrder][]];

const FIELDS = [
  "id",
  "planId",
  "customerId",
  "startLocal",
  "timeZone",
  "quantity",
  "lineItems",
  "discount",
  "billPast",
] as const satisfies readonly (keyof SubscriptionOrder)[];

export class KeptOrders {
  readonly #atOnce: number;
  readonly #full: Buffer[] = [];
  #open: Packed[] = [];

  /** @param atOnce so many are packed together, and given back together */
  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  get count(): number {
    return this.#full.length * this.#atOnce + this.#open.length;
  }

  add(line: number, order: SubscriptionOrder): void {
    this.#open.push([line, ...FIELDS.map((field) => order[field])]);
    if (this.#open.length < this.#atOnce) return;
    this.#full.push(Buffer.from(JSON.stringify(this.#open)));
    this.#open = [];
  }

  /** @param place from 0, below `count` */
  at(place: number): KeptOrder {
    const packed = this.#packed(Math.floor(place / this.#atOnce))[place % this.#atOnce];
    assert(packed, `there are ${this.count} orders, and none at ${place}`);
    return unpacked(packed);
  }

  *parts(): Generator<KeptOrder[]> {
    for (let part = 0; part * this.#atOnce < this.count; part++) yield this.#packed(part).map(unpacked);
  }

  #packed(part: number): readonly Packed[] {
    const bytes = this.#full[part];
    return bytes === undefined ? this.#open : (JSON.parse(bytes.toString()) as Packed[]);
  }
}

function unpacked([line, ...values]: Packed): KeptOrder {
  const order = Object.fromEntries(FIELDS.map((field, at) => [field, values[at]]));
  return { line, order: order as SubscriptionOrder };
}

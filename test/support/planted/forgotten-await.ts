/** Planted: each of these forgets an `await`. The lint leaves this file out; a test proves that it would find them. */
import ky from "ky";
import pRetry from "p-retry";
import type { Gateway } from "../../../src/application/ports/gateway.ts";
import type { Store } from "../../../src/application/ports/store.ts";
import type { Settled } from "../../../src/application/ports/charging.ts";

export async function charge(store: Store, gateway: Gateway, now: Date): Promise<void> {
  store.resumeCharging({ kind: "unauthorized" }, now);
  store.settle([], now, () => null).then((settled: readonly Settled[]) => settled.length);
  gateway.cancelOrder("ord_1");
  pRetry(() => gateway.probe(null));
  ky.get("https://api.conekta.io/orders");
  [1, 2].forEach(async () => await gateway.probe(null));
}

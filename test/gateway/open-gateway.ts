/** The real gateway, without waits between repeats, and with everything that it logs kept. */
import type { ChargeIntent, Gateway } from "../../src/application/ports/gateway.ts";
import { systemClock } from "../../src/adapters/clock.ts";
import { conektaGateway, type ConektaOptions } from "../../src/adapters/conekta/gateway.ts";
import { INTENT } from "./samples.ts";

export const KEY = "key_puntualTests4x7";
/** Long enough for any machine; a test that waits for it uses its own. */
const TIMEOUT_MS = 20_000;

export type TestGateway = Gateway & AsyncDisposable & { readonly logged: readonly string[] };

export function openGateway(baseUrl: string, change: Partial<ConektaOptions> = {}): TestGateway {
  const logged: string[] = [];
  const keep = (event: string, fields?: Record<string, unknown>) => void logged.push(JSON.stringify([event, fields]));
  const gateway = conektaGateway({
    baseUrl,
    apiKey: KEY,
    flow: "single",
    timeoutMs: TIMEOUT_MS,
    connections: 4,
    pciDssLevel1: false,
    random: { newId: (prefix) => `${prefix}_1`, fraction: () => 0 },
    clock: systemClock,
    log: { debug: keep, info: keep, warn: keep, error: keep },
    ...change,
  });
  return { ...gateway, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](), logged };
}

let intents = 0;

/** An intent of its own reference. */
export function intentFor(customerId: string, change: Partial<ChargeIntent> = {}): ChargeIntent {
  intents += 1;
  const reference = `att_01KAR5Q${String(intents).padStart(19, "0")}`;
  return { ...INTENT, customerId, reference, invoiceId: reference.replace("att", "inv"), ...change };
}

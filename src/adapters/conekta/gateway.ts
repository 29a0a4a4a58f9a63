/**
 * The gateway port, filled by Conekta.
 *
 * Calls that may move money are sent once and answered with an outcome; reads and people's calls are repeated where
 * that is safe and throw. Which call is which is decided in orders.ts and customers.ts, what an answer means in
 * classify.ts and charge-evidence.ts; nothing outside this folder knows Conekta's JSON.
 */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import type { GuardProber } from "../../application/ports/doctor.ts";
import type { Gateway } from "../../application/ports/gateway.ts";
import type { Clock, Log, Random } from "../../application/ports/runtime.ts";
import type { OrderLister } from "../../application/ports/reconcile.ts";
import type { Refunder } from "../../application/ports/refunds.ts";
import type { OrderReader, WebhookSetup } from "../../application/ports/webhooks.ts";
import type { ChargeFlow } from "../../domain/ways-to-pay.ts";
import { NOTHING_ANSWERED, withAnswer } from "../../domain/clock-check.ts";
import { conektaCaller } from "./api-client.ts";
import { conektaCustomers } from "./customers.ts";
import { conektaOrderLister } from "./list-orders.ts";
import { conektaOrders } from "./orders.ts";
import { conektaGuardProber } from "./probe-guard.ts";
import { conektaOrderReader } from "./read-order.ts";
import { conektaRefunds } from "./refund.ts";
import { conektaTransport, type TransportOptions } from "./transport.ts";
import { conektaWebhooks } from "./webhooks.ts";

const OTHER_CONNECTIONS = 8;

export type ConektaOptions = {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly flow: ChargeFlow;
  /** For one whole call, from waiting for a socket to the answer's last byte. */
  readonly timeoutMs: number;
  /** At least the number of charges in flight: one that waits for a socket until its time is up is `not_sent`. */
  readonly connections: number;
  readonly pciDssLevel1: boolean;
  readonly proxy?: NonNullable<TransportOptions["proxy"]> | null;
  readonly random: Random;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the process ends: no read is repeated any more. */
  readonly stopping?: AbortSignal;
  /** How a read that is repeated waits; absent: by the machine's own time. */
  readonly sleep?: (ms: number) => Promise<unknown>;
};

export type ConektaGateway = Gateway &
  OrderReader &
  OrderLister &
  Refunder &
  WebhookSetup &
  GuardProber &
  AsyncDisposable;

export function conektaGateway(options: ConektaOptions): ConektaGateway {
  const userAgent = `Puntual/${version()}`;
  // Sockets of their own, so that no charge waits behind an inquiry.
  let clockEvidence = NOTHING_ANSWERED;
  const onAnswer = (date: Date | null): void => {
    const own = { wallMs: options.clock.now().getTime(), monotonicMs: options.clock.monotonicMs() };
    clockEvidence = withAnswer(clockEvidence, { ...own, dateMs: date?.getTime() ?? null });
  };
  const charges = conektaTransport({ ...options, userAgent, onAnswer });
  const others = conektaTransport({ ...options, userAgent, onAnswer, connections: OTHER_CONNECTIONS });
  const caller = conektaCaller(others, options.baseUrl, options);
  return {
    ...conektaOrders(charges, caller, options),
    ...conektaCustomers(caller, options),
    ...conektaOrderReader(caller, options),
    ...conektaOrderLister(caller, options),
    ...conektaRefunds(charges, caller),
    ...conektaWebhooks(caller),
    ...conektaGuardProber(charges),
    clockEvidence: () => clockEvidence,
    async [Symbol.asyncDispose]() {
      await Promise.all([charges[Symbol.asyncDispose](), others[Symbol.asyncDispose]()]);
    },
  };
}

function version(): string {
  const manifest = JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? "", "utf8")) as { version?: string };
  // Bundled into a program that has none.
  return manifest.version ?? "0";
}

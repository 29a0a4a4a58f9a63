/**
 * A Conekta on your server: a server that speaks Conekta's API, keeps everything in memory, and fails on demand.
 *
 * For demos, for our own tests and for merchants' continuous integration. No money, no network, no account.
 * An independent implementation: it shares no code with the program it tests. docs/sandbox.md says what is copied from
 * Conekta's documents and what is guessed.
 */
import { createServer } from "node:http";
import type { Controls } from "./http/control.ts";
import { Listener } from "./http/listener.ts";
import { EventLog } from "./webhooks/event-log.ts";
import type { KeyPair } from "./webhooks/webhook-key.ts";
import { answerRequest, type ServerParts } from "./http/request-cycle.ts";
import { checkFaultRule, type FaultRule } from "./faults/fault-rule.ts";
import { RulesInForce, type RuleInForce } from "./faults/rules-in-force.ts";
import { type LedgerCharge, ledgerCharges, type LedgerOrder, ledgerOrders } from "./orders/ledger.ts";
import { type Dispute, disputeOrder } from "./orders/dispute.ts";
import { settleOrder, type Settlement } from "./orders/order-settling.ts";
import { orderView } from "./orders/order-view.ts";
import { type PageVisit, visitPage } from "./orders/page-visit.ts";
import { seededRandom } from "./random.ts";
import { type LoggedRequest, RequestLog } from "./http/request-log.ts";
import {
  type DeliveryReport,
  type DeliveryChange,
  WebhookDelivery,
  type DeliveryOptions,
} from "./webhooks/webhook-delivery.ts";
import { emptyState, type PaidOrderGuard } from "./state.ts";

export type { FaultRule } from "./faults/fault-rule.ts";
export type { FaultKind } from "./faults/fault-kind.ts";
export type { LedgerCharge, LedgerOrder } from "./orders/ledger.ts";
export type { PageVisit } from "./orders/page-visit.ts";
export type { LoggedRequest } from "./http/request-log.ts";

export type SandboxOptions = {
  /** 0, the default: any free one. */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** Given, every timestamp follows it, and webhooks fall due by it. Default: the machine's clock. */
  readonly now?: (() => Date) | undefined;
  /** The same seed gives the same ids and the same chances. */
  readonly seed?: number | undefined;
  /** Only this key is accepted. Default: any key that is not empty. */
  readonly apiKey?: string | undefined;
  readonly livemode?: boolean | undefined;
  readonly faults?: readonly FaultRule[] | undefined;
  /** Reads show orders as they were this long ago, by `now`. */
  readonly readLagMs?: number | undefined;
  /** Wall time every API call takes at least. */
  readonly latencyMs?: number | undefined;
  /** By `now`. */
  readonly webhookDelayMs?: number | undefined;
  readonly webhookCopies?: number | undefined;
  readonly webhookOrder?: DeliveryOptions["order"] | undefined;
  /** Nothing is delivered until `flushWebhooks`. */
  readonly holdWebhooks?: boolean | undefined;
  /** Signs all webhooks. Default: a new pair for each key that is made, which takes up to a second. */
  readonly webhookKeyPair?: KeyPair | undefined;
  /** How charging a paid order is refused; `off` charges it again. Default 428. */
  readonly paidOrderGuard?: PaidOrderGuard | undefined;
  /** A reference for cash or a transfer is paid after its order's end, too. Default true. */
  readonly takesLatePayments?: boolean | undefined;
  /** An order is cancelled although its cash or transfer may still come. Default false: 428. */
  readonly cancelsReferences?: boolean | undefined;
  /** Lets other machines use `/_sandbox/…`. */
  readonly controlFromAnywhere?: boolean | undefined;
  /** How many calls `requests()` remembers. */
  readonly requestsKept?: number | undefined;
};

export type Sandbox = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  /** Every charge that exists, whatever the answers said; oldest order first. */
  readonly ledger: () => readonly LedgerCharge[];
  /** Every order, charged or not, oldest first. */
  readonly orders: () => readonly LedgerOrder[];
  /** @throws {InvalidFault} */
  readonly inject: (rule: FaultRule) => void;
  /** Also listens again after `refuse`; `reachable` resolves when it does. */
  readonly clearFaults: () => void;
  readonly faults: () => readonly RuleInForce[];
  readonly reachable: () => Promise<void>;
  readonly requests: () => readonly LoggedRequest[];
  /** Moves the sandbox's clock ahead of the one it follows, for good. */
  readonly advanceClock: (byMs: number) => void;
  /** Ends what is pending on an order, as the bank or the customer at the payment page would. */
  readonly settle: (orderId: string, as: Settlement) => void;
  /** Plays the customer at an order's hosted page. */
  readonly visitPage: (orderId: string, visit: PageVisit) => void;
  /** Plays the bank of the cardholder: the order's payment is disputed, or the dispute goes on. */
  readonly dispute: (orderId: string, dispute: Dispute) => void;
  /** Delivers everything queued at once, and returns how each receiver answered. */
  readonly flushWebhooks: (change?: DeliveryChange) => Promise<readonly DeliveryReport[]>;
  readonly close: () => Promise<void>;
};

const DEFAULT_SEED = 1;
const REQUESTS_KEPT = 10_000;
/** Well over any client's own, so that it is the client who closes idle connections. */
const KEEP_ALIVE_MS = 65_000;

/** @throws when the port is taken (the error's `code` is `EADDRINUSE`) */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? "127.0.0.1";
  const clock = options.now ?? (() => new Date());
  let advancedMs = 0;
  const now = () => new Date(clock().getTime() + advancedMs);
  const seed = options.seed ?? DEFAULT_SEED;
  const state = emptyState({
    now,
    random: seededRandom(seed),
    livemode: options.livemode ?? false,
    guard: options.paidOrderGuard ?? 428,
    takesLatePayments: options.takesLatePayments ?? true,
    cancelsReferences: options.cancelsReferences ?? false,
    readLagMs: options.readLagMs ?? 0,
    // A generator of its own for each, so that one more fault rule does not change the ids.
    events: new EventLog(seededRandom(seed + 1), now),
    webhookKeyPair: options.webhookKeyPair ?? null,
  });
  const delivery = new WebhookDelivery(state, deliveryOptions(options), options.now !== undefined);
  const faults = new RulesInForce(seededRandom(seed + 2));
  const log = new RequestLog(options.requestsKept ?? REQUESTS_KEPT);

  const httpServer = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, response) => {
    answerRequest(parts, incoming, response).catch((error: unknown) => {
      // The client went away half-way through its request: there is no one to answer.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  const listener = new Listener(httpServer, host, options.port ?? 0);
  const url = () => `http://${host.includes(":") ? `[${host}]` : host}:${listener.port}`;

  function inject(given: FaultRule): void {
    const rule = checkFaultRule(given);
    if (rule.kind === "refuse" && (rule.nth ?? 1) === 1) return listener.stop(rule.forMs);
    faults.inject(rule);
  }
  function clearFaults(): void {
    faults.clear();
    void listener.start();
  }
  const controls: Controls = {
    isOpenToAll: options.controlFromAnywhere ?? false,
    inject,
    clearFaults,
    faults: () => faults.inForce(),
    ledger: () => ledgerCharges(state),
    orders: () => ledgerOrders(state),
    requests: () => log.entries(),
    settle: (orderId, as) => orderView(settleOrder(state, orderId, as), { livemode: state.livemode, version: 3 }),
    visitPage: (orderId, visit) =>
      orderView(visitPage(state, orderId, visit), { livemode: state.livemode, version: 3 }),
    dispute: (orderId, dispute) =>
      orderView(disputeOrder(state, orderId, dispute), { livemode: state.livemode, version: 3 }),
    advanceClock(byMs) {
      advancedMs += byMs;
      delivery.wake();
      return now();
    },
    deliveryOptions: (change) => delivery.changeOptions(change),
    flushWebhooks: (change) => delivery.flush(change),
  };
  const parts: ServerParts = {
    state,
    faults,
    log,
    delivery,
    listener,
    controls,
    apiKey: options.apiKey ?? null,
    latencyMs: options.latencyMs ?? 0,
    url,
  };

  async function close(): Promise<void> {
    await Promise.all([delivery.close(), listener.close()]);
  }

  await listener.start();
  for (const rule of options.faults ?? []) inject(rule);
  return {
    url: url(),
    port: listener.port,
    ledger: controls.ledger,
    orders: controls.orders,
    inject,
    clearFaults,
    faults: controls.faults,
    reachable: () => listener.start(),
    requests: controls.requests,
    advanceClock: controls.advanceClock,
    settle(orderId, as) {
      controls.settle(orderId, as);
      delivery.wake();
    },
    visitPage(orderId, visit) {
      controls.visitPage(orderId, visit);
      delivery.wake();
    },
    dispute(orderId, dispute) {
      controls.dispute(orderId, dispute);
      delivery.wake();
    },
    flushWebhooks: (change) => delivery.flush(change),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function deliveryOptions(options: SandboxOptions): DeliveryOptions {
  return {
    delayMs: options.webhookDelayMs ?? 0,
    copies: options.webhookCopies ?? 1,
    order: options.webhookOrder ?? "in_order",
    hold: options.holdWebhooks ?? false,
  };
}

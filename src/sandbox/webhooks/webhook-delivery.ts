/**
 * Delivers events late, twice, out of order, or only on request, so that a receiver can be tested against each.
 *
 * Due times follow the sandbox's clock. When that clock is set by hand, wall time delivers nothing:
 * what is due is delivered after every call, and `flush` delivers everything at once.
 * A receiver that does not answer 2xx is tried again after 10 s, 20 s, 40 s … 18 times (the real schedule is not
 * published; see "Reintentos de notificación", developers.conekta.com, as quoted by others).
 */
import type { SandboxEvent } from "./event-log.ts";
import { eventView, type WebhookLog } from "./event-view.ts";
import { prefixedId } from "../id.ts";
import { shuffled } from "../random.ts";
import { wants, type Webhook } from "./webhook.ts";
import { digest } from "./webhook-key.ts";
import { nowSeconds, type State } from "../state.ts";

export type DeliveryOptions = {
  readonly delayMs: number;
  /** 2 delivers every event twice. */
  readonly copies: number;
  readonly order: "in_order" | "newest_first" | "shuffled";
  /** True: nothing leaves until `flush`. */
  readonly hold: boolean;
};

/** What is absent stays as it is. */
export type DeliveryChange = { readonly [Key in keyof DeliveryOptions]?: DeliveryOptions[Key] | undefined };

export type DeliveryReport = {
  readonly eventId: string;
  readonly type: string;
  readonly url: string;
  /** Null when there was no answer. */
  readonly status: number | null;
};

type Parcel = {
  readonly event: SandboxEvent;
  readonly webhook: Webhook;
  readonly dueAtMs: number;
  readonly failures: number;
};

const ATTEMPTS_MAX = 18;
const BACKOFF_MS = 10_000;
const BACKOFF_MS_MAX = 8 * 60 * 60 * 1000;
const RECEIVER_TIMEOUT_MS = 10_000;

export class WebhookDelivery {
  readonly #state: State;
  readonly #hasManualClock: boolean;
  readonly #closing = new AbortController();
  readonly #logs = new Map<string, Map<string, WebhookLog>>();
  #options: DeliveryOptions;
  #queue: Parcel[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** One batch after the other, so that the order of a batch is the order of arrival. */
  #lastBatch: Promise<unknown> = Promise.resolve();

  constructor(state: State, options: DeliveryOptions, hasManualClock: boolean) {
    this.#state = state;
    this.#options = options;
    this.#hasManualClock = hasManualClock;
    state.events.onEvent((event, onlyTo) => this.#enqueue(event, onlyTo));
  }

  changeOptions(change: DeliveryChange): DeliveryOptions {
    const { delayMs, copies, order, hold } = this.#options;
    this.#options = {
      delayMs: change.delayMs ?? delayMs,
      copies: change.copies ?? copies,
      order: change.order ?? order,
      hold: change.hold ?? hold,
    };
    this.wake();
    return this.#options;
  }

  /** Delivers what is due by the sandbox's clock; called after every API call. */
  wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#queue.length === 0 || this.#options.hold || this.#closing.signal.aborted) return;

    const nextDueMs = this.#queue.reduce((soonest, parcel) => Math.min(soonest, parcel.dueAtMs), Infinity);
    const waitMs = nextDueMs - this.#state.now().getTime();
    // A clock set by hand does not move while we wait: the next call wakes us.
    if (waitMs > 0 && this.#hasManualClock) return;
    this.#timer = setTimeout(() => this.#deliverDue(), Math.max(0, waitMs));
    this.#timer.unref();
  }

  /** Everything queued, due or not, held or not; resolves when each has been tried once. */
  async flush(options: DeliveryChange = {}): Promise<readonly DeliveryReport[]> {
    await this.#lastBatch;
    const parcels = this.#queue;
    this.#queue = [];
    const copies = Array.from({ length: options.copies ?? 1 }, () => parcels).flat();
    return this.#deliver(copies, options.order ?? this.#options.order);
  }

  logsOf(eventId: string): readonly WebhookLog[] {
    return [...(this.#logs.get(eventId)?.values() ?? [])];
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#queue = [];
    await this.#lastBatch;
  }

  #enqueue(event: SandboxEvent, onlyTo: readonly string[] | null): void {
    const dueAtMs = this.#state.now().getTime() + this.#options.delayMs;
    for (const webhook of this.#state.webhooks.values()) {
      if (onlyTo === null ? !wants(webhook, event.type) : !onlyTo.includes(webhook.id)) continue;
      this.#log(event, webhook, -1, 0);
      for (let copy = 0; copy < this.#options.copies; copy++)
        this.#queue.push({ event, webhook, dueAtMs, failures: 0 });
    }
    this.wake();
  }

  #deliverDue(): void {
    const nowMs = this.#state.now().getTime();
    const due = this.#queue.filter((parcel) => parcel.dueAtMs <= nowMs);
    this.#queue = this.#queue.filter((parcel) => parcel.dueAtMs > nowMs);
    void this.#deliver(due, this.#options.order);
    this.wake();
  }

  #deliver(parcels: readonly Parcel[], order: DeliveryOptions["order"]): Promise<readonly DeliveryReport[]> {
    const batch = this.#lastBatch.then(async () => {
      const reports: DeliveryReport[] = [];
      for (const parcel of this.#arranged(parcels, order)) reports.push(await this.#post(parcel));
      return reports;
    });
    this.#lastBatch = batch;
    return batch;
  }

  #arranged(parcels: readonly Parcel[], order: DeliveryOptions["order"]): readonly Parcel[] {
    switch (order) {
      case "in_order":
        return parcels;
      case "newest_first":
        return parcels.toReversed();
      case "shuffled":
        return shuffled(this.#state.random, parcels);
      default:
        return order satisfies never;
    }
  }

  async #post(parcel: Parcel): Promise<DeliveryReport> {
    const { event, webhook } = parcel;
    const body = JSON.stringify(eventView(event, this.#state.livemode, this.logsOf(event.id)));
    const status = await this.#send(webhook.url, body);
    const isDelivered = status !== null && status >= 200 && status < 300;
    const failures = isDelivered ? parcel.failures : parcel.failures + 1;

    this.#log(event, webhook, status ?? -1, failures);
    if (!isDelivered && failures < ATTEMPTS_MAX && !this.#closing.signal.aborted) {
      const waitMs = Math.min(BACKOFF_MS * 2 ** (failures - 1), BACKOFF_MS_MAX);
      this.#queue.push({ event, webhook, failures, dueAtMs: this.#state.now().getTime() + waitMs });
      this.wake();
    }
    return { eventId: event.id, type: event.type, url: webhook.url, status };
  }

  async #send(url: string, body: string): Promise<number | null> {
    const key = [...this.#state.webhookKeys.values()].findLast((candidate) => candidate.active);
    const headers = {
      "content-type": "application/json; charset=utf-8",
      ...(key === undefined ? {} : { digest: digest(key, body) }),
    };
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(RECEIVER_TIMEOUT_MS)]);
    try {
      const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
      await response.body?.cancel();
      return response.status;
    } catch {
      // No answer, for any reason: the event is delivered again later.
      return null;
    }
  }

  #log(event: SandboxEvent, webhook: Webhook, status: number, failures: number): void {
    const logs = this.#logs.get(event.id) ?? new Map<string, WebhookLog>();
    this.#logs.set(event.id, logs);
    const id = logs.get(webhook.id)?.id ?? prefixedId(this.#state.random, "webhl");
    logs.set(webhook.id, {
      id,
      url: webhook.url,
      failedAttempts: failures,
      lastStatus: status,
      lastAttemptedAtSeconds: status === -1 && failures === 0 ? null : nowSeconds(this.#state),
    });
  }
}

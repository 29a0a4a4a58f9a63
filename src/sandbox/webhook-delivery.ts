/**
 * Delivering events: late, twice, out of order, or only when asked, so that a receiver can be tried against all of it.
 *
 * Due times follow the sandbox's clock. When that clock is driven by hand, nothing is delivered by the passing of wall
 * time: what is due is looked for after every call, and `flush` delivers everything at once.
 * A receiver that does not answer 2xx is tried again after 10 s, 20 s, 40 s … 18 times (the real schedule is not
 * published; see "Reintentos de notificación", developers.conekta.com, as quoted by others).
 */
import type { SandboxEvent } from "./event-log.ts";
import { eventView, type WebhookLog } from "./event-view.ts";
import { prefixedId } from "./id.ts";
import { shuffled } from "./random.ts";
import { wants, type Webhook } from "./webhook.ts";
import { digest } from "./webhook-key.ts";
import { nowSeconds, type World } from "./world.ts";

export type WebhookManner = {
  readonly delayMs: number;
  /** 2 delivers every event twice. */
  readonly copies: number;
  readonly order: "in_order" | "newest_first" | "shuffled";
  /** True: nothing leaves until `flush`. */
  readonly hold: boolean;
};

/** What is absent stays as it is. */
export type MannerChange = { readonly [Key in keyof WebhookManner]?: WebhookManner[Key] | undefined };

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
  readonly #world: World;
  readonly #isHandDriven: boolean;
  readonly #closing = new AbortController();
  readonly #logs = new Map<string, Map<string, WebhookLog>>();
  #manner: WebhookManner;
  #queue: Parcel[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** One batch after the other, so that the order of a batch is the order of arrival. */
  #lastBatch: Promise<unknown> = Promise.resolve();

  constructor(world: World, manner: WebhookManner, isHandDriven: boolean) {
    this.#world = world;
    this.#manner = manner;
    this.#isHandDriven = isHandDriven;
    world.events.onEvent((event, onlyTo) => this.#enqueue(event, onlyTo));
  }

  changeManner(change: MannerChange): WebhookManner {
    const { delayMs, copies, order, hold } = this.#manner;
    this.#manner = {
      delayMs: change.delayMs ?? delayMs,
      copies: change.copies ?? copies,
      order: change.order ?? order,
      hold: change.hold ?? hold,
    };
    this.wake();
    return this.#manner;
  }

  /** Delivers what is due by the sandbox's clock; called after every API call. */
  wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#queue.length === 0 || this.#manner.hold || this.#closing.signal.aborted) return;

    const nextDueMs = this.#queue.reduce((soonest, parcel) => Math.min(soonest, parcel.dueAtMs), Infinity);
    const waitMs = nextDueMs - this.#world.now().getTime();
    // A clock driven by hand passes no time while we wait: somebody's next call wakes us.
    if (waitMs > 0 && this.#isHandDriven) return;
    this.#timer = setTimeout(() => this.#deliverDue(), Math.max(0, waitMs));
    this.#timer.unref();
  }

  /** Everything queued, due or not, held or not; resolves when each has been tried once. */
  async flush(manner: MannerChange = {}): Promise<readonly DeliveryReport[]> {
    await this.#lastBatch;
    const parcels = this.#queue;
    this.#queue = [];
    const copies = Array.from({ length: manner.copies ?? 1 }, () => parcels).flat();
    return this.#deliver(copies, manner.order ?? this.#manner.order);
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
    const dueAtMs = this.#world.now().getTime() + this.#manner.delayMs;
    for (const webhook of this.#world.webhooks.values()) {
      if (onlyTo === null ? !wants(webhook, event.type) : !onlyTo.includes(webhook.id)) continue;
      this.#log(event, webhook, -1, 0);
      for (let copy = 0; copy < this.#manner.copies; copy++) this.#queue.push({ event, webhook, dueAtMs, failures: 0 });
    }
    this.wake();
  }

  #deliverDue(): void {
    const nowMs = this.#world.now().getTime();
    const due = this.#queue.filter((parcel) => parcel.dueAtMs <= nowMs);
    this.#queue = this.#queue.filter((parcel) => parcel.dueAtMs > nowMs);
    void this.#deliver(due, this.#manner.order);
    this.wake();
  }

  #deliver(parcels: readonly Parcel[], order: WebhookManner["order"]): Promise<readonly DeliveryReport[]> {
    const batch = this.#lastBatch.then(async () => {
      const reports: DeliveryReport[] = [];
      for (const parcel of this.#arranged(parcels, order)) reports.push(await this.#post(parcel));
      return reports;
    });
    this.#lastBatch = batch;
    return batch;
  }

  #arranged(parcels: readonly Parcel[], order: WebhookManner["order"]): readonly Parcel[] {
    switch (order) {
      case "in_order":
        return parcels;
      case "newest_first":
        return parcels.toReversed();
      case "shuffled":
        return shuffled(this.#world.random, parcels);
      default:
        return order satisfies never;
    }
  }

  async #post(parcel: Parcel): Promise<DeliveryReport> {
    const { event, webhook } = parcel;
    const body = JSON.stringify(eventView(event, this.#world.livemode, this.logsOf(event.id)));
    const status = await this.#send(webhook.url, body);
    const isDelivered = status !== null && status >= 200 && status < 300;
    const failures = isDelivered ? parcel.failures : parcel.failures + 1;

    this.#log(event, webhook, status ?? -1, failures);
    if (!isDelivered && failures < ATTEMPTS_MAX && !this.#closing.signal.aborted) {
      const waitMs = Math.min(BACKOFF_MS * 2 ** (failures - 1), BACKOFF_MS_MAX);
      this.#queue.push({ event, webhook, failures, dueAtMs: this.#world.now().getTime() + waitMs });
      this.wake();
    }
    return { eventId: event.id, type: event.type, url: webhook.url, status };
  }

  async #send(url: string, body: string): Promise<number | null> {
    const key = [...this.#world.webhookKeys.values()].findLast((candidate) => candidate.active);
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
      // Whatever kept the receiver from answering, the event is delivered again later.
      return null;
    }
  }

  #log(event: SandboxEvent, webhook: Webhook, status: number, failures: number): void {
    const logs = this.#logs.get(event.id) ?? new Map<string, WebhookLog>();
    this.#logs.set(event.id, logs);
    const id = logs.get(webhook.id)?.id ?? prefixedId(this.#world.random, "webhl");
    logs.set(webhook.id, {
      id,
      url: webhook.url,
      failedAttempts: failures,
      lastStatus: status,
      lastAttemptedAtSeconds: status === -1 && failures === 0 ? null : nowSeconds(this.#world),
    });
  }
}

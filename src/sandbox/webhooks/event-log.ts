/**
 * Everything that happened, as events; the webhook delivery subscribes to them.
 *
 * An event's body is made when it is asked for: orders and customers are immutable, so it is the body of its time.
 */
import { timedId } from "../id.ts";
import type { Random } from "../random.ts";

export type SandboxEvent = {
  readonly id: string;
  readonly type: string;
  readonly createdAtSeconds: number;
  readonly data: () => object;
};

/** @param onlyTo ids of the webhooks it goes to; null: every one that wants it */
export type EventListener = (event: SandboxEvent, onlyTo: readonly string[] | null) => void;

/** Older ones are forgotten, so that a long run fits in memory; a year of a demo is far below. */
const EVENTS_KEPT = 50_000;

export class EventLog {
  #events: SandboxEvent[] = [];
  readonly #byId = new Map<string, SandboxEvent>();
  readonly #random: Random;
  readonly #now: () => Date;
  #listener: EventListener = () => {};

  constructor(random: Random, now: () => Date) {
    this.#random = random;
    this.#now = now;
  }

  onEvent(listener: EventListener): void {
    this.#listener = listener;
  }

  /** @param object the resource the event is about, as it is at this moment */
  add(type: string, object: () => object): void {
    this.record(type, () => ({ object: object(), previous_attributes: {} }));
  }

  record(type: string, data: () => object, onlyTo: readonly string[] | null = null): SandboxEvent {
    const createdAtSeconds = Math.floor(this.#now().getTime() / 1000);
    const event = { id: timedId(this.#random, createdAtSeconds), type, createdAtSeconds, data };
    this.#events.push(event);
    this.#byId.set(event.id, event);
    if (this.#events.length > EVENTS_KEPT * 2) this.#forgetOldest();
    this.#listener(event, onlyTo);
    return event;
  }

  resend(event: SandboxEvent, onlyTo: readonly string[]): void {
    this.#listener(event, onlyTo);
  }

  #forgetOldest(): void {
    for (const event of this.#events.slice(0, -EVENTS_KEPT)) this.#byId.delete(event.id);
    this.#events = this.#events.slice(-EVENTS_KEPT);
  }

  find(id: string): SandboxEvent | undefined {
    return this.#byId.get(id);
  }

  newestFirst(): readonly SandboxEvent[] {
    return this.#events.toReversed();
  }
}

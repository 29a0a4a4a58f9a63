/** An application whose events are sent: a real receiver, and the real deliverer between the two. */
import { standardWebhooks } from "../../src/adapters/notifier/standard-webhooks.ts";
import {
  deliverEvents,
  type Delivered,
  type DeliverNeeds,
  gatherEvents,
} from "../../src/application/notify/deliver-events.ts";
import type { DeliveryRow } from "../../src/application/ports/listings/events.ts";
import type { NewEvent } from "../../src/domain/event-types.ts";
import type { HandClock } from "../../src/adapters/clock.ts";
import { type AppFixture, openApp } from "../support/app-fixture.ts";
import { fill, invoiceOf, subscriptionOf } from "../support/records.ts";
import { type Receiver, SECRET, startReceiver } from "./receiver.ts";

export type DeliveryFixture = AsyncDisposable & {
  readonly app: AppFixture;
  readonly store: AppFixture["store"];
  readonly clock: HandClock;
  readonly receiver: Receiver;
  readonly needs: DeliverNeeds;
  readonly logged: readonly string[];
  /** Writes events of the subscription "a", its invoice of cycle 1 and its customer. */
  happens(...types: readonly NewEvent["type"][]): Promise<void>;
  deliver(change?: Partial<DeliverNeeds>, signal?: AbortSignal): Promise<Delivered>;
  /** "invoice.paid delivered 1": each event that is sent, in the order of writing. */
  deliveries(): Promise<readonly string[]>;
  events(): Promise<readonly DeliveryRow[]>;
};

/** The cursor stands at the end: what happens from now on is sent. */
export async function openDeliveryFixture(): Promise<DeliveryFixture> {
  // Receivers compare the time of a call with their own clock.
  const app = await openApp({ now: new Date(), env: { LOG_LEVEL: "debug" } });
  const { store, clock, logged } = app;
  const subscription = subscriptionOf("a", { nextCycle: 2 });
  await fill(store, { subscriptions: [subscription], invoices: [invoiceOf(subscription, 1)] });
  const receiver = await startReceiver();
  const needs: DeliverNeeds = {
    outbox: store.outbox,
    duties: store.duties,
    notifier: standardWebhooks({ url: receiver.url, secrets: [SECRET] }),
    declineText: () => null,
    clock,
    // No jitter, so that a test can say when.
    random: { ...app.assembly.random, fraction: () => 0 },
    log: app.assembly.log,
  };
  await gatherEvents(needs);
  const events = async () => (await store.outbox.list({})).toReversed();
  return {
    ...{ app, store, clock, receiver, needs, logged, events },
    async happens(...types) {
      await store.write(clock.now(), async (records) => {
        for (const type of types)
          records.record({ type, subscriptionId: "a", customerId: "cus_a", invoiceId: "inv_a_1", data: {} });
      });
    },
    deliver: (change = {}, signal = new AbortController().signal) => deliverEvents({ ...needs, ...change }, signal),
    async deliveries() {
      return (await events())
        .filter(({ delivery }) => delivery !== null)
        .map(({ type, delivery, tries }) => [type, delivery, tries].map(String).join(" "));
    },
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

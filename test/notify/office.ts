/** Real books, a real receiver and the real deliverer between them, with a clock that is turned by hand. */
import { rmSync } from "node:fs";
import path from "node:path";
import { handClock, type HandClock } from "../../src/adapters/clock.ts";
import { createLog } from "../../src/adapters/log.ts";
import { standardWebhooks } from "../../src/adapters/notifier/standard-webhooks.ts";
import { seededRandom } from "../../src/adapters/random.ts";
import { openSqliteStore, type SqliteStore } from "../../src/adapters/store/store.ts";
import {
  deliverEvents,
  type Delivered,
  type DeliverNeeds,
  gatherEvents,
} from "../../src/application/notify/deliver-events.ts";
import type { DeliveryRow } from "../../src/application/ports/listings.ts";
import type { NewEvent } from "../../src/application/ports/store.ts";
import { fill, invoiceOf, subscriptionOf } from "../support/books.ts";
import { type Receiver, SECRET, startReceiver } from "./receiver.ts";
import { putNewBooks, temporaryFolder } from "../support/new-books.ts";

export type Office = AsyncDisposable & {
  readonly store: SqliteStore;
  readonly clock: HandClock;
  readonly receiver: Receiver;
  readonly needs: DeliverNeeds;
  readonly logged: string[];
  /** Writes events of the subscription "a", its invoice of cycle 1 and its customer. */
  happens(...types: readonly NewEvent["type"][]): Promise<void>;
  deliver(change?: Partial<DeliverNeeds>, signal?: AbortSignal): Promise<Delivered>;
  /** "invoice.paid delivered 1": each event that is told, in the order of writing. */
  told(): Promise<readonly string[]>;
  events(): Promise<readonly DeliveryRow[]>;
};

/** The cursor stands at the end: what happens from now on is told. */
export async function openOffice(options: { readonly databasePath?: string } = {}): Promise<Office> {
  const folder = temporaryFolder();
  const databasePath = options.databasePath ?? path.join(folder, "books.db");
  if (options.databasePath === undefined) await putNewBooks(databasePath);
  // Receivers compare the time of a call with their own clock.
  const clock = handClock(new Date());
  const random = seededRandom(7);
  const store = await openSqliteStore({ databasePath, random, now: clock.now(), exclusive: true, access: "make" });
  const subscription = subscriptionOf("a", { nextCycle: 2 });
  await fill(store, { subscriptions: [subscription], invoices: [invoiceOf(subscription, 1)] });
  const receiver = await startReceiver();
  const logged: string[] = [];
  const needs: DeliverNeeds = {
    outbox: store.outbox,
    notifier: standardWebhooks({ url: receiver.url, secrets: [SECRET] }),
    declineText: () => null,
    clock,
    // No jitter, so that a test can say when.
    random: { ...random, fraction: () => 0 },
    log: createLog({ level: "debug", format: "json", write: (line) => void logged.push(line) }),
  };
  await gatherEvents(needs);
  const events = async () => (await store.outbox.list({})).toReversed();
  return {
    ...{ store, clock, receiver, needs, logged, events },
    async happens(...types) {
      await store.write(clock.now(), async (books) => {
        for (const type of types)
          books.record({ type, subscriptionId: "a", customerId: "cus_a", invoiceId: "inv_a_1", data: {} });
      });
    },
    deliver: (change = {}, signal = new AbortController().signal) => deliverEvents({ ...needs, ...change }, signal),
    async told() {
      return (await events())
        .filter(({ delivery }) => delivery !== null)
        .map(({ type, delivery, tries }) => [type, delivery, tries].map(String).join(" "));
    },
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

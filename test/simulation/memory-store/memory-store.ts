/**
 * The store port in memory: for breadth, since a simulated year costs milliseconds on it.
 *
 * The same conditions and the same refusals as SQLite; every method is one transaction, atomic, and the next one waits
 * while a person's is open. What it does not have: a disk, and the listings that only people read.
 */
import type { Books, GateKind, Owner, Random, Store } from "../../../src/application/ports/store.ts";
import type { SweepBooks } from "../../../src/application/ports/reconcile.ts";
import type { RefundBooks } from "../../../src/application/ports/refunds.ts";
import type { WebhookInbox } from "../../../src/application/ports/webhooks.ts";
import { WrongMode } from "../../../src/domain/errors.ts";
import { abandoned, claim, dueLooks, markSending } from "./claiming.ts";
import { expiringCards } from "./cards.ts";
import { holdBeyondDailyLimit } from "./daily-limit.ts";
import { dueChecks, dueSteps, moveOn } from "./dunning.ts";
import { cardsToKeep, claimLink, dueRechecks, noteRecheck } from "./links.ts";
import { MemoryBooks } from "./books.ts";
import { list } from "./listing.ts";
import { memoryInbox } from "./inbox.ts";
import { dueSubscriptions, open } from "./opening.ts";
import { memoryRefunds } from "./refunds.ts";
import { settleBatch } from "./settling.ts";
import { memorySweep } from "./sweep.ts";
import { statusCounts } from "./counts.ts";
import { appendEvents, newTables, transaction, type MemoryTables } from "./tables.ts";

export type MemoryStore = Store & {
  readonly tables: MemoryTables;
  readonly inbox: WebhookInbox;
  readonly sweep: SweepBooks;
  readonly refunds: RefundBooks;
};

export function openMemoryStore({ random, now }: { readonly random: Random; readonly now: Date }): MemoryStore {
  const tables = newTables(random.newId("ins", now), now);
  /** A person's transaction that is being written; the next one begins when it is over. */
  const lock: { held: Promise<void> | null } = { held: null };

  async function transact<T>(work: () => T): Promise<T> {
    while (lock.held !== null) await lock.held;
    return transaction(tables, work);
  }

  async function write<T>(at: Date, work: (books: Books) => Promise<T>): Promise<T> {
    while (lock.held !== null) await lock.held;
    const { promise, resolve } = Promise.withResolvers<void>();
    lock.held = promise;
    try {
      const books = new MemoryBooks(tables, at);
      const result = await work(books);
      transaction(tables, () => books.flush());
      return result;
    } finally {
      lock.held = null;
      resolve();
    }
  }

  function takeOver(ownerId: string): Owner {
    const epoch = tables.installation.current.epoch + 1;
    tables.installation.current = { ...tables.installation.current, epoch };
    return { id: ownerId, epoch };
  }

  function closeGate(because: string, at: Date, since: Date | null): void {
    const { current } = tables.installation;
    const kind: GateKind = since === null ? "unauthorized" : "restored";
    if (current.gateKind !== null && !(current.gateKind === "unauthorized" && kind === "restored")) return;
    const closed = { gateClosedBecause: because, gateKind: kind, gateReconcileSince: since };
    tables.installation.current = { ...current, ...closed };
    appendEvents(tables, [{ type: "gate.closed", data: { because, kind } }], at);
  }

  function openGate(at: Date, kind: GateKind): void {
    const { current } = tables.installation;
    if (current.gateKind !== kind) return;
    tables.installation.current = { ...current, gateClosedBecause: null, gateKind: null, gateReconcileSince: null };
    appendEvents(tables, [{ type: "gate.opened" }], at);
  }

  return {
    tables,
    inbox: memoryInbox(tables, transact),
    sweep: memorySweep(tables, transact, random),
    refunds: memoryRefunds(tables, transact, random),
    takeOver: (ownerId) => transact(() => takeOver(ownerId)),
    dueSubscriptions: async (at, limit, except) => dueSubscriptions(tables, at, limit, except),
    open: (batch, at) => transact(() => open(tables, batch, at)),
    holdBeyondDailyLimit: (at, maxPerDay) => transact(() => holdBeyondDailyLimit(tables, at, maxPerDay)),
    claim: (owner, options) => transact(() => claim(tables, owner, options, random)),
    markSending: (owner, items, options) => transact(() => markSending(tables, owner, items, options)),
    settle: (items, at, decide) => transact(() => settleBatch(tables, items, at, decide)),
    abandoned: async (owner, at, limit) => abandoned(tables, owner, at, limit),
    dueLooks: async (at, limit) => dueLooks(tables, at, limit),
    dueChecks: async (at, options) => dueChecks(tables, at, options),
    dueSteps: async (at, limit) => dueSteps(tables, at, limit),
    moveOn: (invoiceIds, at, decide) => transact(() => moveOn(tables, invoiceIds, at, decide)),
    expiringCards: async (at, days) => expiringCards(tables, at, days),
    dueRechecks: async (at, limit) => dueRechecks(tables, at, limit),
    noteRecheck: (attemptId, next) => transact(() => noteRecheck(tables, attemptId, next)),
    cardsToKeep: async (limit) => cardsToKeep(tables, limit),
    claimLink: (owner, link) => transact(() => claimLink(tables, owner, link, random)),
    closeGate: (because, at, since) => transact(() => closeGate(because, at, since ?? null)),
    openGate: (at, kind = "unauthorized") => transact(() => openGate(at, kind)),
    installation: async () => tables.installation.current,
    confirmMode: (livemode) =>
      transact(() => {
        const { current } = tables.installation;
        if (current.livemode !== null && current.livemode !== livemode)
          throw new WrongMode(`this database holds ${current.livemode ? "live" : "test"} data`);
        tables.installation.current = { ...current, livemode };
      }),
    async anyCustomerId() {
      const [first] = [...tables.subscriptions.rows.keys()].toSorted();
      return first === undefined ? null : tables.subscriptions.must(first).customerId;
    },
    list: async (name, listing) => list(tables, name, listing),
    statusCounts: async (at) => statusCounts(tables, at),
    write,
  };
}

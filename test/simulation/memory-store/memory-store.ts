/**
 * The store port in memory: for breadth, since a simulated year costs milliseconds on it.
 *
 * The same conditions and the same refusals as SQLite; every method is one transaction, atomic, and the next one waits
 * while a person's is open. What it does not have: a disk, and the listings that only people read.
 */
import type { Random } from "../../../src/application/ports/runtime.ts";
import { hourBegins } from "../../../src/domain/charging/run-limits.ts";
import { HALT_KINDS } from "../../../src/domain/halt.ts";
import type { Store } from "../../../src/application/ports/store.ts";
import type { Records } from "../../../src/application/ports/records.ts";
import type { Halt, Installation, Owner, Resumption } from "../../../src/application/ports/installation.ts";
import type { SweepRecords } from "../../../src/application/ports/reconcile.ts";
import type { RefundRecords } from "../../../src/application/ports/refunds.ts";
import type { WebhookInbox } from "../../../src/application/ports/webhooks.ts";
import { WrongMode } from "../../../src/domain/errors.ts";
import { abandoned, claim, dueInquiries, markSending } from "./claiming.ts";
import { expiringCards } from "./cards.ts";
import { dueCycles, dueInvoices, duePlaces, factsBeforeOpening } from "./charge-facts.ts";
import { applyTransitions, customersToReread, dueSteps, noteWaiting, unpaidDue } from "./dunning.ts";
import { cardsToKeep, claimLink } from "./links.ts";
import { dueRechecks, noteRecheck } from "./rechecks.ts";
import { disputeReads, noteDisputeReads } from "./disputes.ts";
import { MemoryBooks } from "./books.ts";
import { list, listingPage } from "./listing.ts";
import { memoryInbox } from "./inbox.ts";
import { dueSubscriptions, open } from "./opening.ts";
import { customersToProbe, forgetReadFailure, noteReadFailure, unreadable } from "./read-failures.ts";
import { memoryRefunds } from "./refunds.ts";
import { settleBatch } from "./settling.ts";
import { memorySweep } from "./sweep.ts";
import { statusCounts } from "./counts.ts";
import { appendEvents, newTables, transaction, type MemoryTables } from "./tables.ts";

export type MemoryStore = Store & {
  readonly tables: MemoryTables;
  readonly inbox: WebhookInbox;
  readonly sweep: SweepRecords;
  readonly refunds: RefundRecords;
};

export function openMemoryStore({ random, now }: { readonly random: Random; readonly now: Date }): MemoryStore {
  const tables = newTables(random.newId("ins", now), now);
  /** A person's transaction that is being written; the next one begins when it is over. */
  const lock: { held: Promise<void> | null } = { held: null };

  async function transact<T>(work: () => T): Promise<T> {
    while (lock.held !== null) await lock.held;
    return transaction(tables, work);
  }

  async function write<T>(at: Date, work: (records: Records) => Promise<T>): Promise<T> {
    while (lock.held !== null) await lock.held;
    const { promise, resolve } = Promise.withResolvers<void>();
    lock.held = promise;
    try {
      const records = new MemoryBooks(tables, at);
      const result = await work(records);
      transaction(tables, () => records.flush());
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

  function haltCharging(halt: Halt, at: Date): void {
    const { current } = tables.installation;
    const { kind, because } = halt;
    if (current.halts.some((each) => each.kind === kind)) return;
    tables.installation.current = { ...current, halts: [...current.halts, halt] };
    appendEvents(tables, [{ type: "charging.halted", data: { because, kind } }], at);
  }

  function resumeCharging({ kind, ...said }: Resumption, at: Date): void {
    const { current } = tables.installation;
    const halts = current.halts.filter((each) => each.kind !== kind);
    if (halts.length === current.halts.length) return;
    tables.installation.current = {
      ...current,
      halts,
      ...(kind === "limit" && { limitsCountFrom: at }),
      ...(kind === "charged_elsewhere" && { mayRepeatOthers: true }),
    };
    appendEvents(tables, [{ type: "charging.resumed", data: { kind, ...said } }], at);
  }

  function sentWithinTheHour(at: Date): { charges: number; amountCents: number } {
    const { limitsCountFrom } = tables.installation.current;
    const from = hourBegins(at, limitsCountFrom);
    let [charges, sumCents] = [0, 0];
    for (const { sentAt, amountCents } of tables.attempts.rows.values()) {
      if (sentAt === null || sentAt <= from) continue;
      charges += 1;
      sumCents += amountCents;
    }
    return { charges, amountCents: sumCents };
  }

  function installation(): Installation {
    const { id, livemode, epoch, mayRepeatOthers, halts } = tables.installation.current;
    const [halt] = HALT_KINDS.flatMap((kind) => halts.filter((each) => each.kind === kind));
    return {
      ...{ id, livemode, epoch, mayRepeatOthers },
      haltReason: halt?.because ?? null,
      haltKind: halt?.kind ?? null,
      haltReconcileSince: halt?.reconcileSince ?? null,
    };
  }

  return {
    tables,
    inbox: memoryInbox(tables, transact),
    sweep: memorySweep(tables, transact, random),
    refunds: memoryRefunds(tables, transact, random),
    takeOver: (ownerId) => transact(() => takeOver(ownerId)),
    stillOwns: async ({ epoch }) => tables.installation.current.epoch === epoch,
    noteUnfinished: async () => {},
    dueSubscriptions: async (at, limit, except) => dueSubscriptions(tables, at, limit, except),
    open: (batch, at) => transact(() => open(tables, batch, at)),
    dueInvoices: async (at, page) => dueInvoices(tables, at, page),
    duePlaces: async (at, page) => duePlaces(tables, at, page),
    dueCycles: async (at, page) => dueCycles(tables, at, page),
    factsBeforeOpening: async (invoices, at) => factsBeforeOpening(tables, invoices, at),
    claim: (owner, options, decide) => transact(() => claim(tables, owner, options, decide, random)),
    markSending: (owner, items, options) => transact(() => markSending(tables, owner, items, options)),
    settle: (items, at, decide) => transact(() => settleBatch(tables, items, at, decide)),
    abandoned: async (owner, at, limit) => abandoned(tables, owner, at, limit),
    dueInquiries: async (at, limit) => dueInquiries(tables, at, limit),
    dueSteps: async (at, page) => dueSteps(tables, at, page),
    unpaidDue: async (at) => unpaidDue(tables, at),
    customersToReread: async (at, which) => customersToReread(tables, at, which),
    applyTransitions: (invoiceIds, at, decide) => transact(() => applyTransitions(tables, invoiceIds, at, decide)),
    noteWaiting: (waiting, at) => transact(() => noteWaiting(tables, waiting, at)),
    expiringCards: async (at, days) => expiringCards(tables, at, days),
    dueRechecks: async (at, limit) => dueRechecks(tables, at, limit),
    noteRecheck: (attemptId, next) => transact(() => noteRecheck(tables, attemptId, next)),
    disputeReads: async (at, limit) => disputeReads(tables, at, limit),
    noteDisputeReads: (reads, at) => transact(() => noteDisputeReads(tables, reads, at)),
    cardsToKeep: async (at, limit) => cardsToKeep(tables, at, limit),
    claimLink: (owner, link) => transact(() => claimLink(tables, owner, link, random)),
    sentWithinTheHour: async (at) => sentWithinTheHour(at),
    haltCharging: (halt, at) => transact(() => haltCharging(halt, at)),
    resumeCharging: (resumption, at) => transact(() => resumeCharging(resumption, at)),
    installation: async () => installation(),
    // It has no file.
    mustBeWhole: async () => {},
    confirmMode: (livemode) =>
      transact(() => {
        const { current } = tables.installation;
        if (current.livemode !== null && current.livemode !== livemode)
          throw new WrongMode(`this database holds ${current.livemode ? "live" : "test"} data`);
        tables.installation.current = { ...current, livemode };
      }),
    customersToProbe: async (limit) => customersToProbe(tables, limit),
    noteReadFailure: (failed, at, nextReadAt) => transact(() => noteReadFailure(tables, failed, at, nextReadAt)),
    forgetReadFailures: (ids) => transact(() => ids.forEach((id) => forgetReadFailure(tables, id))),
    unreadable: async () => unreadable(tables),
    list: async (name, listing) => list(tables, name, listing),
    page: async (name, listing) => listingPage(tables, name, listing),
    statusCounts: async (at) => statusCounts(tables, at),
    write,
  };
}

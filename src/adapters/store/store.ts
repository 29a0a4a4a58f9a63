/** The store: every method of the port is one short transaction, or one read, whatever the database. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { DatabaseHealth, StoreInspection } from "../../application/ports/doctor.ts";
import type { ArchiveRecords } from "../../application/ports/archive.ts";
import type { ApiKeyRecords } from "../../application/ports/api-keys.ts";
import { type Duties, NO_OTHERS } from "../../application/ports/duties.ts";
import type { Random } from "../../application/ports/runtime.ts";
import type { SharedLimits } from "../../application/ports/shared-limits.ts";
import type { Store } from "../../application/ports/store.ts";
import type { Records } from "../../application/ports/records.ts";
import type { EnrolmentRecords } from "../../application/ports/enrolment.ts";
import type { StoryRecords } from "../../application/ports/explain.ts";
import type { ExportRecords } from "../../application/ports/exports.ts";
import type { FiscalRecords } from "../../application/ports/fiscal.ts";
import type { EventOutbox } from "../../application/ports/notify.ts";
import type { Behalf, RequestRecords } from "../../application/ports/requests.ts";
import type { RefundRecords } from "../../application/ports/refunds.ts";
import type { SweepRecords } from "../../application/ports/reconcile.ts";
import type { WebhookInbox } from "../../application/ports/webhooks.ts";
import { writesOnBehalf } from "./behalf.ts";
import { archiveRecords, mustNotBeArchived } from "./records/archives.ts";
import { apiKeyRecords } from "./records/api-keys.ts";
import { LEAST_CHARGE_CENTS } from "../../domain/balance.ts";
import { unpaidDue } from "./billing/unpaid-subscriptions.ts";
import { applyTransitions, customersToReread, dueSteps, expiringCards, noteWaiting } from "./billing/dunning-steps.ts";
import { cardsToKeep, claimLink } from "./billing/payment-links.ts";
import { dueRechecks, noteRecheck } from "./billing/rechecks.ts";
import { disputeReads, noteDisputeReads } from "./records/disputes.ts";
import { enrolmentRecords } from "./records/enrolment.ts";
import { dueCycles, dueInvoices, duePlaces, factsBeforeOpening, isAnyDue } from "./billing/charge-facts.ts";
import { abandoned, claim, dueInquiries, markSending } from "./billing/claims.ts";
import {
  haltCharging,
  confirmMode,
  resumeCharging,
  sentWithinTheHour,
  readInstallation,
} from "./records/installation.ts";
import { fiscalRecords } from "./records/fiscal.ts";
import { dutiesOf } from "./records/duties.ts";
import { nodeOf, noteUnfinished, type RightToCharge, stillOwns } from "./records/nodes.ts";
import { exportRecords } from "./reports/exports.ts";
import { storyRecords } from "./reports/stories.ts";
import { storeInspection } from "./reports/inspection.ts";
import type { DatabaseAccess } from "./dialect/database-access.ts";
import type { Connected } from "./dialect/sql.ts";
import { dueSubscriptions, open } from "./billing/due-subscriptions.ts";
import { notificationOutbox } from "./records/notification-outbox.ts";
import { list, pageOf } from "./reports/listings.ts";
import { settleBatch } from "./billing/outcomes.ts";
import { statusCounts } from "./reports/status-counts.ts";
import { customersToProbe, forgetReadFailures, noteReadFailure, unreadable } from "./records/read-failures.ts";
import { refundRecords } from "./records/refunds.ts";
import { requestRecords } from "./records/requests.ts";
import { sharedLimitsOn } from "./records/shared-limits.ts";
import { sweepRecords } from "./records/sweep.ts";
import { ofAttempts, ofInvoices, ofSubscriptions, type Writes } from "./dialect/writes.ts";
import { type Hints, saying } from "./dialect/postgres/hints.ts";
import { webhookInbox } from "./records/webhook-inbox.ts";
import { explained } from "./explained.ts";

export type OpenedStore = Store & {
  readonly inbox: WebhookInbox;
  readonly sweep: SweepRecords;
  readonly refunds: RefundRecords;
  readonly outbox: EventOutbox;
  readonly keys: ApiKeyRecords;
  readonly requests: RequestRecords;
  readonly enrolment: EnrolmentRecords;
  readonly exporting: ExportRecords;
  readonly explaining: StoryRecords;
  readonly fiscal: FiscalRecords;
  readonly archive: ArchiveRecords;
  readonly inspection: StoreInspection;
  readonly duties: Duties;
  /** Null: one process at a time charges from it. */
  readonly shared: SharedLimits | null;
  /** There was no database: it was made. */
  readonly isNew: boolean;
  readonly appliedMigrations: readonly string[];
  /** The same store for one who asks: what is written by it is theirs. Closed with this one. */
  onBehalf(behalf: Behalf): OpenedStore;
  /**
   * Several changes in one transaction: all of them, or none. @param work calls nobody else, and may run again from the start
   */
  together<T>(work: (store: Omit<OpenedStore, "onBehalf" | "together">) => Promise<T>): Promise<T>;
  /** Null: nobody else writes what a run here would not see. */
  readonly hearHints: Hints["hear"] | null;
  close(): Promise<void>;
};

export type StoreOptions = {
  readonly random: Random;
  /** Written into the installation row when the database is new. */
  readonly now: Date;
  /** Refuse to open when another process charges. On PostgreSQL those who charge do so beside each other. */
  readonly exclusive: boolean;
  readonly access: DatabaseAccess;
  /** MIN_CHARGE_CENTS: what of an invoice is below it joins the next one. */
  readonly leastCents?: number | undefined;
};

/** A database that is open, of whatever dialect. */
export type OpenDatabase = Pick<OpenedStore, "isNew" | "appliedMigrations" | "close"> & {
  readonly read: () => Connected;
  readonly random: Random;
  readonly leastCents: StoreOptions["leastCents"];
  readonly writes: Writes;
  readonly hints: Hints | null;
  readonly health: (em: Connected) => Promise<DatabaseHealth>;
  readonly rightToCharge: RightToCharge;
  /** @throws {DatabaseUnusable} it is another database by now */
  mustBeInPlace(): void;
  /** @throws {DatabaseUnusable} a page of it is damaged */
  mustBeWhole(em: Connected): Promise<void>;
  /** The database's own error in words, or the error itself. */
  readonly explain: (error: unknown) => unknown;
};

export function storeOn(database: OpenDatabase): OpenedStore {
  const { read, rightToCharge, hints } = database;
  const nodes = nodeOf({ read, alone: database.writes.alone, rightToCharge });
  return partsOn(database, nodes, { read, writes: saying(hints, database.writes, () => nodes.owner === null) });
}

type Access = { readonly read: () => Connected; readonly writes: Writes };

function partsOn(database: OpenDatabase, nodes: ReturnType<typeof nodeOf>, { read, writes }: Access): OpenedStore {
  const { random, rightToCharge, leastCents = LEAST_CHARGE_CENTS } = database;
  const { alone, mapped, beside } = writes;
  const parts = explained<Omit<OpenedStore, "onBehalf" | "together" | "hearHints">>(database.explain, {
    inbox: webhookInbox({ read, ...writes, random }),
    refunds: refundRecords({ read, write: alone, random }),
    outbox: notificationOutbox({ read, ...writes }),
    requests: requestRecords({ read, ...database.writes }),
    keys: apiKeyRecords({ read, ...writes, random }),
    enrolment: enrolmentRecords({ read, write: alone, random, leastCents }),
    exporting: exportRecords({ read }),
    explaining: storyRecords({ read, leastCents }),
    fiscal: fiscalRecords({ read, write: alone, random }),
    archive: archiveRecords({ read, write: alone, random }),
    sweep: sweepRecords({ read, write: alone, random }),
    duties: rightToCharge.leaseMs === null ? NO_OTHERS : dutiesOf(nodes, read),
    shared: rightToCharge.leaseMs === null ? null : sharedLimitsOn(read),
    inspection: storeInspection({ read, write: alone, health: database.health }),
    isNew: database.isNew,
    appliedMigrations: database.appliedMigrations,
    takeOver: (ownerId) => nodes.takeOver(ownerId),
    async stillOwns(owner) {
      database.mustBeInPlace();
      return await stillOwns(read(), owner);
    },
    noteUnfinished: (owner, because, now) => alone((em) => noteUnfinished(em, owner, because, now)),
    async dueSubscriptions(now, limit, except) {
      // Nodes that open at once begin at different places; what is left is everybody's.
      const place = rightToCharge.leaseMs === null ? 0 : await nodes.place();
      const further = place === 0 ? [] : await dueSubscriptions(read(), now, limit, except, place * limit, leastCents);
      return further.length > 0 ? further : await dueSubscriptions(read(), now, limit, except, 0, leastCents);
    },
    open: (batches, now) =>
      beside(ofSubscriptions(batches.map((each) => each.subscriptionId)), (em) => open(em, batches, now, random)),
    dueInvoices: (now, page) => dueInvoices(read(), now, page),
    duePlaces: (now, page) => duePlaces(read(), now, page),
    dueCycles: (now, page) => dueCycles(read(), now, page),
    factsBeforeOpening: (invoices, now) => factsBeforeOpening(read(), invoices, now),
    async claim(owner, claimOptions, decide) {
      if (await isAnyDue(read(), claimOptions.now, claimOptions))
        return await beside(null, (em) => claim(em, owner, claimOptions, decide, random));
      decide([]);
      return { claimed: [], moved: [] };
    },
    markSending: (owner, items, sendOptions) =>
      beside(ofAttempts(items.map(({ attemptId }) => attemptId)), async (em, isAgain) => {
        await nodes.live(em, owner);
        return await markSending(em, owner, items, { ...sendOptions, isAgain });
      }),
    settle: (items, now, decide) =>
      beside(ofAttempts(items.map(({ attemptId }) => attemptId)), (em) => settleBatch(em, items, now, decide, random)),
    abandoned: (owner, now, limit) => abandoned(read(), owner, now, limit),
    dueInquiries: (now, limit) => dueInquiries(read(), now, limit),
    dueSteps: (now, page) => dueSteps(read(), now, page),
    unpaidDue: (now) => unpaidDue(read(), now),
    customersToReread: (now, which) => customersToReread(read(), now, which),
    applyTransitions: (invoiceIds, now, decide) =>
      beside(ofInvoices(invoiceIds), (em) => applyTransitions(em, invoiceIds, now, decide, random)),
    noteWaiting: (waiting, now) =>
      beside(ofInvoices(waiting.map(({ invoiceId }) => invoiceId)), (em) => noteWaiting(em, waiting, now, random)),
    expiringCards: (now, days) => expiringCards(read(), now, days),
    dueRechecks: (now, limit) => dueRechecks(read(), now, limit),
    noteRecheck: (attemptId, next) => beside(null, (em) => noteRecheck(em, attemptId, next)),
    disputeReads: (now, limit) => disputeReads(read(), now, limit),
    noteDisputeReads: (reads, now) => beside(null, (em) => noteDisputeReads(em, reads, now)),
    cardsToKeep: (now, limit) => cardsToKeep(read(), now, limit),
    claimLink: (owner, link) => beside(ofInvoices([link.invoiceId]), (em) => claimLink(em, owner, link, random)),
    sentWithinTheHour: (now) => sentWithinTheHour(read(), now),
    haltCharging: (halt, now) => beside(null, (em) => haltCharging(em, halt, now, random)),
    resumeCharging: (resumption, now) => alone((em) => resumeCharging(em, resumption, now, random)),
    installation: () => readInstallation(read()),
    mustBeWhole: () => database.mustBeWhole(read()),
    confirmMode: (livemode) => alone((em) => confirmMode(em, livemode)),
    customersToProbe: (limit) => customersToProbe(read(), limit),
    noteReadFailure: (failed, now, nextReadAt) => beside(null, (em) => noteReadFailure(em, failed, now, nextReadAt)),
    forgetReadFailures: (ids) => beside(null, (em) => forgetReadFailures(em, ids)),
    unreadable: () => unreadable(read()),
    async list(name, listing) {
      const rows = await list(read(), name, listing);
      const named = (listing.where as { readonly invoiceId?: unknown } | undefined)?.invoiceId;
      if (rows.length === 0 && typeof named === "string") await mustNotBeArchived(read(), named);
      return rows;
    },
    page: (name, listing) => pageOf(read(), name, listing),
    statusCounts: (now) => statusCounts(read(), now),
    async write<T>(now: Date, work: (records: Records) => Promise<T>) {
      // The mapper comes with it, which nothing else here needs.
      const { recordsIn } = await import("./records/records.ts");
      return await mapped(async (mapper) => {
        const records = recordsIn(mapper, now, random, leastCents);
        const result = await work(records);
        await records.flush();
        return result;
      });
    },
    async close() {
      await nodes.retire();
      await database.close();
    },
  });
  return {
    ...parts,
    hearHints: database.hints?.hear ?? null,
    together: (work) =>
      writes.mapped((em) => work(partsOn(database, nodes, { read: () => em, writes: writesWithin(em) }))),
    onBehalf: (behalf) =>
      partsOn(database, nodes, {
        read,
        writes: writesOnBehalf(
          saying(database.hints, database.writes, () => true),
          behalf,
          (em) => partsOn(database, nodes, { read: () => em, writes: NO_WRITES }),
        ),
      }),
  };
}

/** Each is a part of the transaction that is open. */
function writesWithin(em: SqlEntityManager): Writes {
  return {
    alone: (work) => work(em, false),
    mapped: (work) => work(em),
    beside: (_whose, work) => work(em, false),
  };
}

/** For what only looks. */
export const NO_WRITES: Writes = { alone: refused, mapped: refused, beside: refused };

async function refused(): Promise<never> {
  throw new Error("nothing is written by who only reads");
}

/** The store on one SQLite file: every method of the port is one short transaction, or one read. */
import type { StoreInspection } from "../../application/ports/doctor.ts";
import type { Random } from "../../application/ports/runtime.ts";
import type { Records, Store } from "../../application/ports/store.ts";
import type { StoryRecords } from "../../application/ports/explain.ts";
import type { EventOutbox } from "../../application/ports/notify.ts";
import type { RefundRecords } from "../../application/ports/refunds.ts";
import type { SweepRecords } from "../../application/ports/reconcile.ts";
import type { WebhookInbox } from "../../application/ports/webhooks.ts";
import { applyTransitions, customersToReread, dueSteps, expiringCards, noteWaiting } from "./billing/dunning-steps.ts";
import { cardsToKeep, claimLink } from "./billing/payment-links.ts";
import { dueRechecks, noteRecheck } from "./billing/rechecks.ts";
import { UnitOfWorkRecords } from "./records/records.ts";
import { dueInvoices, factsBeforeOpening } from "./billing/charge-facts.ts";
import { abandoned, claim, dueInquiries, markSending } from "./billing/claims.ts";
import {
  haltCharging,
  confirmMode,
  ensureInstallation,
  resumeCharging,
  sentWithinTheHour,
  readInstallation,
  takeOver,
} from "./records/installation.ts";
import { storyRecords } from "./reports/stories.ts";
import { storeInspection } from "./reports/inspection.ts";
import { watchFiles } from "./dialect/file-watch.ts";
import { acquireChargeLock, type ChargeLock } from "./dialect/lock.ts";
import {
  type DatabaseAccess,
  explainDatabaseError,
  isMissing,
  MEMORY,
  migrate,
  mustBeUpToDate,
  mustBeWhole,
  openDatabase,
} from "./dialect/open-database.ts";
import { dueSubscriptions, open } from "./billing/due-subscriptions.ts";
import { notificationOutbox } from "./records/notification-outbox.ts";
import { list, pageOf } from "./reports/listings.ts";
import { settleBatch } from "./billing/outcomes.ts";
import { statusCounts } from "./reports/status-counts.ts";
import { customersToProbe, forgetReadFailures, noteReadFailure, unreadable } from "./records/read-failures.ts";
import { refundRecords } from "./records/refunds.ts";
import { sweepRecords } from "./records/sweep.ts";
import { writing } from "./dialect/transaction.ts";
import { webhookInbox } from "./records/webhook-inbox.ts";

export type SqliteStore = Store & {
  readonly inbox: WebhookInbox;
  readonly sweep: SweepRecords;
  readonly refunds: RefundRecords;
  readonly outbox: EventOutbox;
  readonly explaining: StoryRecords;
  readonly inspection: StoreInspection;
  /** There was no database: it was made. */
  readonly isNew: boolean;
  readonly appliedMigrations: readonly string[];
  close(): Promise<void>;
};

export type SqliteStoreOptions = {
  /** A file, or ":memory:". */
  readonly databasePath: string;
  readonly random: Random;
  /** Written into the installation row when the database is new. */
  readonly now: Date;
  /** Whoever charges: refuse to open when another process holds that right. */
  readonly exclusive: boolean;
  readonly access: DatabaseAccess;
};

/**
 * Opens the file, making and migrating it where `access` allows it.
 *
 * @throws {AlreadyRunning} `exclusive`, and another process charges from this file
 * @throws {DatabaseUnusable} the file cannot be opened, written or understood
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { databasePath, random, access } = options;
  const isNew = isMissing(databasePath);
  const orm = await openDatabase(databasePath, access);
  let lock: ChargeLock | null = null;
  let appliedMigrations: string[] = [];
  try {
    if (options.exclusive && databasePath !== MEMORY) lock = acquireChargeLock(databasePath);
    if (access === "read") await mustBeUpToDate(orm, databasePath);
    else {
      appliedMigrations = await migrate(orm, databasePath);
      await orm.em.fork().transactional((em) => ensureInstallation(em, options.now, random));
    }
  } catch (error) {
    lock?.release();
    await orm.close();
    throw explainDatabaseError(error, databasePath);
  }
  const read = () => orm.em.fork();
  const mustBeInPlace = lock === null ? () => {} : watchFiles(databasePath);

  return inWords(databasePath, {
    inbox: webhookInbox({ read, write: (work) => writing(orm, databasePath, work), random }),
    refunds: refundRecords({ read, write: (work) => writing(orm, databasePath, work), random }),
    outbox: notificationOutbox({ read, write: (work) => writing(orm, databasePath, work) }),
    explaining: storyRecords({ read }),
    sweep: sweepRecords({ read, write: (work) => writing(orm, databasePath, work), random }),
    inspection: storeInspection({ read, write: (work) => writing(orm, databasePath, work), databasePath }),
    isNew,
    appliedMigrations,
    takeOver: (ownerId) => writing(orm, databasePath, (em) => takeOver(em, ownerId)),
    dueSubscriptions: (now, limit, except) => dueSubscriptions(read(), now, limit, except),
    open: (batches, now) => writing(orm, databasePath, (em) => open(em, batches, now, random)),
    dueInvoices: (now, page) => dueInvoices(read(), now, page),
    factsBeforeOpening: (invoices, now) => factsBeforeOpening(read(), invoices, now),
    claim: (owner, claimOptions, decide) =>
      writing(orm, databasePath, (em) => claim(em, owner, claimOptions, decide, random)),
    markSending: (owner, items, sendOptions) =>
      writing(orm, databasePath, (em) => markSending(em, owner, items, sendOptions)),
    settle: (items, now, decide) => writing(orm, databasePath, (em) => settleBatch(em, items, now, decide, random)),
    abandoned: (owner, now, limit) => abandoned(read(), owner, now, limit),
    dueInquiries: (now, limit) => dueInquiries(read(), now, limit),
    dueSteps: (now, page) => dueSteps(read(), now, page),
    customersToReread: (now, which) => customersToReread(read(), now, which),
    applyTransitions: (invoiceIds, now, decide) =>
      writing(orm, databasePath, (em) => applyTransitions(em, invoiceIds, now, decide, random)),
    noteWaiting: (waiting, now) => writing(orm, databasePath, (em) => noteWaiting(em, waiting, now, random)),
    expiringCards: (now, days) => expiringCards(read(), now, days),
    dueRechecks: (now, limit) => dueRechecks(read(), now, limit),
    noteRecheck: (attemptId, next) => writing(orm, databasePath, (em) => noteRecheck(em, attemptId, next)),
    cardsToKeep: (now, limit) => cardsToKeep(read(), now, limit),
    claimLink: (owner, link) => writing(orm, databasePath, (em) => claimLink(em, owner, link, random)),
    sentWithinTheHour: (now) => sentWithinTheHour(read(), now),
    haltCharging: (halt, now) => writing(orm, databasePath, (em) => haltCharging(em, halt, now, random)),
    resumeCharging: (resumption, now) =>
      writing(orm, databasePath, (em) => resumeCharging(em, resumption, now, random)),
    async installation() {
      mustBeInPlace();
      return await readInstallation(read());
    },
    mustBeWhole: () => mustBeWhole(read(), databasePath),
    confirmMode: (livemode) => writing(orm, databasePath, (em) => confirmMode(em, livemode)),
    customersToProbe: (limit) => customersToProbe(read(), limit),
    noteReadFailure: (failed, now, nextReadAt) =>
      writing(orm, databasePath, (em) => noteReadFailure(em, failed, now, nextReadAt)),
    forgetReadFailures: (ids) => writing(orm, databasePath, (em) => forgetReadFailures(em, ids)),
    unreadable: () => unreadable(read()),
    list: (name, listing) => list(read(), name, listing),
    page: (name, listing) => pageOf(read(), name, listing),
    statusCounts: (now) => statusCounts(read(), now),
    write: <T>(now: Date, work: (records: Records) => Promise<T>) =>
      writing(orm, databasePath, async (em) => {
        const records = new UnitOfWorkRecords(em, now, random);
        const result = await work(records);
        await records.flush();
        return result;
      }),
    async close() {
      await orm.close();
      lock?.release();
    },
  });
}

type Asked = (...given: readonly unknown[]) => Promise<unknown>;

/** Reads meet the same faults of the file as writes do: every method says them in words. */
function inWords<Part extends object>(databasePath: string, part: Part): Part {
  const explained = Object.entries(part).map(([name, value]): [string, unknown] => {
    if (typeof value === "function") return [name, explaining(value as Asked)];
    return [
      name,
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? inWords(databasePath, value as object)
        : value,
    ];
  });
  return Object.fromEntries(explained) as Part;

  function explaining(asked: Asked): Asked {
    return async (...given) => {
      try {
        return await asked(...given);
      } catch (error) {
        throw explainDatabaseError(error, databasePath);
      }
    };
  }
}

/** The store on one SQLite file: every method of the port is one short transaction, or one read. */
import type { BooksInspection } from "../../application/ports/doctor.ts";
import type { Books, Random, Store } from "../../application/ports/store.ts";
import type { ExplainingBooks } from "../../application/ports/explain.ts";
import type { EventOutbox } from "../../application/ports/notify.ts";
import type { RefundBooks } from "../../application/ports/refunds.ts";
import type { SweepBooks } from "../../application/ports/reconcile.ts";
import type { WebhookInbox } from "../../application/ports/webhooks.ts";
import { dueChecks, dueSteps, expiringCards, moveOn } from "./billing/dunning-steps.ts";
import { cardsToKeep, claimLink, dueRechecks, noteRecheck } from "./billing/payment-links.ts";
import { UnitOfWorkBooks } from "./records/records.ts";
import { abandoned, claim, dueLooks, holdBeyondDailyLimit, markSending } from "./billing/claims.ts";
import {
  closeGate,
  confirmMode,
  ensureInstallation,
  openGate,
  readInstallation,
  takeOver,
} from "./records/installation.ts";
import { explainingBooks } from "./reports/stories.ts";
import { booksInspection } from "./reports/inspection.ts";
import { acquireChargeLock, type ChargeLock } from "./dialect/lock.ts";
import { MEMORY, migrate, openDatabase } from "./dialect/open-database.ts";
import { dueSubscriptions, open } from "./billing/due-subscriptions.ts";
import { notificationOutbox } from "./records/notification-outbox.ts";
import { list } from "./reports/listings.ts";
import { settleBatch } from "./billing/outcomes.ts";
import { statusCounts } from "./reports/status-counts.ts";
import { textOrNull } from "./dialect/codec.ts";
import { all } from "./dialect/sql.ts";
import { refundBooks } from "./records/refunds.ts";
import { sweepBooks } from "./records/sweep.ts";
import { writing } from "./dialect/transaction.ts";
import { webhookInbox } from "./records/webhook-inbox.ts";

export type SqliteStore = Store & {
  readonly inbox: WebhookInbox;
  readonly sweep: SweepBooks;
  readonly refunds: RefundBooks;
  readonly outbox: EventOutbox;
  readonly explaining: ExplainingBooks;
  readonly inspection: BooksInspection;
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
};

/**
 * Opens the file, creating and migrating it as needed.
 *
 * @throws {AlreadyRunning} `exclusive`, and another process charges from this file
 * @throws {DatabaseUnusable} the file cannot be opened, written or understood
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { databasePath, random } = options;
  const orm = await openDatabase(databasePath);
  let lock: ChargeLock | null = null;
  let appliedMigrations: string[];
  try {
    if (options.exclusive && databasePath !== MEMORY) lock = acquireChargeLock(databasePath);
    appliedMigrations = await migrate(orm, databasePath);
    await orm.em.fork().transactional((em) => ensureInstallation(em, options.now, random));
  } catch (error) {
    lock?.release();
    await orm.close();
    throw error;
  }
  const read = () => orm.em.fork();

  return {
    inbox: webhookInbox({ read, write: (work) => writing(orm, databasePath, work), random }),
    refunds: refundBooks({ read, write: (work) => writing(orm, databasePath, work), random }),
    outbox: notificationOutbox({ read, write: (work) => writing(orm, databasePath, work) }),
    explaining: explainingBooks({ read }),
    sweep: sweepBooks({ read, write: (work) => writing(orm, databasePath, work), random }),
    inspection: booksInspection({ read, write: (work) => writing(orm, databasePath, work), databasePath }),
    appliedMigrations,
    takeOver: (ownerId) => writing(orm, databasePath, (em) => takeOver(em, ownerId)),
    dueSubscriptions: (now, limit, except) => dueSubscriptions(read(), now, limit, except),
    open: (batches, now) => writing(orm, databasePath, (em) => open(em, batches, now, random)),
    holdBeyondDailyLimit: (now, maxPerDay) =>
      writing(orm, databasePath, (em) => holdBeyondDailyLimit(em, now, maxPerDay, random)),
    claim: (owner, claimOptions) => writing(orm, databasePath, (em) => claim(em, owner, claimOptions, random)),
    markSending: (owner, items, sendOptions) =>
      writing(orm, databasePath, (em) => markSending(em, owner, items, sendOptions)),
    settle: (items, now, decide) => writing(orm, databasePath, (em) => settleBatch(em, items, now, decide, random)),
    abandoned: (owner, now, limit) => abandoned(read(), owner, now, limit),
    dueLooks: (now, limit) => dueLooks(read(), now, limit),
    dueChecks: (now, checkOptions) => dueChecks(read(), now, checkOptions),
    dueSteps: (now, limit) => dueSteps(read(), now, limit),
    moveOn: (invoiceIds, now, decide) =>
      writing(orm, databasePath, (em) => moveOn(em, invoiceIds, now, decide, random)),
    expiringCards: (now, days) => expiringCards(read(), now, days),
    dueRechecks: (now, limit) => dueRechecks(read(), now, limit),
    noteRecheck: (attemptId, next) => writing(orm, databasePath, (em) => noteRecheck(em, attemptId, next)),
    cardsToKeep: (limit) => cardsToKeep(read(), limit),
    claimLink: (owner, link) => writing(orm, databasePath, (em) => claimLink(em, owner, link, random)),
    closeGate: (because, now, reconcileSince) =>
      writing(orm, databasePath, (em) =>
        closeGate(em, { because, now, ...(reconcileSince && { reconcileSince }) }, random),
      ),
    openGate: (now, kind = "unauthorized") => writing(orm, databasePath, (em) => openGate(em, kind, now, random)),
    installation: () => readInstallation(read()),
    confirmMode: (livemode) => writing(orm, databasePath, (em) => confirmMode(em, livemode)),
    async anyCustomerId() {
      const [row] = await all(read(), "select customer_id from subscription order by id limit 1");
      return row === undefined ? null : textOrNull(row, "customer_id");
    },
    list: (name, listing) => list(read(), name, listing),
    statusCounts: (now) => statusCounts(read(), now),
    write: <T>(now: Date, work: (books: Books) => Promise<T>) =>
      writing(orm, databasePath, async (em) => {
        const books = new UnitOfWorkBooks(em, now, random);
        const result = await work(books);
        await books.flush();
        return result;
      }),
    async close() {
      await orm.close();
      lock?.release();
    },
  };
}

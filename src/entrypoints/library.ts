/**
 * Puntual as a library: `import { run, runOnce, migrate, connect } from "puntual"`.
 *
 * Nothing happens at import. Whoever calls `run` or `runOnce` charges; `connect` never does. No signal is listened to
 * unless it is asked for, nothing of the process is changed, and any number of instances live in one.
 */
import { once as onceEmitted } from "node:events";
import { type RunReport, reportOf } from "../application/settling/run-summary.ts";
import { type Assembly, assemble, type AssembleOptions } from "../assemble.ts";
import type { OpenTransaction } from "../adapters/store/dialect/postgres/open-transaction.ts";
import { EXIT } from "./cli/exit-codes.ts";
import type { Books } from "./library/books.ts";
import { booksOf } from "./library/connection.ts";
import { configOf, cwdOf, logOf, type Settings } from "./library/settings.ts";
import { withLimitName } from "./limit-name.ts";

export type { BalanceWish, Books, ConsentWish, ItemWish } from "./library/books.ts";
export type { ChangeOptions } from "./library/once.ts";
export type { Http, Settings } from "./library/settings.ts";
export type { Seed, SeedHandle } from "./library/seed.ts";
export type { LineWish, PlanWish, SubscriptionWish } from "./library/wishes.ts";
export type { OpenTransaction } from "../adapters/store/dialect/postgres/open-transaction.ts";
export type { Log as Logger } from "../application/ports/runtime.ts";
export type { NewCustomer, PaymentSource } from "../application/ports/gateway.ts";
export type { EventRow } from "../application/ports/listings/events.ts";
export type { BalanceEntryRow, ConsentRow, CouponGrantRow, ItemRow } from "../application/ports/listings/extras.ts";
export type { CustomerRow, PlanRow, SubscriptionRow } from "../application/ports/listings/subscriptions.ts";
export type { InvoiceRow, RefundRow } from "../application/ports/listings/invoices.ts";
export type { HistoryRow } from "../application/ports/listings/billing-views.ts";
export type { RunReport } from "../application/settling/run-summary.ts";
export type { Evidence } from "../application/subscriptions/evidence.ts";
export type { Explanation } from "../explain/explain.ts";
export {
  AlreadyRunning,
  BillingError,
  ConfigurationInvalid,
  DatabaseUnusable,
  GatewayRefused,
  GatewayUnauthorized,
  GatewayUnavailable,
  InputInvalid,
  NeedsConfirmation,
  NotFound,
  Refused,
  RequestInProgress,
  UsageInvalid,
  WrongAccount,
  WrongMode,
} from "../domain/errors.ts";

/** `stopped`: it was asked to. `failed`: start it again. `misconfigured`: that would not help, the log says why. */
export type RunnerEnd = "stopped" | "failed" | "misconfigured";

export type Runner = AsyncDisposable & {
  /** Where it answers; null: nowhere. */
  readonly url: string | null;
  /** Once it charges nobody any more, and all that was under way is written. */
  readonly ended: Promise<RunnerEnd>;
  /** Begins no new charge, waits for those under way, and closes the database. */
  stop(): Promise<RunnerEnd>;
};

/**
 * Charges what falls due, from now on, until it is stopped: what `puntual start` does.
 *
 * @param settings `handleSignals`: SIGINT, SIGTERM and SIGHUP stop it; otherwise they are the program's own affair
 * @throws {BillingError} it could not start
 */
export async function run({
  handleSignals = false,
  ...settings
}: Settings & { readonly handleSignals?: boolean }): Promise<Runner> {
  const config = configOf(settings);
  const { startDaemon } = await import("./daemon.ts");
  const daemon = await startDaemon(
    config,
    { cwd: cwdOf(settings), writeLog: () => {} },
    { log: logOf(settings, config) },
  );
  const ended = daemon.ended.then((code): RunnerEnd =>
    code === EXIT.done ? "stopped" : code === EXIT.configuration ? "misconfigured" : "failed",
  );
  // Whoever waits for it is told; nobody has to.
  ended.catch(() => {});
  if (handleSignals) stopBySignal(daemon, ended);
  async function stop(): Promise<RunnerEnd> {
    daemon.stop("stop");
    return await ended;
  }
  return { url: daemon.url, ended, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

function stopBySignal(daemon: { stop(signal: string): void }, ended: Promise<unknown>): void {
  const forget = new AbortController();
  void ended.finally(() => forget.abort()).catch(() => {});
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    onceEmitted(process, signal, { signal: forget.signal }).then(
      () => daemon.stop(signal),
      () => {},
    );
}

/**
 * Charges once what is due now: what `puntual run` does.
 *
 * @param settings `limit`: charges, at most. `signal`: aborted, it begins no new charge and finishes those under way
 * @throws {AlreadyRunning} on SQLite, another process charges from this file
 */
export async function runOnce({
  limit,
  signal = new AbortController().signal,
  ...settings
}: Settings & { readonly limit?: number; readonly signal?: AbortSignal }): Promise<RunReport> {
  const { runOnce: pass } = await import("./run-once.ts");
  await using app = await open(settings, { charging: true, besideOthers: true, database: "make" });
  return withLimitName(reportOf(await pass(app, { limit: limit ?? null }, signal)));
}

/** Makes the database, or brings its tables up to date: what `puntual migrate` does. */
export async function migrate(
  settings: Settings,
): Promise<{ readonly made: boolean; readonly migrations: readonly string[] }> {
  await using app = await open(settings, { charging: false, database: "make" });
  return { made: app.store.isNew, migrations: app.store.appliedMigrations };
}

export type Puntual = Books & AsyncDisposable & { close(): Promise<void> };

/**
 * Reads and changes the books, beside whoever charges.
 *
 * @param settings `transaction`: on PostgreSQL, a client of node-postgres on which you have sent `begin`. All that is read and
 * changed is part of it, and there when you commit. Customers and cards are Conekta's: make them before you begin
 * @throws {DatabaseUnusable} there is no database; `migrate` makes one
 */
export async function connect({
  transaction,
  ...settings
}: Settings & { readonly transaction?: OpenTransaction }): Promise<Puntual> {
  const within = transaction === undefined ? {} : { within: transaction };
  const app = await open(settings, { charging: false, database: "write", ...within });
  const close = async () => await app[Symbol.asyncDispose]();
  return { ...booksOf(app, cwdOf(settings)), close, [Symbol.asyncDispose]: close };
}

async function open(
  settings: Settings,
  options: Pick<AssembleOptions, "charging" | "database" | "within"> & { readonly besideOthers?: boolean },
): Promise<Assembly> {
  const config = configOf(settings);
  const log = logOf(settings, config);
  return await assemble(config, { ...options, cwd: cwdOf(settings), writeLog: () => {} }, { log });
}

/**
 * The daemon: cron says when it wakes, the tables decide.
 *
 * A tick means "bill everything that is due by now"; a missed, doubled or late one needs no code of its own. When it is
 * stopped it claims no more, lets the calls in flight finish, commits, and ends. As a process it is stopped by SIGINT,
 * SIGTERM, SIGHUP or the process manager's message. A bug outside every step of a run ends it with code 1, and pm2 starts it
 * again; a fault of the configuration ends it with 78, and pm2 does not.
 * What a database server refuses amid the work ends it with neither.
 */
import cron from "node-cron";
import { reportOf } from "../application/settling/run-summary.ts";
import { systemClock } from "../adapters/clock.ts";
import { callHeartbeat } from "../adapters/heartbeat.ts";
import { collectAll, spareMemory } from "./spare-memory.ts";
import { assemble, type Overrides } from "../assemble.ts";
import type { Config } from "../config.ts";
import { AlreadyRunning, BillingError, DatabaseUnusable } from "../domain/errors.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./cli/exit-codes.ts";
import type { DaemonState } from "./daemon-state.ts";
import { startHttp } from "./http/server.ts";
import { noWebhooksYet } from "./http/webhook-counts.ts";
import { watchInbox } from "./inbox.ts";
import { wakeUps } from "./wake-ups.ts";
import { spareTime } from "./spare-time.ts";
import { onStop } from "./stop-signals.ts";
import { watchOutbox } from "./outbox.ts";
import { watchedTick } from "./watched-tick.ts";

/** The reader of our log may go away, and its disk may be full; that is no reason to stop billing. */
function outliveReader(): void {
  process.stdout.removeAllListeners("error");
  process.stdout.on("error", () => {});
}

/** Within which the nodes of one database begin their ticks. */
const APART_MS = 2_000;
/** Within which they look for what one was just told of. */
const HINT_APART_MS = 1_000;

/**
 * What the server of a running daemon refuses may pass by itself: a failover, a name that is not found for a moment. Ended
 * with 78 it would not be started again when that is over.
 */
function mayPass(error: BillingError): boolean {
  return error instanceof DatabaseUnusable && error.isOfServer;
}

/** Runs until a signal stops it. @throws {BillingError} it could not start */
export async function runDaemon(config: Config, { cwd }: { readonly cwd: string }): Promise<ExitCode> {
  outliveReader();
  const giveBack = spareMemory({
    monotonicMs: () => performance.now(),
    heapBytes: () => process.memoryUsage().heapTotal,
    collect: collectAll,
  });
  const daemon = await startDaemon(config, {
    ...{ cwd, writeLog: (line: string) => void process.stdout.write(line) },
    afterTick: giveBack,
  });
  const unhook = onStop((signal) => daemon.stop(signal));
  process.send?.("ready");
  const exitCode = await daemon.ended;
  unhook();
  return exitCode;
}

export type Daemon = {
  /** Where it answers; null: nowhere. */
  readonly url: string | null;
  /** Once all that was under way is written, and the database is closed. */
  readonly ended: Promise<ExitCode>;
  /** @param signal for the log: what stopped it */
  stop(signal: string): void;
};

export type DaemonOptions = {
  readonly cwd: string;
  readonly writeLog: (line: string) => void;
  /** Called after each tick, and keeps HTTP, inbox and outbox waiting, which go on beside it. */
  readonly afterTick?: () => void;
};

/** It charges from here on. Nothing of the process is used: any number may run in one. @throws {BillingError} it could not start */
export async function startDaemon(
  config: Config,
  { cwd, writeLog, afterTick }: DaemonOptions,
  overrides: Overrides = {},
): Promise<Daemon> {
  await using opening = new AsyncDisposableStack();
  const stopping = new AbortController();
  const app = opening.use(
    await assemble(
      config,
      { cwd, stopping: stopping.signal, charging: true, besideOthers: true, database: "make", writeLog },
      overrides,
    ),
  );
  const { log } = app;
  for (const danger of config.dangers) log.warn("configuration.dangerous", { because: danger.en });
  if (app.store.isNew) log.warn("database.made", { database: config.database.name });
  // It has time for them between its ticks.
  const biller = await app.biller({ rereadsAtATick: 0 });
  const { needs, limits } = biller;
  const state: DaemonState = {
    startedAt: app.clock.now(),
    lastTickAt: null,
    nextTickAt: null,
    lastTickError: null,
    webhooks: noWebhooksYet(),
    breaker: needs.breaker,
  };
  // Before the key was checked, what it reads may be of the other mode.
  const inbox = opening.use(watchInbox(needs, limits, { isReady: () => biller.isKeyChecked }));
  const spare = opening.use(spareTime(needs, limits));
  const notifying = await app.notifying();
  const outbox = opening.use(notifying && (await watchOutbox(notifying)));
  const http = opening.use(await startHttp(app, state, { counts: state.webhooks, onAccepted: () => inbox.wake() }));

  const { heartbeatUrl } = config;
  const beat = heartbeatUrl && (() => callHeartbeat(heartbeatUrl.reveal(), log));

  const { promise: ended, resolve: end } = Promise.withResolvers<ExitCode>();
  let running: Promise<void> | null = null;
  let probeTimer: NodeJS.Timeout | undefined;
  let apartTimer: NodeJS.Timeout | undefined;
  let hintTimer: NodeJS.Timeout | undefined;

  async function tick(): Promise<void> {
    spare.end();
    try {
      const { summary } = await watchedTick(biller, { state, clock: app.clock, beat }, stopping.signal);
      log.debug("tick.done", reportOf(summary));
    } catch (error) {
      log.error("tick.failed", { error });
      if (!(error instanceof BillingError) || error instanceof AlreadyRunning) end(EXIT.failed);
      else if (exitCodeOf(error) === EXIT.configuration && !mayPass(error)) end(EXIT.configuration);
    }
  }
  /** One tick at a time: a wake-up during a tick is covered by it, or by the next. */
  function wake(): void {
    if (stopping.signal.aborted) return;
    running ??= tick().finally(() => {
      running = null;
      outbox?.wake();
      if (!stopping.signal.aborted && biller.isKeyChecked) spare.begin();
      state.nextTickAt = wakes.nextAt;
      wakeToProbe();
      endTick();
    });
  }

  function endTick(): void {
    try {
      afterTick?.();
    } catch (error) {
      log.warn("tick.not_followed", { error });
    }
  }

  /** Cron names the same second to every node: they begin one after the other. */
  function wakeApart(): void {
    if (app.store.shared === null) return wake();
    clearTimeout(apartTimer);
    apartTimer = setTimeout(wake, app.random.fraction() * APART_MS);
  }

  /** However many are told of: one tick, after the one that may have begun before. */
  function wakeForHint(): void {
    hintTimer ??= setTimeout(() => {
      hintTimer = undefined;
      void (running ?? Promise.resolve()).then(wake);
    }, app.random.fraction() * HINT_APART_MS);
  }

  /** While the gateway is failing it is asked more often than cron wakes us. */
  function wakeToProbe(): void {
    const { probeAt } = needs.breaker;
    clearTimeout(probeTimer);
    if (probeAt !== null) probeTimer = setTimeout(wake, Math.max(0, probeAt.getTime() - app.clock.now().getTime()));
  }

  const schedule = cron.createTask(config.billing.cron, wake, { timezone: config.billing.timeZone });
  const wakes = wakeUps({
    next: () => schedule.getNextRuns(1)[0] ?? new Date(Number.NaN),
    // Cron's own, which may differ from that of a database on a server.
    now: () => systemClock.now(),
    monotonicMs: () => performance.now(),
    wake: wakeApart,
    onJump: (byMs) =>
      log.warn("clock.jumped", { byMs, because: "this machine's clock was set; what is due is looked at anew" }),
  });
  log.info("daemon.ready", {
    pid: process.pid,
    database: config.database.name,
    cron: config.billing.cron,
    timeZone: config.billing.timeZone,
    chargeFlow: config.conekta.chargeFlow,
    http: http.url,
    startedInMs: Math.round(performance.now()),
  });
  opening.use(
    app.store.hearHints?.({
      onHint: wakeForHint,
      onFault: (error) =>
        log.warn("hints.unheard", { error, because: "what others put up for the next run waits for the next tick" }),
    }),
  );
  wake();
  const open = opening.move();

  async function untilEnd(): Promise<ExitCode> {
    try {
      const exitCode = await ended;
      stopping.abort();
      clearTimeout(probeTimer);
      clearTimeout(apartTimer);
      clearTimeout(hintTimer);
      wakes.stop();
      await running;
      log.info("daemon.stopped", { exitCode, webhooks: state.webhooks });
      return exitCode;
    } finally {
      await open.disposeAsync();
    }
  }
  return {
    url: http.url,
    ended: untilEnd(),
    stop(signal) {
      log.info("daemon.stopping", { signal });
      end(EXIT.done);
    },
  };
}

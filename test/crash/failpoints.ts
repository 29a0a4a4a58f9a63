/**
 * Where to kill: moments that can be seen from outside the daemon, some of them made longer by a fault of the sandbox.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type Database from "better-sqlite3";
import type { Random } from "../../src/application/ports/runtime.ts";
import type { ChargeFlow } from "../../src/domain/ways-to-pay.ts";
import type { FaultRule, LoggedRequest, Sandbox } from "../../src/sandbox/server.ts";
import type { DaemonUnderTest } from "./daemon-under-test.ts";

export type Around = {
  readonly flow: ChargeFlow;
  readonly sandbox: Sandbox;
  readonly daemon: DaemonUnderTest;
  /** Reads the records beside the daemon. */
  readonly records: Database.Database;
  readonly random: Random;
  /** The last request before this process. */
  readonly lastRequest: number;
  /** Charges that existed before this process. */
  readonly chargesBefore: number;
};

type Failpoint = {
  readonly name: string;
  readonly only?: ChargeFlow;
  /** Widens the moment. */
  readonly fault?: Pick<FaultRule, "kind" | "ms" | "next">;
  /** How many milliseconds after the start of the process; in place of `isNow`. */
  readonly withinMs?: number;
  readonly isNow?: (around: Around) => boolean;
  readonly first?: NodeJS.Signals;
};

export const FAILPOINTS: readonly Failpoint[] = [
  { name: "at any moment", withinMs: 2500 },
  { name: "ready", isNow: ({ daemon }) => daemon.output().includes("daemon.ready") },
  { name: "a claim is visible", isNow: (around) => has(around, "claimed") },
  { name: "an intent is visible", isNow: (around) => has(around, "sending") },
  { name: "an order was opened", only: "order_first", isNow: (around) => sees(around, "POST /orders", isAnswered) },
  {
    name: "the charge is under way",
    fault: { kind: "latency", ms: 60, next: 4 },
    isNow: (around) => sees(around, CHARGE[around.flow]),
  },
  {
    name: "the charge will never be made",
    fault: { kind: "hang_before", next: 2 },
    isNow: (around) => sees(around, CHARGE[around.flow], ({ faults }) => faults.includes("hang_before")),
  },
  {
    name: "charged, and never answered",
    fault: { kind: "hang_after", next: 2 },
    isNow: ({ sandbox, chargesBefore }) => sandbox.ledger().length > chargesBefore,
  },
  { name: "the answer was just sent", isNow: (around) => sees(around, CHARGE[around.flow], isAnswered) },
  { name: "the gateway is being asked", isNow: (around) => sees(around, "GET /orders") },
  { name: "while it stops", first: "SIGTERM", isNow: (around) => sees(around, CHARGE[around.flow]) },
];

export const CHARGE = { single: "POST /orders", order_first: "POST /orders/*/charges" } as const;
/** For moments that do not come, as when the gateway fails so often that nothing is sent to it. */
const PATIENCE_MS = 8000;

/** Waits for the moment. @returns whether it came */
export async function awaitMoment({ withinMs, isNow, first }: Failpoint, around: Around): Promise<boolean> {
  if (withinMs !== undefined) await sleep(around.random.fraction() * withinMs);
  if (isNow !== undefined) {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (; !isNow(around); await sleep(1)) if (performance.now() > giveUpAt) return false;
  }
  if (first !== undefined) {
    around.daemon.signal(first);
    await sleep(around.random.fraction() * 30);
  }
  return true;
}

function has({ records }: Around, state: string): boolean {
  return records.prepare("select 1 from attempt where state = ? limit 1").get(state) !== undefined;
}

function sees(
  { sandbox, lastRequest }: Around,
  call: string,
  isIt: (request: LoggedRequest) => boolean = () => true,
): boolean {
  const pattern = new RegExp(`^${call.replace("*", "[^/]+")}${call.startsWith("GET") ? "" : "$"}`);
  return sandbox
    .requests()
    .some(
      (request) => request.number > lastRequest && pattern.test(`${request.method} ${request.path}`) && isIt(request),
    );
}

function isAnswered({ status }: LoggedRequest): boolean {
  return status !== null;
}

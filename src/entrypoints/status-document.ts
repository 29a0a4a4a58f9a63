/** What is there, what is due, what is uncertain and since when, and whether anybody charges: the same for every door. */
import { nextAttempt } from "../application/run/next-attempt.ts";
import type { StatusCounts } from "../application/ports/listings/status-counts.ts";
import type { Assembly } from "../assemble.ts";
import { ATTEMPT_STATES } from "../domain/attempt.ts";
import { MINUTE_MS } from "../domain/duration.ts";
import { INVOICE_STATUSES } from "../domain/invoice.ts";
import { latenessOf } from "../domain/lateness.ts";
import { SUBSCRIPTION_STATUSES } from "../domain/subscription.ts";
import { chargingProcesses } from "./charging-processes.ts";

export type StatusDocument = Awaited<ReturnType<typeof statusDocument>>;
export type Waiting = { readonly count: number; readonly oldestAt: Date | null; readonly ageSeconds: number | null };

export async function statusDocument({ store, clock, config, foreseeing }: Assembly) {
  const now = clock.now();
  const { unknown, held, unreadable, disputes, openableSince, ...counted }: StatusCounts =
    await store.statusCounts(now);
  const installation = await store.installation();
  const { livemode, haltReason } = installation;
  const { running, pid, nodes } = await chargingProcesses(config, store.inspection);
  return {
    database: config.database.name,
    livemode,
    charging: { running, pid, because: whyUncharged({ ...counted, openableSince }, running, now), nodes },
    lastTick: await lastTick(store.inspection, haltReason),
    halt: { halted: haltReason !== null, because: haltReason },
    ...counted,
    // Each word stands there, also with 0: a script need not ask whether it is there.
    subscriptions: withZeros(SUBSCRIPTION_STATUSES, counted.subscriptions),
    invoices: withZeros(INVOICE_STATUSES, counted.invoices),
    attempts: withZeros(ATTEMPT_STATES, counted.attempts),
    nextAttemptAt: await nextAttempt({ ...foreseeing, records: store.explaining }, now),
    unknown: withAge(unknown, now),
    held: withAge(held, now),
    unreadable: withAge(unreadable, now),
    disputes: withAge(disputes, now),
    failedWebhooks: (await store.inspection.failedWebhooks()).count,
    events: { isTold: config.notify !== null, ...(await store.outbox.counts()) },
  };
}

/** What the last tick of any process left undone, and since when; null: none left anything, as far as is known. */
async function lastTick(inspection: Pick<Assembly["store"]["inspection"], "nodes">, haltReason: string | null) {
  const left = (await inspection.nodes()).flatMap((node) => node.unfinished ?? []);
  // A halt is said by itself.
  const [unfinished = null] = left.filter(({ because }) => because !== haltReason);
  return { unfinishedBecause: unfinished?.because ?? null, unfinishedSince: unfinished?.since ?? null };
}

/** @returns null: what is due is being charged, or nothing is */
function whyUncharged(
  {
    dueSubscriptions,
    dueInvoices,
    attempts,
    openableSince,
    nextAttemptAt,
  }: Omit<StatusCounts, "unknown" | "held" | "unreadable" | "disputes">,
  isRunning: boolean,
  now: Date,
): string | null {
  const due = dueSubscriptions + dueInvoices;
  const sending = isRunning ? 0 : (attempts["sending"] ?? 0);
  if (sending > 0)
    return `${sending} ${sending === 1 ? "charge was" : "charges were"} under way when a process died, and nobody asks what became of that`;
  if (due === 0) return null;
  if (!isRunning) return `${due} ${due === 1 ? "is" : "are"} due, and nobody charges`;
  const { isLate, ms } = latenessOf([openableSince, nextAttemptAt], now);
  return isLate ? `what is due has not been charged for ${Math.floor(ms / MINUTE_MS)} minutes` : null;
}

function withAge(waiting: StatusCounts["unknown"], now: Date): Waiting {
  const { oldestAt } = waiting;
  return {
    ...waiting,
    ageSeconds: oldestAt === null ? null : Math.floor((now.getTime() - oldestAt.getTime()) / 1000),
  };
}

function withZeros(words: readonly string[], byWord: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(words.map((word) => [word, byWord[word] ?? 0]));
}

/**
 * `GET /metrics`: the state of the books and of this process, in Prometheus's text format. No personal data.
 *
 * Numbers of the books are read when they are asked for, so they count what other processes did, too.
 * @see "Text-based format", prometheus.io/docs/instrumenting/exposition_formats (version 0.0.4, read 2026-11-23)
 */
import { ATTEMPT_STATES } from "../../domain/attempt.ts";
import { INVOICE_STATUSES } from "../../domain/invoice.ts";
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts";
import type { StoreInspection } from "../../application/ports/doctor.ts";
import type { EventOutbox } from "../../application/ports/notify.ts";
import type { Clock } from "../../application/ports/runtime.ts";
import type { Store } from "../../application/ports/store.ts";
import type { DaemonState } from "../daemon-state.ts";

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type MeasuredStore = Pick<Store, "statusCounts" | "installation"> & {
  readonly outbox: Pick<EventOutbox, "counts">;
  readonly inspection: Pick<StoreInspection, "failedWebhooks" | "nodes">;
};

export async function metricsText(
  { store, clock }: { readonly store: MeasuredStore; readonly clock: Clock },
  state: Pick<DaemonState, "startedAt" | "lastTickAt" | "lastTickError" | "webhooks" | "breaker">,
): Promise<string> {
  const now = clock.now();
  const counts = await store.statusCounts(now);
  const { haltReason } = await store.installation();
  const events = await store.outbox.counts();
  const failed = await store.inspection.failedWebhooks();
  const nodes = Object.groupBy(await store.inspection.nodes(), ({ isAlive }) => (isAlive === false ? "dead" : "alive"));
  const ageSeconds = (oldest: Date | null) =>
    oldest === null ? 0 : Math.max(0, (now.getTime() - oldest.getTime()) / 1000);
  // prettier-ignore
  return [
    metric("puntual_attempts", "gauge", "Attempts, by state.", byWord("state", ATTEMPT_STATES, counts.attempts)),
    metric("puntual_invoices", "gauge", "Invoices, by status.", byWord("status", INVOICE_STATUSES, counts.invoices)),
    metric("puntual_subscriptions", "gauge", "Subscriptions, by status.", byWord("status", SUBSCRIPTION_STATUSES, counts.subscriptions)),
    metric("puntual_due_subscriptions", "gauge", "Subscriptions with a cycle to open now.", counts.dueSubscriptions),
    metric("puntual_due_invoices", "gauge", "Invoices to charge now.", counts.dueInvoices),
    metric("puntual_unknown", "gauge", "Attempts of which it is not known whether money moved.", counts.unknown.count),
    metric("puntual_unknown_oldest_age_seconds", "gauge", "Age of the oldest of them; 0: none.", ageSeconds(counts.unknown.oldestAt)),
    metric("puntual_held", "gauge", "Invoices that wait for a person.", counts.held.count),
    metric("puntual_held_oldest_age_seconds", "gauge", "Age of the oldest of them; 0: none.", ageSeconds(counts.held.oldestAt)),
    metric("puntual_paid_again", "gauge", "Second payments, to be given back.", counts.paidAgain),
    metric(
      "puntual_paid_after_cancel",
      "gauge",
      "Payments of what was canceled, to be kept or given back.",
      counts.paidAfterCancel,
    ),
    metric("puntual_disputes", "gauge", "Payments that are disputed at the bank, and not decided.", counts.disputes.count),
    metric("puntual_disputes_oldest_age_seconds", "gauge", "Age of the oldest of them; 0: none.", ageSeconds(counts.disputes.oldestAt)),
    metric("puntual_events_pending", "gauge", "Events still to be sent to NOTIFY_URL.", events.pending),
    metric("puntual_events_oldest_age_seconds", "gauge", "Age of the oldest of them; 0: none.", ageSeconds(events.oldestPendingAt)),
    metric("puntual_events_dead", "gauge", "Events that were given up.", events.dead),
    metric("puntual_webhooks_failed", "gauge", "Webhook events that were given up, until they are replayed.", failed.count),
    metric("puntual_charging_halted", "gauge", "1: no card is charged until the reason is mended.", haltReason === null ? 0 : 1),
    metric("puntual_breaker_open", "gauge", "1: Conekta fails, and is left alone.", state.breaker.isOpen ? 1 : 0),
    metric("puntual_nodes", "gauge", "Processes that charge from this database; dead: silent for longer than their lease.", byWord("state", ["alive", "dead"], { alive: nodes.alive?.length ?? 0, dead: nodes.dead?.length ?? 0 })),
    metric("puntual_start_time_seconds", "gauge", "When this process started (Unix time).", state.startedAt.getTime() / 1000),
    metric("puntual_last_tick_time_seconds", "gauge", "When the last tick was completed (Unix time); 0: none yet.", (state.lastTickAt?.getTime() ?? 0) / 1000),
    metric("puntual_last_tick_failed", "gauge", "1: the last tick failed, or could not charge.", state.lastTickError === null ? 0 : 1),
    metric("puntual_webhooks_total", "counter", "Calls to the webhook since the start, by what became of them.", byWord("result", Object.keys(state.webhooks), state.webhooks)),
  ].join("");
}

type Sample = { readonly labels: string; readonly value: number };

/** Every word stands there, also with 0: a number that appears only when things go wrong raises no alarm. */
function byWord(label: string, words: readonly string[], values: Readonly<Record<string, number>>): readonly Sample[] {
  return words.map((word) => ({ labels: `{${label}="${word}"}`, value: values[word] ?? 0 }));
}

/** Names, words and help are ours and need no escaping. */
function metric(name: string, type: "gauge" | "counter", help: string, value: number | readonly Sample[]): string {
  const samples = typeof value === "number" ? [{ labels: "", value }] : value;
  const lines = samples.map((sample) => `${name}${sample.labels} ${sample.value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

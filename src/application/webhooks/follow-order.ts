/**
 * One order that webhooks named: read it again, settle the attempts it belongs to, and say what became of the events.
 *
 * An order is ours when the books know it, or when it carries this installation's id. Money is booked from every
 * state. Anything else is booked only for an attempt that is `unknown` or `pending`: one that is being sent gets its
 * own call's answer, and the event waits for it. That an order shows nothing is never booked from here; inquiries that
 * count are made by `inquireDue`.
 */
import { isOpen, isPaid, isUncertain, type Payment } from "../../domain/attempt.ts";
import { isNotThere } from "../../domain/errors.ts";
import { mayBeRefund } from "../../domain/dispute.ts";
import { READ_LAG_MS } from "../../domain/read-lag.ts";
import { isAboutDispute, noteOf, taskOf, type Expected } from "../../domain/webhook-event.ts";
import type { Settled, SettleItem } from "../ports/charging.ts";
import type { NewEvent } from "../../domain/event-types.ts";
import { settleAttempts } from "../settling/settle-attempts.ts";
import { countSettled, type RunSummary } from "../settling/run-summary.ts";
import type { KnownAttempt, SeenOrder, TakenWebhook } from "../ports/webhooks.ts";
import { noteMoneyBack } from "./note-money-back.ts";
import { again, failed, ignored, processed, type Verdict, type WebhookNeeds } from "./webhook-verdict.ts";

/** @returns one verdict for each event, in their order */
export async function followOrder(
  needs: WebhookNeeds,
  orderId: string,
  events: readonly TakenWebhook[],
  summary: RunSummary,
): Promise<readonly Verdict[]> {
  const { inbox } = needs.webhooks;
  const known = await inbox.attemptsOf(orderId, []);
  if (known.length > 0 && known.every(({ state }) => isPaid(state)) && events.every(({ type }) => isAboutPaying(type)))
    return events.map(() => processed("paid already"));

  const order = await readOrder(needs, orderId);
  if (order === null) return events.map((event) => unlessLagging(needs, event, ignored("Conekta knows no such order")));

  const attempts = await inbox.attemptsOf(orderId, await ourReferences(needs, order));
  if (attempts.length === 0) return await withoutAttempt(needs, order, events);

  const settled = await settleAttempts(needs, evidenceFor(attempts, order));
  for (const each of settled) count(summary, each, attempts);
  const states = await inbox.attemptsOf(
    orderId,
    attempts.map(({ reference }) => reference),
  );
  const isDisputed = events.some(({ type }) => isAboutDispute(type));
  const mayLag = events.every((event) => isFresh(needs, event));
  await noteMoneyBack(needs, orderId, order, states, { isDisputed, mayLag, summary });
  return events.map((event) => verdictOn(needs, event, states, order));
}

/** Metadata can be copied by others; the installation's id is what makes a reference ours. */
async function ourReferences({ store }: WebhookNeeds, order: SeenOrder): Promise<readonly string[]> {
  return order.installationId === (await store.installation()).id ? order.references : [];
}

async function withoutAttempt(
  { store, log, webhooks }: WebhookNeeds,
  order: SeenOrder,
  events: readonly TakenWebhook[],
): Promise<readonly Verdict[]> {
  if (order.installationId !== (await store.installation()).id)
    return events.map(() => ignored("an order that is not of these books"));
  if (await webhooks.inbox.isArchived(order.references))
    return events.map(() =>
      failed("an order of an invoice that was archived: what is to follow, a person must decide"),
    );
  log.error("order.not_in_books", { orderId: events[0]?.orderId, references: order.references });
  return events.map(() =>
    failed(
      "an order of this installation that its books do not know, as after a backup was restored; take it into them, " +
        "then replay this event",
    ),
  );
}

async function readOrder({ webhooks }: WebhookNeeds, orderId: string): Promise<SeenOrder | null> {
  try {
    return await webhooks.orders.readOrder(orderId);
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}

export function evidenceFor(attempts: readonly KnownAttempt[], order: SeenOrder): SettleItem[] {
  return attempts.flatMap((attempt): SettleItem[] => {
    const { attemptId, state, reference, flow } = attempt;
    const inquiryAnswer = order.inquiryAnswerOf(reference, flow);
    if (inquiryAnswer.kind === "paid") {
      if (isPaid(attempt.state) || payerOf(inquiryAnswer.payment, attempts, order) !== attempt) return [];
      return [{ attemptId, evidence: inquiryAnswer }];
    }
    const isOver = inquiryAnswer.kind === "declined" || inquiryAnswer.kind === "lapsed";
    const isNews = isOver || (inquiryAnswer.kind === "pending" && state === "unknown");
    return isNews && isUncertain(attempt.state) ? [{ attemptId, evidence: inquiryAnswer }] : [];
  });
}

/** An order may hold charges of several attempts, and show each of them the one that paid: it is booked once. */
function payerOf({ chargeId }: Payment, attempts: readonly KnownAttempt[], order: SeenOrder): KnownAttempt | undefined {
  const reference = order.chargeReferences.get(chargeId ?? "");
  return (
    attempts.find((each) => chargeId !== null && each.chargeId === chargeId) ??
    attempts.find((each) => each.reference === reference) ??
    attempts.find(({ state }) => isOpen(state)) ??
    attempts.at(-1)
  );
}

function verdictOn(
  needs: WebhookNeeds,
  event: TakenWebhook,
  attempts: readonly KnownAttempt[],
  order: SeenOrder,
): Verdict {
  const task = taskOf(event.type);
  const until = task.do === "read_order" ? task.until : "anything";
  if (attempts.some(({ state }) => state === "sending") && !attempts.some(({ state }) => isPaid(state)))
    return again(event.tries, needs.clock.now(), "its charge is under way; its own answer comes first");
  if (isShown(until, attempts, order)) {
    const verdict = processed(null, notesOn(needs, event, attempts, order));
    return order.disputes.some(mayBeRefund) ? unlessLagging(needs, event, verdict) : verdict;
  }
  const because = `the order was read ${event.tries} times and does not show it`;
  if (until === "given_back") return unlessLagging(needs, event, failed(because));
  // Older accounts show no dispute on the charge: what was told stands in the history all the same.
  return unlessLagging(needs, event, processed(because, notesOn(needs, event, attempts, order)));
}

/** Reads were seen to lag behind their own webhook. */
function unlessLagging(needs: WebhookNeeds, event: TakenWebhook, otherwise: Verdict): Verdict {
  if (!isFresh(needs, event)) return otherwise;
  return again(event.tries, needs.clock.now(), "the read does not show it yet");
}

function isFresh({ clock }: WebhookNeeds, { receivedAt }: TakenWebhook): boolean {
  return clock.now().getTime() - receivedAt.getTime() < READ_LAG_MS;
}

function isShown(until: Expected, attempts: readonly KnownAttempt[], order: SeenOrder): boolean {
  switch (until) {
    case "paid":
      return attempts.some(({ state }) => isPaid(state));
    case "over":
      return !attempts.some(({ state }) => isUncertain(state));
    case "seen":
      return !attempts.some(({ state }) => state === "unknown");
    case "given_back":
      return order.givenBack !== null;
    case "disputed":
      return order.disputes.length > 0;
    case "anything":
      return true;
    default:
      return until satisfies never;
  }
}

/** Refunds and disputes change no state of ours, the invoice stays paid; its history records them. */
function notesOn(
  { log }: WebhookNeeds,
  event: TakenWebhook,
  attempts: readonly KnownAttempt[],
  order: SeenOrder,
): readonly NewEvent[] {
  const type = noteOf(event.type);
  const attempt = attempts.findLast(({ state }) => isPaid(state)) ?? attempts.at(-1);
  if (type === null || attempt === undefined) return [];
  const { invoiceId, attemptId, subscriptionId, customerId } = attempt;
  const isRefund = type.endsWith("refunded");
  log[isRefund ? "warn" : "error"](type, { invoiceId, attemptId, orderId: event.orderId, shows: order.givenBack });
  const data = {
    ...{ orderId: event.orderId, shows: order.givenBack, webhookEventId: event.id },
    // All that went back of the order by now.
    ...(isRefund && order.refundedCents !== null && { amountCents: order.refundedCents, currency: attempt.currency }),
  };
  return [{ type, customerId, subscriptionId, invoiceId, attemptId, data }];
}

function count(summary: RunSummary, settled: Settled, attempts: readonly KnownAttempt[]): void {
  const attempt = attempts.find(({ attemptId }) => attemptId === settled.attemptId);
  if (attempt !== undefined) countSettled(summary, settled, attempt);
}

/** No such event could change an order whose every attempt is paid. */
function isAboutPaying(type: string): boolean {
  const task = taskOf(type);
  return task.do === "read_order" && task.until !== "given_back" && noteOf(type) === null;
}

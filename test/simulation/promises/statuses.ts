/**
 * A subscription's status means what the documentation says, each change is told once, and what a policy's end or a
 * person decided is what the status shows.
 */
import type { EventSeen, InvoiceSeen, SubscriptionSeen } from "../books-view.ts";
import { isFailing, type News } from "./book.ts";
import { DAY_MS, named, type Context } from "./promises-of.ts";

/** What each event says the status is from now on; null: it says nothing of it. */
const SAYS: Readonly<Record<string, readonly string[] | null>> = {
  "subscription.created": ["trialing", "active"],
  "subscription.activated": ["active"],
  "subscription.past_due": ["past_due"],
  "subscription.recovered": ["active"],
  "subscription.unpaid": ["unpaid"],
  "subscription.paused": ["paused"],
  "subscription.resumed": ["trialing", "active"],
  "subscription.cancel_scheduled": null,
  "subscription.uncanceled": null,
  "subscription.unskipped": null,
  "subscription.changed": null,
  "subscription.plan_changed": null,
  "subscription.change_undone": null,
  "subscription.pause_planned": null,
  "subscription.pause_withdrawn": null,
  "subscription.canceled": ["canceled"],
  "subscription.completed": ["completed"],
};
const ACTION_STATUS = { unpaid: "unpaid", cancel: "canceled", pause: "paused" } as const;
const ONCE: ReadonlySet<string> = new Set([
  "invoice.opened",
  "invoice.paid",
  "invoice.voided",
  "invoice.uncollectible",
]);

export type StatusCheck = {
  look(news: News): void;
  /** Each day: what ended must have ended, while nothing disturbs. */
  daily(): void;
  forget(): void;
};

export function statusCheck(context: Context): StatusCheck {
  const { book, asked, world, report } = context;
  const told = new Map<string, { readonly type: string; readonly says: readonly string[] }>();
  const lastOfInvoice = new Map<string, string>();
  /** When an event last said that the subscription is in the status. */
  const lastSaid = new Map<string, number>();

  function noteEvent({ type, subscriptionId, invoiceId, at }: EventSeen): void {
    if (invoiceId !== null && type.startsWith("invoice.")) {
      if (lastOfInvoice.get(invoiceId) === type && ONCE.has(type))
        report("told", `${type} of ${invoiceId} is told twice`);
      lastOfInvoice.set(invoiceId, type);
    }
    if (subscriptionId === null || !type.startsWith("subscription.")) return;
    const says = SAYS[type];
    if (says === undefined)
      return report("told", `${type} of ${subscriptionId} is no event that the documentation knows`);
    if (says === null) return;
    if (told.get(subscriptionId)?.type === type) report("told", `${type} of ${subscriptionId} is told twice`);
    told.set(subscriptionId, { type, says });
    for (const status of says) lastSaid.set(`${subscriptionId} ${status}`, at?.getTime() ?? 0);
  }

  function checkTold({ id, status }: SubscriptionSeen): void {
    const last = told.get(id);
    if (last !== undefined && !last.says.includes(status))
      report("told", `${id} is ${status}, and the last that was told is ${last.type}`);
  }

  function checkMeaning(subscription: SubscriptionSeen): void {
    const { id, status } = subscription;
    const order = context.orderOf(id);
    if (order === null) return;
    const invoices = [...(book.cycles.get(id)?.values() ?? [])];
    const action = context.policyOf(order).finalAction;
    const hasEnded = invoices.some(({ id: invoiceId }) => wasWrittenOff(invoiceId));
    const isByPolicy = (wanted: string): boolean => action === wanted && hasEnded;
    switch (status) {
      case "completed": {
        // A person may take one up again that had been given up.
        const unpaid = invoices.filter(
          (each) => each.status !== "paid" && each.status !== "void" && !context.isTouched(each.id),
        );
        if (unpaid.length > 0)
          report(
            "status",
            `${id} is completed, and ${unpaid.length} of its invoices are not paid (${kindsOf(unpaid)})`,
          );
        return;
      }
      case "active":
      case "trialing": {
        const failing = invoices.find(
          (each) => each.status === "open" && isFailing(each) && !context.isTouched(each.id),
        );
        if (failing !== undefined) report("status", `${id} is ${status}, and ${named(failing)} fails`);
        return;
      }
      case "past_due":
        if (!invoices.some((each) => book.unsettled.has(each.id)))
          report("status", `${id} is past_due, and owes nothing`);
        return;
      case "unpaid":
        if (!isByPolicy("unpaid") && !world.hasForgotten) report("status", `${id} is unpaid, by no policy's end`);
        return;
      case "paused":
        if (asked.ofSubscription(id, "pause").length === 0 && !isByPolicy("pause") && !world.hasForgotten)
          report("status", `${id} is paused, and nobody asked for it`);
        return;
      case "canceled": {
        const isAsked = asked.ofSubscription(id, "cancel_now", "cancel_at_end").length > 0;
        if (!isAsked && !isByPolicy("cancel") && !world.hasForgotten)
          report("status", `${id} is canceled, and nobody asked for it`);
        return;
      }
      default:
        return status satisfies never;
    }
  }

  function wasWrittenOff(invoiceId: string): boolean {
    return (
      book.invoices.get(invoiceId)?.status === "uncollectible" ||
      book.eventsOf(invoiceId).some(({ type }) => type === "invoice.uncollectible")
    );
  }

  /** It was written off, and a person had it collected again. */
  function isOldDebt(invoiceId: string): boolean {
    const endedMs = book
      .eventsOf(invoiceId)
      .find(({ type }) => type === "invoice.uncollectible")
      ?.at?.getTime();
    return asked.ofInvoice(invoiceId, "retry", "link").some(({ begunMs }) => begunMs > (endedMs ?? Infinity));
  }

  /** An earlier invoice's end had made it so when this one ended, and it has been taken up since. */
  function wasSoAlready(
    subscriptionId: string,
    { wanted, status }: { readonly wanted: string; readonly status: string },
    endedMs: number,
  ): boolean {
    const saidMs = lastSaid.get(`${subscriptionId} ${wanted}`);
    if (saidMs === undefined || (lastSaid.get(`${subscriptionId} ${status}`) ?? 0) <= endedMs) return false;
    return [...lastSaid].every(
      ([key, atMs]) => !key.startsWith(`${subscriptionId} `) || atMs <= saidMs || atMs > endedMs,
    );
  }

  /** What the policy says of a subscription whose invoice is written off has happened to it. */
  function checkFinalAction(invoice: InvoiceSeen): void {
    const { subscriptionId, statusReason } = invoice;
    const order = context.orderOf(subscriptionId);
    const status = book.subscriptions.get(subscriptionId)?.status;
    // An old debt that a person had collected again is written off again, and nothing follows.
    if (isOldDebt(invoice.id)) return;
    if (order === null || statusReason === "collection_stopped" || status === undefined || world.hasForgotten) return;
    const wanted = ACTION_STATUS[context.policyOf(order).finalAction];
    if (status === wanted || status === "canceled" || status === "completed" || status === "paused") return;
    // It fell on the subscription, and a new card has taken it up since.
    const endedMs = book
      .eventsOf(invoice.id)
      .findLast(({ type }) => type === "invoice.uncollectible")
      ?.at?.getTime();
    if ((lastSaid.get(`${subscriptionId} ${wanted}`) ?? 0) >= (endedMs ?? Infinity)) return;
    if (wasSoAlready(subscriptionId, { wanted, status }, endedMs ?? Infinity)) return;
    const nowMs = context.nowMs();
    if (asked.isAnyBetween(nowMs - 2 * DAY_MS, nowMs, "resume", "retry", "void", "mark_paid")) return;
    report("status", `${named(invoice)} was written off, and its subscription is ${status}, not ${wanted}`);
  }

  function wasHeld(invoiceId: string): boolean {
    return book.eventsOf(invoiceId).some(({ type }) => type === "invoice.held");
  }

  /** One page open, and one invoice failing, at a time; the later cycles wait. */
  function checkOneAtATime(subscriptionId: string): void {
    const failing: InvoiceSeen[] = [];
    let pages = 0;
    for (const invoice of book.cycles.get(subscriptionId)?.values() ?? []) {
      if (!book.unsettled.has(invoice.id) || context.isTouched(invoice.id)) continue;
      // What is charged once is before no cycle and after none (docs/invoices.md).
      // Nor does what was held keep the others: its page may end, and it fails, while another one is failing.
      const counts = !invoice.missed && !Number.isNaN(invoice.cycle) && !wasHeld(invoice.id);
      if (isFailing(invoice) && counts) failing.push(invoice);
      for (const { flow, state } of book.attemptsOf(invoice.id)) if (flow === "link" && state === "pending") pages += 1;
    }
    if (failing.length > 1 && !world.hasForgotten)
      report(
        "one_at_a_time",
        `${failing.length} invoices of ${subscriptionId} fail at once: ${failing.map(named).join(", ")}`,
      );
    if (pages > 1 && !world.hasForgotten)
      report("one_at_a_time", `${subscriptionId} has ${pages} payment pages open at once`);
  }

  function checkEnds(): void {
    for (const { id, status } of book.subscriptions.values()) {
      if (status === "canceled" || status === "completed") continue;
      for (const cancel of asked.ofSubscription(id, "cancel_now", "cancel_at_end")) {
        const { act, doneMs, answer } = cancel;
        if (doneMs === null || asked.isTakenBack(cancel)) continue;
        const endsAtMs = (answer as { endsAt?: Date } | null)?.endsAt?.getTime() ?? doneMs;
        if (context.goodForMs(Math.max(endsAtMs, doneMs)) > DAY_MS && !world.hasForgotten)
          report(
            "asked",
            `${id} was to end at ${new Date(endsAtMs).toISOString()} (${act}${wasSkipped(id)}), and is ${status}`,
          );
      }
    }
  }

  /** What was taken back is as if it had never been asked for. */
  function checkTakenBack(): void {
    for (const { subscriptionId, doneMs, answer } of asked.ofSubscriptions("unskip")) {
      if (doneMs === null || world.hasForgotten) continue;
      const { cycle } = answer as { readonly cycle: number };
      const isSkippedAgain = asked.ofSubscription(subscriptionId, "skip").some(({ begunMs }) => begunMs > doneMs);
      const invoice = book.cycles.get(subscriptionId)?.get(cycle);
      if (invoice?.statusReason === "skipped" && !isSkippedAgain)
        report("asked", `${named(invoice)} is to be billed after all, and is skipped still`);
    }
    for (const { subscriptionId, doneMs } of asked.ofSubscriptions("uncancel")) {
      if (doneMs === null || world.hasForgotten) continue;
      const isCanceledAgain = asked
        .ofSubscription(subscriptionId, "cancel_now", "cancel_at_end")
        .some(({ begunMs }) => begunMs > doneMs);
      const subscription = book.subscriptions.get(subscriptionId);
      if (subscription?.cancelAt != null && !isCanceledAgain)
        report("asked", `${subscriptionId} is to go on after all, and ends still`);
    }
  }

  function wasSkipped(id: string): string {
    return asked.ofSubscription(id, "skip").length > 0 ? ", after a skip" : "";
  }

  return {
    look: ({ events, invoices, subscriptions }) => {
      for (const event of events) noteEvent(event);
      const touched = new Set<string>();
      for (const { row, was } of invoices) {
        touched.add(row.subscriptionId);
        if (row.status === "uncollectible" && was?.status !== "uncollectible") checkFinalAction(row);
      }
      for (const { row } of subscriptions) touched.add(row.id);
      for (const id of touched) {
        const subscription = book.subscriptions.get(id);
        if (subscription === undefined) continue;
        checkTold(subscription);
        checkMeaning(subscription);
        checkOneAtATime(id);
      }
    },
    daily: () => {
      checkEnds();
      checkTakenBack();
    },
    forget: () => {
      told.clear();
      lastOfInvoice.clear();
    },
  };
}

function kindsOf(invoices: readonly InvoiceSeen[]): string {
  return [...new Set(invoices.map(({ status }) => status))].join(", ");
}

/**
 * What an event tells is so: the day of the next try, what went back, and until when a page may be paid. Judged by the
 * invoice as it is shown, and by the gateway's ledger.
 */
import type { EventSeen } from "../books-view.ts";
import type { LedgerOrder } from "../ledger.ts";
import type { News } from "./book.ts";
import { DAY_MS, HOUR_MS, named, type Context } from "./promises-of.ts";

/** @returns asked each day */
export function toldFactsCheck(context: Context): (news: News) => void {
  const { book, ledger, report } = context;
  const judged = new Set<string>();

  /** Only while nothing has happened to the invoice since, and the day that was told is still to come. */
  function checkNextTry({ invoiceId, data }: EventSeen): void {
    const { nextStep, nextAttemptAt } = data;
    if (invoiceId === null || nextStep !== "retry" || typeof nextAttemptAt !== "string") return;
    const invoice = book.invoices.get(invoiceId);
    if (invoice?.status !== "open" || invoice.nextAttemptAt === null) return;
    if (Date.parse(nextAttemptAt) <= context.nowMs() || context.isTouched(invoiceId)) return;
    if (invoice.nextAttemptAt.toISOString() !== nextAttemptAt)
      report(
        "told",
        `${named(invoice)} is tried at ${invoice.nextAttemptAt.toISOString()}, and ${nextAttemptAt} was told`,
      );
  }

  function checkRefund({ invoiceId, data }: EventSeen): void {
    const went = ledger.charges.filter((each) => each.invoiceId === invoiceId).flatMap(({ refunds }) => refunds);
    // What the panel gave back is told as far as the books lacked it.
    if (went.some(({ by }) => by === "panel") || context.world.hasForgotten) return;
    const sums = went.reduce((all, { amountCents }) => [...all, ...all.map((sum) => sum + amountCents)], [0]);
    const told = Number(data["amountCents"]);
    if (went.length > 0 && !(told > 0 && sums.includes(told)))
      report(
        "told",
        `${told} cents of ${invoiceId} are told to have gone back; it was ${went.map(({ amountCents }) => amountCents).join(" and ")}`,
      );
  }

  function checkPage({ id, createdAtMs, intent, page }: LedgerOrder): void {
    if (page === null || judged.has(id)) return;
    judged.add(id);
    const order = context.orderOf(intent.subscriptionId);
    const days = order === null ? undefined : context.policyOf(order).paymentLink?.expiresAfterDays;
    // A person says until when theirs may be paid.
    if (days === undefined || context.isTouched(intent.invoiceId)) return;
    const mostMs = (days + 1) * DAY_MS + HOUR_MS;
    if (page.expiresAtMs - createdAtMs > mostMs && context.world.isClockRight)
      report(
        "spacing",
        `the page ${id} may be paid for ${(page.expiresAtMs - createdAtMs) / DAY_MS} days, not ${days}`,
      );
  }

  return ({ events }) => {
    for (const [place, event] of events.entries()) {
      const isLast = events.findLastIndex(({ invoiceId }) => invoiceId === event.invoiceId) === place;
      if (event.type === "invoice.payment_failed" && isLast) checkNextTry(event);
      if (event.type === "invoice.refunded") checkRefund(event);
    }
    for (const pages of ledger.pages.values()) for (const page of pages) checkPage(page);
  };
}

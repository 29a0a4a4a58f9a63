/**
 * What an event tells is so: whom it is about, the day of the next try, what went back, when it was paid, and until when a
 * page may be paid. Judged by the invoice as it is shown, and by the gateway's ledger.
 */
import type { EventSeen, InvoiceSeen } from "../books-view.ts";
import type { LedgerOrder } from "../ledger.ts";
import { isFailing, type News } from "./book.ts";
import { isChargeOf } from "./debts.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, named, type Context } from "./promises-of.ts";

/** By then the last planned question about an outcome was asked. */
const ASKED_DAYS = 4;
/** By then a webhook was looked into, or given up. */
const LETTER_MS = 2 * DAY_MS;

/** @returns asked each day */
export function toldFactsCheck(context: Context): (news: News) => void {
  const { book, ledger, report } = context;
  const judged = new Set<string>();
  /** When a page was first seen open although its invoice is over. */
  const openSince = new Map<string, number>();

  /** What it names belongs together: whoever receives it looks these up. */
  function checkNames({ type, invoiceId, subscriptionId, customerId = null, attemptId }: EventSeen): void {
    const invoice = invoiceId === null ? undefined : book.invoices.get(invoiceId);
    const subscription = subscriptionId === null ? undefined : book.subscriptions.get(subscriptionId);
    if (invoice !== undefined && subscriptionId !== invoice.subscriptionId)
      report("told", `${type} of ${invoiceId} names ${subscriptionId}, and it is of ${invoice.subscriptionId}`);
    const owner = invoice?.customerId ?? subscription?.customerId ?? customerId;
    if (customerId !== owner)
      report("told", `${type} of ${invoiceId ?? subscriptionId} names ${customerId}, not ${owner}`);
    if (invoice === undefined || attemptId === null) return;
    if (![...book.attemptsOf(invoice.id)].some(({ id }) => id === attemptId))
      report("told", `${type} of ${invoiceId} names ${attemptId}, which is no try of it`);
  }

  /** What was asked for, and why it failed, as the bank said it: receivers write letters by it. */
  function checkTry({ type, invoiceId, attemptId, data }: EventSeen): void {
    const invoice = invoiceId === null ? undefined : book.invoices.get(invoiceId);
    if (invoice === undefined || context.world.hasForgotten) return;
    const { amountCents = invoice.amountCents, currency = invoice.currency, declineClass, failureCode } = data;
    if (amountCents !== invoice.amountCents || currency !== invoice.currency)
      report(
        "told",
        `${type} of ${invoiceId} tells ${String(amountCents)} ${String(currency)}, and ${invoice.amountCents} ${invoice.currency} were asked for`,
      );
    const attempt = [...book.attemptsOf(invoice.id)].find(({ id }) => id === attemptId);
    const charge = ledger.charges.findLast(({ reference }) => reference === attempt?.reference);
    if (type !== "invoice.payment_failed" || charge === undefined || charge.declineClass === null) return;
    if (declineClass !== charge.declineClass || failureCode !== charge.failureCode)
      report(
        "told",
        `${charge.reference} is told to have failed by ${String(failureCode)} (${String(declineClass)}), and was by ${charge.failureCode} (${charge.declineClass})`,
      );
  }

  /** Whoever is sent there pays there. */
  function checkAddress({ invoiceId, attemptId, data }: EventSeen): void {
    const attempt = [...book.attemptsOf(invoiceId ?? "")].find(({ id }) => id === attemptId);
    const page = ledger.orders.get(attempt?.orderId ?? "")?.page;
    if (page != null && data["url"] !== page.url)
      report("told", `the page of ${invoiceId} is told to be at ${String(data["url"])}, and is at ${page.url}`);
  }

  /** By the gateway: reports count it on that day. */
  function checkPaidAt(invoice: InvoiceSeen): void {
    const { id, paidAt = null } = invoice;
    if (invoice.status !== "paid" || paidAt === null || context.isTouched(id)) return;
    // What asks for nothing no charge has paid: books that were put back may open a cycle so that was charged since.
    if (invoice.amountCents === 0) return;
    const [charge, ...others] = ledger.paid.filter((each) => isChargeOf(each, invoice));
    if (charge === undefined || others.length > 0) return;
    const paidMs = charge.history.find(({ status }) => status === "paid")?.atMs ?? 0;
    if (Math.abs(paidAt.getTime() - paidMs) > MINUTE_MS)
      report(
        "told",
        `${named(invoice)} is paid at ${paidAt.toISOString()}, and was at ${new Date(paidMs).toISOString()}`,
      );
  }

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
    checkOrder(id, createdAtMs, intent.invoiceId);
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

  /** A page is for the earliest cycle that fails: those behind it have theirs when it is over. */
  function checkOrder(id: string, createdAtMs: number, invoiceId: string): void {
    const invoice = book.invoices.get(invoiceId);
    if (invoice === undefined || invoice.missed || context.isTouched(invoiceId) || context.world.hasForgotten) return;
    for (const other of book.cycles.get(invoice.subscriptionId)?.values() ?? []) {
      const sinceMs = book.failedSinceMs(other.id);
      const isBefore = other.cycle < invoice.cycle && !other.missed && sinceMs !== null && sinceMs < createdAtMs;
      if (isBefore && other.status === "open" && isFailing(other) && !context.isTouched(other.id))
        report("one_at_a_time", `the page ${id} is of ${named(invoice)}, and ${named(other)} fails before it`);
    }
  }

  /** Nobody is to pay what is over, or was canceled at once: its page is closed, while nothing is on its way to it. */
  function checkClosed({ id, createdAtMs, intent, page, charges }: LedgerOrder): void {
    const invoice = book.invoices.get(intent.invoiceId);
    const cancels = context.asked.ofSubscription(intent.subscriptionId, "cancel_now");
    const isCanceled = cancels.some(({ doneMs }) => doneMs !== null && doneMs > createdAtMs);
    const isUnsettled = invoice?.status === "open" || invoice?.status === "held";
    const isOwed = invoice === undefined || (isUnsettled && !isCanceled);
    const isOpen = page !== null && page.isKnown && page.end === null && context.nowMs() < page.expiresAtMs;
    if (isOwed || !isOpen || charges.length > 0) return void openSince.delete(id);
    const sinceMs = openSince.get(id) ?? context.nowMs();
    openSince.set(id, sinceMs);
    if (!context.world.isCalm || context.sick.has(invoice.customerId)) return;
    const goodMs = context.goodForMs(sinceMs);
    if (!context.isSickOrder(id)) {
      if (goodMs >= DAY_MS) report("one_at_a_time", `the page ${id} may still be paid, and ${named(invoice)} is over`);
      return;
    }
    // What cannot be read cannot be closed: a person is shown it, as what is held and what is uncertain.
    const isUncertain = [...book.attemptsOf(invoice.id)].some(
      (each) => each.orderId === id && each.state === "unknown",
    );
    if (goodMs >= ASKED_DAYS * DAY_MS && invoice.status !== "held" && !isUncertain)
      report("one_at_a_time", `the page ${id} cannot be closed, and nobody is shown it; ${named(invoice)} is over`);
  }

  /** What a webhook hints at is read at once; what cannot be read is given up after some hours. */
  function checkLetters(): void {
    if (!context.world.isClockRight) return;
    for (const { id, orderId, receivedAt } of context.tables.lettersWaiting())
      if (context.goodForMs(receivedAt.getTime()) > LETTER_MS && !judged.has(id)) {
        judged.add(id);
        const about = [...book.byReference.values()].find((each) => orderId !== null && each.orderId === orderId);
        report(
          "webhook",
          `${id} about ${about?.invoiceId ?? orderId} was received at ${receivedAt.toISOString()}, and nobody has looked into it`,
        );
      }
  }

  return ({ events, invoices }) => {
    for (const event of events) checkNames(event);
    for (const { row, was } of invoices) if (was?.status !== row.status) checkPaidAt(row);
    for (const [place, event] of events.entries()) {
      const isLast = events.findLastIndex(({ invoiceId }) => invoiceId === event.invoiceId) === place;
      if (event.type === "invoice.payment_failed" && isLast) checkNextTry(event);
      if (event.type === "invoice.refunded") checkRefund(event);
      if (event.type === "invoice.paid" || event.type === "invoice.payment_failed") checkTry(event);
      if (event.type === "invoice.payment_link_created") checkAddress(event);
    }
    checkLetters();
    for (const pages of ledger.pages.values())
      for (const page of pages) {
        checkPage(page);
        checkClosed(page);
      }
  };
}

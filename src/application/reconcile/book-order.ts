/**
 * One order of ours, taken into the books: what it shows goes through the one reducer, and what the books still say
 * otherwise afterwards is told.
 *
 * An attempt that the books have lost is written down first, as uncertain; a crash leaves it so, and inquiries follow
 * as for any other. Nothing here charges a card.
 */
import { isOpen, isPaid, type Payment } from "../../domain/attempt.ts";
import type { AttemptFlow, ChargeFlow } from "../../domain/ways-to-pay.ts";
import { INVOICE_STATUSES, type Invoice } from "../../domain/invoice.ts";
import { differencesFrom } from "../../domain/settle/settle-payment.ts";
import { upToDateSubscription } from "../subscriptions/bring-up-to-date.ts";
import { evidenceFor } from "../webhooks/follow-order.ts";
import { noteMoneyBack } from "../webhooks/note-money-back.ts";
import { paymentsOf, referencesMissing } from "./listed-order.ts";
import type { ListedOrder, LostAttempt } from "../ports/reconcile.ts";
import type { RecordedInvoice } from "../ports/records.ts";
import type { SweepSide } from "../ports/reconcile.ts";
import { settleAttempts, type SettleNeeds } from "../settling/settle-attempts.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";

export type BookingNeeds = SettleNeeds & { readonly sweep: SweepSide };

export type Booked =
  | { readonly is: "known" }
  | { readonly is: "adopted"; readonly attempt: KnownAttempt }
  | { readonly is: "mismatched"; readonly attempt: KnownAttempt | null; readonly because: string }
  /** The books have no place for it; only a person can say what becomes of it. */
  | { readonly is: "unmatched"; readonly because: string };

/** @param order all of its attempts are in the books */
export async function bookOrder(needs: BookingNeeds, order: ListedOrder): Promise<Booked> {
  const { inbox } = needs.sweep;
  const before = await inbox.attemptsOf(order.orderId, order.references);
  const settled = await settleAttempts(needs, evidenceFor(before, order));
  const attempts = await inbox.attemptsOf(order.orderId, order.references);
  await noteMoneyBack(needs, order.orderId, order, attempts);
  const { livemode } = await needs.store.installation();

  for (const payment of paymentsOf(order, unique([...order.references, ...attempts.map((each) => each.reference)]))) {
    const holder = attempts.find((attempt) => holds(attempt, payment));
    const attempt = holder ?? nearest(attempts, order, payment);
    const differences = attempt === null ? [] : differencesFrom(attempt, payment, livemode);
    if (holder === undefined || differences.length > 0)
      return { is: "mismatched", attempt, because: becauseOf(payment, attempt, differences) };
  }
  const changed = settled.find(({ settlement }) => settlement !== null);
  const adopted = attempts.find(({ attemptId }) => attemptId === changed?.attemptId);
  if (adopted !== undefined) return { is: "adopted", attempt: adopted };
  // All of it went back, and its try is over: nothing was paid, nothing is owed.
  const isFullyRefunded = order.givenBack === "refunded" && !attempts.some(({ state }) => isOpen(state));
  if (order.givenBack !== null && !attempts.some(({ state }) => isPaid(state)) && !isFullyRefunded)
    return {
      is: "mismatched",
      attempt: attempts.at(-1) ?? null,
      because: `the order shows ${order.givenBack}, and the books know of no payment`,
    };
  return { is: "known" };
}

/** An order whose attempts the books lack: its invoice is found or opened, and they are written down and settled. */
export async function importOrder(needs: BookingNeeds, order: ListedOrder): Promise<Booked> {
  const { clock, sweep } = needs;
  const found = await findInvoice(needs, order);
  if ("unmatched" in found) return { is: "unmatched", because: found.unmatched };
  const known = await sweep.inbox.attemptsOf(order.orderId, order.references);
  const missing = referencesMissing(order, known);
  let booked: Booked = { is: "known" };
  for (const reference of missing) {
    const open = await needs.store.write(clock.now(), (records) => records.openAttempt(found.invoice.id));
    const inquiryAnswer = order.inquiryAnswerOf(reference);
    // Beside an attempt that is open only money can be booked: it pays the invoice whatever the other one's outcome.
    if (open !== null && inquiryAnswer.kind !== "paid")
      return {
        is: "unmatched",
        because: `invoice ${found.invoice.id} has the attempt ${open.id}, ${open.state}, open`,
      };
    const lost: LostAttempt = {
      reference,
      invoiceId: found.invoice.id,
      flow: flowOf(order, reference, sweep.flow),
      orderId: order.orderId,
      sentAt: order.createdAt ?? (inquiryAnswer.kind === "paid" ? inquiryAnswer.payment.paidAt : null) ?? clock.now(),
      state: open === null ? "unknown" : "released",
    };
    await sweep.records.importAttempt(lost, clock.now());
    booked = await bookOrder(needs, order);
  }
  if (booked.is !== "known") return booked;
  const attempts = await sweep.inbox.attemptsOf(order.orderId, missing);
  // Those written down before the last are over: beside one that is open nothing but money is booked.
  const last = missing.at(-1);
  const attempt = attempts.find(({ reference }) => reference === last) ?? attempts.at(-1);
  if (attempt === undefined) return booked;
  if (attempt.state !== "unknown") return { is: "adopted", attempt };
  const { trace } = order.inquiryAnswerOf(attempt.reference, attempt.flow);
  return { is: "mismatched", attempt, because: `${trace.because}; it is in the books as unknown` };
}

/** What shows a page, or the end of one, is a payment link. */
function flowOf(order: ListedOrder, reference: string, chargeFlow: ChargeFlow): AttemptFlow {
  const inquiryAnswer = order.inquiryAnswerOf(reference);
  if (inquiryAnswer.kind === "lapsed" || (inquiryAnswer.kind === "pending" && inquiryAnswer.link !== undefined))
    return "link";
  return isChargedAgain(order) ? "order_first" : chargeFlow;
}

/**
 * By the cycle or the key of what is charged once, which never change; the invoice's id is another one where old books
 * opened it again.
 */
async function findInvoice(
  { store, clock, random }: BookingNeeds,
  order: ListedOrder,
): Promise<{ readonly invoice: Pick<Invoice, "id"> } | { readonly unmatched: string }> {
  const { subscriptionId, cycle, invoiceId } = order;
  if (subscriptionId === null || (cycle === null && invoiceId === null))
    return { unmatched: "the order does not say what it was made for" };
  const now = clock.now();
  return await store.write(now, async (records) => {
    if ((await records.subscription(subscriptionId)) === null)
      return {
        unmatched: `the books have no subscription ${subscriptionId}; add it as it was, then reconcile again`,
      };
    const find = async () => {
      const invoices = await records.invoices({ subscriptionId, statuses: INVOICE_STATUSES });
      return cycle === null ? oneOffOf(order, invoices) : invoices.find((each) => each.cycle === cycle);
    };
    let invoice = await find();
    if (invoice === undefined) {
      await upToDateSubscription(records, subscriptionId, now, random);
      invoice = await find();
    }
    if (invoice === undefined && cycle === null) return { unmatched: noOneOff(order) };
    if (invoice === undefined)
      return {
        unmatched:
          `subscription ${subscriptionId} has no invoice for cycle ${cycle}, and none is due by now; a change of plan that ` +
          "the books lack may have begun it: make the change again, then reconcile again",
      };
    // Records whose prices have changed since may open it anew with nothing to pay: an attempt is always about money.
    if (invoice.amountCents === 0)
      return {
        unmatched: `invoice ${invoice.id} of cycle ${cycle ?? "none"} asks for nothing, so no charge of it can be booked`,
      };
    return { invoice: { id: invoice.id } };
  });
}

/**
 * The invoice of what is charged once. An order of before its key was written on it belongs to the only one that asks for
 * the same amount and was never tried: charging that one beside it would be the second time.
 */
function oneOffOf(
  { invoiceId, oneOffKey = null, shown }: ListedOrder,
  invoices: readonly RecordedInvoice[],
): RecordedInvoice | undefined {
  const ofNoCycle = invoices.filter((each) => each.cycle === null);
  const known = ofNoCycle.find((each) => each.id === invoiceId || (oneOffKey !== null && each.oneOffKey === oneOffKey));
  if (known !== undefined || oneOffKey !== null || shown === null) return known;
  const untried = ofNoCycle.filter(
    ({ status, declines, orderId, amountCents, currency }) =>
      status === "open" &&
      declines === 0 &&
      orderId === null &&
      amountCents === shown.amountCents &&
      currency === shown.currency,
  );
  return untried.length === 1 ? untried[0] : undefined;
}

function noOneOff({ invoiceId, oneOffKey = null }: ListedOrder): string {
  const [kind = "", ...rest] = (oneOffKey ?? "").split(":");
  const what = kind === "item" ? `the item with the key ${rest.join(":")}` : "what it was for";
  return (
    `the books have no invoice ${invoiceId}, which was of no cycle: add ${what} again as it was, as an invoice of its own, ` +
    "and reconcile again before anything is charged; the order then pays it"
  );
}

/** An order that carries tries other than the one it was made for was opened first, whichever flow is configured today. */
function isChargedAgain({ references }: ListedOrder): boolean {
  return references.length > 1;
}

function holds(attempt: KnownAttempt, payment: Payment): boolean {
  const { chargeId, orderId } = attempt;
  if (!isPaid(attempt.state) || orderId !== payment.orderId) return false;
  return chargeId === null || payment.chargeId === null || chargeId === payment.chargeId;
}

function nearest(attempts: readonly KnownAttempt[], order: ListedOrder, payment: Payment): KnownAttempt | null {
  const reference = order.chargeReferences.get(payment.chargeId ?? "");
  return (
    attempts.find((each) => each.reference === reference) ??
    attempts.find(({ state }) => isOpen(state)) ??
    attempts.at(-1) ??
    null
  );
}

function becauseOf(payment: Payment, attempt: KnownAttempt | null, differences: readonly string[]): string {
  if (differences.length > 0) return differences.join("; ");
  if (attempt === null) return "it is paid, and names no attempt of the books";
  return `it is paid (charge ${payment.chargeId ?? "unknown"}), and attempt ${attempt.attemptId} is ${attempt.state} with ${attempt.orderId ?? "no order"}`;
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

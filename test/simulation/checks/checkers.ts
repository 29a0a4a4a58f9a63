/**
 * The checkers: the invariants of ARCHITECTURE.md, held against the books and the gateway's own ledger.
 *
 * They remember what they saw, so that a thing which may never change is compared with what it was.
 */
import { isOpen } from "../../../src/domain/attempt.ts";
import type { AttemptSeen, BooksView, EventSeen, InvoiceSeen, SubscriptionSeen } from "../books-view.ts";
import { isRaceAllowed } from "../late-money.ts";
import { refundedCents, refundedInPanelCents, type Ledger, type LedgerCharge } from "../ledger.ts";
import type { Report } from "./violation.ts";
import { cycleOf, isChargeOf, placeOf } from "../promises/debts.ts";

export type Checkers = {
  /** After each simulated day, and at the end. */
  look(news: BooksView): void;
  readonly invoices: ReadonlyMap<string, InvoiceSeen>;
  readonly attempts: ReadonlyMap<string, AttemptSeen>;
  readonly subscriptions: ReadonlyMap<string, SubscriptionSeen>;
  /** By subscription: its invoices by `placeOf`. */
  readonly cycles: ReadonlyMap<string, ReadonlyMap<number | string, InvoiceSeen>>;
  /** It failed, with a charge or without one, so that dunning has it. */
  hasFailed(invoiceId: string): boolean;
  /** When it was first seen as neither open nor held any more, by the true time; null: it is one of these. */
  endedAtMs(invoiceId: string): number | null;
  /** I6, once nothing is on its way any more: each payment is in the books, or held and shown. */
  checkEveryPayment(): void;
  /** Cycles that were paid twice, by the card and on a page that was closed before the card was charged. */
  readonly races: readonly (readonly [LedgerCharge, LedgerCharge])[];
  /** A backup was put back: what was seen is no measure any more, and what was charged since may have no place. */
  forget(): void;
  /** A person says that the order of the panel paid an invoice of ours. */
  vouchFor(orderId: string): void;
  /** A person has set these orders aside: they have no place in the books, and everybody can see it. */
  excuse(orderIds: readonly string[]): void;
};

/** @param sentAtMs when the charge of a reference left */
export function newCheckers(
  ledger: Ledger,
  sentAtMs: ReadonlyMap<string, number>,
  nowMs: () => number,
  report: Report,
): Checkers {
  const invoices = new Map<string, InvoiceSeen>();
  const attempts = new Map<string, AttemptSeen>();
  const subscriptions = new Map<string, SubscriptionSeen>();
  const cycles = new Map<string, Map<number | string, InvoiceSeen>>();
  const attemptsOf = new Map<string, Set<string>>();
  /** The states that the events of each attempt tell, the last one last. */
  const told = new Map<string, string[]>();
  const toldOfInvoices = new Map<string, Set<string>>();
  const endedAt = new Map<string, number>();
  const toldStatus = new Map<string, string>();
  const paidCycles = new Map<string, LedgerCharge>();
  /** References that a backup which was put back has lost. */
  const lost = new Set<string>();
  const excused = new Set<string>();
  const vouched = new Set<string>();
  const newlyPaid: AttemptSeen[] = [];
  const races: (readonly [LedgerCharge, LedgerCharge])[] = [];
  let paymentsSeen = 0;

  function look(news: BooksView): void {
    for (const id of news.removedInvoices) forgetInvoice(id);
    for (const event of news.events) noteEvent(event);
    for (const attempt of news.attempts) noteAttempt(attempt);
    for (const invoice of news.invoices) noteInvoice(invoice);
    for (const subscription of news.subscriptions) noteSubscription(subscription);
    for (const attempt of newlyPaid.splice(0)) checkBooked(attempt);
    for (const { id } of news.invoices) checkInvoice(id);
    for (const { invoiceId } of news.attempts) checkInvoice(invoiceId);
    for (; paymentsSeen < ledger.paid.length; paymentsSeen++) checkPayment(ledger.paid[paymentsSeen]!);
  }

  function noteEvent({ type, attemptId, invoiceId, subscriptionId, data }: EventSeen): void {
    const outcome = type === "attempt.imported" ? "adopted" : data["outcome"];
    if (attemptId !== null && typeof outcome === "string") {
      const known = told.get(attemptId);
      if (known === undefined) told.set(attemptId, [outcome]);
      else known.push(outcome);
    }
    if (invoiceId !== null) {
      const types = toldOfInvoices.get(invoiceId) ?? new Set();
      if (type === "invoice.paid" && types.has(type)) report("I5", `invoice ${invoiceId} was paid a second time`);
      toldOfInvoices.set(invoiceId, types.add(type));
    }
    if (subscriptionId !== null && type.startsWith("subscription.")) toldStatus.set(subscriptionId, type);
  }

  function noteAttempt(attempt: AttemptSeen): void {
    const before = attempts.get(attempt.id);
    if (before !== undefined && isPaid(before) && before.state !== attempt.state)
      report("I5", `attempt ${attempt.reference} was ${before.state} and is ${attempt.state}`);
    if (isPaid(attempt) && (before === undefined || !isPaid(before))) newlyPaid.push(attempt);
    attempts.set(attempt.id, attempt);
    const siblings = attemptsOf.get(attempt.invoiceId) ?? new Set();
    attemptsOf.set(attempt.invoiceId, siblings.add(attempt.id));
    // Claims and intents are steps of one try; what they come to is told.
    if (attempt.state === "claimed" || attempt.state === "sending") return;
    const states = told.get(attempt.id) ?? [];
    const isTold = (state: string | undefined): boolean => state === attempt.state || isAdoption(state, attempt);
    if (!isTold(states.at(-1)))
      report(
        "I7",
        `attempt ${attempt.reference} is ${attempt.state}; the events say ${states.join(", ") || "nothing"}`,
      );
  }

  function noteInvoice(invoice: InvoiceSeen): void {
    const before = invoices.get(invoice.id);
    if (before?.status === "paid" && invoice.status !== "paid")
      report("I5", `invoice ${invoice.id} was paid and is ${invoice.status}`);
    if (before !== undefined && (before.amountCents !== invoice.amountCents || before.currency !== invoice.currency))
      report("frozen", `invoice ${invoice.id} was ${before.amountCents} cents and is ${invoice.amountCents}`);
    invoices.set(invoice.id, invoice);
    if (invoice.status === "open" || invoice.status === "held") endedAt.delete(invoice.id);
    else if (!endedAt.has(invoice.id)) endedAt.set(invoice.id, nowMs());
    const known = cycles.get(invoice.subscriptionId) ?? new Map<number | string, InvoiceSeen>();
    const other = known.get(placeOf(invoice));
    if (other !== undefined && other.id !== invoice.id)
      report("I2", `cycle ${invoice.cycle} of ${invoice.subscriptionId} has two invoices`);
    cycles.set(invoice.subscriptionId, known.set(placeOf(invoice), invoice));
    const types = toldOfInvoices.get(invoice.id) ?? new Set();
    if (!WAYS_IN[invoice.status].some((type) => types.has(type)))
      report("I7", `invoice ${invoice.id} is ${invoice.status}, and no event tells it (${[...types].join(", ")})`);
  }

  /** Nobody was ever asked to pay it. */
  function forgetInvoice(id: string): void {
    const invoice = invoices.get(id);
    if (invoice === undefined) return;
    if (invoice.status !== "void" || invoice.statusReason !== "skipped" || attemptsOf.has(id))
      report("I2", `invoice ${id} was ${invoice.status}, and is gone`);
    invoices.delete(id);
    endedAt.delete(id);
    cycles.get(invoice.subscriptionId)?.delete(placeOf(invoice));
  }

  function noteSubscription(subscription: SubscriptionSeen): void {
    const before = subscriptions.get(subscription.id);
    if (before !== undefined && ENDED.has(before.status) && before.status !== subscription.status)
      report("I5", `subscription ${subscription.id} was ${before.status} and is ${subscription.status}`);
    subscriptions.set(subscription.id, subscription);
    const type = toldStatus.get(subscription.id);
    if (before !== undefined && before.status !== subscription.status && type === "subscription.created")
      report("I7", `subscription ${subscription.id} became ${subscription.status}, and no event tells it`);
  }

  function wasAdopted(attemptId: string): boolean {
    return told.get(attemptId)?.includes("adopted") ?? false;
  }

  function checkInvoice(id: string): void {
    const invoice = invoices.get(id);
    const tries = [...(attemptsOf.get(id) ?? [])].flatMap((attemptId) => attempts.get(attemptId) ?? []);
    const open = tries.filter(({ state }) => isOpen(state));
    if (open.length > 1) report("I4", `invoice ${id} has ${open.length} open attempts`);
    if (tries.filter(({ state }) => state === "paid").length > 1) report("I1", `invoice ${id} has two paid attempts`);
    if (invoice === undefined) return;
    if (open.length > 0 && invoice.nextAttemptAt !== null)
      report("I8", `invoice ${id} is to be tried again while attempt ${open[0]?.reference} is ${open[0]?.state}`);
    // A sweep may write down a lost attempt of an invoice that was voided, or written off, in the meantime.
    const isBlocked = open.some((attempt) => !wasAdopted(attempt.id));
    if (isBlocked && (invoice.status === "uncollectible" || invoice.status === "void"))
      report("I8", `invoice ${id} is ${invoice.status} while attempt ${open[0]?.reference} is ${open[0]?.state}`);
    if (tries.some(({ state }) => state === "paid") && invoice.status !== "paid")
      report("I5", `invoice ${id} has a paid attempt and is ${invoice.status}`);
  }

  function checkPayment(charge: LedgerCharge): void {
    const cycle = cycleOf(charge);
    const other = paidCycles.get(cycle);
    if (other !== undefined && isRaceAllowed(ledger, sentAtMs, other, charge)) races.push([other, charge]);
    // Of one that a person set aside nothing follows: its cycle is still owed.
    else if (other !== undefined && !excused.has(other.orderId) && refundedCents(other) < other.amountCents)
      report("I1", `${cycle} was paid twice: ${other.id} (${other.reference}) and ${charge.id} (${charge.reference})`);
    paidCycles.set(cycle, charge);
    if (lost.has(charge.reference)) return;
    const invoice = invoiceOf(charge);
    if (invoice === undefined) return report("I6", `money moved for ${cycle}, which has no invoice`);
    if (charge.amountCents !== invoice.amountCents || charge.currency !== invoice.currency)
      report("I9", `${charge.reference} moved ${charge.amountCents} cents; the invoice says ${invoice.amountCents}`);
    if (charge.customerId !== invoice.customerId) report("I9", `${charge.reference} charged another customer`);
  }

  function invoiceOf({ subscriptionId, cycle, invoiceId }: LedgerCharge): InvoiceSeen | undefined {
    return cycles.get(subscriptionId)?.get(placeOf({ cycle, id: invoiceId }));
  }

  /** Whoever says that it was paid, a charge of this very cycle has moved money. */
  function checkBooked({ reference, chargeId, invoiceId }: AttemptSeen): void {
    const ofPanel = ledger.panelCharges.find(({ id }) => id === chargeId);
    if (ofPanel !== undefined) return checkPanel(ofPanel, reference, invoiceId);
    const charge = ledger.charges.findLast(({ id }) => id === chargeId);
    const hasMoved = charge?.history.some(({ status }) => status === "paid") ?? false;
    if (!hasMoved) return report("I6", `attempt ${reference} is paid by ${chargeId}, and the gateway moved no money`);
    const invoice = invoices.get(invoiceId);
    if (invoice !== undefined && charge !== undefined && !isChargeOf(charge, invoice))
      report(
        "I6",
        `attempt ${reference} is paid by ${chargeId}, which is of ${charge?.subscriptionId}/${charge?.cycle}`,
      );
  }

  /** What was charged in the panel says nothing of ours: it pays an invoice on a person's word alone, and only what is owed. */
  function checkPanel(
    { id, orderId, amountCents, customerId }: LedgerCharge,
    reference: string,
    invoiceId: string,
  ): void {
    const invoice = invoices.get(invoiceId);
    if (!vouched.has(orderId))
      report("I6", `attempt ${reference} is paid by ${id}, which a person charged in the panel`);
    else if (invoice !== undefined && (amountCents !== invoice.amountCents || customerId !== invoice.customerId))
      report("I9", `attempt ${reference} is paid by ${id}, which is of another amount or customer`);
  }

  function checkEveryPayment(): void {
    const booked = new Set([...attempts.values()].filter(isPaid).map(({ chargeId }) => chargeId));
    for (const charge of ledger.paid) {
      if (booked.has(charge.id) || excused.has(charge.orderId)) continue;
      // By the advice for `answer_differs` it goes back in the panel, and the invoice is due again.
      if (refundedInPanelCents(charge) === charge.amountCents) continue;
      // Records that lost the payment see nothing of it but that it went back.
      if (lost.has(charge.reference) && refundedCents(charge) === charge.amountCents) continue;
      const invoice = invoiceOf(charge);
      if (invoice?.status === "held") continue;
      // Shown as well: `unknown` stands in `needs_attention` whatever became of its invoice.
      const tries = [...(attemptsOf.get(invoice?.id ?? "") ?? [])].flatMap((id) => attempts.get(id) ?? []);
      if (tries.some(({ state }) => state === "unknown")) continue;
      report("I6", `${charge.id} (${charge.reference}) moved money; its invoice is ${invoice?.status ?? "missing"}`);
    }
  }

  return {
    look,
    endedAtMs: (invoiceId) => endedAt.get(invoiceId) ?? null,
    hasFailed: (invoiceId) => toldOfInvoices.get(invoiceId)?.has("invoice.payment_failed") ?? false,
    ...{ invoices, attempts, subscriptions, cycles, checkEveryPayment, races },
    vouchFor: (orderId) => void vouched.add(orderId),
    excuse: (orderIds) => {
      for (const orderId of orderIds) excused.add(orderId);
    },
    forget: () => {
      for (const { reference } of attempts.values()) lost.add(reference);
      for (const memory of [invoices, attempts, subscriptions, cycles, attemptsOf, told, toldOfInvoices, toldStatus])
        memory.clear();
    },
  };
}

const ENDED: ReadonlySet<string> = new Set(["canceled", "completed"]);

/** Events of which each status needs at least one. */
const WAYS_IN: Record<InvoiceSeen["status"], readonly string[]> = {
  // Held when it was opened late, and then found to have been tried before the backup.
  open: [
    "invoice.opened",
    "invoice.retry_requested",
    "invoice.payment_failed",
    "invoice.payment_link_requested",
    "invoice.payment_link_created",
    "invoice.payment_link_lapsed",
    // Imported as unknown, and a person found that nothing was charged.
    "attempt.resolved",
  ],
  paid: ["invoice.paid"],
  void: ["invoice.voided"],
  held: ["invoice.held"],
  uncollectible: ["invoice.uncollectible"],
};

/** Written down by a sweep, uncertain until its order is booked. */
function isAdoption(state: string | undefined, attempt: AttemptSeen): boolean {
  return state === "adopted" && (attempt.state === "unknown" || attempt.state === "released");
}

function isPaid({ state }: AttemptSeen): boolean {
  return state === "paid" || state === "paid_again";
}

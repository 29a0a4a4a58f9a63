/**
 * When is a subscription charged next, for which cycle and how much; or why is it not?
 *
 * Pure. Whatever announces a charge asks here: the commands and `status`, which print a date or a reason, and `explain`,
 * which has the words for every case. It says what will happen as things are; what a person, a new card or the day's
 * limit changes later, nobody knows yet.
 */
import {
  cardFault,
  earlierUnpaidCycle,
  isRetryRequested,
  type CardFacts,
  type CardFault,
  type UnsettledInvoice,
} from "./charging-rules.ts";
import type { Invoice } from "./invoice.ts";
import { openDueCycles, type DueSubscription } from "./opening.ts";
import { amountsAt, type Plan } from "./plan.ts";
import { cyclesIn, dueAt, isOpened, scheduleOf, suspension, type Subscription } from "./subscription.ts";

// ---------------------------------------------------------------- the next cycle

export type NextCycle =
  | { readonly do: "bill"; readonly cycle: number; readonly at: Date }
  /** It falls due, and nobody is charged for it. */
  | { readonly do: "void"; readonly cycle: number; readonly at: Date; readonly because: "paused" | "unpaid" }
  | { readonly do: "none"; readonly because: "canceled" | "completed" | "last_cycle_opened" | "ends_first" };

export function nextCycle(
  subscription: Pick<Subscription, "status" | "nextCycle" | "nextBillingAt" | "cancelAt">,
): NextCycle {
  const { status, nextCycle: cycle, nextBillingAt: at } = subscription;
  if (status === "canceled" || status === "completed") return { do: "none", because: status };
  if (at === null) return { do: "none", because: "last_cycle_opened" };
  if (!isOpened(subscription, at)) return { do: "none", because: "ends_first" };
  const because = suspension(status);
  return because === null ? { do: "bill", cycle, at } : { do: "void", cycle, at, because };
}

/** When the cycles to come are billed, the next first. */
export function billingDates(
  subscription: Parameters<typeof nextCycle>[0] & Parameters<typeof scheduleOf>[0] & { readonly voidCycles: number },
  plan: Pick<Plan, "interval" | "frequency" | "expiryCount" | "expiryCounts">,
  most: number,
): Date[] {
  if (nextCycle(subscription).do !== "bill") return [];
  const schedule = scheduleOf(subscription, plan);
  const count = cyclesIn(plan, subscription.voidCycles);
  return Array.from({ length: most }, (_, ahead) => dueAt(schedule, subscription.nextCycle + ahead, count))
    .filter((at) => at !== null)
    .filter((at) => isOpened(subscription, at));
}

// ---------------------------------------------------------------- an invoice that is open already

export type OutlookInvoice = UnsettledInvoice &
  Pick<Invoice, "id" | "missed" | "retryRequestedAt" | "nextAttemptAt" | "amountCents" | "currency">;

/** The first thing in an invoice's way. */
export type InvoiceOutlook =
  /** `inVain`: why no charge would be made then, and dunning would go on without it; null: it is made. */
  | { readonly do: "charge"; readonly at: Date; readonly inVain: CardFault | null }
  | { readonly do: "wait"; readonly for: "earlier_invoice"; readonly cycle: number }
  /** `outcome`: of an attempt that may still move money. `person`: nothing happens by itself. */
  | { readonly do: "wait"; readonly for: "outcome" | "person" | "new_card" | "payment_link" | "grace" }
  | { readonly do: "nothing" };

/** @param unsettled of the subscription; the invoice itself may be among them */
export function invoiceOutlook(
  invoice: Omit<OutlookInvoice, "amountCents" | "currency">,
  { unsettled, customer }: { readonly unsettled: readonly UnsettledInvoice[]; readonly customer: CardFacts },
  now: Date,
): InvoiceOutlook {
  const { status, openAttempt, nextAttemptAt: at, dunningStep } = invoice;
  if (status === "held") return { do: "wait", for: "person" };
  if (status !== "open") return { do: "nothing" };
  if (openAttempt !== null) return { do: "wait", for: "outcome" };
  if (at !== null) {
    const earlier = earlierUnpaidCycle(invoice, unsettled);
    if (earlier !== null) return { do: "wait", for: "earlier_invoice", cycle: earlier };
    const isAskedFor = isRetryRequested(invoice);
    return { do: "charge", at, inVain: cardFault(customer, at > now ? at : now, { isAskedFor }) };
  }
  switch (dunningStep) {
    case "wait_for_card":
      return { do: "wait", for: "new_card" };
    case "payment_link":
    case "grace":
      return { do: "wait", for: dunningStep };
    case "retry":
    case null:
      return { do: "wait", for: "person" };
    default:
      return dunningStep satisfies never;
  }
}

// ---------------------------------------------------------------- the next charge of all

export type ChargeOutlook = {
  readonly subscription: DueSubscription;
  readonly unsettled: readonly OutlookInvoice[];
  readonly customer: CardFacts;
};

export type NoCharge =
  | CardFault
  | Extract<NextCycle, { because: string }>["because"]
  | Extract<InvoiceOutlook, { do: "wait" }>["for"]
  | "nothing_to_collect";

export type NextCharge =
  | ({ readonly at: Date; readonly cycle: number } & Pick<Invoice, "amountCents" | "currency">)
  | { readonly at: null; readonly because: NoCharge };

/** Cycles that fell due count as the next run opens them. @returns the earliest; it may be due already */
export function nextCharge(books: ChargeOutlook, now: Date): NextCharge {
  const facts = onceOpened(books, now);
  const invoices = facts.unsettled
    .filter(({ status }) => status === "open" || status === "held")
    .toSorted((a, b) => a.cycle - b.cycle)
    .map((invoice) => ofInvoice(invoice, facts, now));
  const all = [...invoices, ofNextCycle(facts, now)];
  const [first] = all
    .flatMap((each) => (each.at === null ? [] : [each]))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  // The oldest debt says why there is none.
  return first ?? all[0]!;
}

function onceOpened({ subscription, unsettled, customer }: ChargeOutlook, now: Date): ChargeOutlook {
  const { nextCycle: cycle, nextBillingAt, status, invoices } = openDueCycles(subscription, now, () => "");
  return {
    subscription: { ...subscription, nextCycle: cycle, nextBillingAt, status },
    unsettled: [...unsettled, ...invoices.map((invoice) => asAnnounced(invoice, now))],
    customer,
  };
}

/** What is collected at once is announced for the day on which it fell due, not for the moment of asking. */
function asAnnounced(invoice: Invoice, now: Date): OutlookInvoice {
  const { nextAttemptAt: at, periodStart } = invoice;
  return { ...invoice, nextAttemptAt: at !== null && at <= now ? periodStart : at, openAttempt: null };
}

function ofInvoice(invoice: OutlookInvoice, facts: ChargeOutlook, now: Date): NextCharge {
  const outlook = invoiceOutlook(invoice, facts, now);
  const { cycle, amountCents, currency } = invoice;
  if (outlook.do === "nothing") return none("person");
  if (outlook.do === "wait") return none(outlook.for);
  return outlook.inVain === null ? { at: outlook.at, cycle, amountCents, currency } : none(outlook.inVain);
}

function ofNextCycle({ subscription, unsettled, customer }: ChargeOutlook, now: Date): NextCharge {
  const next = nextCycle(subscription);
  if (next.do !== "bill") return none(next.because);
  const { plan } = subscription;
  const { amountCents } = amountsAt(subscription, plan, next.at);
  if (amountCents === 0) return none("nothing_to_collect");
  const { cycle, at } = next;
  // As it will be opened: in time, and asked for by nobody.
  if (earlierUnpaidCycle({ cycle, missed: false, retryRequestedAt: null, firstDeclinedAt: null }, unsettled) !== null)
    return none("earlier_invoice");
  const fault = cardFault(customer, at > now ? at : now);
  return fault === null ? { at, cycle, amountCents, currency: plan.currency } : none(fault);
}

function none(because: NoCharge): NextCharge {
  return { at: null, because };
}

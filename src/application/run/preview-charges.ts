/**
 * Which of the invoices that are due a run would charge, and why not the others. Pure: the run's own rules, asked in its
 * own order, with every charge taken for paid, and all that is put off at its later date: what waits for one of them is
 * decided again, as the run would.
 *
 * Nobody is read at Conekta: a run reads a customer without a usable card again first, and may find that there is one.
 */
import { chargeDecisions, type ChargeDecision, type ChargeRules } from "../../domain/charging/charge-decision.ts";
import type { MissedInvoice } from "../../domain/charging/catch-up-turn.ts";
import type { CustomerTry } from "../../domain/charging/daily-limit.ts";
import { runLimitReached, type RunLimits, type Spent } from "../../domain/charging/run-limits.ts";
import type { DueInvoice } from "../ports/charging.ts";

export type PreviewedDecision =
  { readonly do: "charge" } | { readonly do: "not_charged"; readonly because: string; readonly until: Date | null };

export type PreviewedDue = {
  /** In the order of the run. */
  readonly previewed: readonly { readonly due: DueInvoice; readonly decision: PreviewedDecision }[];
  /** The limit that would end the run early. */
  readonly stoppedAt: string | null;
};

/** @param due in the order of claiming */
export function previewCharges(
  due: readonly DueInvoice[],
  rules: Omit<ChargeRules, "limit">,
  limits: RunLimits,
  spent: Spent,
): PreviewedDue {
  const previewed: { due: DueInvoice; decision: PreviewedDecision }[] = [];
  /** Cycles that are taken for paid, by subscription. */
  const paid = new Map<string, ReadonlySet<number | null>>();
  /** When those that are put off are due, by subscription and cycle. */
  const putOff = new Map<string, ReadonlyMap<number | null, Date>>();
  /** Cycles that wait for the end of another charge of their customer, by subscription. */
  let inFlight: ReadonlyMap<string, ReadonlySet<number | null>> = new Map();
  let charges = 0;
  let hour = spent;
  let stoppedAt: string | null = null;

  /** @returns whether it is decided again, once a charge of its customer is over that it waits for */
  function take(each: DueInvoice, decision: ChargeDecision): boolean {
    if (decision.do === "leave" && (decision.because === "in_flight" || waitsForMoved(each) || isBehind(each)))
      return true;
    if (decision.do !== "charge") {
      if (decision.do === "put_off")
        putOff.set(
          each.subscriptionId,
          new Map([...(putOff.get(each.subscriptionId) ?? []), [each.invoice.cycle, decision.until]]),
        );
      previewed.push({ due: each, decision: notCharged(decision) });
      return false;
    }
    const { amountCents } = each.invoice;
    const limit = stoppedAt ?? runLimitReached(limits, charges, hour, amountCents);
    if (limit !== null && limit !== "amount_beyond_limit") stoppedAt = limit;
    previewed.push({
      due: each,
      decision: limit === null ? { do: "charge" } : { do: "not_charged", because: limit, until: null },
    });
    if (limit !== null) return false;
    charges += 1;
    hour = { charges: hour.charges + 1, amountCents: hour.amountCents + amountCents };
    paid.set(each.subscriptionId, new Set([...(paid.get(each.subscriptionId) ?? []), each.invoice.cycle]));
    return false;
  }

  /** One that it was decided beside has been charged, or put off, since. */
  function waitsForMoved({ subscriptionId, unsettled }: DueInvoice): boolean {
    return unsettled.some(({ cycle, nextAttemptAt }) => {
      const until = putOff.get(subscriptionId)?.get(cycle);
      return (
        paid.get(subscriptionId)?.has(cycle) || (until !== undefined && until.getTime() !== nextAttemptAt?.getTime())
      );
    });
  }

  /** One that it waits for waits itself, for another charge of the customer. */
  function isBehind({ subscriptionId, unsettled }: DueInvoice): boolean {
    return unsettled.some(({ cycle }) => inFlight.get(subscriptionId)?.has(cycle));
  }

  /** As the run would find it by then. */
  function asMoved(each: DueInvoice): DueInvoice {
    const cycles = paid.get(each.subscriptionId);
    const dates = putOff.get(each.subscriptionId);
    const unsettled = each.unsettled
      .filter(({ cycle }) => !cycles?.has(cycle))
      .map((other) => ({ ...other, nextAttemptAt: dates?.get(other.cycle) ?? other.nextAttemptAt }));
    const missed = each.missed
      .map((other) => (cycles?.has(other.cycle) ? triedNow(other) : other))
      .map((other) => ({ ...other, nextAttemptAt: dates?.get(other.cycle) ?? other.nextAttemptAt }));
    return { ...each, unsettled, missed, ...(cycles !== undefined && { paidAt: rules.now }) };
  }

  function triedNow(missed: MissedInvoice): MissedInvoice {
    const charge = { state: "paid", flow: "single", sentAt: rules.now, claimedAt: rules.now } as const;
    return { ...missed, tries: [...missed.tries, charge] };
  }

  // Of one invoice alone tries are counted, and none is charged twice here: what is charged here need not be added.
  let waiting = due.map((each) => withTries(each, each.customer.tries.flatMap(landed)));
  while (waiting.length > 0) {
    const page = waiting.map(asMoved);
    const decisions = chargeDecisions(page, { ...rules, limit: Infinity });
    inFlight = cyclesInFlight(page, decisions);
    // First what is charged, put off or ends: what comes earlier in the page may wait for one that comes later in it, as a due
    // date was moved.
    const isLeft = (index: number): boolean => decisions[index]!.do === "leave";
    for (const [index, each] of page.entries()) if (!isLeft(index)) take(each, decisions[index]!);
    waiting = waiting.filter((_, index) => isLeft(index) && take(page[index]!, decisions[index]!));
  }
  return { previewed, stoppedAt };
}

function cyclesInFlight(
  page: readonly DueInvoice[],
  decisions: readonly ChargeDecision[],
): ReadonlyMap<string, ReadonlySet<number | null>> {
  const waiting = page.filter((_, index) => {
    const decision = decisions[index];
    return decision?.do === "leave" && decision.because === "in_flight";
  });
  const bySubscription = Map.groupBy(waiting, ({ subscriptionId }) => subscriptionId);
  return new Map([...bySubscription].map(([id, those]) => [id, new Set(those.map(({ invoice }) => invoice.cycle))]));
}

/** What is in flight will have been sent. */
function landed(each: CustomerTry): CustomerTry[] {
  if (each.state === "claimed") return [];
  return [each.state === "sending" ? { ...each, state: "unknown" } : each];
}

function withTries(due: DueInvoice, tries: readonly CustomerTry[]): DueInvoice {
  return { ...due, customer: { ...due.customer, tries } };
}

function notCharged(decision: Exclude<ChargeDecision, { do: "charge" }>): PreviewedDecision {
  switch (decision.do) {
    case "leave":
    case "hold":
      return { do: "not_charged", because: decision.because, until: null };
    case "read_customer":
      return { do: "not_charged", because: "unread", until: null };
    case "put_off":
      return { do: "not_charged", because: decision.rule.name, until: decision.until };
    case "fail":
      return { do: "not_charged", because: decision.failure.failureCode, until: null };
    default:
      return decision satisfies never;
  }
}

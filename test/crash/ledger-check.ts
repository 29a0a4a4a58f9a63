/**
 * The ledger check: the records held against the gateway's own ledger. Each fault is a sentence; no sentence, no fault.
 *
 * Reads the database with a connection of its own, so that it sees what was committed and nothing else.
 */
import { isOpen, type AttemptState } from "../../src/domain/attempt.ts";
import type { AttemptFlow } from "../../src/domain/ways-to-pay.ts";
import type { LedgerCharge } from "../../src/sandbox/server.ts";
import { type Place, withTables } from "../support/raw-tables.ts";

export type AttemptRow = {
  readonly id: string;
  readonly invoiceId: string;
  readonly state: AttemptState;
  readonly flow: AttemptFlow;
  readonly reference: string;
  readonly chargeId: string | null;
  readonly amountCents: number;
  readonly claimedAt: number;
  /** What the last event says became of it. */
  readonly outcomeEvent: string | null;
};
type InvoiceRow = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly cycle: number;
  readonly status: string;
  readonly amountCents: number;
  readonly paidEvents: number;
  readonly timesPaid: number;
};
type SubscriptionRow = {
  readonly id: string;
  readonly firstCycle: number;
  readonly nextCycle: number;
  readonly nextBillingAt: number | null;
};
export type Records = {
  readonly attempts: readonly AttemptRow[];
  readonly invoices: readonly InvoiceRow[];
  readonly subscriptions: readonly SubscriptionRow[];
  readonly integrity: string;
};

/** By a statement of either dialect. */
const RECORDS = {
  attempts: `select id, invoice_id as "invoiceId", state, flow, reference, charge_id as "chargeId",
      amount_cents as "amountCents", claimed_at as "claimedAt",
      (select data ->> 'outcome' from event
        where attempt_id = attempt.id and data ->> 'outcome' is not null order by event.sequence desc limit 1) as "outcomeEvent"
    from attempt order by id`,
  invoices: `select id, subscription_id as "subscriptionId", cycle, status, amount_cents as "amountCents",
      (select count(*) from event where invoice_id = invoice.id and type = 'invoice.paid') as "paidEvents",
      (select count(*) from attempt where invoice_id = invoice.id and state in ('paid', 'paid_again')) as "timesPaid"
    from invoice order by subscription_id, cycle`,
  subscriptions: `select id, first_cycle as "firstCycle", next_cycle as "nextCycle", next_billing_at as "nextBillingAt"
    from subscription order by id`,
};

export async function readRecords(place: Place): Promise<Records> {
  return await withTables(place, async (tables) => ({
    attempts: await tables.all<AttemptRow>(RECORDS.attempts),
    invoices: await tables.all<InvoiceRow>(RECORDS.invoices),
    subscriptions: await tables.all<SubscriptionRow>(RECORDS.subscriptions),
    integrity: await tables.integrity(),
  }));
}

/** What may never be, at any moment. */
export function checkAlways(records: Records, ledger: readonly LedgerCharge[]): string[] {
  const faults: string[] = records.integrity === "ok" ? [] : [`the file is broken: ${records.integrity}`];
  for (const [cycle, charges] of doubleCharges(ledger))
    faults.push(`${cycle} was paid ${charges.length} times: ${charges.map(({ chargeId }) => chargeId).join(", ")}`);

  const byReference = new Map(records.attempts.map((attempt) => [attempt.reference, attempt]));
  for (const charge of ledger) {
    const attempt = byReference.get(referenceOf(charge));
    if (attempt === undefined) faults.push(`${charge.chargeId} was made for nothing that the records know`);
    else if (attempt.state === "claimed" || attempt.state === "released")
      faults.push(`${attempt.reference} was sent, and the records say ${attempt.state}`);
    else if (charge.status === "paid" && attempt.amountCents !== charge.amountCents)
      faults.push(`${attempt.reference} moved ${charge.amountCents} cents instead of ${attempt.amountCents}`);
  }
  for (const { id, firstCycle, nextCycle } of records.subscriptions) {
    const opened = records.invoices.filter(({ subscriptionId }) => subscriptionId === id).map(({ cycle }) => cycle);
    for (let cycle = firstCycle; cycle < nextCycle; cycle++)
      if (opened.filter((each) => each === cycle).length !== 1) faults.push(`cycle ${cycle} of ${id} has no invoice`);
    if (opened.some((cycle) => cycle >= nextCycle)) faults.push(`${id} has an invoice ahead of its cursor`);
  }
  for (const { reference, state, outcomeEvent } of records.attempts)
    if (state !== "claimed" && state !== "sending" && outcomeEvent !== state)
      faults.push(`${reference} is ${state}, its last event says ${outcomeEvent ?? "nothing"}`);
  for (const { id, status, paidEvents } of records.invoices)
    if (paidEvents !== (status === "paid" ? 1 : 0))
      faults.push(`invoice ${id} is ${status}, and ${paidEvents} events say paid`);
  return faults;
}

/** What must be once nothing is due any more and whoever had to decide has decided. */
export function checkAtRest(records: Records, ledger: readonly LedgerCharge[], now: Date): string[] {
  const faults = checkAlways(records, ledger);
  for (const { reference, state } of records.attempts) if (isOpen(state)) faults.push(`${reference} is still ${state}`);
  const byReference = new Map(records.attempts.map((attempt) => [attempt.reference, attempt]));
  for (const charge of ledger) {
    const { chargeId, status } = charge;
    const attempt = byReference.get(referenceOf(charge));
    if (attempt?.state !== status || attempt.chargeId !== chargeId)
      faults.push(`${chargeId} is ${status}, the records say ${attempt?.state} of ${referenceOf(charge)}`);
  }
  const moved = new Set(ledger.flatMap(({ chargeId, status }) => (status === "paid" ? [chargeId] : [])));
  for (const { reference, state, chargeId } of records.attempts)
    if ((state === "paid" || state === "paid_again") && !moved.has(chargeId ?? ""))
      faults.push(`${reference} is ${state}, and no money moved`);
  for (const { id, status, amountCents, timesPaid } of records.invoices)
    if ((status === "paid" && amountCents > 0 ? 1 : 0) !== timesPaid)
      faults.push(`invoice ${id} is ${status}, and ${timesPaid} attempts paid it`);
  for (const { id, nextBillingAt } of records.subscriptions)
    if (nextBillingAt !== null && nextBillingAt <= now.getTime()) faults.push(`${id} has a cycle that is not opened`);
  return faults;
}

/** What a customer pays on a page has no reference of its own; its order has. */
function referenceOf({ referenceId, metadata }: LedgerCharge): string {
  return referenceId ?? String(metadata["puntual_attempt"] ?? "");
}

/** By subscription and cycle: what was paid more than once. */
export function doubleCharges(ledger: readonly LedgerCharge[]): [string, LedgerCharge[]][] {
  const paid = Map.groupBy(
    ledger.filter(({ status }) => status === "paid"),
    ({ metadata }) => `${metadata["puntual_subscription"]}/${metadata["puntual_cycle"]}`,
  );
  return [...paid].filter(([, charges]) => charges.length > 1);
}

/**
 * Take the steps of dunning that are due: make payment links, and end the waits that are over. The customer is read first:
 * a card that was changed at Conekta is tried instead.
 *
 * Never while an attempt of the invoice may still move money. A crash leaves a step due, or a link that is looked for; so
 * does a step that cannot be taken, which is set aside for this run and keeps no other from its own.
 */
import { plusLocalDays } from "../../domain/calendar/calendar.ts";
import { mayBeRead, mayEndWait } from "../../domain/dunning/card-watch.ts";
import { BillingError, DatabaseUnusable, stopsEverybody } from "../../domain/errors.ts";
import { afterWait } from "../../domain/settle/settle-dunning.ts";
import { openPaymentLink, type LinkNeeds } from "./open-payment-link.ts";
import { readCustomers, type CustomersRead, type ReadNeeds } from "../customers/read-customers.ts";
import type { CheckFacts, DuePlace, DueStep, InvoiceTransition, MovedInvoice } from "../ports/charging.ts";
import type { Owner } from "../ports/installation.ts";
import { runAll } from "../concurrency/run-all.ts";
import { policyOf, rulesAt } from "../settling/settle-attempts.ts";
import { countOutcome, putRowAside, type RunSummary } from "../settling/run-summary.ts";

export type StepNeeds = LinkNeeds & ReadNeeds;

const BATCH = 250;

export async function takeDunningSteps(
  needs: StepNeeds,
  owner: Owner,
  { leaseMs }: { readonly leaseMs: number },
  summary: RunSummary,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, log, breaker } = needs;
  const now = clock.now();
  const read: CustomersRead = new Map();
  /** What cannot go on is walked past, however much of it there is. */
  let after: DuePlace | null = null;
  while (!signal.aborted) {
    const due: readonly DueStep[] = await store.dueSteps(now, { after, limit: BATCH });
    const last = due.at(-1);
    if (last === undefined) return;
    after = { at: last.dueAt, invoiceId: last.invoiceId };

    const unread = due.filter(({ customer, dueAt }) => !mayEndWait(customer, dueAt, now));
    const toRead = unread.filter(({ customer, dueAt }) => mayBeRead(customer, dueAt, now));
    await readCustomers(needs, new Set(toRead.map(({ customerId }) => customerId)), summary, read, signal);
    const isUnread = (step: DueStep): boolean =>
      unread.includes(step) && (read.get(step.customerId) ?? "unread") === "unread";
    const waits = due.filter((step) => !isLink(step) && !isUnread(step));
    const ids = waits.map(({ invoiceId }) => invoiceId);
    const moved = await endWaits(needs, ids, now, summary);
    for (const { invoiceId, event, step } of moved)
      log.warn(event, { invoiceId, nextStep: step?.do, rule: step?.rule.name });

    // Of one customer one after the other: while one attempt of theirs is under way, no other can begin.
    const ofCustomers = Map.groupBy(due.filter(isLink), ({ customerId }) => customerId);
    await runAll(
      LINKS_AT_ONCE,
      [...ofCustomers.values()].map((steps) => async () => {
        for (const step of steps) {
          if (signal.aborted || breaker.isOpen || summary.haltReason !== null) return;
          try {
            await makeLink(needs, owner, { ...step, leaseMs }, summary);
          } catch (error) {
            leaveStep(needs, step.invoiceId, error, summary);
          }
        }
      }),
    );
  }
}

/** One that cannot be moved must not stop those of its batch: then each is written by itself. */
async function endWaits(
  needs: StepNeeds,
  invoiceIds: readonly string[],
  now: Date,
  summary: RunSummary,
): Promise<readonly MovedInvoice[]> {
  try {
    return await needs.store.applyTransitions(invoiceIds, now, (facts) => moveAfterWait(needs, facts, now));
  } catch (error) {
    const [invoiceId, ...others] = invoiceIds;
    if (invoiceId === undefined || stopsEverybody(error)) throw error;
    if (others.length === 0) {
      leaveStep(needs, invoiceId, error, summary);
      return [];
    }
    const moved: MovedInvoice[] = [];
    for (const each of invoiceIds) moved.push(...(await endWaits(needs, [each], now, summary)));
    return moved;
  }
}

/** The step stays due, and is taken again by the next run. @throws what is the database's fault, or the gateway's */
function leaveStep(needs: StepNeeds, invoiceId: string, error: unknown, summary: RunSummary): void {
  if (error instanceof DatabaseUnusable ? stopsEverybody(error) : error instanceof BillingError) throw error;
  putRowAside(needs, summary, { invoiceId }, error);
}

/** Fewer than charges: nobody waits for a page by the minute. */
const LINKS_AT_ONCE = 4;

function isLink({ step }: DueStep): boolean {
  return step === "payment_link";
}

function moveAfterWait(needs: StepNeeds, facts: CheckFacts, now: Date): InvoiceTransition | null {
  const { dunningStep, dunningDueAt } = facts.invoice;
  // Somebody changed it since it was found due.
  if (dunningStep === null || dunningStep === "retry" || dunningDueAt === null || dunningDueAt > now) return null;
  const decided = afterWait(facts.invoice, dunningStep, rulesAt(needs, policyOf(needs.policies, facts.dunning), now));
  if (decided.step?.do === "retry") return { ...decided, event: "invoice.retry_scheduled" };
  return decided.step?.do === "grace" ? { ...decided, event: "invoice.grace_started" } : decided;
}

async function makeLink(
  needs: StepNeeds,
  owner: Owner,
  { invoiceId, dunning, timeZone, asked, leaseMs }: DueStep & { readonly leaseMs: number },
  summary: RunSummary,
): Promise<void> {
  const now = needs.clock.now();
  const { paymentLink } = policyOf(needs.policies, dunning);
  if (asked !== null && asked.expiresAt > now) {
    const { methods, expiresAt, by } = asked;
    await openPaymentLink(needs, owner, { invoiceId, methods, expiresAt, leaseMs, requestedBy: by }, summary);
    return;
  }
  // The policy was changed meanwhile: what follows a link comes at once.
  if (paymentLink === null) {
    await needs.store.applyTransitions([invoiceId], now, (facts) => moveAfterWait(needs, facts, now));
    return;
  }
  const { methods, expiresAfterDays } = paymentLink;
  const expiresAt = plusLocalDays(now, expiresAfterDays, timeZone);
  const settled = await openPaymentLink(
    needs,
    owner,
    {
      ...{ invoiceId, methods, expiresAt, leaseMs },
      requestedBy: "dunning",
    },
    summary,
  );
  if (settled !== null) countOutcome(summary, settled);
}

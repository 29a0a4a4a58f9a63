/**
 * Preview a run: what would be opened and charged now, by the same rules, with nothing written and nobody asked.
 *
 * It cannot foresee what the gateway says: a decline, an invoice that verification finds paid, or a card that was changed
 * at Conekta without our knowing.
 */
import { readDue } from "../charging/read-due.ts";
import type { Invoice } from "../../domain/invoice.ts";
import { announcedAt } from "../../domain/charging/next-charge.ts";
import { shownContent } from "../../domain/shown-content.ts";
import { openTogether } from "../../domain/opening-turns.ts";
import { chargeRules } from "../charging/claim-due.ts";
import type { RunLimits } from "../../domain/charging/run-limits.ts";
import type { DueInvoice, DuePlace } from "../ports/charging.ts";
import type { NotCharged, PreviewedCharge, PreviewedInvoice, RunPreview } from "./preview.ts";
import { previewCharges } from "./preview-charges.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";

/** As many as a preview can show; the run itself knows no such limit. */
const SUBSCRIPTIONS_MAX = 100_000;
const INQUIRIES_MAX = 10_000;
const PAGE = 2_000;

export type PreviewLimits = RunLimits & { readonly maxChargesPerCustomerPerDay: number };

export async function previewRun(needs: SettleNeeds, limits: PreviewLimits): Promise<RunPreview> {
  const { store, clock, random } = needs;
  const now = clock.now();
  const setAside: string[] = [];
  const wouldOpen: Invoice[] = [];
  const dueSubscriptions = await readDue(store, now, SUBSCRIPTIONS_MAX, [], (id) => setAside.push(id));
  const sharing = Map.groupBy(dueSubscriptions, ({ customerId, plan }) => JSON.stringify([customerId, plan.currency]));
  for (const together of sharing.values()) {
    // The run sets one aside in the same way, and logs why.
    const { opened: those } = openTogether(
      together,
      now,
      (at) => random.newId("inv", at),
      ({ id }) => setAside.push(id),
    );
    wouldOpen.push(...together.flatMap(({ id }) => those.get(id)?.invoices ?? []));
  }
  const opened = wouldOpen.filter(({ nextAttemptAt }) => nextAttemptAt !== null && nextAttemptAt <= now);
  const due = [...(await allDueInvoices(store, now)), ...(await store.factsBeforeOpening(opened, now))];
  const openedById = new Map(opened.map((invoice) => [invoice.id, invoice]));
  const { maxChargesPerCustomerPerDay } = limits;
  const rules = chargeRules(needs, { now, limit: Infinity, maxChargesPerCustomerPerDay, readingOf: asRead });
  const { previewed, stoppedAt } = previewCharges(
    due.toSorted(byDate),
    rules,
    limits,
    await store.sentWithinTheHour(now),
  );
  const charges = previewed.map(({ due: each, decision }) => ({
    decision,
    charge: chargeOf(each, openedById.get(each.invoice.id) ?? null, now),
  }));
  return {
    wouldOpen: wouldOpen.map(withoutId),
    wouldCharge: charges.flatMap(({ charge, decision }) => (decision.do === "charge" ? [charge] : [])),
    wouldNotCharge: charges.flatMap(({ charge, decision }): NotCharged[] =>
      decision.do === "charge"
        ? []
        : [{ ...charge, because: decision.because, until: decision.until?.toISOString() ?? null }],
    ),
    stoppedAt,
    wouldInquire: (await store.dueInquiries(now, INQUIRIES_MAX)).length,
    setAside,
    haltReason: (await store.installation()).haltReason,
  };
}

async function allDueInvoices(store: SettleNeeds["store"], now: Date): Promise<DueInvoice[]> {
  const due: DueInvoice[] = [];
  for (let after: DuePlace | null = null; ;) {
    const page: readonly DueInvoice[] = await store.dueInvoices(now, { after, limit: PAGE });
    due.push(...page);
    const last = page.at(-1)?.invoice;
    if (page.length < PAGE || last === undefined || last.nextAttemptAt === null) return due;
    after = { at: last.nextAttemptAt, invoiceId: last.id };
  }
}

/** What the books know of cards is what counts: Conekta is not asked. */
function asRead(): "read" {
  return "read";
}

/** As invoices are claimed; those to be opened come after those that wait already. */
function byDate({ invoice: a }: DueInvoice, { invoice: b }: DueInvoice): number {
  return Number(a.nextAttemptAt) - Number(b.nextAttemptAt);
}

function withoutId(invoice: Invoice): PreviewedInvoice {
  const { subscriptionId, customerId, cycle, periodStart, periodEnd } = invoice;
  const { status, statusReason, missed, nextAttemptAt } = invoice;
  const standing = { status, statusReason, missed, nextAttemptAt };
  return { subscriptionId, customerId, cycle, periodStart, periodEnd, ...shownContent(invoice), ...standing };
}

/** @param opened as it would be opened; null: it is open already */
function chargeOf(
  { invoice, subscriptionId, customerId }: DueInvoice,
  opened: Invoice | null,
  now: Date,
): PreviewedCharge {
  const { id, cycle, amountCents, currency, nextAttemptAt, missed } = invoice;
  const dueAt = (opened === null ? nextAttemptAt : announcedAt(opened, now))?.toISOString() ?? "";
  const invoiceId = opened === null ? id : null;
  return { invoiceId, subscriptionId, customerId, cycle, amountCents, currency, dueAt, missed };
}

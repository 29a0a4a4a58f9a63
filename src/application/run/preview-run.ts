/**
 * Preview a run: what would be opened and charged now, by the same rules, with nothing written and nobody asked.
 *
 * It cannot foresee what the gateway says: a decline, an invoice that verification finds paid, or a card that was changed
 * at Conekta without our knowing.
 */
import type { Invoice } from "../../domain/invoice.ts";
import { openCycles } from "../charging/open-due.ts";
import type { ListRow } from "../ports/listings.ts";
import type { Random } from "../ports/runtime.ts";
import type { DueSubscription } from "../ports/store.ts";
import type { PreviewedCharge, PreviewedInvoice, RunPreview } from "./preview.ts";
import { stoppedByChecks } from "./preview-checks.ts";
import { withinLimits, type PreviewLimits } from "./preview-limits.ts";
import type { SettleNeeds } from "../settling/settle-attempts.ts";
import { DAY_MS } from "../../domain/duration.ts";

/** As many as a preview can show; the run itself knows no such limit. */
const SUBSCRIPTIONS_MAX = 100_000;
const INQUIRIES_MAX = 10_000;

export async function previewRun(needs: SettleNeeds, limits: PreviewLimits): Promise<RunPreview> {
  const { store, clock, random } = needs;
  const now = clock.now();
  const setAside: string[] = [];
  const wouldOpen: Invoice[] = [];
  for (const subscription of await store.dueSubscriptions(now, SUBSCRIPTIONS_MAX, [])) {
    try {
      wouldOpen.push(...allDueCycles(subscription, now, random));
    } catch {
      // The run sets it aside in the same way, and logs why.
      setAside.push(subscription.id);
    }
  }
  const isDue = (at: string | null): boolean => at !== null && new Date(at) <= now;
  const open = await store.list("invoices", { where: { status: "open" } });
  const charges = [
    ...open.filter((row) => isDue(row["nextAttemptAt"] as string | null)).map(chargeOfRow),
    ...wouldOpen.flatMap(chargeOfNew).filter(({ dueAt }) => isDue(dueAt)),
  ].toSorted((a, b) => a.dueAt.localeCompare(b.dueAt));
  const stopped = await stoppedByChecks(needs, charges, now);
  const { wouldCharge, wouldNotCharge, stoppedAt } = withinLimits(
    charges.filter((charge) => !stopped.has(charge)),
    limits,
    await recently(needs, now),
  );
  return {
    wouldOpen: wouldOpen.map(withoutId),
    wouldCharge,
    wouldNotCharge: [...stopped.values(), ...wouldNotCharge],
    stoppedAt,
    wouldInquire: (await store.dueInquiries(now, INQUIRIES_MAX)).length,
    setAside,
    haltReason: (await store.installation()).haltReason,
  };
}

/** Who was charged within 24 hours, and which invoices a person asked to retry since their last try. */
async function recently({ store }: SettleNeeds, now: Date) {
  const chargedToday = new Map<string, number>();
  const lastTryAt = new Map<string, string>();
  for (const row of await store.list("history", { since: new Date(now.getTime() - DAY_MS) })) {
    const { customerId, invoiceId, outcome, attemptedAt } = row;
    if (outcome === "not_sent" || outcome === "released" || outcome === "claimed") continue;
    chargedToday.set(String(customerId), 1 + (chargedToday.get(String(customerId)) ?? 0));
    if (!lastTryAt.has(String(invoiceId))) lastTryAt.set(String(invoiceId), String(attemptedAt));
  }
  const asked = await store.list("events", { where: { type: "invoice.retry_requested" } });
  const requested = new Set(
    asked.flatMap(({ invoiceId, at }) =>
      String(at) > (lastTryAt.get(String(invoiceId)) ?? "") ? [String(invoiceId)] : [],
    ),
  );
  return { chargedToday, requested };
}

/** One pass opens a limited number of cycles; a run makes as many passes as it takes. */
function allDueCycles(subscription: DueSubscription, now: Date, random: Random): Invoice[] {
  const invoices: Invoice[] = [];
  let due = subscription;
  for (;;) {
    const opened = openCycles(due, now, random);
    invoices.push(...opened.invoices);
    const { nextCycle, nextBillingAt, status } = opened;
    if (nextBillingAt === null || nextBillingAt > now) return invoices;
    due = { ...due, nextCycle, nextBillingAt, status, lastMissedAt: lastMissedOf(opened.invoices, due.lastMissedAt) };
  }
}

function lastMissedOf(invoices: readonly Invoice[], before: Date | null): Date | null {
  return invoices.reduce<Date | null>(
    (last, { missed, nextAttemptAt }) =>
      missed && nextAttemptAt !== null && (last === null || nextAttemptAt > last) ? nextAttemptAt : last,
    before,
  );
}

function withoutId(invoice: Invoice): PreviewedInvoice {
  const { subscriptionId, customerId, cycle, periodStart, periodEnd, amountCents, discountCents, currency } = invoice;
  const { status, statusReason, missed, nextAttemptAt } = invoice;
  const amounts = { amountCents, discountCents, currency };
  const fate = { status, statusReason, missed, nextAttemptAt };
  return { subscriptionId, customerId, cycle, periodStart, periodEnd, ...amounts, ...fate };
}

function chargeOfRow(row: ListRow): PreviewedCharge {
  return {
    invoiceId: String(row["invoiceId"]),
    subscriptionId: String(row["subscriptionId"]),
    customerId: String(row["customerId"]),
    cycle: Number(row["cycle"]),
    amountCents: Number(row["amountCents"]),
    currency: String(row["currency"]),
    dueAt: String(row["nextAttemptAt"]),
    missed: row["missed"] === true,
  };
}

function chargeOfNew(invoice: Invoice): PreviewedCharge[] {
  const { subscriptionId, customerId, cycle, amountCents, currency, nextAttemptAt, missed } = invoice;
  if (nextAttemptAt === null) return [];
  const dueAt = nextAttemptAt.toISOString();
  return [{ invoiceId: null, subscriptionId, customerId, cycle, amountCents, currency, dueAt, missed }];
}

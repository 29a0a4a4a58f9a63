/** `subscriptions list` and `show`. */
import type { SubscriptionRow } from "../../application/ports/listings/subscriptions.ts";
import type { SubscriptionStatus } from "../../domain/subscription.ts";
import { bold, printFacts, printJson, printLine } from "./print.ts";
import { withRefund } from "./refund-words.ts";
import { listing, mustExist, printRows, rowOf, type RowOptions, type RowReader } from "./rows.ts";
import { readStore } from "./session.ts";
import { printTable } from "./table.ts";

type ListOptions = RowOptions & {
  readonly status?: SubscriptionStatus;
  readonly customer?: string;
  readonly plan?: string;
};

export async function listSubscriptions(options: ListOptions): Promise<void> {
  const { moneyOf } = await import("./cells.ts");
  const { nextCharges } = await import("./next-charges.ts");
  await readStore(async (app) => {
    const { status, customer: customerId, plan: planId } = options;
    await mustExist(app, options);
    const wanted = { where: { status, customerId, planId } };
    let next = await nextCharges(app, []);
    const { all, page } = listing(app, "subscriptions", wanted);
    const reader: RowReader<SubscriptionRow> = {
      all,
      async page(place) {
        const read = await page(place);
        next = await nextCharges(
          app,
          read.rows.map(({ subscriptionId }) => subscriptionId),
        );
        return read;
      },
    };
    await printRows("subscriptions", options, reader, {
      columns: [
        { head: "subscription", of: (row) => row.subscriptionId, wraps: true },
        { head: "customer", of: (row) => row.customerName, wraps: true },
        { head: "plan", of: (row) => row.planName, wraps: true },
        { head: "status", of: (row) => row.status },
        { head: "next charge", isTime: true, of: (row) => next.cell(row.subscriptionId) },
        {
          head: "paid",
          of: (row) => withRefund(moneyOf(row.paidCents, row.currency), row),
          align: "right",
          spare: true,
        },
        {
          head: "owed",
          of: (row) => (row.owedCents === 0 ? "" : moneyOf(row.owedCents, row.currency)),
          align: "right",
        },
      ],
      whenEmpty: "There are no such subscriptions.",
    });
  });
}

const DATES_SHOWN = 6;

export async function showSubscription(subscriptionId: string, { json }: { json?: true }): Promise<void> {
  const { cardOf, discountsOf, discountText, linesOf, moneyOf, taxesOf, textOf, zoned } = await import("./cells.ts");
  const { rhythmOf } = await import("../../domain/plan.ts");
  const { takesAway } = await import("../../explain/takes-away.ts");
  const { NO_CHARGE, nextCharges, whenAndWhat } = await import("./next-charges.ts");
  await readStore(async (app) => {
    const subscription = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
    const ahead = await nextCharges(app, [subscriptionId]);
    const next = ahead.of(subscriptionId);
    const nextInvoice = ahead.invoiceOf(subscriptionId);
    const nextDates = await datesAhead(subscription);
    const isLater = (at: string) => next !== null && next.at !== null && new Date(at) > next.at;
    const invoices = await app.store.list("invoices", { where: { subscriptionId } });
    const events = await app.store.list("events", { where: { subscriptionId } });
    const left =
      subscription.nextBillingAt === null
        ? await app.store.list("items", { where: { subscriptionId, state: "pending" } })
        : [];
    if (json) return printJson({ subscription, nextCharge: next, nextInvoice, nextDates, invoices, events });

    const zone = subscription.timeZone;
    const isCovered =
      next?.at === null && next.because === "nothing_to_collect" && (nextInvoice?.balanceCents ?? 0) > 0;
    const covered =
      isCovered && nextInvoice !== null
        ? `none: what falls due ${zoned(nextInvoice.periodStart.toISOString(), zone)} goes against the balance`
        : null;
    printFacts([
      ["subscription", subscriptionId],
      ["status", subscription.status],
      ["customer", `${subscription.customerName} (${subscription.customerId})`],
      ["card", cardOf(subscription) || "none"],
      ["plan", `${subscription.planName} (${subscription.planId}), ${rhythmOf(subscription)}`],
      ["quantity", subscription.quantity === 1 ? null : textOf(subscription.quantity)],
      ...linesOf(subscription.lineItems, subscription.currency).map((line) => ["own line", line] as const),
      ["discount", subscription.discount === null ? null : discountText(subscription.discount, subscription.currency)],
      ["start", `${subscription.startLocal} ${zone}`],
      ["ends", zoned(subscription.cancelAt, zone)],
      ["pause", pauseOf(subscription, app.clock.now(), zoned)],
      [
        "paid",
        withRefund(
          `${moneyOf(subscription.paidCents, subscription.currency)} for ${textOf(subscription.paidInvoices)} of its invoices`,
          subscription,
        ),
      ],
      ["owed", subscription.owedCents === 0 ? null : moneyOf(subscription.owedCents, subscription.currency)],
      [
        "next charge",
        covered ?? (next && (next.at === null ? `none: ${NO_CHARGE[next.because]}` : whenAndWhat(next, zone))),
      ],
      ...nextDates.filter(isLater).map((at) => ["then", zoned(at, zone)] as const),
      ...left.map(
        ({ name, key, amountCents, discountCents, currency }) =>
          [
            "left",
            `${name}, ${moneyOf(amountCents - discountCents, currency)}: charged to nobody; npx ${takesAway(key)}`,
          ] as const,
      ),
    ]);
    if (nextInvoice !== null) {
      const { cycle, periodStart, periodEnd, currency, balanceCents, amountCents } = nextInvoice;
      printLine(`\n${bold("Next invoice")}`);
      printFacts([
        [`cycle ${cycle}`, `${zoned(periodStart.toISOString(), zone)} to ${zoned(periodEnd.toISOString(), zone)}`],
        ...linesOf(nextInvoice.lineItems, currency).map((line) => ["line", line] as const),
        ...discountsOf(nextInvoice).map((discount) => ["discount", discount] as const),
        ["balance", balanceCents === 0 ? null : moneyOf(-balanceCents, currency)],
        ["amount", moneyOf(amountCents, currency)],
        ...taxesOf(nextInvoice).map((tax) => ["of it", tax] as const),
      ]);
    }
    if (invoices.length > 0) printLine(`\n${bold("Invoices")}`);
    if (invoices.length > 0)
      await printTable(invoices, [
        { head: "invoice", of: (row) => row.invoiceId },
        { head: "cycle", of: (row) => textOf(row.cycle), align: "right" },
        { head: "period from", of: (row) => zoned(row.periodStart, zone) },
        { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
        {
          head: "status",
          of: (row) => [row.status, textOf(row.statusReason)].filter(Boolean).join(": "),
        },
      ]);
  });
}

/** A planned one, or one under way that ends by itself. */
function pauseOf(
  { pauseFrom, pauseUntil, timeZone }: SubscriptionRow,
  now: Date,
  zoned: (at: string | null, zone: string) => string,
): string | null {
  if (pauseUntil === null || new Date(pauseUntil) <= now) return null;
  return `cycles from ${zoned(pauseFrom, timeZone)} until ${zoned(pauseUntil, timeZone)} are void`;
}

/** When its next cycles are billed, as far as anybody knows. */
async function datesAhead(row: SubscriptionRow): Promise<readonly string[]> {
  const { billingDates } = await import("../../domain/charging/cycles-ahead.ts");
  const [nextBillingAt, cancelAt] = [dateOf(row.nextBillingAt), dateOf(row.cancelAt)];
  const [pauseFrom, pauseUntil] = [dateOf(row.pauseFrom), dateOf(row.pauseUntil)];
  return billingDates({ ...row, nextBillingAt, cancelAt, pauseFrom, pauseUntil }, row, DATES_SHOWN).map((at) =>
    at.toISOString(),
  );
}

function dateOf(instant: string | null): Date | null {
  return instant === null ? null : new Date(instant);
}

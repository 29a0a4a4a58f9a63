/** `subscriptions list` and `show`. */
import type { SubscriptionRow } from "../../application/ports/listings.ts";
import type { SubscriptionStatus } from "../../domain/subscription.ts";
import { bold, printFacts, printJson, printLine } from "./print.ts";
import { listing, mustExist, printRows, rowOf, type RowOptions } from "./rows.ts";
import { withStore } from "./session.ts";
import { printTable } from "./table.ts";

type ListOptions = RowOptions & {
  readonly status?: SubscriptionStatus;
  readonly customer?: string;
  readonly plan?: string;
};

export async function listSubscriptions(options: ListOptions): Promise<void> {
  const { moneyOf, utcOf } = await import("./cells.ts");
  await withStore(async (app) => {
    const { status, customer: customerId, plan: planId } = options;
    await mustExist(app, options);
    const wanted = { where: { status, customerId, planId } };
    await printRows("subscriptions", options, listing(app, "subscriptions", wanted), {
      columns: [
        { head: "subscription", of: (row) => row.subscriptionId, wraps: true },
        { head: "customer", of: (row) => row.customerName, wraps: true },
        { head: "plan", of: (row) => row.planName, wraps: true },
        { head: "status", of: (row) => row.status },
        { head: "next charge (UTC)", of: (row) => (isCharged(row) ? utcOf(row.nextBillingAt) : "") },
        { head: "paid", of: (row) => moneyOf(row.paidCents, row.currency), align: "right", spare: true },
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

/** Paused and unpaid ones fall due without being charged; one that ends first does not fall due at all. */
function isCharged({ status, nextBillingAt, cancelAt }: SubscriptionRow): boolean {
  if (status === "paused" || status === "unpaid") return false;
  return cancelAt === null || (nextBillingAt !== null && nextBillingAt < cancelAt);
}

const DATES_SHOWN = 6;

export async function showSubscription(subscriptionId: string, { json }: { json?: true }): Promise<void> {
  const { cardOf, linesOf, moneyOf, rhythmOf, textOf, utcOf, zoned } = await import("./cells.ts");
  await withStore(async (app) => {
    const subscription = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
    const nextDates = await datesAhead(subscription);
    const invoices = await app.store.list("invoices", { where: { subscriptionId } });
    const events = await app.store.list("events", { where: { subscriptionId } });
    if (json) return printJson({ subscription, nextDates, invoices, events });

    const zone = subscription.timeZone;
    printFacts([
      ["subscription", subscriptionId],
      ["status", subscription.status],
      ["customer", `${subscription.customerName} (${subscription.customerId})`],
      ["card", cardOf(subscription) || "none"],
      ["plan", `${subscription.planName} (${subscription.planId}), ${rhythmOf(subscription)}`],
      ["quantity", subscription.quantity === 1 ? null : textOf(subscription.quantity)],
      ...linesOf(subscription.lineItems, subscription.currency).map((line) => ["own line", line] as const),
      ["discount", subscription.discount === null ? null : JSON.stringify(subscription.discount)],
      ["start", `${subscription.startLocal} ${zone}`],
      ["ends", zoned(subscription.cancelAt, zone)],
      [
        "paid",
        `${moneyOf(subscription.paidCents, subscription.currency)} for ${textOf(subscription.paidInvoices)} of its invoices`,
      ],
      ["owed", subscription.owedCents === 0 ? null : moneyOf(subscription.owedCents, subscription.currency)],
      ...nextDates.map((at, index) => [index === 0 ? "next charge" : "then", zoned(at, zone)] as const),
    ]);
    if (invoices.length > 0) printLine(`\n${bold("Invoices")}`);
    if (invoices.length > 0)
      await printTable(invoices, [
        { head: "invoice", of: (row) => row.invoiceId },
        { head: "cycle", of: (row) => textOf(row.cycle), align: "right" },
        { head: "period from (UTC)", of: (row) => utcOf(row.periodStart) },
        { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
        {
          head: "status",
          of: (row) => [row.status, textOf(row.statusReason)].filter(Boolean).join(": "),
        },
      ]);
  });
}

/** The next dates on which it will be charged, as far as anybody knows. */
async function datesAhead(row: SubscriptionRow): Promise<readonly string[]> {
  if (row.nextBillingAt === null) return [];
  const { dueAt } = await import("../../domain/subscription.ts");
  const cancelAt = row.cancelAt === null ? null : new Date(row.cancelAt);
  return Array.from({ length: DATES_SHOWN }, (_, ahead) => dueAt(row, row.nextCycle + ahead, row.expiryCount))
    .filter((at) => at !== null)
    .filter((at) => cancelAt === null || at < cancelAt)
    .map((at) => at.toISOString());
}

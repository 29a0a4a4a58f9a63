/** `subscriptions list` and `show`. */
import type { ListRow } from "../../application/ports/listings.ts";
import type { Interval } from "../../domain/calendar/calendar.ts";
import { bold, printFacts, printJson, printLine } from "./print.ts";
import { mustExist, printRows, rowOf, type RowOptions } from "./rows.ts";
import { withStore } from "./session.ts";
import { printTable } from "./table.ts";

type ListOptions = RowOptions & { readonly status?: string; readonly customer?: string; readonly plan?: string };

export async function listSubscriptions(options: ListOptions): Promise<void> {
  const { moneyOf, textOf, utcOf } = await import("./cells.ts");
  await withStore(async (app) => {
    const { status, customer: customerId, plan: planId } = options;
    await mustExist(app, options);
    const read = (limit: number | undefined) =>
      app.store.list("subscriptions", {
        where: { ...(status && { status }), ...(customerId && { customerId }), ...(planId && { planId }) },
        ...(limit && { limit }),
      });
    await printRows("subscriptions", options, read, {
      columns: [
        { head: "subscription", of: (row) => textOf(row, "subscriptionId"), wraps: true },
        { head: "customer", of: (row) => textOf(row, "customerName"), wraps: true },
        { head: "plan", of: (row) => textOf(row, "planName"), wraps: true },
        { head: "status", of: (row) => textOf(row, "status") },
        { head: "next charge (UTC)", of: (row) => (isCharged(row) ? utcOf(row, "nextBillingAt") : "") },
        { head: "paid", of: (row) => moneyOf(row, "paidCents"), align: "right", spare: true },
        { head: "owed", of: (row) => (row["owedCents"] === 0 ? "" : moneyOf(row, "owedCents")), align: "right" },
      ],
      whenEmpty: "There are no such subscriptions.",
    });
  });
}

/** Paused and unpaid ones fall due without being charged; one that ends first does not fall due at all. */
function isCharged({ status, nextBillingAt, cancelAt }: ListRow): boolean {
  if (status === "paused" || status === "unpaid") return false;
  return typeof cancelAt !== "string" || String(nextBillingAt) < cancelAt;
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

    const zone = textOf(subscription, "timeZone");
    printFacts([
      ["subscription", subscriptionId],
      ["status", textOf(subscription, "status")],
      ["customer", `${textOf(subscription, "customerName")} (${textOf(subscription, "customerId")})`],
      ["card", cardOf(subscription) || "none"],
      ["plan", `${textOf(subscription, "planName")} (${textOf(subscription, "planId")}), ${rhythmOf(subscription)}`],
      ["quantity", subscription["quantity"] === 1 ? null : textOf(subscription, "quantity")],
      ...linesOf(subscription["lineItems"], textOf(subscription, "currency")).map(
        (line) => ["own line", line] as const,
      ),
      ["discount", subscription["discount"] === null ? null : JSON.stringify(subscription["discount"])],
      ["start", `${textOf(subscription, "startLocal")} ${zone}`],
      ["ends", zoned(subscription["cancelAt"], zone)],
      ["paid", `${moneyOf(subscription, "paidCents")} for ${textOf(subscription, "paidInvoices")} of its invoices`],
      ["owed", subscription["owedCents"] === 0 ? null : moneyOf(subscription, "owedCents")],
      ...nextDates.map((at, index) => [index === 0 ? "next charge" : "then", zoned(at, zone)] as const),
    ]);
    if (invoices.length > 0) printLine(`\n${bold("Invoices")}`);
    if (invoices.length > 0)
      await printTable(invoices, [
        { head: "invoice", of: (row) => textOf(row, "invoiceId") },
        { head: "cycle", of: (row) => textOf(row, "cycle"), align: "right" },
        { head: "period from (UTC)", of: (row) => utcOf(row, "periodStart") },
        { head: "amount", of: (row) => moneyOf(row), align: "right" },
        {
          head: "status",
          of: (row) => [textOf(row, "status"), textOf(row, "statusReason")].filter(Boolean).join(": "),
        },
      ]);
  });
}

/** The next dates on which it will be charged, as far as anybody knows. */
async function datesAhead(row: ListRow): Promise<readonly string[]> {
  if (row["nextBillingAt"] === null) return [];
  const { dueAt } = await import("../../domain/subscription.ts");
  const schedule = {
    interval: row["interval"] as Interval,
    frequency: Number(row["frequency"]),
    anchorLocal: String(row["anchorLocal"]),
    timeZone: String(row["timeZone"]),
  };
  const expiryCount = row["expiryCount"] === null ? null : Number(row["expiryCount"]);
  const cancelAt = typeof row["cancelAt"] === "string" ? new Date(row["cancelAt"]) : null;
  return Array.from({ length: DATES_SHOWN }, (_, ahead) =>
    dueAt(schedule, Number(row["nextCycle"]) + ahead, expiryCount),
  )
    .filter((at) => at !== null)
    .filter((at) => cancelAt === null || at < cancelAt)
    .map((at) => at.toISOString());
}

/** `report`: what the books add up to. */
import type { Command } from "commander";
import { RECOVERY_WAYS, type RecoveryRow, type RecoveryWay } from "../../domain/recovery.ts";
import { CASH_DAYS, CASH_DAYS_MAX } from "../cash-days.ts";
import { instant, jsonOption, month, whole } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { mustExist } from "./rows.ts";
import { readStore } from "./session.ts";
import { printTable } from "./table.ts";
import { noteUnreadable } from "./unreadable.ts";

type Options = { readonly since?: Date; readonly until?: Date; readonly plan?: string; readonly json?: true };

export function addReport(program: Command): void {
  const report = program.command("report").description("what the books add up to");

  report
    .command("recovery")
    .description("count what was recovered of invoices that failed, by decline class, code and retry")
    .option(
      "--since <instant>",
      "only those that first failed on a date (local midnight) or at an instant, or later",
      instant,
    )
    .option("--until <instant>", "only those that first failed before it", instant)
    .option("--plan <id>", "only of this plan")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Every invoice that failed is counted in one row: that of its first decline, and of the card tries that followed up to
the one that recovered it. docs/explain.md defines each column.

Examples:
  $ npx puntual report recovery --since 2026-12-01 --until 2027-01-01
  $ npx puntual report recovery --plan oro --json
`,
    )
    .action(recovery);

  report
    .command("iva")
    .description("the IVA that was collected in a month, by rate, less what was given back")
    .option("--month <month>", "as 2026-12, in the merchant's zone; the current one if left out", month)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
A service is taxed when it is collected: an invoice counts in the month in which it was paid, a refund in the month in
which it went back. Invoices that tell no tax are not in it.

Examples:
  $ npx puntual report iva --month 2026-12
  $ npx puntual report iva --json
`,
    )
    .action(iva);

  report
    .command("cash")
    .description("what is expected to come in by local day, if no card declines")
    .option("--days <n>", "so many days from today on", whole("days", 1, CASH_DAYS_MAX), CASH_DAYS)
    .option("--plan <id>", "only of this plan")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Open invoices on the day of their next try, cycles to come on theirs; what is due already counts today. \`forecast\` lists
the same charge by charge.

Examples:
  $ npx puntual report cash
  $ npx puntual report cash --days 7 --plan oro --json
`,
    )
    .action(cash);

  report
    .command("revenue")
    .description("what came in, what went back and what was lost to disputes, by day and plan")
    .option("--since <instant>", "from this day on", instant)
    .option("--until <instant>", "up to this day, which is not in it", instant)
    .option("--plan <id>", "only of this plan")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Each counts on the day the money moved: a refund on the day it went back, a dispute on the day it was lost. Days are local,
in BILLING_TIME_ZONE; docs/billing-history.md (revenue_by_day, whose days are those of UTC) defines each column.

Examples:
  $ npx puntual report revenue --since 2026-12-01 --until 2027-01-01
  $ npx puntual report revenue --plan oro --json
`,
    )
    .action(revenue);
}

type RevenueOptions = {
  readonly since?: Date;
  readonly until?: Date;
  readonly plan?: string;
  readonly json?: true;
};

/** By local day; the view has those of UTC. */
async function revenue({ since, until, plan, json }: RevenueOptions): Promise<void> {
  const { formatMoney } = await import("../../domain/money.ts");
  await readStore(async (app) => {
    await mustExist(app, plan === undefined ? {} : { plan });
    const { timeZone } = app.config.billing;
    const rows = await app.store.explaining.revenue({
      ...(since && { from: since }),
      ...(until && { until }),
      ...(plan !== undefined && { planId: plan }),
      timeZone,
    });
    const totals = Map.groupBy(rows, ({ currency }) => currency);
    const sums = [...totals].map(([currency, days]) => {
      const sum = (column: "invoices" | "amountCents" | "refundedCents" | "lostCents" | "netCents") =>
        days.reduce((total, each) => total + each[column], 0);
      return {
        ...{ currency, invoices: sum("invoices"), amountCents: sum("amountCents") },
        ...{ refundedCents: sum("refundedCents"), lostCents: sum("lostCents"), netCents: sum("netCents") },
      };
    });
    if (json)
      return printJson({
        timeZone,
        since: since ?? null,
        until: until ?? null,
        planId: plan ?? null,
        rows,
        totals: sums,
      });
    if (rows.length === 0) return printLine("No money came, and none went back.");
    await printTable(rows, [
      { head: "day", of: ({ day }) => day },
      { head: "plan", of: ({ planId }) => planId, wraps: true },
      { head: "invoices", of: ({ invoices }) => String(invoices), align: "right" },
      { head: "amount", of: ({ amountCents, currency }) => formatMoney(amountCents, currency), align: "right" },
      { head: "refunded", of: ({ refundedCents, currency }) => formatMoney(refundedCents, currency), align: "right" },
      { head: "lost", of: ({ lostCents, currency }) => formatMoney(lostCents, currency), align: "right", spare: true },
      { head: "net", of: ({ netCents, currency }) => formatMoney(netCents, currency), align: "right" },
    ]);
    for (const { currency, invoices, ...cents } of sums)
      printLine(
        `\n${currency}: ${formatMoney(cents.amountCents, currency)} of ${invoices} invoices, less ` +
          `${formatMoney(cents.refundedCents, currency)} refunded and ${formatMoney(cents.lostCents, currency)} lost to ` +
          `disputes: ${formatMoney(cents.netCents, currency)}.`,
      );
  });
}

async function iva({ month: given, json }: { readonly month?: string; readonly json?: true }): Promise<void> {
  const { monthOf, monthWindow } = await import("../month.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  const { rateText } = await import("../../domain/tax.ts");
  await readStore(async (app) => {
    const { timeZone } = app.config.billing;
    const chosen = given ?? monthOf(app.clock.now(), timeZone);
    const window = monthWindow(chosen, timeZone);
    const rows = await app.store.explaining.taxes(window);
    const unreadable = await app.store.fiscal.unreadable(window);
    noteUnreadable(unreadable, "not in the sums");
    if (json) return printJson({ month: chosen, timeZone, rows, unreadable });
    if (rows.length === 0) return printLine(`No IVA was collected in ${chosen}.`);
    await printTable(rows, [
      { head: "rate", of: ({ rate }) => rateText(rate) },
      { head: "invoices", of: ({ invoices }) => String(invoices), align: "right" },
      { head: "base", of: ({ baseCents, currency }) => formatMoney(baseCents, currency), align: "right" },
      { head: "IVA", of: ({ taxCents, currency }) => formatMoney(taxCents, currency), align: "right" },
      { head: "refunds", of: ({ refunds }) => String(refunds), align: "right", spare: true },
      { head: "IVA back", of: (row) => formatMoney(row.refundedTaxCents, row.currency), align: "right" },
      { head: "IVA due", of: (row) => formatMoney(row.netTaxCents, row.currency), align: "right" },
    ]);
  });
}

type CashOptions = { readonly days: number; readonly plan?: string; readonly json?: true };

async function cash({ days, plan: planId, json }: CashOptions): Promise<void> {
  const { cashBefore, expectedCash } = await import("../../application/charging/expected-cash.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  await readStore(async (app) => {
    await mustExist(app, planId === undefined ? {} : { plan: planId });
    const { timeZone } = app.config.billing;
    const now = app.clock.now();
    const before = cashBefore(now, days, timeZone);
    const rows = await expectedCash({ ...app.foreseeing, store: app.store }, { now, before, timeZone, planId });
    if (json) return printJson({ days, timeZone, planId: planId ?? null, rows });
    if (rows.length === 0) return printLine(`Nothing is expected within ${days} days.`);
    await printTable(rows, [
      { head: `day (${timeZone})`, of: ({ day }) => day },
      { head: "charges", of: ({ charges }) => String(charges), align: "right" },
      { head: "amount", of: ({ amountCents, currency }) => formatMoney(amountCents, currency), align: "right" },
    ]);
  });
}

async function recovery({ since, until, plan, json }: Options): Promise<void> {
  const { rateOf, totalsOf } = await import("../../domain/recovery.ts");
  const { moneyTotals } = await import("./cells.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  await readStore(async (app) => {
    await mustExist(app, plan === undefined ? {} : { plan });
    const window = { since: since ?? null, until: until ?? null, planId: plan ?? null };
    const rows = await app.store.explaining.recovery(window);
    const totals = totalsOf(rows);
    if (json) return printJson({ ...window, rows: rows.map((row) => ({ ...row, rate: rateOf(row) })), totals });
    if (rows.length === 0) return printLine("No invoice failed.");
    await printTable(rows, [
      { head: "class", of: ({ declineClass }) => declineClass, wraps: true },
      { head: "code", of: ({ failureCode }) => failureCode ?? "", wraps: true },
      { head: "retry", of: ({ retry }) => String(retry), align: "right" },
      { head: "invoices", of: ({ invoices }) => String(invoices), align: "right" },
      { head: "reached", of: ({ reached }) => String(reached), align: "right", spare: true },
      { head: "recovered", of: ({ recovered }) => String(recovered), align: "right" },
      { head: "rate", of: (row) => percent(rateOf(row)), align: "right" },
      { head: "amount", of: ({ recoveredCents, currency }) => formatMoney(recoveredCents, currency), align: "right" },
      { head: "days, median", of: ({ medianDays }) => medianDays?.toFixed(1) ?? "", align: "right", spare: true },
      { head: "mean", of: ({ meanDays }) => meanDays?.toFixed(1) ?? "", align: "right", spare: true },
      { head: "by", of: waysOf, wraps: true },
    ]);
    for (const total of totals)
      printLine(
        `\n${total.currency}: ${total.recovered} of ${total.invoices} recovered (${percent(total.rate)}), ` +
          `${moneyTotals({ [total.currency]: total.recoveredCents })} of ` +
          `${moneyTotals({ [total.currency]: total.amountCents })}; ${total.open} still open, ${total.lost} lost.`,
      );
  });
}

const WAY_NAMES: Readonly<Record<RecoveryWay, string>> = {
  card_retry: "card retry",
  new_card: "new card",
  link_card: "link: card",
  link_cash: "link: cash",
  link_bank_transfer: "link: bank transfer",
  link: "link",
  person: "person",
  same_try: "same try",
};

/** "card retry 3, link: cash 1" */
function waysOf({ by }: RecoveryRow): string {
  return RECOVERY_WAYS.filter((way) => by[way] > 0)
    .map((way) => `${WAY_NAMES[way]} ${by[way]}`)
    .join(", ");
}

function percent(rate: number): string {
  return `${Math.round(rate * 100)}%`;
}

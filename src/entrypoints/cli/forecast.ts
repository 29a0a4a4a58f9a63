/** `forecast`: the charges to come, each with what its invoice will say. Computes only; opens nothing. */
import type { Command } from "commander";
import type { ExpectedCharge } from "../../application/charging/expected-cash.ts";
import { DAY_MS } from "../../domain/duration.ts";
import { instant, jsonOption } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { mustExist, namesOf } from "./rows.ts";
import { readStore } from "./session.ts";

type Options = {
  readonly until: Date;
  readonly customer?: string;
  readonly subscription?: string;
  readonly plan?: string;
  readonly json?: true;
};

/** A plan of every day has so many charges by then. */
const DAYS_MAX = 3_660;

export function addForecast(program: Command): void {
  program
    .command("forecast")
    .description("foresee the charges to come, with the coupons, items, balance and prices that wait for them")
    .requiredOption("--until <instant>", "those before a date (local midnight) or an instant", instant)
    .option("--customer <cus_…>", "only of this customer")
    .option("--subscription <id>", "only of this subscription")
    .option("--plan <id>", "only of this plan")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
As things are: as if no card declined, nobody halted and nothing changed. Each amount is what the card is charged, IVA
included; an invoice that the balance pays is not in it. What waits for a person or for another card is not, either.

Examples:
  $ npx puntual forecast --until 2027-01-31
  $ npx puntual forecast --until 2027-01-31 --subscription jorge-oro --json
`,
    )
    .action(forecast);
}

async function forecast(options: Options): Promise<void> {
  const { UsageInvalid } = await import("../../domain/errors.ts");
  const { expectedCharges } = await import("../../application/charging/expected-cash.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  const { local, moneyTotals } = await import("./cells.ts");
  const { counted } = await import("../../application/doctor/finding.ts");
  const { printTable } = await import("./table.ts");
  const { until: before, customer: customerId, subscription: subscriptionId, plan: planId, json } = options;
  await readStore(async (app) => {
    await mustExist(app, options);
    const now = app.clock.now();
    const days = (before.getTime() - now.getTime()) / DAY_MS;
    if (days <= 0 || days > DAYS_MAX)
      throw new UsageInvalid(`--until: expected a date to come, at most ${DAYS_MAX} days ahead`);
    const needs = { ...app.foreseeing, store: app.store };
    const charges: ExpectedCharge[] = [];
    const where = { customerId, subscriptionId, planId };
    for await (const charge of expectedCharges(needs, { now, before, where })) charges.push(charge);
    charges.sort((a, b) => a.at.getTime() - b.at.getTime() || (a.subscriptionId < b.subscriptionId ? -1 : 1));
    const totalCents: Record<string, number> = {};
    for (const { currency, amountCents } of charges) totalCents[currency] = (totalCents[currency] ?? 0) + amountCents;
    if (json) return printJson({ until: before, charges, totalCents });
    if (charges.length === 0) return printLine("No charge is to come until then.");
    const names = await namesOf(app, charges);
    await printTable(charges, [
      { head: "due", isTime: true, of: ({ at }) => local(at) },
      { head: "customer", of: (each) => names.get(each.customerId) ?? "", wraps: true },
      { head: "subscription", of: (each) => each.subscriptionId, wraps: true },
      { head: "cycle", of: ({ cycle }) => (cycle === null ? "once" : String(cycle)), align: "right", spare: true },
      { head: "amount", of: ({ amountCents, currency }) => formatMoney(amountCents, currency), align: "right" },
    ]);
    printLine(`${counted(charges.length, "charge")}, ${moneyTotals(totalCents)}, if no card declines.`);
  });
}

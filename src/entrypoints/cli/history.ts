/** `history`: every attempt to charge, the latest first, as the view billing_history has it. */
import { Option, type Command } from "commander";
import { ATTEMPT_STATES, type AttemptState } from "../../domain/attempt.ts";
import { cursorOption, instant, jsonOption, whole } from "./option-values.ts";
import { withRefund } from "./refund-words.ts";
import { listing, mustExist, printRows, type RowOptions } from "./rows.ts";
import { readStore } from "./session.ts";

type Options = RowOptions & {
  readonly subscription?: string;
  readonly customer?: string;
  readonly plan?: string;
  readonly outcome?: AttemptState;
  readonly since?: Date;
};

export function addHistory(program: Command): void {
  program
    .command("history")
    .description("list the attempts to charge, the latest first")
    .option("--subscription <id>", "only of this subscription")
    .option("--customer <cus_…>", "only of this customer")
    .option("--plan <id>", "only of this plan")
    .addOption(new Option("--outcome <outcome>", "only with this outcome").choices(ATTEMPT_STATES))
    .option("--since <instant>", "from a date (local midnight) or an instant on", instant)
    .option("--limit <n>", "at most so many", whole("attempts", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual history --since 2026-11-01 --outcome declined
  $ npx puntual history --customer cus_2tTU5GdkwZvBmS3fN --json
`,
    )
    .action(history);
}

async function history(options: Options): Promise<void> {
  const { moneyOf, textOf, localOf } = await import("./cells.ts");
  await readStore(async (app) => {
    const { subscription: subscriptionId, customer: customerId, plan: planId, outcome, since } = options;
    await mustExist(app, options);
    const wanted = { where: { subscriptionId, customerId, planId, outcome }, ...(since && { since }) };
    await printRows("history", options, listing(app, "history", wanted), {
      columns: [
        { head: "when", isTime: true, of: (row) => localOf(row.attemptedAt) },
        { head: "customer", of: (row) => row.customerName, wraps: true },
        { head: "subscription", of: (row) => row.subscriptionId, wraps: true },
        { head: "cycle", of: (row) => textOf(row.cycle), align: "right", spare: true },
        { head: "try", of: (row) => textOf(row.attempt), align: "right", spare: true },
        { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
        { head: "outcome", of: (row) => withRefund(row.outcome, row), wraps: true },
        { head: "why", of: (row) => textOf(row.failureCode), wraps: true },
        { head: "again", isTime: true, of: (row) => localOf(row.nextAttemptAt), spare: true },
      ],
      whenEmpty: "Nothing was charged yet.",
    });
  });
}

/** `subscriptions`: one customer on one plan, the unit that falls due. */
import type { Command } from "commander";
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts";
import { Option } from "commander";
import { addEvidence } from "./evidence.ts";
import { cursorOption, jsonOption, localDay, several, whole, yesOption } from "./option-values.ts";
import { addOne } from "./subscriptions-add.ts";
import { importFile } from "./subscriptions-import.ts";
import { cancel, pause, resume, skip, uncancel, unskip } from "./subscriptions-change.ts";
import { addChange } from "./subscriptions-plan.ts";
import { listSubscriptions, showSubscription } from "./subscriptions-show.ts";

export function addSubscriptions(program: Command): void {
  const subscriptions = program.command("subscriptions").description("who is charged for which plan");

  subscriptions
    .command("add")
    .description("put one customer on one plan")
    .requiredOption("--plan <id>", "a plan of `plans list`")
    .requiredOption("--customer <cus_…>", "a customer of `customers list`")
    .requiredOption(
      "--start <local time>",
      "date and time of the first charge, or of the trial's begin: 2026-12-01T09:00",
    )
    .option("--time-zone <zone>", "IANA zone of --start (default: BILLING_TIME_ZONE)")
    .option("--quantity <n>", "how many times the plan's lines", whole("pieces", 1, 10_000), 1)
    .option("--id <id>", "default: CUSTOMER:PLAN")
    .option("--discount-percent <n>", "percent off every charge, like 10 or 12.5", Number)
    .addOption(
      new Option("--discount-cents <n>", "cents off every charge")
        .argParser(whole("cents", 1))
        .conflicts("discountPercent"),
    )
    .option("--line-item <json>", "its own line instead of the plan's; may be repeated", several)
    .option("--bill-past", "charge the periods that are over already, too")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual subscriptions add --plan oro --customer cus_2tTU5GdkwZvBmS3fN --start 2026-12-01T09:00
  $ npx puntual subscriptions add --plan oro --customer cus_2tTU5GdkwZvBmS3fN --start 2026-12-01T09:00 \\
      --id jorge-2 --line-item '{"name":"Plan Oro, familia","unit_price":35000,"quantity":1}'
`,
    )
    .action(addOne);

  subscriptions
    .command("import")
    .description("put the customers of a file on their plans: CSV or NDJSON, a row each")
    .argument("<file>", "its columns are the keys of a subscription in plans.yaml; docs/import-export.md")
    .option("--dry-run", "only judge every row")
    .option("--skip-invalid", "add the sound rows, and write the others to a file; without it one fault keeps all out")
    .option("--rejects <file>", "where to (default: FILE.rejected)")
    .option("--offline", "take customers that are not known yet as they are named")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual subscriptions import members.csv --dry-run
  $ npx puntual subscriptions import members.csv --skip-invalid --rejects faulty.csv
`,
    )
    .action(importFile);

  subscriptions
    .command("list")
    .description("list the subscriptions")
    .addOption(new Option("--status <status>", "only these").choices(SUBSCRIPTION_STATUSES))
    .option("--customer <cus_…>", "only this customer's")
    .option("--plan <id>", "only of this plan")
    .option("--limit <n>", "at most so many", whole("subscriptions", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual subscriptions list --status past_due\n")
    .action(listSubscriptions);

  subscriptions
    .command("show")
    .description("show one subscription: dates to come, invoices, what happened")
    .argument("<subscription>", "its id")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual subscriptions show jorge-oro\n")
    .action(showSubscription);

  subscriptions
    .command("pause")
    .description("void the cycles that fall due until it is resumed; what is open is still collected")
    .argument("<subscription>", "its id")
    .option("--from <day>", "with --until: pause it from this day on, in its time zone (default: now)", localDay)
    .option("--until <day>", "charge it again by itself, from this day on", localDay)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual subscriptions pause jorge-oro
  $ npx puntual subscriptions pause jorge-oro --from 2026-12-15 --until 2027-02-01
`,
    )
    .action(pause);

  subscriptions
    .command("resume")
    .description("take a paused or unpaid one up again, or withdraw its planned pause; the cycles in between stay void")
    .argument("<subscription>", "its id")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual subscriptions resume jorge-oro\n")
    .action(resume);

  subscriptions
    .command("skip")
    .description("do not bill the next cycle")
    .argument("<subscription>", "its id")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual subscriptions skip jorge-oro\n")
    .action(skip);

  subscriptions
    .command("unskip")
    .description("bill the cycle that was skipped last after all, while it has not begun")
    .argument("<subscription>", "its id")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual subscriptions unskip jorge-oro\n")
    .action(unskip);

  subscriptions
    .command("uncancel")
    .description("let one go on that is canceled at the end of its period")
    .argument("<subscription>", "its id")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual subscriptions uncancel jorge-oro\n")
    .action(uncancel);

  subscriptions
    .command("cancel")
    .description("end it when its period is over, or now")
    .argument("<subscription>", "its id")
    .option("--now", "end it at once, and void its open invoices")
    .option("--stop-collecting", "at the end of its period, and void what is owed until then")
    .option(
      "--charge-rest",
      "charge what waits for its next invoice, by a last one (so it is, unless collecting stops)",
    )
    .option("--drop-rest", "do not charge what waits for its next invoice")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n  $ npx puntual subscriptions cancel jorge-oro\n  $ npx puntual subscriptions cancel jorge-oro --now --yes\n",
    )
    .action(cancel);

  addChange(subscriptions);
  addEvidence(subscriptions);
}

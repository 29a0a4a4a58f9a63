/** `invoices`: what each subscription owes for each cycle. */
import { Option, type Command } from "commander";
import { PAYMENT_FORMS } from "../../domain/cfdi/payment-form.ts";
import { HOLD_REASONS, INVOICE_STATUSES } from "../../domain/invoice.ts";
import { acceptLate, markPaid, retry, voidOne } from "./invoices-change.ts";
import { addCfdi } from "./invoices-cfdi.ts";
import { addLinks } from "./invoices-link.ts";
import { addRefunds } from "./invoices-refund.ts";
import { listInvoices, showInvoice } from "./invoices-show.ts";
import { cursorOption, instant, jsonOption, whole, yesOption } from "./option-values.ts";

export function addInvoices(program: Command): void {
  const invoices = program.command("invoices").description("what is owed, and what became of it");

  invoices
    .command("list")
    .description("list invoices, the latest first")
    .addOption(new Option("--status <status>", "only these").choices(INVOICE_STATUSES))
    .option("--subscription <id>", "only of this subscription")
    .option("--customer <cus_…>", "only of this customer")
    .option("--limit <n>", "at most so many", whole("invoices", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual invoices list --status held\n")
    .action(listInvoices);

  invoices
    .command("show")
    .description("show one invoice: its lines, every attempt with its evidence, what happened")
    .argument("<invoice>", "inv_…")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual invoices show inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2\n")
    .action(showInvoice);

  invoices
    .command("retry")
    .description("put it up for the next run, whatever dunning had planned; charges nothing by itself")
    .argument("[invoice]", "inv_…")
    .addOption(new Option("--reason <reason>", "instead: all that are held for this reason").choices(HOLD_REASONS))
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
With --reason it shows what it would put up, and asks.

Examples:
  $ npx puntual invoices retry inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2
  $ npx puntual invoices retry --reason refused --yes
`,
    )
    .action(retry);

  invoices
    .command("void")
    .description("do not collect it any more")
    .argument("<invoice>", "inv_…")
    .requiredOption("--reason <text>", "why, for the record")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      '\nExample:\n  $ npx puntual invoices void inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --reason "no service in May" --yes\n',
    )
    .action(voidOne);

  invoices
    .command("mark-paid")
    .description("note that it was paid by other means, such as cash or a transfer")
    .argument("<invoice>", "inv_…")
    .requiredOption("--reason <text>", "how, for the record")
    .option("--paid-at <instant>", "when; a date or an instant (default: now)", instant)
    .addOption(
      new Option("--form <key>", "the SAT's form of payment, for the CFDI: 01 cash, 03 transfer …").choices(
        PAYMENT_FORMS,
      ),
    )
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      '\nExample:\n  $ npx puntual invoices mark-paid inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --reason "cash" --form 01 --paid-at 2026-05-04 --yes\n',
    )
    .action(markPaid);

  invoices
    .command("accept")
    .description('keep money that came after the cancellation; "refund" gives it back instead')
    .argument("<invoice>", "inv_…")
    .requiredOption("--reason <text>", "why, for the record")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      '\nExample:\n  $ npx puntual invoices accept inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --reason "she came in May"\n',
    )
    .action(acceptLate);

  addRefunds(invoices);
  addLinks(invoices);
  addCfdi(invoices);
}

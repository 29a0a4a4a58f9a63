/** `unknown`: outcomes that nobody could tell, and invoices that are held; what is known of them, and deciding them. */
import { Option, type Command } from "commander";
import { jsonOption, yesOption } from "./option-values.ts";
import { listUnknowns, showUnknownOne } from "./unknown-show.ts";
import { resolve } from "./unknown-resolve.ts";

export function addUnknown(program: Command): void {
  const unknown = program
    .command("unknown")
    .description("charges whose outcome is unknown, and invoices that are held");

  unknown
    .command("list")
    .description("list them, the oldest first")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual unknown list\n")
    .action(listUnknowns);

  unknown
    .command("show")
    .description("show what was sent, what came back, and what to look for in Conekta's panel")
    .argument("<attempt|invoice>", "att_… or inv_…")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual unknown show att_01KFZ3T5V8X9Y2Z4A6B8C0D1E2\n")
    .action(showUnknownOne);

  unknown
    .command("resolve")
    .description("say what became of a charge; Conekta is asked once more, and what it shows counts")
    .argument("<attempt>", "att_…")
    .addOption(new Option("--paid <ord_…>", "this order paid it").conflicts("notCharged"))
    .addOption(new Option("--not-charged", "nothing was charged: the invoice is due again"))
    .requiredOption("--reason <text>", "how you know, for the record (at least 10 characters)")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
An invoice that is held without an unknown charge is decided with
\`npx puntual invoices retry INVOICE\`, or \`void\` or \`mark-paid\` in place of \`retry\`.

Examples:
  $ npx puntual unknown resolve att_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --paid ord_2tUigJ8DgBhbp6w5D --reason "seen in the panel"
  $ npx puntual unknown resolve att_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --not-charged --reason "no such charge in the panel" --yes
`,
    )
    .action(resolve);
}

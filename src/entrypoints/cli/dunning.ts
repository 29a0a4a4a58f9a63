/** `dunning preview`: what a policy makes of an invoice that nobody pays. Computes only; opens nothing. */
import type { Command } from "commander";
import type { PreviewOptions } from "./dunning-preview.ts";
import { filled, jsonOption, languageOption, whole } from "./option-values.ts";

export function addDunning(program: Command): void {
  const dunning = program.command("dunning").description("what happens to an invoice after a decline");

  dunning
    .command("preview")
    .description("print the schedule that a policy yields if every try is declined with the same code")
    .argument("<policy>", "a policy of config/dunning.yaml")
    .requiredOption("--declined-at <local time>", "date and time of the decline, like 2026-12-03T09:00")
    .requiredOption(
      "--code <code>",
      "Conekta's code, whole or its last word, like insufficient_funds",
      filled("a code"),
    )
    .option(
      "--declines <n>",
      "which decline of the invoice that is; its window begins with it all the same",
      whole("declines", 1, 100),
      1,
    )
    .option("--time-zone <zone>", "IANA zone of --declined-at", "America/Mexico_City")
    .option("--brand <brand>", "the card's: compares with what its network allows")
    .addOption(languageOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Nobody brings another card or pays; docs/dunning.md says what changes then.

Examples:
  $ npx puntual dunning preview standard --declined-at 2026-12-03T09:00 --code insufficient_funds
  $ npx puntual dunning preview with_cash --declined-at 2026-12-03T09:00 --code expired_card --lang es
`,
    )
    .action(async (name: string, options: PreviewOptions) => {
      const { previewDunning } = await import("./dunning-preview.ts");
      await previewDunning(name, options);
    });
}

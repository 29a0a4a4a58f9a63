/** `halt` and `go`: a person stops charging for everybody, and lets it go on. */
import type { Command } from "commander";
import { jsonOption } from "./option-values.ts";
import { personHere } from "./person.ts";
import { haltWords } from "./mend-words.ts";
import { printJson, printLine } from "./print.ts";
import { reasonIn } from "./reason.ts";
import { withStore } from "./session.ts";

type Options = { readonly reason?: string; readonly json?: true };

export function addHalt(program: Command): void {
  program
    .command("halt")
    .description("stop charging, for everybody and at once, until `go`")
    .requiredOption("--reason <text>", "why; it is kept with your name, and shown wherever charging is")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Works beside the daemon, and for all of them. Charges that are under way are finished. Invoices are still opened, and
uncertain outcomes still asked about.

Example:
  $ npx puntual halt --reason "the price of Plan Oro is wrong"
`,
    )
    .action(halt);

  program
    .command("go")
    .description("charge again, after a halt, a limit or another installation stopped it")
    .option("--reason <text>", "what was found, kept with your name")
    .addOption(jsonOption())
    .addHelpText("after", '\nExample:\n  $ npx puntual go --reason "the price is right again"\n')
    .action(go);
}

async function halt({ reason, json }: Options): Promise<void> {
  const why = reasonIn(reason, "why charging stops");
  const { halt: haltCharging } = await import("../../application/run/halt-and-go.ts");
  await withStore(async (app) => {
    await haltCharging(app, { why, by: personHere() });
    const { haltReason } = await app.store.installation();
    if (json) return printJson({ halt: { halted: true, because: haltReason } });
    printLine("Charging is halted for everybody. It goes on after: npx puntual go");
  });
}

async function go({ reason, json }: Options): Promise<void> {
  const { go: letGo } = await import("../../application/run/halt-and-go.ts");
  await withStore(async (app) => {
    const lifted = await letGo(app, { why: reason?.trim() || null, by: personHere() });
    const installation = await app.store.installation();
    const { haltReason } = installation;
    if (json) return printJson({ lifted, halt: { halted: haltReason !== null, because: haltReason } });
    for (const because of lifted) printLine(`No longer in the way: ${because}`);
    if (haltReason !== null) printLine(`Charging is still halted: ${haltWords(installation)}`);
    else printLine(lifted.length === 0 ? "Charging was not halted." : "Charging goes on with the next run.");
  });
}

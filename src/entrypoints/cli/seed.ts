/** `seed`: a script that says which plans, customers and subscriptions there are to be. */
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { UsageInvalid } from "../../domain/errors.ts";
import type { Seed } from "../library/seed.ts";
import { jsonOption } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { withStore } from "./session.ts";
import { terminal } from "./terminal.ts";

export function addSeed(program: Command): void {
  program
    .command("seed")
    .description("add the plans, customers and subscriptions that a script wants: all of them, or none")
    .argument("[file]", "a module whose default export is a function", "config/seed.ts")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Run again it changes nothing. Charges nobody. docs/library.md says what the function is given.

Examples:
  $ npx puntual seed
  $ npx puntual seed config/members.ts
`,
    )
    .action(seed);
}

async function seed(file: string, { json }: { readonly json?: true }): Promise<void> {
  const { cwd } = terminal();
  const whole = path.resolve(cwd, file);
  if (!existsSync(whole))
    throw new UsageInvalid(`there is no file ${file} in ${cwd}; name another: npx puntual seed FILE`);
  const { default: script } = (await import(pathToFileURL(whole).href)) as { readonly default?: unknown };
  if (typeof script !== "function")
    throw new UsageInvalid(`${file} has no function as its default export; docs/library.md has an example`);
  const { sow } = await import("../library/seed.ts");
  await withStore(
    async (app) => {
      const sown = await sow(app, cwd, script as Seed);
      if (json) return printJson({ added: sown });
      const { plans, customers, subscriptions } = sown;
      printLine(`Added ${plans} plans, ${customers} customers, ${subscriptions} subscriptions.`);
    },
    { database: "make" },
  );
}

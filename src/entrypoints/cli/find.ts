/** `find`: whatever a person has in hand, a name or an id, and where to look on. */
import type { Command } from "commander";
import { filled, jsonOption } from "./option-values.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { readStore } from "./session.ts";
import { printTable } from "./table.ts";

export function addFind(program: Command): void {
  program
    .command("find")
    .description("find a name, e-mail, phone, last four digits of a card, or any id of ours or Conekta's")
    .argument("<text>", "a part of it is enough, but for ids of invoices and charges", filled("something to find"))
    .addOption(jsonOption())
    .addHelpText("after", "\nExamples:\n  $ npx puntual find martinez\n  $ npx puntual find ord_2tUigJ8DgBhbp6w5D\n")
    .action(find);
}

async function find(text: string, { json }: { readonly json?: true }): Promise<void> {
  const { findInBooks } = await import("../../application/customers/find-in-books.ts");
  const { textOf } = await import("./cells.ts");
  await readStore(async (app) => {
    const found = await findInBooks(app, text);
    if (json) return printJson({ found });
    if (found.length === 0) return printLine(`Nothing is called ${JSON.stringify(text)}.`);
    await printTable(found, [
      { head: "what", of: ({ kind }) => kind },
      { head: "id", of: ({ id }) => id },
      { head: "customer", of: ({ customerName }) => textOf(customerName), wraps: true },
      { head: "", of: ({ what }) => what, wraps: true },
      { head: "invoice", of: ({ kind, invoiceId }) => (kind === "attempt" ? textOf(invoiceId) : ""), spare: true },
    ]);
    printNote("What happened, and what is next: npx puntual explain ID");
  });
}

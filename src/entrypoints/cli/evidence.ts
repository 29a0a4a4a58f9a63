/** `evidence`: what a chargeback is answered with. */
import type { Command } from "commander";
import type { Evidence } from "../../application/subscriptions/evidence.ts";
import { sinkFor } from "./export-sink.ts";
import { jsonOption } from "./option-values.ts";
import { printFacts, printJson, printLine } from "./print.ts";
import { readStore } from "./session.ts";

type Options = { readonly html?: string; readonly json?: true };

/** @param parent the program, and `subscriptions`: it is looked for in both places */
export function addEvidence(parent: Command): void {
  parent
    .command("evidence")
    .description("all that a chargeback is answered with: consents, charges, cancellation, refunds")
    .argument("<subscription>", "its id")
    .option("--html <file>", "write it as a page to be printed, in Spanish")
    .addOption(jsonOption().conflicts("html"))
    .addHelpText(
      "after",
      `
No card but its last four digits is in it. It names the customer: give it to the bank alone.

Examples:
  $ npx puntual evidence jorge-oro --html expediente.html
  $ npx puntual evidence jorge-oro --json
`,
    )
    .action(showEvidence);
}

async function showEvidence(subscriptionId: string, { html: fileName, json }: Options): Promise<void> {
  const { evidenceOf } = await import("../../application/subscriptions/evidence.ts");
  await readStore(async (app) => {
    const evidence = await evidenceOf(app, subscriptionId);
    if (json) return printJson(evidence);
    if (fileName === undefined) return await printSummary(evidence);
    const { evidencePage } = await import("../evidence-page.ts");
    const sink = sinkFor(fileName);
    try {
      await sink.write(evidencePage(evidence));
      sink.done();
    } finally {
      sink.close();
    }
    printLine(`${fileName} holds the evidence about ${subscriptionId}.`);
  });
}

async function printSummary({ subscription, plan, customer, ...lists }: Evidence): Promise<void> {
  const { moneyOf, zoned } = await import("./cells.ts");
  const at = (instant: string) => zoned(instant, subscription.timeZone) ?? "";
  const money = (row: { readonly amountCents: number; readonly currency: string }) =>
    moneyOf(row.amountCents, row.currency);
  printFacts([
    ["subscription", subscription.subscriptionId],
    ["customer", `${customer.name} (${customer.customerId})`],
    ["plan", `${plan.name} (${plan.planId})`],
    ["status", subscription.status],
    ...lists.consents.map((row) => ["consent", `${at(row.consentedAt)}  ${row.version}, ${row.channel}`] as const),
    ...lists.charges.map(
      (row) =>
        [
          "charge",
          `${at(row.attemptedAt)}  ${money(row)}, ${row.outcome}${row.chargeId === null ? "" : `, ${row.chargeId}`}`,
        ] as const,
    ),
    ...lists.cancellations.map((row) => ["canceling", `${at(row.at)}  ${row.text.en}`] as const),
    ...lists.refunds.map((row) => ["refund", `${at(row.createdAt)}  ${money(row)}, ${row.state}`] as const),
    ...lists.disputes.map((row) => ["dispute", `${at(row.openedAt)}  ${money(row)}, ${row.status}`] as const),
  ]);
  if (lists.consents.length === 0) printLine("\nNo consent of it is recorded.");
}

/** `plans`: what is sold, as config/plans.yaml says. */
import type { Command } from "commander";
import type { applyPlansFile } from "./plans-apply.ts";
import { cursorOption, jsonOption, whole, yesOption } from "./option-values.ts";
import { printFacts, printJson, printLine, printNote } from "./print.ts";
import { listing, printRows, rowOf, ROWS_FOR_PEOPLE, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";
import { printTable } from "./table.ts";

export function addPlans(program: Command): void {
  const plans = program.command("plans").description("what is sold, and how often");

  plans
    .command("apply")
    .description("make the database match the file, and print the difference")
    .argument("[file]", "the plans and subscriptions", "config/plans.yaml")
    .option("--dry-run", "only print what would change")
    .option("--prune", "cancel subscriptions and remove plans that are gone from the file")
    .option("--offline", "do not look up unknown customers at Conekta")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Either the whole file holds afterwards, or nothing was changed. A running subscription's past is never rewritten.

Examples:
  $ npx puntual plans apply --dry-run
  $ npx puntual plans apply
  $ npx puntual plans apply other.yaml --prune --yes
`,
    )
    .action(async (...given: Parameters<typeof applyPlansFile>) => {
      const apply = await import("./plans-apply.ts");
      await apply.applyPlansFile(...given);
    });

  plans
    .command("list")
    .description("list the plans")
    .option("--limit <n>", "at most so many", whole("plans", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual plans list\n")
    .action(listPlans);

  plans
    .command("show")
    .description("show one plan and who is on it")
    .argument("<plan>", "its id")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual plans show oro\n")
    .action(showPlan);

  plans
    .command("archive")
    .description("sell it no more: who is on it stays, nobody new is put on it")
    .argument("<plan>", "its id")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual plans archive oro\n")
    .action(archivePlan);

  plans
    .command("unarchive")
    .description("sell it again")
    .argument("<plan>", "its id")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual plans unarchive oro\n")
    .action(unarchivePlan);
}

type JsonOption = { readonly json?: true };

async function archivePlan(planId: string, { json }: JsonOption): Promise<void> {
  const { archivePlan: archive } = await import("../../application/plans/archive-plan.ts");
  await withStore(async (app) => {
    await archive(app, planId);
    if (json) return printJson({ plan: await rowOf(app, "plans", { planId }, "plan") });
    printLine(`Plan ${planId} is archived. Who is on it stays.`);
  });
}

async function unarchivePlan(planId: string, { json }: JsonOption): Promise<void> {
  const { unarchivePlan: unarchive } = await import("../../application/plans/archive-plan.ts");
  await withStore(async (app) => {
    await unarchive(app, planId);
    if (json) return printJson({ plan: await rowOf(app, "plans", { planId }, "plan") });
    printLine(`Plan ${planId} is sold again.`);
  });
}

async function listPlans(options: RowOptions): Promise<void> {
  const { amountOfPlan, textOf } = await import("./cells.ts");
  const { rhythmOf } = await import("../../domain/plan.ts");
  await readStore((app) =>
    printRows("plans", options, listing(app, "plans"), {
      columns: [
        { head: "plan", of: (row) => row.planId },
        { head: "name", of: (row) => row.name, wraps: true },
        { head: "amount", of: amountOfPlan, align: "right" },
        { head: "rhythm", of: rhythmOf },
        { head: "charges", of: (row) => textOf(row.expiryCount), align: "right" },
        { head: "subscriptions", of: (row) => textOf(row.subscriptions), align: "right" },
        { head: "from", of: (row) => row.source, spare: true },
        { head: "archived", of: (row) => (row.archivedAt === null ? "" : "yes"), spare: true },
      ],
      whenEmpty: "There are no plans yet; write config/plans.yaml and run: npx puntual plans apply",
    }),
  );
}

async function showPlan(planId: string, { json }: { json?: true }): Promise<void> {
  const { amountOfPlan, linesOf, textOf } = await import("./cells.ts");
  const { rhythmOf } = await import("../../domain/plan.ts");
  const { taxTermsText } = await import("../../domain/tax.ts");
  const { nextCharges } = await import("./next-charges.ts");
  await readStore(async (app) => {
    const plan = await rowOf(app, "plans", { planId }, "plan");
    const onIt = listing(app, "subscriptions", { where: { planId } });
    if (json) return printJson({ plan, subscriptions: await onIt.all() });
    const { rows: subscriptions, nextCursor } = await onIt.page({ limit: ROWS_FOR_PEOPLE });
    printFacts([
      ["plan", planId],
      ["name", plan.name],
      ["amount", amountOfPlan(plan)],
      ...linesOf(plan.lineItems, plan.currency).map((line) => ["line", line] as const),
      ...(plan.prices ?? []).map(
        ({ from, lineItems }) => [`from ${from}`, amountOfPlan({ ...plan, lineItems })] as const,
      ),
      ["tax", plan.tax === null ? null : taxTermsText(plan.tax)],
      ["rhythm", rhythmOf(plan)],
      ["trial", plan.trialPeriodDays === 0 ? null : `${textOf(plan.trialPeriodDays)} days`],
      [plan.expiryCounts, textOf(plan.expiryCount)],
      ["dunning", plan.dunning],
      ["catch-up", plan.catchUp],
      ["from", plan.source],
      ["archived", plan.archivedAt],
    ]);
    if (subscriptions.length === 0) return;
    const next = await nextCharges(
      app,
      subscriptions.map(({ subscriptionId }) => subscriptionId),
    );
    printLine();
    await printTable(subscriptions, [
      { head: "subscription", of: (row) => row.subscriptionId, wraps: true },
      { head: "customer", of: (row) => row.customerName, wraps: true },
      { head: "status", of: (row) => row.status },
      { head: "next charge", isTime: true, of: (row) => next.cell(row.subscriptionId) },
    ]);
    if (nextCursor !== null)
      printNote(
        `More than ${ROWS_FOR_PEOPLE}; see the others with --json, or with npx puntual subscriptions list --plan ${planId}`,
      );
  });
}

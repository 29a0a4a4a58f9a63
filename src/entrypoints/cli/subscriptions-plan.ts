/** `subscriptions change`: another plan or quantity, first as a preview. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ChangePreview, WantedChange } from "../../application/subscriptions/change-subscription.ts";
import type { Assembly } from "../../assemble.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import type { SubscriptionChange } from "../../domain/subscription-change.ts";
import { APPLIES, type Apply } from "../../domain/proration.ts";
import { digestOf } from "../digest.ts";
import { confirmOnTerminal, confirmOrStop } from "./confirm.ts";
import { jsonOption, whole, yesOption } from "./option-values.ts";
import { personHere } from "./person.ts";
import { inLine, printJson, printLine } from "./print.ts";
import { rowOf } from "./rows.ts";
import { withStore } from "./session.ts";

type Options = {
  readonly plan?: string;
  readonly quantity?: number;
  readonly apply?: Apply;
  readonly on?: string;
  readonly undo?: true;
  readonly token?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
};

export function addChange(subscriptions: Command): void {
  subscriptions
    .command("change")
    .description("put it on another plan, or change its quantity; shows what that does, and asks")
    .argument("<subscription>", "its id")
    .option("--plan <id>", "the new plan")
    .option("--quantity <n>", "how many times the plan's lines", whole("pieces", 1, 10_000))
    .addOption(
      new Option(
        "--apply <when>",
        "when the new terms hold, and who pays the rest of the period (default: period_end where it costs less, next_invoice where it costs more)",
      ).choices(APPLIES),
    )
    .option("--on <day>", "the first local day of the new terms, inside the running period: 2026-11-16", day)
    .option("--undo", "instead: take the last change back, while it has not taken effect")
    .option("--dry-run", "only show what it would do, of --undo too; --json has a token")
    .option("--token <token>", "do what that preview said, or nothing")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual subscriptions change jorge-oro --plan platino --dry-run
  $ npx puntual subscriptions change jorge-oro --quantity 3 --apply period_end --yes
  $ npx puntual subscriptions change jorge-oro --undo
`,
    )
    .action(change);
}

async function change(subscriptionId: string, options: Options): Promise<void> {
  const { plan, quantity, apply, on, token, json } = options;
  if (options.undo) return await undo(subscriptionId, options);
  if (plan === undefined && quantity === undefined)
    throw new UsageInvalid("give --plan, --quantity or both; nothing was changed");
  const wanted: WantedChange = {
    ...{ planId: plan ?? null, quantity: quantity ?? null, apply: apply ?? null, on: on ?? null },
  };
  const { changeSubscription, previewChange } = await import("../../application/subscriptions/change-subscription.ts");
  await withStore(async (app) => {
    const needs = { ...app, digest: digestOf };
    if (options.dryRun) {
      const preview = await previewChange(needs, subscriptionId, wanted);
      if (json) return printJson(preview);
      await printPreview(app, preview);
      return printLine("\nNothing was changed.");
    }
    if (token === undefined && !options.yes) {
      const preview = await previewChange(needs, subscriptionId, wanted);
      if (!json) await printPreview(app, preview);
      await confirmOrStop(`Change ${subscriptionId} so?`, options);
      const done = await changeSubscription(needs, subscriptionId, wanted, { token: preview.token, by: personHere() });
      return json ? printJson(done) : printLine(`${subscriptionId} is changed.`);
    }
    const done = await changeSubscription(needs, subscriptionId, wanted, { token: token ?? null, by: personHere() });
    if (json) return printJson(done);
    await printPreview(app, done);
    printLine(`\n${subscriptionId} is changed.`);
  });
}

async function undo(subscriptionId: string, options: Options): Promise<void> {
  const { plan, quantity, apply, on, token, json } = options;
  if ([plan, quantity, apply, on, token].some((each) => each !== undefined))
    throw new UsageInvalid(
      "--undo takes the last change back as it was: give no other terms, and no token; nothing was changed",
    );
  const { previewUndo, undoChange } = await import("../../application/subscriptions/undo-change.ts");
  await withStore(async (app) => {
    const foreseen = await previewUndo(app, subscriptionId);
    const words = await undoneWords(app, foreseen);
    if (options.dryRun) {
      if (json) return printJson({ undone: foreseen });
      return printLine(`${words}\nNothing was changed.`);
    }
    await confirmOnTerminal(`${words}\nTake it back?`, options);
    const undone = await undoChange(app, subscriptionId, personHere());
    if (json) return printJson({ undone });
    printLine(
      `${subscriptionId} is on ${undone.fromPlanId} × ${undone.fromQuantity} again, as before change ${undone.number}.`,
    );
  });
}

/** "Change 2 of ana, from oro × 1 to platino × 1, would be taken back; what waits for the next invoice is not charged." */
async function undoneWords(app: Assembly, undone: SubscriptionChange): Promise<string> {
  const { formatMoney } = await import("../../domain/money.ts");
  const { subscriptionId, number, fromPlanId, fromQuantity, toPlanId, toQuantity, itemKey, grantedCents } = undone;
  const { currency } = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
  const money =
    itemKey !== null
      ? "; what waits for the next invoice is not charged"
      : grantedCents > 0
        ? `; ${formatMoney(grantedCents, currency)} that it gave to the balance are taken from it`
        : "";
  return `Change ${number} of ${subscriptionId}, from ${fromPlanId} × ${fromQuantity} to ${toPlanId} × ${toQuantity}, would be taken back${money}.`;
}

async function printPreview(app: Assembly, preview: ChangePreview): Promise<void> {
  const { zoned } = await import("./cells.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  const { subscriptionId, apply, on, lines, netCents, chargedNowCents, grantedCents, nextAmountCents, nextBillingAt } =
    preview;
  const { timeZone, currency } = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
  const money = (cents: number): string => formatMoney(cents, currency);
  const how =
    grantedCents > 0 ? "the new terms hold at once; what was paid for the rest is given back" : APPLY_WORDS[apply];
  printLine(`${subscriptionId}: ${how}, from ${on} on`);
  for (const { kind, name, from, to, amountCents } of lines)
    printLine(`  ${kind === "credit" ? "back" : "for "}  ${from} to ${to}  ${inLine(name)}: ${money(amountCents)}`);
  if (lines.length > 0) printLine(`  net   ${money(netCents)}`);
  if (grantedCents > 0) printLine(`  given to the customer's balance: ${money(grantedCents)}`);
  if (apply === "now" && chargedNowCents > 0) printLine(`  charged with the next run: ${money(chargedNowCents)}`);
  else if (apply === "now" && grantedCents === 0) printLine("  nothing is charged now");
  printLine(
    nextBillingAt === null
      ? "  no charge is to come"
      : `  next charge ${zoned(nextBillingAt, timeZone)}, ${money(nextAmountCents ?? 0)}`,
  );
}

const APPLY_WORDS: Readonly<Record<Apply, string>> = {
  period_end: "the new terms hold from the end of the period on",
  next_invoice: "the new terms hold at once; the difference joins the next invoice",
  now: "the new terms hold at once; the difference is charged with the next run",
  none: "the new terms hold at once; the rest of the period costs nothing",
};

function day(text: string): string {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(Number.NaN);
  if (!Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError("Expected a day that exists, like 2026-11-16.");
}

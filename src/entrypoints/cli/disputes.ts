/** `disputes`: payments whose cardholder asked the bank for the money back; what is known, and how they ended. */
import { Option, type Command } from "commander";
import type { DisputeRow } from "../../application/ports/listings/invoices.ts";
import { DISPUTE_OUTCOMES, type DisputeOutcome } from "../../domain/dispute.ts";
import { confirmOrStop } from "./confirm.ts";
import { cursorOption, jsonOption, whole, yesOption } from "./option-values.ts";
import { inLine, printFacts, printJson, printLine } from "./print.ts";
import { reasonIn } from "./reason.ts";
import { listing, mustExist, printRows, rowOf, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";
import { timeZoneHere } from "./terminal.ts";

type ListOptions = RowOptions & {
  readonly outcome?: DisputeOutcome;
  readonly subscription?: string;
  readonly customer?: string;
};

export function addDisputes(program: Command): void {
  const disputes = program
    .command("disputes")
    .description("payments whose cardholder asked the bank for the money back (chargebacks)");

  disputes
    .command("list")
    .description("list them, those whose evidence is due first")
    .addOption(new Option("--outcome <outcome>", "only those that are").choices(DISPUTE_OUTCOMES))
    .option("--subscription <id>", "only of this subscription")
    .option("--customer <cus_…>", "only of this customer")
    .option("--limit <n>", "at most so many", whole("disputes", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual disputes list --outcome open\n")
    .action(listDisputes);

  disputes
    .command("show")
    .description("show one, with what happened to it")
    .argument("<dispute>", "dsp_…")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual disputes show dsp_01KFZ3T5V8X9Y2Z4A6B8C0D1E2\n")
    .action(showDispute);

  disputes
    .command("resolve")
    .description("say how one ended, where Conekta's orders never show it")
    .argument("<dispute>", "dsp_…")
    .addOption(new Option("--as <outcome>", "how it ended").choices(["won", "lost"]).makeOptionMandatory())
    .requiredOption("--reason <text>", "how you know, for the record (at least 10 characters)")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
What Conekta's order shows later counts more than this. One that was won is charged on; after one that was lost the
next cycle is held, until a person retries it or cancels the subscription (\`on_chargeback\` in config/dunning.yaml).

Example:
  $ npx puntual disputes resolve dsp_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --as lost --reason "the bank's letter of 3 December"
`,
    )
    .action(resolveDispute);
}

async function listDisputes(options: ListOptions): Promise<void> {
  const { localOf, moneyOf, textOf } = await import("./cells.ts");
  const { outcome, subscription: subscriptionId, customer: customerId } = options;
  await readStore(async (app) => {
    await mustExist(app, {
      ...(subscriptionId !== undefined && { subscription: subscriptionId }),
      ...(customerId !== undefined && { customer: customerId }),
    });
    await printRows("disputes", options, listing(app, "disputes", { where: { outcome, subscriptionId, customerId } }), {
      columns: [
        { head: "dispute", of: (row) => row.disputeId },
        { head: "evidence due", isTime: true, of: (row) => (row.outcome === "open" ? localOf(row.evidenceDueBy) : "") },
        { head: "outcome", of: (row) => row.outcome },
        { head: "status", of: (row) => row.status },
        { head: "reason", of: (row) => textOf(row.reason), wraps: true },
        { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
        { head: "customer", of: (row) => row.customerName, wraps: true, spare: true },
        { head: "invoice", of: (row) => row.invoiceId, spare: true },
        { head: "charge", of: (row) => row.chargeId, spare: true },
      ],
      whenEmpty: "There are no such disputes.",
    });
  });
}

async function showDispute(disputeId: string, { json }: { readonly json?: true }): Promise<void> {
  const { cycleText, localOf, moneyOf, textOf } = await import("./cells.ts");
  const { eventText } = await import("../../explain/event-sentences.ts");
  await readStore(async (app) => {
    const row = await rowOf(app, "disputes", { disputeId }, "dispute");
    const events = (await app.store.list("events", { where: { invoiceId: row.invoiceId } })).filter(
      ({ data }) => data["disputeId"] === disputeId,
    );
    if (json) return printJson({ dispute: row, events });
    const zone = timeZoneHere();
    const at = (instant: string | null) => (instant === null ? "" : `${localOf(instant)} ${zone}`);
    printFacts([
      ["dispute", row.disputeId],
      ["at Conekta", textOf(row.gatewayDisputeId)],
      ["outcome", row.outcome],
      ["status", row.status],
      ["reason", textOf(row.reason)],
      ["amount", moneyOf(row.amountCents, row.currency)],
      ["evidence due", row.outcome === "open" ? at(row.evidenceDueBy) || "not said" : at(row.evidenceDueBy)],
      ["disputed", at(row.disputedAt)],
      ["seen", at(row.openedAt)],
      ["closed", closedText(row, at(row.closedAt))],
      ["invoice", row.invoiceId],
      ["subscription", `${row.subscriptionId}, ${cycleText(row.cycle)}`],
      ["customer", `${row.customerName} (${row.customerId})`],
      ["order", row.orderId],
      ["charge", row.chargeId],
      ["next read", at(row.nextReadAt)],
    ]);
    for (const { at: when, type, data } of events) {
      const story = {
        at: new Date(when),
        data,
        attempt: null,
        invoice: null,
        timeZone: zone,
        declineText: () => null,
      } as const;
      printLine(`  ${localOf(when)}  ${eventText(type, story).en}`);
    }
    if (row.outcome === "open")
      printLine(`\nAnswer it in Conekta's panel: charge ${row.chargeId} of order ${row.orderId}.`);
  });
}

function closedText({ closedBy, why }: DisputeRow, at: string): string {
  return closedBy === null ? at : `${at}, as ${closedBy} says: ${why ?? ""}`;
}

type ResolveOptions = {
  readonly as: "won" | "lost";
  readonly reason: string;
  readonly yes?: true;
  readonly json?: true;
};

async function resolveDispute(disputeId: string, options: ResolveOptions): Promise<void> {
  const why = reasonIn(options.reason);
  const { resolveDispute: resolve } = await import("../../application/webhooks/resolve-dispute.ts");
  const { moneyOf } = await import("./cells.ts");
  const { personHere } = await import("./person.ts");
  await withStore(async (app) => {
    const row = await rowOf(app, "disputes", { disputeId }, "dispute");
    const money = moneyOf(row.amountCents, row.currency);
    await confirmOrStop(`The dispute about ${money} of ${inLine(row.customerName)} is ${options.as}?`, options);
    await resolve(app.settling, disputeId, { outcome: options.as, by: personHere(), why });
    const resolved = await rowOf(app, "disputes", { disputeId }, "dispute");
    if (options.json) return printJson({ dispute: resolved });
    printLine(`${disputeId} is ${resolved.outcome}.`);
  });
}

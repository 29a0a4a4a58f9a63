/** `unknown list | show`: what waits, and everything a person needs to find it in Conekta's panel. */
import type { UnknownCharge, UnknownRefund } from "../../application/reconcile/list-unknown.ts";
import { NotFound } from "../../domain/errors.ts";
import { bold, printFacts, printJson, printLine, printNote } from "./print.ts";
import { readStore } from "./session.ts";
import { printTable } from "./table.ts";
import { timeZoneHere } from "./terminal.ts";

export async function listUnknowns({ json }: { readonly json?: true }): Promise<void> {
  const { ageText, moneyOf, textOf, localOf } = await import("./cells.ts");
  const { listUnknown } = await import("../../application/reconcile/list-unknown.ts");
  await readStore(async (app) => {
    const rows = await listUnknown(app, app.clock.now());
    if (json) return printJson({ unknown: rows });
    if (rows.length === 0) return printLine("Nothing is unknown, nothing is held.");
    await printTable(rows, [
      { head: "attempt or invoice", of: nameOf },
      { head: "what", of: whatOf },
      { head: "for", of: (row) => ageText(row.ageSeconds) },
      { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
      { head: "customer", of: (row) => row.customerName, wraps: true, spare: true },
      { head: "reference", of: (row) => (row.kind === "refund" ? "" : textOf(row.reference)), spare: true },
      { head: "last answer", of: (row) => textOf(row.because), wraps: true },
      {
        head: "next inquiry",
        isTime: true,
        of: (row) => (row.kind === "refund" ? "" : localOf(row.nextInquiryAt)),
        spare: true,
      },
    ]);
    printNote("See one with: npx puntual unknown show ATTEMPT_OR_INVOICE");
  });
}

export async function showUnknownOne(name: string, { json }: { readonly json?: true }): Promise<void> {
  const { ageText, cycleText, moneyOf, textOf, localOf } = await import("./cells.ts");
  const { showUnknown } = await import("../../application/reconcile/list-unknown.ts");
  const { panelAdvice } = await import("./panel-advice.ts");
  await readStore(async (app) => {
    const found = await showUnknown(app, name, app.clock.now());
    if (found === null)
      throw new NotFound(`there is no attempt or invoice ${name}; \`npx puntual unknown list\` shows what waits`);
    const { row, events } = found;
    const advice = panelAdvice(row, app.config.conekta.timeoutMs);
    if (json) return printJson({ unknown: row, panel: advice, events });
    const at = (instant: string | null) => (instant === null ? "" : `${localOf(instant)} ${timeZoneHere()}`);
    printFacts([
      ["attempt", textOf(row.attemptId)],
      ["state", row.state],
      ["invoice", `${row.invoiceId}, ${statusOf(row)}`],
      ["subscription", `${row.subscriptionId}, ${cycleText(row.cycle)}`],
      ["customer", `${row.customerName} (${row.customerId})`],
      ["amount", moneyOf(row.amountCents, row.currency)],
      ["card", `${textOf(row.cardBrand)} ${textOf(row.cardLast4)}`.trim()],
      ["reference", textOf(row.reference)],
      ["order", textOf(row.orderId)],
      ["charge", textOf(row.chargeId)],
      ["sent", at(row.sentAt)],
      ["age", ageText(row.ageSeconds)],
      ["inquiries", textOf(row.inquiries)],
      ["next inquiry", at(row.nextInquiryAt) || (row.kind === "unknown" ? "none: the schedule is used up" : "")],
      ["log id", textOf(row.logId)],
    ]);
    printLine(`\n${bold(`What was asked and answered (${timeZoneHere()})`)}`);
    await printTable(row.evidence, [
      { head: "", of: (each) => localOf(each.at) },
      {
        head: "",
        of: (each) => (textOf(each.httpStatus) === "" ? "no answer" : `status ${textOf(each.httpStatus)}`),
      },
      { head: "", of: (each) => textOf(each.because), wraps: true },
    ]);
    for (const [title, lines] of [
      ["What to look for in Conekta's panel", advice.en],
      ["Qué buscar en el panel de Conekta", advice.es],
    ] as const) {
      printLine(`\n${bold(title)}`);
      for (const line of lines) printLine(`  ${line}`);
    }
  });
}

function nameOf(row: UnknownCharge | UnknownRefund): string {
  if (row.kind === "refund") return `${row.refundId} of ${row.invoiceId}`;
  return row.kind === "unknown" && row.attemptId !== null ? row.attemptId : row.invoiceId;
}

function whatOf(row: UnknownCharge | UnknownRefund): string {
  if (row.kind === "refund") return `refund ${row.state}`;
  const held = row.invoiceStatus === "held" ? `held: ${row.statusReason}` : "";
  return row.kind === "held" ? held : ["unknown", held].filter(Boolean).join(", ");
}

function statusOf({ invoiceStatus, statusReason }: UnknownCharge): string {
  return statusReason === null ? invoiceStatus : `${invoiceStatus}: ${statusReason}`;
}

/** `invoices list` and `show`. */
import type { AttemptRow, EvidenceRow, InvoiceRow } from "../../application/ports/listings/invoices.ts";
import type { InvoiceStatus } from "../../domain/invoice.ts";
import { cfdiDocument, cfdiText } from "./invoices-cfdi.ts";
import { bold, printFacts, printJson, printLine } from "./print.ts";
import { withRefund } from "./refund-words.ts";
import { listing, mustExist, printRows, rowOf, type RowOptions } from "./rows.ts";
import { readStore } from "./session.ts";
import { printTable } from "./table.ts";
import { timeZoneHere } from "./terminal.ts";

type ListOptions = RowOptions & {
  readonly status?: InvoiceStatus;
  readonly subscription?: string;
  readonly customer?: string;
};

export async function listInvoices(options: ListOptions): Promise<void> {
  const { moneyOf, textOf, localOf } = await import("./cells.ts");
  await readStore(async (app) => {
    const { status, subscription: subscriptionId, customer: customerId } = options;
    await mustExist(app, options);
    const wanted = { where: { status, subscriptionId, customerId } };
    await printRows("invoices", options, listing(app, "invoices", wanted), {
      columns: [
        { head: "invoice", of: (row) => row.invoiceId },
        { head: "subscription", of: (row) => row.subscriptionId, wraps: true },
        { head: "cycle", of: (row) => textOf(row.cycle), align: "right" },
        { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
        { head: "status", of: statusOf, wraps: true },
        { head: "next attempt", isTime: true, of: (row) => localOf(row.nextAttemptAt), spare: true },
      ],
      whenEmpty: "There are no such invoices.",
    });
  });
}

export async function showInvoice(invoiceId: string, { json }: { json?: true }): Promise<void> {
  const { cycleText, discountsOf, linesOf, moneyOf, taxesOf, textOf, localOf, zoned } = await import("./cells.ts");
  await readStore(async (app) => {
    const invoice = await rowOf(app, "invoices", { invoiceId }, "invoice");
    const attempts = await app.store.list("attempts", { where: { invoiceId } });
    const events = await app.store.list("events", { where: { invoiceId } });
    const cfdi = await app.store.fiscal.recordOf(invoiceId);
    if (json) return printJson({ invoice: { ...invoice, cfdi: cfdi && cfdiDocument(cfdi) }, attempts, events });

    const [subscription] = await app.store.list("subscriptions", {
      where: { subscriptionId: invoice.subscriptionId },
    });
    const zone = subscription === undefined ? "UTC" : subscription.timeZone;
    printFacts([
      ["invoice", invoiceId],
      ["status", statusOf(invoice)],
      ["subscription", `${invoice.subscriptionId}, ${cycleText(invoice.cycle)}`],
      ["customer", `${invoice.customerName} (${invoice.customerId})`],
      ["period", `${zoned(invoice.periodStart, zone)} to ${zoned(invoice.periodEnd, zone)}`],
      ...linesOf(invoice.lineItems, invoice.currency).map((line) => ["line", line] as const),
      ["subtotal", isPlain(invoice) ? null : moneyOf(invoice.subtotalCents, invoice.currency)],
      ...discountsOf(invoice).map((discount) => ["discount", discount] as const),
      ["balance", invoice.balanceCents === 0 ? null : moneyOf(-invoice.balanceCents, invoice.currency)],
      ["amount", moneyOf(invoice.amountCents, invoice.currency)],
      ...taxesOf(invoice).map((tax) => ["of it", tax] as const),
      ["next attempt", zoned(invoice.nextAttemptAt, zone)],
      ["paid", zoned(invoice.paidAt, zone)],
      ["CFDI", cfdiText(cfdi)],
    ]);
    for (const attempt of attempts) printAttempt(attempt, { localOf, moneyOf, textOf, zoned }, zone);
    printLine(`\n${bold(`What happened (${timeZoneHere()})`)}`);
    await printTable(events, [
      { head: "", of: (row) => localOf(row.at) },
      { head: "", of: (row) => row.type },
      { head: "", of: (row) => detailsOf(row.data, localOf), wraps: true },
    ]);
  });
}

/** One line, nothing off and nothing added: the amount says it all. */
function isPlain({ subtotalCents, amountCents, lineItems }: InvoiceRow): boolean {
  return subtotalCents === amountCents && lineItems.length === 1;
}

type Cells = Pick<typeof import("./cells.ts"), "localOf" | "moneyOf" | "textOf" | "zoned">;

function printAttempt(attempt: AttemptRow, { localOf, moneyOf, textOf, zoned }: Cells, zone: string): void {
  printLine(`\n${bold(`Attempt ${textOf(attempt.number)}: ${attempt.state}`)}`);
  const decline = [attempt.declineClass, attempt.failureCode, attempt.failureMessage];
  printFacts([
    ["sent", zoned(attempt.sentAt, zone)],
    ["settled", zoned(attempt.settledAt, zone)],
    ["card", `${textOf(attempt.cardBrand)} ${textOf(attempt.cardLast4)}`.trim()],
    ["reference", textOf(attempt.reference)],
    ["order", textOf(attempt.orderId)],
    ["charge", textOf(attempt.chargeId)],
    ["decline", decline.filter(Boolean).join(", ")],
    [
      "moved",
      attempt.movedCents === null
        ? ""
        : `${moneyOf(attempt.movedCents, attempt.currency)} instead of ${moneyOf(attempt.amountCents, attempt.currency)}`,
    ],
    ["authorization", textOf(attempt.authCode)],
    ["next inquiry", zoned(attempt.nextInquiryAt, zone)],
    ...evidenceOf(attempt.evidence, localOf).map((line) => ["evidence", line] as const),
  ]);
}

function evidenceOf(evidence: readonly EvidenceRow[], localOf: Cells["localOf"]): readonly string[] {
  return evidence.map(({ at, ...rest }) => [localOf(at), detailsOf(rest, localOf)].filter(Boolean).join("  "));
}

function detailsOf(data: Readonly<Record<string, unknown>>, localOf: Cells["localOf"]): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}: ${wordsOf(value, localOf)}`)
    .join(", ");
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/** For a person: instants are local, and a rule is its name with its numbers. */
function wordsOf(value: unknown, localOf: Cells["localOf"]): string {
  if (typeof value === "string") return INSTANT.test(value) ? localOf(value) : value;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.map((each) => wordsOf(each, localOf)).join(" ");
  const { name, ...others } = value as Record<string, unknown>;
  const rest = Object.entries(others).map(([key, each]) => `${key} ${wordsOf(each, localOf)}`);
  return [...(name === undefined ? [] : [wordsOf(name, localOf)]), ...rest].join(" ");
}

function statusOf(invoice: InvoiceRow): string {
  const { status, statusReason } = invoice;
  return withRefund(statusReason === null ? status : `${status}: ${statusReason}`, invoice);
}

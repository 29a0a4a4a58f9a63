/** `invoices list` and `show`. */
import type { ListRow } from "../../application/ports/listings.ts";
import { bold, printFacts, printJson, printLine } from "./print.ts";
import { mustExist, printRows, rowOf, type RowOptions } from "./rows.ts";
import { withStore } from "./session.ts";
import { printTable } from "./table.ts";

type ListOptions = RowOptions & {
  readonly status?: string;
  readonly subscription?: string;
  readonly customer?: string;
};

export async function listInvoices(options: ListOptions): Promise<void> {
  const { moneyOf, textOf, utcOf } = await import("./cells.ts");
  await withStore(async (app) => {
    const { status, subscription: subscriptionId, customer: customerId } = options;
    await mustExist(app, options);
    const read = (limit: number | undefined) =>
      app.store.list("invoices", {
        where: {
          ...(status && { status }),
          ...(subscriptionId && { subscriptionId }),
          ...(customerId && { customerId }),
        },
        ...(limit && { limit }),
      });
    await printRows("invoices", options, read, {
      columns: [
        { head: "invoice", of: (row) => textOf(row, "invoiceId") },
        { head: "subscription", of: (row) => textOf(row, "subscriptionId"), wraps: true },
        { head: "cycle", of: (row) => textOf(row, "cycle"), align: "right" },
        { head: "amount", of: (row) => moneyOf(row), align: "right" },
        { head: "status", of: statusOf, wraps: true },
        { head: "next attempt (UTC)", of: (row) => utcOf(row, "nextAttemptAt"), spare: true },
      ],
      whenEmpty: "There are no such invoices.",
    });
  });
}

export async function showInvoice(invoiceId: string, { json }: { json?: true }): Promise<void> {
  const { linesOf, moneyOf, textOf, utcOf, zoned } = await import("./cells.ts");
  await withStore(async (app) => {
    const invoice = await rowOf(app, "invoices", { invoiceId }, "invoice");
    const attempts = await app.store.list("attempts", { where: { invoiceId } });
    const events = await app.store.list("events", { where: { invoiceId } });
    if (json) return printJson({ invoice, attempts, events });

    const [subscription] = await app.store.list("subscriptions", {
      where: { subscriptionId: textOf(invoice, "subscriptionId") },
    });
    const zone = subscription === undefined ? "UTC" : textOf(subscription, "timeZone");
    printFacts([
      ["invoice", invoiceId],
      ["status", statusOf(invoice)],
      ["subscription", `${textOf(invoice, "subscriptionId")}, cycle ${textOf(invoice, "cycle")}`],
      ["customer", `${textOf(invoice, "customerName")} (${textOf(invoice, "customerId")})`],
      ["period", `${zoned(invoice["periodStart"], zone)} to ${zoned(invoice["periodEnd"], zone)}`],
      ...linesOf(invoice["lineItems"], textOf(invoice, "currency")).map((line) => ["line", line] as const),
      ["discount", invoice["discountCents"] === 0 ? null : moneyOf(invoice, "discountCents")],
      ["amount", moneyOf(invoice)],
      ["next attempt", zoned(invoice["nextAttemptAt"], zone)],
      ["paid", zoned(invoice["paidAt"], zone)],
    ]);
    for (const attempt of attempts) printAttempt(attempt, { moneyOf, textOf, zoned }, zone);
    printLine(`\n${bold("What happened (UTC)")}`);
    await printTable(events, [
      { head: "", of: (row) => utcOf(row, "at") },
      { head: "", of: (row) => textOf(row, "type") },
      { head: "", of: (row) => detailsOf(row["data"]), wraps: true },
    ]);
  });
}

type Cells = Pick<typeof import("./cells.ts"), "moneyOf" | "textOf" | "zoned">;

function printAttempt(attempt: ListRow, { moneyOf, textOf, zoned }: Cells, zone: string): void {
  printLine(`\n${bold(`Attempt ${textOf(attempt, "number")}: ${textOf(attempt, "state")}`)}`);
  const decline = ["declineClass", "failureCode", "failureMessage"].map((key) => textOf(attempt, key));
  printFacts([
    ["sent", zoned(attempt["sentAt"], zone)],
    ["settled", zoned(attempt["settledAt"], zone)],
    ["card", `${textOf(attempt, "cardBrand")} ${textOf(attempt, "cardLast4")}`.trim()],
    ["reference", textOf(attempt, "reference")],
    ["order", textOf(attempt, "orderId")],
    ["charge", textOf(attempt, "chargeId")],
    ["decline", decline.filter(Boolean).join(", ")],
    ["moved", attempt["movedCents"] === null ? "" : `${moneyOf(attempt, "movedCents")} instead of ${moneyOf(attempt)}`],
    ["authorization", textOf(attempt, "authCode")],
    ["next inquiry", zoned(attempt["nextInquiryAt"], zone)],
    ...evidenceOf(attempt["evidence"]).map((line) => ["evidence", line] as const),
  ]);
}

function evidenceOf(evidence: unknown): readonly string[] {
  if (!Array.isArray(evidence)) return [];
  return (evidence as readonly Readonly<Record<string, unknown>>[]).map(({ at, ...rest }) =>
    [typeof at === "string" ? at : "", detailsOf(rest)].filter(Boolean).join("  "),
  );
}

function detailsOf(data: unknown): string {
  if (typeof data !== "object" || data === null) return "";
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ");
}

function statusOf(row: ListRow): string {
  return [row["status"], row["statusReason"]].filter((part) => typeof part === "string").join(": ");
}

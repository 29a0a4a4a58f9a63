/** `invoices retry | void | mark-paid`: a person's decision about one invoice. None of them charges. */
import type { Assembly } from "../../assemble.ts";
import type { PaymentForm } from "../../domain/cfdi/payment-form.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import type { HoldReason } from "../../domain/invoice.ts";
import { confirmOrStop } from "./confirm.ts";
import { EXIT } from "./exit-codes.ts";
import { inLine, printError, printJson, printLine } from "./print.ts";
import { rowOf } from "./rows.ts";
import { withStore } from "./session.ts";
import { leaveWith } from "./terminal.ts";

type Options = { readonly json?: true; readonly yes?: true };
type Reasoned = Options & { readonly reason: string };
type Paid = Reasoned & { readonly paidAt?: Date; readonly form?: PaymentForm };

export async function retry(
  invoiceId: string | undefined,
  options: Options & { readonly reason?: HoldReason },
): Promise<void> {
  const { reason } = options;
  if ((invoiceId === undefined) === (reason === undefined))
    throw new UsageInvalid("name one invoice, or --reason for all that are held for it");
  if (reason !== undefined) return await retryAll(reason, options);
  if (invoiceId !== undefined) await retryOne(invoiceId, options);
}

async function retryAll(reason: HoldReason, options: Options): Promise<void> {
  const { heldFor, retryHeld } = await import("../../application/invoices/retry-held.ts");
  const { moneyOf, moneyTotals } = await import("./cells.ts");
  const { counted } = await import("../../application/doctor/finding.ts");
  await withStore(async (app) => {
    const held = await heldFor(app, reason);
    const totals: Record<string, number> = {};
    for (const { currency, amountCents } of held) totals[currency] = (totals[currency] ?? 0) + amountCents;
    if (!options.json) {
      for (const { invoiceId, customerName, amountCents, currency } of held)
        printLine(`${invoiceId}  ${moneyOf(amountCents, currency)}  ${inLine(customerName)}`);
      if (held.length === 0) printLine(`No invoice is held for ${reason}.`);
    }
    if (held.length > 0)
      await confirmOrStop(
        `Put ${counted(held.length, "invoice")} (${moneyTotals(totals)}) up for the next run?`,
        options,
      );
    const left = await retryHeld(app, held);
    const putUp = held.length - left.length;
    if (options.json) printJson({ putUp, left });
    else if (held.length > 0) printLine(`${counted(putUp, "invoice")} put up for the next run.`);
    for (const { because } of left) printError(because);
    if (left.length > 0) leaveWith(EXIT.needsPerson);
  });
}

async function retryOne(invoiceId: string, options: Options): Promise<void> {
  const { retryInvoice } = await import("../../application/invoices/change-invoice.ts");
  await withStore(async (app) => {
    await retryInvoice(app, invoiceId);
    await tell(app, invoiceId, options, `${invoiceId} is charged in the next run.`);
  });
}

export async function voidOne(invoiceId: string, options: Reasoned): Promise<void> {
  const why = reasonOf(options);
  const { voidInvoice } = await import("../../application/invoices/change-invoice.ts");
  await withStore(async (app) => {
    const { subscriptionId } = await rowOf(app, "invoices", { invoiceId }, "invoice");
    const termsOf = async (): Promise<string> => {
      const { planId, quantity } = await rowOf(app, "subscriptions", { subscriptionId }, "subscription");
      return `${planId} × ${quantity}`;
    };
    const before = await termsOf();
    await confirmOrStop(`Void ${await describe(app, invoiceId)}? It cannot be undone.`, options);
    await voidInvoice(app, invoiceId, why);
    const after = await termsOf();
    const undone =
      after === before ? "" : ` Its change is taken back: ${subscriptionId} is on ${after} again, not on ${before}.`;
    await tell(app, invoiceId, options, `${invoiceId} is void.${undone}`);
  });
}

export async function markPaid(invoiceId: string, options: Paid): Promise<void> {
  const why = reasonOf(options);
  const { markInvoicePaid } = await import("../../application/invoices/change-invoice.ts");
  await withStore(async (app) => {
    const now = app.clock.now();
    const paidAt = options.paidAt ?? now;
    if (paidAt > now)
      throw new UsageInvalid(`--paid-at: ${paidAt.toISOString()} is in the future; nothing was changed`);
    await confirmOrStop(`Note ${await describe(app, invoiceId)} as paid by other means? It cannot be undone.`, options);
    await markInvoicePaid(app, invoiceId, { why, paidAt, form: options.form ?? null });
    await tell(app, invoiceId, options, `${invoiceId} is paid.`);
  });
}

export async function acceptLate(invoiceId: string, options: Reasoned): Promise<void> {
  const why = reasonOf(options);
  const { keepLatePayment } = await import("../../application/invoices/change-invoice.ts");
  await withStore(async (app) => {
    await keepLatePayment(app, invoiceId, why);
    await tell(app, invoiceId, options, `The payment of ${invoiceId} is kept.`);
  });
}

function reasonOf({ reason }: Reasoned): string {
  if (reason.trim() === "") throw new UsageInvalid("--reason: expected some words for the record");
  return reason.trim();
}

async function describe(app: Assembly, invoiceId: string): Promise<string> {
  const { moneyOf } = await import("./cells.ts");
  const invoice = await rowOf(app, "invoices", { invoiceId }, "invoice");
  return `${invoiceId} (${invoice.status}, ${moneyOf(invoice.amountCents, invoice.currency)}, ${inLine(invoice.customerName)})`;
}

async function tell(app: Assembly, invoiceId: string, { json }: Options, sentence: string): Promise<void> {
  if (json) return printJson({ invoice: await rowOf(app, "invoices", { invoiceId }, "invoice") });
  printLine(sentence);
}

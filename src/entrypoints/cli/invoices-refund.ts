/** `invoices refund | refunds`: money given back through Conekta, and what became of it. */
import { Option, type Command } from "commander";
import type { PageOf } from "../../application/ports/listings.ts";
import type { RefundReason } from "../../domain/refund.ts";
import { REFUND_REASONS } from "../../domain/refund.ts";
import type { Assembly } from "../../assemble.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { confirmOrStop } from "./confirm.ts";
import { cursorOption, jsonOption, whole, yesOption } from "./option-values.ts";
import { inLine, printError, printJson, printLine } from "./print.ts";
import { printRows, rowOf, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";
import { leaveWith } from "./terminal.ts";

type Options = {
  readonly amountCents?: number;
  readonly reason?: RefundReason;
  readonly note?: string;
  readonly attempt?: string;
  readonly settle?: true;
  readonly yes?: true;
  readonly json?: true;
};

export function addRefunds(invoices: Command): void {
  invoices
    .command("refund")
    .description("give money back through Conekta; the invoice stays paid")
    .argument("<invoice>", "inv_…")
    .option("--amount-cents <n>", "so much of it (default: all that is left)", whole("cents", 1))
    .addOption(new Option("--reason <reason>", "Conekta's word for why").choices(REFUND_REASONS))
    .option("--note <text>", "more, for our own record")
    .option("--attempt <att_…>", "of this attempt: a second payment of the same invoice")
    .option("--settle", "instead: read at Conekta what became of refunds whose answer was lost")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
A refund whose answer is lost stays unknown and is never sent again; --settle finds out about it.

Examples:
  $ npx puntual invoices refund inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --reason requested_by_client --yes
  $ npx puntual invoices refund inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --amount-cents 5000 --reason other --note "half a month"
  $ npx puntual invoices refund inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --settle
`,
    )
    .action(refund);

  invoices
    .command("refunds")
    .description("list the refunds, the latest first")
    .option("--invoice <inv_…>", "only of this invoice")
    .option("--limit <n>", "at most so many", whole("refunds", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual invoices refunds\n")
    .action(listRefunds);
}

async function refund(invoiceId: string, options: Options): Promise<void> {
  if (options.settle) return await settle(invoiceId, options);
  const { reason, note = null, attempt: attemptId = null, amountCents = null } = options;
  if (reason === undefined) throw new UsageInvalid(`--reason: expected one of ${REFUND_REASONS.join(", ")}`);
  const { refundInvoice } = await import("../../application/invoices/refund-invoice.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  const { personHere } = await import("./person.ts");
  await withStore(async (app) => {
    const invoice = await rowOf(app, "invoices", { invoiceId }, "invoice");
    const money = amountCents === null ? "all that is left" : formatMoney(amountCents, invoice.currency);
    await confirmOrStop(`Give ${money} of ${invoiceId} back to ${inLine(invoice.customerName)}?`, options);
    const needs = await refundNeeds(app);
    if (invoice.status !== "paid") {
      const { askAboutInvoice } = await import("../../application/invoices/ask-about-invoice.ts");
      await askAboutInvoice({ ...app.settling, orders: needs.orders, inbox: needs.inbox }, invoiceId);
    }
    const request = { invoiceId, attemptId, amountCents, reason, note, by: personHere() };
    const { refund: made, outcome } = await refundInvoice(needs, request);
    const [row] = (await app.store.refunds.list({ invoiceId })).filter(({ refundId }) => refundId === made.id);
    if (options.json) printJson({ refund: row });
    else if (outcome.kind === "done")
      printLine(`${formatMoney(made.amountCents, made.currency)} went back (${made.id}).`);
    if (outcome.kind === "done") return;
    leaveWith(outcome.kind === "unknown" ? EXIT.needsPerson : EXIT.failed);
    if (outcome.kind === "unknown")
      printError(
        `${made.id} is unknown: ${outcome.trace.because}. It is not sent again; in a quarter of an hour ask what ` +
          `became of it: npx puntual invoices refund ${invoiceId} --settle`,
      );
    else printError(`nothing went back: ${outcome.trace.because}${codeOf(outcome)}`);
  });
}

function codeOf(outcome: { readonly kind: string; readonly failureCode?: string | null }): string {
  return outcome.failureCode ? ` (${outcome.failureCode})` : "";
}

async function settle(invoiceId: string, { json }: Options): Promise<void> {
  const { settleRefunds } = await import("../../application/invoices/refund-invoice.ts");
  await withStore(async (app) => {
    await rowOf(app, "invoices", { invoiceId }, "invoice");
    const settled = await settleRefunds(await refundNeeds(app), invoiceId);
    if (json) printJson({ settled });
    else if (settled.length === 0) printLine("No refund of this invoice waits for its answer.");
    else for (const { refundId, outcome } of settled) printLine(`${refundId}: ${WORDS[outcome]}`);
    if (settled.some(({ outcome }) => outcome === "too_early" || outcome === "unclear")) leaveWith(EXIT.needsPerson);
  });
}

const WORDS = {
  done: "done; Conekta shows it.",
  not_sent: "it did not happen; it may be asked for again.",
  too_early: "not shown yet; ask again later.",
  unclear: "the order shows another sum; look at it in Conekta's panel.",
} as const;

async function listRefunds(options: RowOptions & { readonly invoice?: string }): Promise<void> {
  const { moneyOf, localOf } = await import("./cells.ts");
  await readStore(async (app) => {
    const { refunds } = app.store;
    const wanted = options.invoice === undefined ? {} : { invoiceId: options.invoice };
    const reader = {
      all: () => refunds.list(wanted),
      page: (page: PageOf<object>) => refunds.page({ ...wanted, ...page }),
    };
    await printRows("refunds", options, reader, {
      columns: [
        { head: "invoice", of: (row) => row.invoiceId },
        { head: "when", isTime: true, of: (row) => localOf(row.createdAt) },
        { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
        { head: "state", of: (row) => row.state },
        { head: "customer", of: (row) => row.customerName, wraps: true, spare: true },
        {
          head: "reason",
          of: ({ reason, note }) => (note === null ? reason : `${reason}: ${inLine(note)}`),
          wraps: true,
        },
        { head: "by", of: (row) => row.requestedBy, spare: true },
        { head: "refund", of: (row) => row.refundId, spare: true },
      ],
      whenEmpty: "There are no such refunds.",
    });
  });
}

async function refundNeeds(app: Assembly) {
  const { checkKey } = await import("../../application/settling/check-key.ts");
  const gateway = await app.gateway();
  await checkKey({ ...app, gateway });
  const { refunds, inbox } = app.store;
  return { ...app, refunds, inbox, orders: gateway, refunder: gateway };
}

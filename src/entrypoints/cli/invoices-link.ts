/** `invoices link | cancel-link`: a hosted page where the customer pays one invoice, and its end. */
import { DAY_MS } from "../../domain/duration.ts";
import type { Command } from "commander";
import { PAYMENT_METHODS, isPaid, type PaymentMethod } from "../../domain/attempt.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { confirmOrStop } from "./confirm.ts";
import { jsonOption, whole, yesOption } from "./option-values.ts";
import { printError, printJson, printLine } from "./print.ts";
import { rowOf } from "./rows.ts";
import { withStore } from "./session.ts";
import { leaveWith } from "./terminal.ts";

type Options = {
  readonly methods: string;
  readonly expiresAfterDays: number;
  readonly yes?: true;
  readonly json?: true;
};

export function addLinks(invoices: Command): void {
  invoices
    .command("link")
    .description("make a page at Conekta where the customer pays the invoice; its card is not charged meanwhile")
    .argument("<invoice>", "inv_…")
    .option("--methods <list>", "of card, cash, bank_transfer; separated by commas", PAYMENT_METHODS.join(","))
    .option("--expires-after-days <n>", "until when it can be paid", whole("days", 1, 365), 5)
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual invoices link inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --methods cash\n")
    .action(link);

  invoices
    .command("cancel-link")
    .description("close the invoice's payment link, and read at Conekta whether it was paid")
    .argument("<invoice>", "inv_…")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual invoices cancel-link inv_01KFZ3T5V8X9Y2Z4A6B8C0D1E2 --yes\n")
    .action(cancel);
}

async function link(invoiceId: string, options: Options): Promise<void> {
  const methods = methodsOf(options.methods);
  const { linkInvoice } = await import("../../application/invoices/link-invoice.ts");
  const { checkKey } = await import("../../application/settling/check-key.ts");
  const { CircuitBreaker } = await import("../../application/settling/circuit-breaker.ts");
  const { personHere } = await import("./person.ts");
  await withStore(async (app) => {
    const gateway = await app.gateway();
    const { inbox, sweep: records } = app.store;
    const sweep = { lister: gateway, records, inbox, flow: app.config.conekta.chargeFlow };
    const links = { ...app.settling, gateway, breaker: new CircuitBreaker() };
    const needs = { ...links, sweep, webhooks: { orders: gateway } };
    await checkKey(needs);
    const expiresAt = new Date(app.clock.now().getTime() + options.expiresAfterDays * DAY_MS);
    const { leaseMs } = app.config.charging;
    const { settlement } = await linkInvoice(needs, { invoiceId, methods, expiresAt, by: personHere(), leaseMs });
    const attempt = settlement?.attempt;
    if (options.json)
      printJson({ invoice: await rowOf(app, "invoices", { invoiceId }, "invoice"), url: attempt?.link?.url });
    else if (attempt?.link) printLine(`${attempt.link.url}\nOpen until ${attempt.link.expiresAt.toISOString()}.`);
    if (attempt?.link) return;
    leaveWith(attempt?.state === "unknown" ? EXIT.needsPerson : EXIT.failed);
    printError(
      attempt?.state === "unknown"
        ? `Conekta's answer was lost: the page may exist. It is looked for, and shown by: npx puntual invoices show ${invoiceId}`
        : `no link was made: ${attempt?.trace?.because ?? "somebody else is collecting it"}`,
    );
  });
}

async function cancel(invoiceId: string, options: Pick<Options, "yes" | "json">): Promise<void> {
  const { cancelLink } = await import("../../application/invoices/link-invoice.ts");
  const { checkKey } = await import("../../application/settling/check-key.ts");
  const { CircuitBreaker } = await import("../../application/settling/circuit-breaker.ts");
  const { personHere } = await import("./person.ts");
  await withStore(async (app) => {
    await rowOf(app, "invoices", { invoiceId }, "invoice");
    await confirmOrStop(`Close the payment link of ${invoiceId}? The customer can no longer pay on it.`, options);
    const needs = { ...app.settling, gateway: await app.gateway(), breaker: new CircuitBreaker() };
    await checkKey(needs);
    const { charging, conekta } = app.config;
    const limits = {
      concurrency: 1,
      timeoutMs: conekta.timeoutMs,
      pendingMaxHours: charging.pendingMaxHours,
    };
    const settled = await cancelLink(needs, limits, { invoiceId, by: personHere() });
    const row = await rowOf(app, "invoices", { invoiceId }, "invoice");
    if (options.json) printJson({ invoice: row });
    const state = settled?.settlement?.attempt.state;
    if (state === "lapsed") {
      if (!options.json) printLine(`The link is closed; nothing was paid on it. The invoice is ${row.status}.`);
      return;
    }
    if (state !== undefined && isPaid(state)) {
      printError("it was paid before it could be closed; the payment is in the books.");
      return;
    }
    leaveWith(EXIT.needsPerson);
    printError(
      "Conekta does not close it yet: the customer may hold a cash or transfer reference, or Conekta did not answer. " +
        "Its card is not charged meanwhile, and closing it is tried again.",
    );
  });
}

function methodsOf(list: string): PaymentMethod[] {
  const words = list.split(",").map((word) => word.trim());
  const unknown = words.filter((word) => !PAYMENT_METHODS.some((method) => method === word));
  if (unknown.length > 0 || words.length === 0)
    throw new UsageInvalid(
      `--methods: ${unknown.join(", ")} is none of ${PAYMENT_METHODS.join(", ")}; nothing was made`,
    );
  return PAYMENT_METHODS.filter((method) => words.includes(method));
}

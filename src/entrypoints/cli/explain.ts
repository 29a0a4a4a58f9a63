/** `explain`: what happened to a subscription and why, and what happens next, in Spanish or English. */
import type { Command } from "commander";
import type { Store } from "../../application/ports/store.ts";
import type { Entry } from "../../explain/timeline.ts";
import type { ExplainedInvoice, Explanation } from "../../explain/explain.ts";
import type { Next } from "../../explain/next.ts";
import type { Language, Text } from "../../domain/language.ts";
import { jsonOption, languageOption } from "./option-values.ts";
import { bold, printJson, printLine } from "./print.ts";
import { readStore } from "./session.ts";
import { printable, printTable } from "./table.ts";
import { terminal } from "./terminal.ts";

type Options = { readonly lang?: Language; readonly invoice?: string; readonly json?: true };

export function addExplain(program: Command): void {
  program
    .command("explain")
    .description("tell what happened to a subscription and why, and what happens next, when, and why not earlier")
    .argument("<subscription>", "its id; or a customer, for each of theirs; or one invoice")
    .addOption(languageOption())
    .option("--invoice <inv_…>", "only this invoice")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Reads the books only. Times are those of the subscription's zone; --json has instants, and every text in both languages.
docs/explain.md says what is sent, and from where.

Examples:
  $ npx puntual explain jorge --lang es
  $ npx puntual explain jorge --json
`,
    )
    .action(explain);
}

async function explain(id: string, { lang, invoice, json }: Options): Promise<void> {
  const { explainSubscription } = await import("../../application/subscriptions/explain-subscription.ts");
  const { rowOf } = await import("../../adapters/conekta/declines.ts");
  const { languageOfTerminal } = await import("../../config.ts");
  await readStore(async (app) => {
    const { store, clock } = app;
    const meant = await meantBy(store, id, invoice ?? null);
    const explanations: Explanation[] = [];
    for (const each of meant.subscriptions)
      explanations.push(
        await explainSubscription({ ...app.foreseeing, records: store.explaining, clock, declineText: rowOf }, each),
      );
    const [first] = explanations;
    if (json && meant.customerId !== null)
      return printJson({ customerId: meant.customerId, explanations: explanations.map(documentOf) });
    if (json && first !== undefined) return printJson(documentOf(first));
    for (const explanation of explanations) {
      if (explanation !== first) printLine();
      await print(explanation, lang ?? languageOfTerminal(terminal().env));
    }
    if (first === undefined) printLine(`${id} has no subscription.`);
  });
}

type Meant = {
  /** Null: a subscription, or an invoice, was named. */
  readonly customerId: string | null;
  readonly subscriptions: readonly { readonly subscriptionId: string; readonly invoiceId: string | null }[];
};

/** A subscription comes first: ids are the merchant's own, and may be anything. */
async function meantBy(store: Pick<Store, "list">, id: string, invoiceId: string | null): Promise<Meant> {
  const [subscription] = await store.list("subscriptions", { where: { subscriptionId: id } });
  if (subscription !== undefined) return { customerId: null, subscriptions: [{ subscriptionId: id, invoiceId }] };
  const [invoice] = await store.list("invoices", { where: { invoiceId: id } });
  if (invoice !== undefined)
    return { customerId: null, subscriptions: [{ subscriptionId: invoice.subscriptionId, invoiceId: id }] };
  const [customer] = await store.list("customers", { where: { customerId: id } });
  if (customer === undefined) return { customerId: null, subscriptions: [{ subscriptionId: id, invoiceId }] };
  const theirs = await store.list("subscriptions", { where: { customerId: id } });
  return { customerId: id, subscriptions: theirs.map(({ subscriptionId }) => ({ subscriptionId, invoiceId: null })) };
}

function documentOf({ subscription, entries, invoices, next }: Explanation): Record<string, unknown> {
  const { id: subscriptionId, customer } = subscription;
  return {
    // The same names of ids as in every other document, beside the ones of this.
    subscription: {
      ...subscription,
      subscriptionId,
      customerId: customer.id,
      customer: { ...customer, customerId: customer.id },
    },
    entries: entries.map(entryDocument),
    invoices: invoices.map((invoice) => ({
      ...invoice,
      invoiceId: invoice.id,
      entries: invoice.entries.map(entryDocument),
    })),
    next,
  };
}

function entryDocument({ text, ...entry }: Entry): Record<string, unknown> {
  return { ...entry, text: { es: text.es, en: text.en } };
}

const HEADS = {
  story: { es: "La suscripción", en: "The subscription" },
  next: { es: "Qué sigue", en: "What happens next" },
  times: { es: "Horas de", en: "Times of" },
} satisfies Readonly<Record<string, Text>>;

async function print(explanation: Explanation, language: Language): Promise<void> {
  const { subscriptionHeading, invoiceHeading } = await import("../../explain/explain.ts");
  const { subscription, entries, invoices, next } = explanation;
  const { timeZone } = subscription;
  printLine(bold(printable(subscriptionHeading(subscription)[language])));
  printLine(`${HEADS.times[language]} ${timeZone}.`);
  if (entries.length > 0) {
    printLine(`\n${bold(HEADS.story[language])}`);
    await printEntries(entries, timeZone, language);
  }
  for (const invoice of invoices) await printInvoice(invoice);
  printLine(`\n${bold(HEADS.next[language])}`);
  await printNext(next, explanation, language);

  async function printInvoice(invoice: ExplainedInvoice): Promise<void> {
    printLine(`\n${bold(printable(invoiceHeading(invoice, timeZone)[language]))}`);
    await printEntries(invoice.entries, timeZone, language);
  }
}

async function printEntries(entries: readonly Entry[], timeZone: string, language: Language): Promise<void> {
  const { shortTime } = await import("../../explain/text.ts");
  await printTable(entries, [
    { head: "", of: ({ at }) => shortTime(at, timeZone)[language] },
    { head: "", of: ({ text }) => text[language], wraps: true },
  ]);
}

async function printNext(next: readonly Next[], { invoices }: Explanation, language: Language): Promise<void> {
  const { aboutOf } = await import("../../explain/explain.ts");
  await printTable(next, [
    { head: "", of: (each) => aboutOf(each, invoices)[language] },
    {
      head: "",
      of: ({ why, command }) => (command === null ? why[language] : `${why[language]} → npx ${command}`),
      wraps: true,
    },
  ]);
}

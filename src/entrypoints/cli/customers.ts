/** `customers`: who pays. They live at Conekta; the books keep what billing needs of them. */
import type { Command } from "commander";
import type { NewCustomer } from "../../application/ports/gateway.ts";
import type { Customer } from "../../domain/plan.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { doOnceConfirmed } from "./confirm.ts";
import { addTaxData, taxDataText } from "./customers-tax.ts";
import { cursorOption, jsonOption, whole, yesOption } from "./option-values.ts";
import { inLine, printFacts, printJson, printLine } from "./print.ts";
import { withRefund } from "./refund-words.ts";
import { labelOf } from "../person-label.ts";
import { listing, printRows, rowOf, type RowOptions } from "./rows.ts";
import { readConfig, readStore, withStore } from "./session.ts";
import { printTable } from "./table.ts";

type AddOptions = {
  readonly id?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly token?: string;
  readonly cardStdin?: true;
  readonly yes?: true;
  readonly json?: true;
};

export function addCustomers(program: Command): void {
  const customers = program.command("customers").description("who pays");

  customers
    .command("add")
    .description("create a customer at Conekta, or take one who exists there into the books")
    .option("--id <cus_…>", "a customer who exists at Conekta; also brings what the books know up to date")
    .option("--name <name>", "of a new customer")
    .option("--email <address>", "of a new customer")
    .option("--phone <number>", "of a new customer, like +525512345678")
    .option("--token <tok_…>", "store this card with the new customer, in the same call")
    .option("--card-stdin", "the same with a raw card, as JSON on standard input (PCI DSS level 1 only)")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual customers add --name "Jorge López" --email jorge@example.mx --phone +525512345678 --token tok_…
  $ npx puntual customers add --id cus_2tTU5GdkwZvBmS3fN
`,
    )
    .action(addCustomer);

  customers
    .command("list")
    .description("list the customers")
    .option("--limit <n>", "at most so many", whole("customers", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual customers list\n")
    .action(listCustomers);

  customers
    .command("show")
    .description("show one customer with subscriptions and invoices")
    .argument("<customer>", "cus_…")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual customers show cus_2tTU5GdkwZvBmS3fN\n")
    .action(showCustomer);

  addTaxData(customers);
}

async function addCustomer(options: AddOptions): Promise<void> {
  const config = await readConfig();
  const wanted = options.id === undefined ? await newCustomer(options, config.conekta.pciDssLevel1) : onlyId(options);
  const { importCustomer, createCustomer } = await import("../../application/customers/customers.ts");
  await withStore(
    async (app) => {
      const needs = { ...app, gateway: await app.gateway() };
      const customer =
        typeof wanted === "string"
          ? await importCustomer(needs, wanted)
          : await doOnceConfirmed(
              (confirmed) => createCustomer(needs, wanted, { request: labelOf(wanted), confirmed }),
              options,
            );
      if (options.json) return printJson({ customer: rowLike(customer) });
      printLine(`Customer ${customer.id}, ${inLine(customer.name)}: ${cardText(customer)}.`);
    },
    { config },
  );
}

/** The same keys as `customers list` has. */
function rowLike({ id, name, email, phone, ...card }: Customer): Record<string, unknown> {
  const { paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear } = card;
  return { customerId: id, name, email, phone, paymentSourceId, cardBrand, cardLast4, cardExpMonth, cardExpYear };
}

function cardText({ id, cardBrand, cardLast4 }: Customer): string {
  if (cardLast4 === null) return `no card yet; add one with: npx puntual cards add ${id} --token tok_…`;
  return `default card ${cardBrand ?? "card"} ending in ${cardLast4}`;
}

function onlyId({ id = "", name, email, phone, token, cardStdin }: AddOptions): string {
  if ([name, email, phone, token, cardStdin].some((other) => other !== undefined))
    throw new UsageInvalid(
      "--id names a customer who exists at Conekta; leave out --name, --email, --phone and cards, or leave out --id",
    );
  if (!/^cus_[A-Za-z0-9]{1,60}$/.test(id))
    throw new UsageInvalid(
      `--id: "${id}" given, expected the id Conekta gave the customer, like cus_2tTU5GdkwZvBmS3fN`,
    );
  return id;
}

async function newCustomer({ name, email, phone, ...card }: AddOptions, pciDssLevel1: boolean): Promise<NewCustomer> {
  const missing = Object.entries({ name, email, phone }).flatMap(([key, value]) =>
    value === undefined || value.trim() === "" ? [`--${key}`] : [],
  );
  if (missing.length > 0 || name === undefined || email === undefined || phone === undefined)
    throw new UsageInvalid(
      `${missing.join(", ")} missing: a new customer needs --name, --email and --phone; --id cus_… takes one who exists at Conekta`,
    );
  const { readCard } = await import("./card-input.ts");
  const given = await readCard(card, pciDssLevel1);
  return { name, email, phone, ...(given === null ? {} : { card: given }) };
}

async function listCustomers(options: RowOptions): Promise<void> {
  const { cardOf, textOf } = await import("./cells.ts");
  await readStore((app) =>
    printRows("customers", options, listing(app, "customers"), {
      columns: [
        { head: "customer", of: (row) => row.customerId },
        { head: "name", of: (row) => row.name, wraps: true },
        { head: "email", of: (row) => textOf(row.email), wraps: true },
        { head: "default card", of: cardOf },
      ],
      whenEmpty: "There are no customers yet; see: npx puntual customers add --help",
    }),
  );
}

async function showCustomer(customerId: string, { json }: { json?: true }): Promise<void> {
  const { cardOf, moneyOf, textOf } = await import("./cells.ts");
  const { nextCharges } = await import("./next-charges.ts");
  await readStore(async (app) => {
    const customer = await rowOf(app, "customers", { customerId }, "customer");
    const subscriptions = await app.store.list("subscriptions", { where: { customerId } });
    const invoices = await app.store.list("invoices", { where: { customerId } });
    const taxData = await app.store.fiscal.taxDataOf(customerId);
    if (json) return printJson({ customer: { ...customer, taxData }, subscriptions, invoices });
    printFacts([
      ["customer", customerId],
      ["name", customer.name],
      ["email", textOf(customer.email)],
      ["phone", textOf(customer.phone)],
      ["default card", cardOf(customer) || "none"],
      ["payment source", textOf(customer.paymentSourceId)],
      ["tax data", taxData === null ? null : taxDataText(taxData)],
      ["invoices", String(invoices.length)],
    ]);
    if (subscriptions.length === 0) return;
    const next = await nextCharges(
      app,
      subscriptions.map(({ subscriptionId }) => subscriptionId),
    );
    printLine();
    await printTable(subscriptions, [
      { head: "subscription", of: (row) => row.subscriptionId, wraps: true },
      { head: "plan", of: (row) => row.planName, wraps: true },
      { head: "status", of: (row) => row.status },
      { head: "next charge", isTime: true, of: (row) => next.cell(row.subscriptionId) },
      { head: "paid", of: (row) => withRefund(moneyOf(row.paidCents, row.currency), row), align: "right" },
      { head: "owed", of: (row) => (row.owedCents === 0 ? "" : moneyOf(row.owedCents, row.currency)), align: "right" },
    ]);
  });
}

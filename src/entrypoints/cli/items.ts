/** `items`: lines that wait for the next invoice. */
import { type Command, InvalidArgumentError } from "commander";
import { AMOUNT_CENTS_MAX } from "../../domain/money.ts";
import type { TaxRate } from "../../domain/tax.ts";
import { cursorOption, filled, jsonOption, whole } from "./option-values.ts";
import { inLine, printJson, printLine } from "./print.ts";
import { listing, mustExist, printRows, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";

type AddOptions = {
  readonly customer?: string;
  readonly subscription?: string;
  readonly amount: number;
  readonly name: string;
  readonly key: string;
  readonly currency?: string;
  readonly tax?: TaxRate;
  readonly claveProdServ?: string;
  readonly claveUnidad?: string;
  readonly now?: true;
  readonly json?: true;
};

export function addItems(program: Command): void {
  const items = program.command("items").description("lines that ride on the next invoice, once");

  items
    .command("add")
    .description("add one to the next invoice, or charge it by an invoice of its own")
    .option("--customer <cus_…>", "on the next invoice of any of this customer's subscriptions")
    .option("--subscription <id>", "on the next invoice of this subscription")
    .requiredOption("--amount <n>", "what it costs, in whole cents", whole("cents", 1, AMOUNT_CENTS_MAX))
    .requiredOption("--name <text>", "what the customer reads on the order", filled("a name"))
    .requiredOption("--key <text>", "your own key: the same one again changes nothing", filled("a key"))
    .option("--currency <code>", "of a customer's item (a subscription's is its plan's)", currency)
    .option("--tax <rate>", "IVA: 16, 8, 0 or exempt (default: as the lines beside it)", rate)
    .option("--clave-prod-serv <key>", "the SAT's key of the product, for the CFDI: 86121700")
    .option("--clave-unidad <key>", "the SAT's key of the unit: E48")
    .option("--now", "an invoice of its own, which the next run charges")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
An item has its own price: the subscription's discount and coupons leave it alone. It waits until an invoice is opened,
and rides again on the next one if that invoice is voided.

Examples:
  $ npx puntual items add --subscription jorge-oro --amount 15000 --name "Llave del locker" --key locker-jorge-2026-12
  $ npx puntual items add --customer cus_2tTU5GdkwZvBmS3fN --amount 50000 --name Evento --key evento-7 --now
`,
    )
    .action(addItem);

  items
    .command("list")
    .description("list them, the latest first")
    .option("--customer <cus_…>", "only of this customer")
    .option("--subscription <id>", "only of this subscription")
    .option("--limit <n>", "at most so many", whole("items", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual items list --subscription jorge-oro\n")
    .action(listItems);

  items
    .command("remove")
    .description("take one back that waits")
    .argument("<key>", "the key it was added with")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual items remove locker-jorge-2026-12\n")
    .action(removeItem);
}

/** Three letters; whether there is such a currency is judged with the rest. */
export function currency(text: string): string {
  if (/^[A-Z]{3}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected three capital letters, like MXN.");
}

function rate(text: string): TaxRate {
  if (text === "exempt") return text;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0) return number;
  throw new InvalidArgumentError("Expected a rate of IVA: 16, 8, 0 or exempt.");
}

async function addItem(options: AddOptions): Promise<void> {
  const { addItem: add } = await import("../../application/items/add-item.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  const { personHere } = await import("./person.ts");
  const { customer: customerId = null, subscription: subscriptionId = null, amount: amountCents, name, key } = options;
  await withStore(async (app) => {
    const added = await add(app, {
      ...{ key, customerId, subscriptionId, name, amountCents, currency: options.currency ?? null },
      ...{ claveProdServ: options.claveProdServ ?? null, claveUnidad: options.claveUnidad ?? null },
      ...{ tax: options.tax === undefined ? null : { rate: options.tax }, now: options.now === true, by: personHere() },
    });
    const [item] = await app.store.list("items", { where: { key } });
    if (options.json) return printJson({ item });
    const money = formatMoney(amountCents, item?.currency ?? "");
    if (!added.isNew) return printLine(`${key} is there already: ${inLine(name)}, ${money}. Nothing was changed.`);
    if (added.invoiceId === null) return printLine(`${inLine(name)}, ${money}, rides on the next invoice (${key}).`);
    printLine(`${inLine(name)}, ${money}, is charged by the next run: invoice ${added.invoiceId}.`);
  });
}

async function removeItem(key: string, { json }: { readonly json?: true }): Promise<void> {
  const { removeItem: remove } = await import("../../application/items/remove-item.ts");
  await withStore(async (app) => {
    await remove(app, key);
    const [item] = await app.store.list("items", { where: { key } });
    if (json) return printJson({ item });
    printLine(`${key} was removed.`);
  });
}

type ListOptions = RowOptions & { readonly customer?: string; readonly subscription?: string };

async function listItems(options: ListOptions): Promise<void> {
  const { localOf, moneyOf, textOf } = await import("./cells.ts");
  const { customer: customerId, subscription: subscriptionId } = options;
  await readStore(async (app) => {
    await mustExist(app, options);
    await printRows("items", options, listing(app, "items", { where: { customerId, subscriptionId } }), {
      columns: [
        { head: "key", of: (row) => row.key, wraps: true },
        { head: "name", of: (row) => row.name, wraps: true },
        { head: "amount", of: (row) => moneyOf(row.amountCents - row.discountCents, row.currency), align: "right" },
        { head: "state", of: (row) => row.state },
        { head: "invoice", of: (row) => textOf(row.invoiceId), spare: true },
        { head: "customer", of: (row) => row.customerId, spare: true },
        { head: "added", isTime: true, of: (row) => localOf(row.createdAt), spare: true },
      ],
      whenEmpty: "There are no such items.",
    });
  });
}

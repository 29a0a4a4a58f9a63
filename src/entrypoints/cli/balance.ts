/** `balance`: what a customer has to the good. */
import type { Command } from "commander";
import { currency } from "./items.ts";
import { filled, jsonOption, whole } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { rowOf } from "./rows.ts";
import { readStore, withStore } from "./session.ts";
import { printTable } from "./table.ts";

type ChangeOptions = {
  readonly amount: number;
  readonly reason: string;
  readonly currency: string;
  readonly json?: true;
};

export function addBalance(program: Command): void {
  const balance = program.command("balance").description("what customers have to the good for their next invoices");

  for (const [kind, what, example] of [
    ["grant", "give a customer money to the good", "clase cancelada"],
    ["take", "take it back", "dado por error"],
  ] as const)
    balance
      .command(kind)
      .description(what)
      .argument("<customer>", "cus_…")
      .requiredOption("--amount <n>", "so much, in whole cents", whole("cents", 1, 9_999_999_999))
      .requiredOption("--reason <text>", "why, for the record", filled("a reason"))
      .option("--currency <code>", "of which currency", currency, "MXN")
      .addOption(jsonOption())
      .addHelpText(
        "after",
        `
The balance pays the invoices that are opened next, the oldest grant first. An invoice that it covers is paid without an
order at Conekta; what is left below MIN_CHARGE_CENTS joins the next invoice.

Example:
  $ npx puntual balance ${kind} cus_2tTU5GdkwZvBmS3fN --amount 5000 --reason "${example}"
`,
      )
      .action((customerId: string, options: ChangeOptions) => change(kind, customerId, options));

  balance
    .command("show")
    .description("show it, entry by entry")
    .argument("<customer>", "cus_…")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual balance show cus_2tTU5GdkwZvBmS3fN\n")
    .action(show);
}

async function change(kind: "grant" | "take", customerId: string, options: ChangeOptions): Promise<void> {
  const { changeBalance } = await import("../../application/balance/change-balance.ts");
  const { formatMoney } = await import("../../domain/money.ts");
  const { personHere } = await import("./person.ts");
  const { amount: amountCents, reason, currency: of } = options;
  await withStore(async (app) => {
    const entry = await changeBalance(app, kind, { customerId, currency: of, amountCents, reason, by: personHere() });
    const [row] = await app.store.list("balanceEntries", { where: { customerId, currency: of, number: entry.number } });
    if (options.json) return printJson({ entry: row });
    const money = formatMoney(Math.abs(entry.balanceCents), of);
    printLine(
      entry.balanceCents < 0 ? `${customerId} still owes ${money}.` : `${customerId} has ${money} to the good.`,
    );
  });
}

async function show(customerId: string, { json }: { readonly json?: true }): Promise<void> {
  const { localOf, moneyOf, textOf } = await import("./cells.ts");
  const { leftOfGrants } = await import("../../domain/balance.ts");
  await readStore(async (app) => {
    await rowOf(app, "customers", { customerId }, "customer");
    const rows = await app.store.list("balanceEntries", { where: { customerId } });
    const byCurrency = Map.groupBy(rows, (row) => row.currency);
    const balances = [...byCurrency].map(([of, entries]) => ({
      currency: of,
      balanceCents: entries.at(-1)?.balanceCents ?? 0,
    }));
    const left = new Map(
      [...byCurrency].flatMap(([of, entries]) =>
        leftOfGrants(entries).map(({ number, leftCents }) => [`${of} ${number}`, leftCents] as const),
      ),
    );
    const entries = rows.map((row) => ({ ...row, leftCents: left.get(`${row.currency} ${row.number}`) ?? null }));
    if (json) return printJson({ customerId, balances, entries });
    if (entries.length === 0) return printLine(`${customerId} has nothing to the good, and never had.`);
    const subscriptions = await app.store.list("subscriptions", { where: { customerId } });
    const isBilled = (of: string): boolean =>
      subscriptions.some((each) => each.currency === of && each.nextBillingAt !== null);
    for (const { currency: of, balanceCents } of balances)
      printLine(
        (balanceCents < 0 ? `${moneyOf(-balanceCents, of)} owed` : `${moneyOf(balanceCents, of)} to the good`) +
          (balanceCents === 0 || isBilled(of)
            ? balanceCents < 0
              ? ", which the next invoice has"
              : ""
            : "; no invoice of the customer is to come, so it stays"),
      );
    await printTable(entries, [
      { head: "when", isTime: true, of: (row) => localOf(row.at) },
      { head: "what", of: (row) => row.kind },
      { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
      { head: "balance", of: (row) => moneyOf(row.balanceCents, row.currency), align: "right" },
      {
        head: "left of it",
        of: (row) => (row.leftCents === null ? "" : moneyOf(row.leftCents, row.currency)),
        align: "right",
      },
      { head: "reason", of: (row) => row.reason, wraps: true, spare: true },
      { head: "invoice", of: (row) => textOf(row.invoiceId), spare: true },
      { head: "by", of: (row) => row.actor, spare: true },
    ]);
  });
}

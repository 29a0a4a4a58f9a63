/** `cards`: a customer's stored cards at Conekta. Every charge uses the default one. */
import type { Command } from "commander";
import type { PaymentSource } from "../../application/ports/gateway.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { confirmOrStop } from "./confirm.ts";
import { jsonOption, yesOption } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { personHere } from "./person.ts";
import { reasonIn } from "./reason.ts";
import { rowOf } from "./rows.ts";
import { readConfig, readStore, withStore } from "./session.ts";
import { printTable } from "./table.ts";

type Options = {
  readonly reason?: string;
  readonly token?: string;
  readonly cardStdin?: true;
  readonly json?: true;
  readonly yes?: true;
};

export function addCards(program: Command): void {
  const cards = program.command("cards").description("a customer's stored cards");

  cards
    .command("add")
    .description("store one more card of a customer; the first one becomes the default")
    .argument("<customer>", "cus_…")
    .option("--token <tok_…>", "the card's token")
    .option("--card-stdin", "a raw card, as JSON on standard input (PCI DSS level 1 only)")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual cards add cus_2tTU5GdkwZvBmS3fN --token tok_2nXJMzTrkeVWkNFpK\n")
    .action(addOne);

  cards
    .command("list")
    .description("list a customer's cards, as Conekta has them now")
    .argument("<customer>", "cus_…")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual cards list cus_2tTU5GdkwZvBmS3fN\n")
    .action(listCards);

  cards
    .command("default")
    .description("charge this card from now on")
    .argument("<customer>", "cus_…")
    .argument("<source>", "src_…, as cards list shows it")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual cards default cus_2tTU5GdkwZvBmS3fN src_2nXJMzTrkeVWkNFpL\n")
    .action(makeDefault);

  cards
    .command("allow")
    .description("lift the ban on a card that a decline said is never to be tried again")
    .argument("<source>", "src_…")
    .option("--reason <text>", "how you know that the card may be charged; it is kept with your name")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      '\nExample:\n  $ npx puntual cards allow src_2nXJMzTrkeVWkNFpL --reason "the bank lifted the block, folio 8812"\n',
    )
    .action(allow);

  cards
    .command("remove")
    .description("delete a card that is not the default")
    .argument("<customer>", "cus_…")
    .argument("<source>", "src_…")
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExample:\n  $ npx puntual cards remove cus_2tTU5GdkwZvBmS3fN src_2nXJMzTrkeVWkNFpL --yes\n",
    )
    .action(remove);
}

async function addOne(customerId: string, options: Options): Promise<void> {
  const config = await readConfig();
  const { readCard } = await import("./card-input.ts");
  const card = await readCard(options, config.conekta.pciDssLevel1);
  if (card === null) throw new UsageInvalid("give the card with --token tok_… (or --card-stdin)");
  const { addCard } = await import("../../application/customers/customers.ts");
  await withStore(
    async (app) => {
      const added = await addCard({ ...app, gateway: await app.gateway() }, customerId, card);
      if (options.json) return printJson({ card: cardDocument(added) });
      printLine(`Card ${added.id} (${cardText(added)}) ${added.isDefault ? "is the default" : "is stored"}.`);
    },
    { config },
  );
}

async function listCards(customerId: string, { json }: Options): Promise<void> {
  await readStore(async (app) => {
    await rowOf(app, "customers", { customerId }, "customer");
    const cards = await (await app.gateway()).listPaymentSources(customerId);
    if (json) return printJson({ cards: cards.map(cardDocument) });
    if (cards.length === 0) return printLine(`${customerId} has no card; see: npx puntual cards add --help`);
    await printTable(cards, [
      { head: "source", of: ({ id }) => id },
      { head: "card", of: cardText },
      { head: "expires", of: ({ expMonth, expYear }) => (expYear === null ? "" : `${expMonth}/${expYear}`) },
      { head: "status", of: ({ status }) => status ?? "" },
      { head: "default", of: ({ isDefault }) => (isDefault ? "default" : "") },
    ]);
  });
}

async function makeDefault(customerId: string, sourceId: string, { json }: Options): Promise<void> {
  const { changeDefaultCard } = await import("../../application/customers/customers.ts");
  await withStore(async (app) => {
    await changeDefaultCard({ ...app, gateway: await app.gateway() }, customerId, sourceId);
    if (json) return printJson({ customer: await rowOf(app, "customers", { customerId }, "customer") });
    printLine(`${sourceId} is the default card of ${customerId}.`);
  });
}

async function allow(sourceId: string, { reason, json }: Options): Promise<void> {
  const why = reasonIn(reason);
  const { allowCard } = await import("../../application/customers/allow-card.ts");
  await withStore(async (app) => {
    const { customerId } = await allowCard(app, sourceId, { by: personHere(), why });
    if (json) return printJson({ card: { paymentSourceId: sourceId, customerId } });
    printLine(`${sourceId} of ${customerId} may be charged again, from the next run on.`);
    printLine("What waits for another card is tried when you ask for it: npx puntual invoices retry INVOICE");
  });
}

async function remove(customerId: string, sourceId: string, { json, ...options }: Options): Promise<void> {
  const { removeCard } = await import("../../application/customers/customers.ts");
  await withStore(async (app) => {
    await rowOf(app, "customers", { customerId }, "customer");
    await confirmOrStop(`Delete the card ${sourceId} of ${customerId} at Conekta? It cannot be brought back.`, options);
    await removeCard({ ...app, gateway: await app.gateway() }, customerId, sourceId);
    if (json) return printJson({ customer: await rowOf(app, "customers", { customerId }, "customer") });
    printLine(`${sourceId} was removed.`);
  });
}

/** Its id by the name that every document has for it, too. */
function cardDocument(card: PaymentSource): PaymentSource & { readonly paymentSourceId: string } {
  return { ...card, paymentSourceId: card.id };
}

function cardText({ brand, last4 }: PaymentSource): string {
  return `${brand ?? "card"} ${last4 ?? ""}`.trim();
}

/** `webhooks`: what Conekta tells us of its own accord; set up there, and kept in the inbox here. */
import { Option, type Command } from "commander";
import { WEBHOOK_STATES, type WebhookState } from "../../domain/webhook-event.ts";
import { cursorOption, instant, jsonOption, whole } from "./option-values.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { listing, printRows, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";

type SetupOptions = { readonly url: string; readonly newKey?: true; readonly json?: true };
type ListOptions = RowOptions & { readonly state?: WebhookState; readonly type?: string; readonly since?: Date };
type ReplayOptions = { readonly failed?: true; readonly json?: true };

export function addWebhooks(program: Command): void {
  const webhooks = program.command("webhooks").description("what Conekta tells us of its own accord");

  webhooks
    .command("setup")
    .description("create key and webhook at Conekta, and print what to put into CONEKTA_WEBHOOK_PUBLIC_KEY")
    .requiredOption("--url <https://…>", "where this daemon can be reached, with the path /webhooks/conekta")
    .option("--new-key", "make another key although one is configured, to replace it")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
May be repeated: a webhook that is there already is left as it is. docs/webhooks.md says how a key is replaced.

Example:
  $ npx puntual webhooks setup --url https://billing.example.mx/webhooks/conekta
`,
    )
    .action(setup);

  webhooks
    .command("list")
    .description("list the events that were taken, the latest first")
    .addOption(new Option("--state <state>", "only these").choices(WEBHOOK_STATES))
    .option("--type <type>", "only of this type, like order.paid")
    .option("--since <instant>", "from a date (local midnight) or an instant on", instant)
    .option("--limit <n>", "at most so many", whole("events", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual webhooks list --state failed\n")
    .action(list);

  webhooks
    .command("replay")
    .description("put events up for the next run again, as if they had just come")
    .argument("[event]", "Conekta's id of one event")
    .option("--failed", "all that failed")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Changes nothing by itself: what the events name is read again, and books what it shows.

Examples:
  $ npx puntual webhooks replay 6307a60c41de27127515a575
  $ npx puntual webhooks replay --failed
`,
    )
    .action(replay);
}

async function setup(options: SetupOptions): Promise<void> {
  const { setUpWebhooks, eventsMissing } = await import("../../application/webhooks/set-up-webhooks.ts");
  const { checkKey } = await import("../../application/settling/check-key.ts");
  const { oneLine } = await import("../../adapters/conekta/signature.ts");
  const { isLoopback } = await import("../../config/variables.ts");
  await withStore(async (app) => {
    const { baseUrl, webhookPublicKeys } = app.config.conekta;
    const gateway = await app.gateway();
    await checkKey({ ...app, gateway });
    const { webhook, isNew, key } = await setUpWebhooks(gateway, {
      url: options.url,
      mayBeLocal: isLoopback(new URL(baseUrl).hostname),
      needsKey: options.newKey === true || webhookPublicKeys.length === 0,
    });
    const environment = key === null ? null : `CONEKTA_WEBHOOK_PUBLIC_KEY="${oneLine(key.publicKeyPem)}"`;
    if (options.json) return printJson({ webhook, isNew, webhookKey: key, environment });
    printLine(`Webhook ${webhook.id} ${isNew ? "was created" : "was there already"}: ${webhook.url}`);
    const missing = eventsMissing(webhook);
    if (missing.length > 0)
      printNote(
        `It does not send ${missing.join(", ")}; choose them in the panel, or delete it there and repeat this.`,
      );
    if (environment === null) return printLine("Its key is the one of CONEKTA_WEBHOOK_PUBLIC_KEY.");
    const what = webhookPublicKeys.length === 0 ? "Put" : "Keep the old key until its last events have come, and add";
    printLine(`${what} this into .env, and restart the daemon:\n\n${environment}\n`);
  });
}

async function list(options: ListOptions): Promise<void> {
  const { textOf, localOf } = await import("./cells.ts");
  const { state, type, since } = options;
  await readStore((app) =>
    printRows("webhooks", options, listing(app, "webhooks", { where: { state, type }, ...(since && { since }) }), {
      columns: [
        { head: "event", of: (row) => row.eventId },
        { head: "received", isTime: true, of: (row) => localOf(row.receivedAt), wraps: true },
        { head: "type", of: (row) => row.type },
        { head: "about", of: (row) => textOf(row.orderId) || textOf(row.customerId), spare: true },
        { head: "state", of: (row) => row.state },
        { head: "tries", of: (row) => textOf(row.tries), align: "right" },
        { head: "why", of: (row) => textOf(row.because), wraps: true },
      ],
      whenEmpty: "No such event was taken yet; see: npx puntual webhooks setup --help",
    }),
  );
}

async function replay(eventId: string | undefined, { failed, json }: ReplayOptions, command: Command): Promise<void> {
  if ((eventId === undefined) === (failed === undefined))
    command.error("error: give the id of one event, or --failed", { exitCode: 64 });
  const { NotFound } = await import("../../domain/errors.ts");
  await withStore(async ({ store, clock }) => {
    const which = eventId === undefined ? ({ state: "failed" } as const) : { id: eventId };
    const replayed = await store.inbox.replay(which, clock.now());
    if (eventId !== undefined && replayed.length === 0)
      throw new NotFound(`there is no event ${eventId}; \`npx puntual webhooks list\` shows all that were taken`);
    if (json) return printJson({ replayed });
    if (replayed.length === 0) return printLine("No event has failed.");
    printLine(`${replayed.length === 1 ? "One event is" : `${replayed.length} events are`} up for the next run again.`);
  });
}

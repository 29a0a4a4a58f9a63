/** `consents`: what customers agreed to before being charged again and again. */
import { Option, type Command } from "commander";
import { readNamedFile } from "../../adapters/files/text-file.ts";
import { CONSENT_CHANNELS, CONSENT_LIMITS, type ConsentChannel } from "../../domain/consent.ts";
import { InputInvalid } from "../../domain/errors.ts";
import { cursorOption, filled, instant, jsonOption, whole } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { listing, mustExist, printRows, rowOf, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";
import { terminal } from "./terminal.ts";

type AddOptions = {
  readonly textVersion: string;
  readonly textFile: string;
  readonly channel: ConsentChannel;
  readonly at?: Date;
  readonly amountCents?: number;
  readonly address?: string;
  readonly json?: true;
};

export function addConsents(program: Command): void {
  const consents = program.command("consents").description("what customers agreed to: recurring charges, as shown");

  consents
    .command("add")
    .description("record that a customer agreed; nothing changes it or takes it away")
    .argument("<subscription>", "its id")
    .requiredOption("--text-version <text>", "of the text, as you count them", filled("a version"))
    .requiredOption("--text-file <file>", "all that was shown, as UTF-8")
    .addOption(new Option("--channel <channel>", "how").choices(CONSENT_CHANNELS).makeOptionMandatory())
    .option("--at <instant>", "when (default: now)", instant)
    .option(
      "--amount-cents <n>",
      "what was shown (default: what a charge comes to by the plan and its own discount)",
      whole("cents", 0, CONSENT_LIMITS.amountCents),
    )
    .option("--address <text>", "it came from there; only its SHA-256 is kept")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Example:
  $ npx puntual consents add jorge-oro --text-version 2026-12 --text-file terminos.txt --channel in_person
`,
    )
    .action(addConsent);

  consents
    .command("list")
    .description("list those of a subscription, recorded last first")
    .argument("<subscription>", "its id")
    .option("--limit <n>", "at most so many", whole("consents", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ npx puntual consents list jorge-oro\n")
    .action(listConsents);
}

async function addConsent(subscriptionId: string, options: AddOptions): Promise<void> {
  const {
    textVersion: version,
    textFile,
    channel,
    at: consentedAt = null,
    amountCents = null,
    address,
    json,
  } = options;
  const text = textOf(textFile);
  const { recordConsent } = await import("../../application/subscriptions/consents.ts");
  const { addressHashOf } = await import("../digest.ts");
  const { localOf, moneyOf } = await import("./cells.ts");
  const { personHere } = await import("./person.ts");
  await withStore(async (app) => {
    const id = app.random.newId("cns", app.clock.now());
    const wish = { id, version, text, channel, consentedAt, amountCents, addressHash: addressHashOf(address) };
    await recordConsent(app, subscriptionId, wish, personHere());
    const consent = await rowOf(app, "consents", { consentId: id }, "consent");
    if (json) return printJson({ consent });
    const money = moneyOf(consent.amountCents, consent.currency);
    printLine(`${id}: the customer of ${subscriptionId} agreed to ${money} on ${localOf(consent.consentedAt)}.`);
  });
}

function textOf(fileName: string): string {
  return readNamedFile(terminal().cwd, fileName, {
    unusable: (what) => new InputInvalid("nothing was recorded", [{ where: fileName, what }]),
    absent: "there is no such file",
  });
}

async function listConsents(subscriptionId: string, options: RowOptions): Promise<void> {
  const { localOf, moneyOf } = await import("./cells.ts");
  const { rhythmOf } = await import("../../domain/plan.ts");
  await readStore(async (app) => {
    await mustExist(app, { subscription: subscriptionId });
    await printRows("consents", options, listing(app, "consents", { where: { subscriptionId } }), {
      columns: [
        { head: "consent", of: (row) => row.consentId },
        { head: "agreed", isTime: true, of: (row) => localOf(row.consentedAt) },
        { head: "version", of: (row) => row.version, wraps: true },
        { head: "amount", of: (row) => moneyOf(row.amountCents, row.currency), align: "right" },
        { head: "period", of: rhythmOf, spare: true },
        { head: "channel", of: (row) => row.channel },
        { head: "by", of: (row) => row.recordedBy, wraps: true, spare: true },
      ],
      whenEmpty: "No consent of it is recorded.",
    });
  });
}

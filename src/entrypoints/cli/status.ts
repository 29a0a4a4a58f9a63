/** `status`: what is there, what is due, what is uncertain and since when, and whether anybody charges. */
import type { Command } from "commander";
import type { ChargingNode } from "../../application/ports/doctor.ts";
import type { DeliveryCounts } from "../../application/ports/notify.ts";
import { needsPerson } from "../../domain/needs-person.ts";
import type { StatusDocument, Waiting } from "../status-document.ts";
import { EXIT } from "./exit-codes.ts";
import { haltWords } from "./mend-words.ts";
import { jsonOption } from "./option-values.ts";
import { printFacts, printJson } from "./print.ts";
import { readStore } from "./session.ts";
import { leaveWith, timeZoneHere } from "./terminal.ts";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("what is due, what is uncertain, and whether anybody charges")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Exit code 3 when something needs a person: a halt, held invoices, customers or orders that
Conekta does not show, second payments, open disputes, webhook events that failed, events that were given up;
when something is due and no process charges, or has not charged it for 15 minutes; or when the last tick left
something undone: a row that cannot be understood, Conekta that does not answer. \`npx puntual doctor\` says how to mend each.

Examples:
  $ npx puntual status
  $ npx puntual status --json
`,
    )
    .action(status);
}

async function status({ json }: { json?: true }): Promise<void> {
  const { ageText, local } = await import("./cells.ts");
  await readStore(async (app) => {
    const { statusDocument } = await import("../status-document.ts");
    const shown = await statusDocument(app);
    const document = { ...shown, halt: { ...shown.halt, because: haltWords(await app.store.installation()) } };
    if (asksForPerson(document)) leaveWith(EXIT.needsPerson);
    if (json) return printJson(document);
    const { unknown, held, unreadable, disputes, halt, charging, lastTick, events, failedWebhooks } = document;
    const at = (instant: Date | null) => (instant === null ? "none" : `${local(instant)} ${timeZoneHere()}`);
    const waiting = ({ count, ageSeconds }: Waiting) =>
      count === 0 ? "none" : `${count}, the oldest for ${ageText(ageSeconds ?? 0)}`;
    printFacts([
      ["database", document.database],
      ["mode", document.livemode === null ? "not known yet" : document.livemode ? "live" : "test"],
      ["charging", chargingText(charging)],
      [
        "last tick",
        lastTick.unfinishedBecause === null
          ? null
          : `${lastTick.unfinishedBecause}; since ${at(lastTick.unfinishedSince)}`,
      ],
      ["halt", halt.halted ? `charging is halted: ${halt.because}` : "none"],
      ["subscriptions", counts(document.subscriptions)],
      ["invoices", counts(document.invoices)],
      ["attempts", counts(document.attempts)],
      ["due now", `${document.dueSubscriptions} to be opened, ${document.dueInvoices} invoices to be tried`],
      ["next billing", at(document.nextBillingAt)],
      ["next attempt", at(document.nextAttemptAt)],
      ["unknown", waiting(unknown)],
      ["held", waiting(held)],
      ["unreadable", waiting(unreadable)],
      ["paid again", document.paidAgain === 0 ? "none" : `${document.paidAgain}, to be refunded`],
      [
        "after cancel",
        document.paidAfterCancel === 0
          ? "none"
          : `${document.paidAfterCancel} paid what was canceled: npx puntual invoices refund, or accept`,
      ],
      ["disputes", disputes.count === 0 ? "none" : `${waiting(disputes)}: npx puntual disputes list`],
      [
        "webhooks",
        failedWebhooks === 0 ? "none failed" : `${failedWebhooks} failed: npx puntual webhooks list --state failed`,
      ],
      ["last event", at(document.lastEventAt)],
      ["told", toldText(events)],
    ]);
  });
}

export function asksForPerson(document: StatusDocument): boolean {
  const { halt, charging, lastTick, held, unreadable, paidAgain, paidAfterCancel, disputes, failedWebhooks, events } =
    document;
  const [halted, uncharged] = [Number(halt.halted), Number(charging.because !== null)];
  const unfinished = Number(lastTick.unfinishedBecause !== null);
  const waiting = { held: held.count, unreadable: unreadable.count, disputes: disputes.count };
  const counted = { paidAgain, paidAfterCancel, failedWebhooks, givenUpEvents: events.dead };
  return needsPerson({ halted, uncharged, unfinished, ...waiting, ...counted });
}

function chargingText({ running, pid, because, nodes }: StatusDocument["charging"]): string {
  const who = [...(nodes.length > 0 ? nodesTexts(nodes) : running ? [`yes, process ${pid ?? "unknown"}`] : [])].join(
    ", ",
  );
  return becauseText(who === "" ? "no process charges now" : who, running, because);
}

/** "yes, 2 processes: 4711 on db1, 4712 on db2", "silent for 40 s: 4713 on db3". */
function nodesTexts(nodes: readonly ChargingNode[]): string[] {
  const named = ({ pid, host }: ChargingNode): string => `${pid} on ${host}`;
  const [living, silent] = [nodes.filter(({ isAlive }) => isAlive === true), nodes.filter((each) => !each.isAlive)];
  const count = living.length === 1 ? "process" : `${living.length} processes:`;
  return [
    living.length === 0 ? "no process charges now" : `yes, ${count} ${living.map(named).join(", ")}`,
    ...silent.map((each) => `${named(each)} is dead, silent for ${Math.round(each.silentForMs / 1000)} s`),
  ];
}

function becauseText(who: string, running: boolean, because: string | null): string {
  const mend = running ? "see /readyz, and its log" : "npx puntual start, or npx puntual run";
  return because === null ? who : `${who}; ${because}: ${mend}`;
}

function toldText({ isTold, pending, dead }: DeliveryCounts & { readonly isTold: boolean }): string | null {
  if (!isTold && pending + dead === 0) return null;
  const given = dead === 0 ? "none given up" : `${dead} given up: npx puntual events list --failed`;
  return `${pending} events to be told, ${given}${isTold ? "" : "; there is no NOTIFY_URL"}`;
}

function counts(byWord: Readonly<Record<string, number>>): string {
  const there = Object.entries(byWord).filter(([, count]) => count > 0);
  const parts = there.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([word, count]) => `${count} ${word}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

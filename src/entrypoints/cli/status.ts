/** `status`: what is there, what is due, what is uncertain and since when, and whether anybody charges. */
import type { Command } from "commander";
import type { StatusCounts } from "../../application/ports.ts";
import type { Assembly } from "../../assemble.ts";
import { jsonOption } from "./option-values.ts";
import { printFacts, printJson } from "./print.ts";
import { withBooks } from "./session.ts";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("what is due, what is uncertain, and whether anybody charges")
    .addOption(jsonOption())
    .addHelpText("after", "\nExamples:\n  $ npx puntual status\n  $ npx puntual status --json\n")
    .action(status);
}

async function status({ json }: { json?: true }): Promise<void> {
  const { ageText, utc } = await import("./cells.ts");
  await withBooks(async (app) => {
    const document = await statusDocument(app);
    if (json) return printJson(document);
    const { unknown, held, gate, charging } = document;
    const at = (instant: Date | null) => (instant === null ? "none" : `${utc(instant)} UTC`);
    const waiting = ({ count, ageSeconds }: Waiting) =>
      count === 0 ? "none" : `${count}, the oldest for ${ageText(ageSeconds ?? 0)}`;
    printFacts([
      ["database", document.database],
      ["mode", document.livemode === null ? "not known yet" : document.livemode ? "live" : "test"],
      ["charging", charging.running ? `yes, process ${charging.pid ?? "unknown"}` : "no process charges now"],
      ["gate", gate.open ? "open" : `closed: ${gate.closedBecause}`],
      ["subscriptions", counts(document.subscriptions)],
      ["invoices", counts(document.invoices)],
      ["attempts", counts(document.attempts)],
      ["due now", `${document.dueSubscriptions} to be opened, ${document.dueInvoices} to be charged`],
      ["next billing", at(document.nextBillingAt)],
      ["next attempt", at(document.nextAttemptAt)],
      ["unknown", waiting(unknown)],
      ["held", waiting(held)],
      ["paid again", document.paidAgain === 0 ? "none" : `${document.paidAgain}, to be refunded`],
      ["last event", at(document.lastEventAt)],
    ]);
  });
}

type Waiting = { readonly count: number; readonly oldestAt: Date | null; readonly ageSeconds: number | null };

async function statusDocument({ store, clock, config }: Assembly) {
  const now = clock.now();
  const { unknown, held, ...counted }: StatusCounts = await store.statusCounts(now);
  const { livemode, gateClosedBecause } = await store.installation();
  const { chargeLockOwner } = await import("../../adapters/store/lock.ts");
  const owner = chargeLockOwner(config.database.path);
  return {
    database: config.database.path,
    livemode,
    charging: { running: owner !== null, pid: owner === null || owner === "unknown" ? null : Number(owner) },
    gate: { open: gateClosedBecause === null, closedBecause: gateClosedBecause },
    ...counted,
    unknown: withAge(unknown, now),
    held: withAge(held, now),
  };
}

function withAge(waiting: StatusCounts["unknown"], now: Date): Waiting {
  const { oldestAt } = waiting;
  return {
    ...waiting,
    ageSeconds: oldestAt === null ? null : Math.floor((now.getTime() - oldestAt.getTime()) / 1000),
  };
}

function counts(byWord: Readonly<Record<string, number>>): string {
  const parts = Object.entries(byWord).map(([word, count]) => `${count} ${word}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

/** `events`: what happened, whether it was told to NOTIFY_URL, and telling it again. */
import { Option, type Command } from "commander";
import type { PageOf } from "../../application/ports/listings.ts";
import type { DeliveryState } from "../../domain/delivery.ts";
import { cursorOption, eventType, instant, jsonOption, whole } from "./option-values.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { mustExist, printRows, type RowOptions } from "./rows.ts";
import { readStore, withStore } from "./session.ts";

type ListOptions = RowOptions & {
  readonly subscription?: string;
  readonly type?: string;
  readonly failed?: true;
  readonly pending?: true;
  readonly since?: Date;
};
type ResendOptions = { readonly dead?: true; readonly since?: Date; readonly json?: true };

export function addEvents(program: Command): void {
  const events = program.command("events").description("what happened, and whether NOTIFY_URL was told");

  events
    .command("list")
    .description("list the events, the latest first")
    .option("--subscription <id>", "only of this subscription")
    .option("--type <type>", "only of this type, like invoice.paid", eventType)
    .addOption(new Option("--failed", "only those that were given up").conflicts("pending"))
    .option("--pending", "only those that are still to be told")
    .option("--since <instant>", "from a date (local midnight) or an instant on", instant)
    .option("--limit <n>", "at most so many", whole("events", 1))
    .addOption(cursorOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Events without a state are not told: docs/events.md lists those that are.

Examples:
  $ npx puntual events list --failed
  $ npx puntual events list --subscription jorge --json
`,
    )
    .action(list);

  events
    .command("resend")
    .description("put events up to be told again, now and from the first try on")
    .argument("[events...]", "ids, evt_…")
    .option("--dead", "all that were given up")
    .option("--since <instant>", "with --dead: only those written from a date or an instant on", instant)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Sends nothing by itself: the daemon does, within a minute, or the next run. The receiver sees the same webhook-id again.

Examples:
  $ npx puntual events resend evt_01KASG4M5XQ0V9Z3T7C2E8R6HB
  $ npx puntual events resend --dead --since 2026-11-01
`,
    )
    .action(resend);
}

async function list(options: ListOptions): Promise<void> {
  const { textOf, localOf } = await import("./cells.ts");
  const { subscription, type, failed, pending, since } = options;
  const state: DeliveryState | null = failed ? "dead" : pending ? "pending" : null;
  await readStore(async (app) => {
    await mustExist(app, options);
    const { outbox } = app.store;
    const wanted = {
      ...(subscription && { subscriptionId: subscription }),
      ...(type && { type }),
      ...(state && { state }),
      ...(since && { since }),
    };
    const reader = {
      all: () => outbox.list(wanted),
      page: (page: PageOf<object>) => outbox.page({ ...wanted, ...page }),
    };
    await printRows("events", options, reader, {
      columns: [
        { head: "event", of: (row) => row.eventId },
        { head: "when", isTime: true, of: (row) => localOf(row.at), wraps: true },
        { head: "type", of: (row) => row.type },
        { head: "subscription", of: (row) => textOf(row.subscriptionId), wraps: true },
        { head: "told", of: (row) => textOf(row.delivery) },
        { head: "tries", of: (row) => textOf(row.tries), align: "right", spare: true },
        { head: "again", isTime: true, of: (row) => localOf(row.nextTryAt), spare: true },
        { head: "why", of: (row) => textOf(row.lastError), wraps: true },
      ],
      whenEmpty: "There is no such event.",
    });
  });
}

async function resend(ids: readonly string[], { dead, since, json }: ResendOptions, command: Command): Promise<void> {
  if (ids.length > 0 === (dead === true)) command.error("error: give the ids of events, or --dead", { exitCode: 64 });
  if (since !== undefined && !dead) command.error("error: --since goes with --dead", { exitCode: 64 });
  const { resendEvents } = await import("../../application/notify/resend-events.ts");
  const { requireNotify } = await import("../../config.ts");
  await withStore(async (app) => {
    requireNotify(app.config);
    const which = dead ? ({ dead, ...(since && { since }) } as const) : { ids };
    const resent = await resendEvents({ outbox: app.store.outbox, clock: app.clock }, which);
    if (json) return printJson({ resent });
    if (resent.length === 0) return printLine("No event was given up.");
    printLine(`${resent.length === 1 ? "One event is" : `${resent.length} events are`} to be told again.`);
    const { chargingProcesses } = await import("../charging-processes.ts");
    if (!(await chargingProcesses(app.config, app.store.inspection)).running)
      printNote("No daemon runs now; the next one tells them, or the next run.");
  });
}

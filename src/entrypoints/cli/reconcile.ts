/** `reconcile`: look at what is uncertain now, or sweep the gateway's orders of a window into the books. */
import type { Command } from "commander";
import type { SweepNeeds as SweepingNeeds } from "../../application/reconcile/sweep-orders.ts";
import type { AskNeeds } from "../../application/settling/ask-gateway.ts";
import type { Assembly } from "../../assemble.ts";
import { AlreadyRunning } from "../../domain/errors.ts";
import { EXIT } from "./exit-codes.ts";
import { instant, jsonOption, several } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";
import { reasonIn } from "./reason.ts";
import { withStore } from "./session.ts";
import { leaveWith } from "./terminal.ts";

type Options = {
  readonly all?: true;
  /** true: without a value, from where this database knows too little. */
  readonly since?: Date | true;
  readonly until?: Date;
  readonly setAside?: readonly string[];
  readonly reason?: string;
  readonly json?: true;
};

type SweepNeeds = SweepingNeeds & AskNeeds;

export function addReconcile(program: Command): void {
  program
    .command("reconcile")
    .description("ask Conekta about what is uncertain, or compare its orders with the books; charges nobody")
    .option("--all", "look at every unknown outcome and open link now, not only at those whose next inquiry is due")
    .option(
      "--since [instant]",
      "take the orders from then on into the books (a date means local midnight; nothing: from where they may lack some)",
      instant,
    )
    .option("--until <instant>", "up to then (default: now)", instant)
    .option(
      "--set-aside <ord_…>",
      "with --since: this order needs no place in the books; what was added for it is charged again",
      several,
    )
    .option("--reason <text>", "with --set-aside: why, for the record")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Without --since it makes the inquiries that are due, as a run would; beside a daemon it leaves them to its next tick.
With it, every order of this installation is compared (beside a daemon it only says what differs, unless charging is
halted for what the books lack):
known, adopted (the books lacked it), mismatched, orphan (never charged); and what is paid in the books but not there.
A backup that was restored is not charged from until such a sweep has finished. docs/reconciliation.md says the rest.

Examples:
  $ npx puntual reconcile --all
  $ npx puntual reconcile --since
  $ npx puntual reconcile --since 2026-11-01
  $ npx puntual reconcile --since 2026-11-01T00:00:00Z --set-aside ord_2tUigJ8DgBhbp6w5D --reason "tests of the old shop"
`,
    )
    .action(reconcile);
}

async function reconcile(options: Options, command: Command): Promise<void> {
  const { since, until, setAside = [], reason } = options;
  if (since === undefined && (until !== undefined || setAside.length > 0))
    command.error("error: --until and --set-aside go with --since", { exitCode: 64 });
  if (since !== undefined && options.all) command.error("error: choose --all or --since", { exitCode: 64 });
  const why = setAside.length > 0 ? reasonIn(reason) : null;
  if (since === undefined) return await lookOrLeave(options);
  try {
    await withStore(async (app) => await sweep(app, await needsOfOwner(app), { ...options, since, why }), {
      charging: true,
    });
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    await withStore(async (app) => await sweepBeside(app, { ...options, since, why }));
  }
}

type Sweep = Options & { readonly since: Date | true; readonly why: string | null };

async function sweep(
  app: Assembly,
  needs: SweepNeeds,
  { since, until, setAside = [], why, json }: Sweep,
): Promise<void> {
  const { checkKey } = await import("../../application/settling/check-key.ts");
  const { setAsideOrders, sweepOrders } = await import("../../application/reconcile/sweep-orders.ts");
  const { printSweep } = await import("./reconcile-report.ts");
  const { personHere } = await import("./person.ts");
  await checkKey(needs);
  if (why !== null) await setAsideOrders(needs, setAside, { why, by: personHere() });
  const report = await sweepOrders(needs, { since: await sinceOr(app, since), ...(until && { until }) });
  leaveWith(await printSweep(app, report, { ...(json && { json }) }));
}

async function sinceOr({ store, clock }: Assembly, since: Date | true): Promise<Date> {
  if (since !== true) return since;
  const { fenceStart } = await import("../../application/run/restore-fence.ts");
  return (await store.installation()).haltReconcileSince ?? (await fenceStart(store.sweep, clock.now()));
}

/** Where the books lack something, charging is halted, and nothing is sent meanwhile: it is taken in beside the one who charges. */
async function sweepBeside(app: Assembly, options: Sweep): Promise<void> {
  const { haltKind } = await app.store.installation();
  if (haltKind === "restored") await sweep(app, await needsBeside(app), options);
  else await compareBeside(app, options);
}

/**
 * While another process charges, its books are only compared: what is booked meanwhile is that process's own. Orders may be set
 * aside all the same, which books nothing.
 */
async function compareBeside(app: Assembly, { since, until, setAside = [], why, json }: Sweep): Promise<void> {
  const { chargingProcesses } = await import("../charging-processes.ts");
  const { checkKey } = await import("../../application/settling/check-key.ts");
  const { checkStore } = await import("../../application/doctor/check-books.ts");
  const { personHere } = await import("./person.ts");
  const { store, clock, config, settling } = app;
  const gateway = await app.gateway();
  await checkKey({ ...settling, gateway });
  if (why !== null) await store.sweep.keepAside(setAside, { why, by: personHere() }, clock.now());
  const sides = { gateway, records: store.sweep, attempts: store.inbox };
  const window = { from: await sinceOr(app, since), to: until ?? clock.now() };
  const { state, found } = await checkStore(sides, (await store.installation()).id, window);
  const { pid } = await chargingProcesses(config, store.inspection);
  if (state !== "ok") leaveWith(EXIT.needsPerson);
  if (json)
    return printJson({
      compared: { since: window.from, until: window.to, state, found },
      charging: { running: true, pid },
    });
  printLine(`Process ${pid ?? "unknown"} charges from this database, so it was only compared: ${found}.`);
  if (state !== "ok") printLine("To take what differs into the books, stop that process, ask again, and start it.");
}

/** While another process charges, the inquiries are its own: they are put up for its next tick. */
async function lookOrLeave(options: Options): Promise<void> {
  try {
    await withStore(async (app) => await look(app, options), { charging: true });
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    await withStore(async (app) => await leave(app, options));
  }
}

async function leave({ store, clock, config }: Assembly, { all, json }: Options): Promise<void> {
  const { chargingProcesses } = await import("../charging-processes.ts");
  const putUp = all ? await store.sweep.inquireAboutAll(clock.now()) : 0;
  const { pid } = await chargingProcesses(config, store.inspection);
  if (json) return printJson({ putUp, charging: { running: true, pid } });
  const asked = all ? `${putUp} inquiries are due now` : "no inquiry was put up; with --all every one would be";
  printLine(
    `Process ${pid ?? "unknown"} charges from this database, and makes the inquiries at its next tick: ${asked}.`,
  );
}

async function look(app: Assembly, { all, json }: Options): Promise<void> {
  const { checkKey } = await import("../../application/settling/check-key.ts");
  const { emptyRunSummary } = await import("../../application/settling/run-summary.ts");
  const { inquireDue } = await import("../../application/charging/inquire-due.ts");
  const { printInquiries } = await import("./reconcile-report.ts");
  const { settleAbandoned } = await import("../../application/settling/settle-abandoned.ts");
  const { needs, owner, limits } = await app.biller();
  const isAnswering = await checkKey(needs);
  const summary = emptyRunSummary();
  await settleAbandoned(needs, owner, summary);
  if (all) await app.store.sweep.inquireAboutAll(app.clock.now());
  await inquireDue(needs, limits, summary, new AbortController().signal);
  leaveWith(await printInquiries(app, summary, { isAnswering, ...(json && { json }) }));
}

/** As the one who charges: whatever a process left half-done is uncertain first. */
async function needsOfOwner(app: Assembly): Promise<SweepNeeds> {
  const { settleAbandoned } = await import("../../application/settling/settle-abandoned.ts");
  const { emptyRunSummary } = await import("../../application/settling/run-summary.ts");
  const { needs, owner } = await app.biller();
  await settleAbandoned(needs, owner, emptyRunSummary());
  return { ...needs, orders: needs.webhooks.orders };
}

/** Beside the one who charges. */
async function needsBeside(app: Assembly): Promise<SweepNeeds> {
  const conekta = await app.gateway();
  const { inbox, sweep: records } = app.store;
  const side = { lister: conekta, records, inbox, flow: app.config.conekta.chargeFlow };
  return { ...app.settling, gateway: conekta, orders: conekta, sweep: side };
}

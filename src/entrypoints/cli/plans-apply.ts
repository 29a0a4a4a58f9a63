/** `plans apply`: reads the file, asks before anything ends, and prints what changed. */
import { systemClock } from "../../adapters/clock.ts";
import { readNamedFile } from "../../adapters/files/text-file.ts";
import { isMissing, MEMORY } from "../../adapters/store/dialect/database-access.ts";
import type { PlansApplied } from "../../application/plans/apply-plans.ts";
import type { PlanChange } from "../../application/plans/plan-change.ts";
import type { Gateway } from "../../application/ports/gateway.ts";
import type { PlansFile } from "../../adapters/files/plans-file.ts";
import type { Assembly } from "../../assemble.ts";
import { localDateTextOf } from "../../domain/calendar/calendar.ts";
import { ConfigurationInvalid, NeedsConfirmation } from "../../domain/errors.ts";
import { confirmOrStop, doOnceConfirmed } from "./confirm.ts";
import { failureWords } from "./mend-words.ts";
import { inLine, printJson, printLine, printNote } from "./print.ts";
import { rowProgress } from "./row-progress.ts";
import { readConfig, readStore, type SessionOptions, withStore } from "./session.ts";
import { terminal } from "./terminal.ts";

type Options = {
  readonly dryRun?: true;
  readonly prune?: true;
  readonly offline?: true;
  readonly yes?: true;
  readonly json?: true;
};

export async function applyPlansFile(fileName: string, options: Options): Promise<void> {
  // Before a database is made of it.
  const file = await readPlans(fileName);
  const session = options.dryRun ? await sessionForLooking() : ({ database: "make" } as const);
  await withStore(async (app) => {
    const { applyPlans } = await import("../../application/plans/apply-plans.ts");
    const gateway = options.offline ? null : await gatewayFor(app, file);
    const { dryRun = false, prune = false } = options;
    const progress = rowProgress();
    const apply = (isDry: boolean, confirmed: boolean) =>
      applyPlans({ ...app, gateway }, file, {
        ...{ fileName, dryRun: isDry, prune, confirmed },
        progress: (phase, subscriptions) => progress.at(phase, subscriptions),
      });

    if (prune && !dryRun) await confirmPruning(await apply(true, false), options);
    const done = await doOnceConfirmed((confirmed) => apply(dryRun, confirmed), options).finally(() => progress.end());
    const applied = { ...done, changes: done.changes.map(withPruning) };
    if (options.json) return printJson({ ...applied, changes: applied.changes.map(changeDocument), dryRun });
    printApplied(applied, dryRun);
  }, session);
}

const PRUNED: Record<PlanChange["kind"], string> = {
  plan: "removes it",
  subscription: "cancels it",
  coupon: "archives it",
  customer: "keeps it",
};

/** What is gone from the file, with the option that ends it. */
function withPruning({ isPrunable, details, ...change }: PlanChange): PlanChange {
  if (!isPrunable) return { ...change, details };
  return { ...change, details: details.map((detail) => `${detail}; --prune ${PRUNED[change.kind]}`) };
}

/** The id by the name that every document has for it, too. */
function changeDocument<Change extends { readonly kind: PlanChange["kind"]; readonly id: string }>(
  change: Change,
): Change & Readonly<Record<string, unknown>> {
  return { ...change, [`${change.kind}Id`]: change.id };
}

/** A dry run is transactions that are rolled back. It must neither make a database nor bring one up to date. */
async function sessionForLooking(): Promise<SessionOptions> {
  const config = await readConfig();
  const { database } = config;
  if (database.kind === "postgres" || !isMissing(database.path)) {
    await readStore(async () => undefined, { config });
    return { config, database: "write" };
  }
  printNote(`There is no database ${database.name} yet; \`npx puntual plans apply\` makes it.`);
  return { config: { ...config, database: { ...database, path: MEMORY, name: MEMORY } }, database: "make" };
}

async function readPlans(fileName: string): Promise<PlansFile> {
  const text = readFile(fileName);
  const { cwd } = terminal();
  const { billing, charging } = await readConfig();
  const { parsePlansFile } = await import("../../adapters/files/plans-file.ts");
  const { readDunning } = await import("../../adapters/files/find-dunning-file.ts");
  const { readFiscal } = await import("../../adapters/files/fiscal-file.ts");
  return parsePlansFile(text, {
    fileName,
    minChargeCents: charging.minChargeCents,
    dunningPolicies: new Set(readDunning(cwd).policies.keys()),
    timeZone: billing.timeZone,
    tax: readFiscal(cwd).tax,
    today: localDateTextOf(systemClock.now(), billing.timeZone),
  });
}

function readFile(fileName: string): string {
  const { cwd } = terminal();
  return readNamedFile(cwd, fileName, {
    unusable: (what) => new ConfigurationInvalid("nothing was applied", [{ where: fileName, what }]),
    absent: `there is no such file in ${cwd}; name another: npx puntual plans apply FILE`,
  });
}

/** Without customers to look up, no key is needed. */
async function gatewayFor(app: Assembly, { subscriptions }: PlansFile): Promise<Gateway | null> {
  const ids = [...new Set(subscriptions.map(({ customerId }) => customerId))];
  return (await app.store.enrolment.knownCustomers(ids)).size === ids.length ? null : await app.gateway();
}

async function confirmPruning({ changes }: PlansApplied, options: Options): Promise<void> {
  const ending = changes.filter(({ action }) => action === "cancel" || action === "remove");
  if (ending.length === 0) return;
  const list = ending.map(({ action, kind, id }) => `  ${action} ${kind} ${id}`).join("\n");
  await confirmOrStop(`This would end what is gone from the file:\n${list}\nGo on?`, options);
}

const SIGNS: Record<PlanChange["action"], string> = {
  add: "+",
  change: "~",
  cancel: "-",
  remove: "-",
  gone: "?",
  ended: "!",
};

function printApplied({ changes, unchanged, doubts }: PlansApplied, dryRun: boolean): void {
  for (const { action, kind, id, details } of changes) {
    printLine(`${SIGNS[action]} ${action} ${kind} ${id}`);
    for (const detail of details) printLine(`    ${inLine(detail)}`);
  }
  if (dryRun && doubts.length > 0)
    printNote(failureWords(new NeedsConfirmation("This needs a person's word (--yes gives it)", doubts)));
  const made = changes.filter(({ action }) => action !== "gone" && action !== "ended").length;
  const summary = `${made} change${made === 1 ? "" : "s"}, ${unchanged} unchanged`;
  printLine(dryRun ? `Would be: ${summary}. Nothing was changed.` : `${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
}

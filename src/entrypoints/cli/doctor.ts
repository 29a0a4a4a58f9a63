/** `doctor`: everything that can be wrong around exact billing, each with its mend; and the probe of the guard. */
import { Option, type Command } from "commander";
import { isBroken, mattersOf, type Finding } from "../../application/doctor/finding.ts";
import type { Config } from "../../config.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { needsPerson } from "../../domain/needs-person.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { instant, jsonOption, whole, yesOption } from "./option-values.ts";
import { printJson, printNote } from "./print.ts";
import { readConfig, readStore, withStore } from "./session.ts";
import { leaveWith, terminal } from "./terminal.ts";

type Options = {
  readonly json?: true;
  readonly offline?: true;
  readonly since?: Date;
  readonly probeGuard?: true;
  readonly customer?: string;
  readonly amountCents: number;
  readonly yes?: true;
};

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("look for everything that can go wrong around exact billing, and say how to mend it")
    .addOption(new Option("--offline", "do not ask Conekta").conflicts("probeGuard"))
    .option("--since <when>", "compare the books with Conekta from then on (default: 48 hours ago)", instant)
    .option("--probe-guard", "prove with a TEST key that Conekta refuses to charge a paid order")
    .option("--customer <cus_…>", "with --probe-guard: a test customer whose default card pays")
    .option("--amount-cents <n>", "with --probe-guard: what each charge asks for", whole("cents", 300, 1_000_000), 1000)
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Changes nothing, except that --probe-guard makes two test orders, charges them, and stores the dated result.
Exit codes: 0 all is well (warnings allowed); 1 something is broken; 3 something waits for a person.

Examples:
  $ npx puntual doctor
  $ npx puntual doctor --since 2026-11-01 --json
  $ npx puntual doctor --probe-guard --customer cus_2tTU5GdkwZvBmS3fN
`,
    )
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  if (options.probeGuard) return await probe(options);
  if (options.customer !== undefined) throw new UsageInvalid("--customer belongs to --probe-guard; give both");
  const config = await readConfig();
  const { findingMendWords } = await import("./finding-mend-words.ts");
  const findings = await visit(config, options);
  leaveWith(exitCodeOfFindings(findings));
  const checks = findings.map(({ foundInSpanish: _spanish, ...each }) => ({
    ...each,
    mend: each.mend && findingMendWords(each.mend),
  }));
  if (options.json) return printJson({ checks });
  const { printTable } = await import("./table.ts");
  await printTable(checks, [
    { head: "CHECK", of: ({ check }) => check },
    { head: "STATE", of: ({ state }) => state },
    { head: "FOUND", of: ({ found }) => found, wraps: true },
    { head: "MEND", of: ({ mend }) => mend ?? "", wraps: true },
  ]);
  const count = (state: Finding["state"]) => checks.filter((each) => each.state === state).length;
  printNote(`${count("ok")} ok, ${count("warn")} warn, ${count("bad")} bad. docs/doctor.md explains each check.`);
}

async function visit(config: Config, { offline, since }: Options): Promise<readonly Finding[]> {
  const { examineBooks, lookAround } = await import("../examination.ts");
  // Before the database is opened, which would close its file to others.
  const around = await lookAround(config, terminal().cwd);
  return await orUnusable(
    async () => await readStore(async (app) => await examineBooks(app, around, { offline, since }), { config }),
  );
}

/** A file that cannot be opened is a finding, too. */
async function orUnusable(look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const { DatabaseUnusable } = await import("../../domain/errors.ts");
  const { bad } = await import("../../application/doctor/finding.ts");
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof DatabaseUnusable)) throw error;
    return [bad("database", { en: error.message, es: error.message }, "unusable_database")];
  }
}

async function probe({ customer, amountCents, yes, json }: Options): Promise<void> {
  if (customer === undefined)
    throw new UsageInvalid("--probe-guard needs --customer cus_…: a test customer whose default card pays");
  const { confirmOrStop } = await import("./confirm.ts");
  await confirmOrStop(`Charge the test customer ${customer} ${amountCents} cents, at least twice?`, yes ? { yes } : {});
  const { proveGuard } = await import("../../application/doctor/prove-guard.ts");
  const { guardIs } = await import("../../domain/guard-probe.ts");
  await withStore(async (app) => {
    const { store, clock, random, log } = app;
    const needs = { store, clock, random, log, inspection: store.inspection, gateway: await app.gateway() };
    const found = await proveGuard(needs, { customerId: customer, amountCents });
    if (guardIs(found) !== "refused") leaveWith(EXIT.needsPerson);
    if (json) return printJson({ guardProbe: found });
    const { printFacts } = await import("./print.ts");
    printFacts([
      ["probe", found.id],
      ["charged again when paid", WORDS[found.sequential]],
      ["charged twice at once", WORDS[found.concurrent]],
      ...found.evidence.map(
        ({ did, httpStatus, code, because }) =>
          [did, `${httpStatus ?? "no answer"}: ${because}${code === null ? "" : ` (${code})`}`] as const,
      ),
    ]);
  });
}

const WORDS = {
  refused: "refused: the guard held",
  charged_twice: "CHARGED TWICE: the guard does not hold; do not use the flow order_first",
  unclear: "unclear: nothing is proven; see what came back, and try again",
} as const;

/** Something broken outweighs what waits for a person: with it, the other findings may be wrong. */
export function exitCodeOfFindings(findings: readonly Finding[]): ExitCode {
  if (isBroken(findings)) return EXIT.failed;
  return needsPerson(mattersOf(findings)) ? EXIT.needsPerson : EXIT.done;
}

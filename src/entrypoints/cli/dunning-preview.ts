/** Foretells a policy's course, and tells it line by line. */
import { z } from "zod";
import { createBankCalendar } from "../../adapters/bank-holidays.ts";
import { didYouMean } from "../../adapters/files/did-you-mean.ts";
import { readDunning } from "../../adapters/files/find-dunning-file.ts";
import { subscriptionSchema } from "../../adapters/files/plans-schema.ts";
import { languageOfTerminal } from "../../config.ts";
import { billingAt, normalizeLocalDateTime } from "../../domain/calendar/calendar.ts";
import { courseOf, type CourseStep, reattemptsIn } from "../../domain/dunning/course.ts";
import { horizonDays, type DunningPolicy } from "../../domain/dunning/dunning.ts";
import { NotFound } from "../../domain/errors.ts";
import type { Language } from "../../domain/language.ts";
import { shortTime } from "../../explain/text.ts";
import { budgetFor, mostWithin, type BudgetSettings } from "../../domain/dunning/network-budget.ts";
import { budgetText, headingOf, overText, stepText } from "./dunning-words.ts";
import { meaningOf, noteOf } from "./decline-code.ts";
import { readOptions } from "./option-shapes.ts";
import { printJson, printLine } from "./print.ts";
import { printable, printTable } from "./table.ts";
import { terminal } from "./terminal.ts";

const shape = z.object({
  declined_at: subscriptionSchema.shape.start,
  time_zone: z.string().pipe(subscriptionSchema.shape.time_zone.unwrap()),
});

export type PreviewOptions = {
  readonly declinedAt: string;
  readonly code: string;
  readonly declines: number;
  readonly timeZone: string;
  readonly brand?: string;
  readonly lang?: Language;
  readonly json?: true;
};

export async function previewDunning(name: string, options: PreviewOptions): Promise<void> {
  const { declined_at: declinedLocal, time_zone: timeZone } = readOptions(shape, {
    declined_at: options.declinedAt,
    time_zone: options.timeZone,
  });
  const { policies, bankHolidays, budgets } = readDunning(terminal().cwd);
  const policy = policyNamed(name, policies);
  const meaning = meaningOf(options.code);
  const note = noteOf(options.code, meaning);

  const course =
    meaning.treatment === "stop"
      ? []
      : courseOf(policy, {
          declinedAt: instantOf(declinedLocal, timeZone),
          declines: options.declines,
          timeZone,
          calendar: createBankCalendar(bankHolidays),
          declineOf: () => meaning,
        });
  const network = options.brand === undefined ? null : comparisonOf(options.brand, course, budgets);

  if (options.json)
    return printJson({
      policy: name,
      code: options.code,
      declineClass: meaning.declineClass,
      note,
      timeZone,
      steps: course.map((step) => ({ ...documentOf(step), text: stepText(step, timeZone) })),
      horizonDays: horizonDays(policy),
      network,
    });

  const language = options.lang ?? languageOfTerminal(terminal().env);
  if (course.length === 0) return printLine(printable(note[language]));
  printLine(printable(headingOf(name, options.code, meaning.declineClass, timeZone)[language]));
  printLine(printable(note[language]));
  printLine();
  await printTable(course, [
    { head: "", of: ({ at }) => shortTime(at, timeZone)[language] },
    { head: "", of: (step) => stepText(step, timeZone)[language], wraps: true },
  ]);
  printLine();
  printLine(overText(course, horizonDays(policy), timeZone)[language]);
  if (network !== null) printLine(budgetText(network)[language]);
}

function policyNamed(name: string, policies: ReadonlyMap<string, DunningPolicy>): DunningPolicy {
  const policy = policies.get(name);
  if (policy !== undefined) return policy;
  const names = [...policies.keys()];
  throw new NotFound(
    `there is no policy ${name} in config/dunning.yaml; ${didYouMean(name, names) ?? `it has ${names.join(", ")}`}`,
  );
}

function instantOf(local: string, timeZone: string): Date {
  const anchorLocal = normalizeLocalDateTime(local);
  return billingAt({ interval: "day", frequency: 1, anchorLocal, timeZone }, 0);
}

function comparisonOf(brand: string, course: readonly CourseStep[], settings: BudgetSettings) {
  const { network, limits } = budgetFor(brand, settings);
  const tries = reattemptsIn(course);
  return { network, limits: limits.map((limit) => ({ ...limit, most: mostWithin(limit.withinHours, tries) })) };
}

function documentOf({ at, after, declines, step: { rule, ...step } }: CourseStep): Record<string, unknown> {
  return { at, after, declines, ...step, rule };
}

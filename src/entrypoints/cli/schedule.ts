/** `schedule`: the dates on which something would be charged. Computes only; opens nothing. */
import type { Command } from "commander";
import { jsonOption, whole } from "./option-values.ts";
import { printJson, printLine } from "./print.ts";

type Options = {
  readonly interval: string;
  readonly frequency: number;
  readonly start: string;
  readonly timeZone: string;
  readonly count: number;
  readonly trialDays: number;
  readonly json?: true;
};

export function addSchedule(program: Command): void {
  program
    .command("schedule")
    .description("preview the dates of a schedule")
    .requiredOption("--interval <interval>", "day, week, half_month (the quincena), month or year")
    .option("--frequency <n>", "every how many intervals", whole("intervals", 1, 10_000), 1)
    .requiredOption("--start <local time>", "date and time of the first charge, like 2026-01-31T09:00")
    .option("--time-zone <zone>", "IANA zone of --start", "America/Mexico_City")
    .option("--count <n>", "how many dates", whole("dates", 1, 10_000), 12)
    .option("--trial-days <n>", "days for trying it out, before the first charge", whole("days", 0, 3650), 0)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual schedule --interval month --start 2026-01-31T09:00 --count 6
  $ npx puntual schedule --interval half_month --start 2026-01-15T07:30 --time-zone America/Tijuana --json
`,
    )
    .action(schedule);
}

async function schedule(options: Options): Promise<void> {
  const { readOptions, scheduleShape } = await import("./option-shapes.ts");
  const {
    interval,
    frequency,
    start,
    time_zone: timeZone,
    trial_period_days: trialDays,
  } = readOptions(scheduleShape, {
    interval: options.interval,
    frequency: options.frequency,
    start: options.start,
    time_zone: options.timeZone,
    trial_period_days: options.trialDays,
  });
  const { anchorAfterTrial, billingAt, normalizeLocalDateTime } = await import("../../domain/calendar/calendar.ts");
  const anchorLocal = anchorAfterTrial(normalizeLocalDateTime(start), trialDays);
  const dates = Array.from({ length: options.count }, (_, cycle) =>
    billingAt({ interval, frequency, anchorLocal, timeZone }, cycle),
  );
  if (options.json) return printJson({ dates: dates.map((at) => at.toISOString().replace(".000Z", "Z")) });
  const { DateTime } = await import("luxon");
  for (const [cycle, at] of dates.entries()) {
    const local = DateTime.fromJSDate(at, { zone: timeZone }).setLocale("en");
    printLine(`${String(cycle).padStart(4)}  ${local.toFormat("ccc yyyy-MM-dd HH:mm")}  ${timeZone}`);
  }
}

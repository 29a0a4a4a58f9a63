/** `export`: the books as rows of a file, for accounting and spreadsheets. Reads only, a page at a time. */
import { Argument, type Command, Option } from "commander";
import {
  EXPORTS,
  type ExportFilter,
  type ExportName,
  type ExportRow,
  ROW_FORMATS,
  type RowFormat,
} from "../../application/ports/exports.ts";
import type { Page } from "../../application/ports/listings.ts";
import { ATTEMPT_STATES } from "../../domain/attempt.ts";
import { UsageInvalid } from "../../domain/errors.ts";
import { INVOICE_STATUSES } from "../../domain/invoice.ts";
import { REFUND_STATES } from "../../domain/refund.ts";
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts";
import { exportCfdi } from "./export-cfdi.ts";
import { sinkFor } from "./export-sink.ts";
import { localDay, month } from "./option-values.ts";
import { printLine } from "./print.ts";
import { rowProgress } from "./row-progress.ts";
import { mustExist } from "./rows.ts";
import { readConfig, readStore } from "./session.ts";

type Options = {
  readonly format?: RowFormat;
  readonly month?: string;
  readonly since?: string;
  readonly until?: string;
  readonly plan?: string;
  readonly customer?: string;
  readonly status?: string;
  readonly output?: string;
};

export function addExport(program: Command): void {
  program
    .command("export")
    .description("write the books as rows of a file, for accounting and spreadsheets")
    .addArgument(new Argument("<what>", "which rows").choices([...EXPORTS, "cfdi"]))
    .addOption(new Option("--format <format>", "how (default: csv; of cfdi ndjson)").choices(ROW_FORMATS))
    .option("--month <month>", "of cfdi, as 2026-12: what was paid or given back in it, in the merchant's zone", month)
    .option("--since <day>", "from this local day on: 2026-11-01", localDay)
    .option("--until <day>", "up to this local day, itself included", localDay)
    .option("--plan <id>", "only of this plan")
    .option("--customer <cus_…>", "only of this customer")
    .option("--status <status>", "only with this status; of attempts the outcome, of refunds the state")
    .option("--output <file>", "a new file of mode 0600 (default: standard output)")
    .addHelpText(
      "after",
      `
Examples:
  $ npx puntual export history --since 2026-11-01 --until 2026-11-30 --output november.csv
  $ npx puntual export invoices --status paid --format ndjson
  $ npx puntual export cfdi --month 2026-12 --output december.ndjson
`,
    )
    .action(exportRows);
}

const STATUSES: Readonly<Record<ExportName, readonly string[]>> = {
  history: ATTEMPT_STATES,
  invoices: INVOICE_STATUSES,
  subscriptions: SUBSCRIPTION_STATUSES,
  refunds: REFUND_STATES,
};

async function exportRows(name: ExportName | "cfdi", options: Options): Promise<void> {
  const { plan, customer, status, format = "csv", output, month: ofMonth } = options;
  if (name === "cfdi") {
    const { since, until } = options;
    if ([since, until, plan, customer, status].some((other) => other !== undefined))
      throw new UsageInvalid(
        "cfdi are of a month: give --month, and none of --since, --until, --plan, --customer, --status",
      );
    return await exportCfdi(options);
  }
  if (ofMonth !== undefined) throw new UsageInvalid(`--month is for cfdi; of ${name} give --since and --until`);
  if (name === "subscriptions" && (options.since !== undefined || options.until !== undefined))
    throw new UsageInvalid("subscriptions are not of a day; --since and --until are for the other exports");
  if (status !== undefined && !STATUSES[name].includes(status))
    throw new UsageInvalid(`${name} have no status ${JSON.stringify(status)}; expected ${STATUSES[name].join(", ")}`);
  const { headText, rowsText } = await import("../../adapters/files/row-text.ts");
  const config = await readConfig();
  const filter = {
    ...(await daysOf(options, config.billing.timeZone)),
    ...(plan !== undefined && { planId: plan }),
    ...(customer !== undefined && { customerId: customer }),
    ...(status !== undefined && { status }),
  };
  await readStore(
    async ({ store, ...app }) => {
      await mustExist({ store, ...app }, options);
      const columns = await store.exporting.columns(name);
      const sink = sinkFor(output);
      const progress = rowProgress();
      let rows = 0;
      try {
        await sink.write(headText(format, columns));
        let cursor: string | null = null;
        do {
          const page: Page<ExportRow> = await store.exporting.page(name, filter, cursor);
          await sink.write(rowsText(format, columns, page.rows));
          rows += page.rows.length;
          if (output !== undefined) progress.at("exported", rows);
          cursor = page.nextCursor;
        } while (cursor !== null);
        sink.done();
      } finally {
        progress.end();
        sink.close();
      }
      if (output !== undefined) printLine(`${output} holds ${rows} row${rows === 1 ? "" : "s"}.`);
    },
    { config },
  );
}

async function daysOf({ since, until }: Options, timeZone: string): Promise<Pick<ExportFilter, "since" | "before">> {
  const { instantOfLocal } = await import("../../domain/calendar/calendar.ts");
  const { DateTime } = await import("luxon");
  const next = (date: string) => DateTime.fromISO(date, { zone: "utc" }).plus({ days: 1 }).toFormat("yyyy-MM-dd");
  if (since !== undefined && until !== undefined && until < since)
    throw new UsageInvalid(`--until ${until} is before --since ${since}`);
  return {
    ...(since !== undefined && { since: instantOfLocal(`${since}T00:00`, timeZone) }),
    ...(until !== undefined && { before: instantOfLocal(`${next(until)}T00:00`, timeZone) }),
  };
}

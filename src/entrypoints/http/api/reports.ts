/** `/v1/reports` and `/v1/exports`: what the books add up to, and their rows for spreadsheets. */
import { Readable } from "node:stream";
import { DateTime } from "luxon";
import { z } from "zod";
import { readFiscal } from "../../../adapters/files/fiscal-file.ts";
import { cashBefore, expectedCash } from "../../../application/charging/expected-cash.ts";
import { cfdiDocuments, noteExported } from "../../../application/invoices/cfdi-documents.ts";
import type { Assembly } from "../../../assemble.ts";
import type { Cfdi } from "../../../domain/cfdi/cfdi.ts";
import { cfdiText } from "../../cfdi-text.ts";
import { headText, rowsText } from "../../../adapters/files/row-text.ts";
import {
  EXPORTS,
  type ExportFilter,
  type ExportName,
  type ExportRecords,
  ROW_FORMATS,
  type RowFormat,
} from "../../../application/ports/exports.ts";
import { instantOfLocal, isLocalDateTime } from "../../../domain/calendar/calendar.ts";
import { DECLINE_CLASSES } from "../../../domain/decline.ts";
import { UsageInvalid } from "../../../domain/errors.ts";
import { RECOVERY_WAYS, rateOf, totalsOf } from "../../../domain/recovery.ts";
import { CASH_DAYS, CASH_DAYS_MAX } from "../../cash-days.ts";
import { monthOf, monthWindow } from "../../month.ts";
import { documentOf, wholePage, pageOf } from "./documents.ts";
import { revenueRow } from "./documents/billing-views.ts";
import { asCode, reads } from "./endpoint.ts";
import { theRow } from "./reading.ts";
import { said } from "../../../domain/refusals.ts";

const cents = z.int();
const counts = {
  invoices: z.int(),
  recovered: z.int(),
  open: z.int(),
  lost: z.int(),
  amount_cents: cents,
  recovered_cents: cents,
  by: z.strictObject(Object.fromEntries(RECOVERY_WAYS.map((way) => [way, z.int()]))),
};
const MONTH = z
  .string()
  .regex(/^2\d{3}-(0[1-9]|1[0-2])$/, asCode("month_wanted"))
  .optional()
  .meta({ description: "2026-12, in the merchant's zone; the current one if left out." });
const day = z.string().refine((text) => isLocalDateTime(`${text}T00:00`), asCode("day_wanted"));

const ROW_TYPES: Readonly<Record<RowFormat, string>> = { csv: "text/csv", ndjson: "application/x-ndjson" };

export const REPORT_ENDPOINTS = [
  reads({
    path: "/v1/reports/revenue",
    summary: "What came in, what went back and what was lost to disputes, by local day (BILLING_TIME_ZONE) and plan.",
    commands: ["report revenue"],
    query: { since: day.optional(), until: day.optional(), plan_id: z.string().optional() },
    answer: pageOf(revenueRow),
    async read({ app, query: { since, until, plan_id: planId } }) {
      if (planId !== undefined) await theRow(app.store, "plans", { planId });
      const { timeZone } = app.config.billing;
      const rows = await app.store.explaining.revenue({
        ...(since !== undefined && { from: instantOfLocal(`${since}T00:00`, timeZone) }),
        ...(until !== undefined && { until: instantOfLocal(`${until}T00:00`, timeZone) }),
        ...(planId !== undefined && { planId }),
        timeZone,
      });
      return wholePage(rows);
    },
  }),
  reads({
    path: "/v1/reports/recovery",
    summary: "What was recovered of invoices that failed, by decline class, code and retry.",
    commands: ["report recovery"],
    query: {
      since: z.iso.datetime().optional(),
      until: z.iso.datetime().optional(),
      plan_id: z.string().optional(),
    },
    answer: z.strictObject({
      data: z.array(
        z.strictObject({
          ...counts,
          currency: z.string(),
          decline_class: z.enum(DECLINE_CLASSES),
          failure_code: z.string().nullable(),
          retry: z.int(),
          reached: z.int(),
          median_days: z.number().nullable(),
          mean_days: z.number().nullable(),
          rate: z.number(),
        }),
      ),
      totals: z.array(z.strictObject({ ...counts, currency: z.string(), rate: z.number() })),
    }),
    async read({ app, query: { since, until, plan_id: planId = null } }) {
      if (planId !== null) await theRow(app.store, "plans", { planId });
      const at = (instant: string | undefined) => (instant === undefined ? null : new Date(instant));
      const rows = await app.store.explaining.recovery({ since: at(since), until: at(until), planId });
      return documentOf({ data: rows.map((row) => ({ ...row, rate: rateOf(row) })), totals: totalsOf(rows) });
    },
  }),
  reads({
    path: "/v1/reports/iva",
    summary: "The IVA that was collected in a month, by rate, less what was given back.",
    commands: ["report iva"],
    query: {
      month: MONTH,
    },
    answer: z.strictObject({
      month: z.string(),
      time_zone: z.string(),
      data: z.array(
        z.strictObject({
          rate: z.union([z.number(), z.literal("exempt")]),
          currency: z.string(),
          invoices: z.int(),
          refunds: z.int(),
          base_cents: cents,
          tax_cents: cents,
          refunded_base_cents: cents,
          refunded_tax_cents: cents,
          net_base_cents: cents,
          net_tax_cents: cents,
        }),
      ),
      unreadable: z.array(z.string()).meta({
        description: "Invoices, refunds and changes of plan that are damaged in the database, and in no sum.",
      }),
    }),
    async read({ app, query }) {
      const { timeZone } = app.config.billing;
      const month = query.month ?? monthOf(app.clock.now(), timeZone);
      const window = monthWindow(month, timeZone);
      return documentOf({
        ...{ month, timeZone, data: await app.store.explaining.taxes(window) },
        unreadable: await app.store.fiscal.unreadable(window),
      });
    },
  }),
  reads({
    path: "/v1/reports/cash",
    summary: "What is expected to come in by local day, if no card declines: open invoices and the cycles to come.",
    commands: ["report cash", "forecast"],
    query: {
      days: z.coerce.number().int().min(1).max(CASH_DAYS_MAX).default(CASH_DAYS),
      plan_id: z.string().optional(),
    },
    answer: z.strictObject({
      time_zone: z.string(),
      data: z.array(z.strictObject({ day: z.string(), currency: z.string(), charges: z.int(), amount_cents: cents })),
    }),
    async read({ app, query: { days, plan_id: planId } }) {
      if (planId !== undefined) await theRow(app.store, "plans", { planId });
      const { timeZone } = app.config.billing;
      const now = app.clock.now();
      const before = cashBefore(now, days, timeZone);
      const data = await expectedCash({ ...app.foreseeing, store: app.store }, { now, before, timeZone, planId });
      return documentOf({ timeZone, data });
    },
  }),
  ...EXPORTS.map((name) => exportOf(name)),
  reads({
    path: "/v1/exports/cfdi",
    summary:
      "A month's CFDI for the accountant, and a note that they were handed out; of CSV a row a concept. What is damaged in the database has its id and `missing`: document.",
    commands: ["export"],
    query: { month: MONTH, format: z.enum(ROW_FORMATS).default("ndjson") },
    answer: z.string(),
    contentTypes: ROW_TYPES,
    async read({ app, query }) {
      const { timeZone } = app.config.billing;
      const month = query.month ?? monthOf(app.clock.now(), timeZone);
      const { issuer } = readFiscal(app.cwd);
      const found = await cfdiDocuments(app, { month, issuer, ...monthWindow(month, timeZone) });
      return Readable.from(handedOut(app, cfdiText(query.format, found), found.documents)) as unknown as string;
    },
  }),
];

/** Noted once all of it was taken. */
async function* handedOut(app: Assembly, text: string, documents: readonly Cfdi[]): AsyncGenerator<string> {
  yield text;
  await noteExported(app, documents);
}

function exportOf(name: ExportName) {
  return reads({
    path: `/v1/exports/${name}`,
    summary: `Rows of ${name} for spreadsheets and other programs, as CSV or NDJSON.`,
    commands: ["export"],
    query: {
      format: z.enum(ROW_FORMATS).default("csv"),
      since: day.optional().meta({ description: "From this local day of the merchant on." }),
      until: day.optional().meta({ description: "Up to this local day, which is in it." }),
      plan_id: z.string().optional(),
      customer_id: z.string().optional(),
    },
    answer: z.string(),
    contentTypes: ROW_TYPES,
    async read({ app, query }) {
      const { format, since, until, plan_id: planId, customer_id: customerId } = query;
      if (name === "subscriptions" && (since !== undefined || until !== undefined))
        throw new UsageInvalid(said("not_of_a_day"));
      if (since !== undefined && until !== undefined && until < since)
        throw new UsageInvalid(said("until_before_since", { until, since }));
      const { timeZone } = app.config.billing;
      const begins = (date: string) => instantOfLocal(`${date}T00:00`, timeZone);
      const dayAfter = (date: string) =>
        DateTime.fromISO(date, { zone: "utc" }).plus({ days: 1 }).toFormat("yyyy-MM-dd");
      const filter: ExportFilter = {
        ...(since !== undefined && { since: begins(since) }),
        ...(until !== undefined && { before: begins(dayAfter(until)) }),
        ...(planId !== undefined && { planId }),
        ...(customerId !== undefined && { customerId }),
      };
      const columns = await app.store.exporting.columns(name);
      return Readable.from(textOf(app.store.exporting, name, { filter, format, columns })) as unknown as string;
    },
  });
}

/** A page of the books at a time, as fast as it is read. */
async function* textOf(
  exporting: ExportRecords,
  name: ExportName,
  { filter, format, columns }: { filter: ExportFilter; format: RowFormat; columns: readonly string[] },
): AsyncGenerator<string> {
  yield headText(format, columns);
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<ExportRecords["page"]>> = await exporting.page(name, filter, cursor);
    yield rowsText(format, columns, page.rows);
    cursor = page.nextCursor;
  } while (cursor !== null);
}

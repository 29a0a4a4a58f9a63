/** What goes out: rows of the books in snake_case, money in whole cents alone, and pages of them. */
import { z } from "zod";
import type { Page } from "../../../application/ports/listings.ts";
import type { Language } from "../../../domain/language.ts";
import { recordedIn } from "../../../explain/recorded-words.ts";
import { snake, UNITS } from "./row-schema.ts";

/** As they were written, which docs/events.md describes. */
const AS_WRITTEN = new Set(["data", "payload"]);

/** A row as it goes out, however deep. */
export function documentOf(value: unknown): never {
  return outside(value) as never;
}

function outside(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(outside);
  if (typeof value !== "object" || value === null) return value;
  const shown = Object.entries(value).filter(([key, each]) => each !== undefined && !isInUnits(key, value));
  return Object.fromEntries(
    shown.map(([key, each]: [string, unknown]) => [snake(key), isAsWritten(key, each) ? each : outside(each)]),
  );
}

function isInUnits(key: string, row: object): boolean {
  return UNITS.some((units) => units === key) && `${key}Cents` in row;
}

function isAsWritten(key: string, value: unknown): boolean {
  return AS_WRITTEN.has(key) && !Array.isArray(value);
}

/** What the program writes down of itself in English: `because` of attempts, refunds, a halt and what a tick left undone. */
const RECORDED = new Set(["because", "unfinished_because"]);

/** The document in the language of whoever asks. Its version is that of the document as it is. */
export function toldIn(language: Language, document: unknown): unknown {
  if (Array.isArray(document)) return document.map((each) => toldIn(language, each));
  if (typeof document !== "object" || document === null) return document;
  return Object.fromEntries(
    Object.entries(document).map(([key, each]: [string, unknown]) => {
      if (RECORDED.has(key) && typeof each === "string") return [key, recordedIn(each, language)];
      return [key, isAsWritten(key, each) ? each : toldIn(language, each)];
    }),
  );
}

// ---------------------------------------------------------------- pages

export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.strictObject({ data: z.array(row), has_more: z.boolean(), next_cursor: z.string().nullable() });
}

export function pageDocument({ rows, nextCursor }: Page<unknown>): never {
  return { data: rows.map(outside), has_more: nextCursor !== null, next_cursor: nextCursor } as never;
}

/** Of a list that is not long, whole. */
export function wholePage(rows: readonly unknown[]): never {
  return pageDocument({ rows, nextCursor: null });
}

export const PAGE = {
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: "Rows of a page: 1 to 100." }),
  cursor: z.string().max(2000).optional().meta({ description: "next_cursor of the page before." }),
};

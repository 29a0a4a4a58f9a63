/**
 * What a schema refuses, in words: what was given, what was expected, how to mend it.
 *
 * Pure. Each field's own rule may bring its sentence along; the rest is said here, in one way for all files.
 */
import { z } from "zod";
import { didYouMean, nearest } from "./did-you-mean.ts";
import { limitText } from "./limit-text.ts";
import type { Path, YamlFile } from "./yaml-file.ts";
import { inEnglish, saidOfText } from "../../domain/refusals.ts";
import { placeOfUnstorable } from "../../domain/storable-text.ts";

/**
 * Checks one value of a file, and notes every fault at its place.
 * @returns the value with its defaults, or null when there was a fault
 */
export function readValue<Schema extends z.ZodType>(
  file: YamlFile,
  schema: Schema,
  value: unknown,
  at: Path,
): z.output<Schema> | null {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) {
    const place = placeOfUnstorable(value);
    if (place === null) return result.data;
    file.fault([...at, ...place], "holds the character U+0000, or half of another one; leave it out");
    return null;
  }

  const misspelt = new Set<string>();
  const pathOf = (steps: readonly PropertyKey[]): Path => [
    ...at,
    ...steps.map((step) => (typeof step === "number" ? step : String(step))),
  ];
  for (const issue of result.error.issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const known = keysOf(schemaAt(schema, issue.path));
    // All the keys that there are, once a map.
    let listed: readonly string[] | null = known;
    for (const key of issue.keys) {
      const near = didYouMean(key, known);
      file.fault(pathOf([...issue.path, key]), unknownKey(near, listed), { atKey: true });
      if (near === null) listed = null;
      misspelt.add(JSON.stringify([...issue.path, nearest(key, known)]));
    }
  }
  for (const issue of withOneLimit(result.error.issues)) {
    // A key that is there, misspelt, is not missing.
    const isMisspelt = issue.input === undefined && misspelt.has(JSON.stringify(issue.path));
    if (issue.code !== "unrecognized_keys" && !isMisspelt)
      file.fault(pathOf(issue.path), wordsOf(issue, file.writtenAt(pathOf(issue.path))));
  }
  return null;
}

/** A whole number has a limit of its own beside the one that its field says: the narrower one is told. */
export function withOneLimit(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  return issues.filter((issue) => {
    const others = issues.filter((each) => each !== issue && String(each.path) === String(issue.path));
    if (issue.code === "too_big")
      return !others.some((each) => each.code === "too_big" && each.maximum < issue.maximum);
    if (issue.code === "too_small")
      return !others.some((each) => each.code === "too_small" && each.minimum > issue.minimum);
    return true;
  });
}

function unknownKey(near: string | null, known: readonly string[] | null): string {
  if (near !== null) return `unknown key; ${near}`;
  return known === null ? "unknown key" : `unknown key; expected one of ${known.join(", ")}`;
}

/** @param written the number that was given, where it cannot be told from the value */
function wordsOf(issue: z.core.$ZodIssue, written: string | null): string {
  const given = written ?? shown(issue.input);
  if (issue.code === "invalid_type") {
    if (issue.input === undefined) return `missing; expected ${expectedType(issue.expected)}`;
    if (written !== null && Number.isNaN(issue.input) && issue.expected !== "string")
      return decimalsFault(written, issue.path.at(-1));
    return `${given} given, expected ${expectedType(issue.expected)}${typeMend(issue.expected, issue.input)}`;
  }
  const size = written === null ? measured(issue.input) : `${written} given`;
  if (issue.code === "too_small") return `${size}, expected at least ${limitText(issue.minimum)}`;
  if (issue.code === "too_big") return `${size}, expected at most ${limitText(issue.maximum)}`;
  if (issue.code === "invalid_value") return wrongWord(issue.input, issue.values.map(String));
  if (issue.code === "invalid_key") return messageOf(issue.issues[0] ?? issue);
  return `${given} given; ${messageOf(issue)}`;
}

function decimalsFault(written: string, key: PropertyKey | undefined): string {
  const cents = Math.round(Number(written) * 100);
  const isAmount = /price|cents/.test(String(key)) && Number.isSafeInteger(cents);
  return `${written} given, expected a whole number without a decimal point${isAmount ? `; amounts are in cents: ${written} is written ${cents}` : ""}`;
}

/** A rule of our own says a code. */
function messageOf({ message }: Pick<z.core.$ZodIssue, "message">): string {
  const said = saidOfText(message);
  return said === null ? message : inEnglish(said);
}

function measured(input: unknown): string {
  if (typeof input === "string") return `${shown(input)} has ${input.length} characters`;
  return Array.isArray(input) ? `the list has ${input.length} entries` : `${shown(input)} given`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  int: "a whole number",
  number: "a whole number",
  boolean: "true or false",
  array: 'a list (entries that begin with "- ")',
  object: "a map of keys and values",
  record: "a map of keys and values",
};

function expectedType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

function typeMend(expected: string, input: unknown): string {
  if (expected === "string" && (typeof input === "number" || typeof input === "boolean")) {
    // Not the value: 007 was read as 7, and 1e3 as 1000.
    return "; write it in quotes, just as it stands there";
  }
  if ((expected === "int" || expected === "number") && typeof input === "string") {
    const digits = input.replaceAll(/[$,_ %]/g, "");
    return /^\d{1,15}$/.test(digits) ? `; write ${digits}` : "";
  }
  return "";
}

/** Words that merchants use for one of ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  quincena: "half_month",
  quincenal: "half_month",
  fortnight: "half_month",
  semimonthly: "half_month",
  "half-month": "half_month",
  mensual: "month",
  monthly: "month",
  mes: "month",
  semanal: "week",
  weekly: "week",
  semana: "week",
  diario: "day",
  daily: "day",
  dia: "day",
  día: "day",
  anual: "year",
  annual: "year",
  yearly: "year",
  año: "year",
};

function wrongWord(input: unknown, words: readonly string[]): string {
  if (input === undefined) return `missing; expected ${words.join(", ")}`;
  const synonym = typeof input === "string" ? SYNONYMS[input.toLowerCase()] : undefined;
  const near = typeof input === "string" ? didYouMean(input, words) : null;
  const mend = synonym !== undefined && words.includes(synonym) ? `write ${synonym}` : near;
  return `${shown(input)} given, expected ${words.join(", ")}${mend === null ? "" : `; ${mend}`}`;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The schema of what stands at a path, out of its wrappers (optional, default, nullable). */
function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType {
  let here = unwrapped(schema);
  for (const step of path) {
    let inside: z.core.$ZodType | undefined;
    if (here instanceof z.ZodArray) inside = here.element;
    else if (here instanceof z.ZodRecord) inside = here.valueType;
    else if (here instanceof z.ZodObject) inside = (here.shape as Record<PropertyKey, z.ZodType>)[step];
    if (inside === undefined) return here;
    here = unwrapped(inside as z.ZodType);
  }
  return here;
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let here = schema;
  while (here instanceof z.ZodOptional || here instanceof z.ZodNullable || here instanceof z.ZodDefault) {
    here = here.unwrap() as z.ZodType;
  }
  return here;
}

function keysOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(keysOf);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

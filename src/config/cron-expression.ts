/**
 * A plain check of a cron expression, so that a typing error is reported together with all other faults at start-up.
 *
 * It knows what Puntual's documentation promises: 5 fields, or 6 with seconds first. What passes is shown to node-cron,
 * which refuses more: a day that no month has would never wake the daemon.
 */
import { createRequire } from "node:module";

type Field = { readonly name: string; readonly from: number; readonly to: number; readonly words: readonly string[] };

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: readonly Field[] = [
  { name: "second", from: 0, to: 59, words: [] },
  { name: "minute", from: 0, to: 59, words: [] },
  { name: "hour", from: 0, to: 23, words: [] },
  { name: "day of the month", from: 1, to: 31, words: [] },
  { name: "month", from: 1, to: 12, words: MONTHS },
  { name: "day of the week", from: 0, to: 7, words: WEEKDAYS },
];

/** @returns what is wrong and how to mend it, or null */
export function cronFault(text: string): string | null {
  const parts = text.split(/\s+/);
  if (parts.length !== 5 && parts.length !== 6) {
    return `"${text}" has ${parts.length} fields, expected 5 (minute, hour, day, month, weekday) or 6 with seconds first, like "* * * * *"`;
  }
  for (const [index, field] of FIELDS.slice(FIELDS.length - parts.length).entries()) {
    const part = parts[index] ?? "";
    if (part.split(",").every((item) => isItem(item, field))) continue;
    return `"${part}" in "${text}" is no ${field.name}; expected ${field.from} to ${field.to}, a range, a list, * or a step like */5`;
  }
  if (parts.every((part) => part === "*")) return null;
  // Loaded for an expression that can be wrong in this way alone: every command reads the configuration.
  const cron = createRequire(import.meta.url)("node-cron") as { validate(expression: string): boolean };
  return cron.validate(text)
    ? null
    : `"${text}" never fires: there is no such day in these months; write days that exist, like "0 9 1,15 * *"`;
}

/** One of `*`, `5`, `mon`, `1-5`, each with or without a step: `0-30/10`. */
function isItem(item: string, field: Field): boolean {
  const match = /^(?:\*|(\w+)(?:-(\w+))?)(?:\/([1-9]\d?))?$/.exec(item);
  if (match === null) return false;
  const [first, last] = [match[1], match[2]].map((each) => (each === undefined ? null : valueOf(each, field)));
  return [first, last].every((value) => value == null || (value >= field.from && value <= field.to));
}

/** NaN, which is in no range, for what is neither a number nor a name. */
function valueOf(text: string, { from, words }: Field): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const index = words.indexOf(text.toLowerCase());
  return index < 0 ? Number.NaN : index + from;
}

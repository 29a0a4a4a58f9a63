/**
 * Why something is not done: each reason has a code, the data that it is about, and its words in Spanish and English.
 *
 * The one home of these words. A terminal prints the English ones, the HTTP API those that the caller reads. None of them
 * names a command or an option: how to go on is told as data, by `Mend`.
 */
import { FIELD_WORDS } from "./field-words.ts";
import type { Language, Text } from "./language.ts";
import { OF_BOOKS } from "./refusal-words/books.ts";
import { OF_SUBSCRIPTIONS } from "./refusal-words/subscriptions.ts";
import { OF_INVOICES } from "./refusal-words/invoices.ts";
import { OF_CUSTOMERS } from "./refusal-words/customers.ts";
import { OF_REQUESTS } from "./refusal-words/requests.ts";
const WORDS = {
  ...FIELD_WORDS,
  ...OF_BOOKS,
  ...OF_SUBSCRIPTIONS,
  ...OF_INVOICES,
  ...OF_CUSTOMERS,
  ...OF_REQUESTS,
} as const satisfies Readonly<Record<string, Text>>;

export type Refusal = keyof typeof WORDS;

type NamesIn<Words extends string> = Words extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;
/** A part of a sentence may be said itself. */
type Part = string | number | Said | Text;
type Datum<Code extends Refusal> = { readonly [Name in NamesIn<(typeof WORDS)[Code]["en"]>]: Part };

export type Said = { readonly code: Refusal; readonly datum: Readonly<Record<string, Part>> };

/** @param datum none where the words have no place for one */
export function said<const Code extends Refusal>(
  code: Code,
  ...[datum]: [NamesIn<(typeof WORDS)[Code]["en"]>] extends [never] ? [] : [Datum<Code>]
): Said {
  return { code, datum: datum ?? {} };
}

/** It left everything as it was. */
export function unchanged(why: Said): Said {
  return said("unchanged", { why });
}

export function inWords(what: Part, language: Language): string {
  if (typeof what !== "object") return String(what);
  if ("es" in what) return what[language];
  return WORDS[what.code][language].replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const part = what.datum[name] ?? "";
    const isState = language === "es" && (name === "status" || name === "state");
    if (isState && typeof part === "string") return IN_SPANISH[part] ?? part;
    const text = inWords(part, language);
    // A line break in a name begins no line of ours.
    return name === "name" ? text.replaceAll(/\s*[\n\r\u2028\u2029]\s*/g, " ") : text;
  });
}

/** Stored words of a subscription, an attempt: as a sentence in Spanish says them, where English says them as they are. */
export const IN_SPANISH: Readonly<Record<string, string>> = {
  ...{ trialing: "en prueba", active: "activa", past_due: "con atraso", unpaid: "sin cobro", paused: "en pausa" },
  ...{ canceled: "cancelada", completed: "terminada" },
  ...{ claimed: "apartado", sending: "en envío", pending: "pendiente", unknown: "sin resultado conocido" },
  ...{ paid: "pagado", paid_again: "pagado de nuevo", declined: "rechazado", refused: "no aceptado" },
  ...{ not_sent: "no enviado", released: "soltado", lapsed: "vencido" },
};

export function inEnglish(what: Part): string {
  return inWords(what, "en");
}

/** As the message of a check that has a text for it alone. */
export function saidAsText(what: Said): string {
  return JSON.stringify(what);
}

/** @returns null: it is some other text */
export function saidOfText(text: string): Said | null {
  if (Object.hasOwn(WORDS, text)) return { code: text as Refusal, datum: {} };
  if (!text.startsWith('{"code":"')) return null;
  const { code, datum } = JSON.parse(text) as Said;
  return Object.hasOwn(WORDS, code) ? { code, datum } : null;
}

export const REFUSALS = Object.keys(WORDS) as readonly Refusal[];
export const REFUSAL_WORDS: Readonly<Record<Refusal, Text>> = WORDS;

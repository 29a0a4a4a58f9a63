/**
 * What a command says: its result on standard output, everything else on standard error.
 *
 * `styleText` leaves colours out where there is no terminal or NO_COLOR is set.
 */
import { styleText } from "node:util";
import { terminal } from "./terminal.ts";

export function printLine(text = ""): void {
  terminal().stdout.write(`${harmless(text)}\n`);
}

/** A name may hold what steers a terminal: all of it but line breaks and the colours of ours is shown, not sent. */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001B\[[0-9;]*m|(?![\n\t])[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]/gu, (found) =>
    found.length > 1 ? found : escapes(found),
  );
}

/** A name within a sentence: what stands below its line break would look like a line of ours. */
export function inLine(name: string): string {
  return name.replaceAll(/(?:\r\n|[\n\r\u2028\u2029])\s*/g, " ");
}

/** The one JSON document of a command. Dates become ISO instants. */
export function printJson(document: Readonly<Record<string, unknown>>): void {
  terminal().stdout.write(`${jsonText(document)}\n`);
}

/** What steers a terminal, or turns the order of characters, is escaped: it stands in texts only, and means the same. */
export function jsonText(document: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(document, null, 2).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    escapes(character),
  );
}

function escapes(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** For people only; never part of what a script reads. */
export function printNote(text: string): void {
  terminal().stderr.write(`${harmless(text)}\n`);
}

export function printError(text: string): void {
  terminal().stderr.write(`${styleText("red", "puntual:", { stream: terminal().stderr })} ${harmless(text)}\n`);
}

export function bold(text: string): string {
  return styleText("bold", text, { stream: terminal().stdout });
}

/** Label and value, one a line, values below each other; those without a value are left out. */
export function printFacts(facts: readonly (readonly [label: string, value: string | null])[]): void {
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== null && fact[1] !== "");
  const width = Math.max(0, ...known.map(([label]) => label.length));
  // A line break in a name begins no line of ours.
  const under = `\n${" ".repeat(width + 2)}`;
  for (const [label, value] of known)
    printLine(`${bold(label.padEnd(width))}  ${value.replaceAll(/\r\n|[\n\r\u2028\u2029]/g, under)}`);
}

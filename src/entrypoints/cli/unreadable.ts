/** What is damaged stands aside from a sum or a file that tells of many: it is named, and the command ends so. */
import { EXIT } from "./exit-codes.ts";
import { printNote } from "./print.ts";
import { leaveWith } from "./terminal.ts";

const NAMED = 5;

export function noteUnreadable(ids: readonly string[], where: string): void {
  if (ids.length === 0) return;
  const more = ids.length > NAMED ? `, and ${ids.length - NAMED} more` : "";
  printNote(
    `${ids.slice(0, NAMED).join(", ")}${more}: damaged in the database, and ${where}. \`npx puntual doctor\` says how to mend it.`,
  );
  leaveWith(EXIT.needsPerson);
}

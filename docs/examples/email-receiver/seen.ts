/**
 * Which events were dealt with: a file with one webhook-id a line, which is only ever appended to.
 *
 * Puntual tells each event at least once, so a copy must change nothing. An id is written after its letter was handed
 * over: a crash in between sends that letter twice, and none is lost.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";

export type Seen = { has(id: string): boolean; add(id: string): void };

export function seenIn(file: string): Seen {
  const ids = new Set(existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);
  return {
    has: (id) => ids.has(id),
    add(id) {
      appendFileSync(file, `${id}\n`);
      ids.add(id);
    },
  };
}

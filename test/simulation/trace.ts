/**
 * What happened in one simulated life, as a hash and as its last lines.
 *
 * Two runs of one seed must give the same hash; where they do not, something reads the real clock or real chance.
 */
export type Trace = {
  /** The parts are joined only when somebody reads them. */
  note(atMs: number, what: string, detail?: string): void;
  readonly length: number;
  hash(): string;
  lines(): string[];
};

/** Lines remembered for the report of a failure. */
const REMEMBERED = 400;

/** @param print receives every line as it is noted; null: none */
export function newTrace(print: ((line: string) => void) | null): Trace {
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  let length = 0;
  const remembered: { atMs: number; what: string; detail: string }[] = [];

  function mix(text: string): void {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ code, 0x01000197) ^ (low >>> 15);
    }
  }

  return {
    note: (atMs, what, detail = "") => {
      mix(what);
      mix(detail);
      low = Math.imul(low ^ (atMs & 0x7fffffff), 0x01000193);
      high ^= low >>> 7;
      remembered[length % REMEMBERED] = { atMs, what, detail };
      length += 1;
      print?.(lineOf({ atMs, what, detail }));
    },
    get length() {
      return length;
    },
    hash: () => (low >>> 0).toString(16).padStart(8, "0") + (high >>> 0).toString(16).padStart(8, "0"),
    lines: () => {
      const first = length > REMEMBERED ? length % REMEMBERED : 0;
      return [...remembered.slice(first), ...remembered.slice(0, first)].map(lineOf);
    },
  };
}

function lineOf({ atMs, what, detail }: { atMs: number; what: string; detail: string }): string {
  return `${new Date(atMs).toISOString()} ${what}${detail === "" ? "" : ` ${detail}`}`;
}

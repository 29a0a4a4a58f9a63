/** What one check of the doctor says. */

export const CHECKS = {
  // What is bad here is broken: Puntual or its machine must be mended.
  database: "broken",
  pragmas: "broken",
  files: "broken",
  disk: "broken",
  tzdata: "broken",
  clock_gateway: "broken",
  clock_database: "broken",
  key: "broken",
  lease: "broken",
  pm2: "broken",
  // What is bad here waits for a person's decision.
  halt: "person",
  process: "person",
  guard: "person",
  cycles: "person",
  cursors: "person",
  books: "person",
  unknown: "person",
  held: "person",
  paid_again: "person",
  events: "person",
  webhooks: "person",
} as const;
export type CheckName = keyof typeof CHECKS;

export type Finding = {
  readonly check: CheckName;
  readonly state: "ok" | "warn" | "bad";
  /** One sentence, without personal data. */
  readonly found: string;
  /** What to do; null: nothing. */
  readonly mend: string | null;
};

export function ok(check: CheckName, found: string): Finding {
  return { check, state: "ok", found, mend: null };
}

export function warn(check: CheckName, found: string, mend: string): Finding {
  return { check, state: "warn", found, mend };
}

export function bad(check: CheckName, found: string, mend: string): Finding {
  return { check, state: "bad", found, mend };
}

const SHOWN = 5;

/** "a, b, c and 4 more" */
export function someOf(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return items.slice(0, SHOWN).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** "1 cycle", "2 cycles" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

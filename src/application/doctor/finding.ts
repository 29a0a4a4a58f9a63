/** What one check of the doctor says. */
import type { Language, Text } from "../../domain/language.ts";
import type { PersonMatter, PersonMatters } from "../../domain/needs-person.ts";

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
  surroundings: "broken",
  // What is bad here needs a person: the matters of the domain's list that it looks at.
  halt: ["halted"],
  process: ["uncharged"],
  last_tick: ["unfinished", "notRecorded", "setAside"],
  guard: ["brokenGuard"],
  cycles: ["missedCycles"],
  cursors: ["wrongCursors"],
  books: ["mismatched", "missingAtGateway", "unread"],
  unknown: ["longUnknown"],
  held: ["held"],
  unreadable: ["unreadable"],
  paid_again: ["paidAgain"],
  paid_after_cancel: ["paidAfterCancel"],
  disputes: ["disputes"],
  events: ["givenUpEvents"],
  webhooks: ["failedWebhooks"],
  tax: ["endedTaxRates"],
} as const satisfies Readonly<Record<string, "broken" | readonly PersonMatter[]>>;
export type CheckName = keyof typeof CHECKS;

/** What a person can do about a finding, where the name says all. */
export type PlainMend =
  | "choose_shorter_window"
  | "compare_calendar"
  | "compare_clock"
  | "answer_disputes"
  | "decide_held"
  | "free_disk"
  | "go"
  | "keep_or_refund"
  | "look_at_unreadable"
  | "look_at_waiting_events"
  | "make_server_durable"
  | "mend_key"
  | "mend_receiver"
  | "mend_webhooks"
  | "move_to_local_disk"
  | "prove_guard"
  | "put_key"
  | "put_right_key"
  | "read_log"
  | "refund_second_payment"
  | "restore_backup"
  | "restore_or_decide"
  | "restore_and_check_disk"
  | "see_that_it_runs"
  | "start"
  | "sweep"
  | "synchronize_clock"
  | "try_when_it_answers"
  | "unusable_database"
  | "update_node"
  | "close_surroundings"
  | "use_key_of_the_mode"
  | "use_single_flow"
  | "wait_for_inquiries"
  | "write_valid_rate";

/** What a person can do, as data: a terminal words it with its commands, another door with its own. */
export type FindingMend =
  | { readonly do: PlainMend }
  | { readonly do: "sweep_since"; readonly since: string }
  | { readonly do: "synchronize_clock_and_look"; readonly since: string }
  | { readonly do: "close_to_others"; readonly mode: "600" | "700"; readonly paths: readonly string[] }
  | { readonly do: "lengthen_lease"; readonly leastMs: number }
  | { readonly do: "lengthen_kill_timeout"; readonly beyondMs: number };

export type Finding = {
  readonly check: CheckName;
  readonly state: "ok" | "warn" | "bad";
  /** One sentence, without personal data. */
  readonly found: string;
  /** The same in Spanish. */
  readonly foundInSpanish: string;
  /** What to do; null: nothing. */
  readonly mend: FindingMend | null;
};

export function ok(check: CheckName, found: Text): Finding {
  return finding(check, "ok", found, null);
}

export function warn(check: CheckName, found: Text, mend: PlainMend | FindingMend): Finding {
  return finding(check, "warn", found, mend);
}

export function bad(check: CheckName, found: Text, mend: PlainMend | FindingMend): Finding {
  return finding(check, "bad", found, mend);
}

function finding(
  check: CheckName,
  state: Finding["state"],
  { en, es }: Text,
  mend: PlainMend | FindingMend | null,
): Finding {
  return { check, state, found: en, foundInSpanish: es, mend: typeof mend === "string" ? { do: mend } : mend };
}

export function isBroken(findings: readonly Finding[]): boolean {
  return findings.some(({ check, state }) => state === "bad" && CHECKS[check] === "broken");
}

/** How many checks found each matter. */
export function mattersOf(findings: readonly Finding[]): PersonMatters {
  const matters: Partial<Record<PersonMatter, number>> = {};
  for (const { check } of findings.filter(({ state }) => state === "bad")) {
    const found = CHECKS[check];
    if (found !== "broken") for (const matter of found) matters[matter] = (matters[matter] ?? 0) + 1;
  }
  return matters;
}

const SHOWN = 5;

/** "a, b, c and 4 more" */
export function someOf(items: readonly string[], language: Language = "en"): string {
  const more = items.length - SHOWN;
  const rest = { en: ` and ${more} more`, es: ` y ${more} más` }[language];
  return items.slice(0, SHOWN).join(", ") + (more > 0 ? rest : "");
}

/** "1 cycle", "2 cycles" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * The ways in which a call can go wrong, and when each strikes.
 *
 * `before`: the sandbox has not acted, no money moved. `after`: it has acted, only the answer suffers.
 * `inside`: it acts a little differently. `around`: time passes. `listener`: connections are refused for everyone.
 */
export type Moment = "before" | "after" | "inside" | "around" | "listener";

export type Damage =
  | "reset"
  | "hang"
  | "conekta error"
  | "bare status"
  | "html status"
  | "html page"
  | "half the json"
  | "half the body"
  | "no data";

export type FaultTraits = {
  readonly strikes: Moment;
  /** What becomes of the answer; absent for faults that do not touch it. */
  readonly damage?: Damage;
  readonly status?: number;
  readonly help: string;
};

export const FAULT_KINDS = {
  refuse: {
    strikes: "listener",
    help: "connections are refused for everyone, for `forMs` or until faults are cleared",
  },
  reset_before: { strikes: "before", damage: "reset", help: "the connection is reset without acting" },
  reset_after: { strikes: "after", damage: "reset", help: "acts, then resets the connection" },
  hang_before: { strikes: "before", damage: "hang", help: "never answers, without acting" },
  hang_after: { strikes: "after", damage: "hang", help: "acts, then never answers" },
  "429": { strikes: "before", damage: "conekta error", status: 429, help: "429 with Conekta's error body" },
  "429_bare": { strikes: "before", damage: "bare status", status: 429, help: "429 without a body, as from a proxy" },
  "429_bare_after": { strikes: "after", damage: "bare status", status: 429, help: "acts, then 429 without a body" },
  "500_before": { strikes: "before", damage: "conekta error", status: 500, help: "500 with Conekta's error body" },
  "500_after": {
    strikes: "after",
    damage: "conekta error",
    status: 500,
    help: "acts, then 500 with Conekta's error body",
  },
  "502_before": { strikes: "before", damage: "html status", status: 502, help: "502 with an HTML body" },
  "502_after": { strikes: "after", damage: "html status", status: 502, help: "acts, then 502 with an HTML body" },
  "503_before": { strikes: "before", damage: "html status", status: 503, help: "503 with an HTML body" },
  "503_after": { strikes: "after", damage: "html status", status: 503, help: "acts, then 503 with an HTML body" },
  "504_before": { strikes: "before", damage: "html status", status: 504, help: "504 with an HTML body" },
  "504_after": { strikes: "after", damage: "html status", status: 504, help: "acts, then 504 with an HTML body" },
  html_after: { strikes: "after", damage: "html page", help: "acts, then 200 with an HTML page instead of JSON" },
  truncated_after: {
    strikes: "after",
    damage: "half the json",
    help: "acts, then a complete answer with half the JSON",
  },
  cut_after: {
    strikes: "after",
    damage: "half the body",
    help: "acts, then closes the connection half-way in the body",
  },
  without_data: { strikes: "after", damage: "no data", help: "acts; an error's body loses its `data`" },
  stale_status: { strikes: "inside", help: "acts; the order's payment_status stays what it was before the charge" },
  other_amount: { strikes: "inside", help: "acts; the charge is made for one peso more than was asked" },
  latency: { strikes: "around", help: "waits `ms` before acting" },
  latency_after: { strikes: "around", help: "acts, then waits `ms` before answering" },
} as const satisfies Record<string, FaultTraits>;

export type FaultKind = keyof typeof FAULT_KINDS;

export function isFaultKind(text: string): text is FaultKind {
  return Object.hasOwn(FAULT_KINDS, text);
}

export function traitsOf(kind: FaultKind): FaultTraits {
  return FAULT_KINDS[kind];
}

/** A card can bring every fault that needs nothing but itself. */
export function canBeOnACard(kind: FaultKind): boolean {
  const { strikes } = traitsOf(kind);
  return strikes === "before" || strikes === "after" || strikes === "inside";
}

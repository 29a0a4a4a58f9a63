/**
 * What the oracle finds and the program does not keep yet. Each entry excuses violations of one rule and one shape, and
 * never a whole rule; whoever mends one takes its entry out, and the seed beside it then passes without it.
 */
import type { Violation } from "./checks/violation.ts";

export type OpenFinding = {
  readonly name: string;
  readonly rule: string;
  /** Of what a violation says. */
  readonly shape: RegExp;
  /** A seed that shows it. */
  readonly seed: number;
  /** What a merchant would see. */
  readonly sees: string;
};

export const OPEN_FINDINGS: readonly OpenFinding[] = [
  {
    name: "a card comes back, and is tried again",
    rule: "dunning",
    shape: /charges \S+ again, after \w+ on \S+; it came back after another card$/,
    seed: 3099,
    sees: "A card declined for good, then another, then the first one as default again: it is charged once more for the same invoice.",
  },
  {
    name: "a customer whose charge is never answered is tried for ever",
    rule: "owed",
    shape: /and dunning goes on until \S+; its customer answers /,
    seed: 3148,
    sees: "Flow order_first: each charge of one customer answers 500, the order shows none, and it is sent again every three hours.",
  },
];

/** @returns null: it is news */
export function findingOf({ rule, what }: Violation): OpenFinding | null {
  return OPEN_FINDINGS.find((finding) => finding.rule === rule && finding.shape.test(what)) ?? null;
}

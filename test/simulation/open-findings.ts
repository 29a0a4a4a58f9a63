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

export const OPEN_FINDINGS: readonly OpenFinding[] = [];

/** @returns null: it is news */
export function findingOf({ rule, what }: Violation): OpenFinding | null {
  return OPEN_FINDINGS.find((finding) => finding.rule === rule && finding.shape.test(what)) ?? null;
}

/** An invariant of ARCHITECTURE.md that did not hold. One is enough to fail a seed. */
export type Violation = {
  /** "I1" to "I10" of ARCHITECTURE.md; "liveness"; "bug" for an assertion or a constraint of the program that fired. */
  readonly rule: string;
  readonly what: string;
};

export type Report = (rule: string, what: string) => void;

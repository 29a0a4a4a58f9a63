/**
 * The guard that the flow `order_first` leans on: the gateway refuses to charge an order that is paid.
 *
 * No document promises it, so it is proven with a test key, and the result is kept with its date.
 */
export const GUARD_RESULTS = ["refused", "charged_twice", "unclear"] as const;
export type GuardResult = (typeof GUARD_RESULTS)[number];

/** What the probe did, in order, and what came back. */
export type ProbeStep = {
  readonly did: string;
  readonly httpStatus: number | null;
  readonly code: string | null;
  readonly because: string;
};

export type GuardFinding = {
  /** A second charge, after the first one paid the order. */
  readonly sequential: GuardResult;
  /** Two charges of one order, sent at once. */
  readonly concurrent: GuardResult;
  readonly evidence: readonly ProbeStep[];
};

export type GuardProbe = GuardFinding & {
  readonly id: string;
  readonly at: Date;
  /** Always false: it is never tried with money. */
  readonly livemode: boolean;
};

/** One charge that came through twice outweighs everything else; the rest must be refused to be a proof. */
export function guardIs({ sequential, concurrent }: Pick<GuardFinding, "sequential" | "concurrent">): GuardResult {
  const results = [sequential, concurrent];
  if (results.includes("charged_twice")) return "charged_twice";
  return results.every((result) => result === "refused") ? "refused" : "unclear";
}

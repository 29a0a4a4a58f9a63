import type { Clock, Log, Random } from "../../../src/application/ports/runtime.ts";
import type { Ports } from "../perilous-ports.ts";

/** What a person at the command line acts with. */
export type PersonNeeds = Ports & {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

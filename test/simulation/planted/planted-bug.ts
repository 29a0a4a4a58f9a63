/** A bug that a billing program may have, put in between the real program and its ports. */
import type { Store } from "../../../src/application/ports/store.ts";
import type { RefundRecords } from "../../../src/application/ports/refunds.ts";
import type { ChargeFlow } from "../../../src/domain/ways-to-pay.ts";
import type { GatewayPorts } from "../gateway/hostile-gateway.ts";
import type { Verify } from "../machine-ear.ts";
import type { WatchTick } from "../machine.ts";
import type { DUNNING } from "../merchant.ts";
import type { MemoryStore } from "../memory-store/memory-store.ts";
import type { Poison } from "../poisoned-rows.ts";
import type { Weather } from "../weather.ts";

export type PlantedBug = {
  readonly name: string;
  /** The invariants of ARCHITECTURE.md of which one must catch it. */
  readonly caughtBy: RegExp;
  /** The only flow in which it can do harm; null: either. */
  readonly flow: ChargeFlow | null;
  /** The weather in which it shows; the seeds without it are lived in the same one. */
  readonly weather?: (weather: Weather) => Weather;
  /** Whether people add to invoices, and change plans, in its lives; absent: they do not. */
  readonly hasExtras?: boolean;
  /** Whether people take back what they asked for; absent: they do not. */
  readonly hasSecondThoughts?: boolean;
  /** A row of its lives that cannot be read, or written; absent: as it is drawn. */
  readonly poison?: Poison;
  readonly plant: Plant;
};

/** Stands between the program and its ports. */
export type Plant = (ports: {
  readonly store: Store;
  readonly gateway: GatewayPorts;
  readonly refunds: RefundRecords;
  readonly memory: MemoryStore;
}) => {
  readonly store?: Partial<Store>;
  readonly gateway?: Partial<GatewayPorts>;
  readonly refunds?: Partial<RefundRecords>;
  /** Instead of the check of signatures. */
  readonly verify?: Verify;
  /** Instead of what a tick leaves for those who watch. */
  readonly watchTick?: WatchTick;
  /** The policies as the program follows them. */
  readonly dunning?: typeof DUNNING;
  /** false: nobody asks whether the books are old. */
  readonly hasFence?: boolean;
  /** false: an empty database takes itself for one that has charged before. */
  readonly asksElsewhere?: boolean;
};

/** A list of due things that is always empty. */
export const NO_DUE_ROWS = async (): Promise<readonly never[]> => [];

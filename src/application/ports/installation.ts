/** The database as one installation: its mode, who holds the right to charge, and what halts charging. */
import type { HaltKind } from "../../domain/halt.ts";

export type Installation = {
  readonly id: string;
  /** Null until the gateway first told. */
  readonly livemode: boolean | null;
  /** Why no card may be charged, of several reasons the most serious; null: charging is not halted. */
  readonly haltReason: string | null;
  /** A person has said that what another installation charged may be charged from this database, too. */
  readonly mayRepeatOthers: boolean;
  /** The number of the newest takeover: who charges holds it, and nobody else. */
  readonly epoch: number;
  /** Null exactly when charging is not halted. */
  readonly haltKind: HaltKind | null;
  /** Kind `restored`: the sweep that lifts the halt begins here or earlier; null otherwise. */
  readonly haltReconcileSince: Date | null;
};

export type Halt = {
  readonly kind: HaltKind;
  readonly because: string;
  /** Kind `restored`, and no other: the sweep that lifts it begins here or earlier. */
  readonly reconcileSince?: Date;
};

/** The end of one halt; who lifted it and why, where a person did. */
export type Resumption = { readonly kind: HaltKind; readonly by?: string; readonly why?: string };

/** Who charges: an id of the running process, and the number of its takeover, which fences off its predecessors. */
export type Owner = { readonly id: string; readonly epoch: number };

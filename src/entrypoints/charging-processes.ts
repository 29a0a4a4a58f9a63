/** Which processes charge from the database now: the holder of the file's lock, or the nodes that say they live. */
import { chargeLockOwner } from "../adapters/store/dialect/lock.ts";
import type { ChargingNode, StoreInspection } from "../application/ports/doctor.ts";
import type { Config } from "../config.ts";

export type ChargingProcesses = {
  readonly running: boolean;
  /** Of the only one; null: unknown. */
  readonly pid: number | null;
  /** On PostgreSQL: those that live, and those that fell silent. */
  readonly nodes: readonly ChargingNode[];
};

export async function chargingProcesses(
  { database }: Config,
  inspection: Pick<StoreInspection, "nodes">,
): Promise<ChargingProcesses> {
  if (database.kind === "sqlite") {
    const owner = chargeLockOwner(database.path);
    return { running: owner !== null, pid: owner === null || owner === "unknown" ? null : Number(owner), nodes: [] };
  }
  const nodes = await inspection.nodes();
  const living = nodes.filter(({ isAlive }) => isAlive === true);
  return { running: living.length > 0, pid: living.length === 1 ? (living[0]?.pid ?? null) : null, nodes };
}

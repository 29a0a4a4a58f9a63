/** `/readyz`: whether everybody who is due is charged, and why not. A healthy light means that everything due was tried. */
import { messageOf } from "../../domain/errors.ts";
import { redactText } from "../../adapters/redact.ts";
import type { Assembly } from "../../assemble.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import type { DaemonState } from "../daemon-state.ts";
import { inTime } from "./in-time.ts";

/** A tick may take a while; one that is this late is worth an inquiry. */
const STALE_MS = 180_000;

/** A monitor may hang up after ten. */
const PATIENCE_MS = 5_000;

const MOST_READINGS = 3;

/** @returns null: it is ready */
export type Readiness = (now: Date) => Promise<string | null>;

export function readinessOf({ store }: Pick<Assembly, "store">, state: DaemonState): Readiness {
  /** That of who asked last, while it may be answered in time. */
  let reading: ReturnType<typeof store.installation> | null = null;
  let underWay = 0;

  async function haltReason(): Promise<string | null> {
    if (reading === null) {
      underWay += 1;
      const begun = store.installation().finally(() => {
        underWay -= 1;
        if (reading === begun) reading = null;
      });
      reading = begun;
    }
    const asked = reading;
    try {
      return (await inTime(asked, PATIENCE_MS)).haltReason;
    } catch (error) {
      // It may hang on its own connection alone: whoever asks next tries another, and leaves most to those who charge.
      if (reading === asked && underWay < MOST_READINGS) reading = null;
      throw error;
    }
  }

  return async (now) => {
    let halted: string | null;
    try {
      halted = await haltReason();
    } catch (error) {
      return `the database cannot be read: ${redactText(messageOf(error))}`;
    }
    if (halted !== null) return `charging is halted: ${halted}`;
    if (state.lastTickError !== null) return `the last tick failed: ${state.lastTickError}`;
    const { lastTickAt } = state;
    if (lastTickAt !== null && lastTickAt.getTime() - now.getTime() > MINUTE_MS)
      return `the last tick, of ${lastTickAt.toISOString()}, lies ahead: this machine's clock was set back`;
    const expectedAt = state.nextTickAt ?? state.startedAt;
    if (now.getTime() - expectedAt.getTime() > STALE_MS)
      return `the tick of ${expectedAt.toISOString()} has not been completed`;
    return null;
  };
}

/** `/readyz`: whether everybody who is due is charged, and why not. A healthy light means that everything due was tried. */
import { messageOf } from "../../domain/errors.ts";
import { redactText } from "../../adapters/redact.ts";
import type { Assembly } from "../../assemble.ts";
import { MINUTE_MS } from "../../domain/duration.ts";
import type { DaemonState } from "../daemon-state.ts";

/** A tick may take a while; one that is this late is worth an inquiry. */
const STALE_MS = 180_000;

/** @returns null: it is ready */
export async function notReadyBecause(app: Assembly, state: DaemonState, now: Date): Promise<string | null> {
  let haltReason: string | null;
  try {
    ({ haltReason } = await app.store.installation());
  } catch (error) {
    return `the database cannot be read: ${redactText(messageOf(error))}`;
  }
  if (haltReason !== null) return `charging is halted: ${haltReason}`;
  if (state.lastTickError !== null) return `the last tick failed: ${state.lastTickError}`;
  const { lastTickAt } = state;
  if (lastTickAt !== null && lastTickAt.getTime() - now.getTime() > MINUTE_MS)
    return `the last tick, of ${lastTickAt.toISOString()}, lies ahead: this machine's clock was set back`;
  const expectedAt = state.nextTickAt ?? state.startedAt;
  if (now.getTime() - expectedAt.getTime() > STALE_MS)
    return `the tick of ${expectedAt.toISOString()} has not been completed`;
  return null;
}

/** Reports each completed tick to a watchdog outside. Its silence is the alarm; a failed report is not an error. */
import { messageOf } from "../domain/errors.ts";
import type { Log } from "../application/ports/runtime.ts";

const TIMEOUT_MS = 10_000;

export async function callHeartbeat(url: string, log: Log): Promise<void> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: "error" });
    await response.body?.cancel();
    if (!response.ok) log.warn("heartbeat.refused", { httpStatus: response.status });
  } catch (error) {
    log.warn("heartbeat.failed", { because: messageOf(error) });
  }
}

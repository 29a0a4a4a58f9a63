/** Why a tick did not try everything that was due, in one English sentence: for `/readyz`, `status` and the exit code. */
import { whyUndone } from "../../domain/needs-person.ts";
import type { CircuitBreaker } from "../settling/circuit-breaker.ts";
import type { RunSummary } from "../settling/run-summary.ts";
import type { Fence } from "./restore-fence.ts";

/** @returns null: it did */
export function whyIncomplete(
  summary: RunSummary,
  fence: Fence,
  breaker: Pick<CircuitBreaker, "isOpen">,
): string | null {
  const { clock, haltReason, notRecorded, setAside, stoppedAt, unreadable } = summary;
  if (clock === "wrong") return "this clock and the gateway's differ, and no invoice is opened";
  if (clock === "not_asked") return "no invoice is opened: Conekta does not answer, so this clock cannot be checked";
  if (fence !== "checked")
    return "no card is charged: Conekta's orders cannot be listed, so this database may be a restored backup";
  if (haltReason !== null) return haltReason;
  const lost = whyUndone(
    { notRecorded },
    { notRecorded: `${notRecorded} outcomes could not be recorded, and stand in the log alone` },
  );
  if (lost !== null) return lost;
  if (breaker.isOpen) return "no card is charged: Conekta gives no clear answer, and is asked every 30 seconds";
  if (stoppedAt !== null) return `the run stopped at ${stoppedAt}`;
  return whyUndone(
    { setAside: setAside.length, unreadable },
    {
      setAside: `what cannot be understood waits, and is in the log as set aside: ${setAside.join(", ")}`,
      unreadable: `${unreadable} customers or orders cannot be read or charged at Conekta, and what they owe waits`,
    },
  );
}

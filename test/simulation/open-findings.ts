/**
 * What the simulation found and the program does not withstand yet. Each is off, so that the seeds look for more;
 * switching one on shows it. A finding that was mended is switched on for good and leaves this list.
 */
export const OPEN_FINDINGS = {
  /**
   * A daemon whose successor took over and died goes on ticking, opens invoices, reports no fault, and never charges
   * again: nothing tells it that it is fenced off.
   */
  fencedDaemonStays: process.env["SIMULATE_FENCED_DAEMON_STAYS"] === "1",
} as const;

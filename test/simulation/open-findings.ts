/**
 * What the simulation found and the program does not withstand yet. Each is off, so that the seeds look for more;
 * switching one on shows it. A finding that was mended is switched on for good and leaves this list.
 */
export const OPEN_FINDINGS = {
  /**
   * Flow order_first: the second or a later try on an order asks the customer to act (3DS, no charge yet). When that
   * order is cancelled, the look shows nothing of the attempt, which stays `pending` for ever.
   */
  customerActsOnLaterTry: process.env["SIMULATE_CUSTOMER_ACTS_ON_LATER_TRY"] === "1",
  /** The database fails at `closeGate` after a look that was answered with 401: an unhandled rejection ends the daemon. */
  databaseFailsAtGate: process.env["SIMULATE_DATABASE_FAILS_AT_GATE"] === "1",
  /**
   * A daemon whose successor took over and died goes on ticking, opens invoices, reports no fault, and never charges
   * again: nothing tells it that it is fenced off.
   */
  fencedDaemonStays: process.env["SIMULATE_FENCED_DAEMON_STAYS"] === "1",
} as const;

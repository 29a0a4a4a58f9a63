/** What holds for the whole where many processes charge from one database: kept there. */
export interface SharedLimits {
  /** @returns when it is this charge's turn, of all that are made: so many a second together */
  takeTurn(ratePerSecond: number): Promise<void>;
  /** The gateway fails: who hears of it within this time asks it before the next charge. @returns what `failingUntil` says of it */
  gatewayFails(forMs: number): Promise<number>;
  /** Until when a process says that the gateway fails, by the clock of the database; null: none says so. */
  failingUntil(): Promise<number | null>;
  /**
   * Claims walk past what another transaction holds: a claim of another process holds it for a moment, anything else for as
   * long as it likes. @returns the invoices that are due and stay held, of the first thousand that are due
   */
  heldDue(now: Date): Promise<readonly string[]>;
  /** Of the server that answers: another one once it is a standby that was promoted. Null: it does not tell. */
  timeline(): Promise<string | null>;
}

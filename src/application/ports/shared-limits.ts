/** Limits of the whole where many processes charge from one database: kept there. */
export interface SharedLimits {
  /** @returns when it is this charge's turn, of all that are made: so many a second together */
  takeTurn(ratePerSecond: number): Promise<void>;
  /** The gateway fails: who hears of it within this time asks it before the next charge. @returns what `failingUntil` says of it */
  gatewayFails(forMs: number): Promise<number>;
  /** Until when a process says that the gateway fails, by the clock of the database; null: none says so. */
  failingUntil(): Promise<number | null>;
}

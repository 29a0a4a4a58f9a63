/**
 * What one process does at a time, of the many that may charge from one database: what asks the gateway, or a receiver,
 * about rows that it has not claimed.
 */
export type Duty = "inquiries" | "rereads" | "dunning" | "events";

export interface Duties {
  /**
   * Does the work, unless another process that lives is at it. One that dies at it gives it up when its lease ends: what it
   * had begun may then be done twice.
   * @returns false: another one is at it
   */
  alone(duty: Duty, work: () => Promise<void>): Promise<boolean>;
}

/** Of a process that has the database for itself. */
export const NO_OTHERS: Duties = {
  async alone(_duty, work) {
    await work();
    return true;
  },
};

/**
 * How much this run may still charge: as a person asked, and within the hour, over all who charge.
 *
 * Reaching a limit of the hour while more is due halts charging: something is wrong, or the limit is.
 */
import {
  chargesLeft,
  type HourlyLimit,
  type ReachedLimit,
  type RunLimit,
  type RunLimits,
  runLimitReached,
  type Spent,
} from "../../domain/charging/run-limits.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { RunSummary } from "../settling/run-summary.ts";

type Needs = {
  readonly store: Pick<Store, "sentWithinTheHour" | "haltCharging">;
  readonly clock: Clock;
  readonly log: Log;
};

export class RunAllowance {
  readonly #needs: Needs;
  readonly #limits: RunLimits;
  readonly #summary: RunSummary;
  #begun = 0;
  #hour: Spent = { charges: 0, amountCents: 0 };

  constructor(needs: Needs, limits: RunLimits, summary: RunSummary) {
    this.#needs = needs;
    this.#limits = limits;
    this.#summary = summary;
  }

  /** Charges that may still be begun. */
  get left(): number {
    return chargesLeft(this.#limits, this.#begun, this.#hour);
  }

  get isSpent(): boolean {
    return this.left === 0;
  }

  /** Reads what all who charge sent within the hour, where that is limited. @returns whether the hour has room */
  async count(): Promise<boolean> {
    const { store, clock } = this.#needs;
    const isCounted = this.#limits.maxCharges !== null || this.#limits.maxAmountCents !== null;
    if (isCounted) this.#hour = await store.sentWithinTheHour(clock.now());
    return chargesLeft({ ...this.#limits, askedCharges: null }, this.#begun, this.#hour) > 0;
  }

  /** What keeps a charge of so much from being made. Of the number of charges no more are claimed than may be begun. */
  limitFor(amountCents: number): RunLimit | null {
    const limits = { ...this.#limits, askedCharges: null, maxCharges: null };
    return runLimitReached(limits, this.#begun, this.#hour, amountCents);
  }

  begin(amountCents: number): void {
    this.#begun += 1;
    this.#hour = { charges: this.#hour.charges + 1, amountCents: this.#hour.amountCents + amountCents };
  }

  /** Nothing is left of it, and more is due. */
  stop(): void {
    this.stopAt(this.#hour.charges >= (this.#limits.maxCharges ?? Infinity) ? "MAX_CHARGES_PER_RUN" : "asked_charges");
  }

  stopAt(limit: ReachedLimit): void {
    const level = limit === "asked_charges" ? "info" : "error";
    const told = { limit, charges: this.#begun, withinTheHour: this.#hour };
    if (this.#summary.stoppedAt === null) this.#needs.log[level]("run.stopped_at_limit", told);
    this.#summary.stoppedAt = limit;
  }

  /** At the end of the run, where a limit of the hour stopped it. */
  async haltIfStopped(): Promise<void> {
    const { stoppedAt } = this.#summary;
    if (stoppedAt !== null && stoppedAt !== "asked_charges") await this.#halt(stoppedAt);
  }

  async #halt(limit: HourlyLimit): Promise<void> {
    const { store, clock } = this.#needs;
    const { charges, amountCents } = this.#hour;
    const because =
      `${limit} is reached: ${charges} charges of ${amountCents} cents were sent within an hour, and more are ` +
      "due. Look whether they are right; then let it go on, or raise the limit";
    this.#summary.haltReason ??= because;
    await store.haltCharging({ kind: "limit", because }, clock.now());
  }
}

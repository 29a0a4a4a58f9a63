/**
 * How many charges are under way, from the intent to the books.
 *
 * While some are at the gateway, the outcomes of others are committed, and intents of the next: neither waits for the other.
 * Three bounds hold:
 *
 * - At the gateway: never more than `CHARGE_CONCURRENCY`.
 * - From the intent to the answer: a quarter more. They are ready, and leave when somebody else's answer is there.
 * - From the intent to the books: fewer than twice as many. Where outcomes are booked slowly, or not at all, nothing new is
 *   begun; so many attempts are uncertain, at most, when the process or its database fails. Where one may be at the gateway,
 *   it is in the books before the next is begun.
 */

/** What is ready, as a part of those at the gateway. */
const READY_SHARE = 0.25;
const MANY = 16;
const RATE_WINDOW_MS = 1000;

/** Books what was learned; null: there is nothing to book. */
export type Booking = (() => Promise<void>) | null;

export class ChargesUnderWay {
  readonly #most: number;
  readonly #ratePerSecond: number;
  readonly #line: (() => Promise<Booking>)[] = [];
  /** Who waits to be let to the gateway. */
  readonly #ready: (() => void)[] = [];
  #allowed: number;
  #atGateway = 0;
  #unanswered = 0;
  #unbooked = 0;
  #nextBooked = Promise.withResolvers<void>();
  #pauses = 0;
  #begunInWindow = 0;
  #window: NodeJS.Timeout | null = null;
  #watching: { readonly isSo: () => boolean; readonly resolve: () => void }[] = [];

  /** @param most charges that may ever be at the gateway @param ratePerSecond begun in a second; 0: no limit */
  constructor(most: number, ratePerSecond: number) {
    this.#most = most;
    this.#allowed = most;
    this.#ratePerSecond = ratePerSecond;
  }

  get size(): number {
    return this.#line.length;
  }

  get isIdle(): boolean {
    return this.#line.length + this.#unbooked === 0;
  }

  /** Enough are ready to leave: the next intents are in no hurry. */
  get hasReady(): boolean {
    return this.#ready.length >= MANY / 2;
  }

  /** So many are at the gateway that outcomes are in no hurry: nobody waits for their places. */
  get isWide(): boolean {
    return this.#atGateway > MANY && this.#unbooked < 1.5 * this.#most;
  }

  /** @param charge goes from the intent to the answer, and asks the gateway inside `atGateway` alone; neither it nor its booking throws */
  add(charge: () => Promise<Booking>): void {
    this.#line.push(charge);
    this.#window?.ref();
    this.#goOn();
  }

  /** How many may be at the gateway now. Where that is fewer than may ever be, nothing is made ready. */
  allow(inFlight: number): void {
    this.#allowed = Math.min(inFlight, this.#most);
    this.#goOn();
  }

  /** @param call what its answer means for others is known when it ends: its place is theirs then */
  async atGateway<T>(call: () => Promise<T>): Promise<T> {
    // Whoever is ready while there is a place has it already: nobody is overtaken.
    if (this.#pauses > 0 || this.#atGateway >= this.#allowed)
      await new Promise<void>((resolve) => this.#ready.push(resolve));
    else this.#atGateway += 1;
    try {
      return await call();
    } finally {
      this.#atGateway -= 1;
      this.#goOn();
    }
  }

  /** Nothing begins, and nothing leaves, until as many `start`. */
  pause(): void {
    this.#pauses += 1;
  }

  start(): void {
    this.#pauses -= 1;
    this.#goOn();
  }

  async untilSizeBelow(size: number): Promise<void> {
    await this.#until(() => this.#line.length < size);
  }

  async untilIdle(): Promise<void> {
    await this.#until(() => this.isIdle);
  }

  /** One more is in the books than now. */
  async untilNextIsBooked(): Promise<void> {
    await this.#nextBooked.promise;
  }

  async #until(isSo: () => boolean): Promise<void> {
    if (!isSo()) await new Promise<void>((resolve) => this.#watching.push({ isSo, resolve }));
  }

  #goOn(): void {
    while (this.#pauses === 0 && this.#ready.length > 0 && this.#atGateway < this.#allowed) {
      this.#atGateway += 1;
      this.#ready.shift()?.();
    }
    while (this.#mayBegin()) void this.#run(this.#line.shift()!);
    if (!this.#watching.some(({ isSo }) => isSo())) return;
    this.#watching = this.#watching.filter(({ isSo, resolve }) => {
      if (!isSo()) return true;
      resolve();
      return false;
    });
  }

  #mayBegin(): boolean {
    if (this.#pauses > 0 || this.#line.length === 0 || this.#unbooked >= 2 * this.#most - 1) return false;
    if (this.#ratePerSecond > 0 && this.#begunInWindow >= this.#ratePerSecond) return false;
    return this.#unanswered < this.#allowed + this.#readyAhead;
  }

  get #readyAhead(): number {
    // With a rate, what is begun leaves at once: ready, it would leave beside those of a later second.
    const isProven = this.#allowed === this.#most && this.#ratePerSecond === 0;
    return isProven ? Math.floor(this.#most * READY_SHARE) : 0;
  }

  async #run(charge: () => Promise<Booking>): Promise<void> {
    this.#unanswered += 1;
    this.#unbooked += 1;
    this.#countInWindow();
    const book = await charge();
    this.#unanswered -= 1;
    this.#goOn();
    await book?.();
    this.#unbooked -= 1;
    this.#nextBooked.resolve();
    this.#nextBooked = Promise.withResolvers<void>();
    this.#goOn();
  }

  #countInWindow(): void {
    if (this.#ratePerSecond === 0) return;
    this.#begunInWindow += 1;
    this.#window ??= setTimeout(() => {
      this.#window = null;
      this.#begunInWindow = 0;
      this.#goOn();
    }, RATE_WINDOW_MS);
    // Nobody is kept waiting by it where nothing more is to begin.
    if (this.#line.length === 0) this.#window.unref();
  }
}

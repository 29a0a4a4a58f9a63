/**
 * The points at which a process can die: every call of a port, before it is made, and after it had its effect but
 * before its answer has reached whoever made it.
 *
 * From the chosen point on the process is dead: none of its calls begins any more, and no answer arrives, unless
 * somebody wakes it: then it was only stopped. What was under way outside goes on without it.
 */
export type Point = { readonly number: number; readonly call: string; readonly moment: "before" | "after" };

export class Points {
  readonly passed: Point[] = [];
  /** Settles when a chosen point was reached. */
  readonly reached: Promise<Point>;
  readonly #isFatal: (point: Point) => boolean | Promise<boolean>;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #reach: (point: Point) => void;
  readonly #woken: Promise<void>;
  #fatal: Point | null = null;
  #isAwake = true;
  wake: () => void;

  constructor(isFatal: (point: Point) => boolean | Promise<boolean> = () => false) {
    this.#isFatal = isFatal;
    const reached = Promise.withResolvers<Point>();
    const woken = Promise.withResolvers<void>();
    this.reached = reached.promise;
    this.#reach = reached.resolve;
    this.#woken = woken.promise;
    this.wake = () => {
      this.#isAwake = true;
      woken.resolve();
    };
  }

  get fatal(): Point | null {
    return this.#fatal;
  }

  /** Gives every method of this object its two points, in place. */
  watch(name: string, target: object, except: readonly string[] = []): void {
    const methods = target as Record<string, unknown>;
    for (const [key, method] of Object.entries(methods)) {
      if (typeof method !== "function" || except.includes(key)) continue;
      methods[key] = (...given: unknown[]) =>
        this.#around(`${name}.${key}`, async () => (await Reflect.apply(method, target, given)) as unknown);
    }
  }

  /** What had begun has had its effect. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #around(call: string, work: () => Promise<unknown>): Promise<unknown> {
    await this.#pass(call, "before");
    const effect = work();
    this.#underWay.add(effect);
    try {
      return await effect;
    } finally {
      this.#underWay.delete(effect);
      // An answer or a refusal: neither arrives.
      await this.#pass(call, "after");
    }
  }

  async #pass(call: string, moment: Point["moment"]): Promise<void> {
    if (this.#isAwake && this.#fatal === null) {
      const point: Point = { number: this.passed.length + 1, call, moment };
      this.passed.push(point);
      const isFatal = this.#isFatal(point);
      if (isFatal === true || (isFatal !== false && (await isFatal))) {
        this.#fatal = point;
        this.#isAwake = false;
        this.#reach(point);
      }
    }
    if (!this.#isAwake) await this.#woken;
  }
}

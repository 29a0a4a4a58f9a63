/**
 * Ports through which a process can die, freeze, or lose its database.
 *
 * Every call is a point: before it, or after its effect and before its answer ("the commit succeeded, the answer was
 * lost"). What a dead process awaits never comes, so it never acts again; what it sent is on its way all the same.
 */
import { DatabaseUnusable } from "../../src/domain/errors.ts";

export type Fate =
  "none" | "die_before" | "die_after" | "fail_before" | "fail_after" | "freeze_before" | "freeze_after";

/** One process, as far as its ports are concerned. */
export type Life = {
  readonly isAlive: boolean;
  /** Resolves at once, or when a frozen process goes on. */
  thawed(): Promise<void> | null;
  /** Draws what becomes of this call. */
  fateOf(port: "store" | "gateway", method: string): Fate;
  die(point: string): void;
  freeze(point: string): void;
};

/** Counts what is on its way, so that the simulation knows when nothing moves any more but time. */
export type Activity = { began: number; running: number };

export function perilous<Port extends object>(
  port: Port,
  name: "store" | "gateway",
  life: Life,
  activity: Activity,
): Port {
  const wrapped: Record<string, unknown> = {};
  for (const [method, original] of Object.entries(port)) {
    if (typeof original !== "function") continue;
    const call = original as (...parameters: unknown[]) => unknown;
    wrapped[method] = SYNCHRONOUS.has(method)
      ? call
      : (...parameters: unknown[]) => travel(method, () => call(...parameters));
  }
  return wrapped as Port;

  async function travel(method: string, call: () => unknown): Promise<unknown> {
    activity.began += 1;
    if (!life.isAlive) return await never();
    if (life.thawed() !== null) await life.thawed();
    if (!life.isAlive) return await never();
    const fate = life.fateOf(name, method);
    const point = `${name}.${method}`;
    if (fate === "die_before") life.die(`before ${point}`);
    if (fate === "freeze_before") {
      life.freeze(`before ${point}`);
      await life.thawed();
    }
    if (!life.isAlive) return await never();
    if (fate === "fail_before") throw new DatabaseUnusable(`the disk failed before ${point}`);

    // Gateway calls wait for virtual time; what a store does is over before time moves.
    if (name === "store") activity.running += 1;
    let answer: () => unknown;
    try {
      const value = await call();
      answer = () => value;
    } catch (error) {
      answer = () => {
        throw error;
      };
    }
    if (name === "store") activity.running -= 1;
    activity.began += 1;
    if (fate === "die_after") life.die(`after ${point}`);
    if (fate === "freeze_after") life.freeze(`after ${point}`);
    if (life.thawed() !== null) await life.thawed();
    if (!life.isAlive) return await never();
    if (fate === "fail_after") throw new DatabaseUnusable(`the disk failed after ${point}`);
    return answer();
  }
}

const SYNCHRONOUS: ReadonlySet<string> = new Set(["clockSkewMs"]);

function never(): Promise<never> {
  return new Promise(() => {});
}

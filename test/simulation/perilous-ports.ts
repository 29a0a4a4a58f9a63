/**
 * Ports through which a process can die, freeze, or lose its database.
 *
 * Every call is a point: before it, or after its effect and before its answer ("the commit succeeded, the answer was
 * lost"). What a dead process awaits never comes, so it never acts again; what it sent is on its way all the same.
 */
import type { Store } from "../../src/application/ports/store.ts";
import type { SweepRecords } from "../../src/application/ports/reconcile.ts";
import type { RefundRecords } from "../../src/application/ports/refunds.ts";
import type { WebhookInbox } from "../../src/application/ports/webhooks.ts";
import { DatabaseUnusable } from "../../src/domain/errors.ts";
import type { GatewayPorts } from "./gateway/hostile-gateway.ts";

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
  /** What a store gave takes time to work on; null: none. */
  worksOn?(value: unknown): Promise<void> | null;
};

/** Counts what is on its way, so that the simulation knows when nothing moves any more but time. */
export type Activity = { began: number; running: number };

/** The books of one merchant, in either store. */
export type BookPorts = {
  readonly store: Store;
  readonly inbox: WebhookInbox;
  readonly sweep: SweepRecords;
  readonly refunds: RefundRecords;
};

/** Everything that one process has of the world. */
export type Ports = BookPorts & { readonly gateway: GatewayPorts };

export function perilousPorts({ store, inbox, sweep, refunds, gateway }: Ports, life: Life, activity: Activity): Ports {
  const calls = perilous(gateway, "gateway", life, activity);
  return {
    store: perilous(store, "store", life, activity),
    inbox: perilous(inbox, "store", life, activity),
    sweep: perilous(sweep, "store", life, activity),
    refunds: perilous(refunds, "store", life, activity),
    gateway: { ...calls, listOrders: perilousList((window) => gateway.listOrders(window), life, activity) },
  };
}

const ITEMS_A_CALL = 20;

/** A list is read piece by piece, and its reader can die between two. */
function perilousList(list: GatewayPorts["listOrders"], life: Life, activity: Activity): GatewayPorts["listOrders"] {
  return async function* (window) {
    const orders = list(window)[Symbol.asyncIterator]();
    const { listOrders } = perilous({ listOrders: () => orders.next() }, "gateway", life, activity);
    for (let read = 0; ; read++) {
      // Most items come with the page before: nothing travels for them.
      const next = await (read % ITEMS_A_CALL === 0 ? listOrders() : orders.next());
      if (next.done) return;
      yield next.value;
    }
  };
}

function perilous<Port extends object>(port: Port, name: "store" | "gateway", life: Life, activity: Activity): Port {
  const wrapped: Record<string, unknown> = {};
  for (const [method, original] of Object.entries(port)) {
    if (typeof original !== "function") continue;
    const call = original as (...parameters: unknown[]) => unknown;
    wrapped[method] = SYNCHRONOUS.has(method)
      ? call
      : (...parameters: unknown[]) => travel(method, () => call(...parameters));
  }
  return wrapped as Port;

  function travel(method: string, call: () => unknown): Promise<unknown> {
    activity.began += 1;
    if (life.thawed() !== null) return travelWhenThawed(method, call);
    if (!life.isAlive) return never();
    const fate = life.fateOf(name, method);
    if (fate !== "none") return travelThrough(fate, `${name}.${method}`, call);
    return run(call).then(arrived, arrivedFailing);
  }

  async function travelWhenThawed(method: string, call: () => unknown): Promise<unknown> {
    await life.thawed();
    return await travel(method, call);
  }

  async function travelThrough(fate: Fate, point: string, call: () => unknown): Promise<unknown> {
    if (fate === "die_before") life.die(`before ${point}`);
    if (fate === "freeze_before") {
      life.freeze(`before ${point}`);
      await life.thawed();
    }
    if (!life.isAlive) return await never();
    if (fate === "fail_before") throw new DatabaseUnusable(`the disk failed before ${point}`);
    const answer = await run(call).then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    isBack();
    if (fate === "die_after") life.die(`after ${point}`);
    if (fate === "freeze_after") life.freeze(`after ${point}`);
    if (life.thawed() !== null) await life.thawed();
    if (!life.isAlive) return await never();
    if (fate === "fail_after") throw new DatabaseUnusable(`the disk failed after ${point}`);
    return answer();
  }

  /** Gateway calls wait for virtual time; what a store does is over before time moves. */
  function run(call: () => unknown): Promise<unknown> {
    if (name === "store") activity.running += 1;
    return call() as Promise<unknown>;
  }

  function isBack(): void {
    if (name === "store") activity.running -= 1;
    activity.began += 1;
  }

  function arrived(value: unknown): unknown {
    isBack();
    if (life.thawed() !== null) return afterThaw(() => value);
    const work = name === "store" ? (life.worksOn?.(value) ?? null) : null;
    if (work !== null) return work.then(() => (life.isAlive ? value : never()));
    return life.isAlive ? value : never();
  }

  function arrivedFailing(error: unknown): unknown {
    isBack();
    const fail = (): never => {
      throw error;
    };
    if (life.thawed() !== null) return afterThaw(fail);
    return life.isAlive ? fail() : never();
  }

  async function afterThaw(answer: () => unknown): Promise<unknown> {
    await life.thawed();
    return life.isAlive ? answer() : await never();
  }
}

const SYNCHRONOUS: ReadonlySet<string> = new Set(["clockEvidence"]);

function never(): Promise<never> {
  return new Promise(() => {});
}

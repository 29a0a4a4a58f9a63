/**
 * The fault rules in force, and how many calls each has seen.
 */
import type { FaultRule } from "./fault-rule.ts";
import type { Random } from "../random.ts";
import { matchPath } from "../api/routes.ts";

export type CallFacts = {
  readonly method: string;
  readonly path: string;
  /** Asked for only when a rule names a customer. */
  readonly customerId: () => string | null;
};

type Entry = { readonly rule: FaultRule; seen: number };

export type RuleInForce = { readonly rule: FaultRule; readonly callsSeen: number };

export class RulesInForce {
  #entries: Entry[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  inject(rule: FaultRule): void {
    this.#entries.push({ rule, seen: 0 });
  }

  clear(): void {
    this.#entries = [];
  }

  inForce(): readonly RuleInForce[] {
    return this.#entries.map(({ rule, seen }) => ({ rule, callsSeen: seen }));
  }

  /** Counts the call for every rule that matches it; the ones that strike, oldest first. */
  strike(call: CallFacts): readonly FaultRule[] {
    if (this.#entries.length === 0) return [];
    const striking = this.#entries.filter((entry) => {
      if (!matches(entry.rule, call)) return false;
      entry.seen += 1;
      return this.#strikes(entry);
    });
    this.#entries = this.#entries.filter((entry) => !isUsedUp(entry));
    return striking.map((entry) => entry.rule);
  }

  #strikes({ rule, seen }: Entry): boolean {
    // Listening must stop after the call before the n-th, or the n-th would be accepted.
    if (rule.kind === "refuse") return seen === (rule.nth ?? 1) - 1;
    if (rule.nth !== undefined) return seen === rule.nth;
    if (rule.always) return true;
    if (rule.chance !== undefined) return this.#random.fraction() < rule.chance;
    return seen <= (rule.next ?? 1);
  }
}

function isUsedUp({ rule, seen }: Entry): boolean {
  if (rule.always || rule.chance !== undefined) return false;
  return seen >= (rule.nth ?? rule.next ?? 1);
}

function matches(rule: FaultRule, call: CallFacts): boolean {
  const [method = "*", pattern = "*"] = rule.call?.split(" ") ?? [];
  return (
    (method === "*" || method === call.method) &&
    matchPath(pattern, call.path) !== null &&
    (rule.customerId === undefined || rule.customerId === call.customerId())
  );
}

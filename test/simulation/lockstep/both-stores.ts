/**
 * The store in memory and one on disk, lived side by side: each call goes to both, one after the other, and what they answer
 * must be the same. The program is given the answer of the one on disk.
 *
 * What the program decides inside a transaction it decides once, on the disk's facts; the store in memory has to ask the
 * same questions, and is given the same decisions.
 */
import type { Store } from "../../../src/application/ports/store.ts";
import type { Records } from "../../../src/application/ports/records.ts";
import type { DueInvoice } from "../../../src/application/ports/charging.ts";
import type { TakenWebhook } from "../../../src/application/ports/webhooks.ts";
import type { NamedCard } from "../../../src/domain/charging/card-check.ts";
import { describe } from "../machine-log.ts";
import type { BookPorts } from "../perilous-ports.ts";
import { difference, shown, type Tell } from "./difference.ts";
import { bothRecords } from "./both-records.ts";

type Method = (...parameters: unknown[]) => Promise<unknown>;
type Port = Readonly<Record<string, unknown>>;

export type BothStores = {
  readonly ports: BookPorts;
  /** The last calls that may have written, each in words. */
  readonly lastCalls: readonly string[];
  /** Between two calls. */
  alone<T>(work: () => Promise<T>): Promise<T>;
};

/** Calls whose answers differ by what the store in memory leaves out. */
const NOT_COMPARED: ReadonlySet<string> = new Set(["list", "page", "statusCounts"]);
/** Of them nothing is written. */
const READS =
  /^(due|list|page|status|expiring|facts|installation|abandoned|sent|cards|attemptsOf|any|ofOrder|paid|unpaid|unreadable|customersTo)/;
const CALLS_REMEMBERED = 12;

/** @param afterWrite called when a call has been made that may have written; null: nobody looks so closely */
export function bothStores(
  memory: BookPorts,
  disk: BookPorts,
  tell: Tell,
  afterWrite: (() => Promise<void>) | null,
): BothStores {
  const lastCalls: string[] = [];
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: between the two halves of a call nobody may write. */
  async function alone<T>(call: () => Promise<T>): Promise<T> {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await before;
    try {
      return await call();
    } finally {
      resolve();
    }
  }

  function remember(call: string): void {
    lastCalls.push(call);
    if (lastCalls.length > CALLS_REMEMBERED) lastCalls.shift();
  }

  async function both(name: string, one: Method, other: Method, parameters: readonly unknown[]): Promise<unknown> {
    const decisions = newDecisions((what) => tell(`${name}: ${what}`));
    const call = `${name}(${parameters.map(shown).join(", ")})`;
    if (!READS.test(name)) remember(call);
    const first = await outcomeOf(() => other(...parameters.map(decisions.deciding)));
    const second = await outcomeOf(() => one(...parameters.map(decisions.repeating)));
    const differs = first.isError
      ? difference(nameOf(first.value), second.isError ? nameOf(second.value) : second.value)
      : difference(answered(name, first.value), second.isError ? describe(second.value) : answered(name, second.value));
    if (differs !== null && !NOT_COMPARED.has(name))
      tell(`disk and memory answer differently: ${differs}\n  at ${call}`);
    if (first.isError) throw first.value;
    if (!READS.test(name)) await afterWrite?.();
    return first.value;
  }

  function bothPorts<T extends object>(memoryPort: T, diskPort: T): T {
    const [ones, others] = [memoryPort as Port, diskPort as Port];
    const methods = Object.keys(diskPort).filter((name) => typeof ones[name] === "function");
    return Object.fromEntries(
      methods.map((name) => [
        name,
        (...parameters: unknown[]) => alone(() => both(name, ones[name] as Method, others[name] as Method, parameters)),
      ]),
    ) as T;
  }

  function write<T>(now: Date, work: (records: Records) => Promise<T>): Promise<T> {
    return alone(async () => {
      const answer = await memory.store.write(now, (drafts) =>
        disk.store.write(now, async (rows) => {
          remember(`write(${now.toISOString()})`);
          const books = bothRecords(drafts, rows, (what) => tell(`write: ${what}`), remember);
          const done = await work(books.records);
          books.agree();
          return done;
        }),
      );
      await afterWrite?.();
      return answer;
    });
  }

  return {
    ...{ lastCalls, alone },
    ports: {
      store: { ...bothPorts<Store>(memory.store, disk.store), write },
      inbox: bothPorts(memory.inbox, disk.inbox),
      sweep: bothPorts(memory.sweep, disk.sweep),
      refunds: bothPorts(memory.refunds, disk.refunds),
    },
  };
}

/** What was taken of the inbox at once has no order. */
function answered(name: string, answer: unknown): unknown {
  return name === "take" ? (answer as TakenWebhook[]).toSorted((a, b) => (a.id < b.id ? -1 : 1)) : wanted(answer);
}

/** Facts without those that their invoice's rule does not ask for: the store on disk selects them for a whole page, or for none. */
function wanted(facts: unknown): unknown {
  if (Array.isArray(facts)) return facts.map(wanted);
  if (!isDueInvoice(facts)) return facts;
  const { invoice, catchUp, customer } = facts;
  return {
    ...facts,
    unsettled: invoice.missed ? [] : facts.unsettled,
    paidAt: invoice.missed ? null : facts.paidAt,
    missed: invoice.missed && catchUp === "oldest_first" ? facts.missed : [],
    customer: {
      ...customer,
      declines: invoice.declines > 0 ? customer.declines : [],
      // Each once, and none of other cards.
      neverAgain: new Set(customer.neverAgain.filter(mayBe(customer.card.paymentSourceId)).map(shown)),
    },
  };
}

function mayBe(sourceId: string | null) {
  return ({ paymentSourceId }: NamedCard): boolean => paymentSourceId === null || paymentSourceId === sourceId;
}

function isDueInvoice(facts: unknown): facts is DueInvoice {
  return typeof facts === "object" && facts !== null && "unsettled" in facts && "customer" in facts;
}

type Outcome = { readonly isError: boolean; readonly value: unknown };

async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { isError: false, value: await call() };
  } catch (error) {
    return { isError: true, value: error };
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

/** What a callback was asked and answered by the first store, for the second. */
function newDecisions(tell: Tell) {
  const made: { readonly asked: readonly unknown[]; readonly answer: unknown }[] = [];
  return {
    deciding: (parameter: unknown): unknown => {
      if (typeof parameter !== "function") return parameter;
      const decide = parameter as (...asked: unknown[]) => unknown;
      return (...asked: unknown[]) => {
        // As it was asked: what is given to the program may be changed by it.
        const copy = structuredClone(asked);
        const answer = decide(...asked);
        made.push({ asked: copy, answer });
        return answer;
      };
    },
    repeating: (parameter: unknown): unknown => {
      if (typeof parameter !== "function") return parameter;
      return (...asked: unknown[]) => {
        const at = made.findIndex((each) => difference(wanted(each.asked), wanted(asked)) === null);
        const [same] = made.splice(Math.max(0, at), 1);
        if (at < 0) tell(`other facts are decided on: ${difference(wanted(same?.asked), wanted(asked)) ?? "nothing"}`);
        return same?.answer ?? null;
      };
    },
  };
}

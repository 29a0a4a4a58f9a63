/**
 * Everything that is due of a subscription, or of all that a customer has: pass after pass, each in its turn, as runs open them.
 *
 * Pure. What one pass opens is in `opening.ts`.
 */
import {
  allUses,
  type DueSubscription,
  lastMissedAt,
  type NewInvoiceId,
  openCycles,
  type OpenedCycles,
  voidsIn,
} from "./opening.ts";
import { turnsAt } from "./subscription.ts";
import { afterUses, type Waiting } from "./invoice-content.ts";

type AllOpened = OpenedCycles & { readonly waiting: Waiting };

/** All passes that a run makes one after the other, as one. */
export function openDueCycles(subscription: DueSubscription, now: Date, newId: NewInvoiceId): AllOpened {
  return openInTurn(subscription, [], now, newId).opened;
}

/**
 * The same of one of a customer's subscriptions, in its turn among the others that are due.
 *
 * @param beside the others, of the same currency
 * @returns `beside`: the others as the run leaves them
 */
export function openInTurn(
  subscription: DueSubscription,
  beside: readonly DueSubscription[],
  now: Date,
  newId: NewInvoiceId,
): { readonly opened: AllOpened; readonly beside: readonly DueSubscription[] } {
  const { opened, left } = openTogether([subscription, ...beside], now, newId, ({ id }, error) => {
    if (id === subscription.id) throw error;
  });
  return {
    opened: opened.get(subscription.id) ?? asOpened(subscription, []),
    beside: left.filter(({ id }) => id !== subscription.id),
  };
}

/**
 * All of a customer's subscriptions that are due, one after the other: the balance and the items that those before it use are not
 * there any more.
 *
 * @param all of one currency
 * @param setAside told of one that cannot be understood: it stays as it is, and the others go on
 * @returns `opened`: by subscription; of those that open nothing, nothing
 */
export function openTogether(
  all: readonly DueSubscription[],
  now: Date,
  newId: NewInvoiceId,
  setAside: (due: DueSubscription, error: unknown) => void,
): { readonly opened: ReadonlyMap<string, AllOpened>; readonly left: readonly DueSubscription[] } {
  const passes = new Map<string, OpenedCycles[]>();
  let left = all;
  for (let next = firstDue(left, now); next !== null; next = firstDue(left, now)) {
    const turn = next;
    const pass = passOf(turn);
    if (pass === null) {
      left = left.filter((each) => each !== turn);
      continue;
    }
    passes.set(turn.id, [...(passes.get(turn.id) ?? []), pass]);
    left = left.map((each) =>
      each === turn ? afterPass(turn, pass) : { ...each, waiting: afterUses(each.waiting, pass.uses) },
    );
  }
  const opened = left.flatMap((each): [string, AllOpened][] => {
    const those = passes.get(each.id);
    return those === undefined ? [] : [[each.id, asOpened(each, those)]];
  });
  return { opened: new Map(opened), left };

  function passOf(each: DueSubscription): OpenedCycles | null {
    try {
      return openCycles(each, now, newId);
    } catch (error) {
      setAside(each, error);
      return null;
    }
  }
}

/** @param due as its passes leave it */
function asOpened(
  { nextCycle, nextBillingAt, status, waiting }: DueSubscription,
  passes: readonly OpenedCycles[],
): AllOpened {
  return {
    ...{ nextCycle, nextBillingAt, status, waiting },
    invoices: passes.flatMap(({ invoices }) => invoices),
    events: passes.flatMap(({ events }) => events),
    uses: allUses(
      waiting,
      passes.map(({ uses }) => uses),
    ),
  };
}

function firstDue(all: readonly DueSubscription[], now: Date): DueSubscription | null {
  const [first = null] = all
    .filter((each) => {
      const at = turnsAt(each);
      return at !== null && at <= now;
    })
    .toSorted((a, b) => Number(turnsAt(a)) - Number(turnsAt(b)) || (a.id < b.id ? -1 : 1));
  return first;
}

function afterPass(due: DueSubscription, pass: OpenedCycles): DueSubscription {
  const { nextCycle, nextBillingAt, status } = pass;
  return {
    ...{ ...due, nextCycle, nextBillingAt, status },
    voidCycles: due.voidCycles + voidsIn(pass.invoices),
    lastMissedAt: lastMissedAt(pass.invoices, due.lastMissedAt),
    waiting: afterUses(due.waiting, pass.uses),
  };
}

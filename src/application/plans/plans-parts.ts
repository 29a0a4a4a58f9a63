/** A file of many customers in parts: some customers each, with all that is theirs, since one subscription may be in another's place. */
import type { Customer, Plan } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { PlansInput } from "./plans-input.ts";

/** What one transaction applies, row by row. */
export type Part = Pick<PlansInput, "coupons"> & {
  readonly plans: readonly Omit<Plan, "source">[];
  readonly customers: readonly Customer[];
  readonly subscriptions: PlansInput["subscriptions"];
  /** Subscriptions that may be gone from the file; null: all that there are. */
  readonly gone: readonly string[] | null;
  /** Whether it is this part that tells what became of the plans; the others only need them. */
  readonly tellsPlans: boolean;
  /** Of the plans that the whole file has. */
  readonly planIds: ReadonlySet<string>;
};

/** One customer of the file. */
export type FileCustomer = {
  readonly id: string;
  /** As the gateway has it, or taken on trust; null: the books know it. */
  readonly met: Customer | null;
  readonly entries: PlansInput["subscriptions"];
  /** Subscriptions that are gone from the file. */
  readonly gone: readonly string[];
};

/** A file of so few subscriptions is one transaction: all of it, or nothing. */
const SUBSCRIPTIONS_AT_ONCE = 50;
/** Some 10 ms of the write lock: on a busy machine a process is put aside while it holds it, and other writers wait. */
const SUBSCRIPTIONS_IN_A_PART = 15;

/** All of a small file; null: it is none. */
export function wholeFile(input: PlansInput, customers: ReadonlyMap<string, Customer>): Part | null {
  if (input.subscriptions.length > SUBSCRIPTIONS_AT_ONCE) return null;
  return { ...input, customers: [...customers.values()], gone: null, tellsPlans: true, planIds: planIdsOf(input) };
}

/** They come first, by themselves: whoever is put on one finds it. */
export function plansOfFile(input: PlansInput): Part {
  const { plans, coupons } = input;
  return { plans, coupons, customers: [], subscriptions: [], gone: [], tellsPlans: true, planIds: planIdsOf(input) };
}

/** @param goingOn what an earlier file put into the books */
export function customersOfFile(
  input: PlansInput,
  met: ReadonlyMap<string, Customer>,
  goingOn: readonly Pick<Subscription, "id" | "customerId">[],
): FileCustomer[] {
  const inFile = new Set(input.subscriptions.map(({ id }) => id));
  const wanted = Map.groupBy(input.subscriptions, ({ customerId }) => customerId);
  const gone = Map.groupBy(
    goingOn.filter(({ id }) => !inFile.has(id)),
    ({ customerId }) => customerId,
  );
  return [...new Set([...wanted.keys(), ...gone.keys()])].map((id) => ({
    ...{ id, met: met.get(id) ?? null, entries: wanted.get(id) ?? [] },
    gone: (gone.get(id) ?? []).map((each) => each.id),
  }));
}

/** Those whose rows are changed one by one. */
export function partsOf(customers: readonly FileCustomer[], input: PlansInput): Part[] {
  const planIds = planIdsOf(input);
  return someAtOnce(customers, SUBSCRIPTIONS_IN_A_PART).map((some) => {
    const subscriptions = some.flatMap(({ entries }) => entries);
    const named = new Set(subscriptions.map(({ planId }) => planId));
    return {
      plans: input.plans.filter(({ id }) => named.has(id)),
      customers: some.flatMap(({ met }) => met ?? []),
      subscriptions,
      gone: some.flatMap(({ gone }) => gone),
      ...{ tellsPlans: false, planIds },
    };
  });
}

/** @param atOnce so many subscriptions, or a few more: no customer is divided */
export function someAtOnce(customers: readonly FileCustomer[], atOnce: number): FileCustomer[][] {
  const all: FileCustomer[][] = [];
  let room = 0;
  for (const customer of customers) {
    if (room <= 0) {
      all.push([]);
      room = atOnce;
    }
    all.at(-1)?.push(customer);
    room -= customer.entries.length + customer.gone.length;
  }
  return all;
}

function planIdsOf({ plans }: PlansInput): ReadonlySet<string> {
  return new Set(plans.map(({ id }) => id));
}

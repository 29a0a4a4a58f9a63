/** A file of many customers in parts: some customers each, with all that is theirs. */
import type { Customer, Plan } from "../../domain/plan.ts";
import type { Store } from "../ports/store.ts";
import type { PlansInput } from "./plans-input.ts";

/** What one transaction applies. */
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

/** A file of so few subscriptions is one transaction: all of it, or nothing. */
const SUBSCRIPTIONS_AT_ONCE = 50;
/** Some 10 ms of the write lock: on a busy machine a process is put aside while it holds it, and other writers wait. */
const SUBSCRIPTIONS_IN_A_PART = 15;

/** A customer's subscriptions are judged together: one may be in another's place. */
export async function partsOf(
  store: Pick<Store, "list">,
  input: PlansInput,
  customers: ReadonlyMap<string, Customer>,
): Promise<Part[]> {
  const planIds = new Set(input.plans.map(({ id }) => id));
  if (input.subscriptions.length <= SUBSCRIPTIONS_AT_ONCE) {
    const all = { ...input, customers: [...customers.values()], gone: null };
    return [{ ...all, tellsPlans: true, planIds }];
  }
  const inFile = new Set(input.subscriptions.map(({ id }) => id));
  const ofFile = await store.list("subscriptions", { where: { source: "file" } });
  const gone = Map.groupBy(
    ofFile.filter(({ subscriptionId }) => !inFile.has(subscriptionId)),
    ({ customerId }) => customerId,
  );
  const wanted = Map.groupBy(input.subscriptions, ({ customerId }) => customerId);
  // The plans first, by themselves: whoever is put on one finds it.
  const parts: Part[] = [
    {
      ...{ plans: input.plans, coupons: input.coupons, customers: [], subscriptions: [], gone: [] },
      ...{ tellsPlans: true, planIds },
    },
  ];
  let part: { subscriptions: PlansInput["subscriptions"][number][]; gone: string[]; customers: Customer[] } | null =
    null;
  for (const customerId of new Set([...wanted.keys(), ...gone.keys()])) {
    part ??= { subscriptions: [], gone: [], customers: [] };
    part.subscriptions.push(...(wanted.get(customerId) ?? []));
    part.gone.push(...(gone.get(customerId) ?? []).map(({ subscriptionId }) => subscriptionId));
    const customer = customers.get(customerId);
    if (customer !== undefined) part.customers.push(customer);
    if (part.subscriptions.length + part.gone.length < SUBSCRIPTIONS_IN_A_PART) continue;
    parts.push(withPlans(part));
    part = null;
  }
  if (part !== null) parts.push(withPlans(part));
  return parts;

  function withPlans(own: Pick<Part, "subscriptions" | "gone" | "customers">): Part {
    const named = new Set(own.subscriptions.map(({ planId }) => planId));
    return { ...own, plans: input.plans.filter(({ id }) => named.has(id)), tellsPlans: false, planIds };
  }
}

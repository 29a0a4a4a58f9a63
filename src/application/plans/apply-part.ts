/**
 * A part of the file, or the whole of a small one, row by row: one transaction compares, refuses or writes.
 *
 * The comparison is made by doing it. Where it is only tried, it is taken back.
 */
import { ConfigurationInvalid, type InputFault, NeedsConfirmation } from "../../domain/errors.ts";
import type { Customer } from "../../domain/plan.ts";
import type { OutlookRules } from "../../domain/charging/invoice-outlook.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { inEnglish } from "../../domain/refusals.ts";
import { applyCoupons } from "../coupons/apply-coupons.ts";
import { upsertCustomer } from "../customers/upsert-customer.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";
import { subscriptionAndPlan } from "../subscriptions/bring-up-to-date.ts";
import { doubtSecond } from "../subscriptions/doubt-second.ts";
import { foresee } from "../subscriptions/foresee.ts";
import { applyPlan } from "./apply-plan.ts";
import { applySubscription } from "./apply-subscription.ts";
import { firstChargesOf, withFirstCharges } from "./first-charges.ts";
import { whatIsGone, whichPlansAreGone } from "./gone-from-file.ts";
import { type Begun, placeOf } from "./judge-subscription.ts";
import type { PlanChange } from "./plan-change.ts";
import type { Part } from "./plans-parts.ts";

type Needs = { readonly store: Pick<Store, "write">; readonly clock: Clock; readonly random: Random };

export type PartOptions = {
  readonly fileName: string;
  readonly prune: boolean;
  readonly confirmed: boolean;
  /** Ids of all subscriptions of the file. */
  readonly inFile: ReadonlySet<string>;
  readonly rules: OutlookRules;
};

/** In the order in which a person reads them. */
export type PartApplied = {
  readonly before: readonly PlanChange[];
  readonly subscriptions: readonly PlanChange[];
  readonly gone: readonly PlanChange[];
  readonly plansGone: readonly PlanChange[];
  readonly unchanged: number;
  readonly doubts: readonly InputFault[];
};

/** @throws {ConfigurationInvalid} nothing of this part can be done */
export async function tryPart(needs: Needs, part: Part, options: PartOptions, now: Date): Promise<PartApplied> {
  return await foresee(needs.store, now, (records) => applyInRecords(needs, records, part, options, now));
}

/** @throws {ConfigurationInvalid} nothing of this part was done @throws {NeedsConfirmation} likewise */
export async function applyPart(needs: Needs, part: Part, options: PartOptions, now: Date): Promise<PartApplied> {
  return await needs.store.write(now, async (records) => {
    const applied = await applyInRecords(needs, records, part, options, now);
    if (!options.confirmed && applied.doubts.length > 0)
      throw new NeedsConfirmation("nothing was applied", applied.doubts);
    return applied;
  });
}

async function applyInRecords(
  needs: Needs,
  records: Records,
  part: Part,
  options: PartOptions,
  now: Date,
): Promise<PartApplied> {
  const before: PlanChange[] = [];
  const subscriptions: PlanChange[] = [];
  const faults: InputFault[] = [];
  let unchanged = 0;
  await records.prefetch({
    customerIds: [...new Set(part.subscriptions.map(({ customerId }) => customerId))],
    subscriptionIds: part.subscriptions.map(({ id }) => id),
  });
  // Whoever is put on one finds it in the books.
  for (const wanted of part.plans) {
    const change = await applyPlan(records, { ...wanted, source: "file" }, options.fileName, faults);
    if (!part.tellsPlans) continue;
    if (change === null) unchanged += 1;
    else before.push(change);
  }
  if (part.coupons !== undefined) {
    const applied = await applyCoupons(records, part.coupons, { ...options, now }, faults);
    before.push(...applied.changes);
    unchanged += applied.unchanged;
  }
  for (const customer of part.customers) {
    await upsertCustomer(records, customer, "customer.created");
    before.push(meeting(customer));
  }
  const begun: Begun[] = [];
  const at = { fileName: options.fileName, now };
  for (const wanted of part.subscriptions) {
    const change = await applySubscription(needs, records, wanted, at, { faults, begun });
    if (change === null) unchanged += 1;
    else subscriptions.push(change);
  }
  if (faults.length > 0) throw new ConfigurationInvalid("nothing was applied", faults);

  const gone = await whatIsGone(needs, records, part, options, now);
  const plansGone = part.tellsPlans ? await whichPlansAreGone(records, part, options) : [];
  const doubts = await doubtsOf(records, subscriptions, part, options, now);
  const firstCharges = await firstChargesOf(records, begun, options.rules, now);
  return { before, subscriptions: withFirstCharges(subscriptions, firstCharges), gone, plansGone, unchanged, doubts };
}

export function meeting(customer: Customer): PlanChange {
  return { action: "add", kind: "customer", id: customer.id, details: [`${customer.name}, ${cardText(customer)}`] };
}

function cardText(customer: Customer): string {
  return customer.cardLast4 === null
    ? "no card known"
    : `${customer.cardBrand ?? "card"} ending in ${customer.cardLast4}`;
}

/** Once everything is as it would be: what the same file ends is no reason to ask. */
async function doubtsOf(
  records: Records,
  changes: readonly PlanChange[],
  { subscriptions }: Part,
  { fileName, inFile }: PartOptions,
  now: Date,
): Promise<InputFault[]> {
  const added = new Set(changes.flatMap(({ action, id }) => (action === "add" ? [id] : [])));
  const fresh = subscriptions.filter(({ id }) => added.has(id));
  const customerIds = [...new Set(fresh.map(({ customerId }) => customerId))];
  const all = Map.groupBy(await records.subscriptions({ customerIds }), ({ customerId }) => customerId);
  const doubts: InputFault[] = [];
  for (const entry of fresh) {
    const { subscription, plan } = await subscriptionAndPlan(records, entry.id);
    const others = all.get(subscription.customerId) ?? [];
    const isDropped = (other: Subscription) => isDroppedBy(inFile, other);
    const doubt = await doubtSecond(records, subscription, plan, others, now, isDropped);
    if (doubt !== null) doubts.push({ where: placeOf(entry, fileName), ...doubt, what: inEnglish(doubt.what) });
  }
  return doubts;
}

/** It came from an earlier file, and goes on. */
export function isDroppedBy(inFile: ReadonlySet<string>, { id, source }: Pick<Subscription, "id" | "source">): boolean {
  return source === "file" && !inFile.has(id);
}

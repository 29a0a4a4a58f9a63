/**
 * Take a change of plan or quantity back: the last one, before it takes effect; or the one whose invoice of its own is voided.
 *
 * One transaction: the terms of before, and what waited or was given back for it, or none of it.
 */
import assert from "node:assert/strict";
import { Refused } from "../../domain/errors.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { changeOfKey, lastToUndo, type SubscriptionChange } from "../../domain/subscription-change.ts";
import { said, unchanged } from "../../domain/refusals.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Mutable, RecordedInvoice, Records } from "../ports/records.ts";
import { takeRestBack } from "./charge-rest.ts";
import { upToDateSubscription } from "./bring-up-to-date.ts";
import { foresee } from "./foresee.ts";

type Needs = { readonly store: Pick<Store, "write">; readonly clock: Clock; readonly random: Random };

/**
 * Takes the last change back, while it has not taken effect.
 * @throws {Refused} there is none, or it has
 */
export async function undoChange(needs: Needs, subscriptionId: string, by: string): Promise<SubscriptionChange> {
  const now = needs.clock.now();
  return await needs.store.write(now, (records) => undoInRecords(needs, records, subscriptionId, { now, by }));
}

/** The change that `undoChange` would take back. Nothing is changed. */
export async function previewUndo(needs: Needs, subscriptionId: string): Promise<SubscriptionChange> {
  const now = needs.clock.now();
  return await foresee(
    needs.store,
    now,
    async (records) => await undoInRecords(needs, records, subscriptionId, { now, by: "preview" }),
  );
}

type Undoing = { readonly now: Date; readonly by: string };

async function undoInRecords(
  { random }: Pick<Needs, "random">,
  records: Records,
  subscriptionId: string,
  { now, by }: Undoing,
): Promise<SubscriptionChange> {
  const { subscription } = await upToDateSubscription(records, subscriptionId, now, random);
  const changes = await records.changes(subscriptionId);
  const last = lastToUndo(subscription, changes);
  if ("fault" in last)
    throw new Refused(said("change_refused", { id: subscriptionId, why: said(`undo_${last.fault}`) }));
  const change = changes.find(({ number }) => number === last.change.number);
  assert(change, "it is one of them");
  const plan = await records.plan(change.toPlanId);
  if (plan !== null && !(await takeRestBack(records, subscription, plan, change, { now, by })))
    throw new Refused(unchanged(said("change_refused", { id: subscriptionId, why: said("undo_spent") })));
  asBefore(records, subscription, change, { now, by });
  return { ...change };
}

/**
 * Nobody pays for the new terms of a change whose invoice of its own becomes void, so they do not hold either: what comes after
 * is priced by the terms of before. Where a later change stands, or the next cycle has begun, the subscription stays as it is.
 */
export async function undoOfVoid(
  records: Records,
  invoice: Pick<RecordedInvoice, "id" | "subscriptionId" | "oneOffKey">,
  now: Date,
): Promise<void> {
  const { id: invoiceId, subscriptionId, oneOffKey } = invoice;
  if (changeOfKey(oneOffKey) === null) return;
  const changes = await records.changes(subscriptionId);
  // It still stands: no other way takes back a change that has an invoice, and an invoice becomes void once.
  const change = changes.find((each) => each.invoiceId === invoiceId);
  const subscription = await records.subscription(subscriptionId);
  if (change === undefined || subscription === null || change.nextCycle !== subscription.nextCycle) return;
  const by = `void ${invoiceId}`;
  const isLast = changes.findLast(({ undoneAt }) => undoneAt === null) === change;
  if (isLast) asBefore(records, subscription, change, { now, by });
  else noteUndone(records, subscription, change, { now, by });
}

function asBefore(
  records: Records,
  subscription: Mutable<Subscription>,
  change: Mutable<SubscriptionChange>,
  undoing: Undoing,
): void {
  subscription.planId = change.fromPlanId;
  subscription.quantity = change.fromQuantity;
  if (subscription.anchorLocal !== change.fromAnchorLocal) {
    subscription.anchorLocal = change.fromAnchorLocal;
    subscription.nextBillingAt = change.fromNextBillingAt;
  }
  noteUndone(records, subscription, change, undoing);
  records.refresh(subscription.id);
}

/** @param subscription by the terms that hold from now on */
function noteUndone(
  records: Records,
  { id: subscriptionId, customerId, planId, quantity }: Subscription,
  change: Mutable<SubscriptionChange>,
  { now, by }: Undoing,
): void {
  change.undoneAt = now;
  change.undoneBy = by;
  records.record({
    type: "subscription.change_undone",
    subscriptionId,
    customerId,
    data: { toPlanId: planId, toQuantity: quantity, by },
  });
}

/** What the file had and has no more: reported, and ended only when `prune` says so. */
import { formatMoney } from "../../domain/money.ts";
import { isEnded, type Subscription } from "../../domain/subscription.ts";
import type { Random } from "../ports/runtime.ts";
import type { Records } from "../ports/records.ts";
import { upToDateSubscription } from "../subscriptions/bring-up-to-date.ts";
import { cancelInRecords } from "../subscriptions/cancel-subscription.ts";
import { localText } from "./change-text.ts";
import type { PlanChange } from "./plan-change.ts";
import type { Part } from "./plans-parts.ts";

type Options = { readonly inFile: ReadonlySet<string>; readonly prune: boolean };

export async function whatIsGone(
  { random }: { readonly random: Random },
  records: Records,
  { gone }: Part,
  { inFile, prune }: Options,
  now: Date,
): Promise<PlanChange[]> {
  const changes: PlanChange[] = [];
  const candidates = gone === null ? await records.subscriptions() : await subscriptionsNamed(records, gone);
  for (const { id, source, status, cancelAt } of candidates) {
    if (source !== "file" || inFile.has(id) || isEnded(status) || cancelAt !== null) continue;
    if (!prune) {
      changes.push(goesOn(id));
      continue;
    }
    const { subscription, plan } = await upToDateSubscription(records, id, now, random);
    if (isEnded(subscription.status)) continue;
    const { endsAt, lastInvoice } = await cancelInRecords({ records, random }, subscription, plan, now, {
      atOnce: false,
    });
    changes.push({
      action: "cancel",
      kind: "subscription",
      id,
      details: [
        `ends ${localText(endsAt, subscription.timeZone)}`,
        ...(lastInvoice === null
          ? []
          : [`charged by the next run for what waits: ${formatMoney(lastInvoice.amountCents, lastInvoice.currency)}`]),
      ],
    });
  }
  return changes;
}

export function goesOn(id: string): PlanChange {
  const details = ["is no longer in the file and goes on"];
  return { action: "gone", kind: "subscription", id, details, isPrunable: true };
}

async function subscriptionsNamed(records: Records, ids: readonly string[]): Promise<Subscription[]> {
  if (ids.length === 0) return [];
  await records.prefetch({ customerIds: [], subscriptionIds: ids });
  const found: Subscription[] = [];
  for (const id of ids) {
    const subscription = await records.subscription(id);
    if (subscription !== null) found.push(subscription);
  }
  return found;
}

export async function whichPlansAreGone(
  records: Records,
  { planIds }: Part,
  { prune }: Pick<Options, "prune">,
): Promise<PlanChange[]> {
  const changes: PlanChange[] = [];
  for (const { id, source } of await records.plans()) {
    if (source !== "file" || planIds.has(id)) continue;
    const isUsed = await records.hasSubscriptions(id);
    if (!isUsed && prune) await records.removePlan(id);
    const details = isUsed
      ? ["is no longer in the file; kept, since subscriptions name it"]
      : ["is no longer in the file"];
    changes.push(
      !isUsed && prune
        ? { action: "remove", kind: "plan", id, details: [] }
        : { action: "gone", kind: "plan", id, details, ...(isUsed ? {} : { isPrunable: true }) },
    );
  }
  return changes;
}

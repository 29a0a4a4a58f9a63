/**
 * What people change of a running subscription: its plan and quantity, in every way, first shown and then done; a pause with a
 * beginning and an end. In the lives with extras, whose chance is its own.
 */
import { createHash } from "node:crypto";
import { DateTime } from "luxon";
import { planPause } from "../../../src/application/subscriptions/pause-subscription.ts";
import { changeSubscription, previewChange } from "../../../src/application/subscriptions/change-subscription.ts";
import { undoChange } from "../../../src/application/subscriptions/undo-change.ts";
import type { Apply } from "../../../src/domain/proration.ts";
import type { Plan } from "../../../src/domain/plan.ts";
import type { Tax } from "../../../src/domain/tax.ts";
import type { Chance } from "../chance.ts";
import type { Merchant } from "../merchant.ts";
import { apply } from "./people.ts";
import type { PersonNeeds } from "./person-needs.ts";

/** Besides its own plan a subscription may have its twin: the same in all but the price; or one of another interval. */
const TWIN = "_twin";
const OTHER = "_other";

/** The law's text reaches as far as that, and a rate of the border is vouched for. */
const TAXES: readonly Tax[] = [
  { rate: 16, included: true },
  { rate: 16, included: false },
  { rate: 8, included: true, confirmedUntil: "2099-12-31" },
  { rate: "exempt", included: true },
];

const OTHER_INTERVALS: readonly Pick<Plan, "interval" | "frequency">[] = [
  { interval: "month", frequency: 1 },
  { interval: "month", frequency: 3 },
  { interval: "half_month", frequency: 1 },
  { interval: "week", frequency: 2 },
  { interval: "day", frequency: 20 },
  { interval: "year", frequency: 1 },
];

export type Terms = { readonly planId: string; readonly quantity: number };

/** Called as soon as it is known what is asked for. @param answer what it comes to, if it is done */
export type Chosen = (act: "change" | "plan_pause", subscriptionId: string, answer: unknown) => void;

/** The line of the file says another plan or quantity, and how; then it is as it was, with the new ones. */
async function changeInFile(
  needs: PersonNeeds,
  merchant: Merchant,
  order: Merchant["subscriptions"][number],
  terms: Terms,
  change: Apply,
): Promise<{ readonly told: string; readonly answer: unknown }> {
  const { id } = order;
  const [row] = await needs.store.list("subscriptions", { where: { subscriptionId: id } });
  // What has ended is left as it is, and what the file says already changes nothing; one that was never billed begins anew.
  const isSame = terms.planId === order.planId && terms.quantity === order.quantity;
  const isOver = row === undefined || row.status === "canceled" || row.status === "completed";
  const isBilled = (await needs.store.list("invoices", { where: { subscriptionId: id } })).length > 0;
  if (isSame || isOver || !isBilled) return { told: "", answer: undefined };
  const subscriptions = merchant.subscriptions.map((each) => (each === order ? { ...order, ...terms, change } : each));
  await apply(needs, { ...merchant, subscriptions });
  // The answer to an earlier file was lost, and the books have these terms since then: this one changed nothing.
  const isDone = terms.planId === row.planId && terms.quantity === row.quantity;
  Object.assign(order, terms);
  return {
    told: `file: change of ${id} to ${terms.quantity} of ${terms.planId} at ${change}`,
    answer: isDone ? undefined : { ...terms, apply: change },
  };
}

/** And every other plan tells its IVA. */
export function withTwins(merchant: Merchant, chance: Chance): void {
  for (const [index, plan] of merchant.plans.entries())
    merchant.plans[index] = { ...plan, tax: chance.pick([null, null, ...TAXES]) };
  const twins = merchant.plans.map((plan, index) => ({
    ...plan,
    id: `${plan.id}${TWIN}`,
    name: `${plan.name} twin`,
    lineItems: plan.lineItems
      .map((line) => ({ ...line, unitPriceCents: line.unitPriceCents + 5_000 * (index - 2) + 1 }))
      .map((line) => ({ ...line, unitPriceCents: Math.max(300, line.unitPriceCents) })),
  }));
  const others = merchant.plans.map((plan) => ({
    ...plan,
    ...chance.pick(OTHER_INTERVALS.filter(({ interval }) => interval !== plan.interval)),
    id: `${plan.id}${OTHER}`,
    name: `${plan.name} other`,
  }));
  merchant.plans.push(...twins, ...others);
}

/** Another of the same family. */
function otherThan(planId: string, chance: Chance): string {
  const own = planId.replace(TWIN, "").replace(OTHER, "");
  return chance.pick([own, own, `${own}${TWIN}`, `${own}${TWIN}`, `${own}${OTHER}`].filter((each) => each !== planId));
}

/** Nothing but what was answered is written into the merchant's file. @returns what was done, and what it answered */
export async function termsAsPerson(
  needs: PersonNeeds,
  chance: Chance,
  merchant: Merchant,
  onChosen: Chosen,
): Promise<{ readonly told: string; readonly answer: unknown }> {
  const order = chance.pick(merchant.subscriptions);
  const { id, planId, quantity, timeZone } = order;
  const act = chance.pick(["change", "change", "change", "undo", "pause"] as const);
  if (act === "pause") {
    const today = DateTime.fromJSDate(needs.clock.now(), { zone: timeZone });
    const from = chance.happens(0.3) ? null : today.plus({ days: chance.between(1, 30) }).toISODate();
    const until = today.plus({ days: chance.between(31, 75) }).toISODate() ?? "";
    onChosen("plan_pause", id, null);
    const answer = await planPause(needs, id, { from, until });
    return { told: `pause of ${id} from ${from ?? "now"} until ${until}`, answer };
  }
  if (act === "undo") {
    // Whatever it takes back is what was before: the terms of now, or those that it answers.
    onChosen("change", id, { planId, quantity });
    const { fromPlanId, fromQuantity } = await undoChange(needs, id, "somebody");
    Object.assign(order, { planId: fromPlanId, quantity: fromQuantity });
    return { told: `undone for ${id}`, answer: { planId: fromPlanId, quantity: fromQuantity } };
  }
  const other = otherThan(planId, chance);
  const terms: Terms = {
    planId: chance.happens(0.6) && order.lineItems === null ? other : planId,
    quantity: chance.happens(0.6) ? chance.between(1, 4) : quantity,
  };
  const how = chance.pick([null, "period_end", "next_invoice", "next_invoice", "now", "now", "none"] as const);
  const today = DateTime.fromJSDate(needs.clock.now(), { zone: timeZone });
  const isDated = (how === "now" || how === "next_invoice") && chance.happens(0.3);
  const wanted = {
    ...terms,
    apply: how,
    on: isDated ? today.plus({ days: chance.between(-9, 20) }).toISODate() : null,
  };
  onChosen("change", id, terms);
  if (how !== null && !isDated && chance.happens(0.4)) return await changeInFile(needs, merchant, order, terms, how);
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
  const { token } = await previewChange({ ...needs, digest }, id, wanted);
  const done = await changeSubscription({ ...needs, digest }, id, wanted, { token, by: "somebody" });
  Object.assign(order, terms);
  return {
    told: `change of ${id} to ${terms.quantity} of ${terms.planId} at ${done.apply}`,
    answer: { ...terms, lines: done.lines, apply: done.apply, on: done.on },
  };
}

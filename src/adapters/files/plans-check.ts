/**
 * What can only be judged across several values of plans.yaml: references, ids used twice, amounts to be charged.
 *
 * Notes faults at their places; decides nothing else. References and ids are checked in the text itself: an entry
 * that has a fault elsewhere is still there, and what refers to it is not wrong.
 */
import { AMOUNT_CENTS_MAX, amountsOf, type LineItem } from "../../domain/money.ts";
import { type Tax, taxFaultOf, taxFaultSaid } from "../../domain/tax.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { FilePlan, FileSubscription, Item } from "./plans-entry.ts";
import type { Path, YamlFile } from "./yaml-file.ts";
import { inEnglish } from "../../domain/refusals.ts";

export function noteUnknownPolicies(
  file: YamlFile,
  plans: readonly Item<FilePlan>[],
  policies: ReadonlySet<string>,
): void {
  for (const { value, sound, path } of plans) {
    const policy = sound?.dunning ?? textAt(value, "dunning");
    if (policy === null || policies.has(policy)) continue;
    file.fault([...path, "dunning"], unknown("policy of dunning.yaml", policy, policies));
  }
}

export function noteUnknownPlans(
  file: YamlFile,
  subscriptions: readonly Item<FileSubscription>[],
  plans: readonly Item<FilePlan>[],
): void {
  const planIds = new Set(plans.map(({ value }) => textAt(value, "id")).filter((id) => id !== null));
  for (const { value, path } of subscriptions) {
    const planId = textAt(value, "plan");
    if (planId === null || planIds.has(planId)) continue;
    file.fault([...path, "plan"], unknown("plan of this file", planId, planIds));
  }
}

export function noteTwice(
  file: YamlFile,
  noun: "plan" | "subscription",
  items: readonly Item<FilePlan | FileSubscription>[],
): void {
  const lines = new Map<string, number>();
  for (const { value, sound, path } of items) {
    const id = sound?.id ?? textAt(value, "id");
    if (id === null) continue;
    const line = lines.get(id);
    if (line === undefined) lines.set(id, file.lineOf(path));
    else file.fault([...path, "id"], `there is a ${noun} "${id}" on line ${line} already; give this one another id`);
  }
}

/** A code is one coupon's. */
export function noteTwiceGiven(
  file: YamlFile,
  coupons: readonly { readonly path: Path; readonly sound: { readonly code: string } | null }[],
): void {
  const lines = new Map<string, number>();
  for (const { sound, path } of coupons) {
    if (sound === null) continue;
    const line = lines.get(sound.code);
    if (line === undefined) lines.set(sound.code, file.lineOf(path));
    else
      file.fault(
        [...path, "code"],
        `there is a coupon "${sound.code}" on line ${line} already; give this one another code`,
      );
  }
}

/** What each subscription will be charged; of a plan without subscriptions, what one would be charged. */
export function noteAmounts(
  file: YamlFile,
  plans: readonly Item<FilePlan>[],
  subscriptions: readonly Item<FileSubscription>[],
  minChargeCents: number,
): void {
  const byId = new Map(plans.map(({ sound }) => [sound?.id, sound]));
  const priced = new Set<string>();
  for (const { sound: subscription, path } of subscriptions) {
    const plan = byId.get(subscription?.planId);
    if (subscription === null || plan === undefined || plan === null) continue;
    if (subscription.lineItems === null) priced.add(plan.id);
    const prices = subscription.lineItems === null ? pricesOf(plan) : [subscription.lineItems];
    const what = prices.map((lines) => amountFault(lines, subscription, plan, minChargeCents)).find(isFault);
    if (what !== undefined) file.fault(path, what);
  }
  for (const { sound: plan, path } of plans) {
    if (plan === null || priced.has(plan.id)) continue;
    const once = { quantity: 1, discount: null };
    const what = pricesOf(plan)
      .map((lines) => amountFault(lines, once, plan, minChargeCents))
      .find(isFault);
    if (what !== undefined) file.fault([...path, "line_items"], what);
  }
}

/** Rates that there are, told by all lines of an invoice or by none. */
export function noteTaxes(
  file: YamlFile,
  plans: readonly Item<FilePlan>[],
  subscriptions: readonly Item<FileSubscription>[],
  today: string,
): void {
  const note = (path: Path, lines: readonly LineItem[], tax: Tax | null): void => {
    const fault = taxFaultOf(lines, tax, today);
    if (fault !== null) file.fault([...path, "line_items", fault.line, "tax"], inEnglish(taxFaultSaid(fault)));
  };
  for (const { sound: plan, path } of plans) {
    if (plan === null) continue;
    note(path, plan.lineItems, plan.tax ?? null);
    for (const [at, { lineItems }] of (plan.prices ?? []).entries())
      note([...path, "prices", at], lineItems, plan.tax ?? null);
  }
  const taxes = new Map(plans.map(({ sound }) => [sound?.id, sound?.tax ?? null]));
  for (const { sound: subscription, path } of subscriptions)
    if (subscription?.lineItems) note(path, subscription.lineItems, taxes.get(subscription.planId) ?? null);
}

export function notePriceOrder(file: YamlFile, plans: readonly Item<FilePlan>[]): void {
  for (const { sound: plan, path } of plans) {
    const days = (plan?.prices ?? []).map(({ from }) => from);
    const at = days.findIndex((day, index) => index > 0 && day <= (days[index - 1] ?? ""));
    if (at >= 0)
      file.fault([...path, "prices", at, "from"], `${days[at]} is not after ${days[at - 1]}; the earliest first`);
  }
}

/** What is charged at once, and what will be. */
function pricesOf({ lineItems, prices }: FilePlan): readonly (readonly LineItem[])[] {
  return [lineItems, ...(prices ?? []).map((price) => price.lineItems)];
}

function isFault(what: string | null): what is string {
  return what !== null;
}

function amountFault(
  lineItems: readonly LineItem[],
  { quantity, discount }: Pick<FileSubscription, "quantity" | "discount">,
  { currency, tax = null }: Pick<FilePlan, "currency" | "tax">,
  minChargeCents: number,
): string | null {
  // What is wrong with its tax was noted already.
  if (taxFaultOf(lineItems, tax, "")?.is === "partly_told") return null;
  const fullCents = lineItems.reduce((sum, line) => sum + line.unitPriceCents * line.quantity * quantity, 0);
  if (fullCents > AMOUNT_CENTS_MAX) return `charges ${fullCents} cents, more than Conekta's ${AMOUNT_CENTS_MAX}`;

  const { amountCents } = amountsOf(lineItems, quantity, discount, tax);
  if (amountCents === 0 || amountCents >= minChargeCents) return null;
  return `charges ${amountCents} cents ${currency}; expected 0 or at least ${minChargeCents} (MIN_CHARGE_CENTS): Conekta takes no less`;
}

function unknown(noun: string, given: string, known: ReadonlySet<string>): string {
  const all = known.size === 0 ? "there is none" : `expected one of ${[...known].slice(0, 8).join(", ")}`;
  return `"${given}" is no ${noun}; ${didYouMean(given, known) ?? all}`;
}

function textAt(entry: unknown, key: string): string | null {
  const value = entry !== null && typeof entry === "object" ? (entry as Record<string, unknown>)[key] : undefined;
  return typeof value === "string" ? value : null;
}

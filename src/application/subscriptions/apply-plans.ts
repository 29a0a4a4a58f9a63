/**
 * Make the books match the plans file, and say what that changed.
 *
 * Customers nobody has seen are read at the gateway first, outside any transaction. Then one transaction compares,
 * refuses or writes: either the whole file holds, or nothing of it was done. A running subscription's past is never
 * rewritten; what is gone from the file is reported, and ends only when `prune` says so.
 *
 * A file of many customers goes through in parts, some customers each with all that is theirs, so that nobody waits for the
 * whole of it: first all parts are tried and taken back, and one fault keeps everything out; then they are written, one short
 * transaction each. A crash in between leaves the first parts, each whole; the same file again does the rest.
 */
import assert from "node:assert/strict";
import { DateTime } from "luxon";
import { amountsOf, formatMoney } from "../../domain/money.ts";
import { nextCharge, type OutlookRules } from "../../domain/next-charge.ts";
import { ConfigurationInvalid, NeedsConfirmation, Refused, type InputFault } from "../../domain/errors.ts";
import {
  decidePlanChange,
  decideSubscriptionChange,
  FIXED_PLAN_FIELDS,
  type FieldChange,
} from "../../domain/plan-changes.ts";
import { type Customer, isArchived, type Plan, priceCentsOf } from "../../domain/plan.ts";
import { taxTermsText } from "../../domain/tax.ts";
import { beginSubscription, isEnded, type Subscription, type SubscriptionOrder } from "../../domain/subscription.ts";
import { changeInRecords } from "./change-subscription.ts";
import type { Apply } from "../../domain/proration.ts";
import { subscriptionAndPlan, upToDateSubscription } from "./bring-up-to-date.ts";
import { cancelInRecords } from "./cancel-subscription.ts";
import { doubtSecond } from "./doubt-second.ts";
import { lookUpCustomers } from "./look-up-customers.ts";
import { applyCoupons } from "../coupons/apply-coupons.ts";
import { upsertCustomer } from "../customers/upsert-customer.ts";
import type { PlansInput } from "./plans-input.ts";
import type { Gateway } from "../ports/gateway.ts";
import { NOTHING_WAITS } from "../../domain/waiting.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";
import type { Records, Mutable, Store } from "../ports/store.ts";

export type PlanChange = {
  readonly action: "add" | "change" | "cancel" | "remove" | "gone" | "ended";
  readonly kind: "plan" | "subscription" | "customer" | "coupon";
  readonly id: string;
  /** For people: what changes from what to what; the next billing date of what is new. */
  readonly details: readonly string[];
};

export type PlansApplied = {
  readonly changes: readonly PlanChange[];
  readonly unchanged: number;
  /** New subscriptions that look like ones their customers have already. */
  readonly doubts: readonly InputFault[];
};

type Needs = {
  readonly store: Store;
  readonly gateway: Gateway | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

type Options = {
  readonly fileName: string;
  readonly dryRun: boolean;
  readonly prune: boolean;
  /** A person said that every doubt was looked into; a dry run tells the doubts, and needs nobody's word. */
  readonly confirmed: boolean;
  /** Of a file that goes through in parts. */
  readonly progress?: (phase: "compared" | "applied", subscriptions: number) => void;
};

/**
 * @param needs.gateway null: offline, customers are taken as they are named
 * @throws {ConfigurationInvalid} with every fault; nothing was changed
 * @throws {NeedsConfirmation} with every doubt, unless `confirmed`; nothing was changed
 * @throws {GatewayUnavailable} an unknown customer could not be looked up; nothing was changed
 */
export async function applyPlans(needs: Needs, input: PlansInput, options: Options): Promise<PlansApplied> {
  const { store, clock } = needs;
  const now = clock.now();
  const { customers, livemode } = await lookUpCustomers(needs, input, options.fileName, now);
  // Records that know their mode refuse the other before anything is written; new ones learn it with what is applied.
  if (livemode !== null && (await store.installation()).livemode !== null) await store.confirmMode(livemode);

  const parts = await partsOf(store, input, customers);
  const [only] = parts;
  const whole = { ...options, inFile: new Set(input.subscriptions.map(({ id }) => id)) };
  if (parts.length === 1 && only !== undefined) {
    const applied = inOne([await applyPart(needs, only, { ...whole, tries: options.dryRun }, now)]);
    if (options.dryRun) return applied;
    return await noteApplied(needs, applied, livemode);
  }
  const tried = await applyParts(needs, parts, { ...whole, tries: true, confirmed: true }, now);
  if (tried.faults.length > 0) throw new ConfigurationInvalid("nothing was applied", tried.faults);
  if (options.dryRun) return tried.applied;
  if (!options.confirmed && tried.applied.doubts.length > 0)
    throw new NeedsConfirmation("nothing was applied", tried.applied.doubts);
  const { applied } = await applyParts(needs, parts, { ...whole, tries: false, confirmed: true }, now);
  return await noteApplied(needs, applied, livemode);
}

async function noteApplied(
  { store, log }: Needs,
  applied: PlansApplied,
  livemode: boolean | null,
): Promise<PlansApplied> {
  if (livemode !== null) await store.confirmMode(livemode);
  log.info("plans.applied", { changes: applied.changes.length, unchanged: applied.unchanged });
  return applied;
}

// ---------------------------------------------------------------- parts

/** What one transaction applies. */
type Part = Pick<PlansInput, "coupons"> & {
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

type PartOptions = Options & {
  readonly inFile: ReadonlySet<string>;
  /** It is done, and taken back. */
  readonly tries: boolean;
};

/** In the order in which a person reads them. */
type PartApplied = {
  readonly before: readonly PlanChange[];
  readonly subscriptions: readonly PlanChange[];
  readonly gone: readonly PlanChange[];
  readonly plansGone: readonly PlanChange[];
  readonly unchanged: number;
  readonly doubts: readonly InputFault[];
};

/** Some 30 ms of the write lock. */
const SUBSCRIPTIONS_IN_A_PART = 50;

/** A customer's subscriptions are judged together: one may be in another's place. */
async function partsOf(
  store: Pick<Store, "list">,
  input: PlansInput,
  customers: ReadonlyMap<string, Customer>,
): Promise<Part[]> {
  const planIds = new Set(input.plans.map(({ id }) => id));
  if (input.subscriptions.length <= SUBSCRIPTIONS_IN_A_PART) {
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

async function applyParts(
  needs: Needs,
  parts: readonly Part[],
  options: PartOptions,
  now: Date,
): Promise<{ readonly applied: PlansApplied; readonly faults: readonly InputFault[] }> {
  const applied: PartApplied[] = [];
  const faults: InputFault[] = [];
  let subscriptions = 0;
  for (const part of parts) {
    const begunMs = needs.clock.monotonicMs();
    try {
      applied.push(await applyPart(needs, part, options, now));
    } catch (error) {
      if (!options.tries || !(error instanceof ConfigurationInvalid)) throw error;
      faults.push(...error.faults);
    }
    subscriptions += part.subscriptions.length;
    options.progress?.(options.tries ? "compared" : "applied", subscriptions);
    // Whoever waits for the lock wakes now and then only: it is free for as long as it was held.
    const heldMs = needs.clock.monotonicMs() - begunMs;
    await new Promise((resolve) => setTimeout(resolve, heldMs));
  }
  return { applied: inOne(applied), faults };
}

function inOne(parts: readonly PartApplied[]): PlansApplied {
  const changes = (["before", "subscriptions", "gone", "plansGone"] as const).flatMap((phase) =>
    parts.flatMap((part) => part[phase]),
  );
  return {
    changes,
    unchanged: parts.reduce((sum, part) => sum + part.unchanged, 0),
    doubts: parts.flatMap(({ doubts }) => doubts),
  };
}

/** @throws {ConfigurationInvalid} nothing of this part was done */
async function applyPart(needs: Needs, part: Part, options: PartOptions, now: Date): Promise<PartApplied> {
  class TakenBack extends Error {
    readonly applied: PartApplied;
    constructor(applied: PartApplied) {
      super("taken back");
      this.applied = applied;
    }
  }
  try {
    return await needs.store.write(now, async (records) => {
      const applied = await applyInRecords(needs, records, part, options, now);
      // The comparison is made by doing it.
      if (options.tries) throw new TakenBack(applied);
      if (!options.confirmed && applied.doubts.length > 0)
        throw new NeedsConfirmation("nothing was applied", applied.doubts);
      return applied;
    });
  } catch (error) {
    if (error instanceof TakenBack) return error.applied;
    throw error;
  }
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
  const plans = new Map<string, Plan>();
  for (const wanted of part.plans) {
    const plan: Plan = { ...wanted, source: "file" };
    plans.set(plan.id, plan);
    const change = await applyPlan(records, plan, options.fileName, faults);
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
    before.push({
      action: "add",
      kind: "customer",
      id: customer.id,
      details: [`${customer.name}, ${cardText(customer)}`],
    });
  }
  for (const wanted of part.subscriptions) {
    const plan = plans.get(wanted.planId);
    const change = await applySubscription(needs, records, wanted, plan, options.fileName, now, faults);
    if (change === null) unchanged += 1;
    else subscriptions.push(change);
  }
  if (faults.length > 0) throw new ConfigurationInvalid("nothing was applied", faults);

  const gone = await whatIsGone(needs, records, part, options, now);
  const plansGone = part.tellsPlans ? await whichPlansAreGone(records, part, options) : [];
  const doubts = await doubtsOf(records, subscriptions, part, options, now);
  return { before, subscriptions, gone, plansGone, unchanged, doubts };
}

/** Once everything is as it would be: what the same file ends is no reason to ask. */
async function doubtsOf(
  records: Records,
  changes: readonly PlanChange[],
  { subscriptions }: Part,
  { fileName, inFile }: PartOptions,
  now: Date,
): Promise<InputFault[]> {
  const added = new Set(
    changes.flatMap(({ action, kind, id }) => (action === "add" && kind === "subscription" ? [id] : [])),
  );
  const fresh = subscriptions.filter(({ id }) => added.has(id));
  const customerIds = [...new Set(fresh.map(({ customerId }) => customerId))];
  const all = Map.groupBy(await records.subscriptions({ customerIds }), ({ customerId }) => customerId);
  const doubts: InputFault[] = [];
  for (const { id, where } of fresh) {
    const { subscription, plan } = await subscriptionAndPlan(records, id);
    const isDropped = (other: Subscription) => other.source === "file" && !inFile.has(other.id);
    const doubt = await doubtSecond(
      records,
      subscription,
      plan,
      all.get(subscription.customerId) ?? [],
      now,
      isDropped,
    );
    if (doubt !== null) doubts.push({ where: `${fileName}, ${where} (subscription ${id})`, ...doubt });
  }
  return doubts;
}

async function applyPlan(
  records: Records,
  wanted: Plan,
  fileName: string,
  faults: InputFault[],
): Promise<PlanChange | null> {
  const where = `${fileName} (plan ${wanted.id})`;
  const current = await records.plan(wanted.id);
  if (current === null) {
    records.addPlan(wanted);
    records.record({ type: "plan.created", data: { planId: wanted.id } });
    return { action: "add", kind: "plan", id: wanted.id, details: [planText(wanted)] };
  }
  const details = differences(current, wanted);
  if (details.length === 0 && current.source === wanted.source) return null;
  const isUsed = await records.hasSubscriptions(wanted.id);
  const decision = decidePlanChange(current, wanted, isUsed);
  if (decision.do === "refuse") {
    if (decision.because === "of_another_source")
      faults.push({ where, what: `a plan of this id was added by ${decision.source} already; use a new id` });
    else
      for (const { field, is, wanted: given } of decision.fields)
        faults.push({
          where,
          what:
            `${snake(field)} is fixed once the plan has subscriptions: it is ${text(is)}, ` +
            `the file says ${text(given)}; put it back, or make a plan with a new id`,
        });
    return null;
  }
  Object.assign(current, { prices: null, tax: null }, wanted);
  records.record({ type: "plan.changed", data: { planId: wanted.id, changes: details } });
  return { action: "change", kind: "plan", id: wanted.id, details };
}

async function applySubscription(
  needs: Needs,
  records: Records,
  { where: line, change, ...wanted }: PlansInput["subscriptions"][number],
  filePlan: Plan | undefined,
  fileName: string,
  now: Date,
  faults: InputFault[],
): Promise<PlanChange | null> {
  const where = `${fileName}, ${line} (subscription ${wanted.id})`;
  const plan = filePlan ?? (await records.plan(wanted.planId));
  if (plan === null) {
    faults.push({ where, what: `names plan ${wanted.planId}, which does not exist` });
    return null;
  }
  const current = await records.subscription(wanted.id);
  if (current === null && isArchived((await records.plan(wanted.planId)) ?? plan)) {
    faults.push({ where, what: `plan ${plan.id} is archived, and takes no new subscription` });
    return null;
  }
  const fresh = beginSubscription(wanted, plan, "file", now);
  if (current === null) return await addNew(records, fresh, plan, now, where, faults);

  const changed = change === undefined ? [] : await changeTerms(needs, records, { ...wanted, change }, current);
  if ("fault" in changed) {
    faults.push({ where, what: changed.fault });
    return null;
  }

  const asked = { ...wanted, ...fresh, source: "file" } as const;
  // Whether something was billed is asked only where it decides.
  let decision = decideSubscriptionChange(current, asked, true);
  if (decision.do === "refuse" && decision.because === "fixed" && !(await records.hasInvoices(current.id)))
    decision = decideSubscriptionChange(current, asked, false);
  switch (decision.do) {
    case "leave": {
      const details = [`is ${decision.status}; use a new id to start again`];
      return { action: "ended", kind: "subscription", id: wanted.id, details };
    }
    case "change":
      return withChange(changed, wanted.id, changeFree(records, current, wanted, plan, decision.fields));
    case "begin_anew": {
      const details = decision.fields.map(
        (each) => `${FIELD_NAMES[each.field]}: ${text(each.is)} -> ${text(each.wanted)}`,
      );
      await records.removeSubscription(current.id);
      const added = await addNew(records, fresh, plan, now, where, faults);
      return added && { ...added, action: "change", details: [...details, ...added.details] };
    }
    case "refuse":
      if (decision.because === "of_another_source")
        faults.push({ where, what: `a subscription of this id was added by ${decision.source} already; use a new id` });
      else
        for (const { field, is, wanted: given } of decision.fields)
          faults.push({
            where,
            what:
              `${FIELD_NAMES[field]} is fixed ${FIXED_SINCE[decision.because]}: it is ${text(is)}, ` +
              `the file says ${text(given)}; put it back, or use a new id` +
              (field === "planId" ? `; or say how it is to change: change: next_invoice` : ""),
          });
      return null;
    default:
      return decision satisfies never;
  }
}

/** Another plan or quantity of one that runs. @returns what changed, or why it may not */
async function changeTerms(
  needs: Needs,
  records: Records,
  { id, planId, quantity, change }: SubscriptionOrder & { readonly change: Apply },
  current: Subscription,
): Promise<readonly string[] | { readonly fault: string }> {
  const isSame = current.planId === planId && current.quantity === quantity;
  if (isSame || current.source !== "file" || isEnded(current.status) || !(await records.hasInvoices(id))) return [];
  const wanted = { planId, quantity, apply: change, on: null };
  const was = `${current.planId} × ${current.quantity}`;
  try {
    // A file has no preview that it could be held to: its own dry run is one.
    const done = await changeInRecords({ ...needs, digest: () => "" }, records, id, wanted, "plans.yaml");
    const { apply, on, netCents } = done;
    const plan = await records.plan(planId);
    const net =
      netCents === 0 || plan === null ? "" : `, ${formatMoney(netCents, plan.currency)} for the rest of the period`;
    return [`plan: ${was} -> ${planId} × ${quantity}, ${apply}, from ${on} on${net}`];
  } catch (error) {
    if (error instanceof Refused) return { fault: error.message };
    throw error;
  }
}

function withChange(changed: readonly string[], id: string, change: PlanChange | null): PlanChange | null {
  if (changed.length === 0) return change;
  return { action: "change", kind: "subscription", id, details: [...changed, ...(change?.details ?? [])] };
}

async function addNew(
  records: Records,
  fresh: Subscription | null,
  plan: Plan,
  now: Date,
  where: string,
  faults: InputFault[],
): Promise<PlanChange | null> {
  if (fresh === null) {
    faults.push({
      where,
      what: `all ${plan.expiryCount} periods are over already; choose a later start, or set bill_past: true`,
    });
    return null;
  }
  records.addSubscription(fresh);
  const { id, customerId, firstCycle } = fresh;
  records.record({
    type: "subscription.created",
    subscriptionId: id,
    customerId,
    data: { planId: plan.id, firstCycle },
  });
  const customer = await records.customer(customerId);
  assert(customer, `${customerId} was looked up before`);
  const details = [`${plan.name} for ${customer.name} (${customerId}), ${firstCharge(fresh, plan, customer, now)}`];
  if (firstCycle > 0) details.push(`${firstCycle} past period(s) are not billed (bill_past: true would)`);
  return { action: "add", kind: "subscription", id, details };
}

function firstCharge(fresh: Subscription, plan: Plan, card: Customer, now: Date): string {
  const first = nextCharge(
    {
      subscription: { ...fresh, plan, lastMissedAt: null, voidCycles: 0, waiting: NOTHING_WAITS },
      ...{ unsettled: [], missed: [], disputes: [], paidAt: null },
      customer: { card, ...UNTRIED },
    },
    ALONE,
    now,
  );
  if (first.at === null) return `no charge as things are: ${first.because.replaceAll("_", " ")}`;
  const amount = formatMoney(first.amountCents, first.currency);
  const local = localText(first.at, fresh.timeZone);
  if (first.at > now) return `first charge ${local}, ${amount}`;
  return `is charged with the next run, ${amount}: due since ${local}`;
}

const UNTRIED = {
  ...{ isDeleted: false, readAt: null, nextReadAt: null, nextChargeAt: null },
  ...{ neverAgain: [], toReplace: [], declines: [], tries: [] },
};

/** Of one that was never charged, no limit and no policy says anything yet. */
const ALONE: OutlookRules = {
  ...{ isHalted: false, spent: { charges: 0, amountCents: 0 }, limits: { maxCharges: null, maxAmountCents: null } },
  ...{ maxChargesPerCustomerPerDay: Infinity, budgets: { visaReattemptsIn30Days: Infinity } },
  policyOf: () => ({ laterCycles: "collect_in_order", windowDays: Infinity, onChargeback: "charge" }),
};

function changeFree(
  records: Records,
  current: Mutable<Subscription>,
  wanted: SubscriptionOrder,
  plan: Plan,
  fields: readonly FieldChange<string>[],
): PlanChange | null {
  const details = fields.map(
    (each) => `${snake(each.field)}: ${text(each.is)} -> ${text(each.wanted)}, from the next invoice on`,
  );
  if (details.length === 0) return null;
  const [was, will] = [current, wanted].map(({ lineItems, quantity, discount }) =>
    formatMoney(
      amountsOf(lineItems ?? plan.lineItems, quantity, discount, plan.tax ?? null).amountCents,
      plan.currency,
    ),
  );
  details.push(was === will ? `amount: ${was}, as before` : `amount: ${was} -> ${will}`);
  current.quantity = wanted.quantity;
  current.lineItems = wanted.lineItems;
  current.discount = wanted.discount;
  const { id, customerId } = current;
  records.record({ type: "subscription.changed", subscriptionId: id, customerId, data: { changes: details } });
  return { action: "change", kind: "subscription", id, details };
}

async function whatIsGone(
  { random }: Needs,
  records: Records,
  { gone }: Part,
  { inFile, prune }: PartOptions,
  now: Date,
): Promise<PlanChange[]> {
  const changes: PlanChange[] = [];
  const candidates = gone === null ? await records.subscriptions() : await subscriptionsNamed(records, gone);
  for (const { id, source, status, cancelAt } of candidates) {
    if (source !== "file" || inFile.has(id) || isEnded(status) || cancelAt !== null) continue;
    if (!prune) {
      changes.push({
        action: "gone",
        kind: "subscription",
        id,
        details: ["is no longer in the file and goes on; --prune cancels it"],
      });
      continue;
    }
    const { subscription, plan } = await upToDateSubscription(records, id, now, random);
    if (isEnded(subscription.status)) continue;
    const { endsAt } = await cancelInRecords(records, subscription, plan, now, { atOnce: false });
    changes.push({
      action: "cancel",
      kind: "subscription",
      id,
      details: [`ends ${localText(endsAt, subscription.timeZone)}`],
    });
  }
  return changes;
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

async function whichPlansAreGone(records: Records, { planIds }: Part, { prune }: PartOptions): Promise<PlanChange[]> {
  const changes: PlanChange[] = [];
  for (const { id, source } of await records.plans()) {
    if (source !== "file" || planIds.has(id)) continue;
    const isUsed = await records.hasSubscriptions(id);
    if (!isUsed && prune) await records.removePlan(id);
    const details = isUsed
      ? ["is no longer in the file; kept, since subscriptions name it"]
      : ["is no longer in the file; --prune removes it"];
    changes.push(
      !isUsed && prune
        ? { action: "remove", kind: "plan", id, details: [] }
        : { action: "gone", kind: "plan", id, details },
    );
  }
  return changes;
}

/** What a person did stays done: a subscription that begins anew would be neither paused nor canceled. */
const FIXED_SINCE = {
  fixed: "once the subscription has invoices",
  ending: "while the subscription is canceled at the end of its period",
  paused: "while the subscription is paused",
} as const;

const FIELD_NAMES = { customerId: "customer", planId: "plan", startLocal: "start", timeZone: "time_zone" } as const;
const COMPARED = ["name", ...FIXED_PLAN_FIELDS, "lineItems", "prices", "tax", "dunning", "catchUp"] as const;

function differences(current: Plan, wanted: Plan): string[] {
  return COMPARED.filter((field) => !same(current[field], wanted[field])).map((field) => {
    if (field === "lineItems") return lineText(current, wanted);
    if (field === "prices") return `later prices: ${laterText(current)} -> ${laterText(wanted)}`;
    if (field === "tax") return taxDifference(current, wanted);
    return `${snake(field)}: ${text(current[field])} -> ${text(wanted[field])}`;
  });
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** "2026-12-01 09:00 America/Mexico_City" */
function localText(at: Date, timeZone: string): string {
  return `${DateTime.fromJSDate(at, { zone: timeZone }).toFormat("yyyy-MM-dd HH:mm")} ${timeZone}`;
}

/** "Plan Oro: $200.15 MXN every 1 month, 14 days of trial" */
function planText(plan: Plan): string {
  const trial = plan.trialPeriodDays > 0 ? `, after a trial of ${plan.trialPeriodDays} days` : "";
  const end = plan.expiryCount === null ? "" : `, ${plan.expiryCount} ${plan.expiryCounts ?? "charges"}`;
  const tax = plan.tax ? `, ${taxTermsText(plan.tax)},` : "";
  const later = (plan.prices ?? []).length === 0 ? "" : `; ${laterText(plan)}`;
  return `${plan.name}: ${priceText(plan)}${tax} every ${plan.frequency} ${plan.interval}${trial}${end}${later}`;
}

/** "$250.00 MXN from 2027-01-01" */
function laterText(plan: Plan): string {
  const all = (plan.prices ?? []).map(({ from, lineItems }) => `${priceText(plan, lineItems)} from ${from}`);
  return all.length === 0 ? "none" : all.join(", ");
}

function priceText(plan: Plan, lineItems?: Plan["lineItems"]): string {
  return formatMoney(priceCentsOf(plan, lineItems), plan.currency);
}

/** Whether the amount changes is what the customer will ask. */
function taxDifference(is: Plan, wanted: Plan): string {
  const [was, will] = [is.tax, wanted.tax].map((tax) => (tax ? taxTermsText(tax) : "none told"));
  const amounts = [priceText(is), priceText({ ...is, tax: wanted.tax })];
  const amount = amounts[0] === amounts[1] ? `${amounts[0]}, as before` : amounts.join(" -> ");
  return `tax: ${was} -> ${will}, from the next invoice on; amount: ${amount}`;
}

/** What a person compares: the price where it changes, and the lines only where it does not. */
function lineText(is: Plan, wanted: Plan): string {
  const [was, will] = [priceText(is), priceText(is, wanted.lineItems)];
  if (was !== will) return `price: ${was} -> ${will}, from the next invoice on`;
  return `line_items: ${text(is.lineItems)} -> ${text(wanted.lineItems)}`;
}

function cardText(customer: Customer): string {
  return customer.cardLast4 === null
    ? "no card known"
    : `${customer.cardBrand ?? "card"} ending in ${customer.cardLast4}`;
}

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
import { ConfigurationInvalid, type InputFault, NeedsConfirmation } from "../../domain/errors.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import type { OutlookRules } from "../../domain/charging/invoice-outlook.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { applyCoupons } from "../coupons/apply-coupons.ts";
import { upsertCustomer } from "../customers/upsert-customer.ts";
import { type OutlookNeeds, outlookRules } from "../charging/outlook-rules.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Records } from "../ports/records.ts";
import { subscriptionAndPlan } from "../subscriptions/bring-up-to-date.ts";
import { doubtSecond } from "../subscriptions/doubt-second.ts";
import { lookUpCustomers } from "../subscriptions/look-up-customers.ts";
import { applyPlan } from "./apply-plan.ts";
import { applySubscription, type Begun } from "./apply-subscription.ts";
import { whatIsGone, whichPlansAreGone } from "./gone-from-file.ts";
import type { PlanChange } from "./plan-change.ts";
import type { PlansInput } from "./plans-input.ts";
import { firstChargesOf } from "./first-charges.ts";
import { type Part, partsOf } from "./plans-parts.ts";
import { inEnglish } from "../../domain/refusals.ts";

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
  /** With which the first charge of a new subscription is announced. */
  readonly foreseeing: Omit<OutlookNeeds, "store">;
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
  const rules = await outlookRules({ ...needs.foreseeing, store }, now);
  const whole = { ...options, rules, inFile: new Set(input.subscriptions.map(({ id }) => id)) };
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

type PartOptions = Options & {
  readonly inFile: ReadonlySet<string>;
  readonly rules: OutlookRules;
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
  const begun: Begun[] = [];
  const at = { fileName: options.fileName, now };
  for (const wanted of part.subscriptions) {
    const change = await applySubscription(needs, records, wanted, plans.get(wanted.planId), at, { faults, begun });
    if (change === null) unchanged += 1;
    else subscriptions.push(change);
  }
  if (faults.length > 0) throw new ConfigurationInvalid("nothing was applied", faults);

  const gone = await whatIsGone(needs, records, part, options, now);
  const plansGone = part.tellsPlans ? await whichPlansAreGone(records, part, options) : [];
  const doubts = await doubtsOf(records, subscriptions, part, options, now);
  const firstCharges = await firstChargesOf(records, begun, options.rules, now);
  return { before, subscriptions: subscriptions.map(withFirstCharge), gone, plansGone, unchanged, doubts };

  function withFirstCharge(change: PlanChange): PlanChange {
    const first = firstCharges.get(change.id);
    if (first === undefined) return change;
    return { ...change, details: change.details.map((each) => (each === first.who ? `${each}, ${first.what}` : each)) };
  }
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
    if (doubt !== null)
      doubts.push({ where: `${fileName}, ${where} (subscription ${id})`, ...doubt, what: inEnglish(doubt.what) });
  }
  return doubts;
}

function cardText(customer: Customer): string {
  return customer.cardLast4 === null
    ? "no card known"
    : `${customer.cardBrand ?? "card"} ending in ${customer.cardLast4}`;
}

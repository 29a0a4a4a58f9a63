/**
 * Many customers of the file at once, judged by what the books hold of them: what is new, what has other terms, what is as it
 * was. Reads a batch by one statement a table, and writes nothing.
 *
 * What needs more of the books than that (another plan in a running period, another start, an end) is told apart, to be
 * changed row by row.
 */
import assert from "node:assert/strict";
import type { InputFault } from "../../domain/errors.ts";
import { type CustomerFacts, NEVER_CHARGED } from "../../domain/charging/charge-decision.ts";
import type { OutlookRules } from "../../domain/charging/invoice-outlook.ts";
import { decideSubscriptionChange } from "../../domain/plan-changes.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import { inEnglish } from "../../domain/refusals.ts";
import type { EnrolmentFacts, EnrolmentRecords } from "../ports/enrolment.ts";
import { doubtAmong } from "../subscriptions/doubt-second.ts";
import { isDroppedBy, meeting, type PartApplied } from "./apply-part.ts";
import { firstChargesOf, withFirstCharges } from "./first-charges.ts";
import { goesOn } from "./gone-from-file.ts";
import {
  addition,
  asBooked,
  type Begun,
  begunOrFault,
  type FileSubscription,
  leftEnded,
  noPlan,
  otherTerms,
  placeOf,
  refusals,
} from "./judge-subscription.ts";
import type { PlanChange } from "./plan-change.ts";
import type { FileCustomer } from "./plans-parts.ts";

export type BatchOptions = {
  readonly fileName: string;
  readonly prune: boolean;
  readonly inFile: ReadonlySet<string>;
  readonly rules: OutlookRules;
  /** Of the file, by id. */
  readonly plans: ReadonlyMap<string, Plan>;
};

export type BatchJudged = {
  readonly applied: PartApplied;
  readonly faults: readonly InputFault[];
  /** Those of whom something is to be written. */
  readonly writes: readonly FileCustomer[];
  /** Those who are to be changed row by row; nothing else is told of them. */
  readonly rowByRow: readonly FileCustomer[];
};

export type Verdict =
  | { readonly do: "refuse"; readonly faults: readonly InputFault[] }
  | ({ readonly do: "add" } & ReturnType<typeof addition>)
  | ({ readonly do: "change" } & NonNullable<ReturnType<typeof otherTerms>>)
  /** It has ended. */
  | { readonly do: "leave"; readonly change: PlanChange }
  | { readonly do: "nothing" }
  | { readonly do: "row_by_row" };

export async function judgeBatch(
  enrolment: EnrolmentRecords,
  batch: readonly FileCustomer[],
  options: BatchOptions,
  now: Date,
): Promise<BatchJudged> {
  const facts = await enrolment.facts(askedOf(batch));
  const before: PlanChange[] = [];
  const subscriptions: PlanChange[] = [];
  const gone: PlanChange[] = [];
  const faults: InputFault[] = [];
  const begun: Begun[] = [];
  const writes: FileCustomer[] = [];
  const rowByRow: FileCustomer[] = [];
  let unchanged = 0;
  for (const customer of batch) {
    const verdicts = customer.entries.map((entry) => verdictOn(entry, customer, facts, options, now));
    if (isForRows(customer, verdicts, facts, options)) {
      rowByRow.push(customer);
      continue;
    }
    if (customer.met !== null) before.push(meeting(customer.met));
    for (const verdict of verdicts) {
      if (verdict.do === "refuse") faults.push(...verdict.faults);
      else if (verdict.do === "nothing") unchanged += 1;
      else if (verdict.do !== "row_by_row") subscriptions.push(verdict.change);
      if (verdict.do === "add") begun.push(verdict.begun);
    }
    gone.push(...customer.gone.map(goesOn));
    if (verdicts.some(({ do: what }) => what === "add" || what === "change")) writes.push(customer);
  }
  const firstCharges = await firstChargesOf(outlookRecords(), begun, options.rules, now);
  const applied = {
    ...{ before, subscriptions: withFirstCharges(subscriptions, firstCharges), gone, plansGone: [], unchanged },
    doubts: doubtsAbout(batch, begun, facts, options, now),
  };
  return { applied, faults, writes, rowByRow };

  /** As the books would be. */
  function outlookRecords(): Parameters<typeof firstChargesOf>[0] {
    const met = new Map(batch.flatMap(({ met: customer }) => (customer === null ? [] : [[customer.id, customer]])));
    return {
      payers: async (ids) => {
        const others = ids.flatMap((id) => {
          const customer = met.get(id);
          return customer === undefined ? [] : [[id, payerMet(customer, now)] as const];
        });
        // Whom the books know they know better.
        return new Map([...others, ...(await enrolment.payers(ids, now))]);
      },
      waitingForEach: (whose) => enrolment.waitingForEach(whose),
      subscriptions: async ({ customerIds = [] } = {}) => customerIds.flatMap((id) => facts.ofCustomer.get(id) ?? []),
      plan: async (id) => {
        const ofBooks = { subscriptionIds: [], customerIds: [], planIds: [id] };
        return options.plans.get(id) ?? (await enrolment.facts(ofBooks)).plans.get(id) ?? null;
      },
    };
  }
}

export function askedOf(batch: readonly FileCustomer[]) {
  const entries = batch.flatMap((customer) => customer.entries);
  return {
    subscriptionIds: entries.map(({ id }) => id),
    customerIds: batch.map(({ id }) => id),
    planIds: entries.map(({ planId }) => planId),
  };
}

export function verdictOn(
  entry: FileSubscription,
  { met }: FileCustomer,
  facts: EnrolmentFacts,
  { fileName, plans }: Pick<BatchOptions, "fileName" | "plans">,
  now: Date,
): Verdict {
  const { id, planId, customerId, quantity } = entry;
  const where = placeOf(entry, fileName);
  const refuse = (what: string): Verdict => ({ do: "refuse", faults: [{ where, what }] });
  if (facts.damagedPlans.has(planId) || facts.damagedSubscriptions.has(id)) return { do: "row_by_row" };
  const booked = facts.plans.get(planId) ?? null;
  const plan = plans.get(planId) ?? booked;
  if (plan === null) return refuse(noPlan(entry));
  const current = facts.subscriptions.get(id);
  if (current === undefined) {
    const fresh = begunOrFault(entry, { plan, booked }, now);
    if ("fault" in fresh) return refuse(fresh.fault);
    const customer = facts.customers.get(customerId) ?? met;
    assert(customer, `${customerId} was looked up before`);
    return { do: "add", ...addition(fresh, plan, customer) };
  }
  // Another plan is judged there anyway.
  if (entry.change !== undefined && current.quantity !== quantity) return { do: "row_by_row" };
  const wanted = asBooked(entry);
  const decision = decideSubscriptionChange(current, wanted, true);
  if (decision.do === "leave") return { do: "leave", change: leftEnded(id, decision) };
  if (decision.do === "change") {
    const other = otherTerms(current, wanted, plan, decision.fields);
    return other === null ? { do: "nothing" } : { do: "change", ...other };
  }
  if (decision.do === "refuse" && decision.because === "of_another_source")
    return { do: "refuse", faults: refusals(decision, where) };
  // Whether anything was billed decides.
  return { do: "row_by_row" };
}

function isForRows(
  { id, met, gone }: FileCustomer,
  verdicts: readonly Verdict[],
  { customers }: EnrolmentFacts,
  { prune }: BatchOptions,
): boolean {
  const isAny = (what: Verdict["do"]) => verdicts.some((verdict) => verdict.do === what);
  // What is known of a card changes with a new read; what is announced of a new one, with other terms beside it.
  const isMetAnew = met !== null && customers.has(id);
  return isAny("row_by_row") || isMetAnew || (prune && gone.length > 0) || (isAny("add") && isAny("change"));
}

function payerMet(customer: Customer, now: Date): CustomerFacts {
  // When she was read is asked by nobody who foresees.
  return { ...NEVER_CHARGED, card: customer, readAt: now };
}

function doubtsAbout(
  batch: readonly FileCustomer[],
  begun: readonly Begun[],
  facts: EnrolmentFacts,
  { fileName, inFile }: BatchOptions,
  now: Date,
): InputFault[] {
  const fresh = Map.groupBy(begun, ({ subscription }) => subscription.customerId);
  const places = new Map(batch.flatMap(({ entries }) => entries.map((entry) => [entry.id, placeOf(entry, fileName)])));
  return begun.flatMap(({ subscription, plan }) => {
    const { id, customerId } = subscription;
    const booked = (facts.ofCustomer.get(customerId) ?? []).map((other) => ({
      ...other,
      isDropped: isDroppedBy(inFile, other),
    }));
    const added = (fresh.get(customerId) ?? []).map((other) => ({
      ...other.subscription,
      ...{ billedUntil: null, isDropped: false },
    }));
    const others = [...booked, ...added].filter((other) => other.id !== id).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const doubt = doubtAmong(subscription, plan, others, now);
    return doubt === null ? [] : [{ where: places.get(id) ?? fileName, ...doubt, what: inEnglish(doubt.what) }];
  });
}

/**
 * Make the books match the plans file, and say what that changed.
 *
 * Customers nobody has seen are read at the gateway first, outside any transaction. Then one transaction compares,
 * refuses or writes: either the whole file holds, or nothing of it was done. A running subscription's past is never
 * rewritten; what is gone from the file is reported, and ends only when `prune` says so.
 *
 * A file of many customers goes through in parts: apply-many.ts.
 */
import type { InputFault } from "../../domain/errors.ts";
import { type OutlookNeeds, outlookRules } from "../charging/outlook-rules.ts";
import type { EnrolmentRecords } from "../ports/enrolment.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Clock, Log, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { lookUpCustomers } from "../subscriptions/look-up-customers.ts";
import { applyMany, type Progress } from "./apply-many.ts";
import { applyPart, type PartApplied, tryPart } from "./apply-part.ts";
import { inFileOrder } from "./judge-subscription.ts";
import type { PlanChange } from "./plan-change.ts";
import type { PlansInput } from "./plans-input.ts";
import { wholeFile } from "./plans-parts.ts";

export type PlansApplied = {
  readonly changes: readonly PlanChange[];
  readonly unchanged: number;
  /** New subscriptions that look like ones their customers have already. */
  readonly doubts: readonly InputFault[];
};

type Needs = {
  readonly store: Store & { readonly enrolment: EnrolmentRecords };
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
  readonly progress?: Progress;
};

/**
 * @param needs.gateway null: offline, customers are taken as they are named
 * @throws {ConfigurationInvalid} with every fault; nothing was changed
 * @throws {NeedsConfirmation} with every doubt, unless `confirmed`; nothing was changed
 * @throws {GatewayUnavailable} an unknown customer could not be looked up; nothing was changed
 * @throws {Refused} of a file of many customers: somebody changed the books meanwhile; what came before that is applied
 */
export async function applyPlans(needs: Needs, input: PlansInput, options: Options): Promise<PlansApplied> {
  const { store, clock, log } = needs;
  const now = clock.now();
  const { customers, livemode } = await lookUpCustomers(needs, input, options.fileName, now);
  // Records that know their mode refuse the other before anything is written; new ones learn it with what is applied.
  if (livemode !== null && (await store.installation()).livemode !== null) await store.confirmMode(livemode);

  const rules = await outlookRules({ ...needs.foreseeing, store }, now);
  const asked = { ...options, rules, inFile: new Set(input.subscriptions.map(({ id }) => id)) };
  const whole = wholeFile(input, customers);
  const applyWhole = options.dryRun ? tryPart : applyPart;
  const applied = inOne(
    whole === null
      ? await applyMany(needs, input, customers, asked, now)
      : [await applyWhole(needs, whole, asked, now)],
    input,
    options.fileName,
  );
  if (options.dryRun) return applied;
  if (livemode !== null) await store.confirmMode(livemode);
  log.info("plans.applied", { changes: applied.changes.length, unchanged: applied.unchanged });
  return applied;
}

/** As if the file had gone through in one: what is told of its subscriptions in its own order. */
function inOne(parts: readonly PartApplied[], input: PlansInput, fileName: string): PlansApplied {
  const places = new Map(input.subscriptions.map(({ id }, at) => [id, at]));
  const placeOf = ({ id }: PlanChange): number => places.get(id) ?? 0;
  const of = (phase: "before" | "gone" | "plansGone") => parts.flatMap((part) => part[phase]);
  const subscriptions = parts
    .flatMap((part) => part.subscriptions)
    .toSorted((one, other) => placeOf(one) - placeOf(other));
  return {
    changes: [...of("before"), ...subscriptions, ...of("gone"), ...of("plansGone")],
    unchanged: parts.reduce((sum, part) => sum + part.unchanged, 0),
    doubts: inFileOrder(
      parts.flatMap(({ doubts }) => doubts),
      input,
      fileName,
    ),
  };
}

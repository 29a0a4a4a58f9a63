/**
 * A file of many customers, in parts, so that nobody waits for the whole of it.
 *
 * First everything is compared, and one fault keeps everything out; that asks for no lock but where rows are changed one by
 * one, which is tried and taken back. Then it is written, in short transactions of some customers each, which judge by what the
 * books hold by then. What is as it was is not written at all. A crash in between leaves the first parts, each whole; the same
 * file again does the rest.
 */
import { ConfigurationInvalid, type InputFault, NeedsConfirmation, Refused } from "../../domain/errors.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import type { Enrolment, EnrolmentFacts, EnrolmentRecords } from "../ports/enrolment.ts";
import { meetingOf } from "../subscriptions/import-subscriptions.ts";
import { applyPart, type PartApplied, type PartOptions, tryPart } from "./apply-part.ts";
import { askedOf, type BatchOptions, judgeBatch, verdictOn } from "./judge-batch.ts";
import { inFileOrder } from "./judge-subscription.ts";
import { customersOfFile, type FileCustomer, type Part, partsOf, plansOfFile, someAtOnce } from "./plans-parts.ts";
import type { PlansInput } from "./plans-input.ts";

type Needs = {
  readonly store: Pick<Store, "write"> & { readonly enrolment: EnrolmentRecords };
  readonly clock: Clock;
  readonly random: Random;
};

export type Progress = (phase: "compared" | "applied", subscriptions: number) => void;

type Options = PartOptions & { readonly dryRun: boolean; readonly progress?: Progress };

const JUDGED_AT_ONCE = 200;
/** Some 10 ms of the write lock. */
const WRITTEN_AT_ONCE = 100;

/** @param met whom the books do not know, or took on trust @throws as `applyPlans` */
export async function applyMany(
  needs: Needs,
  input: PlansInput,
  met: ReadonlyMap<string, Customer>,
  options: Options,
  now: Date,
): Promise<PartApplied[]> {
  const { enrolment } = needs.store;
  const plansPart = plansOfFile(input);
  const customers = customersOfFile(input, met, await enrolment.goingOnFromFile());
  const plans = new Map(input.plans.map((plan): [string, Plan] => [plan.id, { ...plan, source: "file" }]));
  const batchOptions: BatchOptions = { ...options, plans };
  const applied: PartApplied[] = [];
  const faults: InputFault[] = [];
  const writes: FileCustomer[] = [];
  const rowByRow: FileCustomer[] = [];
  const compared = counting("compared");

  await tried(plansPart);
  for (const batch of someAtOnce(customers, JUDGED_AT_ONCE)) {
    const judged = await judgeBatch(enrolment, batch, batchOptions, now);
    applied.push(judged.applied);
    faults.push(...judged.faults);
    writes.push(...judged.writes);
    rowByRow.push(...judged.rowByRow);
    compared(entriesIn(batch) - entriesIn(judged.rowByRow));
  }
  const parts = partsOf(rowByRow, input);
  for (const part of parts) {
    await inTurns(() => tried(part));
    compared(part.subscriptions.length);
  }
  const { fileName } = options;
  if (faults.length > 0) throw new ConfigurationInvalid("nothing was applied", inFileOrder(faults, input, fileName));
  if (options.dryRun) return applied;
  const doubts = inFileOrder(
    applied.flatMap((each) => each.doubts),
    input,
    fileName,
  );
  if (!options.confirmed && doubts.length > 0) throw new NeedsConfirmation("nothing was applied", doubts);

  const written = counting("applied");
  const asked = { ...options, confirmed: true };
  await applyPart(needs, plansPart, asked, now);
  for (const some of someAtOnce(writes, WRITTEN_AT_ONCE)) {
    await enrolment.enrol(askedOf(some), now, (facts) => enrolmentOf(some, facts, batchOptions, now));
    written(entriesIn(some));
  }
  for (const part of parts) {
    await inTurns(() => applyPart(needs, part, asked, now));
    written(part.subscriptions.length);
  }
  return applied;

  async function tried(part: Part): Promise<void> {
    try {
      applied.push(await tryPart(needs, part, options, now));
    } catch (error) {
      if (!(error instanceof ConfigurationInvalid)) throw error;
      faults.push(...error.faults);
    }
  }

  /** Whoever waits for the lock wakes now and then only: it is free for as long as it was held. */
  async function inTurns(hold: () => Promise<unknown>): Promise<void> {
    const begunMs = needs.clock.monotonicMs();
    await hold();
    const heldMs = needs.clock.monotonicMs() - begunMs;
    await new Promise((resolve) => setTimeout(resolve, heldMs));
  }

  function counting(phase: Parameters<Progress>[0]): (more: number) => void {
    let count = 0;
    return (more) => options.progress?.(phase, (count += more));
  }
}

function entriesIn(customers: readonly FileCustomer[]): number {
  return customers.reduce((sum, { entries }) => sum + entries.length, 0);
}

/** @throws {Refused} somebody changed the books since they were compared, so that it cannot be written */
function enrolmentOf(
  customers: readonly FileCustomer[],
  facts: EnrolmentFacts,
  options: BatchOptions,
  now: Date,
): Enrolment {
  const unmet = customers.flatMap(({ id, met }) => (met === null || facts.customers.has(id) ? [] : met));
  const verdicts = customers.flatMap((customer) =>
    customer.entries.map((entry) => {
      const verdict = verdictOn(entry, customer, facts, options, now);
      if (verdict.do === "refuse" || verdict.do === "row_by_row")
        throw new Refused(
          `${options.fileName}, ${entry.where}: somebody changed subscription ${entry.id} while the file was applied; ` +
            `what was applied before it stays. Apply the file again`,
        );
      return verdict;
    }),
  );
  const added = verdicts.filter((verdict) => verdict.do === "add");
  const changed = verdicts.filter((verdict) => verdict.do === "change");
  return {
    customers: unmet,
    subscriptions: added.map(({ begun }) => begun.subscription),
    changed: changed.map(({ terms }) => terms),
    events: [...unmet.map(meetingOf), ...[...added, ...changed].map(({ event }) => event)],
  };
}

/**
 * Put the customers of a file on their plans, a row each: `subscriptions add`, many times.
 *
 * Every row is judged before the first is written. A row that is in the books already, as it stands in the file, changes
 * nothing; so the same file may be imported again. Then the rows are written in short transactions, each of which judges its
 * rows once more, so that nobody waits for the whole file. A crash in between leaves the first rows, each of them whole and
 * charged when it is due; the same command adds the rest.
 */
import { BillingError, InputInvalid, NeedsConfirmation, Refused } from "../../domain/errors.ts";
import type { Customer } from "../../domain/plan.ts";
import type { Subscription } from "../../domain/subscription.ts";
import { creationOf } from "./add-subscription.ts";
import type { Enrolment } from "../ports/enrolment.ts";
import type { KeptOrders } from "./kept-orders.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import {
  askedOf,
  type Imported,
  type ImportRow,
  type JudgeNeeds,
  type JudgeOptions,
  JudgedRows,
  judgeOrder,
  type MetCustomers,
} from "./judged-rows.ts";

type Needs = JudgeNeeds & {
  readonly store: Pick<Store, "confirmMode">;
  readonly clock: Clock;
  readonly log: Log;
};

type Options<Row extends ImportRow> = JudgeOptions<Row> & {
  readonly progress: (phase: "checked" | "added", rows: number) => void;
};

/** Few enough that most of what is read of them is garbage before V8 makes room for more of it. */
const ROWS_JUDGED_AT_ONCE = 200;

/**
 * @throws {InputInvalid} with the faults; nothing was added
 * @throws {NeedsConfirmation} with the doubts, unless `confirmed`; nothing was added
 * @throws {GatewayUnavailable} an unknown customer could not be looked up; nothing was added
 * @throws {Refused} somebody changed the books meanwhile so that a row cannot be added; those before it are
 */
export async function importSubscriptions<Row extends ImportRow>(
  needs: Needs,
  rows: AsyncIterable<Row>,
  options: Options<Row>,
): Promise<Imported> {
  const now = needs.clock.now();
  const { accepted, customers, livemode, imported } = await judgeAll(needs, rows, options, now);
  if (options.dryRun) return imported;
  if (!options.skipInvalid && imported.rejected > 0)
    throw new InputInvalid(`nothing was imported: ${faultyRows(imported)}`, imported.faults);
  // None where rows are skipped for them, or a person looked into them.
  if (imported.doubts > 0)
    throw new NeedsConfirmation(`nothing was imported: ${faultyRows(imported)}`, imported.faults);
  if (livemode !== null) await needs.store.confirmMode(livemode);
  await write(needs, accepted, customers, options, now);
  needs.log.info("subscriptions.imported", { rows: imported.rows, added: imported.added, rejected: imported.rejected });
  return imported;
}

/** What only the judging needs is gone with it. */
async function judgeAll<Row extends ImportRow>(
  needs: Needs,
  rows: AsyncIterable<Row>,
  options: Options<Row>,
  now: Date,
) {
  const judging = new JudgedRows(needs, options, now);
  for await (const some of inBatches(rows, ROWS_JUDGED_AT_ONCE)) {
    await judging.judge(some);
    options.progress("checked", judging.rows);
  }
  const { accepted, customers, livemode } = judging;
  return { accepted, customers, livemode, imported: judging.summary() };
}

function faultyRows({ rejected, doubts, faults }: Imported): string {
  const count = rejected + doubts;
  return `${count} row${count === 1 ? "" : "s"}${count > faults.length ? `, of which these are the first ${faults.length}` : ""}`;
}

async function write(
  { store: { enrolment }, ...needs }: Needs,
  accepted: KeptOrders,
  customers: MetCustomers,
  { fileName, progress }: Pick<Options<ImportRow>, "fileName" | "progress">,
  now: Date,
): Promise<void> {
  let written = 0;
  // So many at once take some 10 ms of the write lock.
  for (const some of accepted.parts()) {
    await enrolment.enrol(askedOf(some.map(({ order }) => order)), now, (facts): Enrolment => {
      const added: Subscription[] = [];
      const met = new Map<string, Customer>();
      for (const { line, order } of some) {
        const judged = judgeOrder(order, facts, needs, now, customers);
        if (judged === "unchanged") continue;
        if (judged instanceof BillingError)
          throw new Refused(
            `${fileName}:${line}: ${judged.message}, since a moment ago. ${written} rows before it are added; import the file again`,
          );
        const { id, customerId } = judged.subscription;
        const unmet = facts.customers.has(customerId) ? undefined : customers.get(customerId);
        if (unmet !== undefined) met.set(id, unmet);
        added.push(judged.subscription);
      }
      const unmet = [...new Map([...met.values()].map((each) => [each.id, each])).values()];
      return {
        customers: unmet,
        subscriptions: added,
        events: [...unmet.map(meetingOf), ...added.map(creationOf)],
      };
    });
    written += some.length;
    progress("added", written);
  }
}

/** The event of a customer who came into the books. */
export function meetingOf({ id, paymentSourceId, cardBrand, cardLast4 }: Customer) {
  return { type: "customer.created", customerId: id, data: { paymentSourceId, cardBrand, cardLast4 } } as const;
}

async function* inBatches<T>(rows: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let some: T[] = [];
  for await (const row of rows) {
    some.push(row);
    if (some.length < size) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

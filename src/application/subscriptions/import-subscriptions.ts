/**
 * Put the customers of a file on their plans, a row each: `subscriptions add`, many times.
 *
 * Every row is judged before the first is written. A row that is in the books already, as it stands in the file, changes
 * nothing; so the same file may be imported again. Then the rows are written in short transactions, each of which judges its
 * rows once more, so that nobody waits for the whole file. A crash in between leaves the first rows, each of them whole and
 * charged when it is due; the same command adds the rest.
 */
import { BillingError, InputInvalid, NeedsConfirmation, Refused, type InputFault } from "../../domain/errors.ts";
import type { Customer, Plan } from "../../domain/plan.ts";
import type { Subscription, SubscriptionOrder } from "../../domain/subscription.ts";
import { creationOf } from "./add-subscription.ts";
import { beginOrRefuse, type Begun } from "./begin-or-refuse.ts";
import { doubtAmong } from "./doubt-second.ts";
import { type Complaint, readUnknown } from "./look-up-customers.ts";
import type { OtherSubscription } from "../../domain/second-subscription.ts";
import type { Enrolment, EnrolmentFacts, EnrolmentRecords } from "../ports/enrolment.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Clock, Log } from "../ports/runtime.ts";
import type { Store } from "../ports/store.ts";
import { inEnglish } from "../../domain/refusals.ts";
import { isSameContent } from "../../domain/same-content.ts";

/** As the file has it: the customer by id or by e-mail, and its own id only where it names one. */
export type ImportOrder = Omit<SubscriptionOrder, "id" | "customerId"> & {
  readonly id: string | null;
  readonly customerId: string | null;
  readonly email: string | null;
};

export type ImportRow = {
  /** The line on which it begins, the first being 1. */
  readonly line: number;
  readonly order: ImportOrder | null;
  /** What is wrong with the row by itself; none where there is an order. */
  readonly faults: readonly string[];
};

export type Imported = {
  readonly rows: number;
  readonly added: number;
  /** In the books already, just so. */
  readonly unchanged: number;
  readonly rejected: number;
  /** Customers that were read at the gateway for it, or taken on trust. */
  readonly customers: number;
  /** Rows that look like a second subscription for the same; a person's word lets them through. */
  readonly doubts: number;
  /** Of what was rejected or is in doubt, the first hundred. */
  readonly faults: readonly InputFault[];
};

type Needs = {
  readonly store: Pick<Store, "confirmMode" | "installation"> & { readonly enrolment: EnrolmentRecords };
  /** Null: offline, customers are taken as they are named. */
  readonly gateway: () => Promise<Gateway | null>;
  readonly clock: Clock;
  readonly log: Log;
  readonly minChargeCents: number;
};

type Options<Row extends ImportRow> = {
  readonly fileName: string;
  readonly dryRun: boolean;
  /** Rows with faults are handed to `reject`, and the others added; otherwise one fault keeps all from being added. */
  readonly skipInvalid: boolean;
  /** A person said that what looks like a second subscription is meant. */
  readonly confirmed: boolean;
  readonly reject: (row: Row, because: readonly string[]) => void;
  readonly progress: (phase: "checked" | "added", rows: number) => void;
};

/** Few enough that most of what is read of them is garbage before V8 makes room for more of it. */
const ROWS_JUDGED_AT_ONCE = 200;
/** Some 10 ms of the write lock. */
const ROWS_WRITTEN_AT_ONCE = 100;
const FAULTS_TOLD = 100;

/** The line, and the order as JSON: a hundred thousand of them wait until all are judged, in a third of the memory. */
type Accepted = readonly [line: number, order: string];

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
  const judging = new Judging(needs, options, now);
  for await (const some of inBatches(rows, ROWS_JUDGED_AT_ONCE)) {
    await judging.judge(some);
    options.progress("checked", judging.rows);
  }
  const { accepted, customers, livemode } = judging;
  const imported = judging.summary();
  if (options.dryRun) return imported;
  if (!options.skipInvalid && imported.rejected > 0)
    throw new InputInvalid(`nothing was imported: ${faultyRows(imported)}`, imported.faults);
  if (!options.skipInvalid && !options.confirmed && imported.doubts > 0)
    throw new NeedsConfirmation(`nothing was imported: ${faultyRows(imported)}`, imported.faults);
  if (livemode !== null) await needs.store.confirmMode(livemode);
  await write(needs, accepted, customers, options, now);
  needs.log.info("subscriptions.imported", { rows: imported.rows, added: imported.added, rejected: imported.rejected });
  return imported;
}

function faultyRows({ rejected, doubts, faults }: Imported): string {
  const count = rejected + doubts;
  return `${count} row${count === 1 ? "" : "s"}${count > faults.length ? `, of which these are the first ${faults.length}` : ""}`;
}

/** Judges row after row, and remembers of the earlier ones what the later must know. */
class Judging<Row extends ImportRow> {
  readonly accepted: Accepted[] = [];
  /** Whom the books did not know. */
  readonly customers = new Map<string, Customer>();
  livemode: boolean | null = null;
  rows = 0;

  readonly #needs: Needs;
  readonly #options: Options<Row>;
  readonly #now: Date;
  readonly #faults: InputFault[] = [];
  readonly #complaints = new Map<string, Complaint>();
  readonly #plans = new Map<string, Plan>();
  /** By id: the line that has it. */
  readonly #lines = new Map<string, number>();
  /** By customer: the places of their rows among those that are accepted. */
  readonly #fresh = new Map<string, readonly number[]>();
  #unchanged = 0;
  #rejected = 0;
  #doubts = 0;

  constructor(needs: Needs, options: Options<Row>, now: Date) {
    this.#needs = needs;
    this.#options = options;
    this.#now = now;
  }

  summary(): Imported {
    return {
      ...{ rows: this.rows, added: this.accepted.length, unchanged: this.#unchanged, rejected: this.#rejected },
      ...{ customers: this.customers.size, doubts: this.#doubts, faults: this.#faults },
    };
  }

  async judge(rows: readonly Row[]): Promise<void> {
    this.rows += rows.length;
    const named = await this.#named(rows);
    const facts = await this.#needs.store.enrolment.facts(askedOf(named.flatMap(({ order }) => order ?? [])));
    for (const plan of facts.plans.values()) this.#plans.set(plan.id, plan);
    await this.#readUnknown(named, facts);
    for (const { row, order, faults } of named) {
      if (order === null) this.#reject(row, faults);
      else this.#judgeOne(row, order, facts);
    }
  }

  /** With the customer's id, and an id of its own. */
  async #named(rows: readonly Row[]) {
    const emails = rows.flatMap(({ order }) =>
      order?.customerId === null && order.email !== null ? [order.email] : [],
    );
    const byEmail =
      emails.length === 0
        ? new Map<string, readonly string[]>()
        : await this.#needs.store.enrolment.customersByEmail([...new Set(emails.map((each) => each.toLowerCase()))]);
    return rows.map((row) => {
      if (row.order === null) return { row, order: null, faults: said(row.faults) };
      const { email, ...order } = row.order;
      const found = order.customerId === null ? (byEmail.get(String(email).toLowerCase()) ?? []) : [order.customerId];
      const [customerId] = found;
      if (customerId === undefined || found.length > 1) return { row, order: null, faults: said([emailFault(found)]) };
      return { row, order: { ...order, customerId, id: order.id ?? `${customerId}:${order.planId}` }, faults: [] };
    });
  }

  async #readUnknown(
    named: readonly { readonly order: SubscriptionOrder | null }[],
    { customers }: EnrolmentFacts,
  ): Promise<void> {
    const unknown = new Set(named.flatMap(({ order }) => (order === null ? [] : [order.customerId])));
    for (const id of unknown)
      if (customers.has(id) || this.customers.has(id) || this.#complaints.has(id)) unknown.delete(id);
    if (unknown.size === 0) return;
    const read = await readUnknown(await this.#needs.gateway(), [...unknown], this.#now);
    for (const [id, customer] of read.customers) if (!read.faults.has(id)) this.customers.set(id, customer);
    for (const [id, complaint] of read.faults) this.#complaints.set(id, complaint);
    this.livemode = read.livemode ?? this.livemode;
  }

  #judgeOne(row: Row, order: SubscriptionOrder, facts: EnrolmentFacts): void {
    const earlier = this.#lines.get(order.id);
    if (earlier !== undefined) {
      const what = `there is a subscription ${order.id} on line ${earlier} already; give this one another id, or take it out`;
      return this.#reject(row, [{ what }]);
    }
    this.#lines.set(order.id, row.line);
    const complaint = this.#complaints.get(order.customerId);
    if (complaint !== undefined)
      return this.#reject(row, [{ ...complaint, what: `customer ${order.customerId}: ${inEnglish(complaint.what)}` }]);
    const judged = judgeOrder(order, facts, this.#needs, this.#now, this.customers);
    if (judged === "unchanged") {
      this.#unchanged += 1;
      return;
    }
    if (judged instanceof BillingError) return this.#reject(row, [faultOf(judged)]);
    const { subscription, plan } = judged;
    const fresh = this.#fresh.get(order.customerId) ?? [];
    const inBooks = facts.ofCustomer.get(order.customerId) ?? [];
    const others = [...inBooks.map((other) => ({ ...other, isDropped: false })), ...this.#inFile(fresh, facts)];
    const doubt = this.#options.confirmed ? null : doubtAmong(subscription, plan, others, this.#now);
    if (doubt !== null && this.#options.skipInvalid) return this.#reject(row, [doubt]);
    if (doubt !== null) {
      this.#doubts += 1;
      this.#note(row, doubt);
      return;
    }
    this.#fresh.set(order.customerId, [...fresh, this.accepted.length]);
    this.accepted.push([row.line, JSON.stringify(order)]);
  }

  /** The same customer's earlier rows, as subscriptions: few, so that they are judged again rather than kept. */
  #inFile(places: readonly number[], facts: EnrolmentFacts): OtherSubscription[] {
    return places.flatMap((place) => {
      const order = orderIn(this.accepted[place]);
      const judged =
        order && judgeOrder(order, { ...facts, plans: this.#plans }, this.#needs, this.#now, this.customers);
      if (judged === null || judged === "unchanged" || judged instanceof BillingError) return [];
      return [{ ...judged.subscription, billedUntil: null, isDropped: false }];
    });
  }

  #reject(row: Row, complaints: readonly Complaint[]): void {
    this.#rejected += 1;
    for (const complaint of complaints) this.#note(row, complaint);
    if (this.#options.skipInvalid)
      this.#options.reject(
        row,
        complaints.map(({ what }) => inEnglish(what)),
      );
  }

  #note({ line }: Row, complaint: Complaint): void {
    if (this.#faults.length >= FAULTS_TOLD) return;
    const where = `${this.#options.fileName}:${line}`;
    this.#faults.push({ where, ...complaint, what: inEnglish(complaint.what) });
  }
}

function orderIn(accepted: Accepted): SubscriptionOrder;
function orderIn(accepted: Accepted | undefined): SubscriptionOrder | null;
function orderIn(accepted: Accepted | undefined): SubscriptionOrder | null {
  return accepted === undefined ? null : (JSON.parse(accepted[1]) as SubscriptionOrder);
}

async function write(
  { store: { enrolment }, ...needs }: Needs,
  accepted: readonly Accepted[],
  customers: ReadonlyMap<string, Customer>,
  { fileName, progress }: Pick<Options<ImportRow>, "fileName" | "progress">,
  now: Date,
): Promise<void> {
  for (let from = 0; from < accepted.length; from += ROWS_WRITTEN_AT_ONCE) {
    const some = accepted
      .slice(from, from + ROWS_WRITTEN_AT_ONCE)
      .map((each) => ({ line: each[0], order: orderIn(each) }));
    await enrolment.enrol(askedOf(some.map(({ order }) => order)), now, (facts): Enrolment => {
      const added: Subscription[] = [];
      const met = new Map<string, Customer>();
      for (const { line, order } of some) {
        const judged = judgeOrder(order, facts, needs, now, customers);
        if (judged === "unchanged") continue;
        if (judged instanceof BillingError)
          throw new Refused(
            `${fileName}:${line}: ${judged.message}, since a moment ago. ${from} rows before it are added; import the file again`,
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
    progress("added", Math.min(accepted.length, from + ROWS_WRITTEN_AT_ONCE));
  }
}

function meetingOf({ id, paymentSourceId, cardBrand, cardLast4 }: Customer) {
  return { type: "customer.created", customerId: id, data: { paymentSourceId, cardBrand, cardLast4 } } as const;
}

function judgeOrder(
  order: SubscriptionOrder,
  facts: EnrolmentFacts,
  { minChargeCents }: Pick<Needs, "minChargeCents">,
  now: Date,
  met: ReadonlyMap<string, Customer>,
): Begun | "unchanged" | BillingError {
  const known = facts.subscriptions.get(order.id);
  if (known !== undefined && isSame(known, order)) return "unchanged";
  return beginOrRefuse(order, {
    plan: facts.plans.get(order.planId) ?? null,
    isCustomerKnown: facts.customers.has(order.customerId) || met.has(order.customerId),
    isIdTaken: known !== undefined,
    source: "cli",
    ...{ minChargeCents, now },
  });
}

const COMPARED = ["planId", "customerId", "startLocal", "timeZone", "quantity", "lineItems", "discount"] as const;

function isSame(known: SubscriptionOrder, order: SubscriptionOrder): boolean {
  return COMPARED.every((field) => isSameContent(known[field], order[field]));
}

function askedOf(orders: readonly SubscriptionOrder[]) {
  return {
    subscriptionIds: orders.map(({ id }) => id),
    customerIds: orders.map(({ customerId }) => customerId),
    planIds: orders.map(({ planId }) => planId),
  };
}

function faultOf({ message, mend }: BillingError): Complaint {
  return { what: message, ...(mend !== null && { mend }) };
}

function emailFault(found: readonly string[]): string {
  if (found.length === 0)
    return "no customer that is known here has this e-mail; write Conekta's id of the customer (cus_…)";
  return `${found.length} customers have this e-mail (${found.slice(0, 3).join(", ")}); write the id of one`;
}

function said(faults: readonly string[]): Complaint[] {
  return faults.map((what) => ({ what }));
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

/**
 * The rows of a file that is imported: each is judged by itself, by the books, and beside the rows before it.
 *
 * Reads, and writes nothing.
 */
import { BillingError, type InputFault, Refused } from "../../domain/errors.ts";
import { type Customer, isTakenOnTrust, type Plan, trustedCustomer } from "../../domain/plan.ts";
import type { SubscriptionOrder } from "../../domain/subscription.ts";
import { beginOrRefuse, type Begun } from "./begin-or-refuse.ts";
import { doubtAmong } from "./doubt-second.ts";
import { KeptOrders } from "./kept-orders.ts";
import { type Complaint, readUnknown } from "./look-up-customers.ts";
import type { OtherSubscription } from "../../domain/second-subscription.ts";
import type { EnrolmentFacts, EnrolmentRecords } from "../ports/enrolment.ts";
import type { Gateway } from "../ports/gateway.ts";
import { inEnglish, said } from "../../domain/refusals.ts";
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

export type JudgeNeeds = {
  readonly store: { readonly enrolment: EnrolmentRecords };
  /** Null: offline, customers are taken as they are named. */
  readonly gateway: () => Promise<Gateway | null>;
  readonly minChargeCents: number;
};

export type JudgeOptions<Row extends ImportRow> = {
  readonly fileName: string;
  readonly dryRun: boolean;
  /** Rows with faults are handed to `reject`, and the others added; otherwise one fault keeps all from being added. */
  readonly skipInvalid: boolean;
  /** A person said that what looks like a second subscription is meant. */
  readonly confirmed: boolean;
  readonly reject: (row: Row, because: readonly string[]) => void;
};

const FAULTS_TOLD = 100;
const ROWS_KEPT_AT_ONCE = 100;

/** Judges row after row, and remembers of the earlier ones what the later must know. */
export class JudgedRows<Row extends ImportRow> {
  readonly accepted = new KeptOrders(ROWS_KEPT_AT_ONCE);
  /** Whom the books did not know. */
  readonly customers = new MetCustomers();
  livemode: boolean | null = null;
  rows = 0;

  readonly #needs: JudgeNeeds;
  readonly #options: JudgeOptions<Row>;
  readonly #now: Date;
  readonly #faults: InputFault[] = [];
  readonly #complaints = new Map<string, Complaint>();
  readonly #plans = new Map<string, Plan>();
  /** By id: the line that has it. */
  readonly #lines = new Map<string, number>();
  /** By customer: the places of their rows among those that are accepted. */
  readonly #fresh = new Map<string, number | readonly number[]>();
  #unchanged = 0;
  #rejected = 0;
  #doubts = 0;

  constructor(needs: JudgeNeeds, options: JudgeOptions<Row>, now: Date) {
    this.#needs = needs;
    this.#options = options;
    this.#now = now;
  }

  summary(): Imported {
    return {
      ...{ rows: this.rows, added: this.accepted.count, unchanged: this.#unchanged, rejected: this.#rejected },
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
      if (row.order === null) return { row, order: null, faults: complaintsOf(row.faults) };
      const { email, ...order } = row.order;
      const found = order.customerId === null ? (byEmail.get(String(email).toLowerCase()) ?? []) : [order.customerId];
      const [customerId] = found;
      if (customerId === undefined || found.length > 1)
        return { row, order: null, faults: complaintsOf([emailFault(found)]) };
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
    for (const [id, customer] of read.customers) if (!read.faults.has(id)) this.customers.add(customer);
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
    // Of nearly all customers there is one, and a list for each would be most of what is kept.
    const fresh = [this.#fresh.get(order.customerId) ?? []].flat();
    const inBooks = facts.ofCustomer.get(order.customerId) ?? [];
    const others = [...inBooks.map((other) => ({ ...other, isDropped: false })), ...this.#inFile(fresh, facts)];
    const doubt = this.#options.confirmed ? null : doubtAmong(subscription, plan, others, this.#now);
    if (doubt !== null && this.#options.skipInvalid) return this.#reject(row, [doubt]);
    if (doubt !== null) {
      this.#doubts += 1;
      this.#note(row, doubt);
      return;
    }
    const place = this.accepted.count;
    this.#fresh.set(order.customerId, fresh.length === 0 ? place : [...fresh, place]);
    this.accepted.add(row.line, order);
  }

  /** The same customer's earlier rows, as subscriptions: few, so that they are judged again rather than kept. */
  #inFile(places: readonly number[], facts: EnrolmentFacts): OtherSubscription[] {
    return places.flatMap((place) => {
      const { order } = this.accepted.at(place);
      const begun = begunOrRefused(order, { ...facts, plans: this.#plans }, this.#needs, this.#now, this.customers);
      // Whose plan somebody archived since it was judged is told as it is written.
      if (begun instanceof BillingError) return [];
      return [{ ...begun.subscription, billedUntil: null, isDropped: false }];
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

/** Customers whom the books do not know: as the gateway has them, or taken on trust. */
export class MetCustomers {
  /** Null: taken on trust, and nothing to keep of them. */
  readonly #byId = new Map<string, Customer | null>();

  get size(): number {
    return this.#byId.size;
  }

  add(customer: Customer): void {
    this.#byId.set(customer.id, isTakenOnTrust(customer) ? null : customer);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get(id: string): Customer | undefined {
    const found = this.#byId.get(id);
    return found === null ? trustedCustomer(id) : found;
  }
}

export function judgeOrder(
  order: SubscriptionOrder,
  facts: EnrolmentFacts,
  needs: Pick<JudgeNeeds, "minChargeCents">,
  now: Date,
  met: Pick<MetCustomers, "has">,
): Begun | "unchanged" | BillingError {
  const known = facts.subscriptions.get(order.id);
  return known !== undefined && isSame(known, order) ? "unchanged" : begunOrRefused(order, facts, needs, now, met);
}

function begunOrRefused(
  order: SubscriptionOrder,
  facts: EnrolmentFacts,
  { minChargeCents }: Pick<JudgeNeeds, "minChargeCents">,
  now: Date,
  met: Pick<MetCustomers, "has">,
): Begun | BillingError {
  if (facts.damagedPlans.has(order.planId)) return new Refused(said("row_damaged", { id: order.planId }));
  return beginOrRefuse(order, {
    plan: facts.plans.get(order.planId) ?? null,
    isCustomerKnown: facts.customers.has(order.customerId) || met.has(order.customerId),
    isIdTaken: facts.subscriptions.has(order.id),
    source: "cli",
    ...{ minChargeCents, now },
  });
}

const COMPARED = ["planId", "customerId", "startLocal", "timeZone", "quantity", "lineItems", "discount"] as const;

function isSame(known: SubscriptionOrder, order: SubscriptionOrder): boolean {
  return COMPARED.every((field) => isSameContent(known[field], order[field]));
}

export function askedOf(orders: readonly SubscriptionOrder[]) {
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

function complaintsOf(faults: readonly string[]): Complaint[] {
  return faults.map((what) => ({ what }));
}

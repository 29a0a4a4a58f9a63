/** Customers of a large file by the books: what is written at once, and what only row by row can be judged. */
import { describe, expect, test } from "@jest/globals";
import { customerOf, planOf, subscriptionOf } from "../../../test/support/records.ts";
import { PAYER, RULES } from "../../../test/support/outlook.ts";
import type { InputFault } from "../../domain/errors.ts";
import { NOTHING_WAITS } from "../../domain/invoice-content.ts";
import { type Customer, type Plan, trustedCustomer } from "../../domain/plan.ts";
import { inEnglish } from "../../domain/refusals.ts";
import type { Subscription } from "../../domain/subscription.ts";
import type { EnrolmentFacts, EnrolmentRecords } from "../ports/enrolment.ts";
import { askedOf, type BatchOptions, judgeBatch, type Verdict, verdictOn } from "./judge-batch.ts";
import { inFileOrder, placeOf } from "./judge-subscription.ts";
import { customersOfFile, type FileCustomer, partsOf, someAtOnce, wholeFile } from "./plans-parts.ts";
import type { PlansInput } from "./plans-input.ts";

const NOW = new Date("2026-02-10T15:00:00Z");
type Entry = PlansInput["subscriptions"][number];

function entry(id: string, change: Partial<Entry> = {}): Entry {
  return {
    ...{ id, planId: "oro", customerId: "cus_a", startLocal: "2026-01-31T09:00", timeZone: "America/Mexico_City" },
    ...{ quantity: 1, lineItems: null, discount: null, billPast: false, where: `line of ${id}` },
    ...change,
  };
}

const ORO = planOf({ source: "file" });
const PLATA = planOf({ id: "plata", source: "file" });
const OLD = planOf({ id: "old", archivedAt: NOW });

type Books = {
  readonly subscriptions?: readonly Subscription[];
  readonly customers?: readonly Customer[];
  readonly plans?: readonly Plan[];
  readonly damagedPlans?: readonly string[];
  readonly damagedSubscriptions?: readonly string[];
};

function factsOf({ subscriptions = [], customers = [], plans = [ORO, OLD], ...damaged }: Books): EnrolmentFacts {
  const enrolled = subscriptions.map((each) => ({ ...each, billedUntil: null }));
  return {
    subscriptions: new Map(enrolled.map((each) => [each.id, each])),
    ofCustomer: Map.groupBy(enrolled, ({ customerId }) => customerId),
    customers: new Map(customers.map((each) => [each.id, each])),
    plans: new Map(plans.map((each) => [each.id, each])),
    damagedPlans: new Set(damaged.damagedPlans),
    damagedSubscriptions: new Set(damaged.damagedSubscriptions),
  };
}

const booked = (change: Partial<Subscription> = {}) =>
  subscriptionOf("a", { source: "file", customerId: "cus_a", ...change });
const known = { customers: [customerOf("cus_a")] };

function fileCustomer(entries: readonly Entry[], change: Partial<FileCustomer> = {}): FileCustomer {
  return { id: "cus_a", met: null, entries, gone: [], ...change };
}

const optionsOf = (plans: readonly Plan[] = [ORO, PLATA], change: Partial<BatchOptions> = {}): BatchOptions => ({
  ...{ fileName: "plans.yaml", prune: false, inFile: new Set<string>(), rules: RULES },
  plans: new Map(plans.map((each) => [each.id, each])),
  ...change,
});

describe("one entry", () => {
  const other = { startLocal: "2026-02-01T09:00" };
  test.each<[books: Books, change: Partial<Entry>, verdict: Verdict["do"], because: string]>([
    [known, {}, "add", "it is new"],
    [known, { planId: "plata" }, "add", "its plan is of the file alone"],
    [known, { planId: "cobre" }, "refuse", "there is no such plan"],
    [known, { planId: "old" }, "refuse", "its plan takes nobody"],
    [{ ...known, damagedPlans: ["oro"] }, {}, "row_by_row", "what is damaged is told there"],
    [{ ...known, subscriptions: [booked()], damagedSubscriptions: ["a"] }, {}, "row_by_row", "its terms are not known"],
    [{ ...known, damagedPlans: ["plata"], damagedSubscriptions: ["b"] }, {}, "add", "others are damaged"],
    [{ ...known, subscriptions: [booked()] }, {}, "nothing", "it is as it was"],
    [{ ...known, subscriptions: [booked()] }, { change: "now" }, "nothing", "on that plan it is"],
    [{ ...known, subscriptions: [booked()] }, { quantity: 2 }, "change", "other terms"],
    [{ ...known, subscriptions: [booked()] }, { quantity: 2, change: "now" }, "row_by_row", "a quantity is divided"],
    [{ ...known, subscriptions: [booked()] }, { planId: "plata", change: "now" }, "row_by_row", "so is a plan"],
    [{ ...known, subscriptions: [booked()] }, { planId: "plata" }, "row_by_row", "whether it was billed decides"],
    [{ ...known, subscriptions: [booked()] }, other, "row_by_row", "here, too"],
    [{ ...known, subscriptions: [booked({ status: "canceled" })] }, { quantity: 9 }, "leave", "it has ended"],
    [{ ...known, subscriptions: [booked({ source: "cli" })] }, {}, "refuse", "it came from elsewhere"],
    [{ ...known, subscriptions: [booked({ source: "cli" })] }, other, "refuse", "whatever is wrong beside that"],
  ])("by %j, with %j: %s (%s)", (books, change, verdict) => {
    const entries = [entry("a", change)];
    expect(verdictOn(entries[0]!, fileCustomer(entries), factsOf(books), optionsOf(), NOW).do).toBe(verdict);
  });

  test("a plan that stands in the file, and is archived in the books, takes nobody", () => {
    const one = entry("a", { planId: "old" });
    const verdict = verdictOn(one, fileCustomer([one]), factsOf(known), optionsOf([ORO, planOf({ id: "old" })]), NOW);
    const what = "plan old is archived, and takes no new subscription";
    expect(verdict).toEqual({ do: "refuse", faults: [{ where: placeOf(one, "plans.yaml"), what }] });
  });

  test("the file's plan counts before that of the books", () => {
    const one = entry("a", { quantity: 2 });
    const dearer = planOf({ lineItems: [{ name: "x", unitPriceCents: 500, quantity: 1 }] });
    const books = factsOf({ ...known, subscriptions: [booked()] });
    expect(verdictOn(one, fileCustomer([one]), books, optionsOf([dearer]), NOW)).toMatchObject({
      change: { details: expect.arrayContaining(["amount: $5.00 MXN -> $10.00 MXN"]) },
    });
  });

  test("who is known is told by the name of the books, and else by that of Conekta", () => {
    const one = entry("a");
    const met = customerOf("cus_a", { name: "Ana" });
    const whoOf = (books: Books, customer: Partial<FileCustomer>) =>
      verdictOn(one, fileCustomer([one], customer), factsOf(books), optionsOf(), NOW);
    expect(whoOf({}, { met })).toMatchObject({ begun: { who: "Plan Oro for Ana (cus_a)" } });
    expect(whoOf(known, { met })).toMatchObject({ begun: { who: "Plan Oro for Señora cus_a (cus_a)" } });
  });
});

describe("a batch", () => {
  async function judged(customers: readonly FileCustomer[], books: Books, change: Partial<BatchOptions> = {}) {
    const facts = factsOf(books);
    const asked: unknown[] = [];
    const enrolment = {
      facts: async (wanted: unknown) => {
        asked.push(wanted);
        return facts;
      },
      payers: async (whose: readonly string[]) =>
        new Map(whose.flatMap((id) => (facts.customers.has(id) ? [[id, PAYER] as const] : []))),
      waitingForEach: async (whose: readonly { readonly id: string }[]) =>
        new Map(whose.map(({ id }) => [id, NOTHING_WAITS])),
    } as unknown as EnrolmentRecords;
    const done = await judgeBatch(enrolment, customers, optionsOf([ORO, PLATA], change), NOW);
    return { ...done, asked };
  }
  const ids = (customers: readonly FileCustomer[]) => customers.map(({ id }) => id);

  test.each<
    [customer: Partial<FileCustomer>, books: Books, prune: boolean, path: "writes" | "rowByRow" | null, because: string]
  >([
    [{ entries: [entry("a")] }, known, false, "writes", "it is added"],
    [
      { entries: [entry("a", { quantity: 2 })] },
      { ...known, subscriptions: [booked()] },
      false,
      "writes",
      "it is changed",
    ],
    [{ entries: [entry("a")] }, { ...known, subscriptions: [booked()] }, false, null, "nothing is to be written"],
    [
      { entries: [entry("a")], gone: ["b"] },
      { ...known, subscriptions: [booked()] },
      false,
      null,
      "what is gone goes on",
    ],
    [{ entries: [entry("a")], gone: ["b"] }, { ...known, subscriptions: [booked()] }, true, "rowByRow", "or is ended"],
    [{ entries: [entry("a")] }, { ...known, subscriptions: [booked()] }, true, null, "nothing is gone"],
    [{ entries: [], gone: ["b"] }, known, true, "rowByRow", "nothing is left of hers"],
    [
      { entries: [entry("a"), entry("b", { startLocal: "2026-03-01T09:00" })] },
      { ...known, subscriptions: [booked({ startLocal: "2026-02-01T09:00", anchorLocal: "2026-02-01T09:00" })] },
      false,
      "rowByRow",
      "one of hers is judged row by row, so all are",
    ],
    [
      { entries: [entry("a", { quantity: 2 }), entry("b", { startLocal: "2026-03-01T09:00" })] },
      { ...known, subscriptions: [booked()] },
      false,
      "rowByRow",
      "a new one is announced with what changes beside it",
    ],
    [{ entries: [entry("a")], met: customerOf("cus_a") }, {}, false, "writes", "she is met, and added"],
    [
      { entries: [entry("a")], met: customerOf("cus_a") },
      known,
      false,
      "rowByRow",
      "what is known of her card changes",
    ],
  ])("%j by %j, prune %p: %p (%s)", async (customer, books, prune, path) => {
    const found = await judged([fileCustomer([], customer)], books, { prune });
    expect([ids(found.writes), ids(found.rowByRow)]).toEqual([
      path === "writes" ? ["cus_a"] : [],
      path === "rowByRow" ? ["cus_a"] : [],
    ]);
    // Nothing else is told of whom row by row is judged.
    const { before, subscriptions, gone, unchanged, doubts } = found.applied;
    const told = [...before, ...subscriptions, ...gone, ...doubts].length + unchanged;
    expect(told > 0).toBe(path !== "rowByRow");
  });

  test("asks the books once, for all that it names", async () => {
    const two = [fileCustomer([entry("a")]), fileCustomer([entry("b", { planId: "plata" })], { id: "cus_b" })];
    const asked = { subscriptionIds: ["a", "b"], customerIds: ["cus_a", "cus_b"], planIds: ["oro", "plata"] };
    expect(askedOf(two)).toEqual(asked);
    const books = { customers: [customerOf("cus_a"), customerOf("cus_b")] };
    expect((await judged(two, books)).asked).toEqual([asked]);
  });

  test("faults of one keep no other from being told", async () => {
    const two = [
      fileCustomer([entry("a", { planId: "cobre" })]),
      fileCustomer([entry("b", { customerId: "cus_b" })], { id: "cus_b" }),
    ];
    const found = await judged(two, { customers: [customerOf("cus_a"), customerOf("cus_b")] });
    expect(found.faults.map(({ what }) => what)).toEqual(["names plan cobre, which does not exist"]);
    expect(found.applied.subscriptions).toMatchObject([{ action: "add", id: "b" }]);
  });

  test.each<[met: Customer, because: string]>([
    [trustedCustomer("cus_a"), "no default card"],
    [customerOf("cus_a"), "is charged with the next run"],
  ])("what comes first for whom was just met, %j: %s", async (met, first) => {
    const found = await judged([fileCustomer([entry("a")], { met })], {});
    expect(found.applied.before).toMatchObject([{ action: "add", kind: "customer", id: "cus_a" }]);
    expect(found.applied.subscriptions[0]?.details[0]).toContain(first);
  });

  test("each new one is doubted beside the others of its customer, the first by id before the later", async () => {
    const three = [entry("c"), entry("a"), entry("b")];
    const { applied } = await judged([fileCustomer(three)], known);
    expect(applied.doubts.map(({ where, mend }) => [where, mend])).toEqual([
      ["plans.yaml, line of c (subscription c)", { do: "keep_subscription", subscriptionId: "a", startLocal: null }],
      ["plans.yaml, line of a (subscription a)", { do: "keep_subscription", subscriptionId: "b", startLocal: null }],
      ["plans.yaml, line of b (subscription b)", { do: "keep_subscription", subscriptionId: "a", startLocal: null }],
    ]);
  });

  test("one of the books is doubted as dropped only where the file had it, and has it no more", async () => {
    const gone = async (source: "file" | "cli", inFile: readonly string[]) => {
      const books = { ...known, subscriptions: [{ ...booked({ source }), id: "z" }] };
      const { applied } = await judged([fileCustomer([entry("a")])], books, { inFile: new Set(inFile) });
      return inEnglish(applied.doubts[0]?.what ?? "").includes("no longer in the file");
    };
    expect([await gone("file", []), await gone("file", ["z"]), await gone("cli", [])]).toEqual([true, false, false]);
  });
});

describe("a file in parts", () => {
  const input = (subscriptions: readonly Entry[]): PlansInput => {
    const { source: _source, ...plan } = ORO;
    return { plans: [plan, { ...plan, id: "plata" }], subscriptions };
  };
  const many = (count: number) => Array.from({ length: count }, (_, n) => entry(`s${n}`, { customerId: `cus_${n}` }));

  test.each([
    [50, true],
    [51, false],
  ])("of %i subscriptions goes through in one: %p", (count, isWhole) => {
    expect(wholeFile(input(many(count)), new Map()) !== null).toBe(isWhole);
  });

  test("each customer with all that is hers, what is gone of hers, and what was met of her", () => {
    const entries = [entry("a"), entry("b", { customerId: "cus_b" }), entry("c")];
    const goingOn = [
      { id: "c", customerId: "cus_a" },
      { id: "x", customerId: "cus_a" },
      { id: "y", customerId: "cus_z" },
      { id: "z", customerId: "cus_z" },
    ];
    const met = new Map([["cus_b", customerOf("cus_b")]]);
    expect(customersOfFile(input(entries), met, goingOn)).toEqual([
      { id: "cus_a", met: null, entries: [entries[0], entries[2]], gone: ["x"] },
      { id: "cus_b", met: customerOf("cus_b"), entries: [entries[1]], gone: [] },
      { id: "cus_z", met: null, entries: [], gone: ["y", "z"] },
    ]);
  });

  test("no customer is divided, and what is gone counts like what is there", () => {
    const of = (id: string, entries: number, gone: number) => ({
      ...fileCustomer(many(entries), { id }),
      gone: Array.from({ length: gone }, (_, n) => `g${n}`),
    });
    const parts = someAtOnce([of("a", 1, 1), of("b", 2, 0), of("c", 1, 0), of("d", 0, 4), of("e", 1, 0)], 3);
    expect(parts.map((part) => part.map(({ id }) => id))).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(someAtOnce([], 3)).toEqual([]);
  });

  test("each part has the plans that it names, and tells nothing of them", () => {
    const met = customerOf("cus_b");
    const two = [
      fileCustomer([entry("a", { planId: "plata" })], { gone: ["x"] }),
      fileCustomer([entry("b", { planId: "plata" })], { id: "cus_b", met }),
    ];
    const file = input([]);
    expect(partsOf(two, file)).toEqual([
      {
        ...{ plans: [file.plans[1]], customers: [met], subscriptions: [...two[0]!.entries, ...two[1]!.entries] },
        ...{ gone: ["x"], tellsPlans: false, planIds: new Set(["oro", "plata"]) },
      },
    ]);
  });

  test("what is found is told in the order of the file: first what is of plans and coupons", () => {
    const file = input([entry("b"), entry("a"), entry("c")]);
    const of = (id: string): InputFault => ({ where: placeOf(entry(id), "plans.yaml"), what: id });
    const plan = { where: "plans.yaml (plan oro)", what: "plan" };
    const told = (found: readonly InputFault[]) => inFileOrder(found, file, "plans.yaml").map(({ what }) => what);
    expect(told([of("c"), of("a"), plan, of("b")])).toEqual(["plan", "b", "a", "c"]);
    expect(told([of("a"), of("b")])).toEqual(["b", "a"]);
    expect(told([of("b"), plan])).toEqual(["plan", "b"]);
  });
});

/** What a sweep makes of each order and each payment, which end its window has, and when it lifts a halt. */
import { describe, expect, test } from "@jest/globals";
import { type Books, booksOf, NOW } from "../../../test/support/compared-books.ts";
import { answerOf, knownAttempt, listedOrder, paymentBy, SILENT_LOG } from "../../../test/support/seen-orders.ts";
import { DatabaseUnusable, GatewayRefused, GatewayUnavailable } from "../../domain/errors.ts";
import type { ListedOrder, UnpaidOrder, Window } from "../ports/reconcile.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { setAsideOrders, sweepOrders, type SweepNeeds } from "./sweep-orders.ts";
import type { SweepReport } from "./sweep-report.ts";

const SINCE = new Date("2026-12-01T00:00:00Z");
const DAY_MS = 86_400_000;

type World = Books & {
  readonly listed?: readonly ListedOrder[];
  /** What is read by itself, by order; one that is not there is not known to Conekta. */
  readonly read?: Readonly<Record<string, ListedOrder | Error>>;
  readonly unpaid?: readonly UnpaidOrder[];
  /** Paid in the books within the window. */
  readonly paid?: readonly KnownAttempt[];
  readonly archived?: boolean;
  readonly setAside?: readonly string[];
  readonly halt?: { readonly kind: string; readonly since: Date | null };
  /** Thrown where the books look for a subscription. */
  readonly fault?: Error;
};

function worldOf({ listed = [], read = {}, unpaid = [], paid = [], archived = false, setAside = [], ...world }: World) {
  const { needs: books, imported } = booksOf(world);
  const windows: Window[] = [];
  const told: unknown[] = [];
  const needs = {
    ...books,
    log: {
      ...SILENT_LOG,
      info: (event: string) => void told.push(event),
      error: (event: string) => void told.push(event),
    },
    store: {
      ...books.store,
      write: async (...args: Parameters<SweepNeeds["store"]["write"]>) => {
        if (world.fault !== undefined) throw world.fault;
        return await books.store.write(...args);
      },
      installation: async () => ({
        ...{ id: "ins_1", livemode: false },
        ...{ haltKind: world.halt?.kind ?? null, haltReconcileSince: world.halt?.since ?? null },
      }),
      resumeCharging: async (which: object) => void told.push(which),
    },
    orders: {
      readOrder: async (orderId: string) => {
        const order = read[orderId] ?? new GatewayRefused("no such order", { httpStatus: 404 } as never);
        if (order instanceof Error) throw order;
        return order;
      },
    },
    sweep: {
      ...books.sweep,
      lister: {
        async *listOrders(window: Window) {
          windows.push(window);
          if (windows.length === 1) yield* listed;
        },
      },
      records: {
        ...books.sweep.records,
        unpaidOrders: async () => unpaid,
        paidAttempts: async (window: Window) => {
          told.push(window);
          return paid;
        },
        isArchived: async () => archived,
        setAside: async (ids: readonly string[]) => new Set(ids.filter((id) => setAside.includes(id))),
        keepAside: async (...args: unknown[]) => void told.push(args),
      },
    },
  } as unknown as SweepNeeds;
  return { needs, imported, windows, told };
}

/** "known 1, adopted ord_1": what is not nothing. */
function words(report: SweepReport): string {
  const { known, foreign, unmatched, adopted, orphan, mismatched, missingAtGateway, unread } = report;
  const ids = (rows: readonly { readonly orderId: string; readonly because: string | null }[]): string =>
    rows.map(({ orderId, because }) => (because === null ? orderId : `${orderId}: ${because}`)).join(" & ");
  return [
    known > 0 && `known ${known}`,
    foreign > 0 && `foreign ${foreign}`,
    unmatched > 0 && `unmatched ${unmatched}`,
    adopted.length > 0 && `adopted ${ids(adopted)}`,
    orphan.length > 0 && `orphan ${ids(orphan)}`,
    mismatched.length > 0 && `mismatched ${ids(mismatched)}`,
    missingAtGateway.length > 0 && `missing ${ids(missingAtGateway)}`,
    unread.length > 0 && `unread ${ids(unread)}`,
  ]
    .filter((word) => word !== false)
    .join(", ");
}

function showing(kind: Parameters<typeof answerOf>[0], order: Partial<ListedOrder> = {}): ListedOrder {
  return listedOrder({ inquiryAnswerOf: () => answerOf(kind), ...order });
}

const PAID: Partial<KnownAttempt> = { state: "paid", chargeId: "chr_1" };
const NO_CHARGE = { chargeReferences: new Map<string, string>() };
const OTHERS = { installationId: "ins_2" };
const SUBSCRIPTION_GONE = "the books have no subscription ana; add it as it was, then reconcile again";
const REFUSED = new GatewayRefused("not now", { httpStatus: 422 } as never);
const UNPAID: UnpaidOrder = { orderId: "ord_1", invoiceId: "inv_1", subscriptionId: "ana", cycle: 0 };

// prettier-ignore
test.each<[world: World, found: string, because: string]>([
  [{}, "", "there are none"],
  [{ listed: [showing("paid")], attempts: [PAID] }, "known 1", "it is in the books"],
  [{ listed: [showing("paid")], attempts: [{}] }, "adopted ord_1", "its answer was lost"],
  [{ listed: [showing("paid")] }, "adopted ord_1", "the books lost its attempt"],
  [{ listed: [showing("paid", OTHERS)] }, "foreign 1", "others made it"],
  [{ listed: [showing("paid", OTHERS)], attempts: [{}] }, "adopted ord_1", "an attempt of ours holds it, whatever its metadata say"],
  [{ listed: [showing("paid", { installationId: null })], attempts: [{ ...PAID, orderId: "ord_2" }] }, "foreign 1", "it names an attempt of ours, which holds another"],
  [{ listed: [showing("paid")], archived: true }, "known 1", "it is of an archive"],
  [{ listed: [showing("paid")], attempts: [{}], archived: true }, "adopted ord_1", "no archive has what the books have"],
  [{ listed: [showing("absent", NO_CHARGE)] }, "orphan ord_1", "nobody charged it"],
  [{ listed: [showing("absent", NO_CHARGE)], attempts: [{ state: "declined" }] }, "known 1", "an attempt holds it"],
  [{ listed: [showing("absent", NO_CHARGE)], attempts: [{ state: "declined", orderId: "ord_2" }] }, "orphan ord_1", "the attempt that it names holds another"],
  [{ listed: [showing("paid")], attempts: [{ ...PAID, orderId: "ord_2" }] }, "mismatched ord_1: it is paid (charge chr_1), and attempt att_1 is paid with ord_2", "by another order"],
  [{ listed: [showing("declined")], attempts: [{ state: "declined", orderId: "ord_2" }] }, "known 1", "it was charged, and the books have that, by another order"],
  [{ listed: [showing("declined", { ...NO_CHARGE, references: ["inv_1-1"], ...OTHERS })], attempts: [{ reference: "inv_1-9" }] }, "adopted ord_1", "an order of others is not imported, and settles what holds it"],

  [{ listed: [showing("paid")], hasSubscription: false }, `unmatched 1, mismatched ord_1: ${SUBSCRIPTION_GONE}`, "it has no place"],
  [{ listed: [showing("paid")], hasSubscription: false, setAside: ["ord_1"] }, "known 1", "a person has set it aside"],
  [{ listed: [showing("paid")], hasSubscription: false, setAside: ["ord_2"] }, `unmatched 1, mismatched ord_1: ${SUBSCRIPTION_GONE}`, "that was another one"],
  [{ listed: [showing("paid")], fault: new TypeError("x is undefined") }, "unmatched 1, mismatched ord_1: it cannot be booked: x is undefined", "a bug is told, and keeps no other from its place"],
  [{ listed: [showing("paid")], setAside: ["ord_1"] }, "adopted ord_1", "a person has set it aside, and it has its place by now"],

  [{ unpaid: [UNPAID], read: { ord_1: showing("paid") }, attempts: [{}] }, "adopted ord_1", "the order of an unpaid invoice is read by itself"],
  [{ unpaid: [UNPAID], read: { ord_1: showing("paid") }, listed: [showing("paid")], attempts: [{}] }, "adopted ord_1", "once, where the list shows it"],
  [{ unpaid: [UNPAID] }, "", "Conekta knows no such order, and so it cannot be charged"],
  [{ unpaid: [UNPAID], read: { ord_1: REFUSED } }, "unread ord_1: not now", "it cannot be read now"],

  [{ paid: [knownAttempt(PAID)] }, "missing ord_1: Conekta knows no such order", "paid in the books alone"],
  [{ paid: [knownAttempt({ ...PAID, orderId: null })] }, "missing : the attempt is paid, and holds no order", "by no order"],
  [{ paid: [knownAttempt(PAID)], read: { ord_1: showing("declined") } }, "missing ord_1: the order shows no payment", "and its order shows none"],
  [{ paid: [knownAttempt(PAID)], read: { ord_1: showing("paid") } }, "", "its order is older than the window"],
  [{ paid: [knownAttempt(PAID)], read: { ord_1: showing("unknown", { givenBack: "refunded" }) } }, "", "it went back since"],
  [{ paid: [knownAttempt(PAID)], read: { ord_1: REFUSED } }, "unread ord_1: not now", "nobody can tell now"],
  [{ paid: [knownAttempt(PAID)], attempts: [PAID], listed: [showing("paid")] }, "known 1", "the list shows it paid"],
  [{ paid: [knownAttempt(PAID)], attempts: [PAID], listed: [showing("unknown", { givenBack: "refunded" })] }, "known 1", "or given back"],
  [{ paid: [knownAttempt(PAID)], attempts: [PAID], listed: [showing("declined")] }, "known 1, missing ord_1: Conekta knows no such order", "not what it shows declined"],
  [{ paid: [knownAttempt({ ...PAID, orderId: "ord_2" })], attempts: [{ ...PAID, orderId: "ord_2" }], listed: [showing("paid")] }, "mismatched ord_1: it is paid (charge chr_1), and attempt att_1 is paid with ord_2, missing ord_2: Conekta knows no such order", "another order of the same try is shown, and is not its own"],
  [{ paid: [knownAttempt({ attemptId: "att_inv_1-1", ...PAID })], listed: [showing("paid")] }, "adopted ord_1", "what it took in is shown, too"],
])("%#, of %j: %s (%s)", async (world, found) => {
  expect(words(await sweepOrders(worldOf(world).needs, { since: SINCE }))).toBe(found);
});

test("what the books lost is written down by its age, after all that is certain", async () => {
  const at = (day: number): Date => new Date(`2026-12-0${day}T15:00:00Z`);
  const orders = [4, 2, 3].map((day) =>
    showing("declined", {
      ...{ orderId: `ord_${day}`, createdAt: at(day), references: [`inv_1-${day}`] },
      chargeReferences: new Map([[`chr_${day}`, `inv_1-${day}`]]),
    }),
  );
  const ageless = { ...orders[0]!, orderId: "ord_0", createdAt: null, references: ["inv_1-0"] };
  const listed = [...orders, { ...ageless, chargeReferences: new Map([["chr_0", "inv_1-0"]]) }];
  const { needs, imported } = worldOf({ listed });
  await sweepOrders(needs, { since: SINCE });
  expect(imported.map(({ orderId }) => orderId)).toEqual(["ord_0", "ord_2", "ord_3", "ord_4"]);
});

describe("its window", () => {
  test.each<[until: Date | undefined, roomMs: number, because: string]>([
    [undefined, 2 * DAY_MS, "what was made by now is in it, though our clock be days behind"],
    [new Date("2026-12-05T00:00:00Z"), 300_000, "an end that was named has room for clocks that differ"],
  ])("until %p has %i ms of room (%s)", async (until, roomMs) => {
    const { needs, windows, told } = worldOf({});
    const report = await sweepOrders(needs, { since: SINCE, ...(until !== undefined && { until }) });
    expect(windows[0]?.from).toEqual(new Date(SINCE.getTime() - 300_000));
    expect(windows.at(-1)?.to).toEqual(new Date((until ?? NOW).getTime() + roomMs));
    expect(report).toMatchObject({ since: SINCE, until: until ?? NOW });
    expect(told).toContainEqual({ from: SINCE, to: until ?? NOW });
  });

  test.each([NOW, new Date(NOW.getTime() + 1)])("beginning at %p it would be none", async (since) => {
    await expect(sweepOrders(worldOf({}).needs, { since })).rejects.toThrow("before it begins");
  });
});

test.each<[fault: Error, because: string]>([
  [new DatabaseUnusable("disk full"), "nothing can be booked"],
  [new GatewayUnavailable("no answer", { retryAfterMs: null }), "nobody answers"],
])("%p ends it: %s", async (fault) => {
  await expect(sweepOrders(worldOf({ listed: [showing("paid")], fault }).needs, { since: SINCE })).rejects.toBe(fault);
});

describe("a halt of a restored database", () => {
  const restored = { kind: "restored", since: SINCE };
  const later = new Date(SINCE.getTime() + 1);
  // prettier-ignore
  test.each<[world: World, options: { readonly since: Date; readonly until?: Date }, isLifted: boolean, because: string]>([
    [{ halt: restored }, { since: SINCE }, true, "it covers all that the books may lack"],
    [{ halt: { kind: "restored", since: later } }, { since: SINCE }, true, "and more"],
    [{ halt: restored }, { since: later }, false, "it begins too late"],
    [{ halt: restored }, { since: SINCE, until: NOW }, true, "it ends now"],
    [{ halt: restored }, { since: SINCE, until: new Date(NOW.getTime() - 1) }, false, "it ends too early"],
    [{ halt: { kind: "person", since: null } }, { since: SINCE }, false, "a person lifts theirs"],
    [{ halt: { kind: "limit", since: SINCE } }, { since: SINCE }, false, "nor is it a limit's"],
    [{ halt: { kind: "restored", since: null } }, { since: SINCE }, false, "nobody knows how much they lack"],
    [{ halt: restored, listed: [showing("paid")], hasSubscription: false }, { since: SINCE }, false, "one has no place yet"],
    [{ halt: restored, listed: [showing("paid")], hasSubscription: false, setAside: ["ord_1"] }, { since: SINCE }, true, "a person has set that one aside"],
    [{ halt: restored, listed: [showing("absent", NO_CHARGE)] }, { since: SINCE }, true, "an orphan moved no money"],
  ])("%#, of %j, after %j, is lifted: %p (%s)", async (world, options, isLifted) => {
    const { needs, told } = worldOf(world);
    expect((await sweepOrders(needs, options)).chargingResumed).toBe(isLifted);
    expect(told.filter((each) => each === "charging.resumed")).toHaveLength(isLifted ? 1 : 0);
    expect(told.some((each) => (each as { readonly kind?: string }).kind === "restored")).toBe(isLifted);
  });
});

test("what a person sets aside is written with who and why", async () => {
  const { needs, told } = worldOf({});
  const decision = { why: "it was a test", by: "ana" };
  await setAsideOrders(needs, ["ord_1", "ord_2"], decision);
  expect(told).toEqual([[["ord_1", "ord_2"], decision, NOW]]);
});

test("a payment by a charge that the books hold is known by that charge", async () => {
  const payment = { ...paymentBy("chr_1"), amountCents: 1 };
  const trace = { httpStatus: 200, logId: null, because: "said the test" };
  const order = listedOrder({ inquiryAnswerOf: () => ({ kind: "paid", payment, trace }) });
  const report = await sweepOrders(worldOf({ listed: [order], attempts: [PAID] }).needs, { since: SINCE });
  expect(report.mismatched).toMatchObject([{ attemptId: "att_1", outcome: "paid", amountCents: 20015 }]);
});

test("a gateway that is away ends the sweep also where it looks back: nothing is said of a payment", async () => {
  const away = new GatewayUnavailable("nobody is there", { wasReached: false });
  const { needs } = worldOf({ paid: [knownAttempt(PAID)], read: { ord_1: away } });
  await expect(sweepOrders(needs, { since: SINCE })).rejects.toBe(away);
});

test("of orders that no list shows four are read at once", async () => {
  const names = Array.from({ length: 9 }, (_, at) => `ord_${at}`);
  const world = worldOf({
    unpaid: names.map((orderId) => ({ ...UNPAID, orderId })),
    paid: names.map((orderId) => knownAttempt({ ...PAID, orderId })),
  });
  const reading = { now: 0, most: [] as number[] };
  const readOrder = async (): Promise<never> => {
    reading.most.push((reading.now += 1));
    await new Promise((resolve) => setImmediate(resolve));
    reading.now -= 1;
    throw REFUSED;
  };
  await sweepOrders({ ...world.needs, orders: { readOrder } }, { since: SINCE });
  expect([reading.most.length, Math.max(...reading.most)]).toEqual([18, 4]);
});

/** The restore fence, with literals for both sides: what halts, what does not, and how far back it looks. */
import { describe, expect, test } from "@jest/globals";
import {
  knownAttempt,
  listedOrder,
  OWN_INSTALLATION,
  SILENT_LOG,
  sweepSide,
} from "../../../test/support/seen-orders.ts";
import { MAX_CLOCK_SKEW_MS } from "../../domain/clock-skew.ts";
import { DAY_MS } from "../../domain/duration.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import type { ListedOrder } from "../ports/reconcile.ts";
import type { KnownAttempt, SeenOrder } from "../ports/webhooks.ts";
import type { Records } from "../ports/records.ts";
import type { Installation } from "../ports/installation.ts";
import { checkNotRestored } from "./restore-fence.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const before = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);

type Facts = {
  readonly orders?: readonly ListedOrder[] | Error;
  readonly attempts?: readonly KnownAttempt[];
  readonly isSetAside?: boolean;
  readonly isArchived?: boolean;
  readonly haltKind?: Installation["haltKind"];
  readonly lastSentAt?: Date | null;
  readonly comparedUntil?: Date;
  /** What reading the older order of an unpaid invoice shows; absent: there is none. */
  readonly older?: SeenOrder | Error;
};

async function checked(facts: Facts) {
  const { orders = [], attempts = [], isSetAside = false, haltKind = null, lastSentAt = null, older } = facts;
  const halts: { kind: string; reconcileSince?: Date }[] = [];
  const rechecked: string[] = [];
  const compared: Date[] = [];
  const unpaidAsked: (number | undefined)[] = [];
  const unpaid = { orderId: "ord_1", invoiceId: "inv_1", subscriptionId: "ana", cycle: 0 };
  const sweep = sweepSide(orders, {
    attempts,
    lastSentAt: async () => lastSentAt,
    comparedUntil: async () => facts.comparedUntil ?? null,
    createdAt: async () => before(900),
    noteCompared: async (until) => void compared.push(until),
    isArchived: async () => facts.isArchived ?? false,
    setAside: async (ids) => new Set(isSetAside ? ids : []),
    unpaidOrders: async (limit) => (unpaidAsked.push(limit), older === undefined ? [] : [unpaid]),
  });
  const fence = await checkNotRestored({
    store: {
      installation: async () => ({
        ...{ id: OWN_INSTALLATION, livemode: false, haltReason: null, mayRepeatOthers: false, epoch: 1 },
        ...{ haltKind, haltReconcileSince: null },
      }),
      haltCharging: async (halt) => void halts.push(halt),
      noteRecheck: async (attemptId) => void rechecked.push(attemptId),
      write: async (_now, work) =>
        await work({ noteDenied: (attemptId: string) => void rechecked.push(attemptId) } as unknown as Records),
    },
    clock: { now: () => NOW, monotonicMs: () => 0 },
    log: SILENT_LOG,
    sweep,
    webhooks: {
      orders: {
        readOrder: async () => {
          if (older === undefined || older instanceof Error) throw older ?? new Error("nothing to read");
          return older;
        },
      },
    },
  });
  return { fence, halts, rechecked, compared, unpaidAsked, windows: sweep.windows };
}

const LACKED = listedOrder();
const FOREIGN = listedOrder({ orderId: "ord_2", installationId: "ins_2" });
const NOBODYS = listedOrder({ orderId: "ord_3", installationId: null });
const UNSENT = [knownAttempt({ state: "not_sent", orderId: null })];
const DENIED = [knownAttempt({ state: "not_sent", isDenied: true })];
const REFUSED = new GatewayRefused("no such order", { httpStatus: 404, code: null });
const NOT_REACHED = new GatewayUnavailable("away", { wasReached: false });
const SICK = new GatewayUnavailable("500");

// prettier-ignore
test.each<[facts: Facts, becomes: string, because: string]>([
  [{}, "checked", "nothing was charged"],
  [{ orders: [LACKED] }, "checked, halted", "the books lack it"],
  [{ orders: [FOREIGN] }, "checked", "another installation's order says nothing of these books"],
  [{ orders: [NOBODYS] }, "checked", "nor does a shop's own"],
  [{ orders: [FOREIGN, LACKED] }, "checked, halted", "one among others"],
  [{ orders: [LACKED], attempts: [knownAttempt()] }, "checked", "the books know it"],
  [{ orders: [LACKED], attempts: UNSENT }, "checked, halted", "they believe that it never left"],
  [{ orders: [LACKED], attempts: DENIED }, "checked", "a person was wrong: the books are not old"],
  [{ orders: [LACKED], isSetAside: true }, "checked", "a person has looked at it"],
  [{ orders: [LACKED], isArchived: true }, "checked", "it is of an archive"],
  [{ orders: [LACKED], haltKind: "restored" }, "checked", "it is known already"],
  [{ orders: [LACKED], haltKind: "person" }, "checked, halted", "another halt is no check"],
  [{ orders: SICK }, "unread", "without the list nobody is charged"],
  [{ orders: REFUSED }, "unread", "whatever keeps it from being read"],
  [{ older: LACKED }, "checked, halted", "an older order was charged again since"],
  [{ older: FOREIGN }, "checked", "of another installation"],
  [{ older: LACKED, attempts: [knownAttempt()] }, "checked", "an older order that the books know"],
  [{ older: REFUSED }, "checked", "an order that is gone cannot have been charged"],
  [{ older: SICK }, "checked", "one that cannot be read keeps nobody from being charged"],
  [{ older: NOT_REACHED }, "unread", "a gateway that is away does: it may be back before the first charge"],
])("%#: %s (%s)", async (facts, becomes, _because) => {
  const { fence, halts } = await checked(facts);
  expect([fence, ...halts.map(({ kind }) => (kind === "restored" ? "halted" : kind))].join(", ")).toBe(becomes);
});

test("of older orders a hundred are read: lost books have tried all of them", async () => {
  expect((await checked({ older: FOREIGN })).unpaidAsked).toEqual([100]);
});

test("a key that is refused is no list that cannot be read", async () => {
  await expect(checked({ orders: new GatewayUnauthorized("no") })).rejects.toThrow(GatewayUnauthorized);
});

test("what a person denied, and is paid, is asked about at the next run", async () => {
  expect((await checked({ orders: [LACKED], attempts: DENIED })).rechecked).toEqual(["att_1"]);
  expect((await checked({ orders: [LACKED], attempts: UNSENT })).rechecked).toEqual([]);
});

test("how far the orders were compared is noted, by the newest of them; where none is shown nothing is", async () => {
  const made = [2, 1, 3].map((days) => listedOrder({ ...FOREIGN, orderId: `ord_${days}`, createdAt: before(days) }));
  const { compared } = await checked({ orders: [...made, NOBODYS], lastSentAt: NOW });
  expect(compared.length).toBeGreaterThan(0);
  expect(new Set(compared.map((each) => each.getTime()))).toEqual(new Set([before(1).getTime()]));
  expect((await checked({ orders: [], lastSentAt: NOW })).compared).toEqual([]);
});

describe("how far back it looks, and the sweep that lifts the halt must", () => {
  // prettier-ignore
  test.each<[lastSentAt: Date | null, from: Date, because: string]>([
    [before(1), before(3), "two days more than the last sending, whose clock may have been wrong"],
    [before(-9), before(2), "a clock that was ahead then hides nothing of today"],
    [before(397), before(399), "most of a yearly plan's period"],
    [before(500), before(400), "no longer than any period"],
    [null, before(400), "nothing was ever sent: since the database was made, and no longer"],
  ])("last sent at %p: from %p (%s)", async (lastSentAt, from, _because) => {
    const { windows, halts } = await checked({ orders: [LACKED], lastSentAt });
    expect(windows[0]?.from).toEqual(from);
    expect(halts).toMatchObject([{ kind: "restored", reconcileSince: from }]);
  });

  test("no further than what was compared before, less what two clocks may differ", async () => {
    const { windows } = await checked({ lastSentAt: before(9), comparedUntil: before(1) });
    expect(windows[0]?.from).toEqual(new Date(before(1).getTime() - MAX_CLOCK_SKEW_MS));
    const older = await checked({ lastSentAt: before(1), comparedUntil: before(9) });
    expect(older.windows[0]?.from).toEqual(before(3));
  });

  test("and two days ahead, for a clock that is behind", async () => {
    expect((await checked({ lastSentAt: NOW })).windows.at(-1)?.to).toEqual(before(-2));
  });
});

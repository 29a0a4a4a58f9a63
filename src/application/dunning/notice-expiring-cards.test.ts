import { expect, test } from "@jest/globals";
import { policyOf } from "../../../test/support/policy.ts";
import { DAY_MS, HOUR_MS } from "../../domain/duration.ts";
import { noticeExpiringCards } from "./notice-expiring-cards.ts";

const NOW = new Date("2026-12-20T15:00:00Z");
const NEVER = new AbortController().signal;
/** Its last day is that of December. */
const CARD = {
  ...{ customerId: "cus_a", paymentSourceId: "src_a", brand: "visa", last4: "4242", expMonth: 12, expYear: 2026 },
  ...{ lastNotice: null, dunning: ["standard"] },
};

type World = {
  readonly cards?: readonly object[];
  readonly days?: readonly (readonly number[])[];
  /** The card that the customer has by now; null: there is no such customer. */
  readonly source?: string | null;
};

function worldOf({ cards = [CARD], days = [[30, 7]], source = "src_a" }: World = {}) {
  const told: unknown[] = [];
  const clock = { ms: 0 };
  const records = {
    customer: async () => (source === null ? null : { paymentSourceId: source }),
    noteCardNotice: async (...args: unknown[]) => void told.push(args),
    record: (event: object) => void told.push(event),
  };
  const needs = {
    clock: { now: () => new Date(NOW.getTime() + clock.ms) },
    policies: new Map(
      days.map((cardExpiringDays, at) => [at === 0 ? "standard" : `p${at}`, policyOf({ cardExpiringDays })]),
    ),
    log: { info: (...line: unknown[]) => void told.push(line) },
    store: {
      expiringCards: async (_now: Date, within: number) => (told.push(within), cards),
      write: async (_now: Date, work: (each: object) => Promise<void>) => await work(records),
    },
  } as unknown as Parameters<typeof noticeExpiringCards>[0];
  return { needs, told, clock };
}

test("a card that expires soon is noted and told once, in one transaction", async () => {
  const { needs, told } = worldOf();
  expect(await noticeExpiringCards(needs, NEVER)).toBe(1);
  expect(told).toEqual([
    30,
    ["cus_a", "src_a:30:2026-12"],
    {
      ...{ type: "card.expiring", customerId: "cus_a" },
      data: {
        ...{ paymentSourceId: "src_a", cardBrand: "visa", cardLast4: "4242", expMonth: 12, expYear: 2026 },
        ...{ noticeDays: 30, daysLeft: expect.any(Number), expiresAt: expect.stringMatching(/^2027-01-01T/) },
      },
    },
    ["cards.expiring", { count: 1 }],
  ]);
});

// prettier-ignore
test.each<[world: World, notices: number, within: number | null, because: string]>([
  [{ cards: [] }, 0, 30, "none expires soon"],
  [{ cards: [CARD, CARD] }, 2, 30, "each is told"],
  [{ days: [[]] }, 0, null, "nobody wants to be told"],
  [{ days: [[1]] }, 0, 1, "not so early"],
  [{ days: [[], [60]] }, 0, 60, "the policy of this card tells nothing, though another does"],
  [{ days: [[7], [60]], cards: [{ ...CARD, dunning: ["standard", "p1"] }] }, 1, 60, "the policy of one of its plans does"],
  [{ source: "src_b" }, 1, 30, "another card is the default by now: nothing is noted"],
  [{ source: null }, 1, 30, "there is no such customer by now"],
])("%#: %j: %i notices, of cards within %p days (%s)", async (world, notices, within) => {
  const { needs, told } = worldOf(world);
  expect(await noticeExpiringCards(needs, NEVER)).toBe(notices);
  expect(told[0] ?? null).toBe(within);
  const isKept = world.source === undefined;
  expect(told.filter((each) => typeof each === "object" && "type" in (each as object))).toHaveLength(isKept ? notices : 0);
  expect(told.filter((each) => Array.isArray(each) && each[0] === "cus_a")).toHaveLength(isKept ? notices : 0);
  expect(told.filter((each) => Array.isArray(each) && each[0] === "cards.expiring")).toHaveLength(notices > 0 ? 1 : 0);
});

test("hourly is enough, for each store by itself", async () => {
  const { needs, clock } = worldOf();
  const passes: number[] = [];
  for (const ms of [0, HOUR_MS - 1, HOUR_MS, DAY_MS]) {
    clock.ms = ms;
    passes.push(await noticeExpiringCards(needs, NEVER));
  }
  expect(passes).toEqual([1, 0, 1, 1]);
  expect(await noticeExpiringCards(worldOf().needs, NEVER)).toBe(1);
});

test("where the process ends nobody else is told", async () => {
  expect(await noticeExpiringCards(worldOf().needs, AbortSignal.abort())).toBe(0);
});

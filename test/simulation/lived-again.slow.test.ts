/** Lives that failed once, each with what it showed: the program's fault, or the oracle's. */
import { expect, test } from "@jest/globals";
import { failuresOf } from "./seeds.ts";

const SHORT = { subscriptions: 6, months: 3, flow: null } as const;

test("an order that cannot be read cannot be closed, and a person is shown it", async () => {
  const life = { subscriptions: 8, months: 6, store: "memory", flow: null, hasExtras: true, plant: null } as const;
  expect(await failuresOf({ ...life, hasSecondThoughts: false }, 7, 1)).toEqual([]);
});

test("a queue does not move while the first of it is due and its customer cannot be read", async () => {
  const life = { subscriptions: 8, months: 6, store: "memory", flow: null, isOverWire: true } as const;
  expect(await failuresOf(life, 408, 1)).toEqual([]);
});

test.each<[seed: number, store: "memory" | "lockstep", because: string]>([
  [104_893, "lockstep", "a coupon keeps one that was never billed from being begun anew by an older file"],
  [104_697, "memory", "a cycle was opened before a change by a clock that was ahead, and dated after it"],
  [
    104_708,
    "memory",
    "a read found a card that was never tried for a cycle in its days of grace, and freed those behind it",
  ],
  [
    100_420,
    "memory",
    "an order of the panel, which names nobody, is no answer of another try that an adapter could tell",
  ],
  [
    2_923,
    "memory",
    "what fell due after its customer could not be read is read for at once, and not left behind a green light",
  ],
  [
    171_353,
    "memory",
    "a cycle that was skipped ahead of its day begins after a later one, which another interval began",
  ],
  [200_257, "memory", "the preview cannot foresee of a subscription whose row it cannot read"],
  [201_357, "memory", "what was written off with another stays so when late cash pays the other"],
  [171_193, "memory", "a file whose answer was lost may have put back a coupon that was archived"],
  [221_208, "memory", "a page that seemed never to end was held, and lapsed beside a card that nobody had read"],
  [
    221_350,
    "memory",
    "an invoice was left since its customer could not be read, and a step of dunning could, after it",
  ],
  [253_389, "memory", "a cycle waits for a later one that was declined, held since, and is tried on a person's word"],
  [
    254_177,
    "memory",
    "an order of no cycle that a backup lacks, and that its bank never answers, is canceled in the panel",
  ],
  [254_937, "memory", "a good card was taken away in the hour before the cycle of an unpaid subscription became void"],
  [293_836, "memory", "a plan that is charged daily has more orders to be read for disputes than some runs read"],
  [293_789, "memory", "an item is given up while its subscription is unpaid already, and another card takes that up"],
  [292_654, "memory", "a clerk's retry was refused beside an open page, and puts nothing up"],
  [222_494, "memory", "a preview puts off what a paid retry frees before it looks at what waits behind that"],
  [223_590, "memory", "so it does where the last of those that waited comes first in the run"],
  [
    230_125,
    "lockstep",
    "a process that froze among its reads for disputes takes nothing back of where the next one is",
  ],
  [
    501_314,
    "memory",
    "a charge that nobody answered was canceled, and had been made on another card than the books knew",
  ],
  [222_793, "memory", "a page of a person's that only a lost book knew is over, and another card is waited for"],
  [222_861, "memory", "a file whose answer was lost has changed the terms that the next file asks for"],
  [223_121, "memory", "a period at another interval that ends with the one before it has coupons of its own"],
])("seed %i, %s: %s", async (seed, store) => {
  expect(await failuresOf({ ...SHORT, store }, seed, 1)).toEqual([]);
});

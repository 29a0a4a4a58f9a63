/** An order that is read by itself, and what keeps one that cannot be read from being forgotten. */
import { expect, test } from "@jest/globals";
import { knownAttempt, listedOrder, SILENT_LOG } from "../../../test/support/seen-orders.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import type { KnownAttempt } from "../ports/webhooks.ts";
import { isOfThisOrder, readUnpaidOrder, type UnpaidOrderNeeds } from "./unpaid-order.ts";

const NOW = new Date("2026-12-15T15:00:00Z");
const UNPAID = { orderId: "ord_1", invoiceId: "inv_9", subscriptionId: "beto", cycle: 3 };
const refusedWith = (httpStatus: number): Error => new GatewayRefused(`${httpStatus}`, { httpStatus, code: null });
const HANGING = new GatewayUnavailable("no answer", { wasReached: true });
const AWAY = new GatewayUnavailable("nobody is there", { wasReached: false });
const DENIED = knownAttempt({ state: "not_sent" });

async function read(shown: Error | null, attempts: readonly KnownAttempt[] = [DENIED]) {
  const denied: unknown[] = [];
  const noteDenied = (attemptId: string, at: Date): void => void denied.push([attemptId, at]);
  const needs = {
    ...{ clock: { now: () => NOW }, log: SILENT_LOG },
    store: { write: async (_now: Date, work: (records: object) => Promise<void>) => await work({ noteDenied }) },
    orders: {
      readOrder: async () => {
        if (shown !== null) throw shown;
        return listedOrder({ createdAt: NOW });
      },
    },
    sweep: { inbox: { attemptsOf: async () => attempts } },
  } as unknown as UnpaidOrderNeeds;
  const result = await readUnpaidOrder(needs, UNPAID).catch((error: unknown) => error);
  return { result, denied };
}

test("what is read is of the invoice that the books made it for", async () => {
  const { result, denied } = await read(null);
  expect(result).toEqual({
    order: expect.objectContaining({ ...UNPAID, createdAt: null, shown: null, installationId: "ins_1" }),
  });
  expect(denied).toEqual([]);
});

// prettier-ignore
test.each<[shown: Error, isGone: boolean, isReadAgain: boolean, because: string]>([
  [refusedWith(404), true, false, "Conekta knows no such order: it cannot be charged either"],
  [refusedWith(405), false, true, "it is there, and cannot be read: money may be behind it"],
  [refusedWith(500), false, true, "so it is"],
  [new GatewayUnauthorized("401"), false, true, "the list was read with this key: it is this order that is refused"],
  [HANGING, false, true, "it hangs, and others answer"],
])("%p: gone: %p, read again: %p (%s)", async (shown, isGone, isReadAgain) => {
  const { result, denied } = await read(shown);
  expect(result).toEqual({ order: null, because: shown.message, isGone });
  expect(denied).toEqual(isReadAgain ? [["att_1", NOW]] : []);
});

test.each<[error: Error]>([[AWAY], [new TypeError("x is undefined")]])(
  "%p is thrown: it is of no order",
  async (error) => {
    expect((await read(error)).result).toBe(error);
    expect(isOfThisOrder(error)).toBe(false);
  },
);

const at = (attemptId: string, number: number, state: KnownAttempt["state"]) =>
  knownAttempt({ attemptId, number, state });

// prettier-ignore
test.each<[attempts: readonly KnownAttempt[], denied: string | null, because: string]>([
  [[], null, "the books have no attempt of it"],
  [[at("b", 2, "declined"), at("a", 1, "declined")], "b", "by the last of its attempts, however they come"],
  [[at("a", 1, "declined"), at("b", 2, "not_sent"), at("c", 3, "declined")], "c", "whatever became of them"],
  [[at("a", 1, "unknown"), at("b", 2, "declined")], null, "one is open: it is inquired about anyway"],
])("%#: it is read again by %p (%s)", async (attempts, denied) => {
  const seen = await read(HANGING, attempts);
  expect(seen.denied).toEqual(denied === null ? [] : [[denied, NOW]]);
  expect(seen.result).toEqual({ order: null, because: HANGING.message, isGone: false });
});

/** What an error carries beside its sentence: who must act, and how. */
import { expect, test } from "@jest/globals";
import {
  DatabaseUnusable,
  GatewayRefused,
  GatewayUnavailable,
  InputInvalid,
  NotFound,
  RowUnreadable,
  stopsEverybody,
  messageOf,
} from "./errors.ts";
import { said } from "./refusals.ts";

test("a sentence of ours is carried as code and data, and told in English; one that is written is only told", () => {
  const ours = said("gateway_endless_cards", { customerId: "cus_1" });
  expect(new NotFound(ours).said).toBe(ours);
  expect(new NotFound(ours).message).toContain("cus_1");
  expect(new NotFound("there is none")).toMatchObject({ said: null, message: "there is none", mend: null });
  const mend = { do: "sweep" } as const;
  const cause = new Error("before");
  expect(new NotFound("there is none", { mend, cause })).toMatchObject({ mend, cause });
});

test("several faults are told each at its place, behind what they are of", () => {
  const faults = [
    { where: "row 1", what: "no amount" },
    { where: "row 2", what: said("consent_ahead") },
  ];
  const error = new InputInvalid("nothing was changed", faults);
  expect(error).toMatchObject({ subject: "nothing was changed", faults });
  expect(error.message.split("\n").slice(0, 2)).toEqual(["nothing was changed:", "  row 1: no amount"]);
});

test("a row that cannot be read is named, and says why", () => {
  const cause = new Error("bad JSON");
  const message = "the row of inv_1 cannot be read";
  expect(new RowUnreadable("inv_1", { cause })).toMatchObject({ id: "inv_1", message, cause });
});

test("a gateway that is not there was reached, and asks for no patience, unless it is known otherwise", () => {
  expect(new GatewayUnavailable("x")).toMatchObject({ wasReached: true, retryAfterMs: null });
  const other = { wasReached: false, retryAfterMs: 7 };
  expect(new GatewayUnavailable("x", other)).toMatchObject(other);
  expect(new GatewayRefused("x", { httpStatus: 404, code: "a.b" })).toMatchObject({ httpStatus: 404, code: "a.b" });
});

test.each<[error: unknown, stops: boolean, because: string]>([
  [new DatabaseUnusable("x"), true, "nobody's rows can be written"],
  [new DatabaseUnusable("x", { areRowsHeld: true }), false, "whatever needs none of them goes on"],
  [new Error("x"), false, "it says nothing of the database"],
])("%p stops everybody: %p (%s)", (error, stops) => {
  expect(stopsEverybody(error)).toBe(stops);
});

test("a database is of no known fault unless it is said", () => {
  const none = { isMisconfigured: false, areRowsHeld: false, isOfServer: false };
  const all = { isMisconfigured: true, areRowsHeld: true, isOfServer: true };
  expect(new DatabaseUnusable("x")).toMatchObject(none);
  expect(new DatabaseUnusable("x", all)).toMatchObject(all);
});

test.each<[thrown: unknown, said: string]>([
  [new GatewayUnavailable("no answer"), "no answer"],
  [new TypeError("x is undefined"), "x is undefined"],
  ["stopped", "stopped"],
])("%p says %s", (thrown, words) => {
  expect(messageOf(thrown)).toBe(words);
});

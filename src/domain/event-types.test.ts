import { expect, test } from "@jest/globals";
import { EVENT_TYPES, type EventType } from "./event-types.ts";
import { statusEvent } from "./subscription.ts";

const told = (type: EventType): EventType => type;

test("each type is stated once, as a thing and what happened to it", () => {
  expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
  expect(EVENT_TYPES.filter((type) => !/^[a-z]+(\.[a-z_]+){1,2}$/.test(type))).toEqual([]);
});

test("a typo does not compile, also where a type is put together", () => {
  const anyText: string = "canceled";
  const ended = { cancel: "canceled", typo: "canceld" } as const;
  expect(told(`subscription.${ended.cancel}`)).toBe("subscription.canceled");
  // @ts-expect-error: there is no such type
  expect(told("invoice.payed")).toBe("invoice.payed");
  // @ts-expect-error: nor is there one that is put together like this
  expect(told(`subscription.${ended.typo}`)).toBe("subscription.canceld");
  // @ts-expect-error: a status that may be any text says nothing
  expect(told(`subscription.${anyText}`)).toBe("subscription.canceled");
});

test("what becomes of a subscription is told by a type of the list", () => {
  expect(EVENT_TYPES).toContain(statusEvent("active", "past_due"));
});

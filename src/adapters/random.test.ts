import { describe, expect, test } from "@jest/globals";
import { handClock, systemClock } from "./clock.ts";
import { seededRandom, systemRandom } from "./random.ts";

const AT = new Date("2026-01-31T15:00:00.000Z");
const later = (ms: number) => new Date(AT.getTime() + ms);

describe.each([
  ["system", () => systemRandom()],
  ["seeded", () => seededRandom(7)],
])("%s randomness", (_name, create) => {
  test("an id is its prefix and 26 characters", () => {
    expect(create().newId("inv", AT)).toMatch(/^inv_[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  test("ids of one millisecond are in the order they were made in, and all different", () => {
    const random = create();
    const ids = Array.from({ length: 5000 }, () => random.newId("att", AT));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("ids sort by their instant, also when they are made in another order", () => {
    const random = create();
    const third = random.newId("evt", later(2));
    const first = random.newId("evt", AT);
    const second = random.newId("evt", later(1));
    expect([third, first, second].toSorted()).toEqual([first, second, third]);
  });

  test("a fraction is from 0 up to, not including, 1, and spread evenly", () => {
    const random = create();
    const fractions = Array.from({ length: 20_000 }, () => random.fraction());
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...fractions)).toBeLessThan(1);
    expect(fractions.reduce((sum, each) => sum + each, 0) / fractions.length).toBeCloseTo(0.5, 1);
  });
});

test("the same seed gives the same ids, another seed others", () => {
  const idOf = (seed: number) => seededRandom(seed).newId("inv", AT);
  expect(idOf(1)).toBe(idOf(1));
  expect(idOf(1)).not.toBe(idOf(2));
});

test("an id of a moment that does not exist is a bug, not an id", () => {
  expect(() => seededRandom(1).newId("inv", new Date(Number.NaN))).toThrow("an instant after 1970");
});

describe("the clock", () => {
  test("of the system gives the present", () => {
    const before = Date.now();
    const now = systemClock.now().getTime();
    expect([before <= now, now <= Date.now()]).toEqual([true, true]);
  });

  test("turned by hand stands still, advances, and can be set back", () => {
    const clock = handClock(AT);
    clock.now().setFullYear(1999);
    expect(clock.now()).toEqual(AT);
    clock.advance(1500);
    expect(clock.now()).toEqual(later(1500));
    clock.set(later(-1));
    expect(clock.now()).toEqual(later(-1));
    expect(() => clock.advance(-1)).toThrow("whole milliseconds");
    expect(() => clock.set(new Date("not a date"))).toThrow("valid date");
  });
});

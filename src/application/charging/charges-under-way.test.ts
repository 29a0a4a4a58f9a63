import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mock } from "node:test";
import { ChargesUnderWay } from "./charges-under-way.ts";

const moment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Charges that are answered, and booked, when the test says so. */
function sceneOf(most: number, ratePerSecond = 0) {
  const underWay = new ChargesUnderWay(most, ratePerSecond);
  const answers: (() => void)[] = [];
  const books: (() => void)[] = [];
  const seen = { begun: 0, atGateway: 0, mostAtGateway: 0, booked: 0 };
  const addCharges = (count: number): void => {
    for (let at = 0; at < count; at++)
      underWay.add(async () => {
        seen.begun += 1;
        await underWay.atGateway(async () => {
          seen.atGateway += 1;
          seen.mostAtGateway = Math.max(seen.mostAtGateway, seen.atGateway);
          await new Promise<void>((resolve) => answers.push(resolve));
          seen.atGateway -= 1;
        });
        return async () => {
          await new Promise<void>((resolve) => books.push(resolve));
          seen.booked += 1;
        };
      });
  };
  const all = async (waiting: (() => void)[]): Promise<void> => {
    for (const each of waiting.splice(0)) each();
    for (let turn = 0; turn < 3; turn++) await moment();
  };
  return { underWay, seen, addCharges, answer: () => all(answers), book: () => all(books) };
}

describe("charges under way", () => {
  test("a quarter more than may be at the gateway have their intents, and leave when others are answered", async () => {
    const { seen, addCharges, answer } = sceneOf(8);
    addCharges(40);
    expect(seen).toMatchObject({ begun: 10, atGateway: 8 });
    await answer();
    expect(seen).toMatchObject({ atGateway: 7, mostAtGateway: 8, booked: 0 });
  });

  test("where one may be at the gateway, it is booked before the next is begun", async () => {
    const { seen, addCharges, answer, book } = sceneOf(1);
    addCharges(3);
    await answer();
    expect(seen).toMatchObject({ begun: 1, atGateway: 0, booked: 0 });
    await book();
    expect(seen).toMatchObject({ begun: 2, atGateway: 1, booked: 1 });
  });

  test("where nothing is booked, fewer than twice as many as may be at the gateway are begun", async () => {
    const { seen, addCharges, answer, book } = sceneOf(8);
    addCharges(40);
    for (let round = 0; round < 5; round++) await answer();
    expect(seen).toMatchObject({ begun: 15, atGateway: 0 });
    await book();
    expect(seen).toMatchObject({ begun: 25, atGateway: 8, mostAtGateway: 8, booked: 15 });
  });

  test("where fewer are allowed, none is made ready, and none leaves before those under way are as few", async () => {
    const { underWay, seen, addCharges, answer, book } = sceneOf(8);
    addCharges(40);
    underWay.allow(1);
    await answer();
    await book();
    expect(seen).toMatchObject({ begun: 10, atGateway: 1 });
    await answer();
    expect(seen).toMatchObject({ begun: 10, atGateway: 1 });
    await answer();
    await book();
    expect(seen).toMatchObject({ begun: 11, atGateway: 1 });
  });

  test("paused: nothing begins, and what is ready stays", async () => {
    const { underWay, seen, addCharges, answer, book } = sceneOf(4);
    addCharges(20);
    underWay.pause();
    await answer();
    await book();
    expect(seen).toMatchObject({ begun: 5, atGateway: 0 });
    underWay.start();
    await moment();
    expect(seen).toMatchObject({ atGateway: 4 });
  });

  test("it is idle once the last is booked, and not when it is answered", async () => {
    const { underWay, addCharges, answer, book } = sceneOf(4);
    addCharges(2);
    const ends: string[] = [];
    void underWay.untilIdle().then(() => ends.push("idle"));
    await answer();
    expect([ends, underWay.isIdle]).toEqual([[], false]);
    await book();
    expect([ends, underWay.isIdle]).toEqual([["idle"], true]);
  });

  test("waits end when what they wait for has come, and not before", async () => {
    const { underWay, addCharges, answer, book } = sceneOf(2);
    addCharges(6);
    expect(underWay.size).toBe(4);
    const ends: string[] = [];
    void underWay.untilIdle().then(() => ends.push("all"));
    void underWay.untilSizeBelow(4).then(() => ends.push("fewer than four"));
    void underWay.untilSizeBelow(5).then(() => ends.push("fewer than five"));
    void underWay.untilNextIsBooked().then(() => ends.push("one is booked"));
    await moment();
    expect(ends).toEqual(["fewer than five"]);
    await answer();
    expect(ends).toEqual(["fewer than five", "fewer than four"]);
    expect(underWay.size).toBe(3);
    await book();
    expect(ends).toEqual(["fewer than five", "fewer than four", "one is booked"]);
    await underWay.untilSizeBelow(4);
    void underWay.untilNextIsBooked().then(() => ends.push("another is booked"));
    await answer();
    expect(ends).not.toContain("another is booked");
    await book();
    expect(ends).toContain("another is booked");
  });

  test("it is not idle while one is in line, or one is booked", async () => {
    const { underWay, addCharges, answer, book } = sceneOf(1);
    expect(underWay.isIdle).toBe(true);
    addCharges(2);
    await answer();
    expect([underWay.isIdle, underWay.size]).toEqual([false, 1]);
    await book();
    await answer();
    expect([underWay.isIdle, underWay.size]).toEqual([false, 0]);
    await book();
    expect(underWay.isIdle).toBe(true);
  });

  test("as soon as more are allowed again, more begin and leave; never more than may ever be", async () => {
    const { underWay, seen, addCharges } = sceneOf(8);
    underWay.allow(1);
    addCharges(40);
    expect(seen).toMatchObject({ begun: 1, atGateway: 1 });
    underWay.allow(4);
    expect(seen).toMatchObject({ begun: 4, atGateway: 4 });
    underWay.allow(100);
    await moment();
    expect(seen).toMatchObject({ begun: 10, atGateway: 8 });
  });

  test("who comes while another waits to be let to the gateway stands behind it", async () => {
    const underWay = new ChargesUnderWay(1, 0);
    const order: string[] = [];
    const call = (name: string): Promise<void> =>
      underWay.atGateway(async () => {
        order.push(name);
        await moment();
      });
    underWay.pause();
    const all = [call("first"), call("second")];
    await moment();
    expect(order).toEqual([]);
    underWay.start();
    await Promise.all([...all, call("third")]);
    expect(order).toEqual(["first", "second", "third"]);
  });

  test("paused twice, it goes on when it was started twice", async () => {
    const { underWay, seen, addCharges } = sceneOf(4);
    underWay.pause();
    underWay.pause();
    addCharges(4);
    underWay.start();
    expect(seen.begun).toBe(0);
    underWay.start();
    expect(seen.begun).toBe(4);
  });

  test.each<[most: number, hasReady: boolean, because: string]>([
    [28, false, "seven are ready"],
    [32, true, "eight are"],
  ])(
    "of %i that may be at the gateway, so many are ready that the next intents are in no hurry: %p (%s)",
    (most, hasReady) => {
      const { underWay, addCharges } = sceneOf(most);
      addCharges(100);
      expect(underWay.hasReady).toBe(hasReady);
    },
  );

  test.each<[most: number, isWide: boolean, because: string]>([
    [16, false, "sixteen may be at the gateway"],
    [17, true, "one more"],
  ])("of %i that may be at the gateway, outcomes are in no hurry: %p (%s)", (most, isWide) => {
    const { underWay, addCharges } = sceneOf(most);
    expect(underWay.isWide).toBe(false);
    addCharges(100);
    expect(underWay.isWide).toBe(isWide);
  });

  test("outcomes are in a hurry once half as many more as may be at the gateway are not booked", async () => {
    const { underWay, seen, addCharges, answer } = sceneOf(20);
    addCharges(12);
    await answer();
    addCharges(17);
    expect([seen.atGateway, underWay.isWide]).toEqual([17, true]);
    addCharges(1);
    expect([seen.atGateway, underWay.isWide]).toEqual([18, false]);
  });

  describe("with a rate", () => {
    beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
    afterEach(() => mock.timers.reset());

    test.each<[ratePerSecond: number]>([[1], [3]])("of %i: so many in a second, and in each that follows", (rate) => {
      const { seen, addCharges } = sceneOf(100, rate);
      addCharges(100);
      for (const second of [1, 2, 3]) {
        expect(seen.begun).toBe(second * rate);
        mock.timers.tick(999);
        expect(seen.begun).toBe(second * rate);
        mock.timers.tick(1);
      }
    });

    test("none is made ready for the next", () => {
      const { seen, addCharges } = sceneOf(8, 100);
      addCharges(40);
      expect(seen).toMatchObject({ begun: 8, atGateway: 8 });
    });
  });

  const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;

  // prettier-ignore
  test.each<[ratePerSecond: number, charges: readonly number[], kept: number, because: string]>([
    [0, [200], 0, "without a rate no second is counted"],
    [3, [3], 0, "nothing more is to begin: nobody is kept waiting by it"],
    [3, [4], 1, "one more is to begin in the next second"],
    [3, [3, 1], 1, "it came later"],
  ])("at a rate of %i, %j charges: timers that keep the process up: %i (%s)", async (ratePerSecond, charges, kept) => {
    await moment();
    const before = timers();
    const { underWay, addCharges } = sceneOf(64, ratePerSecond);
    for (const count of charges) addCharges(count);
    expect(timers() - before).toBe(kept);
    // What is left begins when its second comes, and nothing of it is asked any more.
    underWay.pause();
  });

  test("at a rate, what is left in line keeps the process up also once others of that second have begun", async () => {
    await moment();
    const before = timers();
    const { underWay, seen, addCharges, answer, book } = sceneOf(1, 3);
    addCharges(3);
    await answer();
    await book();
    expect([seen.begun, underWay.size, timers() - before]).toEqual([2, 1, 1]);
    underWay.pause();
  });
});

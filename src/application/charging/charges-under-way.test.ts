import { describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
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

  test("with a rate: so many in a second, and none is made ready for the next", async () => {
    const { seen, addCharges } = sceneOf(100, 3);
    addCharges(10);
    expect(seen.begun).toBe(3);
    await sleep(900);
    expect(seen.begun).toBe(3);
    await sleep(200);
    expect(seen.begun).toBe(6);
  });
});

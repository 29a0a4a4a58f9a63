/** A halt concerns every customer, so it belongs to the story of each subscription. */
import { expect, test } from "@jest/globals";
import { openDesk } from "../support/desk.ts";

test("a halt and its end are part of a subscription's story", async () => {
  await using desk = await openDesk();
  await desk.subscribe("a");
  await desk.app.store.haltCharging({ kind: "unauthorized", because: "the key is not accepted" }, desk.clock.now());
  const halted = await desk.app.store.explaining.factsOf("a");
  await desk.app.store.resumeCharging({ kind: "unauthorized" }, desk.clock.now());
  const resumed = await desk.app.store.explaining.factsOf("a");

  expect(halted?.halt).toMatchObject({ because: "the key is not accepted" });
  expect(resumed?.halt).toBeNull();
  expect(resumed?.events.map(({ type }) => type).slice(-2)).toEqual(["charging.halted", "charging.resumed"]);
});

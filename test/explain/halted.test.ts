/** A halt concerns every customer, so it belongs to the story of each subscription. */
import { expect, test } from "@jest/globals";
import { openApp } from "../support/app-fixture.ts";

test("a halt and its end are part of a subscription's story", async () => {
  await using app = await openApp();
  await app.subscribe("a");
  await app.store.haltCharging({ kind: "unauthorized", because: "the key is not accepted" }, app.clock.now());
  const halted = await app.store.explaining.factsOf("a", app.clock.now());
  await app.store.resumeCharging({ kind: "unauthorized" }, app.clock.now());
  const resumed = await app.store.explaining.factsOf("a", app.clock.now());

  expect(halted?.halt).toMatchObject({ because: "the key is not accepted" });
  expect(resumed?.halt).toBeNull();
  expect(resumed?.events.map(({ type }) => type).slice(-2)).toEqual(["charging.halted", "charging.resumed"]);
});

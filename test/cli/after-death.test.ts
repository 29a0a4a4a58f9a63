/** What is seen between the death of a process in mid-charge and the next start. */
import { expect, test } from "@jest/globals";
import { checkProcess } from "../../src/application/doctor/check-charging.ts";
import { asksForPerson } from "../../src/entrypoints/cli/status.ts";
import { statusDocument } from "../../src/entrypoints/status-document.ts";
import { openApp } from "../support/app-fixture.ts";
import { paid } from "../support/scripted-gateway.ts";

test("a charge that was under way when a process died is said, with exit code 3, until somebody asks about it", async () => {
  await using app = await openApp();
  await app.subscribe("ana");
  let end = (): void => {};
  const answered = new Promise<void>((resolve) => (end = resolve));
  app.gateway.answer = async (intent, orderId) => {
    await answered;
    return paid(intent, orderId);
  };
  const running = app.run();
  while ((await app.attemptStates()) !== "sending") await new Promise((resolve) => setTimeout(resolve, 10));
  const status = await statusDocument(app.assembly);
  expect(status.charging).toMatchObject({ running: false, because: expect.stringContaining("1 charge was under way") });
  expect(asksForPerson(status)).toBe(true);
  const counts = await app.store.statusCounts(app.clock.now());
  expect(checkProcess(null, counts, app.clock.now())).toMatchObject({ state: "bad" });
  expect(checkProcess("4711", counts, app.clock.now())).toMatchObject({ state: "ok" });
  end();
  await running;
  expect((await statusDocument(app.assembly)).charging.because).toBeNull();
});

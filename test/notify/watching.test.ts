/** The daemon's voice: woken by ticks, by its own timer, and in nobody's way. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { watchOutbox, type Outbox } from "../../src/entrypoints/outbox.ts";
import { until } from "../daemon/real-process.ts";
import { type DeliveryFixture, openDeliveryFixture } from "./delivery-fixture.ts";

let fixture: DeliveryFixture;
let outbox: Outbox | null;

beforeEach(async () => {
  fixture = await openDeliveryFixture();
  outbox = null;
});
afterEach(async () => {
  await outbox?.[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

test("tells what happened when it is woken, and whatever happens while it is telling", async () => {
  outbox = await watchOutbox(fixture.needs);
  await fixture.happens("invoice.opened");
  outbox.wake();
  await until(() => fixture.receiver.calls.length === 1, "the first event");
  await fixture.happens("invoice.paid");
  outbox.wake();
  outbox.wake();
  await until(() => fixture.receiver.calls.length === 2, "the second");
  expect(fixture.receiver.calls.map(({ message }) => message.type)).toEqual(["invoice.opened", "invoice.paid"]);
});

test("tries again by itself when the time has come", async () => {
  fixture.receiver.answer(500);
  await fixture.happens("invoice.paid");
  // Whenever somebody asks for the time, more of it has passed than the first wait takes.
  const clock = {
    now() {
      fixture.clock.advance(10_000);
      return fixture.clock.now();
    },
    monotonicMs: () => fixture.clock.monotonicMs(),
  };
  outbox = await watchOutbox({ ...fixture.needs, clock });
  outbox.wake();
  await until(() => fixture.receiver.calls.length === 2, "the second try, without being woken");
  expect(fixture.receiver.calls[1]?.id).toBe(fixture.receiver.calls[0]?.id);
});

test("is woken and put to an end at once, however long the receiver takes", async () => {
  fixture.receiver.answer("hang");
  await fixture.happens("invoice.paid");
  outbox = await watchOutbox(fixture.needs);
  outbox.wake();
  await until(() => fixture.receiver.hanging() === 1, "a call that hangs");
  outbox.wake();
  await outbox[Symbol.asyncDispose]();
  await until(() => fixture.receiver.hanging() === 0, "the end of the call");
  expect(await fixture.deliveries()).toEqual(["invoice.paid pending 0"]);
});

test("goes on after books that could not be read", async () => {
  let broken = true;
  const { outbox: real } = fixture.needs;
  const outboxOf: typeof real = {
    ...real,
    due: (...asked) => (broken ? Promise.reject(new Error("the disk")) : real.due(...asked)),
  };
  outbox = await watchOutbox({ ...fixture.needs, outbox: outboxOf });
  await fixture.happens("invoice.paid");
  outbox.wake();
  await until(() => fixture.logged.join("").includes("outbox.failed"), "the failure");
  broken = false;
  outbox.wake();
  await until(() => fixture.receiver.calls.length === 1, "the event");
  expect(fixture.receiver.calls[0]?.message.type).toBe("invoice.paid");
});

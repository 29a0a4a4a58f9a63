/** The daemon's voice: woken by ticks, by its own timer, and in nobody's way. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { watchOutbox, type Outbox } from "../../src/entrypoints/outbox.ts";
import { until } from "../daemon/real-process.ts";
import { type Office, openOffice } from "./office.ts";

let office: Office;
let outbox: Outbox | null;

beforeEach(async () => {
  office = await openOffice();
  outbox = null;
});
afterEach(async () => {
  await outbox?.[Symbol.asyncDispose]();
  await office[Symbol.asyncDispose]();
});

test("tells what happened when it is woken, and whatever happens while it is telling", async () => {
  outbox = await watchOutbox(office.needs);
  await office.happens("invoice.opened");
  outbox.wake();
  await until(() => office.receiver.calls.length === 1, "the first event");
  await office.happens("invoice.paid");
  outbox.wake();
  outbox.wake();
  await until(() => office.receiver.calls.length === 2, "the second");
  expect(office.receiver.calls.map(({ message }) => message.type)).toEqual(["invoice.opened", "invoice.paid"]);
});

test("tries again by itself when the time has come", async () => {
  office.receiver.answer(500);
  await office.happens("invoice.paid");
  // Whenever somebody asks for the time, more of it has passed than the first wait takes.
  const clock = {
    now() {
      office.clock.advance(10_000);
      return office.clock.now();
    },
  };
  outbox = await watchOutbox({ ...office.needs, clock });
  outbox.wake();
  await until(() => office.receiver.calls.length === 2, "the second try, without being woken");
  expect(office.receiver.calls[1]?.id).toBe(office.receiver.calls[0]?.id);
});

test("is woken and put to an end at once, however long the receiver takes", async () => {
  office.receiver.answer("hang");
  await office.happens("invoice.paid");
  outbox = await watchOutbox(office.needs);
  outbox.wake();
  await until(() => office.receiver.hanging() === 1, "a call that hangs");
  outbox.wake();
  await outbox[Symbol.asyncDispose]();
  await until(() => office.receiver.hanging() === 0, "the end of the call");
  expect(await office.told()).toEqual(["invoice.paid pending 0"]);
});

test("goes on after books that could not be read", async () => {
  let broken = true;
  const { outbox: real } = office.needs;
  const outboxOf: typeof real = {
    ...real,
    due: (...asked) => (broken ? Promise.reject(new Error("the disk")) : real.due(...asked)),
  };
  outbox = await watchOutbox({ ...office.needs, outbox: outboxOf });
  await office.happens("invoice.paid");
  outbox.wake();
  await until(() => office.logged.join("").includes("outbox.failed"), "the failure");
  broken = false;
  outbox.wake();
  await until(() => office.receiver.calls.length === 1, "the event");
  expect(office.receiver.calls[0]?.message.type).toBe("invoice.paid");
});

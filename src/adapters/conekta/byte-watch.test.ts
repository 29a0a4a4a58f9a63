/** The guard around one call: it leaves at most once, and never after it was given up. */
import { describe, expect, test } from "@jest/globals";
import { Agent, type Dispatcher } from "undici";
import { newFlight, watched, watching, type Flight } from "./byte-watch.ts";

/** An agent whose calls begin when the test says so. */
class HandDriven extends Agent {
  handlers: Dispatcher.DispatchHandler[] = [];
  override dispatch(_options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.handlers.push(handler);
    return true;
  }
}

function controller() {
  const reasons: string[] = [];
  return {
    reasons,
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders: null,
    rawTrailers: null,
    abort: (reason: Error) => void reasons.push(reason.message),
    pause() {},
    resume() {},
  };
}

function take(flight: Flight) {
  const agent = new HandDriven();
  const started: string[] = [];
  watched(agent, flight).dispatch(
    { origin: "http://127.0.0.1", path: "/", method: "POST" },
    { onRequestStart: () => void started.push("started") },
  );
  const [handler] = agent.handlers;
  return { started, start: (by: ReturnType<typeof controller>) => handler?.onRequestStart?.(by, null) };
}

describe("a flight", () => {
  test("has not begun before the request starts", () => {
    const flight = newFlight(60_000);
    const { start, started } = take(flight);
    expect(flight.begun).toBe(false);
    start(controller());
    expect([flight.begun, started]).toEqual([true, ["started"]]);
  });

  test("that was given up is aborted instead of begun", () => {
    const flight: Flight = { ...newFlight(60_000), concluded: true };
    const { start, started } = take(flight);
    const by = controller();
    start(by);
    expect([flight.begun, started, by.reasons.length]).toEqual([false, [], 1]);
  });

  test("does not begin once its time is up, though no timer said so: its process was stopped", () => {
    const flight = newFlight(-1);
    const { start, started } = take(flight);
    const by = controller();
    start(by);
    expect([flight.begun, started, by.reasons.length]).toEqual([false, [], 1]);
  });

  test("does not begin twice", () => {
    const flight = newFlight(60_000);
    const { start, started } = take(flight);
    const again = controller();
    start(controller());
    start(again);
    expect([started, again.reasons.length]).toEqual([["started"], 1]);
  });
});

test("what was met on the way is kept as it was, and passed on", () => {
  const flight = newFlight(60_000);
  const passed: unknown[] = [];
  const error = new Error("reset");
  const handler = watching({ onResponseError: (_by, met) => void passed.push(met) }, flight);
  handler.onResponseError?.(controller(), error);
  expect([flight.failure, passed]).toEqual([error, [error]]);
});

import { describe, expect, test } from "@jest/globals";
import { DECLINE_CLASSES, type DeclineClass } from "./decline.ts";
import { nextStep, type DunningPolicy, type NextStep } from "./dunning.ts";

const POLICY: DunningPolicy = { retryAfterDays: [1, 3, 5], finalAction: "pause" };

describe("what follows a decline", () => {
  test.each<[DeclineClass, number, string, string, string]>([
    // decline           nth  declined at              next step                    because
    ["retry_later", 1, "2026-01-30T15:00Z", "retry 2026-01-31T15:00Z", "a day after the first"],
    ["retry_later", 2, "2026-01-30T15:00Z", "retry 2026-02-02T15:00Z", "waits cross the end of a month"],
    ["retry_later", 3, "2026-01-30T15:00Z", "retry 2026-02-04T15:00Z", "5 days after the third"],
    ["retry_later", 4, "2026-01-30T15:00Z", "write_off attempts_used_up, pause", "three waits were allowed"],
    ["retry_later", 40, "2026-01-30T15:00Z", "write_off attempts_used_up, pause", "a person had it tried again"],
    ["try_again_soon", 1, "2026-01-30T15:00Z", "retry 2026-01-30T16:00Z", "a bank's fault passes in an hour"],
    ["try_again_soon", 4, "2026-01-30T15:00Z", "write_off attempts_used_up, pause", "it counts like any other"],
    ["new_card", 1, "2026-01-30T15:00Z", "wait_for_card", "an expired card never pays"],
    ["new_card", 9, "2026-01-30T15:00Z", "wait_for_card", "nothing is written off while a card may come"],
    ["customer_action", 1, "2026-01-30T15:00Z", "wait_for_card", "only the customer can call the bank"],
    ["never_again", 1, "2026-01-30T15:00Z", "wait_for_card", "a stolen card is never tried again"],
    ["our_fault", 1, "2026-01-30T15:00Z", "hold our_fault", "the customer is not to blame: a person looks"],
    ["our_fault", 9, "2026-01-30T15:00Z", "hold our_fault", "and is not written off for it"],
    ["unrecognized", 1, "2026-01-30T15:00Z", "retry 2026-01-31T15:00Z", "it may pass by itself"],
    ["unrecognized", 2, "2026-01-30T15:00Z", "wait_for_card", "once; then it counts as a bad card"],
    // 8 March 2026: the clocks of Tijuana go forward.
    ["retry_later", 1, "2026-03-07T17:00Z", "retry 2026-03-08T16:00Z", "09:00 stays 09:00"],
  ])("%s, decline %i at %s: %s (%s)", (decline, declines, at, expected) => {
    expect(textOf(nextStep(POLICY, decline, declines, new Date(at), "America/Tijuana"))).toBe(expected);
  });

  test("a policy without waits writes off at once what might have paid later, and asks for a card otherwise", () => {
    const policy: DunningPolicy = { retryAfterDays: [], finalAction: "cancel" };
    const steps = DECLINE_CLASSES.map((each) => textOf(nextStep(policy, each, 1, new Date(0), "UTC")));
    expect(steps).toEqual([
      "write_off attempts_used_up, cancel",
      "write_off attempts_used_up, cancel",
      "wait_for_card",
      "wait_for_card",
      "wait_for_card",
      "hold our_fault",
      "wait_for_card",
    ]);
  });

  test.each([0, -1, 1.5])("a count of %d declines is a bug", (declines) => {
    expect(() => nextStep(POLICY, "retry_later", declines, new Date(0), "UTC")).toThrow("a count from 1");
  });
});

function textOf(step: NextStep): string {
  switch (step.do) {
    case "retry":
      return `retry ${step.at.toISOString().replace(":00.000Z", "Z")}`;
    case "write_off":
      return `write_off ${step.because}, ${step.finalAction}`;
    case "hold":
      return `hold ${step.because}`;
    case "wait_for_card":
      return step.do;
    default:
      return step satisfies never;
  }
}

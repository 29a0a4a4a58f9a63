import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDunningFile } from "./dunning-file.ts";

const parse = (text: string) => parseDunningFile(text, { fileName: "dunning.yaml" });
const policy = (lines: string) => `policies:\n  standard: ${lines}`;
const shipped = () => parse(readFileSync(join(import.meta.dirname, "../../../config/dunning.yaml"), "utf8"));

describe("the file that Puntual brings along", () => {
  test("has the policy that plans get by default: it waits for paydays, and then for another card", () => {
    expect(shipped().policies.get("standard")).toEqual({
      name: "standard",
      retryAfterDays: [1, 3, 5],
      payday: true,
      retryAt: "09:00",
      tryAgainAfterMinutes: [60, 360, 1440],
      unrecognizedAfterDays: 1,
      windowDays: 30,
      waitForCardDays: 7,
      paymentLink: null,
      graceDays: 0,
      finalAction: "unpaid",
      laterCycles: "collect_in_order",
      onChargeback: "hold",
      cardExpiringDays: [30, 7],
    });
  });

  test("has one whose last step is a payment link", () => {
    const { policies } = shipped();
    expect([...policies.keys()]).toEqual(["standard", "with_cash"]);
    expect(policies.get("with_cash")?.paymentLink).toEqual({
      methods: ["card", "cash", "bank_transfer"],
      expiresAfterDays: 5,
    });
  });

  test("leaves banks and networks at what is published", () => {
    expect(shipped()).toMatchObject({ bankHolidays: [], budgets: { visaReattemptsIn30Days: 15 } });
  });
});

describe("what is left out", () => {
  test("has a default, but for the waits: a policy without surprises", () => {
    expect(parse(policy("{ retry_after_days: [] }")).policies.get("standard")).toEqual({
      name: "standard",
      retryAfterDays: [],
      payday: false,
      retryAt: null,
      tryAgainAfterMinutes: [60, 360, 1440],
      unrecognizedAfterDays: 1,
      windowDays: 45,
      waitForCardDays: 14,
      paymentLink: null,
      graceDays: 0,
      finalAction: "unpaid",
      laterCycles: "collect_in_order",
      onChargeback: "hold",
      cardExpiringDays: [30, 7],
    });
  });

  test("of a payment link are the methods: all of them", () => {
    const text = policy("{ retry_after_days: [], payment_link: { expires_after_days: 3 } }");
    expect(parse(text).policies.get("standard")?.paymentLink).toEqual({
      methods: ["card", "cash", "bank_transfer"],
      expiresAfterDays: 3,
    });
  });
});

test("days and budgets of the merchant are read", () => {
  const text = `bank_holidays: [2026-12-24]\nnetwork_budgets: { visa_reattempts_in_30_days: 20 }\n${policy("{ retry_after_days: [1] }")}`;
  expect(parse(text)).toMatchObject({ bankHolidays: ["2026-12-24"], budgets: { visaReattemptsIn30Days: 20 } });
});

const SIXTEEN = `[${Array.from({ length: 16 }, () => 1).join(", ")}]`;

test.each<[text: string, fault: string, because: string]>([
  ["", "dunning.yaml:1:1 (policies): missing; expected a map", "plans name policies that would not be there"],
  [
    policy("{ retry_after_days: [0] }"),
    "dunning.yaml:2:34 (policies.standard.retry_after_days[0]): 0 given, expected at least 1",
    "the same day is no wait",
  ],
  [policy("{ retry_after_days: [1.5] }"), "1.5 given, expected a whole number", "whole days"],
  [policy("{ retry_after_days: 3 }"), "3 given, expected a list", "brackets forgotten"],
  [policy("{ payday: true }"), "(policies.standard.retry_after_days): missing", "how often, only the file can say"],
  [policy("{ retry_after_days: [1], final_action: canceled }"), 'did you mean "cancel"?', "near miss"],
  [
    policy("{ retry_after_days: [1], later_cycles: skip }"),
    "expected collect_in_order, collect_at_once, hold",
    "no such word",
  ],
  [policy("{ retry_days: [1] }"), "(policies.standard.retry_days): unknown key", "unknown key"],
  [
    policy("{ retry_after_days: [1], retry_at: 9 }"),
    "9 given, expected text; write it in quotes, just as it stands there",
    "no time",
  ],
  [policy('{ retry_after_days: [1], retry_at: "24:00" }'), 'expected a local time like "09:00"', "no time of day"],
  [policy("{ retry_after_days: [1], payday: 15 }"), "15 given, expected true or false", "which days they are is known"],
  [policy("{ retry_after_days: [1], payment_link: {} }"), "payment_link.expires_after_days): missing", "when it ends"],
  [
    policy("{ retry_after_days: [1], payment_link: { methods: [oxxo], expires_after_days: 5 } }"),
    "payment_link.methods[0])",
    "Conekta calls it cash",
  ],
  [
    policy("{ retry_after_days: [1], payment_link: { methods: [card, card], expires_after_days: 5 } }"),
    "expected each method once",
    "twice the same",
  ],
  [
    policy("{ retry_after_days: [5, 5, 5], window_days: 12 }"),
    "dunning.yaml:2:40 (policies.standard.retry_after_days[2]): comes 15 days after the first decline, so retry 3 would never be made; raise window_days, which is 12, or shorten the waits",
    "a retry that is written but never made",
  ],
  [
    policy("{ retry_after_days: [1], unrecognized_after_days: 8, window_days: 7 }"),
    "(policies.standard.unrecognized_after_days): is longer than the window; raise window_days, which is 7",
    "as above",
  ],
  [
    policy(`{ retry_after_days: ${SIXTEEN} }`),
    "dunning.yaml:2:13 (policies.standard): could try a declined card 16 times more within 30 days, and Visa allows 15; give fewer or longer waits",
    "beyond Visa's budget",
  ],
  [
    policy("{ retry_after_days: [], try_again_after_minutes: [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5] }"),
    "could try a declined card 11 times more within 24 hours, and Mastercard allows 10",
    "beyond Mastercard's budget",
  ],
  [
    `network_budgets: { visa_reattempts_in_30_days: 21 }\n${policy("{ retry_after_days: [1] }")}`,
    "(network_budgets.visa_reattempts_in_30_days): 21 given, expected at most 20",
    "no acquirer may allow more",
  ],
  [`bank_holidays: [2026-02-30]\n${policy("{ retry_after_days: [1] }")}`, "expected a date that exists", "no such day"],
  [`bank_holidays: [24/12/2026]\n${policy("{ retry_after_days: [1] }")}`, "like 2026-12-24", "another spelling"],
  [
    'policies: { "a b": { retry_after_days: [1] } }',
    "expected a plain word as a policy's name",
    "a name is referred to",
  ],
  ["policies:\n  standard:\n\t  retry_after_days: [1]", "dunning.yaml:3:1: indented with a tab", "tab"],
])("%j is refused", (text, fault, _because) => {
  expect(() => parse(text)).toThrow(fault);
});

test("sixteen tries are a policy where the acquirer allows them", () => {
  const text = `network_budgets: { visa_reattempts_in_30_days: 16 }\n${policy(`{ retry_after_days: ${SIXTEEN} }`)}`;
  expect(parse(text).policies.get("standard")?.retryAfterDays).toHaveLength(16);
});

test("every fault is reported at once, in the order of the file", () => {
  const text = [
    "bank_holidays: [tomorrow]",
    "policies:",
    "  eager: { retry_after_days: [9, 9], window_days: 10, final_action: stop }",
    `  hasty: { retry_after_days: ${SIXTEEN} }`,
    "  late: { retry_after_days: [9, 9], window_days: 10 }",
    "policy: {}",
  ].join("\n");
  const told = faultsOf(text).map((line) =>
    /^ {2}dunning\.yaml:(\d+:\d+) \(([^)]*)\)/.exec(line)?.slice(1, 3).join(" "),
  );
  expect(told).toEqual([
    "1:17 bank_holidays[0]",
    "3:69 policies.eager.final_action",
    "5:33 policies.late.retry_after_days[1]",
    "6:1 policy",
  ]);
});

function faultsOf(text: string): string[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n").slice(1);
  }
}

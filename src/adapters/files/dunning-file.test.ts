import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDunningFile } from "./dunning-file.ts";

const parse = (text: string) => parseDunningFile(text, { fileName: "dunning.yaml" });
const policy = (lines: string) => `policies:\n  standard: ${lines}`;

test("our example has the policy that plans get by default", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../config/dunning.yaml"), "utf8");
  expect(parse(text)).toEqual(new Map([["standard", { retryAfterDays: [1, 3, 5], finalAction: "unpaid" }]]));
});

test("no retry at all is a policy, and what follows has a default", () => {
  expect(parse(policy("{ retry_after_days: [] }")).get("standard")).toEqual({
    retryAfterDays: [],
    finalAction: "unpaid",
  });
});

test.each<[string, string, string]>([
  ["", "dunning.yaml:1:1 (policies): missing; expected a map", "plans name policies that would not be there"],
  [
    policy("{ retry_after_days: [0] }"),
    "dunning.yaml:2:34 (policies.standard.retry_after_days[0]): 0 given, expected at least 1",
    "the same day is no wait",
  ],
  [policy("{ retry_after_days: [1.5] }"), "1.5 given, expected a whole number", "whole days"],
  [policy("{ retry_after_days: 3 }"), "3 given, expected a list", "brackets forgotten"],
  [policy("{ retry_after_days: [1], final_action: canceled }"), 'did you mean "cancel"?', "near miss"],
  [policy("{ retry_days: [1] }"), "(policies.standard.retry_days): unknown key", "unknown key"],
  [
    'policies: { "a b": { retry_after_days: [1] } }',
    "expected a plain word as a policy's name",
    "a name is referred to",
  ],
  ["policies:\n  standard:\n\t  retry_after_days: [1]", "dunning.yaml:3:1: indented with a tab", "tab"],
])("%j is refused", (text, fault, _because) => {
  expect(() => parse(text)).toThrow(fault);
});

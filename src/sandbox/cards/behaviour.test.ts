import { expect, test } from "@jest/globals";
import { type Behaviour, bankAnswer } from "./behaviour.ts";
import { knownToken } from "./token.ts";

const NOW = new Date("2026-01-31T15:00:00Z");

// prettier-ignore
const cases: [token: string, answers: string[], because: string][] = [
  // token                                     1st         2nd         3rd           because
  ["tok_test_visa_4242",                      ["paid",     "paid",     "paid"],     "an ordinary card"],
  ["tok_test_card_declined",                  ["declined", "declined", "declined"], "never pays"],
  ["tok_sandbox_declines_1_then_pays",        ["declined", "paid",     "paid"],     "the first try fails"],
  ["tok_sandbox_fraud_2_then_pays",           ["declined", "declined", "paid"],     "any decline may come first"],
  ["tok_sandbox_pays_1_then_declines",        ["paid",     "declined", "declined"], "a card that goes bad"],
  ["tok_sandbox_pays_2_then_stolen_card",     ["paid",     "paid",     "declined"], "a card that is lost"],
  ["tok_sandbox_fault_500_after",             ["paid",     "paid",     "paid"],     "the fault is in the answer"],
];

test.each(cases)("%s answers %j (%s)", (token, answers) => {
  const behaviour = knownToken(token, NOW)?.behaviour as Behaviour;
  expect([0, 1, 2].map((before) => bankAnswer(behaviour, before).is)).toEqual(answers);
});

// prettier-ignore
const unknown: [token: string, because: string][] = [
  ["tok_2897348234",                     "another account's"],
  ["tok_test_msi_error",                 "instalments are not done here"],
  ["tok_sandbox_flood_1_then_pays",      "no such decline"],
  ["tok_sandbox_fault_refuse",           "a card cannot stop the listener"],
  ["tok_sandbox_fault_latency",          "it would not say how long"],
];

test.each(unknown)("%s is not known (%s)", (token) => {
  expect(knownToken(token, NOW)).toBeNull();
});

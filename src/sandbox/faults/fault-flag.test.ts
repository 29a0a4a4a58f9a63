import { describe, expect, test } from "@jest/globals";
import { parseFaultFlag } from "./fault-flag.ts";
import type { FaultRule } from "./fault-rule.ts";

describe("a fault written on a command line", () => {
  // prettier-ignore
  const good: [flag: string, rule: FaultRule, because: string][] = [
    ["504_after",                                { kind: "504_after" },                                       "any call, the next one"],
    ["POST /orders:reset_after:nth=3",           { kind: "reset_after", call: "POST /orders", nth: 3 },       "call, kind, how often"],
    ["POST /orders/*/charges:429:retry_after=7", { kind: "429", call: "POST /orders/*/charges", retryAfterSeconds: 7 }, "a variable segment"],
    ["* /orders:500_before:always",              { kind: "500_before", call: "* /orders", always: true },     "always needs no value"],
    ["GET *:latency:ms=50,chance=0.25",          { kind: "latency", call: "GET *", ms: 50, chance: 0.25 },    "two options"],
    ["hang_after:customer=cus_2abc,next=2",      { kind: "hang_after", customerId: "cus_2abc", next: 2 },     "one customer's calls"],
    ["refuse:for_ms=500",                        { kind: "refuse", forMs: 500 },                              "a stopped listener"],
  ];
  test.each(good)("%s is %j (%s)", (flag, rule) => {
    expect(parseFaultFlag(flag)).toEqual(rule);
  });

  // prettier-ignore
  const bad: [flag: string, says: string, because: string][] = [
    ["",                                  '"" is no kind of fault',                        "nothing was said"],
    ["POST /orders:explode",              '"explode" is no kind of fault; the kinds are',  "the kinds are listed"],
    ["POST orders:reset_after",           "must be a method and a path",                   "the path has no slash"],
    ["POST /orders:reset_after:third",    '"third" is no option; the options are nth',     "the options are listed"],
    ["POST /orders:reset_after:nth=",     "nth needs a number",                            "no value"],
    ["POST /orders:reset_after:nth=0",    "nth: ",                                         "counting starts at one"],
    ["reset_after:nth=1,next=2",          "choose one of nth, next",                       "they exclude each other"],
    ["latency",                           "ms: goes with latency",                         "how long?"],
    ["reset_after:nth=1:extra",           "nothing after the options",                     "too many parts"],
  ];
  test.each(bad)("%j is refused: %s (%s)", (flag, says) => {
    expect(() => parseFaultFlag(flag)).toThrow(says);
    expect(() => parseFaultFlag(flag)).toThrow('Example: --fault "POST /orders:reset_after:nth=3"');
  });
});

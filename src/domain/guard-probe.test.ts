import { expect, test } from "@jest/globals";
import { guardIs, type GuardResult } from "./guard-probe.ts";

test.each<[sequential: GuardResult, concurrent: GuardResult, is: GuardResult, because: string]>([
  ["refused", "refused", "refused", "both ways were proven"],
  ["refused", "unclear", "unclear", "half a proof is none"],
  ["unclear", "refused", "unclear", "neither is the other half"],
  ["charged_twice", "refused", "charged_twice", "it came through once: that outweighs everything"],
  ["unclear", "charged_twice", "charged_twice", "whatever the other one showed"],
])("one after the other %s, at once %s: %s (%s)", (sequential, concurrent, is, _because) => {
  expect(guardIs({ sequential, concurrent })).toBe(is);
});

/** docs/sandbox.md is held to the program: every token, fault, endpoint and flag of it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "@jest/globals";
import { DECLINES } from "../../src/sandbox/cards/decline.ts";
import { FAULT_KINDS } from "../../src/sandbox/faults/fault-kind.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { knownToken } from "../../src/sandbox/cards/token.ts";
import { callerOf } from "./caller.ts";

const PAGE = readFileSync(path.join(import.meta.dirname, "..", "..", "docs", "sandbox.md"), "utf8");

test.each(Object.keys(FAULT_KINDS))("the fault %s is documented", (kind) => {
  expect(PAGE).toContain(`\`${kind}\``);
});

test.each(Object.keys(DECLINES))("the decline %s is documented", (name) => {
  expect(PAGE).toMatch(new RegExp(`\`(tok_sandbox|…)_${name}\``));
});

test("every token it names is known", () => {
  // A used token is known for being refused.
  const named = new Set([...PAGE.matchAll(/`(tok_(?:test|sandbox)_\w+)`/g)].map((match) => match[1] ?? ""));
  const refused = [...named].filter((token) => knownToken(token, new Date()) === null);
  expect(refused.toSorted()).toEqual(["tok_sandbox_used", "tok_test_msi_error"]);
});

test("every control endpoint is documented, and no other", async () => {
  await using sandbox = await startSandbox();
  const { body } = await callerOf(sandbox)("GET", "/_sandbox");
  const rows = [...PAGE.matchAll(/^\| `([A-Z]+ \/_sandbox[^`]*)`/gm)].map((match) => match[1]);
  expect(rows).toEqual(body.endpoints);
});

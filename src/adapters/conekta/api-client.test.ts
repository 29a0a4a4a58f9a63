/** Which error a failed call ends in, and what its message says and never says. */
import { describe, expect, test } from "@jest/globals";
import { conektaError } from "../../../test/gateway/samples.ts";
import { conektaCaller } from "./api-client.ts";
import type { Reply, Transport } from "./transport.ts";
import { wire } from "./wire.ts";

const PATIENCE = {
  random: { newId: () => "", fraction: () => 0 },
  clock: { now: () => new Date(0), monotonicMs: () => 0 },
  log: { debug() {}, info() {}, warn() {}, error() {} },
};

function answered(status: number, body: object | string): Reply {
  return { kind: "answered", status, text: typeof body === "string" ? body : JSON.stringify(body), retryAfter: null };
}

async function failureOf(reply: Reply, repeatable: "always" | "if-not-sent"): Promise<Error> {
  const transport: Transport = { send: async () => reply, async [Symbol.asyncDispose]() {} };
  const caller = conektaCaller(transport, "https://api.example", PATIENCE);
  const operation = { what: "store a card", repeatable };
  try {
    await caller.call({ method: "POST", path: "/" }, operation, wire.identified);
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

type Row = readonly [reply: Reply, name: string, message: RegExp];

// prettier-ignore
const FAILURES: readonly Row[] = [
  [{ kind: "not-sent", because: "the connection was refused" }, "GatewayUnavailable", /^Conekta could not be reached \(tried to store a card\): the connection was refused\. Nothing was done\..*CONEKTA_BASE_URL \(https:\/\/api\.example\)/],
  [{ kind: "no-answer", status: null, because: "no whole answer" }, "GatewayUnavailable", /It may have been done all the same/],
  [answered(500, conektaError("api.system.general_failure")),     "GatewayUnavailable", /status 500.*may have been done/],
  [answered(302, ""),                                             "GatewayUnavailable", /redirects elsewhere: set it to the final address/],
  [answered(300, { id: "ppsc_1" }),                               "GatewayUnavailable", /redirects elsewhere/],
  [answered(399, conektaError("rate_limit")),                     "GatewayUnavailable", /redirects elsewhere/],
  [answered(199, { id: "ppsc_1" }),                               "GatewayUnavailable", /^(?!.*redirects).*status 199/],
  [answered(400, "<html>"),                                       "GatewayUnavailable", /^(?!.*redirects).*status 400/],
  [answered(400, conektaError("rate_limit")),                     "GatewayRefused", /rate_limit/],
  [answered(404, "<html>"),                                       "GatewayUnavailable", /status 404/],
  [answered(200, "<html>"),                                       "GatewayUnavailable", /could not be read/],
  [answered(200, {}),                                             "GatewayUnavailable", /could not be read/],
  [answered(401, conektaError("authentication.missing_key")),     "GatewayUnauthorized", /CONEKTA_API_KEY/],
  [answered(403, ""),                                             "GatewayUnauthorized", /CONEKTA_API_KEY.*allowed from this address/],
  [answered(429, conektaError("rate_limit")),                     "GatewayUnavailable", /status 429/],
  [answered(402, conektaError("processing.tokenization.used")),   "GatewayRefused", /tokenization\.used, The token does not exist or was used/],
  [answered(404, conektaError("resource_not_found.entity")),      "GatewayRefused", /resource_not_found\.entity/],
  [answered(422, conektaError(null)),                             "GatewayRefused", /without a reason/],
];

test.each(FAILURES)("%j is %s", async (reply, name, message) => {
  const failure = await failureOf(reply, "if-not-sent");
  expect([failure.name, failure.message]).toEqual([name, expect.stringMatching(message)]);
});

describe("a message", () => {
  test("of a read never claims that something may have been done", async () => {
    const failure = await failureOf({ kind: "no-answer", status: null, because: "no whole answer" }, "always");
    expect(failure.message).not.toMatch(/may have been done/);
  });

  test("names the field, and repeats no text of Conekta's, which may quote what was sent", async () => {
    const details = [
      {
        code: "conekta.errors.parameter_validation.email.invalid",
        param: "email",
        message: "jorge@example.com no es válido",
        debug_message: "4242424242424242",
      },
      { code: "jorge@example.com", param: "4242 4242" },
    ];
    const failure = await failureOf(answered(422, { object: "error", details }), "if-not-sent");
    expect(failure.message).toMatch(/email\.invalid \(email\); no code$/);
    expect(failure.message).not.toMatch(/jorge|4242/);
  });
});

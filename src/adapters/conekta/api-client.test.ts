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
  sleep: async () => {},
};

function answered(status: number, body: object | string): Reply {
  return { kind: "answered", status, text: typeof body === "string" ? body : JSON.stringify(body), retryAfter: null };
}

function callerWith(reply: Reply) {
  const transport: Transport = { send: async () => reply, async [Symbol.asyncDispose]() {} };
  return conektaCaller(transport, "https://api.example", PATIENCE);
}

async function failureOf(reply: Reply, repeatable: "always" | "if-not-sent"): Promise<Error> {
  const caller = callerWith(reply);
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

test.each([200, 299])("an answer of the status %i is what its schema reads", async (status) => {
  const operation = { what: "store a card", repeatable: "if-not-sent" } as const;
  const call = callerWith(answered(status, { id: "ppsc_1", more: 1 })).call(
    { method: "POST", path: "/" },
    operation,
    wire.identified,
  );
  expect(await call).toEqual({ id: "ppsc_1" });
});

test.each<[shown: object, code: string | null]>([
  [conektaError("a.b"), "conekta.errors.a.b"],
  [{ object: "error", details: [{ code: "first" }, { code: "second" }] }, "first"],
  [conektaError(null), null],
])("a refusal %j carries the code %p and its status", async (shown, code) => {
  expect(await failureOf(answered(422, shown), "always")).toMatchObject({ httpStatus: 422, code });
});

test.each<[status: number, retryAfter: string | null, retryAfterMs: number | null]>([
  [429, "7", 7000],
  [503, "Thu, 01 Jan 1970 00:00:09 GMT", 9000],
  [503, null, null],
])(
  "an answer of the status %i with Retry-After %p asks to be left alone for %p ms",
  async (status, retryAfter, retryAfterMs) => {
    const reply = { ...answered(status, conektaError("rate_limit")), retryAfter } as Reply;
    expect(await failureOf(reply, "if-not-sent")).toMatchObject({ name: "GatewayUnavailable", retryAfterMs });
  },
);

test.each<[reply: Reply, wasReached: boolean]>([
  [{ kind: "not-sent", because: "refused" }, false],
  [{ kind: "no-answer", status: null, because: "cut off" }, true],
])("%j reached Conekta: %p", async (reply, wasReached) => {
  expect(await failureOf(reply, "if-not-sent")).toMatchObject({ name: "GatewayUnavailable", wasReached });
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
      { code: null, param: "phone" },
    ];
    const failure = await failureOf(answered(422, { object: "error", details }), "if-not-sent");
    expect(failure.message).toMatch(/email\.invalid \(email\); no code; no code \(phone\)$/);
    expect(failure.message).not.toMatch(/jorge|4242/);
  });
});

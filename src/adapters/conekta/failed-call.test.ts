/** What is told of a call that failed: a code or a name, and never a text that may quote what was sent. */
import { expect, test } from "@jest/globals";
import { afterSending, reasonOf } from "./failed-call.ts";

const QUOTING = "cannot send ana@example.com";

function error(of: { readonly name?: string; readonly code?: unknown; readonly cause?: unknown }): Error {
  return Object.assign(new Error(QUOTING), of);
}

const RESET = error({ code: "ECONNRESET" });
const OWN_CAUSE = error({ name: "TypeError" });
OWN_CAUSE.cause = OWN_CAUSE;

// prettier-ignore
test.each<[thrown: unknown, met: unknown, reason: string, because: string]>([
  [RESET, null, "ECONNRESET", "its code"],
  [error({ cause: RESET }), null, "ECONNRESET", "the code of its cause"],
  [error({ cause: error({ cause: RESET }) }), null, "ECONNRESET", "the code of the cause's cause"],
  [error({ code: "ERR_OUTER", cause: RESET }), null, "ERR_OUTER", "its own before its cause's"],
  [error({ code: 20, cause: RESET }), null, "ECONNRESET", "a number is no code"],
  [error({ code: QUOTING, cause: RESET }), null, "ECONNRESET", "nor is a sentence"],
  [error({ name: "SocketError", code: QUOTING }), null, "SocketError", "the name where no code is"],
  [error({ name: "TypeError", cause: QUOTING }), null, "TypeError", "a cause that is a text has none"],
  [error({ name: "TypeError", cause: null }), null, "TypeError", "nor has none"],
  [OWN_CAUSE, null, "TypeError", "an error that is its own cause has an end"],
  [error({ name: "TypeError" }), error({ code: "UND_ERR_SOCKET" }), "UND_ERR_SOCKET", "what was met on the way tells more"],
  [RESET, error({ code: "UND_ERR_SOCKET" }), "UND_ERR_SOCKET", "even where both have a code"],
  [RESET, error({ name: "SocketError" }), "ECONNRESET", "a code before a name"],
  [error({ name: "TypeError" }), error({ name: "SocketError" }), "SocketError", "of two names, what was met on the way"],
  [error({ name: "TimeoutError" }), error({ code: "UND_ERR_ABORTED" }), "TimeoutError", "the time was up, whatever that broke"],
  [QUOTING, null, "unknown error", "a text that was thrown is not told"],
  [null, QUOTING, "unknown error", "nor one that was met"],
  [{}, {}, "unknown error", "nothing is known"],
])("of %p, where %p was met, %s is told (%s)", (thrown, met, reason) => {
  expect(reasonOf(thrown, met)).toBe(reason);
});

test("what broke after it was sent says for how long it was waited, or what broke it", () => {
  expect(afterSending("TimeoutError", null, 30_000)).toBe("no whole answer came within 30000 ms");
  expect(afterSending("TimeoutError", 200, 30_000)).toBe("no whole answer came within 30000 ms after status 200");
  expect(afterSending("ECONNRESET", null, 30_000)).toBe("the connection broke or the answer was cut off (ECONNRESET)");
});

import { expect, test } from "@jest/globals";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import { askGateway, type AskNeeds } from "./ask-gateway.ts";

const ERRORS = {
  unauthorized: () => new GatewayUnauthorized("no such key"),
  silent: () => new GatewayUnavailable("no answer", { retryAfterMs: null }),
  refused: () => new GatewayRefused("no such customer", { httpStatus: 404 } as never),
};
type Said = keyof typeof ERRORS | "test" | "live" | "untold";

/** @param says by customer; "list": what the list of customers, which is nobody's, says */
function needsOf(says: Readonly<Record<string, Said>>) {
  const asked: string[] = [];
  const needs: AskNeeds = {
    store: {
      customersToProbe: async (count) =>
        Object.keys(says)
          .filter((id) => id !== "list")
          .slice(0, count),
    },
    gateway: {
      probe: async (id) => {
        asked.push(id ?? "list");
        const said = says[id ?? "list"] ?? "test";
        if (said in ERRORS) throw ERRORS[said as keyof typeof ERRORS]();
        return { livemode: said === "untold" ? null : said === "live" };
      },
    },
  };
  return { needs, asked };
}

// prettier-ignore
test.each<[says: Readonly<Record<string, Said>>, is: string, asked: string, because: string]>([
  [{ a: "test", b: "silent" }, "answering false", "a", "one answer is enough"],
  [{ a: "live" }, "answering true", "a", "of whichever mode"],
  [{ list: "unauthorized" }, "unauthorized", "list", "nobody is there to be asked for"],
  [{ list: "silent" }, "silent", "list", "nor does anybody answer"],
  [{ list: "untold" }, "answering null", "list", "it does not tell the mode"],
  [{ a: "silent", b: "test" }, "answering false", "a b list", "one customer's fault is not the gateway's"],
  [{ a: "unauthorized", b: "test" }, "answering false", "a b list", "nor is it the key's"],
  [{ a: "unauthorized", list: "test" }, "answering false", "a list", "the list is nobody's"],
  [{ a: "silent", b: "silent", list: "silent" }, "silent", "a b list", "all of them fail"],
  [{ a: "unauthorized", b: "unauthorized", list: "unauthorized" }, "unauthorized", "a b list", "all are refused for the key"],
  [{ a: "unauthorized", b: "silent", list: "unauthorized" }, "silent", "a b list", "one that is silent may have been let in"],
  [{ a: "refused", b: "refused", list: "refused" }, "answering null refused", "a b list", "whoever refuses is there"],
  [{ a: "refused", b: "test" }, "answering false", "a b list", "a clear answer says more than a refusal"],
  [{ a: "refused", b: "silent", list: "unauthorized" }, "answering null refused", "a b list", "and a refusal more than silence"],
  [{ a: "untold", b: "live" }, "answering null", "a b list", "what does not tell the mode is asked about once more"],
  [{ a: "silent", b: "silent", c: "test", list: "silent" }, "silent", "a b list", "of two customers at most"],
])("where %j is said: %s, after %s (%s)", async (says, is, questions) => {
  const { needs, asked } = needsOf(says);
  const answer = await askGateway(needs);
  const mode = "livemode" in answer ? [String(answer.livemode)] : [];
  const refused = "refusal" in answer && answer.refusal !== null ? ["refused"] : [];
  expect([answer.is, ...mode, ...refused].join(" ")).toBe(is);
  expect(asked.join(" ")).toBe(questions);
});

test("a bug is none of these", async () => {
  const { needs } = needsOf({ a: "test" });
  const gateway = { probe: async () => Promise.reject(new TypeError("a bug")) };
  await expect(askGateway({ ...needs, gateway })).rejects.toThrow("a bug");
});

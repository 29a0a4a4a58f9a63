/** Resolving the receiver's name: how many times the system is asked, while it hangs and after it failed. */
import type { LookupAddress } from "node:dns";
import { describe, expect, test } from "@jest/globals";
import { FAILURE_REMEMBERED_MS, type Lookup, sharedLookup } from "./shared-lookup.ts";
import { standardWebhooks } from "./standard-webhooks.ts";

const FOUND: LookupAddress[] = [
  { address: "192.0.2.1", family: 4 },
  { address: "192.0.2.2", family: 4 },
];
const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

type Answer = readonly [error: NodeJS.ErrnoException | null, addresses: LookupAddress[]];

/** A resolver that hangs until the test answers. */
function resolver() {
  const asked: { readonly hostname: string; readonly answer: (answer: Answer) => void }[] = [];
  const lookup: Lookup = (hostname, _options, callback) =>
    void asked.push({ hostname, answer: ([error, addresses]) => callback(error, addresses) });
  return { lookup, asked };
}

const failed = (code: string): Answer => [Object.assign(new Error(code), { code }), []];

describe("a lookup", () => {
  const setUp = () => {
    const { lookup, asked } = resolver();
    let elapsedMs = 5;
    const shared = sharedLookup(lookup, () => elapsedMs);
    const find = async (hostname = "a.example", all = true): Promise<unknown> =>
      await new Promise((resolve) =>
        shared(hostname, { all }, (error, address) => resolve(error === null ? address : error.code)),
      );
    return { find, asked, pass: (ms: number) => (elapsedMs += ms) };
  };

  test("is shared by all that wait for it, and made anew by the next", async () => {
    const { find, asked } = setUp();
    const found = [find(), find(), find("a.example", false)];
    expect(asked).toHaveLength(1);
    asked[0]!.answer([null, FOUND]);
    expect(await Promise.all(found)).toEqual([FOUND, FOUND, "192.0.2.1"]);
    void find();
    expect(asked).toHaveLength(2);
  });

  test.each<[number, number, string]>([
    // ms after the failure, lookups, because
    [0, 1, "the resolver that failed is not asked again at once"],
    [FAILURE_REMEMBERED_MS - 1, 1, "not even a minute has gone by"],
    [FAILURE_REMEMBERED_MS, 2, "the name may be known by now"],
  ])("that failed: %i ms later, %i were made: %s", async (ms, lookUps) => {
    const { find, asked, pass } = setUp();
    const first = find();
    asked[0]!.answer(failed("EAI_AGAIN"));
    expect(await first).toBe("EAI_AGAIN");
    pass(ms);
    const next = find();
    expect(asked).toHaveLength(lookUps);
    asked[1]?.answer([null, FOUND]);
    expect(await next).toEqual(lookUps === 1 ? "EAI_AGAIN" : FOUND);
  });

  test("of another name is another one, and what failed once is forgotten when it succeeds", async () => {
    const { find, asked, pass } = setUp();
    const [first, other] = [find(), find("b.example")];
    expect(asked.map(({ hostname }) => hostname)).toEqual(["a.example", "b.example"]);
    asked[0]!.answer(failed("ENOTFOUND"));
    asked[1]!.answer([null, FOUND]);
    expect([await first, await other]).toEqual(["ENOTFOUND", FOUND]);
    pass(FAILURE_REMEMBERED_MS);
    const again = find();
    asked[2]!.answer([null, FOUND]);
    expect(await again).toEqual(FOUND);
    void find();
    expect(asked).toHaveLength(4);
  });

  test("without any address is a failure", async () => {
    const { find, asked } = setUp();
    const found = find();
    asked[0]!.answer([null, []]);
    expect(await found).toBe("ENOTFOUND");
  });
});

test("eight messages to a name without an answer take one thread of the process, and each fails as such", async () => {
  const { lookup, asked } = resolver();
  const notifier = standardWebhooks({ url: "https://shop.example/events", secrets: [SECRET], lookup });
  const deliver = async () =>
    await notifier.deliver({ id: "evt_1", at: new Date(0), body: "{}" }, new AbortController().signal);
  const answers = Array.from({ length: 8 }, deliver);
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(asked.map(({ hostname }) => hostname)).toEqual(["shop.example"]);
  asked[0]!.answer(failed("EAI_AGAIN"));
  const failure = { kind: "failed", because: "no connection (EAI_AGAIN)" };
  expect(await Promise.all([...answers, deliver()])).toEqual(Array.from({ length: 9 }, () => failure));
  expect(asked).toHaveLength(1);
});

test("a notifier without a secret is refused: no message goes out unsigned", () => {
  expect(() => standardWebhooks({ url: "https://shop.example/events", secrets: [] })).toThrow("unsigned");
});

import { expect, test } from "@jest/globals";
import { type Reply, startReceiver } from "./receiver.ts";

const MESSAGE = { id: "evt_1", at: new Date("2028-02-29T12:00:00Z"), body: `{"type":"invoice.paid"}` };
const GO_ON = new AbortController().signal;

test.each<[Reply, unknown]>([
  [204, { kind: "answered", httpStatus: 204, retryAfterMs: null }],
  [503, { kind: "answered", httpStatus: 503, retryAfterMs: null }],
  ["hangs_up", { kind: "failed", because: "no connection (UND_ERR_SOCKET)" }],
])(
  "a message that is replied to with %p: the adapter tells %j, and nothing is wrong with it",
  async (reply, answer) => {
    const seen: string[] = [];
    const receiver = await startReceiver(
      (id, body) => (seen.push(`${id} ${body}`), reply),
      (what) => void seen.push(what),
    );
    expect(await receiver.notifier.deliver(MESSAGE, GO_ON)).toEqual(answer);
    expect(seen).toEqual([`evt_1 ${MESSAGE.body}`]);
    await receiver.close();
  },
);

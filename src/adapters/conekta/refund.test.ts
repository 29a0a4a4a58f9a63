import { expect, test } from "@jest/globals";
import { charge, order } from "../../../test/gateway/samples.ts";
import type { Caller } from "./api-client.ts";
import { conektaRefunds } from "./refund.ts";
import type { Transport } from "./transport.ts";

const NEVER_SENT: Transport["send"] = async () => {
  throw new Error("nothing is to be sent");
};

// prettier-ignore
test.each<[status: string, amountRefunded: number | null, cents: number | null, because: string]>([
  ["paid", 0, 0, "nothing went back"],
  ["partially_refunded", 5000, 5000, "as it says"],
  ["refunded", 20015, 20015, "as it says"],
  ["refunded", null, 20015, "the whole, as webhooks read it, whether its sum is told or not"],
  ["refunded", 0, 20015, "a sum that lags"],
  ["partially_refunded", null, null, "nobody tells how much"],
  ["paid", -1, null, "no sum"],
])("of an order whose charge is %s, and that shows %p: %p cents went back (%s)", async (status, amountRefunded, cents) => {
  const shown = order([charge({ status })], { amount_refunded: amountRefunded });
  const caller: Caller = { call: async (_request, _operation, schema) => schema.parse(shown) };
  const read = conektaRefunds({ send: NEVER_SENT } as Transport, caller).readRefundedCents("ord_1");
  expect(await read.catch(() => null)).toBe(cents);
});

/** The real Conekta adapter between the program and the hostile gateway: nothing breaks, and it reads what happened. wire.slow.test.ts lives more. */
import { expect, test } from "@jest/globals";
import { failuresOf } from "../seeds.ts";

const OVER_WIRE = { subscriptions: 6, months: 3, store: "memory", flow: null, isOverWire: true } as const;

test.each(["single", "order_first"] as const)(
  "a seed breaks no invariant over the wire, in the flow %s",
  async (flow) => {
    expect(await failuresOf({ ...OVER_WIRE, flow }, 1, 1)).toEqual([]);
  },
);

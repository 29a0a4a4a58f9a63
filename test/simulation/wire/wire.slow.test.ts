/** The real Conekta adapter between the program and the hostile gateway, in more lives than wire.test.ts has. */
import { expect, test } from "@jest/globals";
import { failuresOf } from "../seeds.ts";

const OVER_WIRE = { subscriptions: 6, months: 3, store: "memory", flow: null, isOverWire: true } as const;

test.each(["single", "order_first"] as const)(
  "8 seeds break no invariant over the wire, in the flow %s",
  async (flow) => {
    expect(await failuresOf({ ...OVER_WIRE, flow }, 2, 8)).toEqual([]);
  },
);

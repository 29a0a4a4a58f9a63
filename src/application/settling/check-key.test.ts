/** What is asked before anything is written: does the key work, in this mode, for the customers of this database? */
import { expect, test } from "@jest/globals";
import { SILENT_LOG } from "../../../test/support/seen-orders.ts";
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import { askGateway } from "./ask-gateway.ts";
import { checkKey, mustKnowCustomers } from "./check-key.ts";

const SICK = new GatewayUnavailable("500");
const WRONG = new GatewayUnauthorized("401");
const REFUSED = new GatewayRefused("404", { httpStatus: 404, code: null });
const KNOWN = { livemode: false, isKnown: true };
const STRANGER = { livemode: false, isKnown: false };
const SILENT_MODE = { livemode: null };

type Answer = Error | { readonly livemode: boolean | null; readonly isKnown?: boolean };

/** @param customers what reading each of them answers, in turn @param list what the list of customers answers */
function gatewayOf(customers: readonly Answer[], list: Answer = SILENT_MODE) {
  const confirmed: boolean[] = [];
  const names = customers.map((_answer, place) => `cus_${place}`);
  return {
    confirmed,
    log: SILENT_LOG,
    store: {
      customersToProbe: async (limit: number) => names.slice(0, limit),
      confirmMode: async (livemode: boolean) => void confirmed.push(livemode),
    },
    gateway: {
      probe: async (customerId: string | null) => {
        const answer = customerId === null ? list : (customers[names.indexOf(customerId)] ?? list);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  };
}

// prettier-ignore
test.each<[customers: readonly Answer[], list: Answer, is: string, because: string]>([
  [[], KNOWN, "answering", "an empty database asks for nobody's"],
  [[], SICK, "silent", "and has nobody else to ask for"],
  [[], WRONG, "unauthorized", "nor has it then"],
  [[KNOWN], SICK, "answering", "one answer is enough"],
  [[SICK, KNOWN], SICK, "answering", "one customer's fault is not the gateway's"],
  [[SICK, SICK], KNOWN, "answering", "nor is that of two"],
  [[SICK, SICK], SICK, "silent", "all of it fails"],
  [[WRONG, KNOWN], WRONG, "answering", "one that is refused is not the key"],
  [[WRONG, WRONG], WRONG, "unauthorized", "every one of them is"],
  [[WRONG, SICK], WRONG, "silent", "what does not answer may accept it: nobody is blamed"],
  [[REFUSED, SICK], SICK, "answering", "a customer it does not know is an answer"],
])("customers that answer %j, the list %j: %s (%s)", async (customers, list, is, _because) => {
  expect((await askGateway(gatewayOf(customers, list))).is).toBe(is);
});

// prettier-ignore
test.each<[customers: readonly Answer[], list: Answer, becomes: string, because: string]>([
  [[KNOWN], KNOWN, "true in test", "it answers, and knows the first"],
  [[SICK, SICK], SICK, "false", "a gateway that is away proves nothing"],
  [[WRONG, WRONG], WRONG, "GatewayUnauthorized", "nobody is charged with it"],
  [[STRANGER], STRANGER, "true in test", "the only one may have been deleted"],
  [[STRANGER, STRANGER], STRANGER, "WrongAccount in test", "it knows neither of two"],
  [[STRANGER, STRANGER, KNOWN], STRANGER, "true in test", "it knows one of three"],
  [[STRANGER, SICK], STRANGER, "true in test", "who cannot be read may be known"],
  [[REFUSED, SILENT_MODE], SILENT_MODE, "true", "nothing tells the mode: it is confirmed another time"],
])("customers that answer %j, the list %j: %s (%s)", async (customers, list, becomes, _because) => {
  const needs = gatewayOf(customers, list);
  const checked = await checkKey(needs).catch(({ name }: Error) => name);
  expect([checked, ...needs.confirmed.map((livemode) => `in ${livemode ? "live" : "test"}`)].join(" ")).toBe(becomes);
});

// prettier-ignore
test.each<[customers: readonly Answer[], list: Answer, becomes: string, reads: number, because: string]>([
  [[KNOWN, KNOWN], KNOWN, "fine", 1, "it knows the first: nobody else is asked for"],
  [[STRANGER, STRANGER], STRANGER, "WrongAccount", 3, "it knows neither of two"],
  [[STRANGER, SICK], STRANGER, "fine", 3, "who cannot be read may be known"],
  [[SICK, SICK], SICK, "fine", 3, "a gateway that is away proves nothing"],
  [[WRONG, WRONG], WRONG, "fine", 3, "the key is judged elsewhere"],
  [[STRANGER], STRANGER, "fine", 1, "the only one may have been deleted"],
  [[...Array.from({ length: 11 }, () => STRANGER), KNOWN], STRANGER, "fine", 13, "it knows the twelfth"],
  [[...Array.from({ length: 12 }, () => STRANGER), KNOWN], STRANGER, "WrongAccount", 13, "a key that knows none of twelve is of another account"],
  [[STRANGER, new TypeError("x is undefined")], STRANGER, "TypeError", 3, "a bug is told as one"],
])("before a run, customers that answer %j, the list %j: %s after %i reads (%s)", async (customers, list, becomes, reads) => {
  const needs = gatewayOf(customers, list);
  let made = 0;
  const probe = async (customerId: string | null) => ((made += 1), await needs.gateway.probe(customerId));
  const checked = await mustKnowCustomers({ ...needs, gateway: { probe } }).then(
    () => "fine",
    ({ name }: Error) => name,
  );
  expect([checked, made, needs.confirmed]).toEqual([becomes, reads, []]);
});

test("who is known costs the check of the key one read; who is not is named", async () => {
  const known = gatewayOf([KNOWN, STRANGER]);
  let made = 0;
  const probe = async (customerId: string | null) => ((made += 1), await known.gateway.probe(customerId));
  expect(await checkKey({ ...known, gateway: { probe } })).toBe(true);
  expect(made).toBe(1);
  const named = /knows none of 2 customers of this database \(cus_0 …\)/;
  await expect(checkKey(gatewayOf([STRANGER, STRANGER]))).rejects.toThrow(named);
});

test("an empty database asks once: the list that failed is not read again in the same breath", async () => {
  const { store, gateway } = gatewayOf([], SICK);
  let probes = 0;
  const counting = {
    probe: async (customerId: string | null) => {
      probes += 1;
      return await gateway.probe(customerId);
    },
  };
  await askGateway({ store, gateway: counting });
  expect(probes).toBe(1);
});

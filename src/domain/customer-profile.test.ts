import { describe, expect, test } from "@jest/globals";
import { changedProfile, profileChanged, type CustomerProfile, type ProfileChange } from "./customer-profile.ts";
import { InputInvalid } from "./errors.ts";

const NONE: CustomerProfile = { language: null, metadata: null };
const KEPT: CustomerProfile = { language: "en", metadata: { crm: "17", branch: "Roma" } };
const manyNames = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, "x"]));

describe("what the merchant keeps of a customer", () => {
  test.each<[CustomerProfile, ProfileChange, CustomerProfile, string]>([
    [NONE, { language: "es" }, { ...NONE, language: "es" }, "what is left out stays"],
    [KEPT, { language: null }, { ...KEPT, language: null }, "null is an answer, too"],
    [KEPT, { metadata: { crm: "18" } }, { ...KEPT, metadata: { crm: "18", branch: "Roma" } }, "one name is changed"],
    [KEPT, { metadata: { crm: null } }, { ...KEPT, metadata: { branch: "Roma" } }, "null takes a name away"],
    [KEPT, { metadata: { crm: null, branch: null } }, { ...KEPT, metadata: null }, "the last one leaves none"],
    [NONE, { metadata: { "": null } }, NONE, "nothing is taken away from nothing"],
    [NONE, { metadata: { n: "" } }, { ...NONE, metadata: { n: "" } }, "an empty value is a value"],
    [KEPT, { metadata: null }, { ...KEPT, metadata: null }, "null takes all away"],
    [
      NONE,
      { metadata: { ["n".repeat(40)]: "x".repeat(500) } },
      { ...NONE, metadata: { ["n".repeat(40)]: "x".repeat(500) } },
      "as long as they may be",
    ],
    [NONE, { metadata: manyNames(50) }, { ...NONE, metadata: manyNames(50) }, "as many as may be"],
  ])("%j, %j: %j (%s)", (was, change, expected) => {
    expect(changedProfile(was, change)).toEqual(expected);
  });

  test.each<[ProfileChange["metadata"], readonly string[], string]>([
    [{ "": "x" }, ["metadata "], "no name"],
    [{ ["n".repeat(41)]: "x" }, [`metadata ${"n".repeat(40)}`], "a name of 41 characters"],
    [{ n: "x".repeat(501) }, ["metadata n"], "a value of 501 characters"],
    [manyNames(51), ["metadata"], "51 names"],
    [{ a: "x".repeat(501), "": "y" }, ["metadata a", "metadata "], "every fault at once"],
  ])("%j is refused at %j: %s", (metadata, where) => {
    const change = (): unknown => changedProfile(NONE, { metadata });
    expect(change).toThrow(InputInvalid);
    expect(change).toThrow(
      expect.objectContaining({ faults: where.map((each) => expect.objectContaining({ where: each })) }),
    );
  });
});

test("what is told of a change names no value: it may name a person", () => {
  const told = { type: "customer.profile_changed", customerId: "cus_1" };
  expect(profileChanged("cus_1", KEPT)).toEqual({ ...told, data: { language: "en", metadata: ["crm", "branch"] } });
  expect(profileChanged("cus_1", NONE)).toEqual({ ...told, data: { language: null, metadata: [] } });
});

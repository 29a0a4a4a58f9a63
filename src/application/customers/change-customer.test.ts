/** What the merchant keeps of a customer: checked before anything is written. */
import { expect, test } from "@jest/globals";
import { thrownBy } from "../../../test/support/thrown.ts";
import type { CustomerProfile } from "../../domain/customer-profile.ts";
import { said } from "../../domain/refusals.ts";
import { changeCustomer, putTaxData } from "./change-customer.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
const GIVEN = { rfc: " gode561231gr8 ", name: "Ana Gómez", postalCode: "06000", regime: "612", use: "G03" };
const KEPT = { ...GIVEN, rfc: "GODE561231GR8", name: "Ana Gómez" };
const WAS: CustomerProfile = { language: null, metadata: { since: "2020", route: "a" } };

type Parts = { readonly taxData?: unknown; readonly profileOf?: (was: CustomerProfile) => CustomerProfile };

function worldOf() {
  const written: unknown[] = [];
  const changed = async (id: string, { profileOf, ...parts }: Parts, at: Date) =>
    void written.push([id, { ...parts, ...(profileOf && { profile: profileOf(WAS) }) }, at]);
  const needs = { store: { fiscal: { changeCustomer: changed } }, clock: { now: () => NOW } };
  return { written, needs: needs as unknown as Parameters<typeof changeCustomer>[0] };
}

test("the profile is changed on what it was, and without tax data none are written", async () => {
  const { written, needs } = worldOf();
  await changeCustomer(needs, "cus_1", { language: "es", metadata: { route: null, city: "CDMX" } });
  expect(written).toEqual([["cus_1", { profile: { language: "es", metadata: { since: "2020", city: "CDMX" } } }, NOW]]);
});

test("tax data are written as they are kept", async () => {
  const { written, needs } = worldOf();
  await changeCustomer(needs, "cus_1", { taxData: GIVEN });
  expect(written).toEqual([["cus_1", { taxData: KEPT, profile: WAS }, NOW]]);
  expect(await putTaxData(needs, "cus_1", GIVEN)).toEqual(KEPT);
  expect(written[1]).toEqual(["cus_1", { taxData: KEPT }, NOW]);
});

test("every fault of tax data is told, and nothing is written", async () => {
  const { written, needs } = worldOf();
  const wrong = { ...GIVEN, rfc: "X", postalCode: "1" };
  for (const work of [putTaxData(needs, "cus_1", wrong), changeCustomer(needs, "cus_1", { taxData: wrong })]) {
    const { name, faults, ...thrown } = await thrownBy(work);
    expect(thrown).toMatchObject({ subject: said("nothing_changed") });
    expect([name, faults?.map(({ where }) => where)]).toEqual(["InputInvalid", ["rfc", "postalCode"]]);
  }
  expect(written).toEqual([]);
});

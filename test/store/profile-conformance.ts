/** What every store does with what a merchant keeps of a customer: language, metadata, tax data. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { FiscalRecords } from "../../src/application/ports/fiscal.ts";
import type { Store } from "../../src/application/ports/store.ts";
import type { CustomerProfile } from "../../src/domain/customer-profile.ts";
import { customerOf, later, NOW } from "../support/records.ts";

type OpenProfiles = { readonly store: Store & { readonly fiscal: FiscalRecords }; close(): Promise<void> };

const ANA = "cus_ana";
const NONE: CustomerProfile = { language: null, metadata: null };
const PROFILE: CustomerProfile = { language: "en", metadata: { crm: "17" } };
const TAX_DATA = {
  ...{ rfc: "CACX7605101P8", name: "XOCHILT CASAS CHAVEZ" },
  ...{ postalCode: "10740", regime: "612", use: "G03" },
};
const become = (profile: CustomerProfile) => () => profile;

export function profileConformance(name: string, open: () => Promise<OpenProfiles>): void {
  describe(`${name}: what a merchant keeps of a customer`, () => {
    let opened: OpenProfiles;
    beforeEach(async () => {
      opened = await open();
      await opened.store.write(NOW, (records) => records.putCustomer(customerOf(ANA)));
    });
    afterEach(async () => {
      await opened.close();
    });

    async function profileIn(): Promise<CustomerProfile> {
      const [row] = await opened.store.list("customers", { where: { customerId: ANA } });
      return { language: row?.language ?? null, metadata: row?.metadata ?? null };
    }

    async function changesTold(): Promise<string[]> {
      const rows = await opened.store.list("events", {});
      return rows.map(({ type }) => type).filter((type) => /profile|tax_data/.test(type));
    }

    test("is changed by parts or at once, each part with one event; the same again changes nothing", async () => {
      const { fiscal } = opened.store;
      await fiscal.changeCustomer(ANA, { profileOf: become(PROFILE) }, NOW);
      expect([await profileIn(), await fiscal.taxDataOf(ANA)]).toEqual([PROFILE, null]);
      await fiscal.changeCustomer(ANA, { taxData: TAX_DATA }, NOW);
      expect([await profileIn(), await fiscal.taxDataOf(ANA)]).toEqual([PROFILE, TAX_DATA]);
      const both = { taxData: { ...TAX_DATA, use: "S01" }, profileOf: become(NONE) };
      await fiscal.changeCustomer(ANA, both, later(1));
      expect([await profileIn(), await fiscal.taxDataOf(ANA)]).toEqual([NONE, both.taxData]);
      await fiscal.changeCustomer(ANA, both, later(2));
      expect((await changesTold()).toSorted()).toEqual([
        ...["customer.profile_changed", "customer.profile_changed"],
        ...["customer.tax_data_changed", "customer.tax_data_changed"],
      ]);
    });

    test("is changed from what it was", async () => {
      const { fiscal } = opened.store;
      const seen: CustomerProfile[] = [];
      for (const profile of [PROFILE, NONE])
        await fiscal.changeCustomer(ANA, { profileOf: (was) => (seen.push(was), profile) }, NOW);
      expect(seen).toEqual([NONE, PROFILE]);
    });

    test("is changed in all of it or in nothing", async () => {
      const { fiscal } = opened.store;
      const refuses = () => {
        throw new Error("51 names are too many");
      };
      await expect(fiscal.changeCustomer(ANA, { taxData: TAX_DATA, profileOf: refuses }, NOW)).rejects.toThrow("51");
      const unstorable = { ...TAX_DATA, rfc: "SHORT" };
      const change = { taxData: unstorable, profileOf: become(PROFILE) };
      await expect(fiscal.changeCustomer(ANA, change, NOW)).rejects.toThrow(/check/i);
      expect([await profileIn(), await fiscal.taxDataOf(ANA), await changesTold()]).toEqual([NONE, null, []]);
    });

    test("stays when she is read again, and is listed with her", async () => {
      await opened.store.fiscal.changeCustomer(ANA, { profileOf: become(PROFILE) }, NOW);
      await opened.store.write(later(1), (records) => records.putCustomer({ ...customerOf(ANA), name: "Ana" }));
      const [row] = await opened.store.list("customers", { where: { customerId: ANA } });
      expect(row).toMatchObject({ name: "Ana", ...PROFILE });
    });

    test.each([[{ taxData: TAX_DATA }], [{ profileOf: become(PROFILE) }]])(
      "of nobody is refused: %p",
      async (change) => {
        await expect(opened.store.fiscal.changeCustomer("cus_nobody", change, NOW)).rejects.toMatchObject({
          ...{ name: "NotFound", mend: { do: "add_customer", customerId: "cus_nobody" } },
        });
      },
    );
  });
}

/** What is a consent: every fault is told at once, and nothing of one that has any is kept. */
import { expect, test } from "@jest/globals";
import { CONSENT_LIMITS, mustBeConsent, type Consent } from "./consent.ts";
import { InputInvalid } from "./errors.ts";

const NOW = new Date("2026-12-01T15:00:00Z");
type Given = Pick<Consent, "version" | "text" | "amountCents" | "consentedAt">;
const GIVEN: Given = { version: "2026-1", text: "Acepto.", amountCents: 20015, consentedAt: NOW };

// prettier-ignore
test.each<[given: Partial<Given>, faults: readonly string[], because: string]>([
  [{}, [], "given at this very moment"],
  [{ consentedAt: new Date(NOW.getTime() - 1) }, [], "given before"],
  [{ consentedAt: new Date(NOW.getTime() + 1) }, ["consented_at"], "nobody agrees tomorrow"],
  [{ consentedAt: new Date(Number.NaN) }, ["consented_at"], "no moment at all"],
  [{ version: "v".repeat(100), text: "t".repeat(50_000) }, [], "as long as they may be"],
  [{ version: "v".repeat(101) }, ["version"], "longer than that"],
  [{ text: "t".repeat(50_001) }, ["text"], "longer than that"],
  [{ version: " " }, ["version"], "nothing but blanks"],
  [{ text: "" }, ["text"], "nothing was shown"],
  [{ amountCents: 0 }, [], "a trial that costs nothing"],
  [{ amountCents: 9_999_999_999 }, [], "as much as may be"],
  [{ amountCents: 10_000_000_000 }, ["amount_cents"], "more than that"],
  [{ amountCents: -1 }, ["amount_cents"], "less than nothing"],
  [{ amountCents: 0.5 }, ["amount_cents"], "half a cent"],
  [{ version: "", text: "", amountCents: -1, consentedAt: new Date(Number.NaN) }, ["version", "text", "amount_cents", "consented_at"], "every fault at once"],
])("with %j the faults are %j (%s)", (given, faults) => {
  const record = (): unknown => mustBeConsent({ ...GIVEN, ...given }, NOW);
  const thrown = ((): unknown => {
    try {
      return record();
    } catch (error) {
      return error;
    }
  })();
  const told = thrown instanceof InputInvalid ? thrown.faults.map(({ where }) => where) : thrown;
  expect(told ?? []).toEqual(faults);
});

test("an address is as long as an address may be", () => {
  expect(CONSENT_LIMITS.addressLength).toBe(200);
});

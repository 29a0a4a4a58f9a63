import { expect, test } from "@jest/globals";
import { emptyRunSummary, type RunSummary } from "../settling/run-summary.ts";
import type { Fence } from "./restore-fence.ts";
import { whyIncomplete } from "./why-incomplete.ts";

const BROKEN: Partial<RunSummary> = { stoppedAt: "MAX_CHARGES_PER_RUN", setAside: ["a", "b"], unreadable: 2 };
const LOST = { ...BROKEN, notRecorded: 1 };
const HALTED = { ...LOST, haltReason: "ana stopped charging: prices" };

// prettier-ignore
test.each<[was: Partial<RunSummary>, fence: Fence, isOpen: boolean, why: string | null, because: string]>([
  [{}, "checked", false, null, "everything was tried"],
  [{ needsPerson: 3, failedReads: 2 }, "checked", false, null, "what needs a person was tried all the same"],
  [{ clock: "gateway_wrong" }, "checked", false, null, "this clock is believed"],
  [{ ...HALTED, clock: "wrong" }, "unread", true, "this clock and the gateway's differ, and no invoice is opened", "the clock comes first"],
  [{ ...HALTED, clock: "not_asked" }, "unread", true, "no invoice is opened: Conekta does not answer, so this clock cannot be checked", "so does one that cannot be checked"],
  [HALTED, "unread", true, "no card is charged: Conekta's orders cannot be listed, so this database may be a restored backup", "then the fence"],
  [HALTED, "checked", true, "ana stopped charging: prices", "then a halt"],
  [LOST, "checked", true, "1 outcomes could not be recorded, and stand in the log alone", "then what the books lack"],
  [BROKEN, "checked", true, "no card is charged: Conekta gives no clear answer, and is asked every 30 seconds", "then the breaker"],
  [BROKEN, "checked", false, "the run stopped at MAX_CHARGES_PER_RUN", "then a limit"],
  [{ ...BROKEN, stoppedAt: null }, "checked", false, "what cannot be understood waits, and is in the log as set aside: a, b", "then the rows"],
  [{ unreadable: 2 }, "checked", false, "2 customers or orders cannot be read or charged at Conekta, and what they owe waits", "and those at Conekta"],
])("of %j, the fence %s, the breaker open %p: %p (%s)", (was, fence, isOpen, why) => {
  expect(whyIncomplete({ ...emptyRunSummary(), ...was }, fence, { isOpen })).toBe(why);
});

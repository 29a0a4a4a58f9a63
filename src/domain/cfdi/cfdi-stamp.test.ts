/** A stamp that is told again, another one, and one that was canceled. */
import { expect, test } from "@jest/globals";
import type { CfdiRecord } from "./cfdi.ts";
import { decideStamp, isUuid, type GivenStamp } from "./cfdi-stamp.ts";

const [A, B] = ["6F9619FF-8B86-D011-B42D-00C04FC964FF", "6F9619FF-8B86-D011-B42D-00C04FC96400"];
const STAMPED = { uuid: A, status: "stamped" };
const CANCELED = { uuid: A, status: "canceled" };

test.each<[known: object | null, given: GivenStamp, decision: string, because: string]>([
  [null, { uuid: A, status: "stamped" }, `write stamped ${A}`, "its first stamp"],
  [null, { uuid: A, status: "canceled" }, `write canceled ${A}`, "told when it was canceled already"],
  [null, { uuid: null, status: "canceled" }, "refuse no_uuid", "nobody knows which"],
  [
    { uuid: null, status: null },
    { uuid: A, status: "stamped" },
    `write stamped ${A}`,
    "exported, and not stamped until now",
  ],
  [STAMPED, { uuid: A, status: "stamped" }, "leave", "it is known"],
  [STAMPED, { uuid: A.toLowerCase(), status: "stamped" }, "leave", "in small letters"],
  [STAMPED, { uuid: B, status: "stamped" }, "refuse stamped_as_another", "one stamp at a time"],
  [STAMPED, { uuid: B, status: "canceled" }, "refuse stamped_as_another", "the other is not its own"],
  [STAMPED, { uuid: A, status: "canceled" }, `write canceled ${A}`, "it is canceled"],
  [STAMPED, { uuid: null, status: "canceled" }, `write canceled ${A}`, "the one it has"],
  [CANCELED, { uuid: A, status: "canceled" }, "leave", "it is known"],
  [CANCELED, { uuid: A, status: "stamped" }, "refuse canceled_already", "it does not come back"],
  [CANCELED, { uuid: null, status: "stamped" }, "refuse canceled_already", "nor unnamed"],
  [CANCELED, { uuid: B, status: "stamped" }, `write stamped ${B}`, "another takes its place"],
])("known as %j, told %j: %s (%s)", (known, given, becomes) => {
  const decision = decideStamp(known as CfdiRecord | null, given);
  const words = [
    decision.do,
    ...(decision.do === "write" ? [decision.stamp.status, decision.stamp.uuid] : []),
    ...(decision.do === "refuse" ? [decision.because] : []),
  ];
  expect(words.join(" ")).toBe(becomes);
});

test.each<[text: string, isOne: boolean]>([
  [A, true],
  [A.toLowerCase(), true],
  [A.slice(1), false],
  [`${A}0`, false],
  [` ${A}`, false],
  [A.replaceAll("-", ""), false],
  [A.replace("F", "G"), false],
])("%p is a folio fiscal: %p", (text, isOne) => {
  expect(isUuid(text)).toBe(isOne);
});

/** RFCs that the SAT publishes for tests, and what is wrong with others. */
import { expect, test } from "@jest/globals";
import { holderOf, normalizedRfc, RFC_FOREIGN, RFC_PUBLIC, rfcFaultOf } from "./rfc.ts";

/** @see SAT, "RFC de pruebas", of its ambient for tests */
const GOOD = [
  ...["EKU9003173C9", "IIA040805DZ4", "URE180429TM6", "H&E951128469", "OÑO120726RX3", "XIA190128J61"],
  ...["CACX7605101P8", "JUFA7608212V6", "KAHO641101B39", "XAMA620210DQ5", "AABF800614HI0"],
];

test.each(GOOD)("%s is one, and no other check digit is", (rfc) => {
  expect(rfcFaultOf(rfc)).toBeNull();
  const others = Array.from("0123456789A").filter((digit) => rfcFaultOf(rfc.slice(0, -1) + digit) === null);
  expect(others).toEqual([rfc.at(-1)]);
  expect(holderOf(rfc)).toBe(rfc.length === 13 ? "person" : "company");
});

test("each rest of the sum has its digit: 0 where there is none, A for one, else what is lacking to eleven", () => {
  const digits = new Set<string>();
  for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for (const digit of "0123456789A") if (rfcFaultOf(`EKU900317${letter}C${digit}`) === null) digits.add(digit);
  expect(Array.from(digits).toSorted().join("")).toBe("0123456789A");
});

test.each<[rfc: string, fault: string | null, because: string]>([
  [RFC_PUBLIC, null, "the public in general"],
  [RFC_FOREIGN, null, "a resident abroad"],
  ["EKU9003173C", "form", "too short"],
  ["EKU9003173C99", "form", "too long"],
  ["EK9003173C9", "form", "two letters"],
  ["eku9003173c9", "form", "small letters"],
  ["EKU9003173CB", "form", "no check digit is a B"],
  ["EKU9013173C9", "date", "the 13th month"],
  ["EKU9000173C9", "date", "no month"],
  ["EKU9002303C9", "date", "the 30th of February"],
  ["EKU9003003C9", "date", "no day"],
  ["EKU9002293C9", "date", "the 29th of February of a year that has none in either century"],
  ["EKU9003173C8", "check_digit", "one off"],
])("%s: %p (%s)", (rfc, fault) => {
  expect(rfcFaultOf(rfc)).toBe(fault);
});

test("the 29th of February of 1900 is one of 2000", () => {
  expect(rfcFaultOf("EKU000229AA0")).not.toBe("date");
});

test("spaces, hyphens and small letters are how people write", () => {
  expect(normalizedRfc(" eku-900317 3c9 ")).toBe("EKU9003173C9");
  expect(normalizedRfc("oño120726rx3")).toBe("OÑO120726RX3");
});

import { describe, expect, test } from "@jest/globals";
import { holderOf, type RfcFault, rfcFaultOf } from "./rfc.ts";
import {
  type Issuer,
  issuerFaults,
  normalizedTaxData,
  REGIMES,
  type TaxData,
  taxDataFaults,
  usesFor,
} from "./tax-data.ts";
import { inEnglish } from "./refusals.ts";

describe("an RFC", () => {
  test.each<[string, RfcFault | null, string]>([
    // RFC, fault, because
    ["EKU9003173C9", null, "a company of the SAT's test certificates"],
    ["CACX7605101P8", null, "a person of the same"],
    ["IÑI120726RX3", null, "Ñ counts as the last letter"],
    ["H&E951128469", null, "& counts between N and O"],
    ["KAHO641101B39", null, "a person"],
    ["MISC491214B86", null, "a person"],
    ["XAXX010101000", null, "the public in general has no check digit"],
    ["XEXX010101000", null, "residents abroad neither"],
    ["EKU9003173C8", "check_digit", "one digit is wrong"],
    ["KEU9003173C9", "check_digit", "two letters are swapped"],
    ["AAA010101AAA", "check_digit", "what people write when they have none"],
    ["EKU9013173C9", "date", "there is no month 13"],
    ["CACX760230AB1", "date", "nor a 30th of February"],
    ["EKU9003173C", "form", "a character is missing"],
    ["12U9003173C9", "form", "begins with letters"],
    ["", "form", "nothing is no RFC"],
  ])("%s: %s (%s)", (rfc, fault) => {
    expect(rfcFaultOf(rfc)).toBe(fault);
  });

  test("four letters are a person's, three a company's", () => {
    expect([holderOf("CACX7605101P8"), holderOf("EKU9003173C9")]).toEqual(["person", "company"]);
  });
});

const ANA: TaxData = {
  rfc: "CACX7605101P8",
  name: "XOCHILT CASAS CHAVEZ",
  postalCode: "06700",
  regime: "612",
  use: "G03",
};
const FIRM: TaxData = {
  rfc: "EKU9003173C9",
  name: "ESCUELA KEMPER URGATE",
  postalCode: "42501",
  regime: "601",
  use: "G03",
};

const BUSINESS = "G01 G02 G03 I01 I02 I03 I04 I05 I06 I07 I08";
const PERSONAL = "D01 D02 D03 D04 D05 D06 D07 D08 D09 D10";

/** As the SAT's catalogue c_UsoCFDI has it. */
test.each<[regimes: string, uses: string]>([
  ["601 603 620 621 622 623 624 626", BUSINESS],
  ["605 607 608 611 614 615", PERSONAL],
  ["606 612 625", `${BUSINESS} ${PERSONAL}`],
  ["616", "G02"],
  ["610", ""],
])("the régimen %s has the uses %s, and that without effect", (regimes, uses) => {
  for (const regime of regimes.split(" "))
    expect([...usesFor(regime)].toSorted().join(" ")).toBe(`${uses} S01`.trim().split(" ").toSorted().join(" "));
});

test("a régimen is of persons, of companies, or of both", () => {
  const of = (...holders: readonly string[]) =>
    Object.keys(REGIMES).filter((code) => REGIMES[code]!.holders.join() === holders.join());
  expect(of("person").join(" ")).toBe("605 606 607 608 611 612 614 615 616 621 625");
  expect(of("company").join(" ")).toBe("601 603 620 623 624");
  expect(of("person", "company").join(" ")).toBe("610 622 626");
});

test.each<[string, Partial<TaxData>, TaxData, string | null]>([
  ["a person", {}, ANA, null],
  ["a company", {}, FIRM, null],
  ["school fees", { regime: "605", use: "D10" }, ANA, null],
  ["small letters and spaces", { rfc: " cacx-760510 1p8 ", use: "g03" }, ANA, null],
  ["a resident abroad", { rfc: "XEXX010101000", regime: "616", use: "S01" }, ANA, null],
  ["the public in general", { rfc: "XAXX010101000", regime: "616", use: "S01" }, ANA, "is in the global invoice"],
  ["abroad with a use", { rfc: "XEXX010101000", regime: "616", use: "G02" }, ANA, "goes with the use S01 alone"],
  ["a salary has no expenses", { regime: "605" }, ANA, "G03 (Gastos en general) is not for régimen 605"],
  ["no person is a company", { regime: "601" }, ANA, "601 (General de Ley Personas Morales) is for companies"],
  ["no company has a salary", { regime: "605", use: "S01" }, FIRM, "is for persons, and EKU9003173C9"],
  ["no company has school fees", { use: "D10" }, FIRM, "expected one of G01, G02, G03"],
  ["four digits", { postalCode: "6700" }, ANA, '"6700" is no postal code'],
  ["no name", { name: "  " }, ANA, "expected the name as the constancia has it"],
  ["no régimen", { regime: "699" }, ANA, '"699" is no régimen fiscal'],
  ["no use", { use: "P01" }, ANA, '"P01" is no uso CFDI'],
])("tax data: %s", (_case, change, base, sentence) => {
  const faults = taxDataFaults(normalizedTaxData({ ...base, ...change }));
  expect(faults.map(({ what }) => inEnglish(what).includes(sentence ?? "") || what)).toEqual(
    sentence === null ? [] : [true],
  );
});

test("every régimen has a use", () => {
  expect(usesFor("616")).toEqual(["G02", "S01"]);
  expect(usesFor("610")).toEqual(["S01"]);
});

describe("who sells", () => {
  const SCHOOL: Issuer = { rfc: "EKU9003173C9", name: "ESCUELA KEMPER URGATE", postalCode: "06700", regime: "601" };

  // prettier-ignore
  test.each<[change: Partial<Issuer>, faults: readonly string[], says: string, because: string]>([
    [{}, [], "", "as the SAT has it"],
    [{ rfc: "EKU9003173C8" }, ["rfc"], "EKU9003173C8", "one digit is wrong"],
    [{ rfc: "EKU9013173C9" }, ["rfc"], "901317", "the digits that are no date are told"],
    [{ rfc: "EKU" }, ["rfc"], "EKU", "a wrong RFC says nothing of a régimen"],
    [{ name: "" }, ["name"], "", "it has none"],
    [{ name: "N".repeat(300) }, [], "", "as long as it may be"],
    [{ name: "N".repeat(301) }, ["name"], "", "longer than that"],
    [{ name: "A|B" }, ["name"], "", "the bar parts the text that is sealed"],
    [{ postalCode: "6700" }, ["postalCode"], "6700", "four digits"],
    [{ regime: "999" }, ["regime"], "999", "there is no such régimen"],
    [{ regime: "605" }, ["regime"], "605", "a salary is no company's"],
    [{ rfc: "CACX7605101P8", regime: "612" }, [], "", "a person"],
    [{ rfc: "CACX7605101P8", regime: "601" }, ["regime"], "601", "a company's, for a person"],
    [{ rfc: "XEXX010101000", regime: "612" }, ["regime"], "612", "who lives abroad has one alone"],
    [{ rfc: "XEXX010101000", regime: "616" }, [], "", "that one"],
    [{ rfc: "X", name: "", postalCode: "", regime: "" }, ["rfc", "name", "postalCode", "regime"], "", "every fault at once"],
  ])("with %j has the faults %j, and is told of %p (%s)", (change, fields, says) => {
    const faults = issuerFaults({ ...SCHOOL, ...change });
    expect(faults.map(({ field }) => field)).toEqual(fields);
    expect(faults.map(({ what }) => inEnglish(what)).join(" ")).toContain(says);
  });
});

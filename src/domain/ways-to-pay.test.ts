import { expect, test } from "@jest/globals";
import { ATTEMPT_FLOWS, type WayToPay, hasPage, wayOf } from "./ways-to-pay.ts";

test.each<[keyof WayToPay, WayToPay[keyof WayToPay][], string]>([
  // in what they differ: single, order_first, link
  ["chargesStoredCard", [true, true, false], "a page asks no bank before the customer comes"],
  ["hasPage", [false, false, true], "a card is charged without the customer"],
  ["sharesOrder", [false, true, false], "Conekta refuses to charge a paid order: its guard needs one order"],
  ["onDecline", ["fails", "fails", "tells_nothing"], "on a page the customer takes another card, or cash"],
  ["onRefusal", ["hold", "hold", "do_without"], "a page that cannot be made leaves the card"],
  ["onNotSent", ["charge_again", "charge_again", "make_again"], "each is tried again in its own way"],
  ["absence", ["proves_nothing", "proves", "proves_while_untold"], "an order that is not shown may be there"],
  ["whilePending", ["on_schedule", "on_schedule", "until_its_end"], "cash has days"],
])("%s: %j (%s)", (field, expected) => {
  expect(ATTEMPT_FLOWS.map((flow) => wayOf({ flow })[field])).toEqual(expected);
});

test("what waits until its end has a page that says when", () => {
  for (const flow of ATTEMPT_FLOWS)
    expect([flow, hasPage({ flow })]).toEqual([flow, wayOf({ flow }).whilePending === "until_its_end"]);
});

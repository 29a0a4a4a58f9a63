/** What the merchant keeps of a customer is changed: all of it, or nothing. */
import type { CustomerParts } from "../../../application/ports/fiscal.ts";
import type { Random } from "../../../application/ports/runtime.ts";
import { type CustomerProfile, profileChanged } from "../../../domain/customer-profile.ts";
import { NotFound } from "../../../domain/errors.ts";
import type { NewEvent } from "../../../domain/event-types.ts";
import { said } from "../../../domain/refusals.ts";
import { isSameContent } from "../../../domain/same-content.ts";
import { jsonOrNull, wordOrNull } from "../dialect/codec.ts";
import { all, batch, type Connected, run } from "../dialect/sql.ts";
import { appendEvents } from "../events.ts";
import { putTaxData } from "./tax-data.ts";

export async function changeCustomer(
  em: Connected,
  customerId: string,
  { taxData, profileOf }: CustomerParts,
  now: Date,
  random: Random,
): Promise<void> {
  const [found] = await all(em, "select language, metadata from customer where id = ?", [customerId]);
  if (found === undefined)
    throw new NotFound(said("no_customer", { id: customerId }), { mend: { do: "add_customer", customerId } });
  const was: CustomerProfile = { language: wordOrNull(found, "language"), metadata: jsonOrNull(found, "metadata") };
  const profile = profileOf?.(was) ?? was;
  const events: NewEvent[] = [];
  if (!isSameContent(was, profile)) {
    await run(
      em,
      `update customer set language = j.language, metadata = nullif(j.metadata, 'null')
       from rows(?: language text, metadata json) j where customer.id = ?`,
      [batch([profile]), customerId],
    );
    events.push(profileChanged(customerId, profile));
  }
  if (taxData !== undefined && (await putTaxData(em, customerId, taxData, now))) {
    // Nothing that names a person: events are kept for ever.
    const { regime, use } = taxData;
    events.push({ type: "customer.tax_data_changed", customerId, data: { regime, use } });
  }
  await appendEvents(em, events, now, random);
}

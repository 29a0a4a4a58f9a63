/** What the merchant keeps of a customer. */
import type { SqlEntityManager } from "@mikro-orm/sqlite";
import type { Random } from "../../../application/ports/runtime.ts";
import { type CustomerProfile, profileChanged } from "../../../domain/customer-profile.ts";
import { isSameContent } from "../../../domain/same-content.ts";
import { jsonOrNull, wordOrNull } from "../dialect/codec.ts";
import { all } from "../dialect/sql.ts";
import { CustomerEntity } from "../entities/customers.ts";
import { appendEvents } from "../events.ts";

/** @returns null: there is no such customer */
export async function profileOf(em: SqlEntityManager, customerId: string): Promise<CustomerProfile | null> {
  const [found] = await all(em, "select language, metadata from customer where id = ?", [customerId]);
  if (found === undefined) return null;
  return { language: wordOrNull(found, "language"), metadata: jsonOrNull(found, "metadata") };
}

export async function putProfile(em: SqlEntityManager, customerId: string, profile: CustomerProfile): Promise<void> {
  await em.nativeUpdate(CustomerEntity, { id: customerId }, profile);
}

export async function changeProfile(
  em: SqlEntityManager,
  customerId: string,
  change: (was: CustomerProfile) => CustomerProfile,
  now: Date,
  random: Random,
): Promise<void> {
  const was = await profileOf(em, customerId);
  if (was === null) return;
  const profile = change(was);
  if (isSameContent(was, profile)) return;
  await putProfile(em, customerId, profile);
  await appendEvents(em, [profileChanged(customerId, profile)], now, random);
}

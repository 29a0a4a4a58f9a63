/** The changes that a program asks for: by the commands' own use cases, and once for each key that it gives. */
import { changeBalance } from "../../application/balance/change-balance.ts";
import { recordConsent } from "../../application/subscriptions/consents.ts";
import type { Listing, ListingName, Listings } from "../../application/ports/listings.ts";
import type { Reader } from "../../application/ports/requests.ts";
import type { Assembly } from "../../assemble.ts";
import { NotFound, UsageInvalid } from "../../domain/errors.ts";
import { addressHashOf } from "../digest.ts";
import { type ChangeOptions, mustBeStorable, once } from "./once.ts";
import type { BalanceWish, ConsentWish, Reasoned } from "./books.ts";

/** How each kind of change is made: once a key, in one transaction with its answer. */
export function changesOf(app: Assembly) {
  const planIn = (reader: Pick<Reader, "list">, planId: string) => one(reader, "plans", "plan", { planId });
  const customerIn = (reader: Pick<Reader, "list">, customerId: string) =>
    one(reader, "customers", "customer", { customerId });
  const subscriptionIn = (reader: Pick<Reader, "list">, subscriptionId: string) =>
    one(reader, "subscriptions", "subscription", { subscriptionId });
  const invoiceIn = (reader: Pick<Reader, "list">, invoiceId: string) =>
    one(reader, "invoices", "invoice", { invoiceId });

  type Store = Assembly["store"];
  const ofSubscription =
    (name: string, change: (needs: Assembly, id: string) => Promise<unknown>) =>
    async (id: string, options: ChangeOptions = {}) =>
      await once(
        app,
        {
          name: `subscriptions.${name}`,
          input: { id },
          change: async (store) => void (await change({ ...app, store }, id)),
          answer: (reader) => subscriptionIn(reader, id),
        },
        options,
      );
  const ofInvoice = async <Options extends ChangeOptions>(
    name: string,
    id: string,
    options: Options,
    change: (needs: Assembly) => Promise<unknown>,
    input: object = {},
  ) =>
    await once(
      app,
      {
        name: `invoices.${name}`,
        input: { id, ...input },
        change: async (store) => void (await change({ ...app, store })),
        answer: (reader) => invoiceIn(reader, id),
      },
      options,
    );
  const ofCustomer = async (
    name: string,
    id: string,
    input: unknown,
    options: ChangeOptions,
    change: (needs: Needs) => Promise<unknown>,
  ) =>
    await once(
      app,
      {
        name: `customers.${name}`,
        input: { id, input },
        callsConekta: true,
        change: async (store: Store) => void (await change({ store, clock: app.clock, gateway: await app.gateway() })),
        answer: (reader) => customerIn(reader, id),
      },
      options,
    );
  type Needs = Pick<Assembly, "store" | "clock"> & { readonly gateway: Awaited<ReturnType<Assembly["gateway"]>> };

  const ofGrant = async (
    name: string,
    subscriptionId: string,
    code: string,
    options: ChangeOptions,
    change: (needs: Assembly) => Promise<unknown>,
  ) =>
    await once(
      app,
      {
        name: `coupons.${name}`,
        input: { subscriptionId, code },
        change: async (store) => void (await change({ ...app, store })),
        answer: (reader) => one(reader, "couponGrants", "coupon", { subscriptionId, code }),
      },
      options,
    );
  const ofBalance =
    (kind: "grant" | "take") =>
    async (customerId: string, { amountCents, currency = "MXN" }: BalanceWish, options: Reasoned) => {
      mustBeCents(amountCents);
      const change = { customerId, currency, amountCents, reason: reasonOf(options), by: options.by ?? "library" };
      return await once(
        app,
        {
          name: `balance.${kind}`,
          input: { customerId, currency, amountCents },
          change: async (store) => void (await changeBalance({ ...app, store }, kind, change)),
          async answer(reader) {
            const entry = (await reader.list("balanceEntries", { where: { customerId, currency } })).at(-1);
            if (entry === undefined) throw new NotFound(`customer ${customerId} has no balance`);
            return entry;
          },
        },
        options,
      );
    };

  const addConsent = async (subscriptionId: string, consent: ConsentWish, options: ChangeOptions = {}) => {
    const { version, text, channel, consentedAt = null, amountCents = null, address } = consent;
    const wanted = { version, text, channel, consentedAt, amountCents, addressHash: addressHashOf(address) };
    const id = app.random.newId("cns", app.clock.now());
    return await once(
      app,
      {
        name: "subscriptions.consents.add",
        input: { subscriptionId, ...wanted },
        change: (store) => recordConsent({ ...app, store }, subscriptionId, { id, ...wanted }, options.by ?? "library"),
        answer: (reader) => one(reader, "consents", "consent", { consentId: id }),
      },
      options,
    );
  };

  return {
    addConsent,
    planIn,
    customerIn,
    subscriptionIn,
    invoiceIn,
    ofSubscription,
    ofInvoice,
    ofCustomer,
    ofGrant,
    ofBalance,
  };
}

export function mustBeCents(amountCents: number): void {
  if (!Number.isSafeInteger(amountCents) || amountCents < 1)
    throw new UsageInvalid(`amountCents: ${amountCents} given, expected whole cents above 0`);
}

/** @throws {UsageInvalid} */
export function mustBeListing(wanted: { readonly limit?: number }): void {
  mustBeStorable(wanted);
  const { limit = 1 } = wanted;
  if (!Number.isSafeInteger(limit) || limit < 1) throw new UsageInvalid(`limit: ${limit} given, expected 1 or more`);
}

export function reasonOf({ reason }: ChangeOptions): string {
  if (typeof reason === "string" && reason.trim() !== "") return reason.trim();
  throw new UsageInvalid("reason is missing: it is kept with what was done");
}

export async function one<Name extends ListingName>(
  reader: Pick<Reader, "list">,
  name: Name,
  noun: string,
  where: NonNullable<Listing<Name>["where"]>,
): Promise<Listings[Name]> {
  mustBeStorable(where);
  const [row] = await reader.list(name, { where, limit: 1 });
  if (row !== undefined) return row;
  throw new NotFound(`there is no ${noun} ${String(Object.values(where)[0])}`);
}

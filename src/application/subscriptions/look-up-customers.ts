/**
 * Reads at the gateway the customers of a plans file whom the books do not know yet: name, e-mail, default card.
 *
 * Reads only. A customer who could not be charged is a fault of the file, told with its place before anything is done.
 */
import PQueue from "p-queue";
import { ConfigurationInvalid, GatewayRefused, type InputFault } from "../../domain/errors.ts";
import { cardFault } from "../../domain/charging/card-check.ts";
import { trustedCustomer, type Customer } from "../../domain/plan.ts";
import type { PlansInput } from "../plans/plans-input.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { EnrolmentRecords } from "../ports/enrolment.ts";

export type LookedUp = {
  readonly customers: ReadonlyMap<string, Customer>;
  /** The mode of the key, as these customers show it; null when none was read. */
  readonly livemode: boolean | null;
};

const LOOKUPS_AT_ONCE = 4;

/**
 * @param needs.gateway null: offline, customers are taken on trust and read another time
 * @throws {ConfigurationInvalid} with every customer who is unknown there, or has no card to charge
 * @throws {GatewayUnavailable}
 */
export async function lookUpCustomers(
  {
    store: { enrolment },
    gateway,
  }: {
    readonly store: { readonly enrolment: Pick<EnrolmentRecords, "knownCustomers"> };
    readonly gateway: Gateway | null;
  },
  input: PlansInput,
  fileName: string,
  now: Date,
): Promise<LookedUp> {
  const named = placesOf(input);
  const known = await enrolment.knownCustomers([...named.keys()]);
  // Who was taken on trust is read as soon as there is somebody to ask.
  const isToRead = (id: string): boolean => known.get(id)?.isTrusted ?? true;
  const isToMeet = gateway === null ? (id: string) => !known.has(id) : isToRead;
  const places = new Map([...named].filter(([id]) => isToMeet(id)));
  const { customers, faults, livemode } = await readUnknown(gateway, [...places.keys()], now);
  if (faults.size > 0) throw new ConfigurationInvalid("nothing was applied", inOrder(places, faults, fileName));
  return { customers, livemode };
}

/**
 * @param gateway null: they are taken on trust
 * @returns also, by id, what keeps a customer from being charged
 * @throws {GatewayUnavailable}
 */
export async function readUnknown(
  gateway: Gateway | null,
  customerIds: readonly string[],
  now: Date,
): Promise<LookedUp & { readonly faults: ReadonlyMap<string, Complaint> }> {
  const customers = new Map<string, Customer>();
  const faults = new Map<string, Complaint>();
  let livemode: boolean | null = null;
  let failure: Error | undefined;
  const queue = new PQueue({ concurrency: LOOKUPS_AT_ONCE });
  for (const customerId of customerIds)
    void queue.add(async () => {
      if (failure !== undefined) return;
      if (gateway === null) {
        customers.set(customerId, trustedCustomer(customerId));
        return;
      }
      try {
        const { livemode: seenMode, ...customer } = await gateway.readCustomer(customerId);
        customers.set(customerId, customer);
        livemode = seenMode;
        const fault = cardComplaint(customer, now);
        if (fault !== null) faults.set(customerId, fault);
      } catch (error) {
        if (!(error instanceof GatewayRefused)) failure ??= error as Error;
        else faults.set(customerId, { what: `Conekta does not know this customer: ${error.message}` });
      }
    });
  await queue.onIdle();
  if (failure !== undefined) throw failure;
  return { customers, faults, livemode };
}

/** Where each is named first, in the order of the file. */
function placesOf({ subscriptions }: PlansInput): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const { customerId, where } of subscriptions) if (!places.has(customerId)) places.set(customerId, where);
  return places;
}

function inOrder(
  places: ReadonlyMap<string, string>,
  faults: ReadonlyMap<string, Complaint>,
  fileName: string,
): InputFault[] {
  return [...places].flatMap(([customerId, where]) => {
    const fault = faults.get(customerId);
    return fault === undefined ? [] : [{ where: `${fileName}, ${where} (customer ${customerId})`, ...fault }];
  });
}

export type Complaint = Omit<InputFault, "where">;

function cardComplaint(customer: Customer, now: Date): Complaint | null {
  const fault = cardFault({ card: customer, isDeleted: false, neverAgain: [], toReplace: [] }, now);
  const mend = { do: "add_card", customerId: customer.id } as const;
  if (fault === "no_default_card") return { what: "has no default card at Conekta, so nothing could be charged", mend };
  if (fault !== "card_expired") return null;
  const card = `${customer.cardBrand ?? "card"} ending in ${customer.cardLast4 ?? "?"}`;
  return { what: `the default card (${card}) expired ${customer.cardExpMonth}/${customer.cardExpYear}`, mend };
}

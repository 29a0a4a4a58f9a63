/**
 * Does the gateway answer, and does it accept our key? One customer's fault is not the gateway's: a failed read counts
 * only once reads of others have failed, too. Writes nothing.
 */
import { GatewayRefused, GatewayUnauthorized, GatewayUnavailable } from "../../domain/errors.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Store } from "../ports/store.ts";

export type AskNeeds = {
  readonly store: Pick<Store, "customersToProbe">;
  readonly gateway: Pick<Gateway, "probe">;
};

export type GatewayAnswer =
  /** `livemode`: null where what was read does not tell. `refusal`: it refused every read, though not for the key. */
  | {
      readonly is: "answering";
      readonly livemode: boolean | null;
      readonly refusal: GatewayRefused | null;
      /** Whether this key knows the customer who was asked for; absent: it was not told. */
      readonly isKnown?: boolean;
    }
  /** The key: every one of these reads was refused for it. */
  | { readonly is: "unauthorized"; readonly error: GatewayUnauthorized }
  | { readonly is: "silent"; readonly error: GatewayUnavailable };

/** Besides the list of customers, which is nobody's. */
const CUSTOMERS_ASKED = 2;

export async function askGateway({ store, gateway }: AskNeeds): Promise<GatewayAnswer> {
  const customers = await store.customersToProbe(CUSTOMERS_ASKED);
  const [first = null, ...others] = customers;
  const asked = await ask(first);
  if (asked.is === "answering" && asked.livemode !== null) return asked;
  if (customers.length === 0) return asked;
  const answers = [asked, ...(await Promise.all([...others, null].map(ask)))];
  const answering = answers.filter((each) => each.is === "answering");
  const [answered] = answering;
  if (answered !== undefined) return answering.find(({ refusal }) => refusal === null) ?? answered;
  return answers.find(({ is }) => is === "silent") ?? asked;

  async function ask(customerId: string | null): Promise<GatewayAnswer> {
    try {
      return { is: "answering", refusal: null, ...(await gateway.probe(customerId)) };
    } catch (error) {
      if (error instanceof GatewayUnauthorized) return { is: "unauthorized", error };
      if (error instanceof GatewayUnavailable) return { is: "silent", error };
      // A customer it does not know is an answer, too: the key was accepted.
      if (error instanceof GatewayRefused) return { is: "answering", livemode: null, refusal: error };
      throw error;
    }
  }
}

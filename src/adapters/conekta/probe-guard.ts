/**
 * Proves, or disproves, that Conekta refuses to charge an order which is paid: what the flow `order_first` leans on.
 *
 * Two orders of its own: one is paid and charged again, the other is charged twice at once. Every call is sent once.
 * Its orders name the installation under a key of their own, so that no sweep takes them for invoices.
 * @see CONEKTA_CHARGE_FLOW; `…cannot_be_updated_because_has_charge`, status 428 in the specification, 422 in
 *   conekta-woocommerce 6.2.3 (read 2026-11-23)
 */
import type { GuardProber } from "../../application/ports/doctor.ts";
import type { GuardFinding, GuardResult, ProbeStep } from "../../domain/guard-probe.ts";
import { saysHasCharge } from "./declines.ts";
import type { HttpCall, Reply, Transport } from "./transport.ts";
import { readBody } from "./wire.ts";

type Probe = Parameters<GuardProber["probeGuard"]>[0];

/** One call, and what it shows: which charges are paid by now, or that it was refused because of one. */
type Step = ProbeStep & {
  readonly orderId: string | null;
  readonly paidCharges: readonly string[];
  readonly isRefusedForCharge: boolean;
};

export function conektaGuardProber(transport: Transport): GuardProber {
  return {
    async probeGuard(probe): Promise<GuardFinding> {
      const oneAfterTheOther = await tryTwice(transport, probe, "a", async (charge) => {
        const first = await charge("1");
        return first.paidCharges.length === 1 ? [first, await charge("2")] : [first];
      });
      const atOnce = await tryTwice(transport, probe, "b", (charge) => Promise.all([charge("1"), charge("2")]));
      return {
        sequential: oneAfterTheOther.result,
        concurrent: atOnce.result,
        evidence: [...oneAfterTheOther.steps, ...atOnce.steps].map(evidenceOf),
      };
    },
  };
}

type Tried = { readonly result: GuardResult; readonly steps: readonly Step[] };

async function tryTwice(
  transport: Transport,
  probe: Probe,
  order: string,
  chargeIt: (charge: (nth: string) => Promise<Step>) => Promise<readonly Step[]>,
): Promise<Tried> {
  const opened = await step(transport, `open order ${order}`, {
    method: "POST",
    path: "/orders",
    body: orderOf(probe),
  });
  if (opened.orderId === null) return { result: "unclear", steps: [opened] };
  const path = `/orders/${encodeURIComponent(opened.orderId)}`;
  const charges = await chargeIt((nth) =>
    step(transport, `charge order ${order}, try ${nth}`, {
      method: "POST",
      path: `${path}/charges`,
      body: chargeOf(probe, `${probe.id}-${order}${nth}`),
    }),
  );
  const read = await step(transport, `read order ${order}`, { method: "GET", path });
  return { result: resultOf(charges, read), steps: [opened, ...charges, read] };
}

/** The read may lag and show less than happened, never more: it can only add a charge to what the answers showed. */
function resultOf(charges: readonly Step[], read: Step): GuardResult {
  const paid = new Set([...charges, read].flatMap(({ paidCharges }) => paidCharges));
  if (paid.size > 1) return "charged_twice";
  const isProof = paid.size === 1 && charges.filter(({ isRefusedForCharge }) => isRefusedForCharge).length === 1;
  return isProof && charges.length === 2 ? "refused" : "unclear";
}

async function step(transport: Transport, did: string, call: HttpCall): Promise<Step> {
  return { did, ...shownBy(await transport.send(call)) };
}

function shownBy(reply: Reply): Omit<Step, "did"> {
  const nothing = { orderId: null, paidCharges: [], isRefusedForCharge: false, code: null };
  if (reply.kind === "not-sent") return { ...nothing, httpStatus: null, because: reply.because };
  if (reply.kind === "no-answer") return { ...nothing, httpStatus: reply.status, because: reply.because };
  const { status } = reply;
  const body = readBody(reply.text);
  switch (body.kind) {
    case "order": {
      const { id, charges, paymentStatus } = body.order;
      const because = `the order shows ${charges.length} charges and the status ${word(paymentStatus)}`;
      return { ...nothing, httpStatus: status, orderId: id, paidCharges: paidOf(charges), because };
    }
    case "charge":
      return {
        ...nothing,
        httpStatus: status,
        paidCharges: paidOf([body.charge]),
        because: `the charge is ${word(body.charge.status)}`,
      };
    case "error": {
      const codes = body.error.details.map((detail) => detail.code).filter((each) => each !== null);
      const code = codes.find(saysHasCharge) ?? codes[0] ?? null;
      const isRefusedForCharge = status >= 400 && status < 500 && code !== null && saysHasCharge(code);
      return { ...nothing, httpStatus: status, code: word(code), isRefusedForCharge, because: "it was refused" };
    }
    case "unreadable":
      return { ...nothing, httpStatus: status, because: body.because };
    default:
      return body satisfies never;
  }
}

function evidenceOf({ did, httpStatus, code, because }: Step): ProbeStep {
  return { did, httpStatus, code, because };
}

function paidOf(charges: readonly { readonly id: string; readonly status: string }[]): readonly string[] {
  return charges.filter(({ status }) => status === "paid").map(({ id }) => id);
}

function orderOf({ id, installationId, customerId, amountCents }: Probe) {
  return {
    currency: "MXN",
    customer_info: { customer_id: customerId },
    line_items: [{ name: "Puntual guard probe", unit_price: amountCents, quantity: 1 }],
    metadata: { puntual_probe: id, puntual_probe_installation: installationId },
  };
}

function chargeOf({ amountCents }: Probe, reference: string) {
  return { amount: amountCents, reference_id: reference, payment_method: { type: "default" } };
}

/** Words come from outside and go where people read them. */
function word(text: string | null): string {
  return text !== null && /^[\w.-]{1,120}$/.test(text) ? text : "none";
}

/**
 * The bodies we send. Nothing that is not needed: Conekta refuses fields it does not know.
 *
 * @see Conekta API 2.3.0 specification: order_request, charge_request, order_discount_lines_request, customer,
 *   payment_method_token_request, order_checkout_request (read 2026-11-23)
 */
import type { ChargeIntent, CustomerLabel, LinkTerms, NewCard, NewCustomer } from "../../application/ports/gateway.ts";
import { OWN_DISCOUNT_CODE } from "../../domain/money.ts";
import { ConfigurationInvalid } from "../../domain/errors.ts";

/** The order with its one charge, in one call: the documented "cargo bajo demanda". */
export function orderWithCharge(intent: ChargeIntent) {
  return { ...orderWithoutCharge(intent), charges: [chargeOf(intent)] };
}

export function orderWithoutCharge(intent: ChargeIntent) {
  return {
    currency: intent.currency,
    customer_info: { customer_id: intent.customerId },
    line_items: [
      ...intent.lineItems.map((line) => ({
        name: line.name,
        unit_price: line.unitPriceCents,
        quantity: line.quantity,
        ...(line.sku === undefined ? {} : { sku: line.sku }),
        ...(line.description === undefined ? {} : { description: line.description }),
      })),
      ...carriedLines(intent),
    ],
    ...discountLines(intent),
    ...taxLines(intent.taxes),
    metadata: {
      puntual_installation: intent.installationId,
      puntual_subscription: intent.subscriptionId,
      puntual_invoice: intent.invoiceId,
      // Conekta's metadata has no null.
      ...(intent.cycle === null ? oneOffMetadata(intent) : { puntual_cycle: intent.cycle }),
      puntual_attempt: intent.reference,
      ...taxMetadata(intent.taxes),
    },
  };
}

/** A key that is longer than any of Conekta's metadata is not worth a refused charge. */
function oneOffMetadata({ oneOffKey }: ChargeIntent) {
  return !oneOffKey || oneOffKey.length > 200 ? {} : { puntual_one_off: oneOffKey };
}

/** What an earlier invoice left, too little to charge alone. */
function carriedLines({ balanceCents }: ChargeIntent) {
  return balanceCents < 0 ? [{ name: "Saldo anterior", unit_price: -balanceCents, quantity: 1 }] : [];
}

/** One a discount, by its code, and what the balance pays. */
function discountLines({ discounts, discountCents, balanceCents }: ChargeIntent) {
  const named = discounts ?? [{ code: OWN_DISCOUNT_CODE, type: "campaign" as const, amountCents: discountCents }];
  const lines = [
    ...named.map(({ code, type, amountCents }) => ({ code, amount: amountCents, type })),
    { code: "saldo", amount: balanceCents, type: "loyalty" },
  ].filter(({ amount }) => amount > 0);
  return lines.length === 0 ? {} : { discount_lines: lines };
}

/**
 * A tax that is added to the prices, a line a rate. One that is in them is no line: Conekta would add it to the amount.
 */
function taxLines(taxes: ChargeIntent["taxes"]) {
  const added = (taxes ?? []).filter(({ addedCents }) => addedCents > 0);
  if (added.length === 0) return {};
  return { tax_lines: added.map(({ rate, addedCents }) => ({ description: `IVA ${rate}%`, amount: addedCents })) };
}

/** For whoever reads the order in Conekta's panel. */
function taxMetadata(taxes: ChargeIntent["taxes"]) {
  if (taxes === null) return {};
  return {
    puntual_iva_cents: taxes.reduce((sum, { taxCents }) => sum + taxCents, 0),
    puntual_iva_rate: taxes.map(({ rate }) => String(rate)).join(","),
  };
}

/** The order with a page where its customer pays it; this call charges no card. */
export function orderWithPage(intent: ChargeIntent, { methods, expiresAt }: LinkTerms) {
  return {
    ...orderWithoutCharge(intent),
    checkout: {
      type: "HostedPayment" as const,
      allowed_payment_methods: [...methods],
      expires_at: Math.floor(expiresAt.getTime() / 1000),
      monthly_installments_enabled: false,
      // A card that pays here is kept with the customer, for the next cycle.
      on_demand_enabled: true,
    },
  };
}

/** Always the full amount: a second full charge of the same order is then too much for the gateway too. */
export function chargeOf(intent: ChargeIntent) {
  return {
    amount: intent.amountCents,
    reference_id: intent.reference,
    payment_method: { type: "default" },
  };
}

export function customerOf(customer: NewCustomer, { installationId, request }: CustomerLabel, pciDssLevel1: boolean) {
  return {
    name: customer.name,
    email: customer.email,
    phone: customer.phone,
    metadata: { puntual_installation: installationId, puntual_request: request },
    ...(customer.card === undefined ? {} : { payment_sources: [cardOf(customer.card, pciDssLevel1)] }),
  };
}

/** @throws {ConfigurationInvalid} for a raw card, unless the merchant declares PCI DSS level 1 */
export function cardOf(card: NewCard, pciDssLevel1: boolean) {
  if ("tokenId" in card) return { type: "card", token_id: card.tokenId };
  if (!pciDssLevel1) {
    throw new ConfigurationInvalid("A raw card number is refused", [
      {
        where: "CONEKTA_PCI_DSS_LEVEL_1",
        what: "only merchants certified for PCI DSS level 1 may handle card numbers: set it to true if you are, else store the card by its token (tok_…)",
      },
    ]);
  }
  return {
    type: "card",
    number: card.number,
    name: card.holderName,
    exp_month: String(card.expMonth).padStart(2, "0"),
    exp_year: String(card.expYear),
    cvc: card.cvc,
  };
}

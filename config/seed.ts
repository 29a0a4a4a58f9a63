/**
 * A small gym for the sandbox, to try things out on. In one terminal `npx puntual sandbox`, and in another:
 *
 *   export CONEKTA_BASE_URL=http://127.0.0.1:4010 CONEKTA_API_KEY=key_sandbox
 *   npm run seed && npx puntual run --dry-run
 *
 * In a folder of your own the first line is: import type { Seed } from "puntual";
 */
import type { Seed } from "../src/entrypoints/library.ts";

const PEOPLE = [
  { name: "Ana Ríos", token: "tok_test_visa_4242", plan: "mensual", start: "2026-01-31T09:00" },
  { name: "Bruno Peña", token: "tok_test_mastercard_4444", plan: "mensual", start: "2026-01-15T09:00" },
  { name: "Carla Núñez", token: "tok_test_insufficient_funds", plan: "quincenal", start: "2026-01-15T09:00" },
] as const;

const seed: Seed = async (puntual) => {
  if (!puntual.isSandbox)
    throw new Error("these are cards of the sandbox: set CONEKTA_BASE_URL to one of this machine");
  puntual.plans.put({
    id: "mensual",
    name: "Membresía mensual",
    interval: "month",
    lineItems: [{ name: "Membresía mensual", unitPriceCents: 59900 }],
  });
  puntual.plans.put({
    id: "quincenal",
    name: "Membresía quincenal",
    interval: "half_month",
    lineItems: [{ name: "Membresía quincenal", unitPriceCents: 34900 }],
  });
  for (const [index, { name, token, plan, start }] of PEOPLE.entries()) {
    const { customerId } = await puntual.customers.create({
      name,
      email: `socio-${index + 1}@example.mx`,
      phone: `+52551234567${index}`,
      card: { tokenId: token },
    });
    puntual.subscriptions.create({ id: `socio-${index + 1}`, plan, customer: customerId, start });
  }
};

export default seed;

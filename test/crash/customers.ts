/** Customers with a stored card, made at the sandbox as a merchant's own shop would make them. */
export const API_KEY = "key_crash";

/** @returns their ids, in the order of the tokens */
export async function createCustomers(sandboxUrl: string, tokens: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const token of tokens) {
    const answer = await fetch(`${sandboxUrl}/customers`, {
      method: "POST",
      headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({
        name: "Señora de prueba",
        email: "prueba@example.mx",
        phone: "+525512345678",
        payment_sources: [{ type: "card", token_id: token }],
      }),
    });
    if (!answer.ok) throw new Error(`no customer: ${answer.status} ${await answer.text()}`);
    ids.push(((await answer.json()) as { readonly id: string }).id);
  }
  return ids;
}

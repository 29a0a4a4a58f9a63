/**
 * The far side of the benchmark: answers every charge as paid, at once or after so many milliseconds
 * (`gateway-server.ts 50`), and keeps nothing. In the flow order_first an order is opened first, and charged then. An order
 * that is read is paid, and nothing of it went back.
 *
 * A process of its own, so that its work is not counted as ours. Prints its address on the first line.
 */
import { createServer } from "node:http";

type OrderRequest = {
  currency: string;
  customer_info: { customer_id: string };
  metadata: Record<string, string>;
  charges?: Charge[];
};
type Charge = { amount: number; reference_id: string };

let count = 0;
const latencyMs = Number(process.argv[2] ?? 0);

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const path = request.url ?? "";
    const answer = JSON.stringify(request.method === "POST" ? answerTo(path, body) : shownAt(path));
    setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(answer), latencyMs);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});

const SECONDS = Math.floor(performance.timeOrigin / 1000);
/** An answer of Conekta has some 1.5 KB. */
const LINE = {
  ...{ object: "line_item", id: "line_item_2tTU5GdkwZvBmS3fN", name: "Plan Oro", unit_price: 20_015, quantity: 1 },
  description: "What a merchant writes about a plan, its terms and the days on which it is charged. ".repeat(6),
};
const EMPTY_LIST = { object: "list", has_more: false, data: [] };

function answerTo(path: string, body: string): object {
  count += 1;
  if (path.endsWith("/charges")) return paid(JSON.parse(body) as Charge, "MXN");
  return orderOf(JSON.parse(body) as OrderRequest, `ord_${String(count).padStart(17, "0")}`);
}

function shownAt(path: string): object {
  const [, id] = /^\/orders\/([^/?]+)$/.exec(path) ?? [];
  if (id === undefined) return EMPTY_LIST;
  const charges = [{ amount: 20_015, reference_id: "of-the-bench" }];
  return orderOf({ currency: "MXN", customer_info: { customer_id: "cus_1" }, metadata: {}, charges }, id);
}

function orderOf(order: OrderRequest, id: string): object {
  const charge = order.charges?.[0] ?? null;
  return {
    object: "order",
    id,
    livemode: false,
    amount: charge?.amount ?? 20_015,
    currency: order.currency,
    payment_status: charge === null ? null : "paid",
    customer_info: { customer_id: order.customer_info.customer_id, object: "customer_info" },
    metadata: order.metadata,
    created_at: SECONDS,
    line_items: { object: "list", has_more: false, total: 1, data: [LINE] },
    charges: { object: "list", has_more: false, data: charge === null ? [] : [paid(charge, order.currency)] },
  };
}

function paid({ amount, reference_id }: Charge, currency: string): object {
  return {
    object: "charge",
    id: count.toString(16).padStart(24, "0"),
    livemode: false,
    status: "paid",
    amount,
    currency,
    reference_id,
    paid_at: SECONDS,
    payment_method: { object: "card_payment", brand: "visa", last4: "4242", auth_code: "123456" },
  };
}

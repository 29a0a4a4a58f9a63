/**
 * The far side of the benchmark: answers every charge with a paid order, at once or after so many milliseconds
 * (`gateway-server.ts 50`), and keeps nothing.
 *
 * A process of its own, so that its work is not counted as ours. Prints its address on the first line.
 */
import { createServer } from "node:http";

type OrderRequest = {
  currency: string;
  customer_info: { customer_id: string };
  metadata: Record<string, string>;
  charges: { amount: number; reference_id: string }[];
};

let count = 0;
const latencyMs = Number(process.argv[2] ?? 0);

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const answer = JSON.stringify(request.method === "POST" ? paidOrder(JSON.parse(body) as OrderRequest) : EMPTY_LIST);
    setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(answer), latencyMs);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});

const EMPTY_LIST = { object: "list", has_more: false, data: [] };

function paidOrder(order: OrderRequest): object {
  count += 1;
  const seconds = Math.floor(performance.timeOrigin / 1000);
  const [charge] = order.charges;
  return {
    object: "order",
    id: `ord_${String(count).padStart(17, "0")}`,
    livemode: false,
    amount: charge?.amount,
    currency: order.currency,
    payment_status: "paid",
    customer_info: { customer_id: order.customer_info.customer_id, object: "customer_info" },
    metadata: order.metadata,
    created_at: seconds,
    charges: {
      object: "list",
      has_more: false,
      total: 1,
      data: [
        {
          object: "charge",
          id: count.toString(16).padStart(24, "0"),
          livemode: false,
          status: "paid",
          amount: charge?.amount,
          currency: order.currency,
          reference_id: charge?.reference_id,
          paid_at: seconds,
          payment_method: { object: "card_payment", brand: "visa", last4: "4242", auth_code: "123456" },
        },
      ],
    },
  };
}

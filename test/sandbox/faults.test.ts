/**
 * Faults: what the client sees, and what really happened.
 */
import { describe, expect, test } from "@jest/globals";
import type { FaultRule, Sandbox } from "../../src/sandbox/server.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { type Caller, callerOf, chargedOrderFor, customerWith, orderFor } from "./caller.ts";

const CUT_OR_REFUSED = ["UND_ERR_SOCKET", "ECONNREFUSED"];

type WithCustomer = { readonly sandbox: Sandbox; readonly call: Caller; readonly customer: string };

async function withCustomer(use: (made: WithCustomer) => Promise<void>): Promise<void> {
  await using sandbox = await startSandbox();
  const call = callerOf(sandbox);
  await use({ sandbox, call, customer: await customerWith(call, "tok_test_visa_4242") });
}

/** The status, or the code of what broke, as deep as it lies. */
async function seen(reply: Promise<{ status: number; body: unknown }>): Promise<string> {
  try {
    const { status, body } = await reply;
    return `${status} ${body === undefined ? "no JSON" : "JSON"}`;
  } catch (error) {
    let cause = error as { code?: string; cause?: unknown };
    while (cause.code === undefined && cause.cause !== undefined) cause = cause.cause as typeof cause;
    return cause.code ?? String(error);
  }
}

describe("each kind", () => {
  // prettier-ignore
  const cases: [kind: FaultRule["kind"], seen: string, charges: number, because: string][] = [
    // kind              the client sees   charges made   because
    ["reset_before",     "ECONNRESET",     0,             "nothing happened"],
    ["reset_after",      "ECONNRESET",     1,             "the client cannot tell it from the one above"],
    ["429",              "429 JSON",       0,             "Conekta itself refuses"],
    ["429_bare",         "429 no JSON",    0,             "a proxy refuses"],
    ["429_bare_after",   "429 no JSON",    1,             "a proxy lies"],
    ["500_before",       "500 JSON",       0,             "nothing happened"],
    ["500_after",        "500 JSON",       1,             "the client cannot tell it from the one above"],
    ["502_before",       "502 no JSON",    0,             "a proxy's page"],
    ["502_after",        "502 no JSON",    1,             "a proxy's page"],
    ["503_before",       "503 no JSON",    0,             "a proxy's page"],
    ["503_after",        "503 no JSON",    1,             "a proxy's page"],
    ["504_before",       "504 no JSON",    0,             "a proxy's page"],
    ["504_after",        "504 no JSON",    1,             "seen by integrators while the log said 200"],
    ["html_after",       "200 no JSON",    1,             "a success that cannot be read"],
    ["truncated_after",  "200 no JSON",    1,             "half of a success"],
    ["cut_after",        "UND_ERR_SOCKET", 1,             "the body ends before its length"],
    ["other_amount",     "200 JSON",       1,             "only a look at the amount tells"],
    ["stale_status",     "200 JSON",       1,             "only a look at the charge tells"],
  ];

  test.each(cases)("%s: the client sees %s, %i charges were made (%s)", async (kind, expected, charges) => {
    await withCustomer(async ({ sandbox, call, customer }) => {
      sandbox.inject({ kind, call: "POST /orders" });
      expect(await seen(call("POST", "/orders", chargedOrderFor(customer)))).toBe(expected);
      expect(sandbox.ledger()).toHaveLength(charges);
      expect(sandbox.requests().at(-1)).toMatchObject({ method: "POST", path: "/orders", faults: [kind] });
    });
  });

  test.each(["hang_before", "hang_after"] as const)(
    "%s never answers; closing the sandbox frees the client",
    async (kind) => {
      const sandbox = await startSandbox({ faults: [{ kind, call: "POST /orders" }] });
      const call = callerOf(sandbox);
      const customer = await customerWith(call, "tok_test_visa_4242");
      const reply = seen(call("POST", "/orders", chargedOrderFor(customer)));
      // Its line in the log appears when it has arrived.
      while (!sandbox.requests().some(({ path }) => path === "/orders")) await call("GET", "/events");
      await sandbox.close();
      expect(await reply).toBe("UND_ERR_SOCKET");
      expect(sandbox.ledger()).toHaveLength(kind === "hang_after" ? 1 : 0);
    },
  );

  test("refuse: the operating system refuses, for everyone, until faults are cleared", async () => {
    await withCustomer(async ({ sandbox, call, customer }) => {
      sandbox.inject({ kind: "refuse" });
      // A connection that is open yet is cut; a new one is refused.
      expect(CUT_OR_REFUSED).toContain(await seen(call("POST", "/orders", chargedOrderFor(customer))));
      expect(await seen(call("POST", "/orders", chargedOrderFor(customer)))).toBe("ECONNREFUSED");
      sandbox.clearFaults();
      await sandbox.reachable();
      expect(await seen(call("POST", "/orders", chargedOrderFor(customer)))).toBe("200 JSON");
    });
  });

  test("refuse, nth 2: the first call gets in, the second finds the door shut", async () => {
    await withCustomer(async ({ sandbox, call, customer }) => {
      sandbox.inject({ kind: "refuse", call: "POST /orders", nth: 2 });
      expect(await seen(call("POST", "/orders", chargedOrderFor(customer)))).toBe("200 JSON");
      expect(CUT_OR_REFUSED).toContain(await seen(call("POST", "/orders", chargedOrderFor(customer))));
      expect(await seen(call("POST", "/orders", chargedOrderFor(customer)))).toBe("ECONNREFUSED");
    });
  });

  test("latency waits, then acts; latency_after acts, then waits", async () => {
    await withCustomer(async ({ sandbox, call, customer }) => {
      sandbox.inject({ kind: "latency", ms: 5, call: "POST /orders" });
      sandbox.inject({ kind: "latency_after", ms: 5, call: "POST /orders" });
      const before = performance.now();
      expect(await seen(call("POST", "/orders", chargedOrderFor(customer)))).toBe("200 JSON");
      expect(performance.now() - before).toBeGreaterThanOrEqual(9);
    });
  });

  test("other_amount charges a peso more; stale_status leaves the order declined though a charge is paid", async () => {
    await withCustomer(async ({ sandbox, call }) => {
      const customer = await customerWith(call, "tok_sandbox_declines_1_then_pays");
      sandbox.inject({ kind: "other_amount", call: "POST /orders/*/charges", nth: 2 });
      sandbox.inject({ kind: "stale_status", call: "POST /orders/*/charges", nth: 2 });
      const { body: order } = await call("POST", "/orders", orderFor(customer));
      const charge = { payment_method: { type: "default" } };
      await call("POST", `/orders/${order.id}/charges`, charge);
      await call("POST", `/orders/${order.id}/charges`, charge);
      const { body } = await call("GET", `/orders/${order.id}`);
      expect(body).toMatchObject({
        amount: 20_015,
        payment_status: "declined",
        charges: { data: [{ status: "paid", amount: 20_115 }, { status: "declined" }] },
      });
    });
  });

  test("without_data takes the order out of a decline", async () => {
    await withCustomer(async ({ sandbox, call }) => {
      const customer = await customerWith(call, "tok_test_card_declined");
      sandbox.inject({ kind: "without_data", call: "POST /orders" });
      const { status, body } = await call("POST", "/orders", chargedOrderFor(customer));
      expect([status, body.data]).toEqual([402, undefined]);
      expect(sandbox.ledger()).toMatchObject([{ status: "declined" }]);
    });
  });

  test("429 may say when to come back", async () => {
    await withCustomer(async ({ sandbox, call }) => {
      sandbox.inject({ kind: "429", retryAfterSeconds: 7 });
      const { headers, body } = await call("GET", "/orders");
      expect(headers.get("retry-after")).toBe("7");
      expect(body).toMatchObject({ object: "error", log_id: expect.any(String) });
    });
  });
});

async function statuses(call: Caller, path: string, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index++) found.push((await call("GET", path)).status);
  return found;
}

describe("which calls, and how often", () => {
  // prettier-ignore
  const cases: [rule: Omit<FaultRule, "kind">, statuses: number[], because: string][] = [
    [{},                            [500, 200, 200, 200], "the next call is the default"],
    [{ next: 2 },                   [500, 500, 200, 200], "the next two"],
    [{ nth: 3 },                    [200, 200, 500, 200], "the third only"],
    [{ always: true },              [500, 500, 500, 500], "until cleared"],
    [{ chance: 1 },                 [500, 500, 500, 500], "certain luck"],
    [{ call: "POST /orders" },      [200, 200, 200, 200], "another method"],
    [{ call: "GET /orders/*" },     [200, 200, 200, 200], "another path"],
    [{ call: "* /orders" },         [500, 200, 200, 200], "any method"],
    [{ call: "GET *" },             [500, 200, 200, 200], "any path"],
  ];
  test.each(cases)("%j makes four calls answer %j (%s)", async (rule, expected) => {
    await withCustomer(async ({ sandbox, call }) => {
      sandbox.inject({ kind: "500_before", ...rule });
      expect(await statuses(call, "/orders", 4)).toEqual(expected);
    });
  });

  test("luck comes from the seed: the same seed, the same calls struck", async () => {
    async function lucky(seed: number): Promise<number[]> {
      await using sandbox = await startSandbox({ seed, faults: [{ kind: "500_before", chance: 0.5 }] });
      return await statuses(callerOf(sandbox), "/orders", 20);
    }
    const first = await lucky(3);
    expect(await lucky(3)).toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  test("a rule for a customer strikes calls that name him in path or body, or through his order", async () => {
    await withCustomer(async ({ sandbox, call, customer }) => {
      const other = await customerWith(call, "tok_test_visa_4242");
      const { body: order } = await call("POST", "/orders", orderFor(customer));
      sandbox.inject({ kind: "500_before", customerId: customer, always: true });
      expect((await call("GET", `/customers/${other}`)).status).toBe(200);
      expect((await call("POST", "/orders", orderFor(other))).status).toBe(200);
      expect((await call("GET", `/customers/${customer}/payment_sources`)).status).toBe(500);
      expect((await call("POST", "/orders", orderFor(customer))).status).toBe(500);
      expect((await call("POST", `/orders/${order.id}/cancel`)).status).toBe(500);
    });
  });
});

describe("faults that a card brings", () => {
  // prettier-ignore
  const cases: [token: string, seen: string, charges: number][] = [
    ["tok_sandbox_fault_reset_after",  "ECONNRESET",  1],
    ["tok_sandbox_fault_504_after",    "504 no JSON", 1],
    ["tok_sandbox_fault_504_before",   "504 no JSON", 0],
    ["tok_sandbox_fault_429",          "429 JSON",    0],
  ];
  test.each(cases)("%s: the client sees %s, %i charges were made", async (token, expected, charges) => {
    await withCustomer(async ({ sandbox, call }) => {
      const customer = await customerWith(call, token);
      expect(await seen(call("POST", "/orders", chargedOrderFor(customer)))).toBe(expected);
      expect(sandbox.ledger()).toHaveLength(charges);
      expect(sandbox.orders()).toHaveLength(charges);
    });
  });
});

describe("the control endpoints", () => {
  test("inject and clear faults, without a key, and refuse what is no rule", async () => {
    await withCustomer(async ({ call }) => {
      const keyless = { authorization: "" };
      const rules = [{ kind: "500_before", call: "GET /orders", always: true }];
      expect((await call("POST", "/_sandbox/faults", rules, keyless)).body.faults).toHaveLength(1);
      expect((await call("GET", "/orders")).status).toBe(500);
      await call("DELETE", "/_sandbox/faults", undefined, keyless);
      expect((await call("GET", "/orders")).status).toBe(200);

      const wrong = await call("POST", "/_sandbox/faults", { kind: "flood", nth: 0 }, keyless);
      expect(wrong.status).toBe(422);
      expect(wrong.body.error).toContain("kind: must be one of 429, refuse, reset_before");
      expect((await call("POST", "/_sandbox/faults", { kind: "refuse" }, keyless)).body.error).toContain("forMs");
    });
  });

  test("show the ledger and the requests, settle an order, and advance the clock", async () => {
    await withCustomer(async ({ sandbox, call }) => {
      const customer = await customerWith(call, "tok_sandbox_pending");
      const { body: order } = await call("POST", "/orders", chargedOrderFor(customer));
      const settled = await call("POST", `/_sandbox/orders/${order.id}/settle`, { status: "paid" });
      expect(settled.body.payment_status).toBe("paid");
      expect((await call("GET", "/_sandbox/ledger")).body.charges).toEqual(sandbox.ledger());
      expect((await call("GET", "/_sandbox/requests")).body.requests.at(-1).path).toBe("/orders");
      expect((await call("POST", `/_sandbox/orders/${order.id}/settle`, { status: "paid" })).status).toBe(428);

      const before = (await call("GET", "/_sandbox/requests")).body.requests.at(-1).at;
      const { body } = await call("POST", "/_sandbox/clock", { advanceMs: 86_400_000 });
      expect(Date.parse(body.now) - Date.parse(before)).toBeGreaterThanOrEqual(86_400_000);
      expect((await call("GET", "/_sandbox/nothing")).body.endpoints).toContain("GET /_sandbox/ledger");
    });
  });
});

/**
 * What was asked of the sandbox and how it answered, without keys, card numbers or security codes.
 */
export type LoggedRequest = {
  readonly number: number;
  /** ISO 8601, by the sandbox's clock. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
  /** Null: no answer was sent, or not yet. */
  readonly status: number | null;
  /** The faults that struck this call. */
  readonly faults: readonly string[];
};

const SECRET_FIELDS = new Set(["number", "cvc"]);

export class RequestLog {
  #entries: LoggedRequest[] = [];
  #count = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  begin(request: Omit<LoggedRequest, "number" | "status" | "body">, body: unknown): number {
    this.#count += 1;
    this.#entries.push({ number: this.#count, ...request, body: withoutSecrets(body), status: null });
    // Half at a time, so that a long run does not move the whole array for every call.
    if (this.#entries.length > this.#limit * 2) this.#entries = this.#entries.slice(-this.#limit);
    return this.#count;
  }

  end(number: number, change: { readonly status: number | null; readonly faults: readonly string[] }): void {
    const first = this.#entries[0]?.number ?? 0;
    const entry = this.#entries[number - first];
    if (entry !== undefined) this.#entries[number - first] = { ...entry, ...change };
  }

  /** Oldest first. */
  entries(): readonly LoggedRequest[] {
    return this.#entries.slice(-this.#limit);
  }
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET_FIELDS.has(key) ? "[hidden]" : withoutSecrets(inner)]),
  );
}

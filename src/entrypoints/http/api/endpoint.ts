/**
 * One endpoint of the HTTP API: what it takes, what it answers, who may call it, and the command that does the same.
 *
 * Everything else about it is made of this: the route, the checks of what comes in, and its part of openapi.json.
 */
import { z } from "zod";
import type { Reader } from "../../../application/ports/requests.ts";
import type { Assembly } from "../../../assemble.ts";
import type { Refusal } from "../../../domain/refusals.ts";
import type { Scope } from "../../../domain/api-key.ts";
import type { Language } from "../../../domain/language.ts";

/** The names in braces of a path: `/v1/invoices/{invoice_id}`. */
type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

type Shape = Readonly<Record<string, z.ZodType>>;
type OutputOf<Fields extends Shape> = { readonly [Key in keyof Fields]: z.output<Fields[Key]> };

export type Params<Path extends string> = Readonly<Record<NamesIn<Path>, string>>;

export type ReadCall<Path extends string = string, Query extends Shape = Shape> = {
  readonly app: Assembly;
  readonly params: Params<Path>;
  readonly query: OutputOf<Query>;
  readonly language: Language;
};

export type ChangeCall<Path extends string = string, Body extends Shape = Shape> = {
  readonly app: Assembly;
  /** Of whoever asks: what is written by it is theirs. */
  readonly store: Assembly["store"];
  readonly params: Params<Path>;
  readonly body: OutputOf<Body>;
  readonly by: string;
  readonly language: Language;
  /** "": none was given. */
  readonly why: string;
  /** The same for each try of the same request, by its Idempotency-Key. */
  readonly label: string;
  /** Told once something was made at Conekta that the same request must find again. */
  readonly noteMade: () => void;
  /** Ids that come up while it is done, for the answer. */
  readonly made: Record<string, string>;
  /** Whatever else comes up, for the answer. */
  readonly kept: Record<string, unknown>;
};

type Common = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: `/v1/${string}`;
  readonly scope: Scope;
  readonly summary: string;
  /** Those that do the same: `invoices list`. */
  readonly commands: readonly string[];
};

export type ReadEndpoint = Common & {
  readonly kind: "read";
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
  /** Has a version of its own, for If-Match. */
  readonly isResource: boolean;
  /** Other types than JSON, by the query's `format`. */
  readonly contentTypes: Readonly<Record<string, string>> | null;
  /** The same for people, in Spanish, where `Accept` wants a page. */
  readonly page: ((call: ReadCall) => Promise<string>) | null;
  /** Without a key, too. */
  readonly isOpen: boolean;
  readonly read: (call: ReadCall) => Promise<unknown>;
};

export type ChangeEndpoint = Common & {
  readonly kind: "change";
  readonly body: z.ZodObject;
  /** Of the body, what GET answers and nothing here changes: it is to be as it was read. */
  readonly echoes: readonly string[];
  readonly answer: z.ZodType;
  readonly status: 200 | 201 | 202;
  /** Whether Idempotency-Key must be given. */
  readonly needsKey: boolean;
  readonly callsConekta: boolean;
  /** As it is read by GET; null: there is no such thing. */
  readonly resource: ((reader: Reader, call: ChangeCall) => Promise<unknown>) | null;
  readonly change: (call: ChangeCall) => Promise<void>;
  readonly answerOf: (reader: Reader, call: ChangeCall) => Promise<unknown>;
  /** What of the answer is not kept, since it is shown once. */
  readonly secret: string | null;
};

export type Endpoint = ReadEndpoint | ChangeEndpoint;

export function reads<const Path extends `/v1/${string}`, Query extends Shape, Answer extends z.ZodType>(endpoint: {
  readonly path: Path;
  readonly summary: string;
  readonly commands: readonly string[];
  readonly scope?: Scope;
  readonly query?: Query;
  readonly answer: Answer;
  readonly isResource?: true;
  readonly contentTypes?: Readonly<Record<string, string>>;
  readonly page?: (call: ReadCall<Path, Query>) => Promise<string>;
  readonly isOpen?: true;
  readonly read: (call: ReadCall<Path, Query>) => Promise<z.input<Answer>>;
}): ReadEndpoint {
  return {
    ...{ kind: "read", method: "GET", scope: "read", isResource: false, contentTypes: null, isOpen: false },
    ...endpoint,
    query: z.strictObject(endpoint.query ?? {}),
    page: (endpoint.page ?? null) as unknown as ReadEndpoint["page"],
    read: endpoint.read as unknown as ReadEndpoint["read"],
  };
}

/** A check of a value says a code alone; the words are those of the language that is asked in. */
export function asCode(code: Refusal): string {
  return code;
}

/** In the words of whoever asks, for the record. */
const REASON = z.string().trim().min(10).max(500).meta({ description: "Why, for the record: 10 to 500 characters." });

const ECHO = { description: "As it was read; nothing changes it here." };

export function changes<const Path extends `/v1/${string}`, Body extends Shape, Answer extends z.ZodType>(endpoint: {
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: Path;
  readonly summary: string;
  readonly commands: readonly string[];
  /** For `money`, and wherever `needsReason` says so, a reason is required. */
  readonly scope: Exclude<Scope, "read">;
  readonly needsReason?: true;
  readonly body?: Body;
  /** What GET answers: it can be sent back whole. */
  readonly echoes?: z.ZodObject;
  readonly answer: Answer;
  readonly status?: 200 | 201 | 202;
  readonly callsConekta?: true;
  readonly secret?: string;
  readonly resource?: (reader: Reader, call: ChangeCall<Path, Body>) => Promise<unknown>;
  readonly change: (call: ChangeCall<Path, Body>) => Promise<void>;
  readonly answerOf: (reader: Reader, call: ChangeCall<Path, Body>) => Promise<z.input<Answer>>;
}): ChangeEndpoint {
  const { scope, needsReason = scope === "money", method = "POST", callsConekta = false, ...rest } = endpoint;
  const own: Shape = { ...endpoint.body, reason: needsReason ? REASON : REASON.optional() };
  const echoes = Object.entries<z.ZodType>(endpoint.echoes?.shape ?? {}).filter(([name]) => !(name in own));
  return {
    ...{ kind: "change", status: 200, secret: null, ...rest },
    ...{ method, scope, callsConekta, needsKey: method === "POST" },
    body: z.strictObject({
      ...Object.fromEntries(echoes.map(([name, each]) => [name, each.optional().meta(ECHO)])),
      ...own,
    }),
    echoes: echoes.map(([name]) => name),
    resource: (endpoint.resource ?? null) as unknown as ChangeEndpoint["resource"],
    change: endpoint.change as unknown as ChangeEndpoint["change"],
    answerOf: endpoint.answerOf as unknown as ChangeEndpoint["answerOf"],
  };
}

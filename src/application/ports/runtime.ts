/** What every use case may ask for: the time, chance, and a log. */
export interface Clock {
  now(): Date;
  /** Of a clock that nobody sets: milliseconds since some moment. Only differences mean something. */
  monotonicMs(): number;
}

/** The only source of chance. */
export interface Random {
  /** `prefix_` and 26 characters that sort by `at`. */
  newId(
    prefix:
      | "arc"
      | "inv"
      | "att"
      | "cns"
      | "cpn"
      | "dsp"
      | "evt"
      | "ins"
      | "itm"
      | "key"
      | "lnk"
      | "own"
      | "prb"
      | "ref"
      | "req",
    at: Date,
  ): string;
  /** From 0 up to, not including, 1. */
  fraction(): number;
}

/** One event a line; fields are redacted at the boundary. Names are past tense: `invoice.opened`. */
export interface Log {
  debug(event: string, fields?: Record<string, unknown>): void;
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
}

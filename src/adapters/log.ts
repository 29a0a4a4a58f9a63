/**
 * Log: one event a line, as JSON or for a person's eyes. Everything is redacted here, so no caller has to remember.
 *
 * winston's only home. Writes through the function it is given and opens nothing itself.
 */
import { createRequire } from "node:module";
import { Writable } from "node:stream";
import type winston from "winston";
import type { Log } from "../application/ports/runtime.ts";
import { redact, redactText } from "./redact.ts";

export type LogOptions = {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly format: "json" | "pretty";
  /** Receives each line with its line break. */
  readonly write: (line: string) => void;
};

type Fields = Readonly<Record<string, unknown>>;
/** The time is winston's: a log shows when it was written, even when the program's clock is set by hand. */
type Line = { readonly timestamp: string; readonly level: string; readonly message: string; readonly fields: Fields };

export function createLog(options: LogOptions): Log {
  // Most commands write no line, and winston's eighty files take longer to load than what they do.
  let made: winston.Logger | null = null;
  // Fields travel apart from winston's own: among them, a field called "message" would be glued to the event.
  const logAt =
    (at: LogOptions["level"]) =>
    (event: string, fields: Fields = {}) => {
      made ??= loggerOf(options);
      if (made.isLevelEnabled(at)) made.log({ level: at, message: redactText(event), fields: redact(fields) });
    };
  return { debug: logAt("debug"), info: logAt("info"), warn: logAt("warn"), error: logAt("error") };
}

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 };

function loggerOf({ level, format, write }: LogOptions): winston.Logger {
  const { createLogger, format: formats, transports } = createRequire(import.meta.url)("winston") as typeof winston;
  const render = format === "json" ? jsonLine : prettyLine;
  return createLogger({
    level,
    levels: LEVELS,
    format: formats.combine(
      formats.timestamp(),
      formats.printf((info) => render(info as unknown as Line)),
    ),
    transports: [new transports.Stream({ stream: writableTo(write), eol: "\n" })],
  });
}

const OWN_KEYS = new Set(["at", "level", "event"]);

/** A field that has the name of one of ours is shown as `level_`. */
function jsonLine({ timestamp, level, message, fields }: Line): string {
  const shown = Object.entries(fields).map(([key, value]) => [OWN_KEYS.has(key) ? `${key}_` : key, value]);
  return JSON.stringify({ at: timestamp, level, event: message, ...Object.fromEntries(shown) });
}

/** `15:00:01.250  info   invoice.opened  invoiceId=inv_01… cycle=3`, in UTC like everything else. */
function prettyLine({ timestamp, level, message, fields }: Line): string {
  const shown = Object.entries(fields).map(([key, value]) => `${key}=${prettyValue(value)}`);
  return [timestamp.slice(11, 23), level.padEnd(5), message, ...shown].join("  ");
}

/** Anything that could break the line or move the cursor is quoted and escaped. */
function prettyValue(value: unknown): string {
  if (typeof value === "string" && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(value)) return value;
  return (JSON.stringify(value) ?? "undefined").replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}

function writableTo(write: (line: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      write(line);
      done();
    },
  });
}

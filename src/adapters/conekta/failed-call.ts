/** Why a call found no answer, in words for a person that quote nothing of what was sent. */

/**
 * The most specific code or name; never a message, which may quote what was sent.
 *
 * @param failure what undici met, as it was before fetch wrapped it
 */
export function reasonOf(error: unknown, failure: unknown): string {
  const name = nameOf(error) ?? "unknown error";
  if (name === "TimeoutError") return name;
  return codeIn(failure) ?? codeIn(error) ?? nameOf(failure) ?? name;
}

function codeIn(error: unknown): string | null {
  let link = error;
  // Far more causes than anything has, and an end where an error is its own cause.
  for (let depth = 0; depth < 8 && typeof link === "object" && link !== null; depth++) {
    const { code, cause } = link as { readonly code?: unknown; readonly cause?: unknown };
    if (/^[A-Z][A-Z0-9_]*$/.test(String(code))) return String(code);
    link = cause;
  }
  return null;
}

function nameOf(error: unknown): string | null {
  return typeof error === "object" && error !== null && "name" in error ? String(error.name) : null;
}

export function beforeSending(reason: string, timeoutMs: number): string {
  switch (reason) {
    case "ECONNREFUSED":
      return `the connection was refused (${reason})`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host's address could not be found (${reason})`;
    case "UND_ERR_CONNECT_TIMEOUT":
      return `the connection was not established in time (${reason})`;
    case "TimeoutError":
      return `no connection was free or established within ${timeoutMs} ms`;
    default:
      return `the call failed before its first byte was written (${reason})`;
  }
}

export function afterSending(reason: string, status: number | null, timeoutMs: number): string {
  const until = status === null ? "" : ` after status ${status}`;
  if (reason === "TimeoutError") return `no whole answer came within ${timeoutMs} ms${until}`;
  return `the connection broke or the answer was cut off${until} (${reason})`;
}

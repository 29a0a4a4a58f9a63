/**
 * Ends a connection whose answer the network lost.
 *
 * The driver gives up waiting for the answer, and keeps the connection: whoever takes it from the pool next waits behind the
 * statement that hangs there, as long again, until the machine itself gives the connection up, which takes a quarter of an
 * hour.
 */
import { messageOf } from "../../../../domain/errors.ts";

/** Longer than the server's own limit: the driver speaks only where the network lost the answer. */
export const SILENCE_MS = 65_000;

/** What is used of a client of node-postgres. */
export type ConnectionOfPool = {
  query: (text: string, values?: unknown[]) => Promise<unknown>;
  /** At once, where a statement is under way. */
  end(): Promise<void>;
};

/** As the driver words that it waits no longer. */
const SILENT = "Query read timeout";

export function endWhenSilent(connection: ConnectionOfPool): void {
  const ask = connection.query.bind(connection);
  connection.query = async (...given) => {
    try {
      return await ask(...given);
    } catch (error) {
      if (messageOf(error) === SILENT) void connection.end().catch(() => {});
      throw error;
    }
  };
}

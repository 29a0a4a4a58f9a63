/**
 * How long a read of the gateway may lag behind what happened there: about 9 s was seen. What is not shown within it did not
 * happen, as far as a read can tell.
 */
import { MINUTE_MS } from "./duration.ts";

export const READ_LAG_MS = MINUTE_MS;

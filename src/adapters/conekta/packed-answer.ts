/**
 * Answers that came packed: nobody asked for it, but a proxy may pack them all the same.
 *
 * undici's own limit counts the bytes on the wire, and a few packed megabytes can hold gigabytes: what is larger, once
 * unpacked, than any answer of Conekta's is neither read to its end nor kept.
 */
import { promisify } from "node:util";
import zlib from "node:zlib";

/** A page of 250 orders is about 2 MB. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Of a fetch, which unpacks as it reads: the same answer, broken off where it is larger than that. */
export function bounded(response: Response, mostBytes: number): Response {
  // What came unpacked is within undici's limit already.
  if (response.body === null || response.headers.get("content-encoding") === null) return response;
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes <= mostBytes) controller.enqueue(chunk);
      else controller.error(tooLarge());
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(limit), { status, statusText, headers });
}

/** Of bytes that were read whole: their text. One that is packed in a way that nobody knows is left as it is. */
export async function unpacked(bytes: Buffer, encoding: string, mostBytes: number): Promise<string> {
  const unpack = { gzip: zlib.gunzip, "x-gzip": zlib.gunzip, deflate: zlib.inflate, br: zlib.brotliDecompress }[
    encoding
  ];
  if (unpack === undefined) return bytes.toString("utf8");
  const bound = promisify<Buffer, zlib.ZlibOptions, Buffer>(unpack);
  try {
    return (await bound(bytes, { maxOutputLength: mostBytes })).toString("utf8");
  } catch (error) {
    // As zlib says that there is more.
    throw error instanceof RangeError ? tooLarge() : error;
  }
}

function tooLarge(): Error {
  return Object.assign(new Error("the answer is too large"), { code: "ANSWER_TOO_LARGE" });
}

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

type Unpack = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const inflateRaw: Unpack = promisify(zlib.inflateRaw);
const UNPACK: Readonly<Record<string, Unpack>> = {
  ...{ gzip: promisify(zlib.gunzip), "x-gzip": promisify(zlib.gunzip), deflate: promisify(zlib.inflate) },
  ...{ br: promisify(zlib.brotliDecompress), zstd: promisify(zlib.zstdDecompress) },
};

/**
 * Of bytes that were read whole: their text. As fetch reads it: capitals do not count, what was packed twice is unpacked twice,
 * the last packing first, and a deflate without its head is one. What is packed in a way that nobody knows is left as it is.
 * @see RFC 9110, 8.4.1 Content Codings
 */
export async function unpacked(bytes: Buffer, encoding: string, mostBytes: number): Promise<string> {
  let text = bytes;
  for (const coding of encoding.toLowerCase().split(",").toReversed()) {
    const unpack = unpackOf(coding.trim(), text);
    if (unpack !== undefined) text = await withinLimit(unpack, text, mostBytes);
  }
  return text.toString("utf8");
}

function unpackOf(coding: string, bytes: Buffer): Unpack | undefined {
  const isHeadless = coding === "deflate" && ((bytes[0] ?? 0) & 0x0f) !== 0x08;
  return isHeadless ? inflateRaw : UNPACK[coding];
}

async function withinLimit(unpack: Unpack, bytes: Buffer, mostBytes: number): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    // As zlib says that there is more.
    throw error instanceof RangeError ? tooLarge() : error;
  }
}

function tooLarge(): Error {
  return Object.assign(new Error("the answer is too large"), { code: "ANSWER_TOO_LARGE" });
}

/** A packed answer is taken up to its limit, whichever way the call was made, and no further. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { bounded, unpacked } from "./packed-answer.ts";

const TOO_LARGE = { code: "ANSWER_TOO_LARGE" };

/** As fetch hands it over: unpacked already, in as many parts as come. */
function fetched(parts: readonly string[], headers: Readonly<Record<string, string>>): Response {
  const body = ReadableStream.from(parts.map((part) => Buffer.from(part)));
  return new Response(body, { status: 201, statusText: "Made", headers });
}

test.each<[parts: readonly string[], most: number, taken: string, because: string]>([
  [["12345"], 5, "12345", "as much as is allowed"],
  [["12345", "6"], 6, "123456", "in parts"],
  [["123456"], 5, "ANSWER_TOO_LARGE", "a byte more"],
  [["1234", "56"], 5, "ANSWER_TOO_LARGE", "a byte more in parts"],
  [["1234", "5", "6"], 5, "ANSWER_TOO_LARGE", "each of them small"],
])("of the fetched answer %j, with at most %d bytes, %s is taken (%s)", async (parts, most, taken) => {
  const answer = bounded(fetched(parts, { "content-encoding": "gzip", date: "now" }), most);
  expect([answer.status, answer.statusText, answer.headers.get("date")]).toEqual([201, "Made", "now"]);
  expect(await answer.text().catch((error: { code: string }) => error.code)).toBe(taken);
});

test("a fetched answer that came unpacked was counted on the wire, and one without a body has nothing to count", async () => {
  expect(await bounded(fetched(["123456"], {}), 5).text()).toBe("123456");
  const bare = new Response(null, { status: 204, headers: { "content-encoding": "gzip" } });
  expect(bounded(bare, 5)).toBe(bare);
});

test.each<[encoding: string, pack: (text: string) => Buffer]>([
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["GZip", gzipSync],
  ["Deflate", deflateRawSync],
  ["gzip ,identity", gzipSync],
])("an answer that was read whole, packed as %s, is unpacked up to the limit", async (encoding, pack) => {
  expect(await unpacked(pack("¡12345"), encoding, 7)).toBe("¡12345");
  await expect(unpacked(pack("¡123456"), encoding, 7)).rejects.toMatchObject(TOO_LARGE);
});

test("an answer that was packed twice is unpacked twice, the last packing first", async () => {
  expect(await unpacked(gzipSync(brotliCompressSync("¡12345")), "br, gzip", 100)).toBe("¡12345");
});

test("what is packed in no way that is known is left as it is, and what is broken is told as that", async () => {
  expect(await unpacked(Buffer.from("{}"), "identity", 1)).toBe("{}");
  await expect(unpacked(Buffer.from("{}"), "gzip", 5)).rejects.toMatchObject({ code: "Z_DATA_ERROR" });
});

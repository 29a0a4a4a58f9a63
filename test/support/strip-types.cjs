// Jest transform: Node's own type stripping. Stripped types become spaces, so every position
// stays the same and neither source maps nor an external compiler are needed.
"use strict";
const { createHash } = require("node:crypto");
const { stripTypeScriptTypes } = require("node:module");

const VERSION = `1|${process.version}`;

module.exports = {
  process(source) {
    return { code: stripTypeScriptTypes(source, { mode: "strip" }) };
  },
  // `instrument` and `configString` must be part of the key, else coverage is silently wrong after a run without it.
  getCacheKey(source, path, { instrument, configString }) {
    const parts = [VERSION, instrument ? "i" : "", configString, path, source];
    return createHash("sha1").update(parts.join("\0")).digest("hex");
  },
};

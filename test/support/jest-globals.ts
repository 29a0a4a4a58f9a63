/** What tests import from "@jest/globals", which itself loads only inside of jest's virtual machines: see plain-node.ts. */
import type * as jestGlobals from "@jest/globals";

export const { afterAll, afterEach, beforeAll, beforeEach, describe, test, expect } =
  globalThis as unknown as typeof jestGlobals;

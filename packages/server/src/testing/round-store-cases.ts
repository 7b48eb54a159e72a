import { seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import type { ConformanceCase } from "@tributary/protocol/testing";
import type { RoundStoreFixture } from "./round-store/fixture.ts";
import { lifeRequirements } from "./round-store/life-requirements.ts";
import { memoryRequirements } from "./round-store/memory-requirements.ts";
import { participationRequirements } from "./round-store/participation-requirements.ts";
import { roundRequirements } from "./round-store/round-requirements.ts";
import { taskRequirements } from "./round-store/task-requirements.ts";
import { RecordMaker } from "./storage-records.ts";

/**
 * The conformance suite of the `RoundStore` port, for any test runner.
 *
 * @example
 * for (const { name, run } of roundStoreCases(openMine)) it(name, run);
 */
export function roundStoreCases(
  open: () => Promise<RoundStoreFixture>,
): readonly ConformanceCase[] {
  const crypto = createNodeCryptoProvider();
  return Object.entries({
    ...taskRequirements,
    ...roundRequirements,
    ...memoryRequirements,
    ...participationRequirements,
    ...lifeRequirements,
  }).map(([name, requirement]) => ({
    name,
    run: async () => {
      const fixture = await open();
      try {
        const make = new RecordMaker(crypto, seededRandom(crypto, 2));
        await requirement(fixture.storage, make, fixture);
      } finally {
        await fixture.dispose();
      }
    },
  }));
}

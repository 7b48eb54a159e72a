import { expect, test } from "vitest";
import { openSandbox } from "./support/sandbox.ts";
import { startServer, type TaskLine } from "./support/server.ts";

const HERE = ["--data-dir", "server"];
const ROUNDS = 2;
const FLOAT32_BYTES = 4 * 50_890;

/** Written in a task file, and the share of float32's bytes that an update then takes. */
const UPDATES = [
  { population: "small", update: "{ codec: eden, bits: 4 }", share: 0.126 },
  // Eight bits, of which two are left.
  { population: "rare", update: "{ codec: qsgd, bits: 8, entropy: true }", share: 0.0625 },
  { population: "sparse", update: "{ codec: top-k, fraction: 0.01 }", share: 0.0151 },
] as const;

const taskText = (population: string, update: string): string => `
  population: ${population}
  name: ${population}-updates
  model: { builtin: mlp-64 }
  plan: { batchSize: 20, update: ${update} }
  round: { goalCount: 1, overselection: 1 }
  stop: { rounds: ${ROUNDS} }
`;

test("clients report by EDEN, by QSGD with entropy coding and by top-k, in so many bytes", async () => {
  const box = await openSandbox();
  await startServer(box, { minimumCohort: 1 });
  await Promise.all(
    UPDATES.map(async ({ population, update, share }) => {
      const file = await box.write(`${population}.yaml`, taskText(population, update));
      const task = await box.json<TaskLine>(["task", "create", file, "--start", ...HERE]);
      const client = box.start([
        ...["client", "--population", population, "--seed", "1", "--minimum-cohort", "1", ...HERE],
        ...["--rounds", String(ROUNDS), "--json"],
      ]);
      const { code, stderr } = await client.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const { rounds } = await box.json<{
        rounds: readonly { readonly outcome: string; readonly bytesUp: number }[];
      }>(["round", "list", "--task", task.id, ...HERE]);
      expect(rounds.map(({ outcome }) => outcome)).toEqual(["committed", "committed"]);
      for (const { bytesUp } of rounds) {
        expect(bytesUp).toBeGreaterThanOrEqual(share * FLOAT32_BYTES);
        // The greeting, check-ins and metrics are a few kilobytes.
        expect(bytesUp).toBeLessThan(share * FLOAT32_BYTES + 3_000);
      }
    }),
  );
});

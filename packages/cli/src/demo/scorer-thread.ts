import { TributaryError, decodeCheckpoint, decodePlan, layoutOf } from "@tributary/protocol";
import { inTurn, serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import { createTrainer, type Examples, type LocalTrainer } from "@tributary/client-sdk";
import type { ScorerConversation } from "./demo-conversations.ts";

// The worker thread of the demo that scores new checkpoints.

let loaded: { readonly trainer: LocalTrainer; readonly examples: Examples } | undefined;

serve<ScorerConversation>(ownerEndpoint(), {
  async load({ trainer, examples }) {
    loaded = { trainer: await createTrainer(trainer), examples };
  },
  score: inTurn(async ({ planBytes, checkpoint }) => {
    if (loaded === undefined) throw new TributaryError("INTERNAL", "The scorer is not loaded");
    const plan = decodePlan(planBytes);
    const weights = decodeCheckpoint(checkpoint, layoutOf(plan.model.parameters));
    return loaded.trainer.evaluate({ plan, weights, examples: loaded.examples });
  }),
});

import type { Plan } from "@tributary/protocol";
import { equal, fails, firstDifference, ok, sameBits } from "../expectations.ts";
import { trainerPlan, trainerWeights } from "./small-classifier.ts";
import type { TrainerRequirements } from "./requirement.ts";

/** What a trainer must keep to from one call to the next, and how calls are stopped. */
export const callRequirements: TrainerRequirements = {
  async "keeps no optimizer state from one call to the next"(trainer, request) {
    // Every optimizer that has state.
    const optimizers: Plan["training"]["optimizer"][] = [
      { name: "sgd", learningRate: 0.05, momentum: 0.9 },
      { name: "sgd", learningRate: 0.05, momentum: 0.9, nesterov: true },
      { name: "adam", learningRate: 0.01 },
      { name: "adagrad", learningRate: 0.05 },
      { name: "rmsprop", learningRate: 0.01, momentum: 0.5 },
    ];
    for (const optimizer of optimizers) {
      const plan = trainerPlan({ optimizer, localEpochs: 2 });
      const once = await trainer.train({ ...request(), plan });
      const again = await trainer.train({ ...request(), plan });
      sameBits(again.weights, once.weights, `weights with ${optimizer.name}`);
      ok(
        firstDifference(once.weights, trainerWeights()) >= 0,
        `${optimizer.name} should change the weights`,
      );
    }
  },

  async "gives the same bits for the same request, and other bits for another seed"(
    trainer,
    request,
  ) {
    const once = await trainer.train(request(1));
    const again = await trainer.train(request(1));
    const other = await trainer.train(request(2));
    sameBits(again.weights, once.weights, "weights of the same request");
    equal(JSON.stringify(again.metrics), JSON.stringify(once.metrics), "metrics");
    ok(firstDifference(other.weights, once.weights) >= 0, "another seed should give other weights");
  },

  async "does not change the given weights and returns new memory"(trainer, request) {
    const weights = trainerWeights();
    const result = await trainer.train({ ...request(), weights });
    sameBits(weights, trainerWeights(), "the given weights");
    // A client keeps the checkpoint to compute the update, and later rounds start from it again.
    ok(result.weights.buffer !== weights.buffer, "the result should have memory of its own");
  },

  async "runs calls that were made at once one after the other"(trainer, request) {
    // Calls share the engine's one model, so a call must not see the weights of another.
    const alone = [await trainer.train(request(1)), await trainer.train(request(2))];
    const together = await Promise.all([trainer.train(request(1)), trainer.train(request(2))]);
    alone.forEach(({ weights }, i) => sameBits(together[i]!.weights, weights, `call ${i}`));
  },

  async "stops between batches when its signal is aborted"(trainer, request) {
    const stopped = AbortSignal.abort();
    await fails("ABORTED", trainer.train({ ...request(), signal: stopped }), []);
    const stop = new AbortController();
    // Far more epochs than the test could wait for: the training ends because it is stopped.
    let batches = 0;
    const training = trainer.train({
      ...request(),
      plan: trainerPlan({ localEpochs: 1000 }),
      signal: stop.signal,
      onProgress: () => {
        batches += 1;
        if (batches === 3) stop.abort();
      },
    });
    await fails("ABORTED", training, []);
    equal(batches, 3, "batches before it stopped");
    await trainer.train(request());
  },

  async "stops the call under way when it is disposed, and refuses later calls"(trainer, request) {
    const plan = trainerPlan({ localEpochs: 1000 });
    const training = trainer.train({
      ...request(),
      plan,
      onProgress: ({ batch }) => {
        if (batch === 2) trainer.dispose();
      },
    });
    await fails("ABORTED", training, []);
    trainer.dispose();
    await fails("ABORTED", trainer.train(request()), []);
  },
};

"""Federated averaging by pfl-research, simulated in one process."""

from importlib.metadata import version
from itertools import cycle

import torch
from pfl.aggregate.simulate import SimulatedBackend
from pfl.algorithm.base import NNAlgorithmParams
from pfl.algorithm.federated_averaging import FederatedAveraging
from pfl.callback.base import TrainingProcessCallback
from pfl.data.dataset import Dataset
from pfl.data.federated_dataset import FederatedDataset
from pfl.hyperparam.base import NNEvalHyperParams, NNTrainHyperParams
from pfl.metrics import Metrics, Weighted
from pfl.model.pytorch import PyTorchModel
from torch.nn.functional import cross_entropy

from workload import Stopwatch, workload_of_command


class Classifier(torch.nn.Module):
    """A model with the methods that pfl asks for. It adds up the loss of its training."""

    def __init__(self, layers: torch.nn.Module):
        super().__init__()
        self.layers = layers
        self.loss_sum = torch.zeros(())

    def loss(self, features, labels, is_eval=False):
        loss = cross_entropy(self.layers(features), labels)
        self.loss_sum += loss.detach() * len(labels)
        return loss

    @torch.no_grad()
    def metrics(self, features, labels, is_eval=False):
        loss = cross_entropy(self.layers(features), labels, reduction="sum")
        return {"loss": Weighted(loss.item(), len(labels))}


class EndOfRound(TrainingProcessCallback):
    def __init__(self, stopwatch: Stopwatch, module: Classifier):
        self.stopwatch = stopwatch
        self.module = module
        self.final_loss_sum = 0.0

    def after_central_iteration(self, aggregate_metrics, model, *, central_iteration):
        self.final_loss_sum = float(self.module.loss_sum)
        self.module.loss_sum.zero_()
        self.stopwatch.round_ended()
        return False, Metrics()


workload = workload_of_command()
torch.set_num_threads(workload.threads)
module = Classifier(workload.model())
clients = [Dataset(raw_data=workload.examples_of(client)) for client in range(workload.clients)]
turns = cycle(range(workload.clients))
end_of_round = EndOfRound(Stopwatch(workload), module)

FederatedAveraging().run(
    algorithm_params=NNAlgorithmParams(
        central_num_iterations=workload.warm_up + workload.rounds,
        evaluation_frequency=1_000_000,
        train_cohort_size=workload.clients,
        val_cohort_size=0,
    ),
    backend=SimulatedBackend(
        training_data=FederatedDataset(lambda client: clients[client], lambda: next(turns)),
        val_data=None,
    ),
    model=PyTorchModel(
        model=module,
        local_optimizer_create=torch.optim.SGD,
        central_optimizer=torch.optim.SGD(module.parameters(), lr=1.0),
    ),
    model_train_params=NNTrainHyperParams(
        local_num_epochs=1,
        local_learning_rate=workload.learning_rate,
        local_batch_size=workload.batch_size,
    ),
    model_eval_params=NNEvalHyperParams(local_batch_size=None),
    callbacks=[end_of_round],
)
final_loss = end_of_round.final_loss_sum / workload.labels.size
end_of_round.stopwatch.report("pfl", version("pfl"), final_loss)

"""Federated averaging by Flower, simulated by its Ray backend with a worker process for each thread."""

import logging
import os
from importlib.metadata import version

os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import torch
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg
from flwr.simulation import run_simulation
from torch.nn.functional import cross_entropy

from workload import Stopwatch, Workload, workload_of_command

logging.getLogger("flwr").setLevel(logging.ERROR)
workload = workload_of_command()
final_loss = 0.0
stopwatch = Stopwatch(workload)
client_app = ClientApp()
server_app = ServerApp()
_loaded: Workload | None = None
_model: torch.nn.Module | None = None
FOLDER = workload.folder


@client_app.train()
def train(message: Message, context: Context) -> Message:
    global _loaded, _model
    if _loaded is None or _model is None:
        _loaded = Workload(FOLDER)
        _model = _loaded.model()
    features, labels = _loaded.examples_of(int(context.node_config["partition-id"]))
    _model.load_state_dict(message.content["arrays"].to_torch_state_dict())
    optimizer = torch.optim.SGD(_model.parameters(), lr=_loaded.learning_rate)
    loss_sum = torch.zeros(())
    for batch in torch.randperm(len(labels)).split(_loaded.batch_size):
        optimizer.zero_grad()
        loss = cross_entropy(_model(features[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        loss_sum += loss.detach() * len(batch)
    metrics = {"loss": float(loss_sum) / len(labels), "num-examples": len(labels)}
    content = {"arrays": ArrayRecord(_model.state_dict()), "metrics": MetricRecord(metrics)}
    return Message(content=RecordDict(content), reply_to=message)


class TimedFedAvg(FedAvg):
    def aggregate_train(self, server_round, replies):
        global final_loss
        arrays, metrics = super().aggregate_train(server_round, replies)
        final_loss = float(metrics["loss"])
        stopwatch.round_ended()
        return arrays, metrics


@server_app.main()
def main(grid: Grid, context: Context) -> None:
    TimedFedAvg(fraction_evaluate=0.0, min_available_nodes=workload.clients).start(
        grid=grid,
        initial_arrays=ArrayRecord(workload.model().state_dict()),
        num_rounds=workload.warm_up + workload.rounds,
        train_config=ConfigRecord(),
    )


run_simulation(
    server_app,
    client_app,
    num_supernodes=workload.clients,
    backend_config={
        "init_args": {"num_cpus": workload.threads},
        "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
    },
)
stopwatch.report("flwr", version("flwr"), final_loss)

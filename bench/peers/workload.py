"""Reads a workload that run.mjs has written, and tells how a peer has done it."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)


class Workload:
    def __init__(self, folder: str):
        path = Path(folder)
        self.folder = folder
        settings = json.loads((path / "workload.json").read_text())
        self.name: str = settings["name"]
        self.clients: int = settings["clients"]
        self.batch_size: int = settings["batchSize"]
        self.learning_rate: float = settings["learningRate"]
        self.warm_up: int = settings["warmUp"]
        self.rounds: int = settings["rounds"]
        self.threads: int = settings["threads"]
        self.features = np.fromfile(path / "features.f32", np.float32).reshape(
            self.clients, -1, *settings["featureShape"]
        )
        if self.features.ndim == 5:  # images: torch takes the channels first
            self.features = np.ascontiguousarray(self.features.transpose(0, 1, 4, 2, 3))
        self.labels = np.fromfile(path / "labels.i32", np.int32).astype(np.int64)
        self.labels = self.labels.reshape(self.clients, -1)
        self._weights = np.fromfile(path / "weights.f32", np.float32)

    def examples_of(self, client: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.from_numpy(self.features[client]), torch.from_numpy(self.labels[client])

    def model(self) -> nn.Sequential:
        """The model with the initial weights that all peers begin with."""
        model = MODELS["cifar-cnn" if self.name.startswith("cifar") else "logistic-784-10"]()
        taken = 0
        with torch.no_grad():
            for parameter in model.parameters():
                values = self._weights[taken : taken + parameter.numel()]
                taken += parameter.numel()
                parameter.copy_(_in_torch_order(torch.from_numpy(values), parameter))
        return model


def _logistic_regression() -> nn.Sequential:
    return nn.Sequential(nn.Linear(784, 10))


def _cifar_cnn() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(14 * 14 * 64, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


def _mcmahan_cnn() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(7 * 7 * 64, 512), nn.ReLU(), nn.Linear(512, 10)),
    )


MODELS = {
    "logistic-784-10": _logistic_regression,
    "mcmahan-cnn": _mcmahan_cnn,
    "cifar-cnn": _cifar_cnn,
}


def _in_torch_order(values: torch.Tensor, parameter: nn.Parameter) -> torch.Tensor:
    """Our kernels end with the outputs, and ours of images with the channels; torch begins with them."""
    if parameter.dim() == 4:
        outputs, inputs, height, width = parameter.shape
        return values.reshape(height, width, inputs, outputs).permute(3, 2, 0, 1)
    if parameter.dim() == 2 and parameter.shape[1] == 14 * 14 * 64:
        return values.reshape(14, 14, 64, -1).permute(3, 2, 0, 1).reshape(parameter.shape)
    if parameter.dim() == 2:
        return values.reshape(parameter.shape[1], parameter.shape[0]).T
    return values


class Stopwatch:
    """Takes the time of the rounds that follow the warm-up."""

    def __init__(self, workload: Workload):
        self._workload = workload
        self._ended: list[float] = []

    def round_ended(self) -> None:
        self._ended.append(time.perf_counter())

    def report(self, peer: str, version: str, final_loss: float) -> None:
        first = self._workload.warm_up - 1
        seconds = self._ended[first + self._workload.rounds] - self._ended[first]
        result = {
            "peer": peer,
            "version": version,
            "secondsPerRound": seconds / self._workload.rounds,
            "finalLoss": final_loss,
        }
        print(json.dumps(result))


def workload_of_command() -> Workload:
    return Workload(sys.argv[1])

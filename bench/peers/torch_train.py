"""Training steps of one model as a plain loop in PyTorch: torch_train.py MODEL BATCH SECONDS."""

import json
import sys
import time

import torch
from torch.nn.functional import cross_entropy

from workload import MODELS

# As many examples as `bench train` shuffles at most, 64 batches.
BATCHES = 64
IMAGES = {"mcmahan-cnn": (1, 28, 28), "cifar-cnn": (3, 32, 32), "logistic-784-10": (784,)}

name, batch_size, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
torch.manual_seed(1)
model = MODELS[name]()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
features = torch.rand(BATCHES * batch_size, *IMAGES[name])
labels = torch.randint(0, 10, (BATCHES * batch_size,))


def epoch(most: int) -> int:
    steps = 0
    for batch in torch.randperm(len(labels)).split(batch_size)[:most]:
        optimizer.zero_grad()
        loss = cross_entropy(model(features[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        steps += 1
    return steps


epoch(5)
began, steps = time.perf_counter(), 0
while time.perf_counter() - began < seconds:
    steps += epoch(BATCHES)
elapsed = time.perf_counter() - began
print(json.dumps({"version": torch.__version__, "stepsPerSecond": steps / elapsed}))

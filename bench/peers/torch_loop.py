"""Federated averaging as a plain loop in PyTorch, without any framework around it."""

import torch
from torch.nn.functional import cross_entropy

from workload import Stopwatch, workload_of_command

workload = workload_of_command()
torch.set_num_threads(workload.threads)
stopwatch = Stopwatch(workload)
model = workload.model()
parameters = list(model.parameters())
clients = [workload.examples_of(client) for client in range(workload.clients)]
examples = sum(len(labels) for _, labels in clients)
final_loss = 0.0

for _ in range(workload.warm_up + workload.rounds):
    before = [parameter.detach().clone() for parameter in parameters]
    mean = [torch.zeros_like(parameter) for parameter in before]
    loss_sum = torch.zeros(())
    for features, labels in clients:
        with torch.no_grad():
            for parameter, value in zip(parameters, before):
                parameter.copy_(value)
        optimizer = torch.optim.SGD(parameters, lr=workload.learning_rate)
        for batch in torch.randperm(len(labels)).split(workload.batch_size):
            optimizer.zero_grad()
            loss = cross_entropy(model(features[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            loss_sum += loss.detach() * len(batch)
        with torch.no_grad():
            for total, parameter in zip(mean, parameters):
                total.add_(parameter, alpha=len(labels) / examples)
    with torch.no_grad():
        for parameter, value in zip(parameters, mean):
            parameter.copy_(value)
    final_loss = float(loss_sum) / examples
    stopwatch.round_ended()

stopwatch.report("torch", torch.__version__, final_loss)

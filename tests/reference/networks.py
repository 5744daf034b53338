"""Computes what PyTorch says of the networks in experiments/networks, for the tests of stages/train.

    pip install torch==2.9.0
    python tests/reference/networks.py          # writes tests/reference/networks.json

Every network is run on three images of 64 x 64 pixels with hidden dense layers of 16 units, in double precision.
Its parameters are no random numbers but sines of squares, so that a test can make the same ones; the sines of the
numbers themselves would make every dense weight a matrix of rank 2. The images are made alike. Their amplitude and the
scale of the biases were found by trial among a few: where a ReLU is close to its kink, single precision decides its
side, and from then on two correct programs part by some percent of a step. Of each gradient, and of what ten steps of
Adam add to each parameter, the file holds the sum, the sum of squares and up to 32 entries, evenly spaced.
"""

import json
import tomllib
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
NETWORKS = HERE.parent.parent / "experiments" / "networks"
SIDE, HIDDEN, IMAGES, STEPS, RATE = 64, 16, 3, 10, 1e-4


class Attention(nn.Module):
    def __init__(self, channels, reduction):
        super().__init__()
        units = max(1, channels // reduction)
        self.reduce = nn.Linear(channels, units)
        self.expand = nn.Linear(units, channels)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x):
        score = lambda summary: self.expand(functional.relu(self.reduce(summary)))
        x = x * torch.sigmoid(score(x.mean((2, 3))) + score(x.amax((2, 3))))[:, :, None, None]
        summary = torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True).values], 1)
        return x * torch.sigmoid(self.spatial(summary))


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return functional.relu(self.second(functional.relu(self.first(x))) + x)


class Network(nn.Module):
    def __init__(self, layers):
        super().__init__()
        x = torch.zeros(1, 1, SIDE, SIDE)
        self.steps = []
        for number, text in enumerate(layers, 1):
            module, after = self.layer(text.split(), x)
            if module:
                self.add_module(f"layer-{number:02}", module)
            step = [nn.Flatten()] if isinstance(module, nn.Linear) else []
            step += [module, after] if module else [after]
            self.steps.append(step)
            x = self.pass_through(step, x)

    @staticmethod
    def layer(words, x):
        """Returns the module with parameters, if there is one, and the function that follows it."""
        channels, number = x.shape[1], lambda word: int(word.lstrip("sp"))
        match words:
            case ["conv", kernel, out, stride, padding]:
                size = tuple(map(int, kernel.split("x")))
                return nn.Conv2d(channels, int(out), size, number(stride), number(padding)), functional.relu
            case ["maxpool", kernel, stride]:
                size = tuple(map(int, kernel.split("x")))
                return None, lambda x: functional.max_pool2d(x, size, number(stride))
            case ["attention", reduction]:
                return Attention(channels, int(reduction)), nn.Identity()
            case ["residual"]:
                return Residual(channels), nn.Identity()
            case ["dense", _]:
                return nn.Linear(x[0].numel(), HIDDEN), functional.relu
            case ["softmax", classes]:
                return nn.Linear(x[0].numel(), int(classes)), nn.Identity()

    @staticmethod
    def pass_through(step, x):
        for function in step:
            x = function(x)
        return x

    def forward(self, x):
        for step in self.steps:
            x = self.pass_through(step, x)
        return x


def sines(count, scale):
    """Returns sin(i²) · scale for the first whole numbers i, rounded to single precision."""
    numbers = torch.arange(count, dtype=torch.float64)
    return (torch.sin(numbers * numbers) * scale).float().double()


def fill(parameter):
    fan_in = parameter[0].numel()
    scale = 0.05 if parameter.dim() == 1 else 2 / fan_in**0.5
    parameter.data = sines(parameter.numel(), scale).reshape(parameter.shape)


def digits(value):
    return float(f"{value:.7g}")


def summary(tensor):
    flat = tensor.detach().flatten()
    count = min(32, len(flat))
    entries = [digits(flat[index * len(flat) // count].item()) for index in range(count)]
    return {"sum": digits(flat.sum().item()), "squares": digits((flat**2).sum().item()), "entries": entries}


def reference(layers):
    network = Network(layers).double()
    for parameter in network.parameters():
        fill(parameter)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    images = sines(IMAGES * SIDE * SIDE, 0.4).reshape(IMAGES, 1, SIDE, SIDE) + 0.5
    labels = torch.arange(IMAGES)
    adam = torch.optim.Adam(network.parameters(), lr=RATE, eps=1e-7)
    logits, gradients = None, None
    for _ in range(STEPS):
        adam.zero_grad()
        scores = network(images)
        functional.cross_entropy(scores, labels).backward()
        if logits is None:
            logits = [digits(score) for score in scores.flatten().tolist()]
            gradients = {name: summary(parameter.grad) for name, parameter in network.named_parameters()}
        adam.step()
    parameters = {
        name: {"gradient": gradients[name], "moved": summary(parameter.detach() - before[name])}
        for name, parameter in network.named_parameters()
    }
    return {"logits": logits, "parameters": parameters}


def main():
    files = sorted(NETWORKS.glob("*.toml"))
    references = {file.stem: reference(tomllib.loads(file.read_text())["layers"]) for file in files}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in references.items()]
    (HERE / "networks.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()

"""Computes what PyTorch says of the networks in experiments/networks and of their two modules.

    pip install torch==2.9.0 safetensors==0.8.0 numpy==2.4.6
    python tests/reference/networks.py          # writes networks.json and weights.safetensors beside itself

The networks have the widths of the paper and hidden dense layers of 16 units; they see one image of each class. All is
computed in double precision. Parameters are no random numbers but sines of squares, scaled by the fan-in, so that a test
can make the same ones; the sines of the numbers themselves would make every dense weight a matrix of rank 2. The images
are made alike; of a few amplitudes one was taken for which no ReLU and no maximum is within rounding of its kink, where
single precision takes either side: at 0.4, dSPIC-AM on tall images has gradients in PyTorch's single precision that are
off by 1e-2.

Of the gradient of every parameter, of its value after ten steps of Adam and of what these steps added to it, the file
holds the sum, the sum of squares and up to 32 entries, evenly spaced.
"""

import json
import tomllib
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
NETWORKS = HERE.parent.parent / "experiments" / "networks"
HIDDEN, IMAGES, STEPS, RATE = 16, 3, 10, 1e-4
SMALL, TALL = (64, 64), (256, 64)
AMPLITUDES = {SMALL: 0.4, TALL: 0.3}
TALL_NETWORKS = ["dspic-am", "si-clf"]
# A layer of every kind, to be kept whole.
TINY = ["conv 3x3 4 s1 p1", "maxpool 3x3 s2", "attention 4", "residual", "dense 16", "softmax 3"]
TINY_SIZE = (16, 16)


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
    """A network of `layers` in the paper's notation; `hidden` 0 leaves its dense layers as they are printed."""

    def __init__(self, layers, size, hidden=HIDDEN, width=1.0):
        super().__init__()
        self.hidden, self.width = hidden, width
        x = torch.zeros(1, 1, *size)
        self.steps, self.sizes = [], []
        for number, text in enumerate(layers, 1):
            module, after = self.layer(text.split(), x)
            if module:
                self.add_module(f"layer-{number:02}", module)
            step = [nn.Flatten()] if isinstance(module, nn.Linear) else []
            step += [module, after] if module else [after]
            self.steps.append(step)
            x = self.pass_through(step, x)
            self.sizes.append(tuple(x.shape[1:]))

    def layer(self, words, x):
        """Returns the module with parameters, if there is one, and the function that follows it."""
        channels, number = x.shape[1], lambda word: int(word.lstrip("sp"))
        match words:
            case ["conv", kernel, out, stride, padding]:
                size = tuple(map(int, kernel.split("x")))
                out = max(1, int(int(out) * self.width + 0.5))
                return nn.Conv2d(channels, out, size, number(stride), number(padding)), functional.relu
            case ["maxpool", kernel, stride]:
                size = tuple(map(int, kernel.split("x")))
                return None, lambda x: functional.max_pool2d(x, size, number(stride))
            case ["attention", reduction]:
                return Attention(channels, int(reduction)), nn.Identity()
            case ["residual"]:
                return Residual(channels), nn.Identity()
            case ["dense", units]:
                return nn.Linear(x[0].numel(), self.hidden or int(units)), functional.relu
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


def layers(name):
    return tomllib.loads((NETWORKS / f"{name}.toml").read_text())["layers"]


def sines(shape, scale):
    """Returns sin(i²) · scale for the first whole numbers i, rounded to single precision."""
    numbers = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (torch.sin(numbers * numbers) * scale).float().double().reshape(shape)


def fill(module):
    for parameter in module.parameters():
        fan_in = parameter[0].numel()
        scale = 0.05 if parameter.dim() == 1 else 2 / fan_in**0.5
        parameter.data = sines(parameter.shape, scale)


def digits(value):
    return float(f"{value:.8g}")


def summary(tensor):
    flat = tensor.detach().double().flatten()
    count = min(32, len(flat))
    entries = [digits(flat[index * len(flat) // count].item()) for index in range(count)]
    return {"sum": digits(flat.sum().item()), "squares": digits((flat**2).sum().item()), "entries": entries}


def learn(module, x, loss):
    """Returns what `module` first makes of `x`, and what every parameter learns."""
    before = {name: parameter.detach().clone() for name, parameter in module.named_parameters()}
    adam = torch.optim.Adam(module.parameters(), lr=RATE, eps=1e-7)
    answer, gradients = None, None
    for _ in range(STEPS):
        adam.zero_grad()
        output = module(x)
        loss(output).backward()
        if answer is None:
            answer = output.detach()
            gradients = {name: summary(parameter.grad) for name, parameter in module.named_parameters()}
        adam.step()
    learned = {
        name: {
            "gradient": gradients[name],
            "after": summary(parameter),
            "moved": summary(parameter.detach() - before[name]),
        }
        for name, parameter in module.named_parameters()
    }
    return answer, learned


def network(layers, size):
    module = Network(layers, size).double()
    fill(module)
    amplitude = AMPLITUDES[size]
    images = sines((IMAGES, 1, *size), amplitude) + 0.5
    logits, learned = learn(module, images, lambda scores: functional.cross_entropy(scores, torch.arange(IMAGES)))
    logits = [digits(score) for score in logits.flatten().tolist()]
    rows, cols = size
    return {"rows": rows, "cols": cols, "amplitude": amplitude, "logits": logits, "parameters": learned}


def block(module, shape):
    """Returns what a module by itself makes of maps, and how they and its parameters change a weighted sum of that."""
    module = module.double()
    fill(module)
    loss = lambda output: (output * sines(output.shape, 1.0)).sum()
    maps = (sines(shape, 0.5) + 0.2).requires_grad_()
    loss(module(maps)).backward()
    input = summary(maps.grad)
    output, learned = learn(module, maps.detach(), loss)
    return {"shape": shape, "output": summary(output), "input": input, "parameters": learned}


def tiny():
    """Writes the parameters of a small network as safetensors, and returns what it says of three images."""
    module = Network(TINY, TINY_SIZE, hidden=0).double()
    fill(module)
    images = sines((IMAGES, 1, *TINY_SIZE), 0.4) + 0.5
    logits = [digits(score) for score in module(images).flatten().tolist()]
    save_file(module.float().state_dict(), HERE / "weights.safetensors")
    return {"layers": TINY, "rows": TINY_SIZE[0], "cols": TINY_SIZE[1], "logits": logits}


def written(name, values):
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in values.items())
    return f"{json.dumps(name)}: {{\n{lines}\n}}"


def main():
    names = sorted(file.stem for file in NETWORKS.glob("*.toml"))
    cases = [(name, SMALL) for name in names] + [(name, TALL) for name in TALL_NETWORKS]
    networks = {
        f"{name} on {size[0]} x {size[1]}": {"network": name} | network(layers(name), size) for name, size in cases
    }
    blocks = {
        "attention": block(Attention(32, 16), (2, 32, 9, 7)),
        "residual": block(Residual(8), (2, 8, 9, 7)),
    }
    parts = [written("networks", networks), written("blocks", blocks), f'"weights": {json.dumps(tiny())}']
    (HERE / "networks.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    main()

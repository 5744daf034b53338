"""Computes what PyTorch says of the DCGAN of stages/train, for its tests.

    pip install torch==2.9.0
    python tests/reference/dcgan.py          # writes tests/reference/dcgan.json

Generator and discriminator are those of PyTorch's own example, from maps of 16 x 4 pixels with two or three doublings; the
channels are a 64th of the recipe's, so that the file stays small.
All is in double precision and in training mode, as both networks are while they are fitted. Parameters, noise and images
are no random numbers but sines of squares, scaled by the fan-in, so that a test can make the same ones. The file holds
what the generator makes of the noise, the scores of real and of generated images before the sigmoid, both losses, the
gradient of each parameter, its value after ten steps of both networks, and what they added to it. Of every tensor it holds the sum, the sum
of squares and up to 32 entries, evenly spaced.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
NOISE, IMAGES, STEPS, RATE, BETAS = 100, 4, 10, 2e-4, (0.5, 0.999)
SIZES = {"two doublings": [16, 8], "three doublings": [16, 8, 4]}
SMALLEST = (16, 4)


def generator(channels):
    layers = [nn.ConvTranspose2d(NOISE, channels[0], SMALLEST, 1, 0, bias=False)]
    for channel, out in zip(channels, [*channels[1:], 1]):
        layers += [nn.BatchNorm2d(channel), nn.ReLU(), nn.ConvTranspose2d(channel, out, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def discriminator(channels):
    channels = channels[::-1]
    layers = [nn.Conv2d(1, channels[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for channel, out in zip(channels, channels[1:]):
        layers += [nn.Conv2d(channel, out, 4, 2, 1, bias=False), nn.BatchNorm2d(out), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, SMALLEST, 1, 0, bias=False), nn.Flatten(0))


def sines(count, scale):
    """Returns sin(i²) · scale for the first whole numbers i, rounded to single precision."""
    numbers = torch.arange(count, dtype=torch.float64)
    return (torch.sin(numbers * numbers) * scale).float().double()


def fill(network):
    for name, parameter in network.named_parameters():
        count = parameter.numel()
        if parameter.dim() == 1:
            values = sines(count, 0.2) + (1 if name.endswith("weight") else 0)
            values = values.float().double()
        else:
            values = sines(count, 2 / (count / parameter.shape[0]) ** 0.5)
        parameter.data = values.reshape(parameter.shape)


def digits(value):
    return float(f"{value:.7g}")


def summary(tensor):
    flat = tensor.detach().flatten()
    count = min(32, len(flat))
    entries = [digits(flat[index * len(flat) // count].item()) for index in range(count)]
    return {"sum": digits(flat.sum().item()), "squares": digits((flat**2).sum().item()), "entries": entries}


def reference(channels):
    players = {"generator": generator(channels).double(), "discriminator": discriminator(channels).double()}
    for player in players.values():
        fill(player)
    g, d = players.values()
    rows, cols = (side * 2 ** len(channels) for side in SMALLEST)
    noise = sines(IMAGES * NOISE, 1).reshape(IMAGES, NOISE, 1, 1)
    real = sines(IMAGES * rows * cols, 0.8).reshape(IMAGES, 1, rows, cols)
    cost = functional.binary_cross_entropy_with_logits
    ones, zeros = torch.ones(IMAGES).double(), torch.zeros(IMAGES).double()
    before = {(who, name): p.detach().clone() for who, net in players.items() for name, p in net.named_parameters()}
    adams = {who: torch.optim.Adam(net.parameters(), RATE, BETAS) for who, net in players.items()}
    first = None
    for _ in range(STEPS):
        made = g(noise)
        d.zero_grad()
        on_real, on_made = d(real), d(made.detach())
        d_loss = cost(on_real, ones) + cost(on_made, zeros)
        d_loss.backward()
        gradients = {("discriminator", name): summary(p.grad) for name, p in d.named_parameters()}
        adams["discriminator"].step()
        g.zero_grad()
        again = d(made)
        g_loss = cost(again, ones)
        g_loss.backward()
        gradients |= {("generator", name): summary(p.grad) for name, p in g.named_parameters()}
        adams["generator"].step()
        first = first or {
            "made": summary(made),
            "real": [digits(score) for score in on_real.tolist()],
            "generated": [digits(score) for score in on_made.tolist()],
            "again": [digits(score) for score in again.tolist()],
            "discriminator_loss": digits(d_loss.item()),
            "generator_loss": digits(g_loss.item()),
            "gradients": gradients,
        }
    parameters = {
        who: {
            f"main.{name}": {
                "gradient": first["gradients"][who, name],
                "after": summary(p),
                "moved": summary(p.detach() - before[who, name]),
            }
            for name, p in net.named_parameters()
        }
        for who, net in players.items()
    }
    return {"channels": channels} | {key: value for key, value in first.items() if key != "gradients"} | parameters


def main():
    lines = [f"{json.dumps(name)}: {json.dumps(reference(channels))}" for name, channels in SIZES.items()]
    (HERE / "dcgan.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()

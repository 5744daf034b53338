"""Computes what PyTorch says of the sizes of the networks in experiments/networks, as they are printed.

    pip install torch==2.9.0 safetensors==0.8.0 numpy==2.4.6
    python tests/reference/sizes.py             # writes sizes.json beside itself

For images of three sizes the file holds, for each layer, what it makes (channels, rows, columns) and how many numbers
its parameters have; the largest network has 19.6 billion, so nothing of it is allocated. Two variants that no table of
the paper has are counted too: dSPIC without an added layer, and with zeros one pixel wide in place of three; and dSPIC with
smaller hidden dense layers (`hidden`; 0: as printed).
"""

import json

import torch

from networks import HERE, NETWORKS, Network, layers

SIZES = [(1024, 256), (512, 128), (256, 64)]
HIDDEN = [1024, 512, 256, 128, 64]


def variants():
    for file in sorted(NETWORKS.glob("*.toml")):
        yield file.stem, layers(file.stem)
    printed = layers("dspic-am")
    yield "dspic without an added layer", [layer for layer in printed if not layer.startswith("attention")]
    yield "dspic-am with p1 for p3", [layer.replace("p3", "p1") for layer in printed]


def entry(name, layers, size, hidden=0):
    with torch.device("meta"):
        network = Network(layers, size, hidden)
    count = lambda module: sum(parameter.numel() for parameter in module.parameters())
    modules = dict(network.named_children())
    made = []
    for number, shape in enumerate(network.sizes, 1):
        channels, rows, cols = (*shape, 1, 1)[:3]
        module = modules.get(f"layer-{number:02}")
        made.append([channels, rows, cols, count(module) if module else 0])
    rows, cols = size
    asked = {"network": name, "layers": layers, "hidden": hidden, "rows": rows, "cols": cols}
    return asked | {"made": made, "parameters": count(network)}


def main():
    entries = [entry(name, layers, size) for name, layers in variants() for size in SIZES]
    for name in ["dspic-am", "dspic-am-no-pool"]:
        entries += [entry(name, layers(name), size, hidden) for size in SIZES for hidden in HIDDEN]
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (HERE / "sizes.json").write_text(f"[\n{lines}\n]\n")


main()

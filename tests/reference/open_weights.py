"""Opens the weights of a fitted network in PyTorch and compares what it answers with the predictions beside them.

    pip install torch==2.9.0 safetensors==0.8.0 numpy==2.4.6 pyarrow==21.0.0
    osteon --profile smoke run
    latest=cache/latest@smoke; cell=data=d2,network=dspic-am,protocol=paper,seed=1
    python tests/reference/open_weights.py experiments/networks/dspic-am.toml $latest/train/$cell $latest/d2/images.parquet
"""

import json
import sys
import tomllib
from pathlib import Path

import numpy
import pyarrow.parquet
import torch
from safetensors.torch import load_file

from networks import Network

# Both compute in single precision.
TOLERANCE = 1e-4


def main(file, folder, images):
    predictions = Path(folder) / "predictions.parquet"
    answers = pyarrow.parquet.read_table(predictions, partitioning=None)
    caption = json.loads(pyarrow.parquet.read_metadata(predictions).metadata[b"network"])
    layers = tomllib.loads(Path(file).read_text())["layers"]
    size = (caption["rows"], caption["cols"])
    network = Network(layers, size, hidden=caption["hidden"], width=caption["width"])
    network.load_state_dict(load_file(Path(folder) / "weights.safetensors"))
    table = pyarrow.parquet.read_table(images, partitioning=None)
    pixels = dict(zip(table["image_id"].to_pylist(), table["pixels"].to_numpy()))
    samples = [numpy.frombuffer(pixels[name], dtype="<f4") for name in answers["image_id"].to_pylist()]
    with torch.no_grad():
        scores = network(torch.from_numpy(numpy.stack(samples)).reshape(-1, 1, *size))
    ours = numpy.stack([answers[f"p_{name}"].to_numpy() for name in ["normal", "metastatic", "arthritic"]], axis=1)
    difference = abs(torch.softmax(scores.double(), 1).numpy() - ours).max()
    print(f"{len(samples)} samples: probabilities differ by at most {difference:.1e}")
    assert difference < TOLERANCE


main(*sys.argv[1:])

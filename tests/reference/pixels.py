"""Writes dicom/*.dcm and pixels.json: small scans in every encoding that is read, and their pixels as pydicom has them.

`ingest` is held to these pixels bit by bit. Given the folder of real scans that is kept beside the checkout, the
digests of their pixels are written anew, too; without it they stay as they are.

    pip install pydicom==3.0.2 pylibjpeg==2.1.0 pylibjpeg-libjpeg==2.5.0 numpy==2.4.6 blake3==1.0.11
    python3 tests/reference/pixels.py [../shared/data/nm1]
"""

import json
import random
import sys
from pathlib import Path

import blake3
import numpy
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

PYDICOM = "3.0.2"
SEED = 2021
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
ANTERIOR, POSTERIOR = "399348003", "272479007"

# Name: transfer syntax, bits allocated, bits stored, signed, views, slope and intercept.
FILES = {
    "explicit-little": (ExplicitVRLittleEndian, 16, 16, 0, [ANTERIOR], None),
    "implicit-little-signed": (ImplicitVRLittleEndian, 16, 16, 1, [ANTERIOR], None),
    "explicit-big-two-views": (ExplicitVRBigEndian, 16, 16, 0, [ANTERIOR, POSTERIOR], None),
    "twelve-bits": (ExplicitVRLittleEndian, 16, 12, 0, [ANTERIOR], None),
    "eight-bits": (ExplicitVRLittleEndian, 8, 8, 0, [POSTERIOR], None),
    "run-lengths-two-views": (RLELossless, 16, 16, 0, [POSTERIOR, ANTERIOR], None),
    "run-lengths-eight-bits": (RLELossless, 8, 8, 0, [ANTERIOR], None),
    "rescaled": (ExplicitVRLittleEndian, 16, 16, 1, [ANTERIOR], (2, 40)),
}
ROWS, COLS = 6, 7


def sequence(key, items):
    item = Dataset()
    setattr(item, key, items)
    return item


def counts(generator, bits, signed, frames, rescaled):
    """Returns pixels with runs in them; negative ones only where rescaling makes counts of them."""
    most = 2 ** (bits - signed) - 1 if not rescaled else 1000
    least = -20 if rescaled else 0
    row = lambda: [generator.choice([0, 0, 0, least, most, generator.randint(least, most)]) for _ in range(COLS)]
    return numpy.array([[row() for _ in range(ROWS)] for _ in range(frames)])


def scan(generator, syntax, allocated, stored, signed, views, rescale):
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
    data.SOPClassUID = SECONDARY_CAPTURE
    data.SOPInstanceUID = "2.25.1"
    data.Modality = "NM"
    data.PatientName = "Reference^Pixels"
    data.PatientID = "REFERENCE-1"
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.NumberOfFrames = len(views)
    data.Rows, data.Columns = ROWS, COLS
    data.BitsAllocated, data.BitsStored, data.HighBit = allocated, stored, stored - 1
    data.PixelRepresentation = signed
    if rescale:
        data.RescaleSlope, data.RescaleIntercept = rescale
    data.DetectorVector = list(range(1, len(views) + 1))
    codes = [sequence("ViewCodeSequence", [sequence("CodeValue", view)]) for view in views]
    data.DetectorInformationSequence = codes
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    pixels = counts(generator, stored, signed, len(views), rescale)
    kind = f"{order}{'i' if signed else 'u'}{allocated // 8}"
    data.PixelData = pixels.astype(kind).tobytes()
    data["PixelData"].VR = "OB" if allocated == 8 else "OW"
    if syntax == RLELossless:
        data.compress(RLELossless, generate_instance_uid=False)
    return data


def decoded(path):
    """Returns the pixels of a file, frame by frame, rescaled as the file says."""
    data = pydicom.dcmread(path)
    pixels = data.pixel_array.reshape(-1, data.Rows * data.Columns).astype(float)
    rescaled = pixels * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0))
    return rescaled.astype("<u2")


def main():
    assert pydicom.__version__ == PYDICOM, f"this needs pydicom {PYDICOM}"
    target = Path(__file__).with_suffix(".json")
    folder = target.with_name("dicom")
    folder.mkdir(exist_ok=True)
    generator = random.Random(SEED)
    made = {}
    for name, settings in FILES.items():
        path = folder / f"{name}.dcm"
        scan(generator, *settings).save_as(path, enforce_file_format=True)
        made[name] = decoded(path).tolist()
    real = json.loads(target.read_text())["real"] if target.exists() else {}
    if len(sys.argv) > 1:
        files = sorted(Path(sys.argv[1]).glob("*.dcm"))
        real = {file.name: blake3.blake3(decoded(file).tobytes()).hexdigest() for file in files}
    document = {"pydicom": PYDICOM, "made": made, "real": real}
    text = json.dumps(document, separators=(",", ":"))
    for name in made | real:
        text = text.replace(f'"{name}"', f'\n"{name}"')
    target.write_text(text + "\n")


if __name__ == "__main__":
    main()

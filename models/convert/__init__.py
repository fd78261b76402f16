"""Published weight files turned, once, into what runs: ONNX. Needs torch; nothing else does."""

from __future__ import annotations

import warnings
from pathlib import Path


def convert(name: str, folder: Path) -> None:
    """Run the converter `name` of the catalog on a model's folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of constants that are meant to be
        if name == "e5":
            from models.convert.e5 import convert_e5

            convert_e5(folder)
        elif name == "lite0":
            from models.convert.lite0 import convert_lite0

            convert_lite0(folder)
        elif name == "bert":
            from models.convert.bert import convert_bert

            convert_bert(folder)
        elif name == "mpnet":
            from models.convert.mpnet import convert_mpnet

            convert_mpnet(folder)
        else:
            raise ValueError(f"no converter {name!r}")

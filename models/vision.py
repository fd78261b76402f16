"""Image tags and features: EfficientNet-Lite0 through ONNX Runtime; pictures read by Pillow."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.devices import Use
from models.errors import TEXTS, BadInputError
from models.onnx import session

Floats = npt.NDArray[np.float32]
SIZE = 224
_RESIZE = 256
_MAX_BYTES = 512 * 1024 * 1024


class ImageModel:
    """Classifies pictures into the 1,000 ImageNet classes, and gives features for others."""

    def __init__(self, folder: Path, name: str, use: Use, threads: int) -> None:
        self.name, self.use = name, use
        self.labels: list[str] = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        self._session = session(folder / "model.onnx", use, threads)

    def classify(self, images: Floats) -> tuple[Floats, Floats]:
        """Return class probabilities (n, 1000) and features (n, 1280) for (n, 3, 224, 224)."""
        probabilities, features = self._session.run(None, {"images": images})
        return probabilities, features

    def features(self, images: Floats) -> Floats:
        """Return what tells pictures apart, unit vectors (n, 1280), for (n, 3, 224, 224)."""
        _, features = self.classify(images)
        found: Floats = features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-9)
        return found


def load_image(path: Path) -> Floats:
    """Read one picture, shape (3, 224, 224), as the model wants it.

    Turned upright by its EXIF orientation, transparency laid on white, 16-bit greys rescaled,
    shorter side to 256 bicubic, centre crop.

    Raises:
        BadInputError: Not a picture, truncated, or absurdly large; names the file and the reason.
    """
    from pi_heif import register_heif_opener
    from PIL import Image

    register_heif_opener()  # photos of an iPhone; it turns them upright itself
    if path.stat().st_size > _MAX_BYTES:
        raise BadInputError(TEXTS("image_too_large", path=path, pixels=path.stat().st_size))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return _prepare(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        numbers = re.findall(r"\d+", str(error))
        pixels = int(numbers[0]) if numbers else 0
        raise BadInputError(TEXTS("image_too_large", path=path, pixels=pixels)) from error
    except (OSError, ValueError, SyntaxError, EOFError, ZeroDivisionError) as error:
        reason = str(error).split(str(path))[0].strip(" '\"") or type(error).__name__
        raise BadInputError(TEXTS("image_unreadable", path=path, reason=reason)) from error


def _prepare(image: Any) -> Floats:
    from PIL import Image, ImageOps

    image.draft("RGB", (_RESIZE * 2, _RESIZE * 2))  # JPEG: decode at a fraction of the size
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image, dtype=np.uint16) >> 8).astype(np.uint8))
    elif image.mode in {"I", "F"}:
        values = np.asarray(image, dtype=np.float64)
        spread = float(np.ptp(values)) or 1.0
        image = Image.fromarray(((values - values.min()) * (255 / spread)).astype(np.uint8))
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image.convert("RGB")
    scale = _RESIZE / min(image.size)
    size = (max(SIZE, round(image.width * scale)), max(SIZE, round(image.height * scale)))
    image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
    pixels = np.asarray(image.crop((left, top, left + SIZE, top + SIZE)), dtype=np.float32)
    result: Floats = np.ascontiguousarray(((pixels - 127.0) / 128.0).transpose(2, 0, 1))
    return result

"""The engines called directly, with nothing of Inhouse's run time around them, as a process that waits.

    python -m benchmarks.bare SHOP

Reads a kind of work a line on standard input, does it, and writes how many units it did: `tokens`
(llama.cpp), `judged` (llama.cpp, one prompt a text with the head kept), `speech` (faster-whisper),
`images` (ONNX Runtime), `forecasts` (statsforecast). SHOP is a folder made by `engine_overhead`.
"""

from __future__ import annotations

import csv
import json
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.overhead_work import CALL, LABELS, PHOTOS, REVIEWS, SALES, STORY
from models.devices import threads
from models.store import Store

SHOP = Path(sys.argv[1])
BATCH = 8


@cache
def llama() -> Any:
    """Load the language model as `models.llm` does."""
    import llama_cpp

    model = Store().best("llm")
    n = threads()
    return llama_cpp.Llama(
        str(Store().file(model.id, "model.gguf")), n_ctx=4096, n_batch=512, n_threads=n,
        n_threads_batch=n, verbose=False, seed=0,
    )  # fmt: skip


def tokens(history: list[dict[str, str]], given: dict[str, Any]) -> int:
    """Write as many tokens as Inhouse did after the same talk; go on with what that had said."""
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    raw = llama()
    history.append({"role": "user", "content": STORY})
    template = raw.metadata["tokenizer.chat_template"]
    formatter = Jinja2ChatFormatter(template, eos_token="<|im_end|>", bos_token="")
    prompt = formatter(messages=history).prompt  # type: ignore[arg-type]
    read = raw.tokenize(prompt.encode(), add_bos=False, special=True)
    stream = raw.generate(read, temp=0.3, top_p=0.9, repeat_penalty=1.05)
    for _ in range(given["count"] + 1):  # the token that ends it is one more
        raw.detokenize([next(stream)])
    history.append({"role": "assistant", "content": given["said"]})
    return int(given["count"])


@cache
def judge() -> tuple[list[int], list[int], list[int]]:
    """Return the tokens before and after a text, and the first token of each label."""
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    from models.scoring import LabelScorer
    from skills.classify.judge import prompt

    turns, spoken = prompt(LABELS, {})
    raw = llama()
    formatter = Jinja2ChatFormatter(
        raw.metadata["tokenizer.chat_template"], eos_token="<|im_end|>", bos_token=""
    )
    head, tail = formatter(messages=turns).prompt.split(LabelScorer.slot())  # type: ignore[arg-type]

    def tokenized(text: str) -> list[int]:
        found: list[int] = raw.tokenize(text.encode(), add_bos=False, special=True)
        return found

    return tokenized(head), tokenized(tail), [tokenized(label)[0] for label in spoken]


def judged() -> int:
    """Judge every review of the shop."""
    raw = llama()
    head, tail, firsts = judge()
    with (SHOP / REVIEWS).open(encoding="utf-8", newline="") as file:
        texts = [row["review"] for row in csv.DictReader(file)]
    if raw.n_tokens < len(head) or list(raw.input_ids[: len(head)]) != head:
        raw.reset()
        raw.eval(head)
    for text in texts:
        raw.n_tokens = len(head)
        raw.eval(raw.tokenize(text.encode(), add_bos=False, special=False) + tail)
        row = np.ctypeslib.as_array(raw._ctx.get_logits_ith(-1), shape=(raw.n_vocab(),))
        row[firsts].argmax()
    return len(texts)


@cache
def whisper() -> Any:
    """Load the recogniser as `models.speech` does."""
    from faster_whisper import WhisperModel

    folder = Store().folder(Store().best("speech").id)
    return WhisperModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=threads(), local_files_only=True
    )


def speech() -> float:
    """Write out the call; return its seconds."""
    segments, info = whisper().transcribe(
        str(SHOP / CALL), language="en", beam_size=1, temperature=0.0, vad_filter=True,
        condition_on_previous_text=False,
    )  # fmt: skip
    list(segments)
    return float(info.duration)


@cache
def image_session() -> Any:
    """Open the image model as `models.vision` does."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads(), 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = Store().file(Store().best("vision").id, "model.onnx")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def images() -> int:
    """Classify all photos, eight at a time."""
    from PIL import Image, ImageOps

    paths = sorted((SHOP / PHOTOS).iterdir())
    for start in range(0, len(paths), BATCH):
        batch = []
        for path in paths[start : start + BATCH]:
            with Image.open(path) as opened:
                opened.draft("RGB", (512, 512))
                image = ImageOps.exif_transpose(opened).convert("RGB")
            scale = 256 / min(image.size)
            size = (round(image.width * scale), round(image.height * scale))
            image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
            left, top = (image.width - 224) // 2, (image.height - 224) // 2
            pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)
            batch.append(((pixels - 127) / 128).transpose(2, 0, 1))
        image_session().run(None, {"images": np.stack(batch)})
    return len(paths)


def forecasts() -> int:
    """Forecast and backtest the sales with the members that the skill takes the median of."""
    from statsforecast.models import MSTL, AutoETS, AutoTheta, SeasonalNaive

    with (SHOP / SALES).open(encoding="utf-8", newline="") as file:
        values = np.array([float(row["revenue"]) for row in csv.DictReader(file)])
    yearly = len(values) >= 2 * 365 + 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cut in (len(values), *(len(values) - n * 28 for n in (3, 2, 1))):
            history = values[:cut][-1500:]
            seasons = [7, 365] if yearly and len(history) >= 731 else [7]
            for member in (AutoTheta(7), AutoETS(7), MSTL(seasons), SeasonalNaive(7)):
                member.forecast(y=history, h=28, level=[80, 95])
    return 4


def main() -> None:
    """Wait for work."""
    history = json.loads(sys.stdin.readline())
    work = {
        "tokens": lambda given: tokens(history, given), "judged": lambda _: judged(),
        "speech": lambda _: speech(), "images": lambda _: images(),
        "forecasts": lambda _: forecasts(),
    }  # fmt: skip
    for line in sys.stdin:
        kind, given = json.loads(line)
        print(json.dumps({"units": work[kind](given)}), flush=True)


if __name__ == "__main__":
    main()

"""The peer of `serve.py`: LitServe, as its documentation has it, over the same network in plain torch.

    python benchmarks/serve_litserve.py MODEL --port N [--batch 32 --timeout 0.002 --workers 1 ...]

Images come as base64 in JSON, are decoded by Pillow and transformed by torchvision, stacked into batches, answered in
inference mode: https://lightning.ai/docs/litserve/speed-up-serving-by-200x.
"""

from __future__ import annotations

import argparse
import base64
import io
from pathlib import Path
from typing import Any

import litserve
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

from striate.nn import load_model


class Classifier(litserve.LitAPI):
    """Top 5 classes of an image."""

    def __init__(self, model: str, *, threads: int, channels_last: bool, **options: Any) -> None:
        super().__init__(**options)
        self._path, self._threads, self._channels_last = model, threads, channels_last

    def setup(self, device: str) -> None:
        """Load the network and its transforms, once for each worker."""
        torch.set_num_threads(self._threads)
        model = load_model(Path(self._path))
        self.network, self.classes = model.network.to(device), model.classes
        if self._channels_last:
            self.network.to(memory_format=torch.channels_last)
        table = model.network.table
        channels, height, width = table.input
        says = table.preprocessing
        self.mode = "L" if channels == 1 else "RGB"
        size = says.content or (height, width)
        fit: list[Any] = [v2.Resize(round(size[0] / says.crop)), v2.CenterCrop(size)]
        if size != (height, width):
            fit.append(v2.Pad((width - size[1]) // 2))
        self.transform = v2.Compose(
            [*fit, v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(says.mean, says.std)]
        )

    def decode_request(self, request):  # LitServe takes an annotation for a pydantic model
        """One image's tensor."""
        image = Image.open(io.BytesIO(base64.b64decode(request["image"]))).convert(self.mode)
        return self.transform(image)

    def predict(self, images: Tensor) -> list[tuple[list[int], list[float]]]:
        """The five likeliest of each image of a batch."""
        with torch.inference_mode():
            if self._channels_last:
                images = images.contiguous(memory_format=torch.channels_last)
            best = torch.softmax(self.network(images), dim=1).topk(5)
        return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))

    def encode_response(self, output):
        """JSON as Striate's."""
        pairs = zip(*output, strict=True)
        return {"top": [{"class": self.classes[index], "probability": probability} for index, probability in pairs]}


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", type=int, default=32, help="max_batch_size")
    parser.add_argument("--timeout", type=float, default=0.002, help="batch_timeout")
    parser.add_argument("--workers", type=int, default=1, help="workers_per_device")
    parser.add_argument("--servers", type=int, default=1, help="num_api_servers")
    parser.add_argument("--threads", type=int, default=2, help="torch threads of each worker")
    parser.add_argument("--fast-queue", action="store_true")
    parser.add_argument("--channels-last", action="store_true")
    options = parser.parse_args()
    api = Classifier(
        options.model,
        threads=options.threads,
        channels_last=options.channels_last,
        max_batch_size=options.batch,
        batch_timeout=options.timeout,
    )
    server = litserve.LitServer(
        api, accelerator="cpu", workers_per_device=options.workers, fast_queue=options.fast_queue, timeout=120
    )
    server.run(
        host="127.0.0.1",
        port=options.port,
        num_api_servers=options.servers,
        log_level="error",
        generate_client_file=False,
    )


if __name__ == "__main__":
    main()

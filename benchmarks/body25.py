"""Frames a second of OpenPose's BODY_25 network, by batch; without finding peaks and people in its maps.

    python benchmarks/body25.py [--height 368] [--width 656] [--batches 1 16] [--runs 5]

Weights are random: a network takes as long with any. On a GPU where there is one.
"""

import argparse
import statistics
import time

import torch

from affectflow.preprocessing.body.openpose_caffe.network import Body25


def seconds(network: Body25, pictures: torch.Tensor) -> float:
    """Time of one batch."""
    begin = time.perf_counter()
    with torch.inference_mode():
        network(pictures)
    if pictures.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--height", type=int, default=368)
    options.add_argument("--width", type=int, default=656)
    options.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    options.add_argument("--runs", type=int, default=5)
    args = options.parse_args()
    place = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    network = Body25().eval().to(place)
    print(f"| batch | frames/s ({place}, {args.width}x{args.height}) |")
    print("|---|---|")
    for batch in args.batches:
        pictures = torch.rand(batch, 3, args.height, args.width, device=place) - 0.5
        seconds(network, pictures)
        median = statistics.median(seconds(network, pictures) for _ in range(args.runs))
        print(f"| {batch} | {batch / median:.2f} |", flush=True)


if __name__ == "__main__":
    main()

"""Sets of sound features: seconds a minute of sound, and memory by the length of the track.

    python benchmarks/sound_features.py [--sets eGeMAPS … DeepSpectrum] [--seconds 60] [--minutes 180]

Each set is extracted as its job does it, from stored blocks of 44.1 kHz to rows at the times of frames at 30 a second,
on one thread, with random weights where a set needs weights. Baseline: the same numbers of the whole track at once, in
memory, without files or frame times: by openSMILE's own package, by one pass of the network, or, of DeepSpectrum, by
librosa, matplotlib and torchvision. Then peak resident memory, each in a process of its own, for a track of 3 minutes
and one of `--minutes` (0 leaves that out).
"""

import argparse
import statistics
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import numpy as np
import torch
from alternating import in_turns, ratio
from apart import apart, resident

from affectflow.artifacts.schemas import FRAMES, SOUND
from affectflow.artifacts.tables import arrow_writer
from affectflow.config.model.feature_sets import DeepSpectrumSet, FeatureSet, OpenSmileSet
from affectflow.config.system.execution import Device
from affectflow.config.system.load import load_run
from affectflow.features.registry import build_extractor
from affectflow.features.sound import write_sound_features
from affectflow.workflow.script import ROOT

RATE, FRAMES_A_SECOND, BLOCK_SECONDS = 44100, 30, 10
HEARD = 16000
CPU = Device(gpus=0, threads=1)


def voice(seconds: int) -> np.ndarray:
    """A voice that rises and falls, as int16."""
    times = np.arange(seconds * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(150 + 30 * np.sin(2 * times)) / RATE
    tones = sum(np.sin(k * phase) / k for k in range(1, 6))
    return (0.15 * tones * (np.sin(3 * times) > -0.3) * 32767).astype(np.int16)


def store(folder: Path, minutes: float) -> tuple[Path, Path]:
    """Artifacts of a track that repeats ten seconds, and of frames without pictures."""
    block, seconds = voice(BLOCK_SECONDS), round(60 * minutes)
    sound, frames = folder / "sound.arrow", folder / "frames.arrow"
    with arrow_writer(sound, SOUND) as rows:
        for offset in range(0, seconds * RATE, len(block)):
            rows.append({"video": "v", "sample_rate": RATE, "start": 0.0, "offset": offset, "samples": block})
    with arrow_writer(frames, FRAMES) as rows:
        for frame in range(seconds * FRAMES_A_SECOND):
            rows.append({"video": "v", "frame": frame, "time": frame / FRAMES_A_SECOND, "jpeg": b""})
    return sound, frames


def extract(settings: FeatureSet, minutes: float) -> int:
    """Peak resident memory of extracting a set from a track, in bytes."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        files = store(Path(folder), minutes)
        write_sound_features(*files, build_extractor(settings, None, CPU), Path(folder) / "out.arrow")
    return resident()


def at_once(settings: FeatureSet, samples: np.ndarray) -> Callable[[], object]:
    """The baseline."""
    if isinstance(settings, OpenSmileSet):
        import opensmile

        warnings.simplefilter("ignore")
        levels = ["lld"] if settings.set == "eGeMAPSv01b" else ["lld", "lld_de"]
        programs = [opensmile.Smile(feature_set=settings.set, feature_level=level) for level in levels]
        signal = samples / np.float32(32768)
        return lambda: [program.process_signal(signal, RATE) for program in programs]
    if isinstance(settings, DeepSpectrumSet):
        return pictures_at_once(settings, samples)
    whole = settings.model_copy(update={"seconds": 1e9}) if settings.kind == "wav2vec2" else settings
    extractor = build_extractor(whole, None, CPU)
    return lambda: list(extractor.stream(lambda: [samples], RATE))


def pictures_at_once(settings: DeepSpectrumSet, samples: np.ndarray) -> Callable[[], object]:
    """DeepSpectrum by other people's code: all of the track's pictures, then one pass over them."""
    import cv2
    import librosa
    import matplotlib
    import torchvision

    network = torchvision.models.densenet121().eval()
    normalise = torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    colours, side = matplotlib.colormaps[settings.colours], (settings.side, settings.side)

    def draw(sound: np.ndarray) -> torch.Tensor:
        transform = {"n_fft": settings.n_fft, "hop_length": settings.n_fft // 2, "center": False}
        mel = librosa.feature.melspectrogram(y=sound, sr=HEARD, n_mels=settings.bands, **transform)
        levels = librosa.power_to_db(mel, top_db=None)
        share = (levels - levels.min()) / (levels.max() - levels.min())
        picture = cv2.resize(colours(share, bytes=True)[..., :3], side, interpolation=cv2.INTER_NEAREST)
        return normalise(torch.from_numpy(picture[::-1].copy()).permute(2, 0, 1) / 255)

    def run_network() -> torch.Tensor:
        sound = librosa.resample(samples / np.float32(32768), orig_sr=RATE, target_sr=HEARD)
        length, hop = round(settings.seconds * HEARD), round(settings.hop * HEARD)
        pictures = torch.stack(
            [draw(window) for window in librosa.util.frame(sound, frame_length=length, hop_length=hop).T]
        )
        with torch.inference_mode():
            # All at once would be gigabytes.
            return torch.cat([network.features(batch).relu().mean(dim=(2, 3)) for batch in pictures.split(16)])

    return run_network


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", nargs="+", default=["eGeMAPS", "ComParE", "VGGish", "wav2vec", "DeepSpectrum"])
    options.add_argument("--seconds", type=int, default=60, help="length of the track that is timed")
    options.add_argument("--minutes", type=float, default=180, help="length of the long track")
    options.add_argument("--runs", type=int, default=3)
    args = options.parse_args()
    sets = dict(load_run([ROOT / "config/demo_meng.yaml"], {}).system.features)
    sets["DeepSpectrum"] = DeepSpectrumSet(kind="deep_spectrum", weights="random_init")
    torch.set_num_threads(1)
    print("| set | seconds a minute of sound | at once | times as fast | MiB, 3 minutes | MiB, long track | ratio |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        sound, frames = store(Path(folder), args.seconds / 60)
        samples = np.tile(voice(BLOCK_SECONDS), -(-args.seconds // BLOCK_SECONDS))
        for name in args.sets:
            settings = sets[name]
            extractor = build_extractor(settings, None, CPU)
            out = Path(folder) / "out.arrow"
            ways = {
                "ours": lambda bound=extractor, out=out: write_sound_features(sound, frames, bound, out),
                "at once": at_once(settings, samples),
            }
            times = in_turns(ways, args.runs)
            ours, whole = (statistics.median(times[way]) * 60 / args.seconds for way in ways)
            line = f"| {name} | {ours:.2f} | {whole:.2f} | {ratio(times, 'at once', 'ours'):.2f} |"
            if args.minutes:
                short, long = (apart(extract, settings, minutes) / 2**20 for minutes in (3, args.minutes))
                line += f" {short:.0f} | {long:.0f} | {long / short:.2f} |"
            print(line, flush=True)


if __name__ == "__main__":
    main()

"""What preprocessing makes of a tiny corpus in its own layout, by the library's functions in one process."""

from pathlib import Path

from faces_lab import find_and_align

from affectflow.config.system.settings import Run
from affectflow.core.tracks import TrackName
from affectflow.dataloading.index import Labelled
from affectflow.datasets.video.formats import is_partial, reader_settings
from affectflow.datasets.video.labels import labels_table, make_reader
from affectflow.datasets.video.listing import all_videos
from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.registry import list_corpus
from affectflow.datasets.video.utterance_tables import expand_to_frames
from affectflow.preprocessing.audio.filters import mel_filters
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard


def prepare(run: Run, work: Path) -> dict[TrackName, Labelled]:
    """Decode the corpus of a run, find faces and make spectrograms; gives manifest and labels of each track."""
    listings = list_corpus(run.corpus, list(run.used))
    videos = list(all_videos(listings))
    files = {kind: work / kind / "all.arrow" for kind in ("frames", "sound", "faces", "mel")}
    videos_table = work / "videos/all.parquet"
    decode_shard(videos, run.decode, DecodeOutputs(videos_table, files["frames"], files["sound"]))
    find_and_align(files["frames"], videos, run.faces, files["faces"])
    spectrogram_shard(files["sound"], run.mel, mel_filters(run.mel, run.decode.sample_rate), files["mel"])
    sources: dict[TrackName, Labelled] = {}
    kind = run.corpus.kind
    for name, listing in listings.items():
        track, labels, manifest = run.track(name), work / name / "labels.parquet", work / name / "manifest.parquet"
        reader = make_reader(kind, reader_settings(run.corpus.model_dump(mode="json")))
        original_labels = work / name / "given.parquet" if kind == "omg" else labels
        labels_table(listing.labels, reader, track, original_labels)
        if kind == "omg":
            expand_to_frames(original_labels, [videos_table], track, labels)
        members, files_of = [("all", videos)], listing.labels
        manifest_table(members, listing.splits, [videos_table], labels, track, 1, files_of, manifest, is_partial(kind))
        sources[name] = Labelled(manifest, labels)
    return sources

"""What preprocessing makes of a tiny corpus in its own layout, by the library's functions in one process."""

from pathlib import Path

from affectflow.audio.filters import mel_filters
from affectflow.audio.mel import spectrogram_shard
from affectflow.config.settings import Run
from affectflow.corpus.catalogue import list_corpus
from affectflow.corpus.formats import is_partial, reader_settings
from affectflow.corpus.labels import labels_table, make_reader
from affectflow.corpus.listing import all_videos
from affectflow.corpus.manifest import manifest_table
from affectflow.corpus.utterance_tables import lay_on_frames
from affectflow.face.align import align_shard
from affectflow.media.decode import DecodeOutputs, decode_shard
from affectflow.streams.index import Labelled
from affectflow.tracks import TrackName


def prepare(run: Run, work: Path) -> dict[TrackName, Labelled]:
    """Decode the corpus of a run, find faces and make spectrograms; gives manifest and labels of each track."""
    listings = list_corpus(run.corpus, list(run.used))
    videos = list(all_videos(listings))
    files = {kind: work / kind / "all.arrow" for kind in ("frames", "sound", "faces", "mel")}
    decoded = work / "videos/all.parquet"
    decode_shard(videos, run.decode, DecodeOutputs(decoded, files["frames"], files["sound"]))
    align_shard(files["frames"], videos, run.faces, files["faces"])
    spectrogram_shard(files["sound"], run.mel, mel_filters(run.mel, run.decode.sample_rate), files["mel"])
    found: dict[TrackName, Labelled] = {}
    kind = run.corpus.kind
    for name, listing in listings.items():
        track, labels, manifest = run.track(name), work / name / "labels.parquet", work / name / "manifest.parquet"
        reader = make_reader(kind, reader_settings(run.corpus.model_dump(mode="json")))
        given = work / name / "given.parquet" if kind == "omg" else labels
        labels_table(listing.labels, reader, track, given)
        if kind == "omg":
            lay_on_frames(given, [decoded], track, labels)
        members, files_of = [("all", videos)], listing.labels
        manifest_table(members, listing.splits, [decoded], labels, track, 1, files_of, manifest, is_partial(kind))
        found[name] = Labelled(manifest, labels)
    return found

"""Names of videos: which are taken, which are said to be left, and which are too long, told before any work."""

from pathlib import Path

import pytest
from media_factory import clip
from untrained import make_system

from affectflow.artifacts.atomic import write_text
from affectflow.cli.main import main
from affectflow.config.data.corpora import FolderCorpus
from affectflow.core.errors import InputError
from affectflow.datasets.video.folder import list_folder
from affectflow.datasets.video.shard import Video, shards
from affectflow.datasets.video.video_names import VIDEO_SUFFIXES
from affectflow.prediction.batch import check_videos
from affectflow.prediction.outputs import Kinds

ASKED = ".mts .m2ts .3gp .gif .vob .ogv .asf .dv .mxf .f4v .mp4 .avi .mov .mkv .webm .m4v .mpg .mpeg .ts .wmv .flv"

SOUND = (
    "aa aac aa3 aax ac3 ac4 acm adp ads adts adx aea afc aif aifc aiff aix al ape apl apc apm aptx aptxhd ast au avr "
    "bcstm bfstm binka bit bonk brstm caf c2 dfpwm dss dtk dts dtshd eac3 ec3 fap flac fsb fwse g722 722 g723_1 g728 "
    "g729 genh gsm hca iamf ircam laf latm lbc lc3 loas lrc m2a m4a m4b mac mca mka mlp mmf mp2 mp3 mpa mpc msbc msf "
    "mtaf musx nist nsp oga ogg oma omg opus osq paf pcm pvf qoa ra rco rka rsd rso sb sbc sbg sds sdns sdx sf "
    "shn sln son sox spdif sph spx ss2 svag svs sw tak tco thd tta ub ul uw vag vpk vqe vqf vql vb w64 wa wav way wma "
    "wsd wv xl xmd xvag 302 ast voc lvf vag mods moflex dat str bmv sga yop amr drc aud daud"
)
PICTURES = (
    "avif heic heif jxl jxs jls jp2 j2c j2k jpeg jpg js jss ljpg mpo png ppm pgm pgmyuv pbm pam pfm phm pix pcx dpx "
    "exr fits bmp ico im1 im8 im24 sgi rgb hdr qoi ras rs sun sunras tga tif tiff vbn wbmp webp xbm xface xwd y"
)
TEXT = (
    "aqt ass srt ssa stl sub sup smi sami scc rt pjs idx vtt webvtt ttml jss mks mcc mpl2 txt ans art asc diz ice nfo "
    "vt xml"
)
OTHER = (
    "cdg cgi chk cif qcif yuv yuv10 v210 v bitpacked cdata cpk cvg drc ffmeta flm m3u8 mpd tun adf "
    "idf ipu imx jss pdv sdr2 ser a64 A64 cavs avs swf xl"
)


def test_the_names_are_those_that_the_demuxers_know() -> None:
    av = pytest.importorskip("av", reason="needs PyAV, whose library knows the names")
    extensions: set[str] = set()
    for name in av.formats_available:
        for mode in "rw":
            try:
                extensions |= {extension.strip() for extension in av.format.ContainerFormat(name, mode).extensions}
            except ValueError:
                continue
    suffixes = {suffix.removeprefix(".") for suffix in VIDEO_SUFFIXES}
    others = {name for group in (SOUND, PICTURES, TEXT, OTHER) for name in group.split()}
    assert sorted(extensions - suffixes - others) == [], "decide which of these are videos"
    assert sorted(others & suffixes) == sorted(others - extensions) == []
    aliases = {"qt", "lrv", "insv", "divx", "ogm", "mpe", "m2p", "trp", "tp", "mpv", "rmvb", "nsv", "bik", "smk"}
    assert sorted(suffixes - extensions - aliases) == []


def test_every_usual_name_is_taken_and_others_are_said_to_be_left(tmp_path: Path) -> None:
    names = [f"v{number}{suffix}" for number, suffix in enumerate(ASKED.split())]
    for name in [*names, "A.MTS", "sound.wav", "x/cover.jpg", "x/notes", ".hidden.txt"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    listing = list_folder(FolderCorpus(kind="folder", root=tmp_path))
    assert len(listing.videos) == len(names) + 1
    assert listing.remarks == ("3 file(s) are no videos by their names, and are left: sound.wav, cover.jpg, notes",)


def test_a_folder_without_videos_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.srt").touch()
    with pytest.raises(
        InputError, match=r"no video in it or below it; 1 file\(s\) are no videos by their names, .* a\.srt"
    ):
        list_folder(FolderCorpus(kind="folder", root=tmp_path))


@pytest.mark.parametrize("letter", ["a", "é"])
def test_any_legal_name_can_be_written(tmp_path: Path, letter: str) -> None:
    size = len(letter.encode())
    for suffix in (".csv", ".viewer.html.record.json"):
        path = tmp_path / (letter * ((255 - len(suffix)) // size) + suffix)
        write_text(path, "x")
        assert path.read_text() == "x"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("kinds", "limit"), [(Kinds(), 231), (Kinds(overlay=False, viewer=False), 239)])
def test_a_name_that_is_too_long_for_results_is_told_with_the_limit(tmp_path: Path, kinds: Kinds, limit: int) -> None:
    good, bad = tmp_path / ("a" * limit + ".mp4"), tmp_path / ("é" * (limit // 2) + "bb.mp4")
    check_videos([good], tmp_path / "out/not/there", kinds)
    size = len(bad.stem.encode())
    with pytest.raises(InputError, match=f"its name has {size} bytes .* takes 255: shorten it to {limit}"):
        check_videos([bad], tmp_path / "out", kinds)


def test_the_longest_name_gets_all_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_system(tmp_path)
    monkeypatch.chdir(tmp_path)
    stem = "é" * 115 + "x"
    clip(tmp_path / f"{stem}.mkv", count=3)
    assert main(["predict", f"{stem}.mkv", "--out", "out"]) == 0
    outputs = {path.name for path in (tmp_path / "out").iterdir()}
    results = {f"{stem}{suffix}" for suffix in (".csv", ".mp4", ".viewer.mp4", ".viewer.html")}
    results |= {"summary.csv", "people.csv", "index.html"}
    assert {path.name for path in (tmp_path / "out/people").iterdir()} == {f"{stem}.csv", f"{stem}.csv.record.json"}
    assert outputs == {"people", *results, *(f"{name}.record.json" for name in results)}


def test_a_name_that_is_too_long_for_a_submission_is_told_at_listing(tmp_path: Path) -> None:
    (tmp_path / ("a" * 251 + ".ts")).touch()
    assert len(list_folder(FolderCorpus(kind="folder", root=tmp_path)).videos) == 1
    (tmp_path / ("b" * 252 + ".ts")).touch()
    with pytest.raises(
        InputError, match=r"1 video\(s\) have names of more than 251 bytes: b{252} \(252 bytes\); shorten"
    ):
        list_folder(FolderCorpus(kind="folder", root=tmp_path))


def test_shards_of_long_names_have_names_that_files_can_have() -> None:
    names = ["a" * 251, "a" * 250 + "b", "a" * 200, "a" * 201]
    videos_by_shard = shards([Video(name, Path(f"{name}.mp4")) for name in names], 1)
    assert len(videos_by_shard) == 4 and max(map(len, videos_by_shard)) == 200 and "a" * 200 in videos_by_shard


def run_predict(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    try:
        assert main(["predict", *words, "--out", "out"]) == 2
    except SystemExit as error:
        assert error.code == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    "address", ["http://example.org/a//b.mp4?x=1", "https://example.org/v.mp4", "rtsp://cam:554/live", "file:///x.mp4"]
)
def test_an_address_is_named_whole(capsys: pytest.CaptureFixture[str], address: str) -> None:
    assert run_predict(capsys, address).startswith(
        f"error: {address}: is an address, and only files and folders here are"
    )


def test_a_camera_is_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_predict(capsys, "0").startswith(
        "error: 0: no file or folder of this name here; if a camera is meant: only recordi"
    )
    (tmp_path / "0").mkdir()
    assert run_predict(capsys, "0") == "error: 0: no video there"


@pytest.mark.parametrize("words", [("-x.mp4",), ("a.mp4", "-x.mp4"), ("-clips",)])
def test_a_name_that_begins_with_a_dash_gets_a_hint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-clips").mkdir()
    word = words[-1]
    hint = f"{word}: looks like an option; to name a file or folder write ./{word}, or put it behind --"
    assert run_predict(capsys, *words).endswith(hint)
    assert "no such file" in run_predict(capsys, "./-y.mp4")

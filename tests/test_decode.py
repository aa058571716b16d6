"""Every frame once, in order, with its own time; the sound on the same clock."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import ffmpeg as ffmpeg_python  # noqa: F401  (the driver that decode is built on is installed)
import numpy as np
import pytest
from media_factory import Decoded, clip, ffmpeg, real_clip
from PIL import Image

from affectflow.artifacts.schemas import FRAMES, SOUND, VIDEOS
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.preprocessing import Decode
from affectflow.corpus.shard import Video
from affectflow.errors import InputError
from affectflow.media.decode import DecodeOutputs, decode_shard
from affectflow.media.ffmpeg import ffmpeg_binary

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"
SINE = "sine=frequency=440:duration=2"

#!/usr/bin/env bash
# In one row of eGeMAPS, shimmer is of sound 30 ms earlier than pitch and harmonics-to-noise ratio.
#
# One would guess: jitter, shimmer, HNR and F0 of a row come from the same pitch frame (60 ms, middle 30 ms after the
# row's start), so that one shift brings all of them to their time.
# What happens: of a voice of 250 Hz whose pulses alternate in height by a share that swings slowly, HNRdBACF follows the
# swing as it is 29 ms after the row's start, and shimmer as it is at the row's start itself: its detector looks at a few
# periods around there. The row says 0 to 20 ms.
# Whom it hurts: whoever joins voice features with video frames or annotations by the rows' times, or shifts all
# voice columns alike; at 25 frames/s the difference is most of a frame.
#
# Seen with opensmile 2.6.0 (eGeMAPSv02, low-level descriptors), numpy 2.4.6:
#   after the row's start: shimmer 0 ms, HNR 29 ms (correlation with the swing .99 and more for both)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opensmile==2.6.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import opensmile

RATE, SECONDS, PITCH = 16_000, 8, 250


def swing(seconds: np.ndarray) -> np.ndarray:
    """How strongly pulses alternate, along time."""
    return np.sin(2 * np.pi * 1.5 * seconds)


pulse = np.exp(-np.arange(60) / 12) * np.sin(np.arange(60) * 0.9)
sound = np.zeros(RATE * SECONDS)
for number, seconds in enumerate(np.arange(0.01, SECONDS - 0.1, 1 / PITCH)):
    begin = round(seconds * RATE)
    sound[begin : begin + 60] += 0.5 * (1 + (-1) ** number * 0.1 * (1 + 0.8 * swing(seconds))) * pulse
extractor = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)
rows = extractor.process_signal((np.round(sound * 32_000) / 32_768).astype(np.float32), RATE)
starts = rows.index.get_level_values("start").total_seconds().to_numpy()


def after_start(column: str) -> int:
    """Milliseconds after the rows' starts at which the swing is what a column follows."""
    values = rows[column].to_numpy()
    counted = (values != 0) & (starts > 0.5) & (starts < 7)
    shifts = np.arange(-60, 61)
    fits = [abs(np.corrcoef(values[counted], swing(starts[counted] + shift / 1000))[0, 1]) for shift in shifts]
    assert max(fits) > 0.99, f"{column} does not follow the swing: {max(fits):.3f}"
    return int(shifts[int(np.argmax(fits))])


found = f"shimmer {after_start('shimmerLocaldB_sma3nz')} ms, HNR {after_start('HNRdBACF_sma3nz')} ms"
print("after the row's start:", found)
assert found == "shimmer 0 ms, HNR 29 ms", "changed: expected shimmer 0 ms, HNR 29 ms"
PYTHON

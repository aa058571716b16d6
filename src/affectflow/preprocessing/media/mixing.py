"""From several channels of sound to the one that is stored."""

import av
import numpy as np
from numpy.typing import NDArray

# Recommendation ITU-R BS.775, table 2: the mono mix of three channels in front and two around; 3 dB less for each place
# that is farther from the front. Low-frequency effects are left out.
_FRONT, _SIDE, _AROUND = 1.0, np.sqrt(0.5), 0.5
_PLACES = {
    "FC": _FRONT,
    **dict.fromkeys(("FL", "FR", "FLC", "FRC", "BC"), _SIDE),
    **dict.fromkeys(("LFE", "LFE2"), 0.0),
}
_USUAL = {"6 channels": "5.1", "8 channels": "7.1"}
"""What films have where a file does not tell the places of its channels."""
_KNEE = 0.9
"""Share of full scale up to which the mix stays as it is; what is louder is bent, and never reaches 1."""


def mix_weights(layout: str) -> NDArray[np.float64]:
    """The share of each channel in the mono mix, shape (channels,).

    Stereo is (left + right) / 2. Of more channels the mix is that of BS.775, at a gain by which speech that is in the
    centre alone, or where there is no centre alike in left and right, comes out as loud as speech that is alike in both
    channels of stereo. Six and eight channels of unknown places are taken for 5.1 and 7.1, other numbers of them are
    averaged; of an ambisonic recording the one without direction is taken.

    Args:
        layout: ffmpeg's name, such as "5.1(side)" or "6 channels".
    """
    places = [channel.name for channel in av.AudioLayout(_USUAL.get(layout, layout)).channels]
    if places[0] == "AMBI0":
        return np.eye(len(places))[0]
    if len(places) <= 2 or "NONE" in places:
        return np.full(len(places), 1 / len(places))
    weights = np.array([_PLACES.get(place, _AROUND) for place in places], np.float64)
    return weights if "FC" in places else weights * _SIDE


def mix_filters(layout: str) -> list[str]:
    """Filters of ffmpeg from sound of this layout to the mono mix; none for one or two channels, whose mean is what
    ffmpeg makes of them by itself."""
    weights = mix_weights(layout)
    if len(weights) <= 2:
        return []
    mix = "+".join(f"{weight:.6f}*c{channel}" for channel, weight in enumerate(weights) if weight)
    over = f"(abs(val(0))-{_KNEE})/{1 - _KNEE:.6f}"
    # tanh as 1 - 2 / (exp(2 x) + 1)
    bent = f"{_KNEE}+{1 - _KNEE:.6f}*(1-2/(exp(2*{over})+1))"
    soft = f"aeval='if(lte(abs(val(0)),{_KNEE}),val(0),(2*gt(val(0),0)-1)*({bent}))'"
    return ["aformat=sample_fmts=fltp", f"pan=mono|c0={mix}", soft]


def mix_notes(layout: str) -> list[str]:
    """Notes on how the channels were mixed, in sentences."""
    weights = mix_weights(layout)
    if len(weights) <= 2:
        return []
    if len(set(weights)) == 1:
        return [f"the sound's {len(weights)} channels, whose places the file does not tell, were averaged"]
    description = f"taken for {_USUAL[layout]}" if layout in _USUAL else layout
    return [f"the sound's {len(weights)} channels ({description}) were mixed to one by ITU-R BS.775"]

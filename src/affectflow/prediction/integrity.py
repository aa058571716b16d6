"""How whole a video's file was when it was decoded, and what else is to be known of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from affectflow.artifacts.record import Record

Cell = str | int | float


@dataclass(frozen=True)
class Integrity:
    """What a file announces and what could be decoded of it; numbers as of the schema VIDEOS."""

    expected: int
    """Frames that it announces."""
    frames: int
    """Decoded ones."""
    damaged: int
    """Those that were lost or decoded with errors."""
    sound_seconds: float
    """Decoded sound."""
    sound_damaged: float
    """Seconds of sound that were lost."""
    sound_tracks: int
    notes: tuple[str, ...] = ()
    """What decoding says of the file."""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Integrity":
        """Of a row of VIDEOS."""
        same = {name: row[name] for name in ("expected", "frames", "damaged", "sound_damaged", "sound_tracks")}
        return cls(**same, sound_seconds=row["audio_seconds"], notes=tuple(row["notes"]))

    @classmethod
    def of_record(cls, record: Record) -> "Integrity":
        """Of the record of a result."""
        return cls(**{name: kind(record.measured[name]) for name, kind in _NUMBERS.items()}, notes=record.notes)

    def measured(self) -> dict[str, float]:
        """Its numbers, as the record of a result has them."""
        values = asdict(self)
        return {name: values[name] for name in _NUMBERS}

    def columns(self, limit: float) -> dict[str, Cell]:
        """What the summary says of it; `limit` as of `warnings`."""
        numbers: dict[str, Cell] = {name: getattr(self, name) for name in ("expected", "damaged", "sound_damaged")}
        return numbers | {"warning": "; ".join(self.warnings(limit)), "notes": "; ".join(self.remarks())}

    def remarks(self) -> list[str]:
        """What a reader of its scores is to know, in sentences without their full stops."""
        return [*self.losses(), *([] if self.sound_tracks else ["the file has no sound"]), *self.notes]

    def losses(self) -> list[str]:
        """What of it is lost."""
        return [words for words, _ in self._measure_losses()]

    def warnings(self, limit: float) -> list[str]:
        """What of this weighs heavily: a larger share than `limit` of the frames, or of the sound, is lost."""
        return [words for words, share in self._measure_losses() if share > limit]

    def _measure_losses(self) -> list[tuple[str, float]]:
        """What is lost, in words and as a share of all."""
        losses = []
        if self.damaged:
            every = max(self.expected, self.frames)
            share = self.damaged / every
            losses.append((f"{self.damaged} of {every} frames are lost or damaged ({100 * share:.0f} %)", share))
        if self.sound_tracks and not self.sound_seconds:
            losses.append(("all of the sound is lost", 1.0))
        elif self.sound_damaged:
            seconds = max(self.sound_seconds, self.sound_damaged)
            share = self.sound_damaged / seconds
            losses.append(
                (f"{self.sound_damaged:.1f} of {seconds:.1f} s of sound are lost ({100 * share:.0f} %)", share)
            )
        return losses


_NUMBERS: dict[str, Any] = {number.name: number.type for number in fields(Integrity) if number.type in (int, float)}
"""The numbers by name, with their types."""

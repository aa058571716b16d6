"""The tables of emotions and action units as shipped, as matrices, and what is wrong with bad ones."""

from pathlib import Path

import numpy as np
import pytest

from affectflow.config.model.relatedness import CompoundRelatedness, Relatedness
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.relatedness.matrices import (
    UNITS,
    mixture_matrix,
    positive_valence,
    read_compounds,
    read_relatedness,
    unit_matrix,
    units_left_out,
)

CLASSES = track_of("expr").outputs


@pytest.fixture(scope="module")
def study(root: Path) -> Relatedness:
    return read_relatedness(root / "config" / "relatedness" / "du2014.yaml")


@pytest.fixture(scope="module")
def compounds(root: Path) -> CompoundRelatedness:
    return read_compounds(root / "config" / "relatedness" / "du2014_compound.yaml")


def test_table_v_of_the_study(study: Relatedness) -> None:
    units = {name: "+".join(map(str, sorted(related.weights))) for name, related in study.emotions.items()}
    assert units == {
        "happiness": "6+12+25",
        "sadness": "1+4+6+11+15+17",
        "fear": "1+2+4+5+20+25+26",
        "anger": "4+7+10+17+23+24",
        "surprise": "1+2+5+25+26",
        "disgust": "4+9+10+17+24",
    }
    assert study.emotions["happiness"].weights == {12: 1.0, 25: 1.0, 6: 0.51}
    assert sum(sum(related.observational.values()) for related in study.emotions.values()) == pytest.approx(
        0.51 + (0.6 + 0.5 + 0.26 + 0.67) + (0.57 + 0.63 + 0.33) + (0.26 + 0.52 + 0.29) + 0.66 + (0.31 + 0.26)
    )


def test_table_v_of_aff_wild2(root: Path) -> None:
    path = root / "config" / "relatedness" / "affwild2.yaml"
    relatedness = read_relatedness(path)
    assert not any(related.prototypical for related in relatedness.emotions.values())
    assert relatedness.emotions["sadness"].weights == {4: 0.53, 15: 0.42, 1: 0.31, 7: 0.13, 17: 0.1}
    assert [len(relatedness.emotions[name].weights) for name in CLASSES[1:]] == [5, 6, 6, 5, 5, 6]
    assert "NOT CERTAIN" in path.read_text(), "says that AU4 of sadness is read into a gap"


def test_matrix_by_hand(study: Relatedness) -> None:
    classes, units = ("neutral", "surprise", "fear"), (2, 5, 26, 14)
    assert unit_matrix(study.emotions, classes, units).tolist() == [[0, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    weighted = unit_matrix(study.emotions, classes, units, reweight=True)
    assert weighted.tolist() == [[0, 0, 0, 0], [1, 0.66, 1, 0], [0.57, 0.63, 0.33, 0]]


def test_a_matrix_has_each_unit_that_the_network_has(study: Relatedness) -> None:
    matrix = unit_matrix(study.emotions, CLASSES, UNITS, reweight=True)
    left_out = units_left_out(study.emotions, CLASSES, UNITS)
    assert matrix.shape == (7, 17) and left_out == {"sadness": (11,)}
    for row, name in zip(matrix, CLASSES, strict=True):
        weights = study.emotions[name].weights if name != "neutral" else {}
        assert {unit: w for unit, w in zip(UNITS, row.tolist(), strict=True) if w} == {
            unit: w for unit, w in weights.items() if unit not in left_out.get(name, ())
        }


def test_few_units_leave_much_out(study: Relatedness) -> None:
    assert units_left_out(study.emotions, ("happiness", "surprise"), (12, 1, 2)) == {
        "happiness": (6, 25),
        "surprise": (5, 25, 26),
    }


def test_a_class_without_units_must_be_known(study: Relatedness) -> None:
    with pytest.raises(InputError, match=r"no AUs are known of class 'other'; expected neutral, happiness, sadness"):
        unit_matrix(study.emotions, track_of("expr", "abaw3").outputs, UNITS)


def test_compound_sets(compounds: CompoundRelatedness) -> None:
    raf, emotionet = compounds.sets["raf_db"], compounds.sets["emotionet"]
    assert (len(raf), len(emotionet)) == (11, 16)
    assert (raf[0], raf[6], raf[10]) == ("happily surprised", "fearfully angry", "disgustedly surprised")
    assert set(emotionet) - set(compounds.classes) == set(CLASSES[1:])
    assert set(compounds.classes) == set(raf) | set(emotionet) - set(CLASSES), "no class that no corpus has"
    assert [name for name in raf if compounds.classes[name].positive_valence] == [
        "happily surprised",
        "happily disgusted",
    ]


def test_names_of_compounds_say_their_parts(compounds: CompoundRelatedness) -> None:
    stems = {"happ": "happiness", "sad": "sadness", "fear": "fear", "ang": "anger", "surpris": "surprise"}
    for name, compound in compounds.classes.items():
        if name in ("appalled", "awed"):
            continue
        expected = [next((e for stem, e in stems.items() if w.startswith(stem)), "disgust") for w in name.split()]
        assert list(compound.parts) == expected, name


def test_mixtures_and_valence_by_hand(compounds: CompoundRelatedness) -> None:
    classes, emotions = ("happiness", "happily surprised", "awed"), ("neutral", "happiness", "surprise", "fear")
    once = mixture_matrix(compounds.classes, classes, emotions)
    assert once.tolist() == [[0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    twice = mixture_matrix(compounds.classes, classes, emotions, basic="twice")
    assert twice.tolist() == [[0, 2, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    assert positive_valence(compounds.classes, classes).tolist() == [False, True, False]
    assert positive_valence(compounds.classes, classes, happiness=True).tolist() == [True, True, False]
    with pytest.raises(InputError, match="class 'awed' needs the probability of 'fear'; predicted are surprise"):
        mixture_matrix(compounds.classes, ["awed"], ["surprise"])


def test_compounds_and_basic_emotions_share_a_matrix(study: Relatedness, compounds: CompoundRelatedness) -> None:
    every = {**study.emotions, **compounds.classes}
    matrix = unit_matrix(every, compounds.sets["emotionet"], UNITS)
    assert matrix.shape == (16, 17) and np.isin(matrix, (0, 1)).all() and (matrix.sum(axis=1) >= 3).all()
    assert set(units_left_out(every, compounds.sets["raf_db"], UNITS).values()) == {(11,)}


SIX = "\n".join(f"  {name}: {{prototypical: [12]}}" for name in CLASSES[1:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"emotions:\n{SIX}", "source: is missing"),
        (f"source: x\nemotions:\n{SIX}\nnotes: y", "notes: no such setting; known are"),
        ("source: x\nemotions: {anger: {prototypical: [4]}}", "emotions are anger; expected each of anger, disgust"),
        (f"source: x\nemotions:\n{SIX.replace('[12]', '[0]', 1)}", "emotions.anger.prototypical.0: Input should be"),
        (f"source: x\nemotions:\n{SIX.replace('[12]', '[true]', 1)}", "valid integer (found True)"),
        (f"source: x\nemotions:\n{SIX.replace('prototypical: [12]', '', 1)}", "emotions.anger: no AU is named"),
        (f"source: x\nemotions:\n{SIX.replace('[12]', '[12, 12]', 1)}", "AU 12 is named twice"),
        (f"source: x\nemotions:\n{SIX.replace('[12]', '[12], observational: {12: 0.5}', 1)}", "AU 12 is named twice"),
        (f"source: x\nemotions:\n{SIX.replace('[12]', '[12], observational: {6: 51}', 1)}", "less than or equal to 1"),
        (f"source: x\nemotions:\n{SIX}\n{SIX}", "key 'anger' is given twice"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "table.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        read_relatedness(tmp_path / "table.yaml")
    assert message in str(error.value) and str(error.value).startswith(str(tmp_path / "table.yaml"))


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ("{raf: [sadly happy]}", "set raf has sadly happy; expected some of anger"),
        ("{raf: [awed, awed]}", "set raf has a class twice"),
    ],
)
def test_bad_sets_are_refused(tmp_path: Path, sets: str, message: str) -> None:
    (tmp_path / "t.yaml").write_text(
        f"source: x\nclasses: {{awed: {{parts: [surprise, fear], prototypical: [1]}}}}\nsets: {sets}"
    )
    with pytest.raises(InputError, match=message):
        read_compounds(tmp_path / "t.yaml")

# What branches that learn from sets read, and what is scored on still pictures.
# NEEDS  common.smk, lookup.smk
# GIVES  functions of a job's wildcards
from affectflow.preflight.members import corpus_files, members_of, pictures_of


@cache
def _of_corpus(name, tracks):
    return [literal(path) for path in corpus_files(name, list(tracks))]


def learns_here(wildcards):
    """Whether a branch learns from the run's own corpus."""
    its = trained(wildcards)
    return not its.sets or NAME in members_of(its)[1]


def own_files(files, wildcards):
    """What `files` gives for each track that a job trains on, by track; nothing where it does not learn from the run's
    own corpus."""
    return of_learnt(files, wildcards) if learns_here(wildcards) else {}


def seen(wildcards):
    """The artifacts of frames and pictures that a training job reads, and all else of other corpora."""
    _, corpora = members_of(trained(wildcards))
    found = of_streams(wildcards, "train", "validation") if learns_here(wildcards) else []
    found += [f"work/images/{name}/{split}.arrow" for name, split in pictures_of(trained(wildcards))]
    for name, tracks in corpora.items():
        if name != NAME:
            found += _of_corpus(name, tuple(tracks))
    return found


def member_options(wildcards):
    """Where the members of a branch's sets lie, as options."""
    images, corpora = members_of(trained(wildcards))
    both = {"images": {name: f"work/images/{name}" for name in images}, "corpus": {n: f"work/{n}" for n in corpora}}
    return " ".join(options(kind, its) for kind, its in both.items())


def relatedness(wildcards):
    """The file that says how a branch couples expressions and action units, where it does."""
    coupling = trained(wildcards).loss.coupling
    return [] if coupling is None else literal(coupling.relatedness)


def image_predictions():
    """What branches say of the validation pictures of image corpora, with what says how to read it."""
    found = []
    for task, name, images in RUN.scored:
        branch = trained(SimpleNamespace(task=task, branch=name))
        path = f"predictions/{SYSTEM}/{task}/{name}/{OFFICIAL}/images/{images}/validation.parquet"
        about = {"branch": name, "learnt": task, "edition": branch.edition or RUN.edition, "note": branch.note}
        found.append(about | {"images": images, "path": path})
    return found


def column_intervals(wildcards):
    """Our figures on the run's own corpus, for those columns of a table that are of its kind, by track."""
    columns = RUN.system.image_tables[wildcards.table].columns.values()
    asked = {column.track for column in columns if column.corpus == KIND}
    return {track: f"results/intervals_track{number}.json" for number, track in LABELLED.items() if track in asked}

# What branches that learn from sets read, beside what lookup.smk says of all.
# NEEDS  common.smk, lookup.smk
# GIVES  functions of a training job's wildcards
from affectflow.members import corpus_files, members_of


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
    images, corpora = members_of(trained(wildcards))
    found = of_streams(wildcards, "train", "validation") if learns_here(wildcards) else []
    found += [f"work/images/{name}/{split}.arrow" for name in images for split in ("train", "validation")]
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

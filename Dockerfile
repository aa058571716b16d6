# affectflow with the locked packages. Never built by us; a test holds it to the lock and the Makefile.
#   docker build -t affectflow .
#   docker run --rm -v "$PWD":/work affectflow affectflow init study
#   docker run --rm -v "$PWD/study":/work affectflow snakemake --cores 8 --resources gpu=2 results/test_track1.csv
# With GPUs add `--gpus all`.
FROM python:3.11-slim-bookworm
# git: records name the commit of a project's settings and rules.
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/affectflow
COPY requirements requirements
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/lock.txt
RUN pip install --no-cache-dir -r requirements/torch.in -c requirements/torch.txt
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
RUN for model in blazepose blazeface; do affectflow weights fetch $model || exit; done
WORKDIR /work
CMD ["affectflow", "--help"]

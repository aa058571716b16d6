"""Run a job under the device lease: `on_gpu.py --gpus N -- COMMAND …`."""

import os

from affectflow.runtime.lease import lease
from affectflow.workflow.script import parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--gpus", type=int, required=True, help="GPUs that the job asks for")
    options.add_argument("command", nargs="+", help="the job")
    args = options.parse_args()
    lease(args.gpus)
    os.execvp(args.command[0], args.command)


if __name__ == "__main__":
    run(main)

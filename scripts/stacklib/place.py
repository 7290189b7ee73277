"""Which engine and stack a command is about: the flags that say it."""

import pathlib

from .engine import Engine

ROOT = pathlib.Path(__file__).resolve().parents[2]


def add_arguments(parser):
    parser.add_argument("--instance", default="t0")
    parser.add_argument("--state-dir", default="/var/lib/terrarium")
    parser.add_argument("--run-dir", help="default /run/terrarium/INSTANCE")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--door", type=int, default=8080, help="where the site is served on 127.0.0.1 (default 8080)")
    parser.add_argument("--name", default="drupal", help="the stack's name: Terraform's variable name (default drupal)")
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))


def engine_of(asked):
    return Engine(asked.build, asked.instance, asked.state_dir, asked.run_dir, port=asked.port, door=asked.door)

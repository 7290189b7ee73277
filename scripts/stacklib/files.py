"""Small JSON files that are whole at every moment and that only root reads."""

import json
import os


def read_json(path, otherwise=None):
    try:
        return json.loads(path.read_text())
    except OSError:
        return otherwise


def write_json(path, value):
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(json.dumps(value) + "\n")
    fresh.rename(path)

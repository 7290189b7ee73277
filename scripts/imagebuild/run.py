"""Child processes: argument vectors only, output kept for the error, every network step bounded."""

import os
import shutil
import subprocess


class BuildError(Exception):
    """What happened, to what, and what to do; printed as it is, without a trace."""


def need(program, package):
    """The path of a program, or an error that names the Debian package that brings it."""
    path = shutil.which(program)
    if path is None:
        raise BuildError(f"{program} is not installed\n  do: apt-get install {package}")
    return path


def run(argv, *, timeout=None, env=None, stream=None, stdin=None):
    """Runs argv and returns its standard output. A failure raises BuildError with the last lines of its error output.

    stream: a callable that gets each line of the output as it comes (both streams joined).
    """
    full_env = None if env is None else {**os.environ, **env}
    if stream is None:
        try:
            done = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=timeout, env=full_env, input=stdin)
        except subprocess.TimeoutExpired:
            raise BuildError(f"{_title(argv)} did not end within {timeout} s") from None
        if done.returncode != 0:
            raise BuildError(f"{_title(argv)} failed ({done.returncode})\n{_tail(done.stderr or done.stdout)}")
        return done.stdout
    lines = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          errors="replace", env=full_env) as child:
        for line in child.stdout:
            lines.append(line.rstrip("\n"))
            stream(lines[-1])
    if child.returncode != 0:
        raise BuildError(f"{_title(argv)} failed ({child.returncode})\n" + _tail("\n".join(lines)))
    return "\n".join(lines)


def succeeds(argv, timeout=None):
    """Whether argv ends with 0, in time."""
    try:
        return subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _title(argv):
    words = [os.path.basename(argv[0])] + [word for word in argv[1:] if not word.startswith("-") and "/" not in word][:1]
    return " ".join(words)


def _tail(text, count=15):
    return "\n".join("  " + line for line in text.strip().splitlines()[-count:])

#!/usr/bin/env python3
"""Programs that the host lacks or has too old, from signed Debian packages and without installing them.

  program_root.py ensure NAME --state-dir DIR   has the root, prints its manifest; no network when it is there
  program_root.py list --state-dir DIR          what is there
  program_root.py age --state-dir DIR           how old it is, from the dates of the signed indexes
  program_root.py prune --state-dir DIR         removes roots that nothing uses any more
"""

import argparse
import datetime
import email.utils
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from program_roots import apt  # noqa: E402
from program_roots.catalog import CATALOG  # noqa: E402
from program_roots.ensure import Workshop  # noqa: E402
from program_roots.errors import ProgramRootError  # noqa: E402


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, text in (("ensure", "have a program root"), ("list", "list what is there"),
                          ("age", "say how old it is"), ("prune", "remove what nothing uses")):
        sub = commands.add_parser(command, help=text)
        if command == "ensure":
            sub.add_argument("name", choices=sorted(CATALOG))
            sub.add_argument("--refresh", action="store_true", help="look for newer packages")
            sub.add_argument("--lock", type=pathlib.Path, help="use exactly the packages of this lock file")
            sub.add_argument("--mirror", help="Debian mirror, where the host's apt sources name none")
            sub.add_argument("--cache-dir", help="keep packages here, for several state directories")
            sub.add_argument("--keyring", type=pathlib.Path, default=apt.HOST_KEYRING, help="archive keys that are trusted")
        sub.add_argument("--state-dir", required=True)
    return parser.parse_args(arguments)


def age_line(workshop, name, now):
    found, lock = workshop.current(name), workshop.lock(name)
    newest = max(email.utils.parsedate_to_datetime(date) for date in lock["indexes"].values())
    own = [p for p in lock["packages"] if p["name"] in CATALOG[name].packages]
    return (f"{name} {found['version']} ({', '.join(p['name'] + ' ' + p['version'] for p in own)}, {lock['suite']}): "
            f"index of {newest:%Y-%m-%d}, {(now - newest).days} days old; unpacked {lock['made'][:10]}")


def main(arguments):
    options = parse(arguments)
    if options.command == "ensure":
        workshop = Workshop(options.state_dir, cache_dir=options.cache_dir, keyring=options.keyring, mirror=options.mirror)
        lock = json.loads(options.lock.read_text(encoding="utf-8")) if options.lock else None
        print(json.dumps(workshop.ensure(CATALOG[options.name], refresh=options.refresh, lock=lock), indent=2))
        return 0
    workshop = Workshop(options.state_dir, hosts=[], codename="")
    for name in sorted(CATALOG):
        found = workshop.current(name)
        if options.command == "prune":
            for content in workshop.prune(name):
                print(f"{name} {content} removed")
        elif not found:
            print(f"{name}: absent; program_root.py ensure {name} --state-dir {options.state_dir}")
        elif options.command == "list":
            print(f"{name} {found['version']} {found['root']}")
        else:
            print(age_line(workshop, name, datetime.datetime.now(datetime.timezone.utc)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ProgramRootError as error:
        print(f"program_root: {error}", file=sys.stderr)
        sys.exit(1)

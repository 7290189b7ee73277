"""Which code goes into the image: the user's site, the Drupal of image/drupal, or the canary."""

import hashlib
import os
import pathlib
import shutil
import tempfile

from imagebuild.run import BuildError, succeeds

DOCROOTS = ("web", "docroot", "html", ".")
# The package that core's own template requires. A mirror that lacks it may answer for everything else.
PROBED_PACKAGE = "drupal/core-recommended"


class Code:
    """kind: site, project, drupal or canary. context: build context name and folder, or None for the Dockerfile's own."""

    def __init__(self, kind, folder, context, reason):
        self.kind = kind
        self.folder = pathlib.Path(folder)
        self.context = context
        self.reason = reason

    @property
    def needs_composer(self):
        return self.kind in ("project", "drupal")

    def content_id(self):
        """Names the code. A user's site by path, size, mode and time of change (26,000 files take 0.3 s), ours by content."""
        return tree_id(self.folder, by_content=self.kind != "site")


def choose_code(site, image_dir, *, canary=False, offline=False):
    """Decides from what is given and what is in reach; a site that was given and cannot be used is an error, never replaced."""
    if site is not None:
        folder = pathlib.Path(site).resolve()
        if not folder.is_dir():
            raise BuildError(f"SITE is not a folder: {folder}")
        composer = (folder / "composer.json").is_file()
        if composer and not (folder / "vendor" / "autoload.php").is_file():
            return Code("project", folder, ("project", folder), "SITE, a Composer project without vendor/")
        if not any((folder / root / "index.php").is_file() for root in DOCROOTS):
            raise BuildError(f"no site in {folder}: looked for index.php in " + ", ".join(f"{root}/" for root in DOCROOTS[:-1]) + " and the folder itself\n"
                             "  do: give the folder of a Composer project (with composer.json), or of a site with its code")
        return Code("site", folder, ("site", folder), "SITE")
    if canary:
        return Code("canary", image_dir / "canary", ("site", image_dir / "canary"), "asked for")
    drupal = image_dir / "drupal"
    reason = "offline" if offline else packagist_lacks(PROBED_PACKAGE)
    if reason is None:
        return Code("drupal", drupal, None, f"image/drupal ({PROBED_PACKAGE} can be downloaded)")
    return Code("canary", image_dir / "canary", ("site", image_dir / "canary"), f"no Drupal can be downloaded: {reason}")


def packagist_lacks(package):
    """Why Composer, as it is set up here, could not download a package; None where it could. Bounded to 15 s."""
    composer = shutil.which("composer")
    if composer is None:
        return "composer is not installed (apt-get install composer)"
    with tempfile.TemporaryDirectory() as empty:
        found = succeeds([composer, "show", "--available", "--no-interaction", "--no-plugins", "--working-dir", empty, package], timeout=15)
    return None if found else f"Composer does not find {package}"


def tree_id(folder, *, by_content):
    digest = hashlib.sha256()
    for path, name in sorted(_files(folder)):
        status = os.lstat(path)
        digest.update(f"{name}\0{status.st_mode:o}\0".encode())
        if not by_content:
            digest.update(f"{status.st_size} {status.st_mtime_ns}\0".encode())
        elif os.path.islink(path):
            digest.update(os.readlink(path).encode() + b"\0")
        else:
            digest.update(hashlib.sha256(pathlib.Path(path).read_bytes()).digest())
    return digest.hexdigest()


def _files(folder):
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in (".git", "node_modules")]
        for name in files:
            path = os.path.join(root, name)
            yield path, os.path.relpath(path, folder)

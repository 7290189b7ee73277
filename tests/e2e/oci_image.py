"""An image in OCI layout, made without any image tool."""

import gzip
import hashlib
import io
import json
import pathlib
import tarfile


def write_image(folder, files, tag, config=None, modes=None):
    """Writes one layer with these files ({path: bytes}) and gives the manifest's digest."""
    folder = pathlib.Path(folder)
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return "sha256:" + digest, len(data)

    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), (modes or {}).get(path, 0o644)
            tar.addfile(entry, io.BytesIO(data))
    layer, layer_size = put(gzip.compress(raw.getvalue(), 1, mtime=0))
    described = {"architecture": "amd64", "os": "linux", "config": config or {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(raw.getvalue()).hexdigest()]}}
    config_digest, config_size = put(json.dumps(described).encode())
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest, manifest_size = put(json.dumps({
        "schemaVersion": 2, "mediaType": kind,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config_size},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": layer_size}],
    }).encode())
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [{"mediaType": kind, "digest": manifest, "size": manifest_size, "annotations": {"org.opencontainers.image.ref.name": tag}}]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return manifest

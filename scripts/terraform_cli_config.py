#!/usr/bin/env python3
"""Makes a local mirror with Terrarium's provider and the Terraform CLI configuration that leads to it.

    terraform_cli_config.py FOLDER [PROVIDER]     prints the path of the configuration: TF_CLI_CONFIG_FILE

Nothing outside FOLDER is written, so that no other project finds this provider. Both Terraform's and OpenTofu's address
of hashicorp/aws are served; every other provider is fetched as usual.
"""

import filecmp
import os
import pathlib
import platform
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
VERSION = "6.25.0"  # whose schemas are served
HOSTS = ("registry.terraform.io", "registry.opentofu.org")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write(folder, provider):
    """The path of the CLI configuration in `folder`; `provider` is the program."""
    folder, provider = pathlib.Path(folder).resolve(), pathlib.Path(provider).resolve()
    if not provider.is_file():
        raise SystemExit(f"{provider} is not there: build the target terraform-provider-aws first")
    target = f"linux_{ARCHITECTURES.get(platform.machine(), platform.machine())}"
    addresses = [f"{host}/hashicorp/aws" for host in HOSTS]
    for address in addresses:
        package = folder / "mirror" / address / VERSION / target
        package.mkdir(parents=True, exist_ok=True)
        link = package / f"terraform-provider-aws_v{VERSION}"
        if link.exists() and filecmp.cmp(link, provider):
            continue
        # Another file under the name first, then a rename: a running plan keeps the program that it has.
        fresh = package / f".{link.name}.{os.getpid()}"
        shutil.copy2(provider, fresh)  # with its time, by which the next run sees that it is the same
        fresh.chmod(0o755)
        fresh.rename(link)
    quoted = ", ".join(f'"{a}"' for a in addresses)
    config = folder / "terraform.tfrc"
    config.write_text("provider_installation {\n"
                      f'  filesystem_mirror {{\n    path    = "{folder}/mirror"\n    include = [{quoted}]\n  }}\n'
                      f"  direct {{\n    exclude = [{quoted}]\n  }}\n}}\n")
    return config


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    print(write(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else ROOT / "build" / "release" / "terraform-provider-aws"))


if __name__ == "__main__":
    main()

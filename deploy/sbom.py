"""Write the bill of materials of Tocsin (CycloneDX 1.6, JSON): every library of requirements.txt with its hashes.

    python deploy/sbom.py requirements.txt > tocsin.cdx.json

Nothing in it depends on when, where or by whom it is made.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\\n]+?))? *\\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


def bill(requirements: str, version: str) -> dict[str, Any]:
    """The bill as an object."""
    libraries = [_library(*found.groups()) for found in _PINNED.finditer(requirements)]
    own = f"pkg:pypi/tocsin@{version}"
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, own + requirements)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "tocsin",
                "version": version,
                "purl": own,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": libraries,
    }


def _library(name: str, version: str, where: str | None, hashes: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    # One distribution each: a wheel for some system, or the source.
    files = [
        {"type": "distribution", "url": purl, "hashes": [{"alg": "SHA-256", "content": content}]}
        for content in re.findall(r"sha256:([0-9a-f]{64})", hashes)
    ]
    library = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    marker = {"properties": [{"name": "tocsin:where", "value": where.strip()}]} if where else {}
    return {**library, "externalReferences": files, **marker}


if __name__ == "__main__":
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    print(json.dumps(bill(Path(sys.argv[1]).read_text(), project["version"]), indent=2))

"""How pages of this area take files: kept in the tray until somebody decides."""

from typing import BinaryIO

from console.web.visit import Visit

ONE_FILE_BYTES = 32 << 20


def keep_files(visit: Visit, *fields: str) -> str:
    """Keep one file of each of these fields and give the token under which they wait; none without the first."""
    files: dict[str, tuple[str, BinaryIO]] = {}
    for name in fields:
        for upload in visit.files.get(name, ())[:1]:
            if upload.size:
                files[name] = (upload.name[:200], upload.content)
    if fields[0] not in files:
        return ""
    return visit.works.tray.put(visit.sitting.key, visit.works.home.path, files, visit.now)

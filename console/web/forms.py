"""Forms with files, read from the line into files that vanish; only as large as the page allows its sender."""

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from console.web.desk import MAX_FIELDS, Sent
from console.web.visit import Upload

MAX_FILES = 20
MAX_WORDS_BYTES = 128 * 1024  # of one field


def takes_files(request: Request) -> bool:
    """Whether a form came as one with files comes."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data"


async def read_form(request: Request, limit: int, *, in_memory: bool) -> Sent | None:
    """Such a form; `None` where it is larger than `limit` bytes, does not say how large it is, or is broken.

    Where nothing is allowed, nothing is read: the page that answers says why. Files that are `in_memory` never touch a
    disk, also not one without a name.
    """
    if not limit:
        return Sent({}, {})
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > limit:
        return None
    try:
        if in_memory:
            parser = MultiPartParser(
                request.headers,
                request.stream(),
                max_files=MAX_FILES,
                max_fields=MAX_FIELDS,
                max_part_size=MAX_WORDS_BYTES,
            )
            parser.spool_max_size = limit + 1
            form = await parser.parse()
            request._form = form  # noqa: SLF001 - so that the files are closed with the request, as all others
        else:
            form = await request.form(
                max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_WORDS_BYTES
            )
    except (HTTPException, MultiPartException):
        return None
    fields: dict[str, tuple[str, ...]] = {}
    files: dict[str, tuple[Upload, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields[name] = (*fields.get(name, ()), value.replace("\0", ""))
        elif value.filename:
            upload = Upload(value.filename, value.size or 0, value.file)
            files[name] = (*files.get(name, ()), upload)
    return Sent(fields, files)

"""Forms with a file, read piece by piece as they come in: nothing of the file is held in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from api.problems import RefusedError

_BOUNDARY: Final = re.compile(r'multipart/form-data;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME: Final = re.compile(r'\bname="([^"]*)"')
_FILE_NAME: Final = re.compile(r'\bfilename="([^"]*)"')
_MOST_HEAD: Final = 8_192
_MOST_FIELD: Final = 8_192
_MOST_FIELDS: Final = 20


class FileForm:
    """A form whose last field is a file.

    Parameters
    ----------
    content_type : str
        Of the request.
    chunks : async iterator of bytes
        Its body.

    Attributes
    ----------
    fields : dict of str to str
        What stands before the file; known once `file_name` has been asked for.
    """

    def __init__(self, content_type: str, chunks: AsyncIterator[bytes]) -> None:
        found = _BOUNDARY.match(content_type)
        if found is None:
            raise RefusedError("wrong-content-type", "Send the file as a form: multipart/form-data.")
        self._mark = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
        self._chunks = chunks
        self._buffer = bytearray(b"\r\n")  # so that the first mark is found as the others are
        self.fields: dict[str, str] = {}

    async def file_name(self) -> str:
        """Read up to the file. Raises `RefusedError` if there is none."""
        await self._skip_to_part()
        for _ in range(_MOST_FIELDS):
            head = await self._head()
            if file := _FILE_NAME.search(head):
                return file[1].replace("%22", '"')
            name, value = _NAME.search(head), bytearray()
            async for piece in self.content():
                value += piece
                if len(value) > _MOST_FIELD:
                    raise _broken()
            if name is not None:
                self.fields[name[1]] = value.decode("utf-8", "replace")
        raise _broken()

    async def content(self) -> AsyncIterator[bytes]:
        """What the field that has been reached holds, up to its end."""
        while (end := self._buffer.find(self._mark)) < 0:
            safe = len(self._buffer) - len(self._mark)
            if safe > 0:
                piece = bytes(self._buffer[:safe])
                del self._buffer[:safe]
                yield piece
            await self._more()
        piece = bytes(self._buffer[:end])
        del self._buffer[: end + len(self._mark)]
        if piece:
            yield piece

    async def _skip_to_part(self) -> None:
        async for piece in self.content():
            if piece.strip():
                raise _broken()

    async def _head(self) -> str:
        """The lines before a field; the mark before them has been passed."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > _MOST_HEAD or self._buffer.startswith(b"--"):
                raise _broken()
            await self._more()
        head = bytes(self._buffer[:end]).decode("utf-8", "replace")
        if end > _MOST_HEAD or head.startswith("--"):  # the end of the form, and no file
            raise _broken()
        del self._buffer[: end + 4]
        return head

    async def _more(self) -> None:
        chunk = b""
        while not chunk:
            try:
                chunk = await anext(self._chunks)
            except StopAsyncIteration:
                raise _broken() from None
        self._buffer += chunk


def _broken() -> RefusedError:
    return RefusedError("invalid-field", "The form brings no file, or breaks off. Choose a file and send it again.")

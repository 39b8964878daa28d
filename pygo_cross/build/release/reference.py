# SPDX-License-Identifier: BSD-3-Clause
"""Names of images in registries: HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST].

The host is always written: which registry a bare name such as `alpine` stands for is a matter of each engine's settings, and a
release had better not depend on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pygo_cross.records import usage_error

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?\Z")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a registry. `tag` and `digest` may be empty."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}" + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def wanted(self) -> str:
        """What to ask the registry for: the digest, else the tag, else `latest`."""
        return self.digest or self.tag or "latest"


def parse_reference(text: str) -> Reference:
    """A reference as people write it. Raises `UserError`."""
    rest, _, digest = text.partition("@")
    host, slash, path = rest.partition("/")
    path, _, tag = path.partition(":")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        raise usage_error("bad-reference", f"{text[:200]!r} does not name a registry", "write HOST/REPOSITORY")
    if not _HOST.match(host) or len(path) > 255 or not _REPOSITORY.match(path):
        raise usage_error("bad-reference", f"{text[:200]!r} is not the name of an image", "use small letters, digits and . _ - /")
    if (tag or ":" in rest.partition("/")[2]) and not _TAG.match(tag):
        raise usage_error("bad-reference", f"{text[:200]!r} has no valid tag", "letters, digits and . _ -")
    if "@" in text and not _DIGEST.match(digest):
        raise usage_error("bad-reference", f"{text[:200]!r} has no valid digest", "sha256: and 64 hexadecimal digits")
    return Reference(host, path, tag, digest)

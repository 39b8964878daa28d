# SPDX-License-Identifier: BSD-3-Clause
"""os/user: on Linux Go reads /etc/passwd and /etc/group itself, which makes it the oracle for what libSystem answers on macOS."""

from __future__ import annotations

import pytest
from conftest import Build

from pygo_cross.emulate import run

FILES = {
    "/etc/passwd": b"# a comment\nroot:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:A User:/home/user:/bin/sh\n"
    b"ada:*:1001:20:Ada:/home/ada:/bin/sh\nbroken\nbroken:x:one:two:::\n",
    "/etc/group": b"root:x:0:\nuser:x:1000:\nstaff:*:20:root\nmany:*:21:root,ada,user\nlong:*:22:"
    + b",".join(b"member%d" % i for i in range(900))
    + b",ada\n",
}


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_users(arch: str, build: Build) -> None:
    linux = run(build("users", f"linux/{arch}"), files=FILES)
    darwin = run(build("users", f"darwin/{arch}"), files=FILES)
    assert linux.status == 0
    assert b"[20 21 22] <nil>\n" in linux.stdout
    assert darwin.stdout.decode() == linux.stdout.decode()
    assert darwin.missing == {}

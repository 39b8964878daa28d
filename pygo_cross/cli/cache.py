# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross cache`: shows, verifies and trims what is kept between builds."""

from __future__ import annotations

import json
import os

from pygo_cross.build import caches
from pygo_cross.cli.options import parser
from pygo_cross.diag import EXIT_BUILD, EXIT_OK
from pygo_cross.records import usage_error

ABOUT = """What pygo-cross keeps between builds, in PYGO_CROSS_CACHE or ~/.cache/pygo_cross, beside the go command's cache of packages:
`show` tells how much there is, `verify` reads all of it and removes what is damaged, `trim` removes what was not used of late.
Everything can be made again. The go command trims its own cache; `go clean -cache` empties it."""

_DAYS = 30.0


def run(argv: list[str]) -> int:
    """Shows, verifies or trims."""
    made = parser("cache", "[FLAGS] [show | verify | trim]", ABOUT)
    made.add_argument("action", nargs="?", choices=("show", "verify", "trim"), default="show", help="what to do (show)")
    made.add_argument("--days", type=float, default=_DAYS, metavar="N", help="trim: what was not used for so many days (30); 0 is all")
    made.add_argument("--json", action="store_true", help="print what there is as JSON")
    options = made.parse_args(argv)
    if options.days < 0:
        raise usage_error("bad-flag", "--days is negative", "0 removes all")
    root = caches.folder_of(os.environ)
    if root is None:
        raise usage_error("no-cache", "there is no place for a cache", "set PYGO_CROSS_CACHE or HOME")
    objects = caches.objects_of(os.environ)
    status = EXIT_OK
    if options.action == "verify":
        bad = caches.verify(root) + (caches.verify_objects(objects) if objects is not None else [])
        for path in bad:
            print(f"{path}: damaged; removed")
        status = EXIT_BUILD if bad else EXIT_OK
    elif options.action == "trim":
        files, size = caches.trim(root, options.days)
        print(f"removed {files} files, {size:,} bytes")
    rows = caches.contents(root)
    if objects is not None:
        rows.append(caches.objects(objects))
    if options.json:
        listed = [{"name": row.kind.folder, "files": row.files, "size": row.size, "oldest": round(row.oldest, 1)} for row in rows]
        print(json.dumps({"folder": str(root), "contents": listed}, indent=2))
    elif options.action == "show":
        print(root)
        for row in rows:
            print(f"  {row.kind.folder:8} {row.files:7,} files {row.size:14,} bytes  {row.kind.about}")
    return status

# SPDX-License-Identifier: BSD-3-Clause
"""`pygo-cross jsonschema`: the schema of toolchain.yaml, for editors."""

from __future__ import annotations

import json

from pygo_cross.build.config import json_schema
from pygo_cross.cli.options import parser


def run(argv: list[str]) -> int:
    """Prints the schema."""
    about = (
        "Prints the JSON Schema of toolchain.yaml. An editor finds it by the file's first line:\n\n  # yaml-language-server: $schema=FILE"
    )
    parser("jsonschema", "", about).parse_args(argv)
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0

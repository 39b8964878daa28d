# SPDX-License-Identifier: BSD-3-Clause
"""A real engine, and the image built on it. Tests that ask for them are skipped, with the reason, where there is no engine.

By hand, as these fixtures do it, on an engine that has a base image with python3 and its venv module:

    python3 -m pip download -d build/wheelhouse --no-deps -r pygo_cross/build/image/requirements.txt
    python3 -m pip download -d build/wheelhouse --no-deps -r pygo_cross/build/image/build-requirements.txt
    docker build --build-arg PIP_NO_INDEX=1 --build-arg BASE=IMAGE --build-arg WARM=linux/amd64 --build-arg STD=flag -t pygo-cross-test .

WARM names the targets that the standard library is compiled for ahead, all four when it is left out: a minute of two
processors each, and some minutes more for those that our compiler makes code for, unless STD names a few packages. The engine keeps
what it built, so all but the first time take seconds.

What is asked of the environment:
- PYGO_CROSS_TEST_BASE: the base; else one of `BASES` (real_engine.py) that the engine has; else one that debootstrap makes, where that is
  installed and we are root.
- PYGO_CROSS_TEST_IMAGE: an image of pygo-cross that is there already; nothing is built then.
- PYGO_CROSS_TEST_ENGINE=required: that there is no engine is a failure.
"""

from __future__ import annotations

import os

import full
import pytest
from real_engine import ROOT, TAG, Docker, alone, docker, fill_wheelhouse, find_base, give_up, missing_engine


@pytest.fixture(scope="session")
def engine() -> Docker:
    """The docker command, where an engine answers it: `engine("run", …)`."""
    why = missing_engine()
    if why:
        give_up(why)
    return docker


@pytest.fixture(scope="session")
def image(engine: Docker, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the image of this checkout, with a warm cache for the engine's own processor alone."""
    named = os.environ.get("PYGO_CROSS_TEST_IMAGE")
    if named:
        return named
    with alone(tmp_path_factory):
        base = find_base()
        fill_wheelhouse(base)
        processor = engine("version", "--format", "{{.Server.Arch}}").stdout.strip()
        packages = {"OURS": "flag"} if full.asked() else {"STD": "flag"}  # all that examples/hello needs
        arguments = {"BASE": base, "PIP_NO_INDEX": "1", "WARM": f"linux/{processor}", **packages}
        engine("build", *(f"--build-arg={name}={value}" for name, value in arguments.items()), "-t", TAG, ROOT)
    return TAG

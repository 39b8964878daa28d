# SPDX-License-Identifier: BSD-3-Clause
"""What the steps of a release work on.

Everything that a build leaves in dist/ is planned before anything is compiled: names and their templates, what goes into
what, and where two would get one name. A step therefore has two functions: `plan` says what it will make, as `Planned`
records, and `make` writes one of them, whole, to a place in the scratch folder that the pipeline gives it. Only the
pipeline puts files into dist/ and writes the record.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pygo_cross import GO_RELEASE
from pygo_cross.build.artifacts import BINARY, UNIVERSAL, Artifact
from pygo_cross.build.config import Build, Config
from pygo_cross.build.matrix import builds_of
from pygo_cross.build.process import Children
from pygo_cross.build.template import GitFacts, Variables, expand
from pygo_cross.diag import NO_POS, Diagnostic, Pos
from pygo_cross.records import Record

ALL: Final = "all"
"""GOARCH of a universal binary."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """Something that the build will leave in dist/.

    `path` is relative to dist/, with slashes; it is a folder for an image. `pos` is the place in the configuration that asks
    for it, `record` what stands there, `id` that record's id, `build` the id of the build where there is one. `target` is
    os/arch (darwin/all for a universal binary) or nothing. `inputs` are made before; where `contains` is set they are inside.
    `extra` goes into the artifact's record, `data` is the step's own.
    """

    type: str
    path: str
    pos: Pos = NO_POS
    record: Record | None = None
    id: str = ""
    build: str = ""
    target: str = ""
    variant: str = ""
    inputs: tuple[Planned, ...] = ()
    contains: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    data: Any = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return posixpath.basename(self.path)

    @property
    def goos(self) -> str:
        """GOOS, where it is for one."""
        return self.target.partition("/")[0]

    @property
    def goarch(self) -> str:
        """GOARCH, `all`, or nothing."""
        return self.target.partition("/")[2]


class Release:
    """One build from its plan to its record: what steps are given.

    `planned` grows step by step while planning, `steps` has the same by the step's name; `artifacts` has, by path, what is
    finished. `epoch` is the time, in seconds since 1970, that everything made carries: SOURCE_DATE_EPOCH, else the commit's.
    `times` are the seconds that each binary took, by its path and stage, `reports` what our linker said of it.
    `problems` collects mistakes found while planning. `scratch` is a folder on the file system of dist/ that is gone afterwards.
    """

    def __init__(self, config: Config, git: GitFacts, snapshot: bool = False, skip: Iterable[str] = ()) -> None:
        self.config, self.git = config, git
        self.snapshot, self.skip = snapshot, frozenset(skip)
        self.planned: list[Planned] = []
        self.steps: dict[str, list[Planned]] = {}
        self.problems: list[Diagnostic] = []
        self.artifacts: dict[str, Artifact] = {}
        self.times: dict[str, dict[str, float]] = {}
        self.reports: dict[str, bytes] = {}
        self.children = Children()
        self.scratch = Path()
        self.workers = 1
        self.mode = "none"

    @property
    def dist(self) -> Path:
        """The output folder."""
        return self.config.dist

    @property
    def epoch(self) -> int:
        """Seconds since 1970."""
        return int(self.git.answer("CommitTimestamp"))

    def find(self, *types: str, ids: Sequence[str] = ()) -> list[Planned]:
        """What is planned of these types, of the builds or records with these `ids` (any when empty)."""
        return [item for item in self.planned if item.type in types and (not ids or item.build in ids or item.id in ids)]

    def builds(self) -> tuple[Build, ...]:
        """The builds of the file."""
        return builds_of(self.config)

    def all_ids(self) -> list[str]:
        """The ids of the file's builds and universal binaries, whether or not they are planned now."""
        project = self.config.project
        names = [build.id or project.project for build in self.builds()]
        return names + [record.id or project.project for record in project.universal_binaries]

    def packable(self, ids: Sequence[str] = ()) -> list[Planned]:
        """The binaries that go into archives and images: without those that a universal binary replaces."""
        fat = self.find(UNIVERSAL)
        replaced = {part for item in fat if item.extra.get("Replaces") for part in item.inputs}
        return [item for item in self.find(BINARY, UNIVERSAL, ids=ids) if item not in replaced]

    def made(self, item: Planned) -> Artifact:
        """What came of a plan; it is there when the step that made it is through."""
        return self.artifacts[item.path]

    def path(self, item: Planned) -> Path:
        """Where a finished artifact is."""
        return self.dist / item.path

    def variables(self, item: Planned | None = None, **more: str) -> Variables:
        """The variables of templates, about `item` where there is one."""
        known = {"ProjectName": self.config.project.project, "GoVersion": GO_RELEASE}
        if item is not None:
            known |= {
                "Os": item.goos,
                "Arch": item.goarch,
                "Target": f"{item.goos}_{item.goarch}" + (f"_{item.variant}" if item.variant else ""),
                "Amd64": item.variant if item.goarch == "amd64" else "",
                "Arm64": item.variant if item.goarch == "arm64" else "",
                "BuildID": item.build,
                "Binary": str(item.extra.get("Binary", self.config.project.project)),
                "ArtifactName": item.name,
                "ArtifactPath": str(self.path(item)),
            }
        return Variables({**known, **more}, os.environ, self.git)

    def expand(self, text: str, pos: Pos, item: Planned | None = None, **more: str) -> str:
        """A template of the configuration; mistakes go to `problems`."""
        return expand(text, self.variables(item, **more), pos if pos.file else self.config.project.place(), self.problems)

    def wrong(self, pos: Pos, code: str, message: str, hint: str = "") -> None:
        """Notes a mistake of the configuration; where no record of the file is to blame, at its beginning."""
        pos = pos if pos.file else self.config.project.place()
        self.problems.append(Diagnostic(pos, code, message, hint))

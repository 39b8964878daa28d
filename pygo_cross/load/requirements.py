# SPDX-License-Identifier: BSD-3-Clause
"""Minimal version selection: the module graph, read no further than needed, and the requirements that span it.

The version of a module that is selected is the highest that any module in the graph requires. A go.mod of go 1.17 or
later lists all that its packages need, so the graph is often not read at all: the main module's own lines (`roots`)
decide. Facts: src/cmd/go/internal/modload/{buildlist,mvs}.go, src/cmd/go/internal/mvs.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable, Mapping
from functools import cmp_to_key
from typing import Final

from pygo_cross.load import gover
from pygo_cross.load.errors import BuildListError, Fatal, LoadError
from pygo_cross.load.modpath import ModuleError, ModuleVersion, PathError, VersionError
from pygo_cross.load.modules import PRUNED, UNPRUNED, WORKSPACE, Modules, Summary, pruning_for

_FETCHERS: Final = 8  # go.mod files that are fetched at a time


def _compare(one: ModuleVersion, other: ModuleVersion) -> int:
    if one.path != other.path:
        return -1 if one.path < other.path else 1
    return gover.compare_module(one.path, one.version, other.version)


def sort_modules(modules: Iterable[ModuleVersion]) -> list[ModuleVersion]:
    """By path, then version."""
    return sorted(modules, key=cmp_to_key(_compare))


def _newer(path: str, one: str, other: str) -> bool:
    """Whether `other` wins over `one`; no version is a main module's, and wins over all."""
    if not one:
        return False
    return not other or gover.compare_module(path, one, other) < 0


class Graph:
    """What every module that was read requires, and the version of each path that is selected by that."""

    __slots__ = ("errors", "required", "roots", "selected")

    def __init__(self, roots: list[ModuleVersion]) -> None:
        self.roots = roots
        self.required: dict[ModuleVersion, list[ModuleVersion]] = {}
        self.selected: dict[str, str] = {}
        self.errors: dict[ModuleVersion, Exception] = {}
        for root in roots:
            self._select(root)

    def _select(self, module: ModuleVersion) -> None:
        known = self.selected.get(module.path)
        if known is None or _newer(module.path, known, module.version):
            self.selected[module.path] = module.version

    def require(self, module: ModuleVersion, required: list[ModuleVersion]) -> None:
        """Adds a module's requirements."""
        self.required[module] = required
        for one in required:
            self._select(one)

    def version(self, path: str) -> str | None:
        """The selected version of a path, or None for one that no module requires."""
        return self.selected.get(path)

    def build_list(self) -> list[ModuleVersion]:
        """Every path at its selected version: the main modules first, the others sorted."""
        first = list(dict.fromkeys(root.path for root in self.roots))
        rest = sort_modules(ModuleVersion(path, version) for path, version in self.selected.items() if path not in first)
        return [ModuleVersion(path, self.selected[path]) for path in first] + rest

    def error(self) -> BuildListError | None:
        """The error that the shortest chain of requirements leads to."""
        if not self.errors:
            return None
        parents: dict[ModuleVersion, ModuleVersion | None] = dict.fromkeys(self.roots)
        queue = deque(self.roots)
        while queue:
            module = queue.popleft()
            if module in self.errors:
                chain: list[ModuleVersion] = []
                link: ModuleVersion | None = module
                while link is not None:
                    chain.append(link)
                    link = parents[link]
                return BuildListError(self.errors[module], chain[::-1])
            for required in self.required.get(module, ()):
                if required not in parents:
                    parents[required] = module
                    queue.append(required)
        return None


class Requirements:
    """The roots of a graph: what the main module requires itself (in a workspace, the main modules), sorted."""

    __slots__ = ("_error", "_graph", "direct", "max_root", "modules", "pruning", "roots")

    def __init__(self, modules: Modules, pruning: str, roots: list[ModuleVersion], direct: frozenset[str]) -> None:
        self.modules, self.pruning, self.roots, self.direct = modules, pruning, roots, direct
        self.max_root: dict[str, str] = {}
        for root in roots:
            known = self.max_root.get(root.path)
            if known is None or gover.compare_module(root.path, known, root.version) < 0:
                self.max_root[root.path] = root.version
        self._graph: Graph | None = None
        self._error: BuildListError | None = None

    @property
    def go_version(self) -> str:
        return self.max_root.get("go", "")

    def root_selected(self, path: str) -> str | None:
        """The version of a path that the roots name; nothing for a main module, None for a path that is no root."""
        if path in self.modules.by_path:
            return ""
        return self.max_root.get(path)

    @property
    def has_graph(self) -> bool:
        """Whether the graph was read."""
        return self._graph is not None

    def set_graph(self, graph: Graph) -> None:
        self._graph = graph

    def graph(self) -> Graph:
        """The module graph, read once. Raises `BuildListError`."""
        if self._graph is None:
            self._graph = read_graph(self.modules, self.pruning, self.roots)
            self._error = self._graph.error()
        if self._error is not None:
            raise self._error
        return self._graph

    def partial_graph(self) -> Graph:
        """The graph, even where parts of it can't be read."""
        if self._graph is None:
            with contextlib.suppress(BuildListError):
                self.graph()
        assert self._graph is not None
        return self._graph


def read_graph(modules: Modules, pruning: str, roots: list[ModuleVersion]) -> Graph:
    """Reads the go.mod files that matter, level by level; what can't be read is in the graph's `errors`."""
    mains = [ModuleVersion(main.path) for main in modules.mains]
    graph = Graph(roots if modules.in_workspace else mains)
    if pruning != WORKSPACE:
        graph.require(mains[0], roots)
    seen: set[tuple[ModuleVersion, str]] = set()
    summaries: dict[ModuleVersion, Summary | None] = {}

    def load(level: list[tuple[ModuleVersion, str]]) -> None:
        while level:
            fresh = [item for item in dict.fromkeys(level) if item not in seen and item[0].version != "none"]
            seen.update(fresh)
            _prefetch(modules, [module for module, _ in fresh if module not in summaries])
            level = []
            for module, how in fresh:
                if module not in summaries:
                    try:
                        summary = modules.summary(module)
                        graph.require(module, summary.require)
                        summaries[module] = summary
                    except Fatal:
                        raise
                    except (LoadError, ModuleError, PathError, VersionError) as error:
                        graph.errors[module] = error
                        summaries[module] = None
                found = summaries[module]
                if found is None:
                    continue
                following = UNPRUNED if how == UNPRUNED else found.pruning
                if how != PRUNED or found.pruning == UNPRUNED:
                    level += [(required, following) for required in found.require]

    load([(root, pruning) for root in roots])
    if pruning == WORKSPACE:
        _read_workspace(graph, roots, load)
    return graph


def _read_workspace(graph: Graph, roots: list[ModuleVersion], load: object) -> None:
    """Reads what the modules of a workspace need beyond their own requirements."""
    assert callable(load)
    everywhere = dict.fromkeys(root.path for root in roots)
    seen: set[ModuleVersion] = set()
    while True:
        wanted: dict[ModuleVersion, None] = {}
        for path in everywhere:
            module = ModuleVersion(path, graph.selected.get(path, "none"))
            if module not in seen:
                wanted[module] = None
                continue
            for required in graph.required.get(module, ()):
                selected = ModuleVersion(required.path, graph.selected[required.path])
                if selected not in seen and _newer(required.path, required.version, selected.version):
                    wanted[selected] = None
        if not wanted:
            return
        load([(module, WORKSPACE) for module in wanted])
        for module in wanted:
            seen.add(module)
            everywhere[module.path] = None


def _prefetch(modules: Modules, level: list[ModuleVersion]) -> None:
    """Fetches several go.mod files side by side; what goes wrong is found again when each is read."""
    if modules.vendor is not None:
        return
    missing: list[ModuleVersion] = []
    for module in level:
        if gover.is_toolchain(module.path) or not module.version:
            continue
        actual = modules.resolve(module)
        try:
            if actual.version and not modules.fetcher.have_go_mod(actual):
                missing.append(actual)
        except (LoadError, PathError, VersionError):
            continue
    if len(missing) < 2 or (modules.needs_sums and not all(_has_sum(modules, module) for module in missing)):
        return

    def one(module: ModuleVersion) -> None:
        try:
            modules.fetcher.go_mod(module.path, module.version)
        except (LoadError, ModuleError, PathError, VersionError):
            return

    from concurrent.futures import ThreadPoolExecutor  # seldom needed, and dear to import

    with ThreadPoolExecutor(_FETCHERS) as pool:
        list(pool.map(one, missing))


def _has_sum(modules: Modules, module: ModuleVersion) -> bool:
    return modules.fetcher.have_sum(ModuleVersion(module.path, module.version + "/go.mod"))


def initial_requirements(modules: Modules) -> Requirements:
    """The requirements as the main modules' files have them. Raises `Fatal` or a `LoadError`."""
    if not modules.has_root and not modules.in_workspace:
        roots = [ModuleVersion("go", gover.LOCAL), ModuleVersion("toolchain", "go" + gover.LOCAL)]
        return Requirements(modules, pruning_for(gover.LOCAL), roots, frozenset(["go"]))
    direct: set[str] = {"go"}
    if modules.work is not None:
        roots = [ModuleVersion(main.path) for main in modules.mains]
        roots.append(ModuleVersion("go", modules.work.work_version))
        if modules.work.toolchain:
            roots.append(ModuleVersion("toolchain", modules.work.toolchain))
        direct = {entry.module.path for main in modules.mains if main.file for entry in main.file.require if not entry.indirect}
        found = Requirements(modules, WORKSPACE, sort_modules(roots), frozenset(direct))
        if modules.vendor is not None:
            _vendor_graph(modules, found)
        return found
    roots = _file_roots(modules, 0, direct)
    file = modules.mains[0].file
    assert file is not None
    if file.toolchain:
        roots.append(ModuleVersion("toolchain", file.toolchain))
    found = Requirements(modules, pruning_for(modules.go_version), sort_modules(roots), frozenset(direct))
    if modules.vendor is not None:
        _vendor_graph(modules, found)
    if any(found.max_root[root.path] != root.version and root.path not in modules.by_path for root in found.roots):
        raise modules.dirty()  # two versions of one module are required
    if not file.go:
        modules.go_versions[ModuleVersion(modules.mains[0].path)] = gover.DEFAULT_GO_MOD
    return found


def _file_roots(modules: Modules, number: int, direct: set[str]) -> list[ModuleVersion]:
    """What one main module requires, without what it excludes, and its Go."""
    main = modules.mains[number]
    assert main.file is not None
    roots: list[ModuleVersion] = []
    for entry in main.file.require:
        if entry.module in main.exclude:
            modules.warnings.append(f"go: ignoring requirement on excluded version {entry.module.path} {entry.module.version}")
            continue
        roots.append(entry.module)
        if not entry.indirect:
            direct.add(entry.module.path)
    return [*roots, ModuleVersion("go", main.file.go_version)]


def _vendor_graph(modules: Modules, found: Requirements) -> None:
    """With a vendor folder, the graph is what modules.txt lists."""
    vendor = modules.vendor
    assert vendor is not None
    mains = [ModuleVersion(main.path) for main in modules.mains]
    graph = Graph(found.roots if modules.in_workspace else mains)
    if found.pruning == PRUNED:
        bad = [module for module in vendor.modules if found.root_selected(module.path) != module.version]
        if bad:
            lines = [f"go: vendored module {module} should be required explicitly in go.mod" for module in bad]
            raise Fatal("\n".join([*lines, f"go: {modules.dirty()}"])[len("go: ") :])
        graph.require(mains[0], found.roots)
    else:
        listed = ModuleVersion("vendor/modules.txt")
        for number, main in enumerate(mains):
            required = _file_roots(modules, number, set()) if modules.in_workspace else found.roots
            graph.require(main, [*required, listed])
        graph.require(listed, vendor.modules)
    found.set_graph(graph)


def check_committed(modules: Modules, found: Requirements) -> None:
    """Raises `Fatal` where the go command would write go.mod another way, though nothing is missing in it."""
    file = modules.mains[0].file
    if modules.in_workspace or file is None:
        return
    toolchain = file.toolchain
    useless = toolchain == "go" + found.go_version or gover.compare(gover.of_toolchain(toolchain), gover.STRICT) < 0
    excluded = any(entry.module in modules.mains[0].exclude for entry in file.require)
    if file.unfixed or excluded or (toolchain and useless):
        raise modules.dirty()


def update_roots(
    found: Requirements, direct: frozenset[str], used: Iterable[ModuleVersion], add: Iterable[ModuleVersion] = ()
) -> Requirements:
    """The requirements once it is known which modules are used by packages that count. Never changes what go.mod says.

    Raises `Fatal` where go.mod would have to be changed: a root is missing, or lower than what is selected.
    """
    if found.pruning == WORKSPACE:
        renewed = Requirements(found.modules, WORKSPACE, found.roots, direct)
        if found.has_graph:
            renewed.set_graph(found.partial_graph())
        return renewed
    if found.pruning == UNPRUNED:
        graph = found.graph()
        wrong = any(root.version != graph.version(root.path) for root in found.roots)
        if (
            wrong
            or any(module.version != graph.version(module.path) for module in add)
            or any(path not in found.max_root for path in direct)
        ):
            raise found.modules.dirty()
        return found
    check: dict[ModuleVersion, None] = {}
    for module in used:
        if found.root_selected(module.path) is None:
            raise found.modules.dirty()
        check[module] = None
    for module in add:
        known = found.root_selected(module.path)
        if known is None or gover.compare_module(module.path, known, module.version) < 0:
            raise found.modules.dirty()
    read: Graph | None = None
    if found.has_graph:
        read = found.partial_graph()
    elif not _spot_check(found, check):
        read = found.graph()
    if read is not None and any(read.version(root.path) != root.version for root in found.roots):
        raise found.modules.dirty()
    return found


def _spot_check(found: Requirements, used: Mapping[ModuleVersion, None]) -> bool:
    """Whether no module that is used requires more of a root than the root itself does."""
    for module in used:
        try:
            summary = found.modules.summary(module)
        except Fatal:
            raise
        except (LoadError, ModuleError, PathError, VersionError):
            return False
        for required in summary.require:
            known = found.root_selected(required.path)
            if known is not None and _newer(required.path, known, required.version):
                return False
    return True

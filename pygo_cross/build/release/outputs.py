# SPDX-License-Identifier: BSD-3-Clause
"""The keys of toolchain.yaml that say what is made of the binaries. Names and meanings are GoReleaser's.

Only what is written down: what comes of it is in the step's own file beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from pygo_cross.build.template import SNAPSHOT
from pygo_cross.records import Record, key

Format = Literal["tar.gz", "tgz", "tar.xz", "txz", "tar", "zip", "binary", "none"]
Algorithm = Literal[
    "sha256", "sha512", "sha384", "sha224", "sha1", "md5", "blake2b", "blake2s", "sha3-224", "sha3-256", "sha3-384", "sha3-512"
]

_ASSIGNMENT: Final = r"^[A-Za-z_][A-Za-z0-9_]*="
_MODE: Final = r"^0?[0-7]{3,4}$"
_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._+-]*$"
_NAME_MEANS: Final = "a name of letters, digits and . _ + -"
_MODE_MEANS: Final = "octal digits in quotes, such as 0644"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo(Record):
    """Whose a file in an archive is, how it may be used and how old it is."""

    owner: str = key("The owner's name; root when absent.", default="")
    group: str = key("The group's name; root when absent.", default="")
    mode: str = key("The mode; 0755 for what is executable, else 0644, when absent.", default="", pattern=_MODE, means=_MODE_MEANS)
    mtime: str = key("The time of change, as 2006-01-02T15:04:05Z or seconds since 1970; the commit's when absent.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFile(Record):
    """Files that go into every archive."""

    src: str = key("A path or a glob (* ? [] ** {}), relative to this file.", pattern=".", means="a path or a glob")
    dst: str = key("The folder in the archive; the file's own folder when absent.", default="")
    strip_parent: bool = key("Leave the file's own folder out.", default=False)
    info: FileInfo = key("Owner, mode and time in the archive.", default=FileInfo())


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOverride(Record):
    """Other formats for one operating system."""

    goos: str = key("The GOOS this is for.")
    formats: tuple[Format, ...] = key("The formats there.", one_or_many=True, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(Record):
    """One archive for each target, with the binaries that were built for it."""

    LATER: ClassVar[Mapping[str, str]] = {
        "builds": "write ids",
        "format": "write formats",
        "hooks": "before has hooks for the whole build",
        "templated_files": "write files",
        "rlcp": "it is always on",
        "strip_binary_directory": "the name of a binary has no folder here: leave it out",
    }

    id: str = key("The name of these archives, unique in the file.", default="default")
    ids: tuple[str, ...] = key("Only the binaries of these builds; all when absent.", default=(), one_or_many=True)
    formats: tuple[Format, ...] = key(
        "tar.gz, tar.xz, tar, zip; binary: the binary alone, under the archive's name; none: nothing.",
        default=("tar.gz",),
        one_or_many=True,
        least=1,
    )
    name_template: str | None = key("The archive's name without its ending.", default=None)
    wrap_in_directory: bool | str = key("A folder around everything: true for the archive's name, or a name.", default=False)
    files: tuple[ArchiveFile, ...] = key(
        "What else is in it; LICENSE*, README* and CHANGELOG* in either case when absent.",
        default=(),
        short="src",
    )
    format_overrides: tuple[FormatOverride, ...] = key("Other formats for some operating systems.", default=())
    builds_info: FileInfo = key("Owner, mode and time of the binaries.", default=FileInfo())
    meta: bool = key("Make it without binaries: the files alone.", default=False)
    allow_different_binary_count: bool = key("Let archives of different targets have different numbers of binaries.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniversalBinary(Record):
    """One macOS binary for both architectures."""

    LATER: ClassVar[Mapping[str, str]] = {
        "hooks": "before has hooks for the whole build",
        "mod_timestamp": "files carry the time of their making",
    }

    id: str | None = key("The name of the binary for other keys' ids; the project's when absent.", default=None)
    ids: tuple[str, ...] = key("The builds that go into it; the one with this id when absent.", default=(), one_or_many=True)
    name_template: str = key("The binary's name.", default="{{ .ProjectName }}")
    replace: bool = key("Put it into archives and images in place of the two it is made of.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFile(Record):
    """Files that are listed beside the artifacts."""

    glob: str = key("A path or a glob, relative to this file.", pattern=".", means="a path or a glob")
    name_template: str = key("Another name for it, where the glob matches one file.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum(Record):
    """The list of sums beside the artifacts."""

    name_template: str | None = key(
        "The list's file name; checksums.txt when absent, and the artifact's with the algorithm as its ending where split.", default=None
    )
    algorithm: Algorithm = key("How sums are made.", default="sha256")
    split: bool = key("One file with one sum for each artifact, in place of the list.", default=False)
    disable: bool = key("No sums.", default=False)
    ids: tuple[str, ...] = key("Only what is made of these builds and records; all when absent.", default=(), one_or_many=True)
    extra_files: tuple[ExtraFile, ...] = key("Files that are listed too.", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher(Record):
    """A command that is run for each file that is published."""

    LATER: ClassVar[Mapping[str, str]] = {
        "signature": "sign the checksum list in a publisher's command",
        "meta": "artifacts.json is for this machine alone",
        "extra_files": "put the file into an archive",
        "templated_extra_files": "put the file into an archive",
        "if": "write disable",
    }

    name: str = key("What it is called in messages.", pattern=".", means="a name")
    cmd: str = key(
        "The command, split as a shell would, and run without one; {{ .ArtifactPath }} and {{ .ArtifactName }} are the file's.",
        pattern=r"\S",
        means="a command",
    )
    ids: tuple[str, ...] = key("Only what is made of these builds and records; all when absent.", default=(), one_or_many=True)
    checksum: bool = key("Publish the list of sums too.", default=False)
    dir: str = key("The folder in which it runs, relative to this file.", default="")
    env: tuple[str, ...] = key(
        "NAME=value settings; beside them it sees PATH, HOME, USER and TMPDIR alone.",
        default=(),
        pattern=_ASSIGNMENT,
        means="NAME=value",
    )
    disable: bool | str = key("true, or a template that comes to true: leave it out.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook(Record):
    """A command."""

    LATER: ClassVar[Mapping[str, str]] = {"output": "what it says is shown where it fails", "if": "write the condition into the command"}

    cmd: str = key("The command, split as a shell would, and run without one.", pattern=r"\S", means="a command")
    dir: str = key("The folder in which it runs, relative to this file.", default="")
    env: tuple[str, ...] = key(
        "NAME=value settings, beside the environment and the file's env.", default=(), pattern=_ASSIGNMENT, means="NAME=value"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Before(Record):
    """What is run before anything else."""

    hooks: tuple[Hook, ...] = key("Commands, one after the other; a failure ends the build.", default=(), short="cmd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Record):
    """What is different where HEAD has no tag, or --snapshot was given."""

    version_template: str = key("The version.", default=SNAPSHOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sbom(Record):
    """Documents that list what is in artifacts, out of the binaries' own build information."""

    LATER: ClassVar[Mapping[str, str]] = {
        "cmd": "documents are made by pygo-cross itself: name them .spdx.json or .cdx.json",
        "args": "documents are made by pygo-cross itself",
        "env": "documents are made by pygo-cross itself",
        "disable": "leave it out",
    }

    id: str = key("The name of these documents, unique in the file.", default="default")
    artifacts: Literal["archive", "binary", "any"] = key("What each has a document of its own.", default="archive")
    ids: tuple[str, ...] = key("Only what is made of these builds and records; all when absent.", default=(), one_or_many=True)
    documents: tuple[str, ...] = key(
        "The documents' names: SPDX 2.3 where one ends in .spdx.json, else CycloneDX 1.6. The artifact's name with .sbom.json when absent.",
        default=(),
        one_or_many=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ko(Record):
    """An image of one build's Linux binaries: a layout in the output folder, pushed by publish."""

    LATER: ClassVar[Mapping[str, str]] = {
        "main": "the image has the binaries of build",
        "working_dir": "the image has the binaries of build",
        "env": "it is for building: write it in builds",
        "flags": "they are for building: write them in builds",
        "ldflags": "they are for building: write them in builds",
        "repository": "write repositories",
        "local_domain": "images are files until they are published",
        "ko_data_creation_time": "write creation_time",
        "sbom_directory": "the document lies beside the image",
    }

    id: str | None = key("The image's name, unique in the file; the project's when absent.", default=None, pattern=_NAME, means=_NAME_MEANS)
    build: str | None = key("The build whose binaries are in it; the one with this id, else the project's, when absent.", default=None)
    repositories: tuple[str, ...] = key("Where publish pushes it: HOST/REPOSITORY.", default=(), one_or_many=True)
    base_image: str = key(
        "scratch; a file or folder, relative to this file, with an OCI layout or what docker save wrote; or HOST/REPOSITORY:TAG.",
        default="scratch",
        pattern=".",
        means="an image",
    )
    platforms: tuple[str, ...] = key(
        "os/arch or os/arch/variant; every Linux target of the build when absent or all.", default=(), one_or_many=True
    )
    tags: tuple[str, ...] = key("The image's tags; those that come out empty are left out.", default=("latest",), one_or_many=True)
    labels: dict[str, str] | None = key("Labels in the images' configs.", default=None)
    annotations: dict[str, str] | None = key("Annotations of the manifests and their index.", default=None)
    user: str = key("Who the program runs as; 65532:65532 on scratch, else the base's, when absent.", default="")
    creation_time: str = key("The image's time in seconds since 1970; the commit's when absent.", default="")
    ca_certificates: str = key(
        "A file of PEM certificates, relative to this file, for an image on scratch; certifi's when absent, none for none.",
        default="",
    )
    bare: bool = key("Push to the repository itself, and not to one below it that is named after the program.", default=False)
    base_import_paths: bool = key("Name the repository below by the last part of the main package's path.", default=False)
    preserve_import_paths: bool = key("Name the repository below by the main package's path.", default=False)
    sbom: Literal["spdx", "cyclonedx", "none"] = key("The kind of the document that lists what is in it.", default="spdx")
    disable: bool = key("No such image.", default=False)

# SPDX-License-Identifier: BSD-3-Clause
"""Which references through //go:linkname the standard library allows.

A package may pull a symbol of the standard library only where its definition is pushed by a linkname of its own
(`linknamestd`: only inside the standard library), and the names in `BLOCKED` only from the packages listed, whatever
the definition says. Facts: GOROOT/src/cmd/link/internal/loader/loader.go (checkLinkname). Pushing is never checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pygo_cross.obj import goobj

if TYPE_CHECKING:
    from pygo_cross.link.loader import Loader, ObjFile

BLOCKED: Final[dict[str, tuple[str, ...]]] = {
    "go:fipsinfo": ("crypto/internal/fips140/check",),
    "crypto/internal/fips140.fatal": ("crypto/internal/fips140",),
    "crypto/internal/fips140.getIndicator": ("crypto/internal/fips140",),
    "crypto/internal/fips140.setIndicator": ("crypto/internal/fips140",),
    "crypto/internal/sysrand.fatal": ("crypto/internal/sysrand",),
    "crypto/rand.fatal": ("crypto/rand",),
    "internal/runtime/maps.errNilAssign": ("internal/runtime/maps",),
    "internal/runtime/maps.fatal": ("internal/runtime/maps",),
    "internal/runtime/maps.newarray": ("internal/runtime/maps",),
    "internal/runtime/maps.newobject": ("internal/runtime/maps",),
    "internal/runtime/maps.rand": ("internal/runtime/maps",),
    "internal/runtime/maps.typedmemclr": ("internal/runtime/maps",),
    "internal/runtime/maps.typedmemmove": ("internal/runtime/maps",),
    "internal/sync.fatal": ("internal/sync",),
    "internal/sync.runtime_canSpin": ("internal/sync",),
    "internal/sync.runtime_doSpin": ("internal/sync",),
    "internal/sync.runtime_nanotime": ("internal/sync",),
    "internal/sync.runtime_Semrelease": ("internal/sync",),
    "internal/sync.runtime_SemacquireMutex": ("internal/sync",),
    "internal/sync.throw": ("internal/sync",),
    "internal/synctest.Run": ("internal/synctest",),
    "internal/synctest.Wait": ("internal/synctest",),
    "internal/synctest.acquire": ("internal/synctest",),
    "internal/synctest.release": ("internal/synctest",),
    "internal/synctest.inBubble": ("internal/synctest",),
    "runtime.getStaticuint64s": ("reflect",),
    "sync.runtime_SemacquireWaitGroup": ("sync",),
    "time.runtimeNow": ("time",),
    "time.runtimeNano": ("time",),
    "runtime.mapaccess1": ("runtime",),
    "runtime.mapaccess1_fast32": ("runtime",),
    "runtime.mapaccess1_fast64": ("runtime",),
    "runtime.mapaccess1_faststr": ("runtime",),
    "runtime.mapdelete_fast32": ("runtime",),
    "runtime.mapdelete_fast64": ("runtime",),
    "runtime.mapdelete_faststr": ("runtime",),
    "internal/cpu.riscvHWProbe": ("internal/cpu",),
    "internal/runtime/cgroup.throw": ("internal/runtime/cgroup",),
    "internal/runtime/maps.typeString": ("internal/runtime/maps",),
    "internal/synctest.IsInBubble": ("internal/synctest",),
    "internal/synctest.associate": ("internal/synctest",),
    "internal/synctest.disassociate": ("internal/synctest",),
    "internal/synctest.isAssociated": ("internal/synctest",),
    "runtime/trace.runtime_readTrace": ("runtime/trace",),
    "runtime/trace.runtime_traceClockUnitsPerSecond": ("runtime/trace",),
    "sync_test.runtime_blockUntilEmptyCleanupQueue": ("sync_test",),
    "time.runtimeIsBubbled": ("time",),
    "unique.runtime_blockUntilEmptyCleanupQueue": ("unique",),
    "net.newWindowsFile": ("net",),
    "testing/synctest.testingSynctestTest": ("testing/synctest",),
    "crypto/fips140.isBypassed": ("crypto/fips140",),
    "crypto/fips140.setBypass": ("crypto/fips140",),
    "crypto/fips140.unsetBypass": ("crypto/fips140",),
    "crypto/subtle.setDITEnabled": ("crypto/subtle",),
    "crypto/subtle.setDITDisabled": ("crypto/subtle",),
    "internal/cpu.sysctlbynameBytes": ("internal/cpu",),
    "internal/cpu.sysctlbynameInt32": ("internal/cpu",),
    "runtime.pprof_goroutineLeakProfileWithLabels": ("runtime/pprof",),
    "runtime/pprof.runtime_goroutineLeakGC": ("runtime/pprof",),
    "runtime/pprof.runtime_goroutineleakcount": ("runtime/pprof",),
    "runtime/secret.appendSignalStacks": ("runtime/secret",),
    "runtime/secret.count": ("runtime/secret",),
    "runtime/secret.dec": ("runtime/secret",),
    "runtime/secret.eraseSecrets": ("runtime/secret",),
    "runtime/secret.getStack": ("runtime/secret",),
    "runtime/secret.inc": ("runtime/secret",),
    "syscall.rawsyscalln": ("syscall",),
    "syscall.runtimeClearenv": ("syscall",),
    "syscall.syscalln": ("syscall",),
    "crypto/internal/rand.SetTestingReader": ("testing/cryptotest",),
    "testing.checkParallel": ("testing/cryptotest",),
    "runtime.addmoduledata": (),
}

_FIPS_FROZEN = "crypto/internal/fips140/v"


class LinknamePolicy:
    """The check, or no check at all when `enabled` is false (`-checklinkname=0`)."""

    __slots__ = ("enabled",)

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def check(self, loader: Loader, file: ObjFile, name: str, sym: int) -> str:
        """Why `file` may not refer to `sym` as `name`; '' where it may."""
        if not self.enabled:
            return ""
        refused = f"{file.package}: invalid reference to {name}"
        package = file.package
        allowed = BLOCKED.get(name)
        if allowed is not None:
            if package.startswith(_FIPS_FROZEN):
                # A frozen copy of the FIPS module stands for the module itself.
                parts = package.split("/")
                package = "/".join(parts[:3] + parts[4:])
            return "" if file.package in allowed or package in allowed else refused
        definition = loader.sym_obj[sym]
        if definition is None or not definition.obj.flags & goobj.OBJ_STD or definition.package == package:
            return ""
        flag2 = definition.flag2[loader.sym_li[sym]]
        if definition.obj.flags & goobj.OBJ_FROM_ASSEMBLY and not flag2 & (goobj.LINKNAME | goobj.LINKNAMESTD):
            if name.startswith(package) or "." not in name:
                return ""
            # An assembly function has its linkname on the wrapper of the other ABI.
            wrapper = loader.lookup(name, 1 - loader.version(sym))
            wrapper_file = loader.sym_obj[wrapper]
            if wrapper and wrapper_file is not None:
                flag2 = wrapper_file.flag2[loader.sym_li[wrapper]]
        if flag2 & goobj.LINKNAMESTD and file.obj.flags & goobj.OBJ_STD:
            return ""
        return "" if flag2 & goobj.LINKNAME else refused

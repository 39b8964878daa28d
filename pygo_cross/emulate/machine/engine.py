# SPDX-License-Identifier: GPL-2.0-or-later
"""Unicorn's C library through ctypes.

The library is called directly, without the `unicorn` package's Python layer: that layer takes most of the start-up time of a short
run, costs several times as much a call, and offers no native hooks. The library file is found inside the installed package, which is
never imported. Constants are those of Unicorn's `unicorn.h`, `x86.h` and `arm64.h`, release 2.1.4.

Nothing here knows of guests' systems; nothing raises for what a guest does: `start` returns an error number.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from pygo_cross.emulate.errors import Lacking

if TYPE_CHECKING:
    from pygo_cross.emulate.machine.pagetable import PageTable

ARCH_ARM64: Final = 2
ARCH_X86: Final = 4
MODE_ARM: Final = 0
MODE_64: Final = 8

ERR_OK: Final = 0
ERR_INSN_INVALID: Final = 10
ERR_EXCEPTION: Final = 21

HOOK_INTR: Final = 1
HOOK_INSN: Final = 2
HOOK_CODE: Final = 4
HOOK_BLOCK: Final = 8
HOOK_MEM_READ_UNMAPPED: Final = 1 << 4
HOOK_INSN_INVALID: Final = 1 << 14
HOOK_EDGE_GENERATED: Final = 1 << 15
HOOK_TLB_FILL: Final = 1 << 17

CTL_PAGE_SIZE: Final = 1
CTL_USE_EXITS: Final = 4
CTL_CPU_MODEL: Final = 7
CTL_TB_FLUSH: Final = 10
CTL_TLB_FLUSH: Final = 11
CTL_TLB_TYPE: Final = 12
_CTL_WRITE: Final = 1

BlockCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p)
InterruptCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
InstructionCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
SkipCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
InCallback = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_void_p)
OutCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p)
SystemRegisterCallback = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
InvalidCallback = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
MemoryCallback = ctypes.CFUNCTYPE(
    ctypes.c_bool, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_int, ctypes.c_int64, ctypes.c_void_p
)


class TlbEntry(ctypes.Structure):
    """`uc_tlb_entry`: what a page of guest addresses means."""

    _fields_ = [("physical", ctypes.c_uint64), ("protection", ctypes.c_uint32)]


WalkCallback = ctypes.CFUNCTYPE(
    ctypes.c_bool, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int, ctypes.POINTER(TlbEntry), ctypes.c_void_p
)


class TranslationBlock(ctypes.Structure):
    """`uc_tb`: a block that was translated."""

    _fields_ = [("pc", ctypes.c_uint64), ("icount", ctypes.c_uint16), ("size", ctypes.c_uint16)]


EdgeCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(TranslationBlock), ctypes.c_void_p, ctypes.c_void_p)


class SystemRegister(ctypes.Structure):
    """`uc_arm64_cp_reg`: a system register's coordinates, and its value."""

    _fields_ = [
        ("crn", ctypes.c_uint32),
        ("crm", ctypes.c_uint32),
        ("op0", ctypes.c_uint32),
        ("op1", ctypes.c_uint32),
        ("op2", ctypes.c_uint32),
        ("value", ctypes.c_uint64),
    ]


class ModelRegister(ctypes.Structure):
    """`uc_x86_msr`: a model-specific register's number, and its value."""

    _fields_ = [("number", ctypes.c_uint32), ("value", ctypes.c_uint64)]


def library_path() -> str:
    """The path of Unicorn's shared library inside the installed `unicorn` package; raises `Lacking` if there is none."""
    spec = importlib.util.find_spec("unicorn")
    names = {"darwin": "libunicorn.2.dylib", "win32": "unicorn.dll"}
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        path = os.path.join(folder, "lib", names.get(sys.platform, "libunicorn.so.2"))
        if os.path.exists(path):
            return path
    raise Lacking("no-unicorn", "the Unicorn library is not installed; install the package unicorn")


_library: ctypes.CDLL | None = None

# How much of `uc_struct` is looked at for the field `invalid_addr`, and the word that was found to be it; -1 if none was.
_STRUCT_SIZE: Final = 4096  # less than its size
_invalid_offset: int | None = None


def library() -> ctypes.CDLL:
    """Unicorn's library, loaded once, with its functions' signatures declared."""
    global _library
    if _library is None:
        try:
            lib = ctypes.CDLL(library_path())
        except OSError as error:
            raise Lacking("no-unicorn", f"the Unicorn library cannot be loaded: {error}") from error
        p, u64, size, i = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_size_t, ctypes.c_int
        for name, arguments in {
            "uc_open": [i, i, p],
            "uc_close": [p],
            "uc_mem_map_ptr": [p, u64, size, ctypes.c_uint32, p],
            "uc_mem_unmap": [p, u64, size],
            "uc_mem_write": [p, u64, ctypes.c_char_p, size],
            "uc_emu_start": [p, u64, u64, u64, size],
            "uc_emu_stop": [p],
            "uc_context_alloc": [p, p],
            "uc_context_save": [p, p],
            "uc_context_restore": [p, p],
            "uc_context_free": [p],
            "uc_reg_read_batch": [p, p, p, i],
            "uc_reg_write_batch": [p, p, p, i],
            "uc_context_reg_read_batch": [p, p, p, i],
            "uc_context_reg_write_batch": [p, p, p, i],
            "uc_reg_read": [p, i, p],
            "uc_reg_write": [p, i, p],
            "uc_hook_add": [p, p, i, p, p, u64, u64],
            "uc_ctl": [p, i],
        }.items():
            function = getattr(lib, name)
            function.argtypes = arguments
            function.restype = i
        lib.uc_context_size.argtypes = [p]
        lib.uc_context_size.restype = size
        _library = lib
    return _library


class Registers:
    """A fixed list of 64-bit registers that are read or written by one call."""

    __slots__ = ("_engine", "_ids", "_pointers", "_read", "_write", "count", "values")

    def __init__(self, engine: Engine, ids: Sequence[int]) -> None:
        self.count = len(ids)
        self._engine = engine
        self._ids = (ctypes.c_int * self.count)(*ids)
        self.values = (ctypes.c_uint64 * self.count)()
        base = ctypes.addressof(self.values)
        self._pointers = (ctypes.c_void_p * self.count)(*(base + 8 * i for i in range(self.count)))
        lib = library()
        self._read = lib.uc_reg_read_batch
        self._write = lib.uc_reg_write_batch

    def read(self) -> list[int]:
        """The registers' values, unsigned, in the list's order."""
        self._read(self._engine.handle, self._ids, self._pointers, self.count)
        return self.values[:]

    def write(self, *values: int) -> None:
        """Set the registers to `values`, each taken modulo 2**64."""
        self.values[:] = list(values)  # ctypes takes the low bits
        self._write(self._engine.handle, self._ids, self._pointers, self.count)

    def read_context(self, context: ctypes.c_void_p) -> list[int]:
        """The registers' values in a saved context."""
        library().uc_context_reg_read_batch(context, self._ids, self._pointers, self.count)
        return self.values[:]

    def write_context(self, context: ctypes.c_void_p, *values: int) -> None:
        """Set the registers inside a saved context."""
        self.values[:] = list(values)
        library().uc_context_reg_write_batch(context, self._ids, self._pointers, self.count)


class WideRegisters:
    """A fixed list of 128-bit registers, as bytes one after the other."""

    __slots__ = ("_data", "_engine", "_ids", "_pointers")

    def __init__(self, engine: Engine, ids: Sequence[int]) -> None:
        self._engine = engine
        self._ids = (ctypes.c_int * len(ids))(*ids)
        self._data = ctypes.create_string_buffer(16 * len(ids))
        base = ctypes.addressof(self._data)
        self._pointers = (ctypes.c_void_p * len(ids))(*(base + 16 * i for i in range(len(ids))))

    def read(self) -> bytes:
        """The registers' bytes."""
        library().uc_reg_read_batch(self._engine.handle, self._ids, self._pointers, len(self._ids))
        return self._data.raw

    def write(self, data: bytes) -> None:
        """Set all registers."""
        self._data.raw = data
        library().uc_reg_write_batch(self._engine.handle, self._ids, self._pointers, len(self._ids))


class Engine:
    """One Unicorn engine. `handle` is its `uc_engine *`. Close it with `close`, before its memory goes away."""

    __slots__ = ("_contexts", "_keep", "_lib", "_spare", "_start", "code_changed", "handle", "page", "pages")

    def __init__(self, arch: int, mode: int, cpu_model: int | None, page: int = 4096) -> None:
        """`page` is the size of a page in the engine's TLB, which only ARM64 can choose (and which would be 1 KiB there)."""
        self._lib = library()
        self.handle = ctypes.c_void_p()
        self._keep: list[Any] = []
        self._contexts: list[ctypes.c_void_p] = []
        self._spare: list[ctypes.c_void_p] = []
        self._start = self._lib.uc_emu_start
        self.pages: PageTable
        self.code_changed = False
        self._check(self._lib.uc_open(arch, mode, ctypes.byref(self.handle)), "open an engine")
        self.page = page
        if arch == ARCH_ARM64:
            self._control(CTL_PAGE_SIZE, page)
        if cpu_model is not None:
            self._control(CTL_CPU_MODEL, cpu_model)
        # With exits in use and none set, no address ends a run by itself, and no start has to invalidate one.
        self._control(CTL_USE_EXITS, 1)

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self.close()

    def _check(self, error: int, what: str) -> None:
        if error != ERR_OK:
            raise Lacking("unicorn-failed", f"Unicorn cannot {what} (uc_err {error})")

    def _control(self, kind: int, value: int) -> None:
        self._check(self._lib.uc_ctl(self.handle, kind | 1 << 26 | _CTL_WRITE << 30, ctypes.c_int(value)), "configure the engine")

    def set_walk(self, pages: PageTable, callback: Any, words: Any) -> None:
        """Let `callback` answer where the engine's TLB has no entry; `pages` is whose answers these are."""
        self.pages = pages
        self._control(CTL_TLB_TYPE, 1)
        self.hook(HOOK_TLB_FILL, callback, words)

    def flush_tlb(self) -> None:
        """Forget what was answered. The engine's TLB grows by this too, if it was well filled."""
        self._lib.uc_ctl(self.handle, CTL_TLB_FLUSH | _CTL_WRITE << 30)

    def flush_code(self) -> None:
        """Forget translated code."""
        self.code_changed = True
        self._lib.uc_ctl(self.handle, CTL_TB_FLUSH | _CTL_WRITE << 30)

    def close(self) -> None:
        """Free the engine and every context of it."""
        for context in self._contexts:
            self._lib.uc_context_free(context)
        self._contexts.clear()
        self._spare.clear()
        if self.handle:
            self._lib.uc_close(self.handle)
            self.handle = ctypes.c_void_p()

    def map(self, address: int, size: int, protection: int, host: int) -> None:
        """Make `size` bytes of host memory at `host` the engine's at physical `address`; bits: 1 read, 2 write, 4 execute."""
        self._check(self._lib.uc_mem_map_ptr(self.handle, address, size, protection, host), f"map {size:#x} bytes at {address:#x}")

    def unmap(self, address: int, size: int) -> None:
        """Take away what `map` gave; the two must match exactly."""
        self._check(self._lib.uc_mem_unmap(self.handle, address, size), f"unmap {size:#x} bytes at {address:#x}")

    def write(self, address: int, data: bytes) -> None:
        """Write physical memory so that code translated from it is translated anew."""
        self._check(self._lib.uc_mem_write(self.handle, address, data, len(data)), f"write {len(data)} bytes at {address:#x}")

    def invalid_address(self) -> int:
        """The address of the access that the engine has just stopped at, or -1 if it is not to be learned.

        The engine keeps it in a field of its own (`uc_struct.invalid_addr`, which its function `uc_query` does not tell). The first call
        finds the field: two fetches from odd places, which fail, must each leave their address in one and the same word.
        """
        global _invalid_offset
        words = (ctypes.c_uint64 * (_STRUCT_SIZE // 8)).from_address(self.handle.value or 0)
        if _invalid_offset is None:
            before = words[:]
            context = self.new_context()
            self.save(context)
            found = None
            for place in (0x7E5A_C396_0F10, 0x7D96_5A3C_F1E0):
                self.start(place)
                here = {i for i, word in enumerate(words[:]) if word == place}
                found = here if found is None else found & here
            self.restore(context)
            self.release_context(context)
            _invalid_offset = found.pop() if found is not None and len(found) == 1 else -1
            return before[_invalid_offset] if _invalid_offset >= 0 else -1
        return words[_invalid_offset] if _invalid_offset >= 0 else -1

    def read_structure(self, register: int, structure: ctypes.Structure) -> None:
        """Read a register that is described by a structure, which also says which one is meant."""
        self._check(self._lib.uc_reg_read(self.handle, register, ctypes.byref(structure)), f"read register {register}")

    def write_structure(self, register: int, structure: ctypes.Structure) -> None:
        """Write a register that is described by a structure."""
        self._check(self._lib.uc_reg_write(self.handle, register, ctypes.byref(structure)), f"write register {register}")

    def context_size(self) -> int:
        """The bytes that a context takes."""
        size: int = self._lib.uc_context_size(self.handle)
        return size

    def new_context(self) -> ctypes.c_void_p:
        """A context to save into."""
        if self._spare:
            return self._spare.pop()
        context = ctypes.c_void_p()
        self._check(self._lib.uc_context_alloc(self.handle, ctypes.byref(context)), "allocate a context")
        self._contexts.append(context)
        return context

    def release_context(self, context: ctypes.c_void_p) -> None:
        """Give a context back for later use."""
        self._spare.append(context)

    def save(self, context: ctypes.c_void_p) -> None:
        """Save all registers."""
        self._lib.uc_context_save(self.handle, context)

    def restore(self, context: ctypes.c_void_p) -> None:
        """Load all registers."""
        self._lib.uc_context_restore(self.handle, context)

    def start(self, pc: int) -> int:
        """Run from `pc` until something stops the engine; returns Unicorn's error number."""
        error: int = self._start(self.handle, pc, 0, 0, 0)
        return error

    def stop(self) -> None:
        """From inside a hook: stop once the hook has returned."""
        self._lib.uc_emu_stop(self.handle)

    def hook(
        self,
        kind: int,
        callback: Callable[..., Any] | int,
        user: Any = None,
        instruction: int | None = None,
        begin: int = 0,
        end: int | None = None,
    ) -> None:
        """Add a hook over all addresses, or those from `begin` to `end`: a ctypes callback object, or the address of native code."""
        pointer = callback if isinstance(callback, int) else ctypes.cast(callback, ctypes.c_void_p)  # type: ignore[arg-type]
        self._keep.extend((callback, user))
        out = ctypes.c_size_t()
        data = ctypes.cast(user, ctypes.c_void_p) if user is not None else None
        first, last = (1, 0) if end is None else (begin, end)  # an empty range means everything
        arguments = [self.handle, ctypes.byref(out), kind, pointer, data, first, last]
        if instruction is not None:
            arguments.append(ctypes.c_int(instruction))
        self._check(self._lib.uc_hook_add(*arguments), f"add a hook of kind {kind}")


# The block hook's native code. Arguments (engine, address, size, counter): subtract the size from the counter, and when that leaves
# nothing continue at `uc_emu_stop`, whose address is put behind. It touches only registers that a call may change.
_STUBS: Final[dict[str, bytes]] = {
    # mov edx,edx; sub [rcx],rdx; jle L; ret; L: jmp [rip+0]
    "x86_64": bytes.fromhex("89d2 482911 7e01 c3 ff2500000000"),
    # ldr x4,[x3]; subs x4,x4,w2,uxtw; str x4,[x3]; b.gt L; ldr x5,M; br x5; L: ret; nop; M:
    "aarch64": b"".join(
        word.to_bytes(4, "little")
        for word in (0xF9400064, 0xEB224084, 0xF9000064, 0x5400006C, 0x58000085, 0xD61F00A0, 0xD65F03C0, 0xD503201F)
    ),
}

# Where each piece of native code lies, 0 if it cannot be had.
_native: dict[int, int] = {}


def native_code(codes: dict[str, bytes], *pointers: int) -> int:
    """The address of the code for this host's machine, with `pointers` behind it, or 0 where there is none or pages cannot be executable.

    The code comes from a memory file that is mapped without write permission: no page is ever both writable and executable, and the
    kernel keeps the instruction cache coherent. PYGO_CROSS_EMULATE_NO_NATIVE in the environment has us do without.
    """
    code = codes.get(os.uname().machine) if sys.platform == "linux" else None
    if code is None or os.environ.get("PYGO_CROSS_EMULATE_NO_NATIVE"):
        return 0
    address = _native.get(id(codes))
    if address is None:
        address = _native[id(codes)] = _map_code(code + b"".join(pointer.to_bytes(8, "little") for pointer in pointers))
    return address


def _map_code(code: bytes) -> int:
    try:
        descriptor = os.memfd_create("native-hook")
    except OSError:
        return 0
    try:
        os.write(descriptor, code)
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
        address = libc.mmap(None, len(code), 5, 2, descriptor, 0)  # read and execute, private
        return 0 if address in (None, ctypes.c_void_p(-1).value) else int(address)
    except OSError:
        return 0
    finally:
        os.close(descriptor)


def native_stub() -> int:
    """The address of the block hook's native code, or 0."""
    return native_code(_STUBS, ctypes.cast(library().uc_emu_stop, ctypes.c_void_p).value or 0)

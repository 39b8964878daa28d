# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks through each block of amd64 code that the engine has just translated for bytes that vex.py should see.

A program of some size has tens of thousands of blocks, and hardly one of them holds a byte that could begin an AVX instruction, so machine
code does the looking and calls Python for the rest. It reads the code where it lies in host memory: a `window` of guest addresses, the area
of code that was last in use. Whatever is outside is Python's to look at, who may then move the window.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Final

from pygo_cross.emulate.machine import engine as uc

# Two bytes in a row are suspicious if what the first one says and what the second one says have a bit in common: 1 c4 and a VEX map (1 to
# 3), 2 62 and EVEX's zero bits, 4 0f c7 (RDRAND), 0f 38 (PHADDW) and 0f 3a (PCMPESTRI), 8 anything before c5. At a block's end c4 or 62
# is enough.
_FIRST: Final = bytes({0xC4: 9, 0x62: 10, 0x0F: 12}.get(byte, 8) for byte in range(256))
_SECOND: Final = bytes(
    (1 if 1 <= byte & 31 <= 3 else 0) | (2 if not byte & 12 else 0) | (4 if byte in (0xC7, 0x38, 0x3A) else 0) | (8 if byte == 0xC5 else 0)
    for byte in range(256)
)

# Words: where the window begins and ends, where it lies on the host, what to call; then the two tables.
_START, _END, _HOST, _CALL = range(4)

# The hook (engine, block, block before, words): go on at the callback if the block is not in the window or has something suspicious.
_FILTER: Final[dict[str, bytes]] = {
    # mov r8,[rsi]; movzx r9d,word [rsi+10]; mov rax,r8; sub rax,[rcx]; jb 8; add r8,r9; cmp r8,[rcx+8]; ja 8
    # add rax,[rcx+16]; add r9,rax; mov r8d,8; 1: cmp rax,r9; jae 9; movzx r11d,byte [rax]; inc rax
    # movzx r10d,byte [rcx+r11+288]; test r10d,r8d; jnz 8; movzx r8d,byte [rcx+r11+32]; jmp 1
    # 8: jmp [rcx+24]; 9: test r8d,3; jnz 8; ret
    "x86_64": bytes.fromhex(
        "4c8b06 440fb74e0a 4c89c0 482b01 7238 4d01c8 4c3b4108 772f"
        "48034110 4901c1 41b808000000 4c39c8 7320 440fb618 48ffc0"
        "460fb6941920010000 4585c2 7508 460fb6441920 ebde"
        "ff6118 41f7c003000000 75f4 c3"
    ),
    # ldr x4,[x1]; ldrh w5,[x1,10]; ldr x6,[x3]; ldp x7,x8,[x3,8]; cmp x4,x6; b.lo 8; add x9,x4,x5; cmp x9,x7; b.hi 8
    # sub x4,x4,x6; add x4,x4,x8; add x5,x5,x4; add x6,x3,32; add x10,x3,288; mov w8,8
    # 1: cmp x4,x5; b.hs 9; ldrb w7,[x4],1; ldrb w9,[x10,x7]; tst w9,w8; b.ne 8; ldrb w8,[x6,x7]; b 1
    # 8: ldr x9,[x3,24]; br x9; 9: tst w8,3; b.ne 8; ret
    "aarch64": b"".join(
        word.to_bytes(4, "little")
        for word in (
            0xF9400024, 0x79401425, 0xF9400066, 0xA940A067, 0xEB06009F, 0x54000243, 0x8B050089, 0xEB07013F, 0x540001E8,
            0xCB060084, 0x8B080084, 0x8B0400A5, 0x91008066, 0x9104806A, 0x52800108,
            0xEB05009F, 0x54000122, 0x38401487, 0x38676949, 0x6A08013F, 0x54000061, 0x386768C8, 0x17FFFFF9,
            0xF9400C69, 0xD61F0120, 0x7200051F, 0x54FFFFA1, 0xD65F03C0,
        )
    ),
}  # fmt: skip


def suspicious(code: bytes) -> bool:
    """What the machine code says of a block in its window."""
    first = 8
    for byte in code:
        if _SECOND[byte] & first:
            return True
        first = _FIRST[byte]
    return bool(first & 3)


class BlockFilter:
    """The hook on new blocks of one engine: `callback` (a `uc.EdgeCallback`'s function) sees those that need a look."""

    __slots__ = ("_callback", "_words")

    def __init__(self, engine: uc.Engine, callback: Callable[..., None]) -> None:
        self._callback = uc.EdgeCallback(callback)
        self._words = (ctypes.c_uint64 * 68)()
        self._words[_CALL] = ctypes.cast(self._callback, ctypes.c_void_p).value or 0
        ctypes.memmove(ctypes.addressof(self._words) + 32, _FIRST + _SECOND, 512)
        native = uc.native_code(_FILTER)
        engine.hook(uc.HOOK_EDGE_GENERATED, native or self._callback, self._words)

    def move(self, window: tuple[int, int, int]) -> None:
        """Look by machine code at guest addresses from the first to the second number, which lie on the host at the third."""
        self._words[_START], self._words[_END], self._words[_HOST] = window

    def forget(self) -> None:
        """The window's memory may no longer be what it was."""
        self._words[_END] = 0

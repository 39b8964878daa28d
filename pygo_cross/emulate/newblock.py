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

from pygo_cross.emulate import engine as uc

# What a byte says: nothing; it begins a VEX or EVEX prefix; it is RDRAND's second byte, if 0f is its first.
_TABLE: Final = bytes({0xC4: 1, 0xC5: 1, 0x62: 1, 0xC7: 2}.get(byte, 0) for byte in range(256))

# Words: where the window begins and ends, where it lies on the host, what to call; then the table.
_START, _END, _HOST, _CALL = range(4)

# The hook (engine, block, block before, words): go on at the callback if the block is not in the window or holds such a byte.
_FILTER: Final[dict[str, bytes]] = {
    # mov r8,[rsi]; movzx r9d,word [rsi+10]; mov rax,r8; sub rax,[rcx]; jb 8; add r8,r9; cmp r8,[rcx+8]; ja 8
    # add rax,[rcx+16]; add r9,rax; xor r11d,r11d; 1: cmp rax,r9; jae 9; mov r8d,r11d; movzx r11d,byte [rax]; inc rax
    # movzx r10d,byte [rcx+r11+32]; test r10d,r10d; jz 1; cmp r10d,1; je 8; cmp r8d,0x0f; jne 1; 8: jmp [rcx+24]; 9: ret
    "x86_64": bytes.fromhex(
        "4c8b06 440fb74e0a 4c89c0 482b01 7239 4d01c8 4c3b4108 7730"
        "48034110 4901c1 4531db 4c39c8 7324 4589d8 440fb618 48ffc0"
        "460fb6541920 4585d2 74e6 4183fa01 7406 4183f80f 75da ff6118 c3"
    ),
    # ldr x4,[x1]; ldrh w5,[x1,10]; ldr x6,[x3]; ldp x7,x8,[x3,8]; cmp x4,x6; b.lo 8; add x9,x4,x5; cmp x9,x7; b.hi 8
    # sub x4,x4,x6; add x4,x4,x8; add x5,x5,x4; add x6,x3,32; mov w7,0; 1: cmp x4,x5; b.hs 9; mov w8,w7; ldrb w7,[x4],1
    # ldrb w9,[x6,x7]; cbz w9,1; cmp w9,1; b.eq 8; cmp w8,0x0f; b.ne 1; 8: ldr x9,[x3,24]; br x9; 9: ret
    "aarch64": b"".join(
        word.to_bytes(4, "little")
        for word in (
            0xF9400024, 0x79401425, 0xF9400066, 0xA940A067, 0xEB06009F, 0x54000263, 0x8B050089, 0xEB07013F, 0x54000208,
            0xCB060084, 0x8B080084, 0x8B0400A5, 0x91008066, 0x52800007, 0xEB05009F, 0x54000162, 0x2A0703E8, 0x38401487,
            0x386768C9, 0x34FFFF69, 0x7100053F, 0x54000060, 0x71003D1F, 0x54FFFEE1, 0xF9400C69, 0xD61F0120, 0xD65F03C0,
        )
    ),
}  # fmt: skip


class BlockFilter:
    """The hook on new blocks of one engine: `callback` (a `uc.EdgeCallback`'s function) sees those that need a look."""

    __slots__ = ("_callback", "_words")

    def __init__(self, engine: uc.Engine, callback: Callable[..., None]) -> None:
        self._callback = uc.EdgeCallback(callback)
        self._words = (ctypes.c_uint64 * 36)()
        self._words[_CALL] = ctypes.cast(self._callback, ctypes.c_void_p).value or 0
        ctypes.memmove(ctypes.addressof(self._words) + 32, _TABLE, len(_TABLE))
        native = uc.native_code(_FILTER)
        engine.hook(uc.HOOK_EDGE_GENERATED, native or self._callback, self._words)

    def move(self, window: tuple[int, int, int]) -> None:
        """Look by machine code at guest addresses from the first to the second number, which lie on the host at the third."""
        self._words[_START], self._words[_END], self._words[_HOST] = window

    def forget(self) -> None:
        """The window's memory may no longer be what it was."""
        self._words[_END] = 0

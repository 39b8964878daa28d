# SPDX-License-Identifier: BSD-3-Clause
"""Selection rules of amd64: made by scripts/generate_selection.py from pygo_cross/arch/amd64/rules.txt, not by hand."""
# ruff: noqa: SIM102

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pygo_cross.arch.insn import insns
from pygo_cross.codegen.mem import VALUE, Mem
from pygo_cross.codegen.selector import Compare, Selector, log2, power2, s32, times2, u32, zero_extended
from pygo_cross.ssa.func import Value

_TABLE: Final = insns("amd64")
_N: Final = _TABLE.numbers
_ADCcarry: Final = _N["ADCcarry"]
_ADDBconstmodify: Final = _N["ADDBconstmodify"]
_ADDBmodify: Final = _N["ADDBmodify"]
_ADDL: Final = _N["ADDL"]
_ADDLconst: Final = _N["ADDLconst"]
_ADDLconstmodify: Final = _N["ADDLconstmodify"]
_ADDLload: Final = _N["ADDLload"]
_ADDLmodify: Final = _N["ADDLmodify"]
_ADDQ: Final = _N["ADDQ"]
_ADDQconst: Final = _N["ADDQconst"]
_ADDQconstmodify: Final = _N["ADDQconstmodify"]
_ADDQload: Final = _N["ADDQload"]
_ADDQmodify: Final = _N["ADDQmodify"]
_ADDSD: Final = _N["ADDSD"]
_ADDSDconst: Final = _N["ADDSDconst"]
_ADDSDload: Final = _N["ADDSDload"]
_ADDSS: Final = _N["ADDSS"]
_ADDSSconst: Final = _N["ADDSSconst"]
_ADDSSload: Final = _N["ADDSSload"]
_ADDWconstmodify: Final = _N["ADDWconstmodify"]
_ADDWmodify: Final = _N["ADDWmodify"]
_ANDBconstmodify: Final = _N["ANDBconstmodify"]
_ANDBlock: Final = _N["ANDBlock"]
_ANDBmodify: Final = _N["ANDBmodify"]
_ANDBold: Final = _N["ANDBold"]
_ANDL: Final = _N["ANDL"]
_ANDLconst: Final = _N["ANDLconst"]
_ANDLconstmodify: Final = _N["ANDLconstmodify"]
_ANDLload: Final = _N["ANDLload"]
_ANDLlock: Final = _N["ANDLlock"]
_ANDLmodify: Final = _N["ANDLmodify"]
_ANDLold: Final = _N["ANDLold"]
_ANDPD: Final = _N["ANDPD"]
_ANDPS: Final = _N["ANDPS"]
_ANDQ: Final = _N["ANDQ"]
_ANDQconst: Final = _N["ANDQconst"]
_ANDQconstmodify: Final = _N["ANDQconstmodify"]
_ANDQload: Final = _N["ANDQload"]
_ANDQlock: Final = _N["ANDQlock"]
_ANDQmodify: Final = _N["ANDQmodify"]
_ANDQold: Final = _N["ANDQold"]
_ANDWconstmodify: Final = _N["ANDWconstmodify"]
_ANDWlock: Final = _N["ANDWlock"]
_ANDWmodify: Final = _N["ANDWmodify"]
_ANDWold: Final = _N["ANDWold"]
_BSWAPL: Final = _N["BSWAPL"]
_BSWAPQ: Final = _N["BSWAPQ"]
_BTCL: Final = _N["BTCL"]
_BTCQ: Final = _N["BTCQ"]
_BTCQconst: Final = _N["BTCQconst"]
_BTRL: Final = _N["BTRL"]
_BTRQ: Final = _N["BTRQ"]
_BTRQconst: Final = _N["BTRQconst"]
_BTSL: Final = _N["BTSL"]
_BTSQ: Final = _N["BTSQ"]
_BTSQconst: Final = _N["BTSQconst"]
_CASB: Final = _N["CASB"]
_CASL: Final = _N["CASL"]
_CASQ: Final = _N["CASQ"]
_CASW: Final = _N["CASW"]
_CLZB: Final = _N["CLZB"]
_CLZL: Final = _N["CLZL"]
_CLZQ: Final = _N["CLZQ"]
_CLZW: Final = _N["CLZW"]
_CTZB: Final = _N["CTZB"]
_CTZL: Final = _N["CTZL"]
_CTZQ: Final = _N["CTZQ"]
_CTZW: Final = _N["CTZW"]
_CVTSD2SS: Final = _N["CVTSD2SS"]
_CVTSL2SD: Final = _N["CVTSL2SD"]
_CVTSL2SS: Final = _N["CVTSL2SS"]
_CVTSQ2SD: Final = _N["CVTSQ2SD"]
_CVTSQ2SS: Final = _N["CVTSQ2SS"]
_CVTSS2SD: Final = _N["CVTSS2SD"]
_CVTTSD2SL: Final = _N["CVTTSD2SL"]
_CVTTSD2SQ: Final = _N["CVTTSD2SQ"]
_CVTTSD2UQ: Final = _N["CVTTSD2UQ"]
_CVTTSS2SL: Final = _N["CVTTSS2SL"]
_CVTTSS2SQ: Final = _N["CVTTSS2SQ"]
_CVTTSS2UQ: Final = _N["CVTTSS2UQ"]
_CVTUQ2SD: Final = _N["CVTUQ2SD"]
_CVTUQ2SS: Final = _N["CVTUQ2SS"]
_DECL: Final = _N["DECL"]
_DECQ: Final = _N["DECQ"]
_DIVL: Final = _N["DIVL"]
_DIVLU: Final = _N["DIVLU"]
_DIVLsafe: Final = _N["DIVLsafe"]
_DIVQ: Final = _N["DIVQ"]
_DIVQU: Final = _N["DIVQU"]
_DIVQsafe: Final = _N["DIVQsafe"]
_DIVSD: Final = _N["DIVSD"]
_DIVSDconst: Final = _N["DIVSDconst"]
_DIVSDload: Final = _N["DIVSDload"]
_DIVSS: Final = _N["DIVSS"]
_DIVSSconst: Final = _N["DIVSSconst"]
_DIVSSload: Final = _N["DIVSSload"]
_FZERO: Final = _N["FZERO"]
_HMULL: Final = _N["HMULL"]
_HMULLU: Final = _N["HMULLU"]
_HMULQ: Final = _N["HMULQ"]
_HMULQU: Final = _N["HMULQU"]
_IMUL3L: Final = _N["IMUL3L"]
_IMUL3Q: Final = _N["IMUL3Q"]
_IMULL: Final = _N["IMULL"]
_IMULLload: Final = _N["IMULLload"]
_IMULQ: Final = _N["IMULQ"]
_IMULQload: Final = _N["IMULQload"]
_INCL: Final = _N["INCL"]
_INCQ: Final = _N["INCQ"]
_LEAL_2: Final = _N["LEAL/2"]
_LEAQ_2: Final = _N["LEAQ/2"]
_MINSD: Final = _N["MINSD"]
_MINSS: Final = _N["MINSS"]
_MODL: Final = _N["MODL"]
_MODLU: Final = _N["MODLU"]
_MODLsafe: Final = _N["MODLsafe"]
_MODQ: Final = _N["MODQ"]
_MODQU: Final = _N["MODQU"]
_MODQsafe: Final = _N["MODQsafe"]
_MOVBLSX: Final = _N["MOVBLSX"]
_MOVBLSXload: Final = _N["MOVBLSXload"]
_MOVBQSX: Final = _N["MOVBQSX"]
_MOVBQSXload: Final = _N["MOVBQSXload"]
_MOVBQZX: Final = _N["MOVBQZX"]
_MOVBQZXload: Final = _N["MOVBQZXload"]
_MOVBstore: Final = _N["MOVBstore"]
_MOVBstoreconst: Final = _N["MOVBstoreconst"]
_MOVLQSX: Final = _N["MOVLQSX"]
_MOVLQSXload: Final = _N["MOVLQSXload"]
_MOVLQZX: Final = _N["MOVLQZX"]
_MOVLQZXload: Final = _N["MOVLQZXload"]
_MOVLconst: Final = _N["MOVLconst"]
_MOVLf2i: Final = _N["MOVLf2i"]
_MOVLi2f: Final = _N["MOVLi2f"]
_MOVLstore: Final = _N["MOVLstore"]
_MOVLstoreconst: Final = _N["MOVLstoreconst"]
_MOVQconst: Final = _N["MOVQconst"]
_MOVQf2i: Final = _N["MOVQf2i"]
_MOVQi2f: Final = _N["MOVQi2f"]
_MOVQload: Final = _N["MOVQload"]
_MOVQstore: Final = _N["MOVQstore"]
_MOVQstoreconst: Final = _N["MOVQstoreconst"]
_MOVSDconst: Final = _N["MOVSDconst"]
_MOVSDload: Final = _N["MOVSDload"]
_MOVSDstore: Final = _N["MOVSDstore"]
_MOVSSconst: Final = _N["MOVSSconst"]
_MOVSSload: Final = _N["MOVSSload"]
_MOVSSstore: Final = _N["MOVSSstore"]
_MOVWLSX: Final = _N["MOVWLSX"]
_MOVWLSXload: Final = _N["MOVWLSXload"]
_MOVWQSX: Final = _N["MOVWQSX"]
_MOVWQSXload: Final = _N["MOVWQSXload"]
_MOVWQZX: Final = _N["MOVWQZX"]
_MOVWQZXload: Final = _N["MOVWQZXload"]
_MOVWstore: Final = _N["MOVWstore"]
_MOVWstoreconst: Final = _N["MOVWstoreconst"]
_MULSD: Final = _N["MULSD"]
_MULSDconst: Final = _N["MULSDconst"]
_MULSDload: Final = _N["MULSDload"]
_MULSS: Final = _N["MULSS"]
_MULSSconst: Final = _N["MULSSconst"]
_MULSSload: Final = _N["MULSSload"]
_NEGL: Final = _N["NEGL"]
_NEGQ: Final = _N["NEGQ"]
_NILCHECK: Final = _N["NILCHECK"]
_NOTL: Final = _N["NOTL"]
_NOTQ: Final = _N["NOTQ"]
_ORBconstmodify: Final = _N["ORBconstmodify"]
_ORBlock: Final = _N["ORBlock"]
_ORBmodify: Final = _N["ORBmodify"]
_ORBold: Final = _N["ORBold"]
_ORL: Final = _N["ORL"]
_ORLconst: Final = _N["ORLconst"]
_ORLconstmodify: Final = _N["ORLconstmodify"]
_ORLload: Final = _N["ORLload"]
_ORLlock: Final = _N["ORLlock"]
_ORLmodify: Final = _N["ORLmodify"]
_ORLold: Final = _N["ORLold"]
_ORQ: Final = _N["ORQ"]
_ORQconst: Final = _N["ORQconst"]
_ORQconstmodify: Final = _N["ORQconstmodify"]
_ORQload: Final = _N["ORQload"]
_ORQlock: Final = _N["ORQlock"]
_ORQmodify: Final = _N["ORQmodify"]
_ORQold: Final = _N["ORQold"]
_ORWconstmodify: Final = _N["ORWconstmodify"]
_ORWlock: Final = _N["ORWlock"]
_ORWmodify: Final = _N["ORWmodify"]
_ORWold: Final = _N["ORWold"]
_PAUSE: Final = _N["PAUSE"]
_POPCNTL: Final = _N["POPCNTL"]
_POPCNTQ: Final = _N["POPCNTQ"]
_POR: Final = _N["POR"]
_PREFETCHT0: Final = _N["PREFETCHT0"]
_PXOR: Final = _N["PXOR"]
_ROLB: Final = _N["ROLB"]
_ROLBconst: Final = _N["ROLBconst"]
_ROLL: Final = _N["ROLL"]
_ROLLconst: Final = _N["ROLLconst"]
_ROLQ: Final = _N["ROLQ"]
_ROLQconst: Final = _N["ROLQconst"]
_ROLW: Final = _N["ROLW"]
_ROLWconst: Final = _N["ROLWconst"]
_ROUNDSD: Final = _N["ROUNDSD"]
_ROUNDSS: Final = _N["ROUNDSS"]
_SARL: Final = _N["SARL"]
_SARL_B: Final = _N["SARL.B"]
_SARL_L: Final = _N["SARL.L"]
_SARL_Q: Final = _N["SARL.Q"]
_SARL_W: Final = _N["SARL.W"]
_SARLconst: Final = _N["SARLconst"]
_SARQ: Final = _N["SARQ"]
_SARQ_B: Final = _N["SARQ.B"]
_SARQ_L: Final = _N["SARQ.L"]
_SARQ_Q: Final = _N["SARQ.Q"]
_SARQ_W: Final = _N["SARQ.W"]
_SARQconst: Final = _N["SARQconst"]
_SBBborrow: Final = _N["SBBborrow"]
_SHLL: Final = _N["SHLL"]
_SHLL_B: Final = _N["SHLL.B"]
_SHLL_L: Final = _N["SHLL.L"]
_SHLL_Q: Final = _N["SHLL.Q"]
_SHLL_W: Final = _N["SHLL.W"]
_SHLLconst: Final = _N["SHLLconst"]
_SHLQ: Final = _N["SHLQ"]
_SHLQ_B: Final = _N["SHLQ.B"]
_SHLQ_L: Final = _N["SHLQ.L"]
_SHLQ_Q: Final = _N["SHLQ.Q"]
_SHLQ_W: Final = _N["SHLQ.W"]
_SHLQconst: Final = _N["SHLQconst"]
_SHRL: Final = _N["SHRL"]
_SHRL_B: Final = _N["SHRL.B"]
_SHRL_L: Final = _N["SHRL.L"]
_SHRL_Q: Final = _N["SHRL.Q"]
_SHRL_W: Final = _N["SHRL.W"]
_SHRLconst: Final = _N["SHRLconst"]
_SHRQ: Final = _N["SHRQ"]
_SHRQ_B: Final = _N["SHRQ.B"]
_SHRQ_L: Final = _N["SHRQ.L"]
_SHRQ_Q: Final = _N["SHRQ.Q"]
_SHRQ_W: Final = _N["SHRQ.W"]
_SHRQconst: Final = _N["SHRQconst"]
_SQRTSD: Final = _N["SQRTSD"]
_SQRTSS: Final = _N["SQRTSS"]
_SUBBconstmodify: Final = _N["SUBBconstmodify"]
_SUBBmodify: Final = _N["SUBBmodify"]
_SUBL: Final = _N["SUBL"]
_SUBLconstmodify: Final = _N["SUBLconstmodify"]
_SUBLload: Final = _N["SUBLload"]
_SUBLmodify: Final = _N["SUBLmodify"]
_SUBQ: Final = _N["SUBQ"]
_SUBQconstmodify: Final = _N["SUBQconstmodify"]
_SUBQload: Final = _N["SUBQload"]
_SUBQmodify: Final = _N["SUBQmodify"]
_SUBSD: Final = _N["SUBSD"]
_SUBSDconst: Final = _N["SUBSDconst"]
_SUBSDload: Final = _N["SUBSDload"]
_SUBSS: Final = _N["SUBSS"]
_SUBSSconst: Final = _N["SUBSSconst"]
_SUBSSload: Final = _N["SUBSSload"]
_SUBWconstmodify: Final = _N["SUBWconstmodify"]
_SUBWmodify: Final = _N["SUBWmodify"]
_VFMADD231SD: Final = _N["VFMADD231SD"]
_VFMADD231SS: Final = _N["VFMADD231SS"]
_XADDBlock: Final = _N["XADDBlock"]
_XADDLlock: Final = _N["XADDLlock"]
_XADDQlock: Final = _N["XADDQlock"]
_XADDWlock: Final = _N["XADDWlock"]
_XCHGB: Final = _N["XCHGB"]
_XCHGL: Final = _N["XCHGL"]
_XCHGQ: Final = _N["XCHGQ"]
_XCHGW: Final = _N["XCHGW"]
_XORBconstmodify: Final = _N["XORBconstmodify"]
_XORBmodify: Final = _N["XORBmodify"]
_XORL: Final = _N["XORL"]
_XORLconst: Final = _N["XORLconst"]
_XORLconstmodify: Final = _N["XORLconstmodify"]
_XORLload: Final = _N["XORLload"]
_XORLmodify: Final = _N["XORLmodify"]
_XORQ: Final = _N["XORQ"]
_XORQconst: Final = _N["XORQconst"]
_XORQconstmodify: Final = _N["XORQconstmodify"]
_XORQload: Final = _N["XORQload"]
_XORQmodify: Final = _N["XORQmodify"]
_XORWconstmodify: Final = _N["XORWconstmodify"]
_XORWmodify: Final = _N["XORWmodify"]
_ZERO: Final = _N["ZERO"]
_C_BTL: Final = Compare(_TABLE, "BTL")
_C_BTQ: Final = Compare(_TABLE, "BTQ")
_C_BTQconst: Final = Compare(_TABLE, "BTQconst")
_C_CMPB: Final = Compare(_TABLE, "CMPB")
_C_CMPBconst: Final = Compare(_TABLE, "CMPBconst")
_C_CMPBconstload: Final = Compare(_TABLE, "CMPBconstload")
_C_CMPBload: Final = Compare(_TABLE, "CMPBload")
_C_CMPL: Final = Compare(_TABLE, "CMPL")
_C_CMPLconst: Final = Compare(_TABLE, "CMPLconst")
_C_CMPLconstload: Final = Compare(_TABLE, "CMPLconstload")
_C_CMPLload: Final = Compare(_TABLE, "CMPLload")
_C_CMPQ: Final = Compare(_TABLE, "CMPQ")
_C_CMPQconst: Final = Compare(_TABLE, "CMPQconst")
_C_CMPQconstload: Final = Compare(_TABLE, "CMPQconstload")
_C_CMPQload: Final = Compare(_TABLE, "CMPQload")
_C_CMPW: Final = Compare(_TABLE, "CMPW")
_C_CMPWconst: Final = Compare(_TABLE, "CMPWconst")
_C_CMPWconstload: Final = Compare(_TABLE, "CMPWconstload")
_C_CMPWload: Final = Compare(_TABLE, "CMPWload")
_C_TESTB: Final = Compare(_TABLE, "TESTB")
_C_TESTBconst: Final = Compare(_TABLE, "TESTBconst")
_C_TESTL: Final = Compare(_TABLE, "TESTL")
_C_TESTLconst: Final = Compare(_TABLE, "TESTLconst")
_C_TESTQ: Final = Compare(_TABLE, "TESTQ")
_C_TESTQconst: Final = Compare(_TABLE, "TESTQconst")
_C_TESTW: Final = Compare(_TABLE, "TESTW")
_C_TESTWconst: Final = Compare(_TABLE, "TESTWconst")
_C_UCOMISD: Final = Compare(_TABLE, "UCOMISD")
_C_UCOMISDconst: Final = Compare(_TABLE, "UCOMISDconst")
_C_UCOMISS: Final = Compare(_TABLE, "UCOMISS")
_C_UCOMISSconst: Final = Compare(_TABLE, "UCOMISSconst")


def _sel_const_b(s: Selector, v: Value) -> bool:
    if v.imm == 0:
        # rules.txt:10
        s.set(v, _ZERO, (), 0)
        return True
    if s32(v.imm):
        if v.kind != 5:
            if v.kind != 8:
                # rules.txt:11
                s.set(v, _MOVLconst, (), v.imm)
                return True
    if u32(v.imm):
        # rules.txt:12
        s.set(v, _MOVLconst, (), v.imm)
        return True
    # rules.txt:13
    s.set(v, _MOVQconst, (), v.imm)
    return True


def _sel_const_f32(s: Selector, v: Value) -> bool:
    if v.imm == 0:
        # rules.txt:8
        s.set(v, _FZERO, (), 0)
        return True
    # rules.txt:9
    s.set(v, _MOVSSconst, (), v.imm)
    return True


def _sel_const_f64(s: Selector, v: Value) -> bool:
    if v.imm == 0:
        # rules.txt:6
        s.set(v, _FZERO, (), 0)
        return True
    # rules.txt:7
    s.set(v, _MOVSDconst, (), v.imm)
    return True


def _sel_add_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 8:
                            # rules.txt:19
                            s.set(v, _ROLBconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 8:
                            # rules.txt:19
                            s.set(v, _ROLBconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        if a1.imm == 1:
            # rules.txt:20
            s.set(v, _INCL, (a0,), 1)
            return True
        if a1.imm == -1:
            # rules.txt:21
            s.set(v, _DECL, (a0,), -1)
            return True
        if s32(a1.imm):
            # rules.txt:22
            s.set(v, _ADDLconst, (a0,), a1.imm)
            return True
    # rules.txt:24
    s.set(
        v,
        _ADDL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_add_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 16:
                            # rules.txt:18
                            s.set(v, _ROLWconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 16:
                            # rules.txt:18
                            s.set(v, _ROLWconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        if a1.imm == 1:
            # rules.txt:20
            s.set(v, _INCL, (a0,), 1)
            return True
        if a1.imm == -1:
            # rules.txt:21
            s.set(v, _DECL, (a0,), -1)
            return True
        if s32(a1.imm):
            # rules.txt:22
            s.set(v, _ADDLconst, (a0,), a1.imm)
            return True
    # rules.txt:24
    s.set(
        v,
        _ADDL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_add_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 32:
                            # rules.txt:17
                            s.set(v, _ROLLconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 32:
                            # rules.txt:17
                            s.set(v, _ROLLconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        if a1.imm == 1:
            # rules.txt:20
            s.set(v, _INCL, (a0,), 1)
            return True
        if a1.imm == -1:
            # rules.txt:21
            s.set(v, _DECL, (a0,), -1)
            return True
        if s32(a1.imm):
            # rules.txt:22
            s.set(v, _ADDLconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:23
            s.set_memory(v, _ADDLload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:23
            s.set_memory(v, _ADDLload, (a1,), a0, 0)
            return True
    # rules.txt:24
    s.set(
        v,
        _ADDL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_add_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 64:
                            # rules.txt:16
                            s.set(v, _ROLQconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 64:
                            # rules.txt:16
                            s.set(v, _ROLQconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        if a1.imm == 1:
            # rules.txt:20
            s.set(v, _INCQ, (a0,), 1)
            return True
        if a1.imm == -1:
            # rules.txt:21
            s.set(v, _DECQ, (a0,), -1)
            return True
        if s32(a1.imm):
            # rules.txt:22
            s.set(v, _ADDQconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:23
            s.set_memory(v, _ADDQload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:23
            s.set_memory(v, _ADDQload, (a1,), a0, 0)
            return True
    # rules.txt:24
    s.set(
        v,
        _ADDQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_add_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:113
            s.set_memory(v, _ADDSSload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:113
            s.set_memory(v, _ADDSSload, (a1,), a0, 0)
            return True
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:117
            s.set(v, _ADDSSconst, (a0,), a1.imm)
            return True
    # rules.txt:119
    s.set(
        v,
        _ADDSS,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_add_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:112
            s.set_memory(v, _ADDSDload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:112
            s.set_memory(v, _ADDSDload, (a1,), a0, 0)
            return True
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:116
            s.set(v, _ADDSDconst, (a0,), a1.imm)
            return True
    # rules.txt:118
    s.set(
        v,
        _ADDSD,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_sub_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 1:
            # rules.txt:25
            s.set(v, _DECL, (a0,), -1)
            return True
        if s32(a1.imm):
            if s32(-a1.imm):
                # rules.txt:26
                s.set(v, _ADDLconst, (a0,), -a1.imm)
                return True
    # rules.txt:28
    s.set(
        v,
        _SUBL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_sub_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 1:
            # rules.txt:25
            s.set(v, _DECL, (a0,), -1)
            return True
        if s32(a1.imm):
            if s32(-a1.imm):
                # rules.txt:26
                s.set(v, _ADDLconst, (a0,), -a1.imm)
                return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:27
            s.set_memory(v, _SUBLload, (a0,), a1, 0)
            return True
    # rules.txt:28
    s.set(
        v,
        _SUBL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_sub_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 1:
            # rules.txt:25
            s.set(v, _DECQ, (a0,), -1)
            return True
        if s32(a1.imm):
            if s32(-a1.imm):
                # rules.txt:26
                s.set(v, _ADDQconst, (a0,), -a1.imm)
                return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:27
            s.set_memory(v, _SUBQload, (a0,), a1, 0)
            return True
    # rules.txt:28
    s.set(
        v,
        _SUBQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_sub_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:113
            s.set_memory(v, _SUBSSload, (a0,), a1, 0)
            return True
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:117
            s.set(v, _SUBSSconst, (a0,), a1.imm)
            return True
    # rules.txt:119
    s.set(
        v,
        _SUBSS,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_sub_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:112
            s.set_memory(v, _SUBSDload, (a0,), a1, 0)
            return True
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:116
            s.set(v, _SUBSDconst, (a0,), a1.imm)
            return True
    # rules.txt:118
    s.set(
        v,
        _SUBSD,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mul_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if power2(a1.imm):
            # rules.txt:30
            s.set(v, _SHLLconst, (a0,), log2(a1.imm))
            return True
        if a1.imm in (3, 5, 9):
            # rules.txt:31
            s.set(
                v,
                _LEAL_2,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, a1.imm - 1),
            )
            return True
        if power2(a1.imm + 1):
            # rules.txt:32
            t1 = s.new(v, _SHLLconst, 2, (a0,), log2(a1.imm + 1))
            s.set(
                v,
                _SUBL,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if power2(a1.imm - 1):
            # rules.txt:33
            t1 = s.new(v, _SHLLconst, 2, (a0,), log2(a1.imm - 1))
            s.set(
                v,
                _ADDL,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if times2(a1.imm) in (3, 5, 9):
            # rules.txt:34
            t1 = s.new(
                v,
                _LEAL_2,
                2,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, times2(a1.imm) - 1),
            )
            s.set(v, _SHLLconst, (t1,), log2(a1.imm // times2(a1.imm)))
            return True
        if s32(a1.imm):
            # rules.txt:36
            s.set(v, _IMUL3L, (a0,), a1.imm)
            return True
    # rules.txt:38
    s.set(
        v,
        _IMULL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mul_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if power2(a1.imm):
            # rules.txt:30
            s.set(v, _SHLLconst, (a0,), log2(a1.imm))
            return True
        if a1.imm in (3, 5, 9):
            # rules.txt:31
            s.set(
                v,
                _LEAL_2,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, a1.imm - 1),
            )
            return True
        if power2(a1.imm + 1):
            # rules.txt:32
            t1 = s.new(v, _SHLLconst, 3, (a0,), log2(a1.imm + 1))
            s.set(
                v,
                _SUBL,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if power2(a1.imm - 1):
            # rules.txt:33
            t1 = s.new(v, _SHLLconst, 3, (a0,), log2(a1.imm - 1))
            s.set(
                v,
                _ADDL,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if times2(a1.imm) in (3, 5, 9):
            # rules.txt:34
            t1 = s.new(
                v,
                _LEAL_2,
                3,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, times2(a1.imm) - 1),
            )
            s.set(v, _SHLLconst, (t1,), log2(a1.imm // times2(a1.imm)))
            return True
        if s32(a1.imm):
            # rules.txt:36
            s.set(v, _IMUL3L, (a0,), a1.imm)
            return True
    # rules.txt:38
    s.set(
        v,
        _IMULL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mul_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if power2(a1.imm):
            # rules.txt:30
            s.set(v, _SHLLconst, (a0,), log2(a1.imm))
            return True
        if a1.imm in (3, 5, 9):
            # rules.txt:31
            s.set(
                v,
                _LEAL_2,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, a1.imm - 1),
            )
            return True
        if power2(a1.imm + 1):
            # rules.txt:32
            t1 = s.new(v, _SHLLconst, 4, (a0,), log2(a1.imm + 1))
            s.set(
                v,
                _SUBL,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if power2(a1.imm - 1):
            # rules.txt:33
            t1 = s.new(v, _SHLLconst, 4, (a0,), log2(a1.imm - 1))
            s.set(
                v,
                _ADDL,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if times2(a1.imm) in (3, 5, 9):
            # rules.txt:34
            t1 = s.new(
                v,
                _LEAL_2,
                4,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, times2(a1.imm) - 1),
            )
            s.set(v, _SHLLconst, (t1,), log2(a1.imm // times2(a1.imm)))
            return True
        if s32(a1.imm):
            # rules.txt:36
            s.set(v, _IMUL3L, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:37
            s.set_memory(v, _IMULLload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:37
            s.set_memory(v, _IMULLload, (a1,), a0, 0)
            return True
    # rules.txt:38
    s.set(
        v,
        _IMULL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mul_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if power2(a1.imm):
            # rules.txt:30
            s.set(v, _SHLQconst, (a0,), log2(a1.imm))
            return True
        if a1.imm in (3, 5, 9):
            # rules.txt:31
            s.set(
                v,
                _LEAQ_2,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, a1.imm - 1),
            )
            return True
        if power2(a1.imm + 1):
            # rules.txt:32
            t1 = s.new(v, _SHLQconst, 5, (a0,), log2(a1.imm + 1))
            s.set(
                v,
                _SUBQ,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if power2(a1.imm - 1):
            # rules.txt:33
            t1 = s.new(v, _SHLQconst, 5, (a0,), log2(a1.imm - 1))
            s.set(
                v,
                _ADDQ,
                (
                    t1,
                    a0,
                ),
                0,
            )
            return True
        if times2(a1.imm) in (3, 5, 9):
            # rules.txt:34
            t1 = s.new(
                v,
                _LEAQ_2,
                5,
                (
                    a0,
                    a0,
                ),
                0,
                Mem(VALUE, 0, 0, None, times2(a1.imm) - 1),
            )
            s.set(v, _SHLQconst, (t1,), log2(a1.imm // times2(a1.imm)))
            return True
        if s32(a1.imm):
            # rules.txt:36
            s.set(v, _IMUL3Q, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:37
            s.set_memory(v, _IMULQload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:37
            s.set_memory(v, _IMULQload, (a1,), a0, 0)
            return True
    # rules.txt:38
    s.set(
        v,
        _IMULQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mul_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:113
            s.set_memory(v, _MULSSload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:113
            s.set_memory(v, _MULSSload, (a1,), a0, 0)
            return True
    if a1.op == 3:
        if a1.imm == 0x40000000:
            # rules.txt:115
            s.set(
                v,
                _ADDSS,
                (
                    a0,
                    a0,
                ),
                0,
            )
            return True
        if a1.imm != 0:
            # rules.txt:117
            s.set(v, _MULSSconst, (a0,), a1.imm)
            return True
    # rules.txt:119
    s.set(
        v,
        _MULSS,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mul_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:112
            s.set_memory(v, _MULSDload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:112
            s.set_memory(v, _MULSDload, (a1,), a0, 0)
            return True
    if a1.op == 3:
        if a1.imm == 0x4000000000000000:
            # rules.txt:114
            s.set(
                v,
                _ADDSD,
                (
                    a0,
                    a0,
                ),
                0,
            )
            return True
        if a1.imm != 0:
            # rules.txt:116
            s.set(v, _MULSDconst, (a0,), a1.imm)
            return True
    # rules.txt:118
    s.set(
        v,
        _MULSD,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_divs_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:63
    t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
    t2 = s.new(v, _MOVBLSX, 4, (a1,), 0)
    s.set(
        v,
        _DIVLsafe,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_divs_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:63
    t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
    t2 = s.new(v, _MOVWLSX, 4, (a1,), 0)
    s.set(
        v,
        _DIVLsafe,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_divs_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != -1:
            # rules.txt:61
            s.set(
                v,
                _DIVLsafe,
                (
                    a0,
                    a1,
                ),
                0,
            )
            return True
    # rules.txt:62
    s.set(
        v,
        _DIVL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_divs_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != -1:
            # rules.txt:59
            s.set(
                v,
                _DIVQsafe,
                (
                    a0,
                    a1,
                ),
                0,
            )
            return True
    # rules.txt:60
    s.set(
        v,
        _DIVQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_divu_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:72
    t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
    t2 = s.new(v, _MOVBQZX, 4, (a1,), 0)
    s.set(
        v,
        _DIVLU,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_divu_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:71
    t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
    t2 = s.new(v, _MOVWQZX, 4, (a1,), 0)
    s.set(
        v,
        _DIVLU,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_divu_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:70
    s.set(
        v,
        _DIVLU,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_divu_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:69
    s.set(
        v,
        _DIVQU,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mods_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:68
    t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
    t2 = s.new(v, _MOVBLSX, 4, (a1,), 0)
    s.set(
        v,
        _MODLsafe,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_mods_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:68
    t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
    t2 = s.new(v, _MOVWLSX, 4, (a1,), 0)
    s.set(
        v,
        _MODLsafe,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_mods_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != -1:
            # rules.txt:66
            s.set(
                v,
                _MODLsafe,
                (
                    a0,
                    a1,
                ),
                0,
            )
            return True
    # rules.txt:67
    s.set(
        v,
        _MODL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mods_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != -1:
            # rules.txt:64
            s.set(
                v,
                _MODQsafe,
                (
                    a0,
                    a1,
                ),
                0,
            )
            return True
    # rules.txt:65
    s.set(
        v,
        _MODQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_modu_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:72
    t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
    t2 = s.new(v, _MOVBQZX, 4, (a1,), 0)
    s.set(
        v,
        _MODLU,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_modu_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:71
    t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
    t2 = s.new(v, _MOVWQZX, 4, (a1,), 0)
    s.set(
        v,
        _MODLU,
        (
            t1,
            t2,
        ),
        0,
    )
    return True


def _sel_modu_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:70
    s.set(
        v,
        _MODLU,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_modu_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:69
    s.set(
        v,
        _MODQU,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_and_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:53
    s.set(
        v,
        _ANDL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_and_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:49
        s.set(v, _ANDLconst, (a0,), a1.imm)
        return True
    # rules.txt:53
    s.set(
        v,
        _ANDL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_and_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:48
        s.set(v, _ANDLconst, (a0,), a1.imm)
        return True
    # rules.txt:53
    s.set(
        v,
        _ANDL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_and_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 0xFF:
            # rules.txt:39
            s.set(v, _MOVBQZX, (a0,), 0)
            return True
        if a1.imm == 0xFFFF:
            # rules.txt:40
            s.set(v, _MOVWQZX, (a0,), 0)
            return True
    if a1.op == 34:
        if a1.args[0].op == 30:
            if a1.args[0].args[0].op == 3:
                if a1.args[0].args[0].imm == 1:
                    if a1.args[0].imm == 1:
                        if a1.args[0].uses == 1:
                            # rules.txt:45
                            s.set(
                                v,
                                _BTRL,
                                (
                                    a0,
                                    a1.args[0].args[1],
                                ),
                                0,
                            )
                            return True
    if a0.op == 34:
        if a0.args[0].op == 30:
            if a0.args[0].args[0].op == 3:
                if a0.args[0].args[0].imm == 1:
                    if a0.args[0].imm == 1:
                        if a0.args[0].uses == 1:
                            # rules.txt:45
                            s.set(
                                v,
                                _BTRL,
                                (
                                    a1,
                                    a0.args[0].args[1],
                                ),
                                0,
                            )
                            return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:47
            s.set(v, _ANDLconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:51
            s.set_memory(v, _ANDLload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:51
            s.set_memory(v, _ANDLload, (a1,), a0, 0)
            return True
    # rules.txt:53
    s.set(
        v,
        _ANDL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_and_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 0xFF:
            # rules.txt:39
            s.set(v, _MOVBQZX, (a0,), 0)
            return True
        if a1.imm == 0xFFFF:
            # rules.txt:40
            s.set(v, _MOVWQZX, (a0,), 0)
            return True
        if a1.imm == 0xFFFFFFFF:
            # rules.txt:41
            s.set(v, _MOVLQZX, (a0,), 0)
            return True
        if not s32(a1.imm):
            if power2(~a1.imm & 0xFFFFFFFFFFFFFFFF):
                # rules.txt:43
                s.set(v, _BTRQconst, (a0,), log2(~a1.imm & 0xFFFFFFFFFFFFFFFF))
                return True
    if a1.op == 34:
        if a1.args[0].op == 30:
            if a1.args[0].args[0].op == 3:
                if a1.args[0].args[0].imm == 1:
                    if a1.args[0].imm == 1:
                        if a1.args[0].uses == 1:
                            # rules.txt:45
                            s.set(
                                v,
                                _BTRQ,
                                (
                                    a0,
                                    a1.args[0].args[1],
                                ),
                                0,
                            )
                            return True
    if a0.op == 34:
        if a0.args[0].op == 30:
            if a0.args[0].args[0].op == 3:
                if a0.args[0].args[0].imm == 1:
                    if a0.args[0].imm == 1:
                        if a0.args[0].uses == 1:
                            # rules.txt:45
                            s.set(
                                v,
                                _BTRQ,
                                (
                                    a1,
                                    a0.args[0].args[1],
                                ),
                                0,
                            )
                            return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:46
            s.set(v, _ANDQconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:50
            s.set_memory(v, _ANDQload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:50
            s.set_memory(v, _ANDQload, (a1,), a0, 0)
            return True
    # rules.txt:52
    s.set(
        v,
        _ANDQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_or_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:53
    s.set(
        v,
        _ORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_or_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 8:
                            # rules.txt:19
                            s.set(v, _ROLBconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 8:
                            # rules.txt:19
                            s.set(v, _ROLBconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        # rules.txt:49
        s.set(v, _ORLconst, (a0,), a1.imm)
        return True
    # rules.txt:53
    s.set(
        v,
        _ORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_or_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 16:
                            # rules.txt:18
                            s.set(v, _ROLWconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 16:
                            # rules.txt:18
                            s.set(v, _ROLWconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        # rules.txt:48
        s.set(v, _ORLconst, (a0,), a1.imm)
        return True
    # rules.txt:53
    s.set(
        v,
        _ORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_or_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 32:
                            # rules.txt:17
                            s.set(v, _ROLLconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 32:
                            # rules.txt:17
                            s.set(v, _ROLLconst, (a0.args[0],), a1.args[1].imm)
                            return True
        if a1.args[0].op == 3:
            if a1.args[0].imm == 1:
                if a1.imm == 1:
                    if a1.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTSL,
                            (
                                a0,
                                a1.args[1],
                            ),
                            0,
                        )
                        return True
    if a0.op == 30:
        if a0.args[0].op == 3:
            if a0.args[0].imm == 1:
                if a0.imm == 1:
                    if a0.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTSL,
                            (
                                a1,
                                a0.args[1],
                            ),
                            0,
                        )
                        return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:47
            s.set(v, _ORLconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:51
            s.set_memory(v, _ORLload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:51
            s.set_memory(v, _ORLload, (a1,), a0, 0)
            return True
    # rules.txt:53
    s.set(
        v,
        _ORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_or_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 64:
                            # rules.txt:16
                            s.set(v, _ROLQconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 64:
                            # rules.txt:16
                            s.set(v, _ROLQconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        if not s32(a1.imm):
            if power2(a1.imm & 0xFFFFFFFFFFFFFFFF):
                # rules.txt:42
                s.set(v, _BTSQconst, (a0,), log2(a1.imm & 0xFFFFFFFFFFFFFFFF))
                return True
    if a1.op == 30:
        if a1.args[0].op == 3:
            if a1.args[0].imm == 1:
                if a1.imm == 1:
                    if a1.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTSQ,
                            (
                                a0,
                                a1.args[1],
                            ),
                            0,
                        )
                        return True
    if a0.op == 30:
        if a0.args[0].op == 3:
            if a0.args[0].imm == 1:
                if a0.imm == 1:
                    if a0.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTSQ,
                            (
                                a1,
                                a0.args[1],
                            ),
                            0,
                        )
                        return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:46
            s.set(v, _ORQconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:50
            s.set_memory(v, _ORQload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:50
            s.set_memory(v, _ORQload, (a1,), a0, 0)
            return True
    # rules.txt:52
    s.set(
        v,
        _ORQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_xor_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:53
    s.set(
        v,
        _XORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_xor_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 8:
                            # rules.txt:19
                            s.set(v, _ROLBconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 8:
                            # rules.txt:19
                            s.set(v, _ROLBconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        # rules.txt:49
        s.set(v, _XORLconst, (a0,), a1.imm)
        return True
    # rules.txt:53
    s.set(
        v,
        _XORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_xor_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 16:
                            # rules.txt:18
                            s.set(v, _ROLWconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 16:
                            # rules.txt:18
                            s.set(v, _ROLWconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        # rules.txt:48
        s.set(v, _XORLconst, (a0,), a1.imm)
        return True
    # rules.txt:53
    s.set(
        v,
        _XORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_xor_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 32:
                            # rules.txt:17
                            s.set(v, _ROLLconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 32:
                            # rules.txt:17
                            s.set(v, _ROLLconst, (a0.args[0],), a1.args[1].imm)
                            return True
        if a1.args[0].op == 3:
            if a1.args[0].imm == 1:
                if a1.imm == 1:
                    if a1.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTCL,
                            (
                                a0,
                                a1.args[1],
                            ),
                            0,
                        )
                        return True
    if a0.op == 30:
        if a0.args[0].op == 3:
            if a0.args[0].imm == 1:
                if a0.imm == 1:
                    if a0.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTCL,
                            (
                                a1,
                                a0.args[1],
                            ),
                            0,
                        )
                        return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:47
            s.set(v, _XORLconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:51
            s.set_memory(v, _XORLload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:51
            s.set_memory(v, _XORLload, (a1,), a0, 0)
            return True
    # rules.txt:53
    s.set(
        v,
        _XORL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_xor_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 30:
        if a0.args[1].op == 3:
            if a1.op == 32:
                if a1.args[0] is a0.args[0]:
                    if a1.args[1].op == 3:
                        if a0.args[1].imm + a1.args[1].imm == 64:
                            # rules.txt:16
                            s.set(v, _ROLQconst, (a1.args[0],), a0.args[1].imm)
                            return True
    if a1.op == 30:
        if a1.args[1].op == 3:
            if a0.op == 32:
                if a0.args[0] is a1.args[0]:
                    if a0.args[1].op == 3:
                        if a1.args[1].imm + a0.args[1].imm == 64:
                            # rules.txt:16
                            s.set(v, _ROLQconst, (a0.args[0],), a1.args[1].imm)
                            return True
    if a1.op == 3:
        if not s32(a1.imm):
            if power2(a1.imm & 0xFFFFFFFFFFFFFFFF):
                # rules.txt:42
                s.set(v, _BTCQconst, (a0,), log2(a1.imm & 0xFFFFFFFFFFFFFFFF))
                return True
    if a1.op == 30:
        if a1.args[0].op == 3:
            if a1.args[0].imm == 1:
                if a1.imm == 1:
                    if a1.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTCQ,
                            (
                                a0,
                                a1.args[1],
                            ),
                            0,
                        )
                        return True
    if a0.op == 30:
        if a0.args[0].op == 3:
            if a0.args[0].imm == 1:
                if a0.imm == 1:
                    if a0.uses == 1:
                        # rules.txt:44
                        s.set(
                            v,
                            _BTCQ,
                            (
                                a1,
                                a0.args[1],
                            ),
                            0,
                        )
                        return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:46
            s.set(v, _XORQconst, (a0,), a1.imm)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:50
            s.set_memory(v, _XORQload, (a0,), a1, 0)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:50
            s.set_memory(v, _XORQload, (a1,), a0, 0)
            return True
    # rules.txt:52
    s.set(
        v,
        _XORQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_shl_b(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if a1.op == 3:
        # rules.txt:84
        s.set(v, 3, (), 0)
        return True
    return False


def _sel_shl_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if 0 <= a1.imm < 32:
            # rules.txt:83
            s.set(v, _SHLLconst, (a0,), a1.imm)
            return True
        # rules.txt:84
        s.set(v, 3, (), 0)
        return True
    if v.imm == 1:
        # rules.txt:90
        s.set(
            v,
            _SHLL,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:95
        s.set(
            v,
            _SHLL_B,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:95
        s.set(
            v,
            _SHLL_W,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:95
        s.set(
            v,
            _SHLL_L,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:95
        s.set(
            v,
            _SHLL_Q,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shl_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if 0 <= a1.imm < 64:
            # rules.txt:83
            s.set(v, _SHLQconst, (a0,), a1.imm)
            return True
        # rules.txt:84
        s.set(v, 3, (), 0)
        return True
    if v.imm == 1:
        # rules.txt:90
        s.set(
            v,
            _SHLQ,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:95
        s.set(
            v,
            _SHLQ_B,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:95
        s.set(
            v,
            _SHLQ_W,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:95
        s.set(
            v,
            _SHLQ_L,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:95
        s.set(
            v,
            _SHLQ_Q,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shrs_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:89
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(v, _SARLconst, (t1,), a1.imm if 0 <= a1.imm < 32 else 31)
        return True
    if v.imm == 1:
        # rules.txt:94
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:99
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_B,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:99
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_W,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:99
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_L,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:99
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_Q,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shrs_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:89
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(v, _SARLconst, (t1,), a1.imm if 0 <= a1.imm < 32 else 31)
        return True
    if v.imm == 1:
        # rules.txt:94
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:99
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_B,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:99
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_W,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:99
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_L,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:99
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(
            v,
            _SARL_Q,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shrs_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:88
        s.set(v, _SARLconst, (a0,), a1.imm if 0 <= a1.imm < 32 else 31)
        return True
    if v.imm == 1:
        # rules.txt:93
        s.set(
            v,
            _SARL,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:98
        s.set(
            v,
            _SARL_B,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:98
        s.set(
            v,
            _SARL_W,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:98
        s.set(
            v,
            _SARL_L,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:98
        s.set(
            v,
            _SARL_Q,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shrs_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:88
        s.set(v, _SARQconst, (a0,), a1.imm if 0 <= a1.imm < 64 else 63)
        return True
    if v.imm == 1:
        # rules.txt:93
        s.set(
            v,
            _SARQ,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:98
        s.set(
            v,
            _SARQ_B,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:98
        s.set(
            v,
            _SARQ_W,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:98
        s.set(
            v,
            _SARQ_L,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:98
        s.set(
            v,
            _SARQ_Q,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shru_b(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if a1.op == 3:
        # rules.txt:87
        s.set(v, 3, (), 0)
        return True
    return False


def _sel_shru_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if 0 <= a1.imm < 8:
            # rules.txt:86
            t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
            s.set(v, _SHRLconst, (t1,), a1.imm)
            return True
        # rules.txt:87
        s.set(v, 3, (), 0)
        return True
    if v.imm == 1:
        # rules.txt:92
        t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:97
        t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_B,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:97
        t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_W,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:97
        t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_L,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:97
        t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_Q,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shru_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if 0 <= a1.imm < 16:
            # rules.txt:86
            t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
            s.set(v, _SHRLconst, (t1,), a1.imm)
            return True
        # rules.txt:87
        s.set(v, 3, (), 0)
        return True
    if v.imm == 1:
        # rules.txt:92
        t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:97
        t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_B,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:97
        t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_W,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:97
        t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_L,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:97
        t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
        s.set(
            v,
            _SHRL_Q,
            (
                t1,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shru_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if 0 <= a1.imm < 32:
            # rules.txt:85
            s.set(v, _SHRLconst, (a0,), a1.imm)
            return True
        # rules.txt:87
        s.set(v, 3, (), 0)
        return True
    if v.imm == 1:
        # rules.txt:91
        s.set(
            v,
            _SHRL,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:96
        s.set(
            v,
            _SHRL_B,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:96
        s.set(
            v,
            _SHRL_W,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:96
        s.set(
            v,
            _SHRL_L,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:96
        s.set(
            v,
            _SHRL_Q,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_shru_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if 0 <= a1.imm < 64:
            # rules.txt:85
            s.set(v, _SHRQconst, (a0,), a1.imm)
            return True
        # rules.txt:87
        s.set(v, 3, (), 0)
        return True
    if v.imm == 1:
        # rules.txt:91
        s.set(
            v,
            _SHRQ,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 2:
        # rules.txt:96
        s.set(
            v,
            _SHRQ_B,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 3:
        # rules.txt:96
        s.set(
            v,
            _SHRQ_W,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 4:
        # rules.txt:96
        s.set(
            v,
            _SHRQ_L,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    if a1.kind == 5:
        # rules.txt:96
        s.set(
            v,
            _SHRQ_Q,
            (
                a0,
                a1,
            ),
            0,
        )
        return True
    return False


def _sel_neg_i8(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:54
    s.set(v, _NEGL, (a0,), 0)
    return True


def _sel_neg_i64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:54
    s.set(v, _NEGQ, (a0,), 0)
    return True


def _sel_neg_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:121
    t1 = s.new(v, _MOVSSconst, 6, (), -0x80000000)
    s.set(
        v,
        _PXOR,
        (
            a0,
            t1,
        ),
        0,
    )
    return True


def _sel_neg_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:120
    t1 = s.new(v, _MOVSDconst, 7, (), -0x8000000000000000)
    s.set(
        v,
        _PXOR,
        (
            a0,
            t1,
        ),
        0,
    )
    return True


def _sel_com_i8(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:55
    s.set(v, _NOTL, (a0,), 0)
    return True


def _sel_com_i64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:55
    s.set(v, _NOTQ, (a0,), 0)
    return True


def _sel_not_b(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:56
    s.set(v, _XORLconst, (a0,), 1)
    return True


def _sel_rotl_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:100
        s.set(v, _ROLBconst, (a0,), a1.imm & 7)
        return True
    # rules.txt:101
    s.set(
        v,
        _ROLB,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_rotl_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:100
        s.set(v, _ROLWconst, (a0,), a1.imm & 15)
        return True
    # rules.txt:101
    s.set(
        v,
        _ROLW,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_rotl_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:100
        s.set(v, _ROLLconst, (a0,), a1.imm & 31)
        return True
    # rules.txt:101
    s.set(
        v,
        _ROLL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_rotl_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        # rules.txt:100
        s.set(v, _ROLQconst, (a0,), a1.imm & 63)
        return True
    # rules.txt:101
    s.set(
        v,
        _ROLQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mulhighs_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:75
    t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
    t2 = s.new(v, _MOVBLSX, 4, (a1,), 0)
    t3 = s.new(
        v,
        _IMULL,
        4,
        (
            t1,
            t2,
        ),
        0,
    )
    s.set(v, _SARLconst, (t3,), 8)
    return True


def _sel_mulhighs_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:75
    t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
    t2 = s.new(v, _MOVWLSX, 4, (a1,), 0)
    t3 = s.new(
        v,
        _IMULL,
        4,
        (
            t1,
            t2,
        ),
        0,
    )
    s.set(v, _SARLconst, (t3,), 16)
    return True


def _sel_mulhighs_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:73
    s.set(
        v,
        _HMULL,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mulhighs_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:73
    s.set(
        v,
        _HMULQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mulhighu_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:76
    t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
    t2 = s.new(v, _MOVBQZX, 4, (a1,), 0)
    t3 = s.new(
        v,
        _IMULL,
        4,
        (
            t1,
            t2,
        ),
        0,
    )
    s.set(v, _SHRLconst, (t3,), 8)
    return True


def _sel_mulhighu_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:76
    t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
    t2 = s.new(v, _MOVWQZX, 4, (a1,), 0)
    t3 = s.new(
        v,
        _IMULL,
        4,
        (
            t1,
            t2,
        ),
        0,
    )
    s.set(v, _SHRLconst, (t3,), 16)
    return True


def _sel_mulhighu_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:74
    s.set(
        v,
        _HMULLU,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_mulhighu_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:74
    s.set(
        v,
        _HMULQU,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_subptr_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:29
    s.set(
        v,
        _SUBQ,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_ctz_i8(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:104
    s.set(v, _CTZB, (a0,), 0)
    return True


def _sel_ctz_i16(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:104
    s.set(v, _CTZW, (a0,), 0)
    return True


def _sel_ctz_i32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:104
    s.set(v, _CTZL, (a0,), 0)
    return True


def _sel_ctz_i64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:104
    s.set(v, _CTZQ, (a0,), 0)
    return True


def _sel_clz_i8(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:105
    s.set(v, _CLZB, (a0,), 0)
    return True


def _sel_clz_i16(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:105
    s.set(v, _CLZW, (a0,), 0)
    return True


def _sel_clz_i32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:105
    s.set(v, _CLZL, (a0,), 0)
    return True


def _sel_clz_i64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:105
    s.set(v, _CLZQ, (a0,), 0)
    return True


def _sel_popcount_i8(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:107
    t1 = s.new(v, _MOVBQZX, 4, (a0,), 0)
    s.set(v, _POPCNTL, (t1,), 0)
    return True


def _sel_popcount_i16(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:107
    t1 = s.new(v, _MOVWQZX, 4, (a0,), 0)
    s.set(v, _POPCNTL, (t1,), 0)
    return True


def _sel_popcount_i32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:106
    s.set(v, _POPCNTL, (a0,), 0)
    return True


def _sel_popcount_i64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:106
    s.set(v, _POPCNTQ, (a0,), 0)
    return True


def _sel_bswap_i16(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:109
    s.set(v, _ROLWconst, (a0,), 8)
    return True


def _sel_bswap_i32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:108
    s.set(v, _BSWAPL, (a0,), 0)
    return True


def _sel_bswap_i64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:108
    s.set(v, _BSWAPQ, (a0,), 0)
    return True


def _sel_fdiv_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:113
            s.set_memory(v, _DIVSSload, (a0,), a1, 0)
            return True
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:117
            s.set(v, _DIVSSconst, (a0,), a1.imm)
            return True
    # rules.txt:119
    s.set(
        v,
        _DIVSS,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_fdiv_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:112
            s.set_memory(v, _DIVSDload, (a0,), a1, 0)
            return True
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:116
            s.set(v, _DIVSDconst, (a0,), a1.imm)
            return True
    # rules.txt:118
    s.set(
        v,
        _DIVSD,
        (
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_sqrt_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:122
    s.set(v, _SQRTSS, (a0,), 0)
    return True


def _sel_sqrt_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:122
    s.set(v, _SQRTSD, (a0,), 0)
    return True


def _sel_fma_f32(s: Selector, v: Value) -> bool:
    a0, a1, a2 = v.args
    # rules.txt:127
    s.set(
        v,
        _VFMADD231SS,
        (
            a2,
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_fma_f64(s: Selector, v: Value) -> bool:
    a0, a1, a2 = v.args
    # rules.txt:127
    s.set(
        v,
        _VFMADD231SD,
        (
            a2,
            a0,
            a1,
        ),
        0,
    )
    return True


def _sel_abs_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:124
    t1 = s.new(v, _MOVSSconst, 6, (), 0x7FFFFFFF)
    s.set(
        v,
        _ANDPS,
        (
            a0,
            t1,
        ),
        0,
    )
    return True


def _sel_abs_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:123
    t1 = s.new(v, _MOVSDconst, 7, (), 0x7FFFFFFFFFFFFFFF)
    s.set(
        v,
        _ANDPD,
        (
            a0,
            t1,
        ),
        0,
    )
    return True


def _sel_copysign_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:126
    t1 = s.new(v, _MOVSSconst, 6, (), 0x7FFFFFFF)
    t2 = s.new(
        v,
        _ANDPS,
        6,
        (
            a0,
            t1,
        ),
        0,
    )
    t3 = s.new(v, _MOVSSconst, 6, (), -0x80000000)
    t4 = s.new(
        v,
        _ANDPS,
        6,
        (
            a1,
            t3,
        ),
        0,
    )
    s.set(
        v,
        _POR,
        (
            t2,
            t4,
        ),
        0,
    )
    return True


def _sel_copysign_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:125
    t1 = s.new(v, _MOVSDconst, 7, (), 0x7FFFFFFFFFFFFFFF)
    t2 = s.new(
        v,
        _ANDPD,
        7,
        (
            a0,
            t1,
        ),
        0,
    )
    t3 = s.new(v, _MOVSDconst, 7, (), -0x8000000000000000)
    t4 = s.new(
        v,
        _ANDPD,
        7,
        (
            a1,
            t3,
        ),
        0,
    )
    s.set(
        v,
        _POR,
        (
            t2,
            t4,
        ),
        0,
    )
    return True


def _sel_floor_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:129
    s.set(v, _ROUNDSS, (a0,), 1)
    return True


def _sel_floor_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:129
    s.set(v, _ROUNDSD, (a0,), 1)
    return True


def _sel_ceil_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:130
    s.set(v, _ROUNDSS, (a0,), 2)
    return True


def _sel_ceil_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:130
    s.set(v, _ROUNDSD, (a0,), 2)
    return True


def _sel_truncfloat_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:131
    s.set(v, _ROUNDSS, (a0,), 3)
    return True


def _sel_truncfloat_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:131
    s.set(v, _ROUNDSD, (a0,), 3)
    return True


def _sel_roundeven_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:128
    s.set(v, _ROUNDSS, (a0,), 0)
    return True


def _sel_roundeven_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:128
    s.set(v, _ROUNDSD, (a0,), 0)
    return True


def _sel_minfloat_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:133
    t1 = s.new(
        v,
        _MINSS,
        6,
        (
            a0,
            a1,
        ),
        0,
    )
    t2 = s.new(
        v,
        _MINSS,
        6,
        (
            t1,
            a0,
        ),
        0,
    )
    t3 = s.new(
        v,
        _MINSS,
        6,
        (
            a0,
            a1,
        ),
        0,
    )
    s.set(
        v,
        _POR,
        (
            t2,
            t3,
        ),
        0,
    )
    return True


def _sel_minfloat_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:133
    t1 = s.new(
        v,
        _MINSD,
        7,
        (
            a0,
            a1,
        ),
        0,
    )
    t2 = s.new(
        v,
        _MINSD,
        7,
        (
            t1,
            a0,
        ),
        0,
    )
    t3 = s.new(
        v,
        _MINSD,
        7,
        (
            a0,
            a1,
        ),
        0,
    )
    s.set(
        v,
        _POR,
        (
            t2,
            t3,
        ),
        0,
    )
    return True


def _sel_maxfloat_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:134
    t1 = s.new(v, 33, 6, (a0,), 0)
    t2 = s.new(v, 33, 6, (a1,), 0)
    t3 = s.new(
        v,
        54,
        6,
        (
            t1,
            t2,
        ),
        0,
    )
    s.set(v, 33, (t3,), 0)
    return True


def _sel_maxfloat_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:134
    t1 = s.new(v, 33, 7, (a0,), 0)
    t2 = s.new(v, 33, 7, (a1,), 0)
    t3 = s.new(
        v,
        54,
        7,
        (
            t1,
            t2,
        ),
        0,
    )
    s.set(v, 33, (t3,), 0)
    return True


def _sel_addcarry_i64(s: Selector, v: Value) -> bool:
    a0, a1, a2 = v.args
    if v.imm == 0:
        # rules.txt:77
        t1 = s.new(
            v,
            _ADDQ,
            5,
            (
                a0,
                a1,
            ),
            0,
        )
        s.set(
            v,
            _ADDQ,
            (
                t1,
                a2,
            ),
            0,
        )
        return True
    if v.imm == 1:
        # rules.txt:78
        s.set(
            v,
            _ADCcarry,
            (
                a0,
                a1,
                a2,
            ),
            0,
        )
        return True
    return False


def _sel_subborrow_i64(s: Selector, v: Value) -> bool:
    a0, a1, a2 = v.args
    if v.imm == 0:
        # rules.txt:79
        t1 = s.new(
            v,
            _SUBQ,
            5,
            (
                a0,
                a1,
            ),
            0,
        )
        s.set(
            v,
            _SUBQ,
            (
                t1,
                a2,
            ),
            0,
        )
        return True
    if v.imm == 1:
        # rules.txt:80
        s.set(
            v,
            _SBBborrow,
            (
                a0,
                a1,
                a2,
            ),
            0,
        )
        return True
    return False


def _sel_signext_i8(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if v.kind == 5:
        if a0.op == 100:
            if s.fold(a0, v):
                # rules.txt:137
                s.set_memory(v, _MOVBQSXload, (), a0, 0)
                return True
    if v.kind == 4:
        if a0.op == 100:
            if s.fold(a0, v):
                # rules.txt:138
                s.set_memory(v, _MOVBLSXload, (), a0, 0)
                return True
    if v.kind == 5:
        # rules.txt:139
        s.set(v, _MOVBQSX, (a0,), 0)
        return True
    # rules.txt:140
    s.set(v, _MOVBLSX, (a0,), 0)
    return True


def _sel_signext_i16(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if v.kind == 5:
        if a0.op == 100:
            if s.fold(a0, v):
                # rules.txt:137
                s.set_memory(v, _MOVWQSXload, (), a0, 0)
                return True
    if v.kind == 4:
        if a0.op == 100:
            if s.fold(a0, v):
                # rules.txt:138
                s.set_memory(v, _MOVWLSXload, (), a0, 0)
                return True
    if v.kind == 5:
        # rules.txt:139
        s.set(v, _MOVWQSX, (a0,), 0)
        return True
    # rules.txt:140
    s.set(v, _MOVWLSX, (a0,), 0)
    return True


def _sel_signext_i32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if v.kind == 5:
        if a0.op == 100:
            if s.fold(a0, v):
                # rules.txt:137
                s.set_memory(v, _MOVLQSXload, (), a0, 0)
                return True
        # rules.txt:139
        s.set(v, _MOVLQSX, (a0,), 0)
        return True
    return False


def _sel_zeroext_b(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:141
            s.set_memory(v, _MOVBQZXload, (), a0, 0)
            return True
    if zero_extended(a0):
        # rules.txt:142
        s.copy(v, a0)
        return True
    # rules.txt:143
    s.set(v, _MOVBQZX, (a0,), 0)
    return True


def _sel_zeroext_i16(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:141
            s.set_memory(v, _MOVWQZXload, (), a0, 0)
            return True
    if zero_extended(a0):
        # rules.txt:142
        s.copy(v, a0)
        return True
    # rules.txt:143
    s.set(v, _MOVWQZX, (a0,), 0)
    return True


def _sel_zeroext_i32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:141
            s.set_memory(v, _MOVLQZXload, (), a0, 0)
            return True
    if zero_extended(a0):
        # rules.txt:142
        s.copy(v, a0)
        return True
    # rules.txt:143
    s.set(v, _MOVLQZX, (a0,), 0)
    return True


def _sel_trunc_b(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:144
    s.copy(v, a0)
    return True


def _sel_inttofloat_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 5:
        # rules.txt:147
        s.set(v, _CVTSQ2SS, (a0,), 0)
        return True
    if a0.kind == 4:
        # rules.txt:148
        s.set(v, _CVTSL2SS, (a0,), 0)
        return True
    if a0.kind == 3:
        # rules.txt:149
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(v, _CVTSL2SS, (t1,), 0)
        return True
    if a0.kind == 2:
        # rules.txt:150
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(v, _CVTSL2SS, (t1,), 0)
        return True
    return False


def _sel_inttofloat_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 5:
        # rules.txt:147
        s.set(v, _CVTSQ2SD, (a0,), 0)
        return True
    if a0.kind == 4:
        # rules.txt:148
        s.set(v, _CVTSL2SD, (a0,), 0)
        return True
    if a0.kind == 3:
        # rules.txt:149
        t1 = s.new(v, _MOVWLSX, 4, (a0,), 0)
        s.set(v, _CVTSL2SD, (t1,), 0)
        return True
    if a0.kind == 2:
        # rules.txt:150
        t1 = s.new(v, _MOVBLSX, 4, (a0,), 0)
        s.set(v, _CVTSL2SD, (t1,), 0)
        return True
    return False


def _sel_uinttofloat_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 5:
        # rules.txt:151
        s.set(v, _CVTUQ2SS, (a0,), 0)
        return True
    if a0.kind == 4:
        # rules.txt:152
        t1 = s.new(v, _MOVLQZX, 5, (a0,), 0)
        s.set(v, _CVTSQ2SS, (t1,), 0)
        return True
    if a0.kind == 3:
        # rules.txt:152
        t1 = s.new(v, _MOVWQZX, 5, (a0,), 0)
        s.set(v, _CVTSQ2SS, (t1,), 0)
        return True
    if a0.kind == 2:
        # rules.txt:152
        t1 = s.new(v, _MOVBQZX, 5, (a0,), 0)
        s.set(v, _CVTSQ2SS, (t1,), 0)
        return True
    return False


def _sel_uinttofloat_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 5:
        # rules.txt:151
        s.set(v, _CVTUQ2SD, (a0,), 0)
        return True
    if a0.kind == 4:
        # rules.txt:152
        t1 = s.new(v, _MOVLQZX, 5, (a0,), 0)
        s.set(v, _CVTSQ2SD, (t1,), 0)
        return True
    if a0.kind == 3:
        # rules.txt:152
        t1 = s.new(v, _MOVWQZX, 5, (a0,), 0)
        s.set(v, _CVTSQ2SD, (t1,), 0)
        return True
    if a0.kind == 2:
        # rules.txt:152
        t1 = s.new(v, _MOVBQZX, 5, (a0,), 0)
        s.set(v, _CVTSQ2SD, (t1,), 0)
        return True
    return False


def _sel_floattoint_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if v.kind == 5:
        # rules.txt:153
        s.set(v, _CVTTSS2SQ, (a0,), 0)
        return True
    # rules.txt:154
    s.set(v, _CVTTSS2SL, (a0,), 0)
    return True


def _sel_floattoint_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if v.kind == 5:
        # rules.txt:153
        s.set(v, _CVTTSD2SQ, (a0,), 0)
        return True
    # rules.txt:154
    s.set(v, _CVTTSD2SL, (a0,), 0)
    return True


def _sel_floattouint_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if v.kind == 5:
        # rules.txt:155
        s.set(v, _CVTTSS2UQ, (a0,), 0)
        return True
    # rules.txt:156
    s.set(v, _CVTTSS2SQ, (a0,), 0)
    return True


def _sel_floattouint_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if v.kind == 5:
        # rules.txt:155
        s.set(v, _CVTTSD2UQ, (a0,), 0)
        return True
    # rules.txt:156
    s.set(v, _CVTTSD2SQ, (a0,), 0)
    return True


def _sel_floattofloat_b(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:159
    s.copy(v, a0)
    return True


def _sel_floattofloat_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 7:
        # rules.txt:158
        s.set(v, _CVTSD2SS, (a0,), 0)
        return True
    # rules.txt:159
    s.copy(v, a0)
    return True


def _sel_floattofloat_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 6:
        # rules.txt:157
        s.set(v, _CVTSS2SD, (a0,), 0)
        return True
    # rules.txt:159
    s.copy(v, a0)
    return True


def _sel_bitcast_b(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:164
    s.copy(v, a0)
    return True


def _sel_bitcast_i32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 6:
        # rules.txt:163
        s.set(v, _MOVLf2i, (a0,), 0)
        return True
    # rules.txt:164
    s.copy(v, a0)
    return True


def _sel_bitcast_i64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 7:
        # rules.txt:162
        s.set(v, _MOVQf2i, (a0,), 0)
        return True
    # rules.txt:164
    s.copy(v, a0)
    return True


def _sel_bitcast_f32(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 4:
        # rules.txt:161
        s.set(v, _MOVLi2f, (a0,), 0)
        return True
    # rules.txt:164
    s.copy(v, a0)
    return True


def _sel_bitcast_f64(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    if a0.kind == 5:
        # rules.txt:160
        s.set(v, _MOVQi2f, (a0,), 0)
        return True
    # rules.txt:164
    s.copy(v, a0)
    return True


def _sel_ptrtoint_b(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:146
    s.copy(v, a0)
    return True


def _sel_inttoptr_b(s: Selector, v: Value) -> bool:
    a0 = v.args[0]
    # rules.txt:145
    s.copy(v, a0)
    return True


def _sel_load_b(s: Selector, v: Value) -> bool:
    # rules.txt:167
    s.set_memory(v, _MOVBQZXload, (), v, 0)
    return True


def _sel_load_i16(s: Selector, v: Value) -> bool:
    # rules.txt:167
    s.set_memory(v, _MOVWQZXload, (), v, 0)
    return True


def _sel_load_i32(s: Selector, v: Value) -> bool:
    # rules.txt:167
    s.set_memory(v, _MOVLQZXload, (), v, 0)
    return True


def _sel_load_i64(s: Selector, v: Value) -> bool:
    # rules.txt:167
    s.set_memory(v, _MOVQload, (), v, 0)
    return True


def _sel_load_f32(s: Selector, v: Value) -> bool:
    # rules.txt:168
    s.set_memory(v, _MOVSSload, (), v, 0)
    return True


def _sel_load_f64(s: Selector, v: Value) -> bool:
    # rules.txt:168
    s.set_memory(v, _MOVSDload, (), v, 0)
    return True


def _sel_store_b(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:169
            s.set_memory(v, _MOVBstoreconst, (), v, a1.imm)
            return True
    # rules.txt:177
    s.set_memory(v, _MOVBstore, (a1,), v, 0)
    return True


def _sel_store_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:169
            s.set_memory(v, _MOVBstoreconst, (), v, a1.imm)
            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ADDBconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _SUBBconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ANDBconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ORBconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _XORBconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ADDBmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _SUBBmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ANDBmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ORBmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _XORBmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 20:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ADDBmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ANDBmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ORBmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _XORBmodify, (a1.args[0],), v, 0)
                    return True
    # rules.txt:177
    s.set_memory(v, _MOVBstore, (a1,), v, 0)
    return True


def _sel_store_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:169
            s.set_memory(v, _MOVWstoreconst, (), v, a1.imm)
            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ADDWconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _SUBWconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ANDWconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ORWconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _XORWconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ADDWmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _SUBWmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ANDWmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ORWmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _XORWmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 20:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ADDWmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ANDWmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ORWmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _XORWmodify, (a1.args[0],), v, 0)
                    return True
    # rules.txt:177
    s.set_memory(v, _MOVWstore, (a1,), v, 0)
    return True


def _sel_store_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:169
            s.set_memory(v, _MOVLstoreconst, (), v, a1.imm)
            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ADDLconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _SUBLconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ANDLconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ORLconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _XORLconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ADDLmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _SUBLmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ANDLmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ORLmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _XORLmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 20:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ADDLmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ANDLmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ORLmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _XORLmodify, (a1.args[0],), v, 0)
                    return True
    # rules.txt:177
    s.set_memory(v, _MOVLstore, (a1,), v, 0)
    return True


def _sel_store_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:169
            s.set_memory(v, _MOVQstoreconst, (), v, a1.imm)
            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ADDQconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _SUBQconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ANDQconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _ORQconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if a1.args[1].op == 3:
                    if s.modifies(v, a1, a1.args[0]):
                        if s32(a1.args[1].imm):
                            # rules.txt:171
                            s.set_memory(v, _XORQconstmodify, (), v, a1.args[1].imm)
                            return True
    if a1.op == 20:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ADDQmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 21:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _SUBQmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ANDQmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _ORQmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[0].op == 100:
            if a1.args[0].args[0] is a0:
                if s.modifies(v, a1, a1.args[0]):
                    # rules.txt:173
                    s.set_memory(v, _XORQmodify, (a1.args[1],), v, 0)
                    return True
    if a1.op == 20:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ADDQmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 27:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ANDQmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 28:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _ORQmodify, (a1.args[0],), v, 0)
                    return True
    if a1.op == 29:
        if a1.args[1].op == 100:
            if a1.args[1].args[0] is a0:
                if s.modifies(v, a1, a1.args[1]):
                    # rules.txt:175
                    s.set_memory(v, _XORQmodify, (a1.args[0],), v, 0)
                    return True
    # rules.txt:177
    s.set_memory(v, _MOVQstore, (a1,), v, 0)
    return True


def _sel_store_f32(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:170
            s.set_memory(v, _MOVLstoreconst, (), v, 0)
            return True
    # rules.txt:178
    s.set_memory(v, _MOVSSstore, (a1,), v, 0)
    return True


def _sel_store_f64(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:170
            s.set_memory(v, _MOVQstoreconst, (), v, 0)
            return True
    # rules.txt:178
    s.set_memory(v, _MOVSDstore, (a1,), v, 0)
    return True


def _sel_store_p(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:169
            s.set_memory(v, _MOVQstoreconst, (), v, a1.imm)
            return True
    # rules.txt:177
    s.set_memory(v, _MOVQstore, (a1,), v, 0)
    return True


def _sel_nilcheck_void(s: Selector, v: Value) -> bool:
    # rules.txt:179
    s.set_memory(v, _NILCHECK, (), v, 0)
    return True


def _sel_atomicload_b(s: Selector, v: Value) -> bool:
    # rules.txt:180
    s.set_memory(v, _MOVBQZXload, (), v, 0)
    return True


def _sel_atomicload_i16(s: Selector, v: Value) -> bool:
    # rules.txt:180
    s.set_memory(v, _MOVWQZXload, (), v, 0)
    return True


def _sel_atomicload_i32(s: Selector, v: Value) -> bool:
    # rules.txt:180
    s.set_memory(v, _MOVLQZXload, (), v, 0)
    return True


def _sel_atomicload_i64(s: Selector, v: Value) -> bool:
    # rules.txt:180
    s.set_memory(v, _MOVQload, (), v, 0)
    return True


def _sel_atomicstore_b(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:181
    s.set_memory(v, _XCHGB, (a1,), v, 0)
    return True


def _sel_atomicstore_i16(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:181
    s.set_memory(v, _XCHGW, (a1,), v, 0)
    return True


def _sel_atomicstore_i32(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:181
    s.set_memory(v, _XCHGL, (a1,), v, 0)
    return True


def _sel_atomicstore_i64(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:181
    s.set_memory(v, _XCHGQ, (a1,), v, 0)
    return True


def _sel_atomicadd_i8(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:183
    t1 = s.new_memory(v, _XADDBlock, 2, (a1,), v, 0)
    s.set(
        v,
        _ADDL,
        (
            t1,
            a1,
        ),
        0,
    )
    return True


def _sel_atomicadd_i16(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:183
    t1 = s.new_memory(v, _XADDWlock, 3, (a1,), v, 0)
    s.set(
        v,
        _ADDL,
        (
            t1,
            a1,
        ),
        0,
    )
    return True


def _sel_atomicadd_i32(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:183
    t1 = s.new_memory(v, _XADDLlock, 4, (a1,), v, 0)
    s.set(
        v,
        _ADDL,
        (
            t1,
            a1,
        ),
        0,
    )
    return True


def _sel_atomicadd_i64(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:183
    t1 = s.new_memory(v, _XADDQlock, 5, (a1,), v, 0)
    s.set(
        v,
        _ADDQ,
        (
            t1,
            a1,
        ),
        0,
    )
    return True


def _sel_atomicswap_b(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:182
    s.set_memory(v, _XCHGB, (a1,), v, 0)
    return True


def _sel_atomicswap_i16(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:182
    s.set_memory(v, _XCHGW, (a1,), v, 0)
    return True


def _sel_atomicswap_i32(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:182
    s.set_memory(v, _XCHGL, (a1,), v, 0)
    return True


def _sel_atomicswap_i64(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    # rules.txt:182
    s.set_memory(v, _XCHGQ, (a1,), v, 0)
    return True


def _sel_atomiccas_b(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    a2 = v.args[2]
    # rules.txt:184
    s.set_memory(
        v,
        _CASB,
        (
            a1,
            a2,
        ),
        v,
        0,
    )
    return True


def _sel_atomiccas_i16(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    a2 = v.args[2]
    # rules.txt:184
    s.set_memory(
        v,
        _CASW,
        (
            a1,
            a2,
        ),
        v,
        0,
    )
    return True


def _sel_atomiccas_i32(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    a2 = v.args[2]
    # rules.txt:184
    s.set_memory(
        v,
        _CASL,
        (
            a1,
            a2,
        ),
        v,
        0,
    )
    return True


def _sel_atomiccas_i64(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    a2 = v.args[2]
    # rules.txt:184
    s.set_memory(
        v,
        _CASQ,
        (
            a1,
            a2,
        ),
        v,
        0,
    )
    return True


def _sel_atomicand_i8(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ANDBlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ANDBold, (a1,), v, 0)
    return True


def _sel_atomicand_i16(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ANDWlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ANDWold, (a1,), v, 0)
    return True


def _sel_atomicand_i32(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ANDLlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ANDLold, (a1,), v, 0)
    return True


def _sel_atomicand_i64(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ANDQlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ANDQold, (a1,), v, 0)
    return True


def _sel_atomicor_i8(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ORBlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ORBold, (a1,), v, 0)
    return True


def _sel_atomicor_i16(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ORWlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ORWold, (a1,), v, 0)
    return True


def _sel_atomicor_i32(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ORLlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ORLold, (a1,), v, 0)
    return True


def _sel_atomicor_i64(s: Selector, v: Value) -> bool:
    a1 = v.args[1]
    if v.uses == 0:
        # rules.txt:185
        s.set_memory(v, _ORQlock, (a1,), v, 0)
        return True
    # rules.txt:186
    s.set_memory(v, _ORQold, (a1,), v, 0)
    return True


def _sel_prefetch_void(s: Selector, v: Value) -> bool:
    # rules.txt:187
    s.set_memory(v, _PREFETCHT0, (), v, 0)
    return True


def _sel_pause_void(s: Selector, v: Value) -> bool:
    # rules.txt:188
    s.set(v, _PAUSE, (), 0)
    return True


def _cond_eq_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:198
            s.decide(
                _C_TESTB,
                0,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPBconstload, 0, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 0, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 0, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        0,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_eq_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTBconst, 0, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTB,
                        0,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:198
            s.decide(
                _C_TESTB,
                0,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPBconstload, 0, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 0, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 0, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        0,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_eq_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTWconst, 0, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTW,
                        0,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:198
            s.decide(
                _C_TESTW,
                0,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPWconstload, 0, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPWconst, 0, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPWload, 0, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPW,
        0,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_eq_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTLconst, 0, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a0.args[0].op == 30:
            if a0.args[0].args[0].op == 3:
                if a0.args[0].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:192
                                    s.decide(
                                        _C_BTL,
                                        7,
                                        (
                                            a0.args[1],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[1].op == 30:
            if a0.args[1].args[0].op == 3:
                if a0.args[1].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[1].imm == 1:
                                    # rules.txt:193
                                    s.decide(
                                        _C_BTL,
                                        7,
                                        (
                                            a0.args[0],
                                            a0.args[1].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[0].op == 32:
            if a0.args[1].op == 3:
                if a0.args[1].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:194
                                    s.decide(
                                        _C_BTL,
                                        7,
                                        (
                                            a0.args[0].args[0],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTL,
                        0,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:198
            s.decide(
                _C_TESTL,
                0,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPLconstload, 0, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPLconst, 0, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPLload, 0, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPL,
        0,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_eq_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTQconst, 0, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a0.args[0].op == 30:
            if a0.args[0].args[0].op == 3:
                if a0.args[0].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:192
                                    s.decide(
                                        _C_BTQ,
                                        7,
                                        (
                                            a0.args[1],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[1].op == 30:
            if a0.args[1].args[0].op == 3:
                if a0.args[1].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[1].imm == 1:
                                    # rules.txt:193
                                    s.decide(
                                        _C_BTQ,
                                        7,
                                        (
                                            a0.args[0],
                                            a0.args[1].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[0].op == 32:
            if a0.args[1].op == 3:
                if a0.args[1].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:194
                                    s.decide(
                                        _C_BTQ,
                                        7,
                                        (
                                            a0.args[0].args[0],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if a0.uses == 1:
                        if power2(a0.args[1].imm & 0xFFFFFFFFFFFFFFFF):
                            if not s32(a0.args[1].imm):
                                # rules.txt:195
                                s.decide(_C_BTQconst, 7, (a0.args[0],), log2(a0.args[1].imm & 0xFFFFFFFFFFFFFFFF), None)
                                return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTQ,
                        0,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:198
            s.decide(
                _C_TESTQ,
                0,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPQconstload, 0, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 0, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 0, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        0,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_eq_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:209
            s.decide(_C_UCOMISSconst, 10, (a0,), a1.imm, None)
            return True
    # rules.txt:211
    s.decide(
        _C_UCOMISS,
        10,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_eq_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:209
            s.decide(_C_UCOMISDconst, 10, (a0,), a1.imm, None)
            return True
    # rules.txt:211
    s.decide(
        _C_UCOMISD,
        10,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_eq_p(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:198
            s.decide(
                _C_TESTQ,
                0,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPQconstload, 0, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 0, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 0, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        0,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:199
            s.decide(
                _C_TESTB,
                1,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPBconstload, 1, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 1, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 1, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        1,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTBconst, 1, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTB,
                        1,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:199
            s.decide(
                _C_TESTB,
                1,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPBconstload, 1, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 1, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 1, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        1,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTWconst, 1, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTW,
                        1,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:199
            s.decide(
                _C_TESTW,
                1,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPWconstload, 1, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPWconst, 1, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPWload, 1, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPW,
        1,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTLconst, 1, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a0.args[0].op == 30:
            if a0.args[0].args[0].op == 3:
                if a0.args[0].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:192
                                    s.decide(
                                        _C_BTL,
                                        6,
                                        (
                                            a0.args[1],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[1].op == 30:
            if a0.args[1].args[0].op == 3:
                if a0.args[1].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[1].imm == 1:
                                    # rules.txt:193
                                    s.decide(
                                        _C_BTL,
                                        6,
                                        (
                                            a0.args[0],
                                            a0.args[1].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[0].op == 32:
            if a0.args[1].op == 3:
                if a0.args[1].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:194
                                    s.decide(
                                        _C_BTL,
                                        6,
                                        (
                                            a0.args[0].args[0],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTL,
                        1,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:199
            s.decide(
                _C_TESTL,
                1,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPLconstload, 1, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPLconst, 1, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPLload, 1, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPL,
        1,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 27:
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if s32(a0.args[1].imm):
                        if a0.uses == 1:
                            # rules.txt:191
                            s.decide(_C_TESTQconst, 1, (a0.args[0],), a0.args[1].imm, None)
                            return True
        if a0.args[0].op == 30:
            if a0.args[0].args[0].op == 3:
                if a0.args[0].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:192
                                    s.decide(
                                        _C_BTQ,
                                        6,
                                        (
                                            a0.args[1],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[1].op == 30:
            if a0.args[1].args[0].op == 3:
                if a0.args[1].args[0].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[1].imm == 1:
                                    # rules.txt:193
                                    s.decide(
                                        _C_BTQ,
                                        6,
                                        (
                                            a0.args[0],
                                            a0.args[1].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[0].op == 32:
            if a0.args[1].op == 3:
                if a0.args[1].imm == 1:
                    if a1.op == 3:
                        if a1.imm == 0:
                            if a0.uses == 1:
                                if a0.args[0].imm == 1:
                                    # rules.txt:194
                                    s.decide(
                                        _C_BTQ,
                                        6,
                                        (
                                            a0.args[0].args[0],
                                            a0.args[0].args[1],
                                        ),
                                        0,
                                        None,
                                    )
                                    return True
        if a0.args[1].op == 3:
            if a1.op == 3:
                if a1.imm == 0:
                    if a0.uses == 1:
                        if power2(a0.args[1].imm & 0xFFFFFFFFFFFFFFFF):
                            if not s32(a0.args[1].imm):
                                # rules.txt:195
                                s.decide(_C_BTQconst, 6, (a0.args[0],), log2(a0.args[1].imm & 0xFFFFFFFFFFFFFFFF), None)
                                return True
        if a1.op == 3:
            if a1.imm == 0:
                if a0.uses == 1:
                    # rules.txt:197
                    s.decide(
                        _C_TESTQ,
                        1,
                        (
                            a0.args[0],
                            a0.args[1],
                        ),
                        0,
                        None,
                    )
                    return True
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:199
            s.decide(
                _C_TESTQ,
                1,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPQconstload, 1, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 1, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 1, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        1,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:209
            s.decide(_C_UCOMISSconst, 11, (a0,), a1.imm, None)
            return True
    # rules.txt:211
    s.decide(
        _C_UCOMISS,
        11,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm != 0:
            # rules.txt:209
            s.decide(_C_UCOMISDconst, 11, (a0,), a1.imm, None)
            return True
    # rules.txt:211
    s.decide(
        _C_UCOMISD,
        11,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ne_p(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if a1.imm == 0:
            # rules.txt:199
            s.decide(
                _C_TESTQ,
                1,
                (
                    a0,
                    a0,
                ),
                0,
                None,
            )
            return True
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:200
                    s.decide(_C_CMPQconstload, 1, (), a1.imm, a0)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 1, (a0,), a1.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 1, (a1,), 0, a0)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        1,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_lts_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 2, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 5, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 2, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 5, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        2,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_lts_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPBconstload, 2, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPBconstload, 5, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 2, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 5, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 2, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 5, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        2,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_lts_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPWconstload, 2, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPWconstload, 5, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPWconst, 2, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPWconst, 5, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPWload, 2, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPWload, 5, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPW,
        2,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_lts_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPLconstload, 2, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPLconstload, 5, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPLconst, 2, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPLconst, 5, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPLload, 2, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPLload, 5, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPL,
        2,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_lts_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPQconstload, 2, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPQconstload, 5, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 2, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 5, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 2, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 5, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        2,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_lts_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 3:
        if a0.imm != 0:
            # rules.txt:210
            s.decide(_C_UCOMISSconst, 9, (a1,), a0.imm, None)
            return True
    # rules.txt:212
    s.decide(
        _C_UCOMISS,
        9,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_lts_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 3:
        if a0.imm != 0:
            # rules.txt:210
            s.decide(_C_UCOMISDconst, 9, (a1,), a0.imm, None)
            return True
    # rules.txt:212
    s.decide(
        _C_UCOMISD,
        9,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_lts_p(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 2, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 5, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 2, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 5, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        2,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_les_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 4, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 3, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 4, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 3, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        4,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_les_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPBconstload, 4, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPBconstload, 3, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 4, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 3, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 4, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 3, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        4,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_les_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPWconstload, 4, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPWconstload, 3, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPWconst, 4, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPWconst, 3, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPWload, 4, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPWload, 3, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPW,
        4,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_les_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPLconstload, 4, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPLconstload, 3, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPLconst, 4, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPLconst, 3, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPLload, 4, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPLload, 3, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPL,
        4,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_les_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPQconstload, 4, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPQconstload, 3, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 4, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 3, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 4, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 3, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        4,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_les_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 3:
        if a0.imm != 0:
            # rules.txt:210
            s.decide(_C_UCOMISSconst, 7, (a1,), a0.imm, None)
            return True
    # rules.txt:212
    s.decide(
        _C_UCOMISS,
        7,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_les_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 3:
        if a0.imm != 0:
            # rules.txt:210
            s.decide(_C_UCOMISDconst, 7, (a1,), a0.imm, None)
            return True
    # rules.txt:212
    s.decide(
        _C_UCOMISD,
        7,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_les_p(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 4, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 3, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 4, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 3, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        4,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 6, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 9, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 6, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 9, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        6,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPBconstload, 6, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPBconstload, 9, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 6, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 9, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 6, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 9, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        6,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPWconstload, 6, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPWconstload, 9, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPWconst, 6, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPWconst, 9, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPWload, 6, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPWload, 9, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPW,
        6,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPLconstload, 6, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPLconstload, 9, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPLconst, 6, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPLconst, 9, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPLload, 6, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPLload, 9, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPL,
        6,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPQconstload, 6, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPQconstload, 9, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 6, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 9, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 6, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 9, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        6,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:212
    s.decide(
        _C_UCOMISS,
        9,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:212
    s.decide(
        _C_UCOMISD,
        9,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_ltu_p(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 6, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 9, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 6, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 9, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        6,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_leu_b(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 8, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 7, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 8, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 7, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        8,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_leu_i8(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPBconstload, 8, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPBconstload, 7, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPBconst, 8, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPBconst, 7, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPBload, 8, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPBload, 7, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPB,
        8,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_leu_i16(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPWconstload, 8, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPWconstload, 7, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPWconst, 8, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPWconst, 7, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPWload, 8, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPWload, 7, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPW,
        8,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_leu_i32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPLconstload, 8, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPLconstload, 7, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPLconst, 8, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPLconst, 7, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPLload, 8, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPLload, 7, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPL,
        8,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_leu_i64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a0.op == 100:
        if a1.op == 3:
            if s32(a1.imm):
                if s.fold(a0, v):
                    # rules.txt:201
                    s.decide(_C_CMPQconstload, 8, (), a1.imm, a0)
                    return True
    if a0.op == 3:
        if a1.op == 100:
            if s32(a0.imm):
                if s.fold(a1, v):
                    # rules.txt:203
                    s.decide(_C_CMPQconstload, 7, (), a0.imm, a1)
                    return True
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 8, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 7, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 8, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 7, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        8,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


def _cond_leu_f32(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:212
    s.decide(
        _C_UCOMISS,
        7,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_leu_f64(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    # rules.txt:212
    s.decide(
        _C_UCOMISD,
        7,
        (
            a1,
            a0,
        ),
        0,
        None,
    )
    return True


def _cond_leu_p(s: Selector, v: Value) -> bool:
    a0, a1 = v.args
    if a1.op == 3:
        if s32(a1.imm):
            # rules.txt:204
            s.decide(_C_CMPQconst, 8, (a0,), a1.imm, None)
            return True
    if a0.op == 3:
        if s32(a0.imm):
            # rules.txt:205
            s.decide(_C_CMPQconst, 7, (a1,), a0.imm, None)
            return True
    if a0.op == 100:
        if s.fold(a0, v):
            # rules.txt:206
            s.decide(_C_CMPQload, 8, (a1,), 0, a0)
            return True
    if a1.op == 100:
        if s.fold(a1, v):
            # rules.txt:207
            s.decide(_C_CMPQload, 7, (a0,), 0, a1)
            return True
    # rules.txt:208
    s.decide(
        _C_CMPQ,
        8,
        (
            a0,
            a1,
        ),
        0,
        None,
    )
    return True


VALUES: Final[dict[int, Callable[[Selector, Value], bool]]] = {
    49: _sel_const_b,
    50: _sel_const_b,
    51: _sel_const_b,
    52: _sel_const_b,
    53: _sel_const_b,
    54: _sel_const_f32,
    55: _sel_const_f64,
    56: _sel_const_b,
    322: _sel_add_i8,
    323: _sel_add_i16,
    324: _sel_add_i32,
    325: _sel_add_i64,
    326: _sel_add_f32,
    327: _sel_add_f64,
    338: _sel_sub_i8,
    339: _sel_sub_i8,
    340: _sel_sub_i32,
    341: _sel_sub_i64,
    342: _sel_sub_f32,
    343: _sel_sub_f64,
    354: _sel_mul_i8,
    355: _sel_mul_i16,
    356: _sel_mul_i32,
    357: _sel_mul_i64,
    358: _sel_mul_f32,
    359: _sel_mul_f64,
    370: _sel_divs_i8,
    371: _sel_divs_i16,
    372: _sel_divs_i32,
    373: _sel_divs_i64,
    386: _sel_divu_i8,
    387: _sel_divu_i16,
    388: _sel_divu_i32,
    389: _sel_divu_i64,
    402: _sel_mods_i8,
    403: _sel_mods_i16,
    404: _sel_mods_i32,
    405: _sel_mods_i64,
    418: _sel_modu_i8,
    419: _sel_modu_i16,
    420: _sel_modu_i32,
    421: _sel_modu_i64,
    433: _sel_and_b,
    434: _sel_and_i8,
    435: _sel_and_i16,
    436: _sel_and_i32,
    437: _sel_and_i64,
    438: _sel_and_b,
    439: _sel_and_b,
    440: _sel_and_b,
    449: _sel_or_b,
    450: _sel_or_i8,
    451: _sel_or_i16,
    452: _sel_or_i32,
    453: _sel_or_i64,
    454: _sel_or_b,
    455: _sel_or_b,
    456: _sel_or_b,
    465: _sel_xor_b,
    466: _sel_xor_i8,
    467: _sel_xor_i16,
    468: _sel_xor_i32,
    469: _sel_xor_i64,
    470: _sel_xor_b,
    471: _sel_xor_b,
    472: _sel_xor_b,
    481: _sel_shl_b,
    482: _sel_shl_i8,
    483: _sel_shl_i8,
    484: _sel_shl_i8,
    485: _sel_shl_i64,
    486: _sel_shl_b,
    487: _sel_shl_b,
    488: _sel_shl_b,
    498: _sel_shrs_i8,
    499: _sel_shrs_i16,
    500: _sel_shrs_i32,
    501: _sel_shrs_i64,
    513: _sel_shru_b,
    514: _sel_shru_i8,
    515: _sel_shru_i16,
    516: _sel_shru_i32,
    517: _sel_shru_i64,
    518: _sel_shru_b,
    519: _sel_shru_b,
    520: _sel_shru_b,
    530: _sel_neg_i8,
    531: _sel_neg_i8,
    532: _sel_neg_i8,
    533: _sel_neg_i64,
    534: _sel_neg_f32,
    535: _sel_neg_f64,
    546: _sel_com_i8,
    547: _sel_com_i8,
    548: _sel_com_i8,
    549: _sel_com_i64,
    561: _sel_not_b,
    562: _sel_not_b,
    563: _sel_not_b,
    564: _sel_not_b,
    565: _sel_not_b,
    566: _sel_not_b,
    567: _sel_not_b,
    568: _sel_not_b,
    578: _sel_rotl_i8,
    579: _sel_rotl_i16,
    580: _sel_rotl_i32,
    581: _sel_rotl_i64,
    594: _sel_mulhighs_i8,
    595: _sel_mulhighs_i16,
    596: _sel_mulhighs_i32,
    597: _sel_mulhighs_i64,
    610: _sel_mulhighu_i8,
    611: _sel_mulhighu_i16,
    612: _sel_mulhighu_i32,
    613: _sel_mulhighu_i64,
    641: _sel_subptr_b,
    642: _sel_subptr_b,
    643: _sel_subptr_b,
    644: _sel_subptr_b,
    645: _sel_subptr_b,
    646: _sel_subptr_b,
    647: _sel_subptr_b,
    648: _sel_subptr_b,
    658: _sel_ctz_i8,
    659: _sel_ctz_i16,
    660: _sel_ctz_i32,
    661: _sel_ctz_i64,
    674: _sel_clz_i8,
    675: _sel_clz_i16,
    676: _sel_clz_i32,
    677: _sel_clz_i64,
    690: _sel_popcount_i8,
    691: _sel_popcount_i16,
    692: _sel_popcount_i32,
    693: _sel_popcount_i64,
    707: _sel_bswap_i16,
    708: _sel_bswap_i32,
    709: _sel_bswap_i64,
    726: _sel_fdiv_f32,
    727: _sel_fdiv_f64,
    742: _sel_sqrt_f32,
    743: _sel_sqrt_f64,
    758: _sel_fma_f32,
    759: _sel_fma_f64,
    774: _sel_abs_f32,
    775: _sel_abs_f64,
    790: _sel_copysign_f32,
    791: _sel_copysign_f64,
    806: _sel_floor_f32,
    807: _sel_floor_f64,
    822: _sel_ceil_f32,
    823: _sel_ceil_f64,
    838: _sel_truncfloat_f32,
    839: _sel_truncfloat_f64,
    854: _sel_roundeven_f32,
    855: _sel_roundeven_f64,
    870: _sel_minfloat_f32,
    871: _sel_minfloat_f64,
    886: _sel_maxfloat_f32,
    887: _sel_maxfloat_f64,
    901: _sel_addcarry_i64,
    917: _sel_subborrow_i64,
    1282: _sel_signext_i8,
    1283: _sel_signext_i16,
    1284: _sel_signext_i32,
    1297: _sel_zeroext_b,
    1298: _sel_zeroext_b,
    1299: _sel_zeroext_i16,
    1300: _sel_zeroext_i32,
    1313: _sel_trunc_b,
    1314: _sel_trunc_b,
    1315: _sel_trunc_b,
    1316: _sel_trunc_b,
    1317: _sel_trunc_b,
    1318: _sel_trunc_b,
    1319: _sel_trunc_b,
    1320: _sel_trunc_b,
    1334: _sel_inttofloat_f32,
    1335: _sel_inttofloat_f64,
    1350: _sel_uinttofloat_f32,
    1351: _sel_uinttofloat_f64,
    1366: _sel_floattoint_f32,
    1367: _sel_floattoint_f64,
    1382: _sel_floattouint_f32,
    1383: _sel_floattouint_f64,
    1393: _sel_floattofloat_b,
    1394: _sel_floattofloat_b,
    1395: _sel_floattofloat_b,
    1396: _sel_floattofloat_b,
    1397: _sel_floattofloat_b,
    1398: _sel_floattofloat_f32,
    1399: _sel_floattofloat_f64,
    1400: _sel_floattofloat_b,
    1409: _sel_bitcast_b,
    1410: _sel_bitcast_b,
    1411: _sel_bitcast_b,
    1412: _sel_bitcast_i32,
    1413: _sel_bitcast_i64,
    1414: _sel_bitcast_f32,
    1415: _sel_bitcast_f64,
    1416: _sel_bitcast_b,
    1425: _sel_ptrtoint_b,
    1426: _sel_ptrtoint_b,
    1427: _sel_ptrtoint_b,
    1428: _sel_ptrtoint_b,
    1429: _sel_ptrtoint_b,
    1430: _sel_ptrtoint_b,
    1431: _sel_ptrtoint_b,
    1432: _sel_ptrtoint_b,
    1441: _sel_inttoptr_b,
    1442: _sel_inttoptr_b,
    1443: _sel_inttoptr_b,
    1444: _sel_inttoptr_b,
    1445: _sel_inttoptr_b,
    1446: _sel_inttoptr_b,
    1447: _sel_inttoptr_b,
    1448: _sel_inttoptr_b,
    1601: _sel_load_b,
    1602: _sel_load_b,
    1603: _sel_load_i16,
    1604: _sel_load_i32,
    1605: _sel_load_i64,
    1606: _sel_load_f32,
    1607: _sel_load_f64,
    1608: _sel_load_i64,
    1617: _sel_store_b,
    1618: _sel_store_i8,
    1619: _sel_store_i16,
    1620: _sel_store_i32,
    1621: _sel_store_i64,
    1622: _sel_store_f32,
    1623: _sel_store_f64,
    1624: _sel_store_p,
    1664: _sel_nilcheck_void,
    1665: _sel_nilcheck_void,
    1666: _sel_nilcheck_void,
    1667: _sel_nilcheck_void,
    1668: _sel_nilcheck_void,
    1669: _sel_nilcheck_void,
    1670: _sel_nilcheck_void,
    1671: _sel_nilcheck_void,
    1672: _sel_nilcheck_void,
    2081: _sel_atomicload_b,
    2082: _sel_atomicload_b,
    2083: _sel_atomicload_i16,
    2084: _sel_atomicload_i32,
    2085: _sel_atomicload_i64,
    2088: _sel_atomicload_i64,
    2097: _sel_atomicstore_b,
    2098: _sel_atomicstore_b,
    2099: _sel_atomicstore_i16,
    2100: _sel_atomicstore_i32,
    2101: _sel_atomicstore_i64,
    2104: _sel_atomicstore_i64,
    2114: _sel_atomicadd_i8,
    2115: _sel_atomicadd_i16,
    2116: _sel_atomicadd_i32,
    2117: _sel_atomicadd_i64,
    2129: _sel_atomicswap_b,
    2130: _sel_atomicswap_b,
    2131: _sel_atomicswap_i16,
    2132: _sel_atomicswap_i32,
    2133: _sel_atomicswap_i64,
    2136: _sel_atomicswap_i64,
    2145: _sel_atomiccas_b,
    2146: _sel_atomiccas_b,
    2147: _sel_atomiccas_i16,
    2148: _sel_atomiccas_i32,
    2149: _sel_atomiccas_i64,
    2152: _sel_atomiccas_i64,
    2162: _sel_atomicand_i8,
    2163: _sel_atomicand_i16,
    2164: _sel_atomicand_i32,
    2165: _sel_atomicand_i64,
    2178: _sel_atomicor_i8,
    2179: _sel_atomicor_i16,
    2180: _sel_atomicor_i32,
    2181: _sel_atomicor_i64,
    2192: _sel_prefetch_void,
    2193: _sel_prefetch_void,
    2194: _sel_prefetch_void,
    2195: _sel_prefetch_void,
    2196: _sel_prefetch_void,
    2197: _sel_prefetch_void,
    2198: _sel_prefetch_void,
    2199: _sel_prefetch_void,
    2200: _sel_prefetch_void,
    2208: _sel_pause_void,
    2209: _sel_pause_void,
    2210: _sel_pause_void,
    2211: _sel_pause_void,
    2212: _sel_pause_void,
    2213: _sel_pause_void,
    2214: _sel_pause_void,
    2215: _sel_pause_void,
    2216: _sel_pause_void,
}
CONDITIONS: Final[dict[int, Callable[[Selector, Value], bool]]] = {
    1121: _cond_eq_b,
    1122: _cond_eq_i8,
    1123: _cond_eq_i16,
    1124: _cond_eq_i32,
    1125: _cond_eq_i64,
    1126: _cond_eq_f32,
    1127: _cond_eq_f64,
    1128: _cond_eq_p,
    1137: _cond_ne_b,
    1138: _cond_ne_i8,
    1139: _cond_ne_i16,
    1140: _cond_ne_i32,
    1141: _cond_ne_i64,
    1142: _cond_ne_f32,
    1143: _cond_ne_f64,
    1144: _cond_ne_p,
    1153: _cond_lts_b,
    1154: _cond_lts_i8,
    1155: _cond_lts_i16,
    1156: _cond_lts_i32,
    1157: _cond_lts_i64,
    1158: _cond_lts_f32,
    1159: _cond_lts_f64,
    1160: _cond_lts_p,
    1169: _cond_les_b,
    1170: _cond_les_i8,
    1171: _cond_les_i16,
    1172: _cond_les_i32,
    1173: _cond_les_i64,
    1174: _cond_les_f32,
    1175: _cond_les_f64,
    1176: _cond_les_p,
    1185: _cond_ltu_b,
    1186: _cond_ltu_i8,
    1187: _cond_ltu_i16,
    1188: _cond_ltu_i32,
    1189: _cond_ltu_i64,
    1190: _cond_ltu_f32,
    1191: _cond_ltu_f64,
    1192: _cond_ltu_p,
    1201: _cond_leu_b,
    1202: _cond_leu_i8,
    1203: _cond_leu_i16,
    1204: _cond_leu_i32,
    1205: _cond_leu_i64,
    1206: _cond_leu_f32,
    1207: _cond_leu_f64,
    1208: _cond_leu_p,
}
SUBJECTS: Final[dict[int, int]] = {
    41: 0,
    42: 0,
    43: 0,
    80: 0,
    81: 0,
    85: 0,
    86: 0,
    101: 1,
    131: 1,
    132: 1,
    133: 1,
    134: 2,
    135: 1,
    136: 1,
}

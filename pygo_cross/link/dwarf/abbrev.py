# SPDX-License-Identifier: BSD-3-Clause
"""The abbreviations: which attributes an entry of each kind has, and in which form.

The compiler refers to abbreviations by number when it writes the entries of functions, variables and constants, so
this table is an interface: its numbers, attributes and forms are those of GOROOT/src/cmd/internal/dwarf/dwarf.go
(abbrevs) and putvarabbrevgen.go. Two things depend on the target: version 5 refers to code through `.debug_addr`,
version 4 by address; and Apple's dsymutil wants the line of an inlined call in four bytes.
"""

from __future__ import annotations

from typing import Final

from pygo_cross.link.dwarf.constants import (
    DW_AT_abstract_origin,
    DW_AT_addr_base,
    DW_AT_byte_size,
    DW_AT_call_file,
    DW_AT_call_line,
    DW_AT_comp_dir,
    DW_AT_const_value,
    DW_AT_count,
    DW_AT_data_member_location,
    DW_AT_decl_file,
    DW_AT_decl_line,
    DW_AT_encoding,
    DW_AT_external,
    DW_AT_frame_base,
    DW_AT_go_closure_offset,
    DW_AT_go_dict_index,
    DW_AT_go_elem,
    DW_AT_go_embedded_field,
    DW_AT_go_key,
    DW_AT_go_kind,
    DW_AT_go_package_name,
    DW_AT_go_runtime_type,
    DW_AT_high_pc,
    DW_AT_inline,
    DW_AT_language,
    DW_AT_location,
    DW_AT_low_pc,
    DW_AT_name,
    DW_AT_producer,
    DW_AT_ranges,
    DW_AT_stmt_list,
    DW_AT_trampoline,
    DW_AT_type,
    DW_AT_variable_parameter,
    DW_FORM_addr,
    DW_FORM_addrx,
    DW_FORM_block1,
    DW_FORM_data1,
    DW_FORM_data4,
    DW_FORM_flag,
    DW_FORM_ref_addr,
    DW_FORM_sdata,
    DW_FORM_sec_offset,
    DW_FORM_string,
    DW_FORM_udata,
    DW_TAG_array_type,
    DW_TAG_base_type,
    DW_TAG_compile_unit,
    DW_TAG_constant,
    DW_TAG_formal_parameter,
    DW_TAG_inlined_subroutine,
    DW_TAG_lexical_block,
    DW_TAG_member,
    DW_TAG_pointer_type,
    DW_TAG_structure_type,
    DW_TAG_subprogram,
    DW_TAG_subrange_type,
    DW_TAG_subroutine_type,
    DW_TAG_typedef,
    DW_TAG_unspecified_parameters,
    DW_TAG_unspecified_type,
    DW_TAG_variable,
)
from pygo_cross.obj.leb import uleb

# Numbers of the abbreviations that the linker itself uses.
COMPUNIT: Final = 1
COMPUNIT_TEXTLESS: Final = 2
STRUCTFIELD: Final = 14
FUNCTYPEPARAM: Final = 15
FUNCTYPEOUTPARAM: Final = 16
DOTDOTDOT: Final = 17
ARRAYRANGE: Final = 18
NULLTYPE: Final = 19
BASETYPE: Final = 20
ARRAYTYPE: Final = 21
CHANTYPE: Final = 22
FUNCTYPE: Final = 23
IFACETYPE: Final = 24
MAPTYPE: Final = 25
PTRTYPE: Final = 26
BARE_PTRTYPE: Final = 27
SLICETYPE: Final = 28
STRINGTYPE: Final = 29
STRUCTTYPE: Final = 30
TYPEDECL: Final = 31

# Forms that depend on the target, until `abbreviations` replaces them.
_LOW_PC = -1
_HIGH_PC = -2
_CALL_LINE = -3

_name = (DW_AT_name, DW_FORM_string)
_type = (DW_AT_type, DW_FORM_ref_addr)
_external = (DW_AT_external, DW_FORM_flag)
_origin = (DW_AT_abstract_origin, DW_FORM_ref_addr)
_line = (DW_AT_decl_line, DW_FORM_udata)
_result = (DW_AT_variable_parameter, DW_FORM_flag)
_closure = (DW_AT_go_closure_offset, DW_FORM_udata)
_location_list = (DW_AT_location, DW_FORM_sec_offset)
_location = (DW_AT_location, DW_FORM_block1)
_code = ((DW_AT_low_pc, _LOW_PC), (DW_AT_high_pc, _HIGH_PC))
_frame = (*_code, (DW_AT_frame_base, DW_FORM_block1))
_call = ((DW_AT_call_file, DW_FORM_data4), (DW_AT_call_line, _CALL_LINE))
_wrapper = (DW_AT_trampoline, DW_FORM_flag)
_ranges = (DW_AT_ranges, DW_FORM_sec_offset)
_size = (DW_AT_byte_size, DW_FORM_udata)
_elem = (DW_AT_go_elem, DW_FORM_ref_addr)
_runtime_type = (DW_AT_go_runtime_type, DW_FORM_addr)
_kind = ((DW_AT_go_kind, DW_FORM_data1), _runtime_type)
_producer = ((DW_AT_comp_dir, DW_FORM_string), (DW_AT_producer, DW_FORM_string), (DW_AT_go_package_name, DW_FORM_string))
_language = (DW_AT_language, DW_FORM_data1)
_unit_code = ((DW_AT_stmt_list, DW_FORM_sec_offset), (DW_AT_low_pc, DW_FORM_addr), _ranges)

Form = tuple[int, int]
Abbreviation = tuple[int, bool, tuple[Form, ...]]
"""Tag, whether entries have children, and the attributes with their forms, in the order in which they are written."""

_TABLE: tuple[Abbreviation, ...] = (
    (0, False, ()),
    (DW_TAG_compile_unit, True, (_name, _language, *_unit_code, *_producer)),
    (DW_TAG_compile_unit, True, (_name, _language, *_producer)),
    # 3: functions, their abstract and concrete forms, inlined calls.
    (DW_TAG_subprogram, True, (_name, *_frame, (DW_AT_decl_file, DW_FORM_data4), _line, _external)),
    (DW_TAG_subprogram, True, (_name, *_frame, _wrapper)),
    (DW_TAG_subprogram, True, (_name, (DW_AT_inline, DW_FORM_data1), _line, _external)),
    (DW_TAG_subprogram, True, (_origin, *_frame)),
    (DW_TAG_subprogram, True, (_origin, *_frame, _wrapper)),
    (DW_TAG_inlined_subroutine, True, (_origin, *_code, *_call)),
    (DW_TAG_inlined_subroutine, True, (_origin, _ranges, *_call)),
    # 10: global variables, constants, blocks.
    (DW_TAG_variable, False, (_name, _location, _type, _external)),
    (DW_TAG_constant, False, (_name, _type, (DW_AT_const_value, DW_FORM_sdata))),
    (DW_TAG_lexical_block, True, (_ranges,)),
    (DW_TAG_lexical_block, True, ((DW_AT_low_pc, DW_FORM_addr), (DW_AT_high_pc, DW_FORM_addr))),
    # 14: parts of types.
    (
        DW_TAG_member,
        False,
        (_name, (DW_AT_data_member_location, DW_FORM_udata), _type, (DW_AT_go_embedded_field, DW_FORM_flag)),
    ),
    (DW_TAG_formal_parameter, False, (_type,)),
    (DW_TAG_formal_parameter, False, (_result, _type)),
    (DW_TAG_unspecified_parameters, False, ()),
    (DW_TAG_subrange_type, False, (_type, (DW_AT_count, DW_FORM_udata))),
    # 19: types.
    (DW_TAG_unspecified_type, False, (_name,)),
    (DW_TAG_base_type, False, (_name, (DW_AT_encoding, DW_FORM_data1), (DW_AT_byte_size, DW_FORM_data1), *_kind)),
    (DW_TAG_array_type, True, (_name, _type, _size, *_kind)),
    (DW_TAG_typedef, False, (_name, _type, *_kind, _elem)),
    (DW_TAG_subroutine_type, True, (_name, _size, *_kind)),
    (DW_TAG_typedef, True, (_name, _type, *_kind)),
    (DW_TAG_typedef, False, (_name, _type, *_kind, (DW_AT_go_key, DW_FORM_ref_addr), _elem)),
    (DW_TAG_pointer_type, False, (_name, _type, *_kind)),
    (DW_TAG_pointer_type, False, (_name, _runtime_type)),
    (DW_TAG_structure_type, True, (_name, _size, *_kind, _elem)),
    (DW_TAG_structure_type, True, (_name, _size, *_kind)),
    (DW_TAG_structure_type, True, (_name, _size, *_kind)),
    (DW_TAG_typedef, False, (_name, _type)),
    (DW_TAG_typedef, False, (_name, _type, (DW_AT_go_dict_index, DW_FORM_udata))),
    # 33: local variables and parameters, which the compiler writes.
    (DW_TAG_variable, False, (_name, _line, _type)),
    (DW_TAG_formal_parameter, False, (_name, _result, _type)),
    (DW_TAG_variable, False, (_origin, _location_list)),
    (DW_TAG_variable, False, (_origin, _location)),
    (DW_TAG_variable, False, (_name, _line, _type, _closure, _location_list)),
    (DW_TAG_variable, False, (_name, _line, _type, _closure, _location)),
    (DW_TAG_variable, False, (_name, _line, _type, _location_list)),
    (DW_TAG_variable, False, (_name, _line, _type, _location)),
    (DW_TAG_formal_parameter, False, (_origin, _location_list)),
    (DW_TAG_formal_parameter, False, (_origin, _location)),
    (DW_TAG_formal_parameter, False, (_name, _result, _line, _type, _closure, _location_list)),
    (DW_TAG_formal_parameter, False, (_name, _result, _line, _type, _closure, _location)),
    (DW_TAG_formal_parameter, False, (_name, _result, _line, _type, _location_list)),
    (DW_TAG_formal_parameter, False, (_name, _result, _line, _type, _location)),
)


def abbreviations(goos: str, version: int) -> list[Abbreviation]:
    """The table for a system and a DWARF version (4 or 5), by number; number 0 is none."""
    forms = {
        _LOW_PC: DW_FORM_addrx if version >= 5 else DW_FORM_addr,
        _HIGH_PC: DW_FORM_udata if version >= 5 else DW_FORM_addr,
        _CALL_LINE: DW_FORM_data4 if goos == "darwin" else DW_FORM_udata,
    }
    table = []
    for number, (tag, children, attributes) in enumerate(_TABLE):
        attributes = tuple((attribute, forms.get(form, form)) for attribute, form in attributes)
        if number == COMPUNIT and version >= 5:
            attributes = (*attributes, (DW_AT_addr_base, DW_FORM_sec_offset))
        table.append((tag, children, attributes))
    return table


def encode(table: list[Abbreviation]) -> bytes:
    """The content of `.debug_abbrev`."""
    out = bytearray()
    for number, (tag, children, attributes) in enumerate(table[1:], 1):
        out += uleb(number) + uleb(tag)
        out.append(1 if children else 0)
        for attribute, form in attributes:
            out += uleb(attribute) + uleb(form)
        out += b"\0\0"
    out.append(0)
    return bytes(out)

# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of DWARF that a Go program's debug information uses, and Go's own attributes.

Sources: the DWARF standard (versions 4 and 5), and GOROOT/src/cmd/internal/dwarf/{dwarf_defs,dwarf}.go for those from
0x2900 on. The names are the standard's.
"""

from typing import Final

DW_TAG_array_type: Final = 0x01
DW_TAG_formal_parameter: Final = 0x05
DW_TAG_lexical_block: Final = 0x0B
DW_TAG_member: Final = 0x0D
DW_TAG_pointer_type: Final = 0x0F
DW_TAG_compile_unit: Final = 0x11
DW_TAG_structure_type: Final = 0x13
DW_TAG_subroutine_type: Final = 0x15
DW_TAG_typedef: Final = 0x16
DW_TAG_unspecified_parameters: Final = 0x18
DW_TAG_inlined_subroutine: Final = 0x1D
DW_TAG_subrange_type: Final = 0x21
DW_TAG_base_type: Final = 0x24
DW_TAG_constant: Final = 0x27
DW_TAG_subprogram: Final = 0x2E
DW_TAG_variable: Final = 0x34
DW_TAG_unspecified_type: Final = 0x3B

DW_AT_location: Final = 0x02
DW_AT_name: Final = 0x03
DW_AT_byte_size: Final = 0x0B
DW_AT_stmt_list: Final = 0x10
DW_AT_low_pc: Final = 0x11
DW_AT_high_pc: Final = 0x12
DW_AT_language: Final = 0x13
DW_AT_comp_dir: Final = 0x1B
DW_AT_const_value: Final = 0x1C
DW_AT_inline: Final = 0x20
DW_AT_producer: Final = 0x25
DW_AT_abstract_origin: Final = 0x31
DW_AT_count: Final = 0x37
DW_AT_data_member_location: Final = 0x38
DW_AT_decl_file: Final = 0x3A
DW_AT_decl_line: Final = 0x3B
DW_AT_encoding: Final = 0x3E
DW_AT_external: Final = 0x3F
DW_AT_frame_base: Final = 0x40
DW_AT_type: Final = 0x49
DW_AT_variable_parameter: Final = 0x4B
DW_AT_ranges: Final = 0x55
DW_AT_trampoline: Final = 0x56
DW_AT_call_file: Final = 0x58
DW_AT_call_line: Final = 0x59
DW_AT_addr_base: Final = 0x73
DW_AT_go_kind: Final = 0x2900  # reflect.Kind
DW_AT_go_key: Final = 0x2901
DW_AT_go_elem: Final = 0x2902
DW_AT_go_embedded_field: Final = 0x2903
DW_AT_go_runtime_type: Final = 0x2904  # offset of the type descriptor in its section
DW_AT_go_package_name: Final = 0x2905
DW_AT_go_dict_index: Final = 0x2906
DW_AT_go_closure_offset: Final = 0x2907

DW_FORM_addr: Final = 0x01
DW_FORM_data4: Final = 0x06
DW_FORM_string: Final = 0x08
DW_FORM_block1: Final = 0x0A
DW_FORM_data1: Final = 0x0B
DW_FORM_flag: Final = 0x0C
DW_FORM_sdata: Final = 0x0D
DW_FORM_udata: Final = 0x0F
DW_FORM_ref_addr: Final = 0x10
DW_FORM_sec_offset: Final = 0x17
DW_FORM_addrx: Final = 0x1B

DW_ATE_boolean: Final = 0x02
DW_ATE_complex_float: Final = 0x03
DW_ATE_float: Final = 0x04
DW_ATE_signed: Final = 0x05
DW_ATE_unsigned: Final = 0x07

DW_LANG_Go: Final = 0x16
DW_UT_compile: Final = 0x01

DW_LNCT_path: Final = 0x01
DW_LNCT_directory_index: Final = 0x02

DW_RLE_end_of_list: Final = 0x00
DW_RLE_base_addressx: Final = 0x01
DW_RLE_offset_pair: Final = 0x04

DW_CFA_advance_loc1: Final = 0x02
DW_CFA_advance_loc2: Final = 0x03
DW_CFA_advance_loc4: Final = 0x04
DW_CFA_offset_extended: Final = 0x05
DW_CFA_undefined: Final = 0x07
DW_CFA_same_value: Final = 0x08
DW_CFA_def_cfa: Final = 0x0C
DW_CFA_offset_extended_sf: Final = 0x11
DW_CFA_def_cfa_offset_sf: Final = 0x13
DW_CFA_val_offset: Final = 0x14
DW_CFA_advance_loc: Final = 0x40

# SPDX-License-Identifier: BSD-3-Clause
"""The linker, on one screen: Go objects in, one executable out.

Each pass says in its module what holds when it returns. Three points fix what may still change: after `deadcode` the
set of object symbols is final; after `data.collect` no reachable data symbol may be added (the pclntab, the module data
and the GC programs are the last); after `assign_addresses` every address is final and only contents are filled in.
"""

from __future__ import annotations

import gc
import sys

from pygo_cross.diag import UserError
from pygo_cross.link import (
    deadcode,
    dwarf,
    dynimport,
    findfunctab,
    fips,
    flags,
    inittask,
    layoutreport,
    linkmap,
    moduledata,
    pclntab,
    prepare,
    stackcheck,
)
from pygo_cross.link.address import assign_addresses
from pygo_cross.link.context import Link
from pygo_cross.link.data import Data
from pygo_cross.link.image import Image, header_size
from pygo_cross.link.library import load
from pygo_cross.link.linkname import LinknamePolicy
from pygo_cross.link.loader import Loader
from pygo_cross.link.options import LinkOptions
from pygo_cross.link.output import executable, write_executable
from pygo_cross.link.reach import Trace
from pygo_cross.link.relocate import Relocator
from pygo_cross.link.resolve import load_symbols
from pygo_cross.link.symbols import image_symbols
from pygo_cross.link.text import assign_text_addresses
from pygo_cross.link.textorder import assign_text_order


def link_image(options: LinkOptions) -> Image:
    """Link a program up to the finished image. Raises UserError."""
    return lay_out(Link(options, Loader()))


def lay_out(link: Link) -> Image:
    """Carry out a link that was just begun, up to the finished image. Raises UserError."""
    options, loader = link.options, link.loader
    libraries = load(loader, options)
    link.libraries = libraries.order
    load_symbols(loader, LinknamePolicy(options.check_linkname), debug_info=not options.no_dwarf)
    prepare.apply_directives(link, libraries.directives)
    prepare.load_fips(link)
    inittask.inittasks(link)
    roots = [link.main_inittasks] if link.main_inittasks else []
    link.trace = _trace(link)
    deadcode.deadcode(
        loader,
        options.entry,
        roots,
        prune_weak_map=options.prune_weak_map,
        debug_info=not options.no_dwarf,
        trace=link.trace,
    )

    prepare.setup(link)
    assign_text_order(link)
    prepare.set_strings(link)
    stackcheck.check(link)
    debug_info = None if options.no_dwarf else dwarf.generate_debug_info(link)
    imports = dynimport.define(link)
    prepare.add_build_id(link)
    text = assign_text_addresses(link)

    prepare.add_build_info(link)
    pcln = pclntab.generate(link, options.goroot)
    findfunctab.generate(link, pcln)
    loader.special |= pcln.special
    link.hidden |= pcln.hidden
    type_fields = moduledata.make(link, pcln, text)
    data = Data(link)
    data.collect()
    dynimport.bind(link, data, imports)
    data.separate_relro()
    data.order(type_fields)
    data.arrange()
    layout = assign_addresses(link, text, data)

    for generate in link.generators:
        generate()
    relocator = Relocator(link)
    for segment in layout.segments():
        for section in segment.sections:
            if section.address < segment.address + segment.file_length:
                relocator.fill(section, link.section_syms[id(section)], code=section is text)
    relocator.raise_problems()
    fips.set_checksum(link)
    if debug_info:
        layout.set_dwarf(dwarf.debug_sections(link, debug_info, layout.dwarf.address))
    if link.trace and options.map_file:
        linkmap.write(link, link.trace.parents, options.map_file)

    symbols, imported = image_symbols(link)
    return Image(
        goos=options.goos,
        goarch=options.goarch,
        entry=loader.value[loader.lookup(options.entry)],
        header_size=header_size(options.goos, link.dylibs),
        text=layout.text,
        rodata=layout.rodata,
        relrodata=layout.relrodata,
        data=layout.data,
        dwarf=layout.dwarf,
        build_id=options.buildid,
        host_id=options.host_buildid,
        pie=link.relro,
        strip=options.strip,
        symbols=symbols,
        dylibs=link.dylibs,
        stub_symbols=[imported[sym] for sym in imports.stubs],
        got_symbols=[imported[sym] for sym in imports.got],
        rebases=[loader.value[sym] + offset for sym, offset in imports.rebases],
        binds=[(loader.value[sym] + offset, imported[target]) for sym, offset, target in imports.binds],
    )


def _trace(link: Link) -> Trace | None:
    """What notes why a symbol is there, where somebody wants to know."""
    options = link.options
    if options.dump_dependencies:
        return Trace(link.loader, lambda line: sys.stdout.write(line + "\n"))
    return Trace(link.loader) if options.map_file or options.report_file else None


def link_main(argv: list[str]) -> int:
    """The command `pygo-cross link`. Returns the exit status; raises UserError."""
    if argv and argv[0] in ("-h", "-help", "--help"):
        print(flags.USAGE, end="")
        return 0
    options = flags.parse(argv)
    # The link makes millions of objects and hardly any cycles, and the process ends with it.
    gc.disable()
    try:
        link = Link(options, Loader())
        image = lay_out(link)
        file = executable(image)
        report = layoutreport.render(link, image, file) if options.report_file else b""
    except MemoryError:
        hint = "a corrupt object may claim sizes like that; build again with an empty cache"
        raise UserError.one("out-of-memory", "the link needs more memory than there is", hint) from None
    if report:
        layoutreport.write(options.report_file, report)
    write_executable(options.output, file.data)
    sys.stdout.flush()
    return 0

# SPDX-License-Identifier: BSD-3-Clause
"""Makes instances of generic types, aliases and functions, and expands them.

Whether type arguments satisfy their constraints is another question, which `implements.verify` answers when all types are known.

Facts: src/cmd/compile/internal/types2/instantiate.go, named.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..diag import InternalError
from .context import Context
from .objects import Func
from .subst import Substitution, replace_receivers
from .types import INVALID_TYPE, NO_POS, UNRESOLVED, Alias, Interface, Named, Pointer, Signature, Type

if TYPE_CHECKING:
    from .hooks import Hooks


def instance_of_named(orig: Named, targs: tuple[Type, ...], context: Context, env: Hooks | None = None, pos: int = NO_POS) -> Named:
    """The instance of a generic type that `context` has, or a new one, not expanded. A wrong number of type arguments gives one whose
    underlying type is invalid.
    """
    key = context.key(orig, targs)
    named = context.instances.get(key)
    if type(named) is not Named:
        named = Named.instance(orig, targs, pos, context, env)
        context.instances[key] = named
    return named


def instance_of_alias(orig: Alias, targs: tuple[Type, ...], context: Context, env: Hooks | None = None, pos: int = NO_POS) -> Type:
    """The instance of a generic alias that `context` has, or a new one; the invalid type if the number of type arguments is wrong (which
    the caller reports).
    """
    if len(targs) != len(orig.tparams):
        return INVALID_TYPE
    if not targs:
        return orig
    key = context.key(orig, targs)
    alias = context.instances.get(key)
    if type(alias) is not Alias:
        rhs = Substitution(orig.tparams, targs, context, env, pos).typ(orig.rhs)
        alias = Alias(orig.obj, rhs, orig, targs, pos)
        context.instances[key] = alias
    return alias


def instance_of_signature(orig: Signature, targs: tuple[Type, ...], context: Context, env: Hooks | None = None, pos: int = NO_POS) -> Type:
    """A generic function's signature with type arguments: always a new one, without type parameters; the invalid type if their number is
    wrong (which the caller reports).
    """
    if len(targs) != len(orig.tparams):
        return INVALID_TYPE
    if not targs:
        return orig
    sig = Substitution(orig.tparams, targs, context, env, pos).typ(orig)
    if type(sig) is not Signature:
        raise InternalError("types", "substitution made something else of a signature", str(orig))
    if sig is orig:
        sig = orig.copy()
    sig.tparams = ()
    return sig


def instantiate(orig: Type, targs: tuple[Type, ...], context: Context, env: Hooks | None = None, pos: int = NO_POS) -> Type:
    """The instance of a generic type, alias or function signature. The type arguments are not verified."""
    if type(orig) is Named:
        return instance_of_named(orig, targs, context, env, pos)
    if type(orig) is Alias:
        return instance_of_alias(orig, targs, context, env, pos)
    if type(orig) is Signature:
        return instance_of_signature(orig, targs, context, env, pos)
    raise InternalError("types", "only types and functions can be instantiated", str(orig))


def expand_rhs(named: Named) -> Type:
    """The right-hand side of an instance: its origin's with type arguments in it. `Named.unpack` calls this once.

    Methods of an interface get the instance as their receiver.
    """
    orig = named.orig
    tparams = orig.tparams
    if len(tparams) != len(named.targs):
        return INVALID_TYPE
    if orig.rhs is UNRESOLVED:
        raise InternalError("types", "an instance is expanded before its declaration is complete", orig.obj.name)
    context = _context(named)
    rhs = Substitution(tparams, named.targs, context, named.env, named.pos).typ(orig.rhs)
    if type(rhs) is Interface:
        methods = replace_receivers(rhs.methods, orig, named)
        if methods is not rhs.methods:
            if rhs is orig.rhs:
                rhs = Interface([], rhs.embeddeds, env=named.env)
                if named.env is not None:
                    named.env.needs_cleanup(rhs)
            rhs.methods = methods
            rhs.tset = None
    return rhs


def expand_method(named: Named, index: int) -> Func:
    """A method of an instance: the declared one with type arguments in its signature and the instance as receiver. `Named.method` calls
    this once.

    The signature has no receiver type parameters.
    """
    orig = named.orig.method(index)
    if orig.typ is UNRESOLVED and named.env is not None:
        named.env.check_object(orig)
    old = orig.signature
    sig: Signature = old
    # The numbers differ only where an error was reported.
    if len(old.rparams) == len(named.targs):
        new = Substitution(old.rparams, named.targs, _context(named), named.env, orig.pos).typ(old)
        assert type(new) is Signature
        sig = new
    if sig is old:
        sig = old.copy()
    if old.recv is None:
        raise InternalError("types", "a method has no receiver", orig.name)
    sig.recv = old.recv.clone(Pointer(named) if orig.has_ptr_recv() else named)
    sig.rparams = ()
    return orig.clone(sig)


def _context(named: Named) -> Context:
    context = named.context
    if context is None:
        # An expansion that meets its own instance again must find it, or it would never end.
        context = named.context = named.env.context if named.env is not None else Context()
        context.update(named.orig, named.targs, named)
    return context

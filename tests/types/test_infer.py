# SPDX-License-Identifier: BSD-3-Clause
"""Type inference on functions made by hand: the cases of the specification and what is said where nothing can be inferred."""

from __future__ import annotations

from typesyntax import PKG, func, interface, method, named, struct, tparam, union

from pygo_cross.types.format import Formatter, PackageQualifier
from pygo_cross.types.hooks import Hooks
from pygo_cross.types.infer import Argument, Failure, infer, is_parameterized, rename, type_params_string
from pygo_cross.types.instantiate import instance_of_named
from pygo_cross.types.types import (
    FLOAT64,
    INT,
    RECV_ONLY,
    SEND_RECV,
    STRING,
    TYP,
    UNTYPED_FLOAT,
    UNTYPED_INT,
    UNTYPED_NIL,
    UNTYPED_RUNE,
    UNTYPED_STRING,
    Chan,
    Map,
    Pointer,
    Signature,
    Slice,
    Type,
    TypeParam,
)
from pygo_cross.types.unify import ASSIGN, EXACT, INEXACT, Unifier
from pygo_cross.types.universe import ANY, ERROR

Int, String, Float64 = TYP[INT], TYP[STRING], TYP[FLOAT64]
FORMATTER = Formatter(PackageQualifier(PKG), lambda pos: f"x.go:{pos}:1")


class Old(Hooks):
    """A checker of a package of go1.20."""

    def allows(self, minor: int) -> bool:
        return minor <= 20


def solve(sig: Signature, *args: Type, targs: tuple[Type | None, ...] = (), env: Hooks | None = None, reverse: bool = False) -> str:
    """What is inferred for a call with arguments of these types, or why nothing is."""
    env = env or Hooks(FORMATTER)
    arguments = [Argument(t, f"a{i}", i, t is TYP[UNTYPED_NIL]) for i, t in enumerate(args)]
    found = infer(sig.tparams, targs, sig.params, arguments, env, "call", reverse)
    if isinstance(found, Failure):
        return f"{found.at}: {FORMATTER.sprintf(found.template, *found.args)}"
    return FORMATTER.text(found)


def pq(p: Type = ANY, q: Type = ANY) -> tuple[TypeParam, TypeParam]:
    return tparam("P", p), tparam("Q", q)


def test_typed_arguments() -> None:
    p, q = pq()
    mapping = func(Slice(p), func(p, results=(q,)), tparams=(p, q))
    assert solve(mapping, Slice(Int), func(Int, results=(String,))) == "[int, string]"
    assert solve(mapping, Slice(Int), func(String, results=(String,))) == (
        "1: type func(string) string of a1 does not match inferred type func(int) Q for func(P) Q"
    )
    assert solve(mapping, Int, func(Int, results=(Int,))) == "0: type int of a0 does not match []P (cannot infer P and Q)"
    assert solve(mapping, Slice(Int), TYP[UNTYPED_NIL]) == "call: cannot infer Q (declared at x.go:0:1)"
    assert solve(mapping, Slice(Int), func(String, results=(String,)), reverse=True).startswith(
        "1: inferred type func(int) Q for func(P) Q"
    )


def test_given_type_arguments() -> None:
    p, q = pq()
    sig = func(p, q, tparams=(p, q))
    assert solve(sig, Int, String, targs=(Float64,)) == "[float64, string]"
    assert solve(sig, Int, String, targs=(None, Int)) == "[int, int]"
    assert solve(sig, Int, String, targs=(Int, String)) == "[int, string]"


def test_untyped_constants() -> None:
    (p,) = (tparam("P"),)
    three = func(p, p, p, tparams=(p,))
    integer, rune, number, text = (TYP[kind] for kind in (UNTYPED_INT, UNTYPED_RUNE, UNTYPED_FLOAT, UNTYPED_STRING))
    assert solve(three, integer, rune, integer) == "[rune]"
    assert solve(three, integer, number, rune) == "[float64]"
    assert solve(three, integer, Int, number) == "[int]"
    assert solve(three, integer, text, integer) == "1: mismatched types untyped int and untyped string (cannot infer P)"


def test_constraints_tell_types() -> None:
    p, q = pq()
    p.bound = interface(union((Slice(q),)))
    first = func(p, tparams=(p, q))
    mine = named("Mine", Slice(String))
    assert solve(first, mine) == "[Mine, string]"
    assert solve(first, Map(Int, Int)) == "call: P (type map[int]int) does not satisfy interface{~[]Q}"
    x, y = tparam("X"), tparam("Y")
    y.bound = interface(union(Pointer(x)))
    assert solve(func(x, tparams=(x, y)), Int) == "[int, *int]"


def test_methods_of_constraints_tell_types() -> None:
    p, q = pq()
    p.bound = interface(Get=func(results=(q,)))
    t = named("T", struct())
    method(t, "Get", func(results=(Int,)))
    sig = func(p, tparams=(p, q))
    assert solve(sig, t) == "[T, int]"
    assert solve(sig, String) == "call: P (type string) does not satisfy interface{Get() Q} (missing method Get)"


def test_defined_types_and_channels_with_direction_win() -> None:
    mine, p = named("Mine", Slice(Int)), tparam("P")
    two = func(p, p, tparams=(p,))
    for args in ((mine, Slice(Int)), (Slice(Int), mine)):
        assert solve(two, *args) == "[Mine]"
    for channels in ((Chan(SEND_RECV, Int), Chan(RECV_ONLY, Int)), (Chan(RECV_ONLY, Int), Chan(SEND_RECV, Int))):
        assert solve(two, *channels) == "[<-chan int]"
    assert solve(two, Int, String) == "1: type string of a1 does not match inferred type int for P"


def test_interfaces_match_by_their_methods_since_go1_21() -> None:
    p = tparam("P")
    getter = named("Getter", tparams=(q := tparam("Q"),))
    getter.rhs = interface(Get=func(results=(q,)))
    t = named("T", struct())
    method(t, "Get", func(results=(Int,)))
    env = Hooks(FORMATTER)
    sig = func(instance_of_named(getter, (p,), env.context), tparams=(p,))
    assert solve(sig, t, env=env) == "[int]"
    assert solve(sig, t, env=Old(FORMATTER)).endswith("T of a0 does not match Getter[P] (cannot infer P)")
    r = tparam("R")
    generic = named("G", struct())
    method(generic, "Get", func(results=(r,), tparams=(r,)))
    assert solve(sig, generic, env=env).endswith("G of a0 does not match Getter[P] (cannot infer P)")


def test_generic_functions_as_arguments() -> None:
    p, q = pq()
    x = tparam("X")
    apply = func(func(p, results=(q,)), p, tparams=(p, q))
    identity = func(x, results=(x,), tparams=(x,))
    env = Hooks(FORMATTER)
    both = (*apply.tparams, *identity.tparams)
    arguments = [Argument(identity, "id", 0), Argument(Int, "i", 1)]
    found = infer(both, (), apply.params, arguments, env)
    assert FORMATTER.text(found) == "[int, int, int]"


def test_cycles_end() -> None:
    p, q = pq()
    p.bound, q.bound = interface(union(Pointer(q))), interface(union(func(p)))
    assert solve(func(tparams=(p, q))) == "call: cannot infer P (declared at x.go:0:1)"
    a = tparam("A")
    a.bound = interface(union(Pointer(a)))
    assert solve(func(tparams=(a,))) == "call: cannot infer A (declared at x.go:0:1)"


def test_type_parameters_of_the_caller() -> None:
    p = tparam("P")
    mine = tparam("T", interface(union((Slice(Int),))))
    assert solve(func(Slice(p), tparams=(p,)), mine) == "[int]"
    q = tparam("Q")
    assert solve(func(q, tparams=(q,)), mine) == "[T]"
    new, t = rename((mine,), Map(String, mine), Hooks())
    assert new[0] is not mine and not is_parameterized((mine,), t) and is_parameterized(new, t)


def test_modes() -> None:
    p = tparam("P")
    mine = named("Mine", Slice(Int))
    cases = ((Slice(p), mine), (Slice(Slice(p)), Slice(mine)), (Chan(SEND_RECV, p), Chan(RECV_ONLY, Int)))
    assert [[Unifier((p,), ()).unify(x, y, mode) for x, y in cases] for mode in (INEXACT, ASSIGN, EXACT)] == [
        [True, True, True],
        [True, False, True],
        [False, False, False],
    ]
    assert Unifier((p,), (), interfaces=True).unify(ERROR, interface(), INEXACT)
    assert not Unifier((p,), (), interfaces=False).unify(interface(m=func()), interface(), INEXACT)


def test_types_that_never_end_do_not_match() -> None:
    p, q = pq()
    u = Unifier((p, q), (Pointer(p), Pointer(q)))
    assert not u.unify(p, q, EXACT)


def test_names_in_words() -> None:
    names = [tparam(name) for name in "PQRS"]
    assert [type_params_string(names[:n]) for n in range(5)] == ["", "P", "P and Q", "P, Q, and R", "P, Q, R, and S"]

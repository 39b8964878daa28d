# SPDX-License-Identifier: BSD-3-Clause
"""Identity, type sets, instances, look-ups and the words of causes, on types made by hand; test_type_graph has those of std."""

from __future__ import annotations

import pytest
from typesyntax import CONTEXT, OTHER, PKG, func, interface, method, named, struct, tparam, union

from pygo_cross.types.context import Context, type_key
from pygo_cross.types.format import Formatter, PackageQualifier
from pygo_cross.types.hooks import Hooks
from pygo_cross.types.implements import not_assertable, not_implementing, verify
from pygo_cross.types.instantiate import instance_of_alias, instance_of_named, instance_of_signature
from pygo_cross.types.lookup import field_path, lookup_field_or_method, missing_method
from pygo_cross.types.methodset import method_set
from pygo_cross.types.objects import FIELD_VAR, Func, TypeName, Var, fold, is_exported, object_kind
from pygo_cross.types.package import Package
from pygo_cross.types.predicates import (
    common_underlying,
    comparable,
    comparable_cause,
    default_type,
    has_nil,
    identical,
    identical_ignoring_tags,
    max_type,
)
from pygo_cross.types.scope import UNIVERSE, Scope
from pygo_cross.types.sizes import TOO_LARGE, Sizes
from pygo_cross.types.types import (
    BYTE,
    EMPTY_INTERFACE,
    FLOAT64,
    INT,
    INT64,
    INVALID_TYPE,
    RECV_ONLY,
    RUNE,
    SEND_ONLY,
    SEND_RECV,
    STRING,
    TYP,
    UINT8,
    UNRESOLVED,
    UNTYPED_FLOAT,
    UNTYPED_INT,
    UNTYPED_NIL,
    UNTYPED_RUNE,
    UNTYPED_STRING,
    Alias,
    Array,
    Chan,
    Interface,
    Map,
    Named,
    Pointer,
    Signature,
    Slice,
    Struct,
    Type,
)
from pygo_cross.types.typeset import MAX_TERMS, union_terms
from pygo_cross.types.typestring import object_string, type_string
from pygo_cross.types.universe import ANY, COMPARABLE, ERROR, UNSAFE

Int, String, Float64 = TYP[INT], TYP[STRING], TYP[FLOAT64]
FORMATTER = Formatter(PackageQualifier(PKG))


def alias(name: str, rhs: Type) -> Alias:
    return Alias(TypeName(0, PKG, name), rhs)


def test_what_is_identical() -> None:
    assert identical(BYTE, TYP[UINT8]) and BYTE is not TYP[UINT8]
    assert identical(alias("A", alias("B", Slice(Int))), Slice(Int))
    assert not identical(Array(Int, 2), Array(Int, 3))
    assert identical(Array(Int, -1), Array(Int, 3))  # an unknown length has been reported
    assert not identical(Chan(SEND_RECV, Int), Chan(SEND_ONLY, Int))
    assert identical(Map(String, Pointer(Int)), Map(String, Pointer(Int)))
    assert identical(func(Int, results=(String,)), func(Int, results=(String,)))
    assert not identical(func(Slice(Int)), func(Slice(Int), variadic=True))
    assert identical(struct(X=Int), struct(OTHER, X=Int))
    assert not identical(struct(x=Int), struct(OTHER, x=Int))
    assert not identical(struct(T=Int), struct(embedded=("T",), T=Int))
    tagged = Struct(struct(X=Int).fields, [b"json"])
    assert not identical(tagged, struct(X=Int)) and identical_ignoring_tags(tagged, struct(X=Int))
    assert not identical(named("T", Int), named("T", Int))


def test_interfaces_are_identical_by_their_type_sets() -> None:
    reader = interface(Read=func(Slice(BYTE)))
    assert identical(interface(reader, Close=func()), interface(Close=func(), Read=func(Slice(BYTE))))
    assert not identical(interface(m=func()), interface(M=func()))
    assert identical(interface(union(Int, (String,))), interface(union((String,), Int)))
    assert identical(interface(union(Int, (Int,))), interface(union((Int,))))
    assert not identical(interface(COMPARABLE), EMPTY_INTERFACE)


def test_interfaces_that_lead_back_to_themselves() -> None:
    def cyclic(name: str) -> Named:
        """type T interface{ m() interface{T} }"""
        t = named(name)
        t.rhs = interface(m=func(results=(interface(t),)))
        return t

    a, b = cyclic("A"), cyclic("B")
    assert identical(a.underlying(), b.underlying())
    assert type_key(a.underlying()) is not None
    assert type_string(a.underlying()) == "interface{m() interface{example.com/p.A}}"


def test_generic_signatures_are_identical_whatever_the_names() -> None:
    def generic(name: str, bound: Type = ANY) -> Signature:
        p = tparam(name, bound)
        return func(Slice(p), results=(p,), tparams=(p,))

    assert identical(generic("P"), generic("Q"))
    assert not identical(generic("P"), generic("Q", COMPARABLE))
    assert type_key(generic("P")) == type_key(generic("Q"))
    assert type_string(generic("P")) == "func[P any]([]P) P"


def test_equal_keys_mean_identical_types() -> None:
    t = named("T", Int)
    types = [
        *TYP, BYTE, RUNE, t, Array(t, 2), Array(t, 3), Slice(t), Pointer(t), Map(t, t), Chan(SEND_ONLY, t), Chan(RECV_ONLY, t),
        func(t), func(results=(t,)), func(Slice(t), variadic=True), func(Slice(t)), struct(x=t), struct(OTHER, x=t), struct(X=t),
        EMPTY_INTERFACE, interface(m=func()), interface(M=func()), interface(m=func(t)), ERROR,
    ]  # fmt: skip
    for x in types:
        for y in types:
            assert (type_key(x) == type_key(y)) == identical(x, y), (x, y)
    # Instances keep the names that their arguments were written with, so an alias has a key of its own.
    assert identical(alias("A", Slice(t)), Slice(t)) and identical(ANY, EMPTY_INTERFACE)
    assert len({type_key(alias("A", Slice(t))), type_key(alias("A", Slice(t))), type_key(alias("B", Slice(t))), type_key(Slice(t))}) == 3


def list_type() -> Named:
    """type List[P any] struct { next *List[P]; value P }; func (l *List[Q]) Get() Q; func (List[Q]) Map[R any](f func(Q) R) List[R]"""
    p = tparam("P")
    t = named("List", tparams=(p,))
    t.rhs = struct(next=Pointer(instance_of_named(t, (p,), CONTEXT)), value=p)
    q = tparam("Q")
    q.index = 0
    method(t, "Get", func(results=(q,)), pointer=True, rparams=(q,))
    r = tparam("R")
    method(t, "Map", func(func(q, results=(r,)), results=(instance_of_named(t, (r,), CONTEXT),), tparams=(r,)), rparams=(q,))
    return t


def test_instances_are_made_once_and_expanded_late() -> None:
    t = list_type()
    context = Context()
    ints = instance_of_named(t, (Int,), context)
    assert instance_of_named(t, (Int,), context) is ints
    assert identical(instance_of_named(t, (alias("I", Int),), context), ints)
    assert not ints.unpacked
    under = ints.underlying()
    assert type(under) is Struct
    assert type_string(under) == "struct{next *example.com/p.List[int]; value int}"
    assert type(under.fields[0].typ) is Pointer and under.fields[0].typ.elem is ints
    assert under.fields[0].origin is t.underlying().fields[0]
    get = ints.method(0)
    assert object_string(get) == "func (*example.com/p.List[int]).Get() int"
    assert get is ints.method(0) and get.origin is t.method(0) and get.signature.rparams == ()
    assert type_string(t) == "example.com/p.List[P any]"
    assert identical(ints, instance_of_named(t, (Int,), Context()))
    assert not identical(ints, instance_of_named(t, (String,), context))


def test_methods_with_type_parameters_of_their_own() -> None:
    t = list_type()
    of_ints, of_strings = (instance_of_named(t, (arg,), CONTEXT).method(1) for arg in (Int, String))
    assert object_string(of_ints) == "func (example.com/p.List[int]).Map[R any](f func(int) R) example.com/p.List[R]".replace("f ", "")
    assert of_ints.signature.tparams[0] is not of_strings.signature.tparams[0]
    sig = instance_of_signature(of_ints.signature, (Float64,), CONTEXT)
    assert type_string(sig) == "func(func(int) float64) example.com/p.List[float64]"


def test_generic_aliases() -> None:
    p = tparam("P")
    a = alias("A", Map(String, p))
    a.tparams = (p,)
    p.index = 0
    inst = instance_of_alias(a, (Int,), CONTEXT)
    assert type_string(inst) == "example.com/p.A[int]"
    assert identical(inst, Map(String, Int)) and instance_of_alias(a, (Int,), CONTEXT) is inst
    assert instance_of_alias(a, (Int, Int), CONTEXT) is INVALID_TYPE
    assert object_string(a.obj) == "type A[P any] = map[string]P"


def test_an_instance_with_a_wrong_number_of_type_arguments_is_invalid() -> None:
    assert instance_of_named(list_type(), (Int, Int), CONTEXT).underlying() is INVALID_TYPE


def test_interface_methods_of_instances_have_them_as_receivers() -> None:
    p = tparam("P")
    t = named("I", tparams=(p,))
    iface = interface(m=func())
    iface.methods[0].signature.recv.typ = t
    t.rhs = iface
    inst = instance_of_named(t, (Int,), CONTEXT)
    under = inst.underlying()
    assert type(under) is Interface and under is not iface
    recv = under.methods[0].signature.recv
    assert recv is not None and recv.typ is inst


def test_type_sets() -> None:
    def terms(*embeddeds: Type) -> str:
        return " | ".join(map(str, interface(*embeddeds).type_set().terms))

    mine = named("Mine", Int)
    assert terms(union(Int, String, (Int,))) == "~int | string"
    assert terms(union((Int,), String), union(mine, String, Float64)) == "example.com/p.Mine | string"
    assert terms(Int, String) == ""
    assert terms(union((mine,), String)) == "string"  # no type has Mine as underlying type
    assert terms(COMPARABLE, union(Slice(Int), Int)) == "int"
    assert interface(COMPARABLE, union(Slice(Int), Int)).type_set().comparable is False
    assert interface(COMPARABLE).type_set().comparable is True
    assert interface(Int, String).type_set().is_empty()
    assert not interface(Int).is_method_set() and interface(m=func()).is_method_set()
    assert union_terms(union(*[Array(Int, i) for i in range(MAX_TERMS + 1)])) is None


def test_an_interface_under_construction_has_no_type_set_yet() -> None:
    iface = Interface([], [], complete=False)
    assert iface.type_set().is_all() and iface.tset is None
    iface.embeddeds = [Int]
    iface.complete = True
    assert not iface.type_set().is_all()


class Recorder(Hooks):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.actions: list[object] = []

    def duplicate_method(self, pos: int, method: Func, other_pos: int) -> None:
        self.found.append(f"{pos}: duplicate method {method.name}, other at {other_pos}")

    def too_many_terms(self, pos: int) -> None:
        self.found.append(f"{pos}: too many terms")


def test_errors_in_type_sets_go_to_the_checker() -> None:
    env = Recorder()
    first, second, third = interface(m=func()), interface(m=func(Int)), interface(m=func())
    iface = Interface([], [first, second, third], env=env)
    iface.embed_pos = [10, 20, 30]
    iface.type_set()
    assert env.found == ["20: duplicate method m, other at 10"]
    env.found.clear()
    wide = Interface([], [union(*[Array(Int, i) for i in range(MAX_TERMS + 1)])], env=env)
    wide.embed_pos = [7]
    assert wide.type_set().is_all() and env.found == ["7: too many terms"]


def test_comparable() -> None:
    assert comparable(EMPTY_INTERFACE) and comparable(struct(a=Int, b=ERROR))
    assert comparable_cause(struct(a=EMPTY_INTERFACE), False) is not None
    for t, cause in (
        (struct(a=Int, b=Slice(Int)), "struct containing []int cannot be compared"),
        (Array(func(), 3), "[3]func() cannot be compared"),
        (tparam("P"), "incomparable types in type set"),
        (tparam("P", interface(Int, String)), "empty type set"),
        (Slice(Int), ""),
        (TYP[UNTYPED_NIL], ""),
    ):
        found = comparable_cause(t, True)
        assert found is not None and FORMATTER.cause(found) == cause
    assert comparable(tparam("P", COMPARABLE)) and comparable(tparam("P", interface(union((Int,), String))))


def test_nil_and_defaults() -> None:
    assert all(
        has_nil(t)
        for t in (Slice(Int), Pointer(Int), ERROR, func(), Map(Int, Int), Chan(SEND_RECV, Int), UNSAFE.scope.lookup("Pointer").typ)
    )
    assert not has_nil(Int) and not has_nil(tparam("P")) and has_nil(tparam("P", interface(union(Slice(Int), Pointer(Int)))))
    assert default_type(TYP[UNTYPED_RUNE]) is RUNE and default_type(TYP[UNTYPED_NIL]) is TYP[UNTYPED_NIL]
    assert max_type(TYP[UNTYPED_INT], TYP[UNTYPED_FLOAT]) is TYP[UNTYPED_FLOAT]
    assert max_type(TYP[UNTYPED_INT], TYP[UNTYPED_STRING]) is None


@pytest.mark.parametrize(
    ("terms", "result", "cause"),
    [
        ((Slice(Int), (Slice(Int),)), "[]int", ""),
        ((Int, String), None, "int and string have different underlying types"),
        ((Chan(SEND_RECV, Int), Chan(RECV_ONLY, Int)), "<-chan int", ""),
        ((Chan(SEND_ONLY, Int), Chan(RECV_ONLY, Int)), None, "channels chan<- int and <-chan int have conflicting directions"),
        ((Chan(SEND_ONLY, Int), Chan(SEND_ONLY, String)), None, "channels chan<- int and chan<- string have different element types"),
    ],
    ids=["same", "different", "channels", "directions", "elements"],
)
def test_common_underlying_types(terms: tuple[Type, ...], result: str | None, cause: str) -> None:
    common, why = common_underlying(tparam("P", interface(union(*terms))))
    assert (None if common is None else str(common)) == result
    assert ("" if why is None else FORMATTER.cause(why)) == cause


def test_look_ups() -> None:
    inner = named("Inner", struct(X=Int, y=Int))
    method(inner, "M", func(), pointer=True)
    method(inner, "V", func())
    outer = named("Outer", struct(embedded=("Inner", "Other"), Inner=inner, Other=Pointer(named("Other", struct(Z=Int, X=String))), Y=Int))
    assert lookup_field_or_method(outer, False, PKG, "X") == (None, (1, 1), False)
    found = lookup_field_or_method(outer, False, PKG, "Z")
    assert found.path == (1, 0) and found.indirect
    assert lookup_field_or_method(outer, False, PKG, "M") == (None, None, True)
    assert lookup_field_or_method(outer, True, PKG, "M").path == (0, 0)
    assert lookup_field_or_method(Pointer(outer), False, PKG, "M").indirect
    assert lookup_field_or_method(outer, False, PKG, "y").path == (0, 1)
    assert lookup_field_or_method(outer, False, OTHER, "y").obj is None
    assert lookup_field_or_method(outer, False, OTHER, "YY", fold_case=True).obj is None
    assert lookup_field_or_method(inner, False, PKG, "v", fold_case=True).path == (1,)
    assert field_path(outer, (1, 0)) == "Other.Z"
    pointer = named("Ptr", Pointer(inner))
    assert lookup_field_or_method(pointer, False, PKG, "X").path == (0,)
    assert lookup_field_or_method(pointer, False, PKG, "V").obj is None
    assert lookup_field_or_method(Pointer(ERROR), False, PKG, "Error").obj is None


def test_what_is_missing_for_an_interface() -> None:
    want = named("I", interface(M=func(Int)))

    def cause(t: Type, iface: Type = want) -> str:
        missing = missing_method(t, iface, True, formatter=FORMATTER)
        return "" if missing is None else missing.cause

    t = named("T", struct())
    method(t, "M", func(Int), pointer=True)
    assert cause(t) == "(method M has pointer receiver)" and cause(Pointer(t)) == ""
    u = named("U", struct())
    method(u, "m", func(Int))
    assert cause(u) == "(missing method M)\n\t\thave m(int)\n\t\twant M(int)"
    v = named("V", struct())
    method(v, "M", func(String, results=(ERROR,)))
    assert cause(v) == "(wrong type for method M)\n\t\thave M(string) error\n\t\twant M(int)"
    assert cause(named("W", struct(M=Int))) == "(W.M is a field, not a method)"
    twice = named("X", struct(embedded=("T", "V"), T=Pointer(t), V=v))
    assert cause(twice) == "(ambiguous selector X.M)"
    assert cause(Int) == "(missing method M)"
    assert cause(Pointer(want)) == "(type *I is pointer to interface, not interface)"
    assert cause(Pointer(tparam("P"))) == "(type *P is pointer to type parameter, not type parameter)"
    hidden = named("J", interface(m=func()), package=OTHER)
    other = named("Y", struct(), package=PKG)
    method(other, "m", func())
    there = Interface([Func(0, OTHER, "m", func())], [])
    assert cause(other, there) == "(unexported method m)"
    assert hidden.obj.pkg is OTHER
    nointerface = named("N", struct())
    method(nointerface, "M", func(Int)).nointerface = True
    assert cause(nointerface) == "(M method is marked 'nointerface')"


def test_what_looks_the_same_in_a_cause_is_told_apart_by_packages() -> None:
    here, there = (named("T", Int, package=package) for package in (PKG, Package("example.com/other/p", "p")))
    t = named("V", struct())
    method(t, "M", func(here))
    missing = missing_method(t, interface(M=func(there)), True, formatter=Formatter(lambda package: ""))
    assert missing is not None
    assert missing.cause == "(wrong type for method M)\n\t\thave M(example.com/p.T)\n\t\twant M(example.com/other/p.T)"


def test_constraints() -> None:
    def cause(t: Type, constraint: Type) -> str | None:
        return not_implementing(t, constraint, True, FORMATTER)

    mine = named("Mine", Int)
    number = named("Number", interface(union(Int, Float64)))
    assert cause(Int, number) is None
    assert cause(String, number) == "string does not satisfy Number (string missing in int | float64)"
    assert cause(mine, number) == "Mine does not satisfy Number (possibly missing ~ for int in Number)"
    assert cause(ERROR, COMPARABLE) is None and not_implementing(ERROR, COMPARABLE, False) is not None
    assert cause(Slice(Int), COMPARABLE) == "[]int does not satisfy comparable"
    assert cause(Int, interface(Int, String)) == "cannot satisfy interface{int; string} (empty type set)"
    assert cause(Int, named("S", interface(M=func()))) == "int does not satisfy S (missing method M)"
    assert cause(Int, String) == "int does not satisfy string (string is not an interface)"
    both = named("B", interface(union(Int, String), union(String, Float64)))
    assert cause(Int, both) == "int does not satisfy B (B mentions int, but int is not in the type set of B)"
    assert cause(tparam("P", number), number) is None
    assert cause(tparam("P", interface(union(Int, String))), number) == "P does not satisfy Number"
    p, q = tparam("P"), tparam("Q", interface(union(Slice(tparam("X")))))
    q.bound = interface(union((Slice(p),)))
    assert verify((p, q), (Int, Slice(Int)), CONTEXT) is None
    assert verify((p, q), (Int, Slice(String)), CONTEXT, FORMATTER) == (
        1,
        "[]string does not satisfy interface{~[]int} ([]string missing in ~[]int)",
    )
    assert not_assertable(ERROR, Int, FORMATTER) == "(missing method Error)"


def test_sizes() -> None:
    sizes = Sizes()
    align64 = named("align64", struct(), package=Package("sync/atomic", "atomic"))
    assert sizes.alignof(align64) == 8 and sizes.alignof(struct()) == 1
    assert sizes.sizeof(struct(a=TYP[UINT8], b=TYP[INT64], c=TYP[UINT8])) == 24
    assert sizes.offsetsof(struct(a=TYP[UINT8], b=TYP[INT64], c=TYP[UINT8])) == (0, 8, 16)
    assert sizes.sizeof(struct(a=Int, b=struct())) == 16  # a pointer to b stays inside
    assert sizes.sizeof(struct(b=struct(), a=Int)) == 8
    assert sizes.sizeof(Array(Int, 1 << 60)) == TOO_LARGE
    assert sizes.sizeof(Array(TYP[UINT8], (1 << 63) - 1)) == (1 << 63) - 1
    assert sizes.sizeof(struct(a=Array(TYP[UINT8], (1 << 63) - 1), b=Int)) == TOO_LARGE
    assert Sizes(4, 4).sizeof(struct(a=TYP[INT64], b=String)) == 16 and Sizes(4, 4).alignof(TYP[INT64]) == 4
    assert sizes.offsetof(struct(x=Int, in_=struct(a=Int, b=Int)), (1, 1)) == 16


def test_how_types_are_written() -> None:
    for t, text in (
        (Chan(SEND_RECV, Chan(RECV_ONLY, Int)), "chan (<-chan int)"),
        (Chan(SEND_ONLY, Chan(SEND_RECV, Int)), "chan<- chan int"),
        (func(Int, Slice(String), variadic=True, results=(Int, ERROR)), "func(int, ...string) (int, error)"),
        (func(Slice(BYTE), String, variadic=True), "func([]byte, string...)"),
        (Struct([Var(FIELD_VAR, 0, PKG, "X", Int)], [b'json:"x"']), 'struct{X int "json:\\"x\\""}'),
        (interface(union((Int,), String), M=func()), "interface{M(); ~int | string}"),
        (COMPARABLE.underlying(), "interface{comparable}"),
        (ANY, "any"),
        (EMPTY_INTERFACE, "interface{}"),
        (UNRESOLVED, "<nil>"),
        (named("T", Int, package=OTHER), "q.T"),
        (UNSAFE.scope.lookup("Pointer").typ, "unsafe.Pointer"),
    ):
        assert FORMATTER.text(t) == text
    p, q, r = tparam("P"), tparam("Q"), tparam("R", COMPARABLE)
    assert type_string(named("G", Int, (p, q, r))) == "example.com/p.G[P, Q any, R comparable]"
    assert type_string(Slice(tparam("int"))) == "[]int/* type parameter */"
    assert type_string(Slice(tparam("int")), position=lambda pos: "x.go:1:2") == "[]int /* with int declared at x.go:1:2 */"
    assert Formatter().sprintf("%s of %d%% %q", Int, 5, "a\n") == 'int of 5% "a\\n"'


def test_packages_that_share_a_name_are_written_by_path() -> None:
    package, first, second = Package("m", "main"), Package("a/rand", "rand"), Package("b/rand", "rand")
    package.imports = [first, OTHER]
    OTHER.imports = [second]
    qualifier = PackageQualifier(package)
    assert (qualifier(package), qualifier(first), qualifier(OTHER)) == ("", '"a/rand"', "q")
    OTHER.imports = []


def test_names() -> None:
    assert is_exported("Ä") and is_exported("X") and not is_exported("_X") and not is_exported("ä") and not is_exported("日本")
    assert fold("Kelvin") == fold("KELVIN") == fold("\u212aelvin") and fold("straße") != fold("strasse")
    kinds = {
        "int": "defined type",
        "byte": "type alias",
        "any": "type alias",
        "nil": "untyped nil",
        "len": "built-in function",
        "true": "constant",
    }
    for name, kind in kinds.items():
        obj = UNIVERSE.lookup(name)
        assert obj is not None and object_kind(obj) == kind


def test_scopes() -> None:
    outer = Scope(UNIVERSE, 1, 100)
    inner = Scope(outer, 10, 50)
    x, y = Var(FIELD_VAR, 20, PKG, "x", Int), Var(FIELD_VAR, 5, PKG, "x", Int)
    x.scope_pos = 25
    assert inner.insert(x) is None and inner.insert(y) is x and outer.insert(y) is None
    assert inner.lookup_parent("x", 22) == (outer, y) and inner.lookup_parent("x", 30) == (inner, x)
    assert inner.lookup_parent("len")[0] is UNIVERSE and inner.lookup_parent("nothing") == (None, None)
    assert outer.innermost(20) is inner and outer.innermost(60) is outer and outer.innermost(100) is None
    made: list[str] = []

    def load(name: str) -> TypeName:
        made.append(name)
        return TypeName(0, PKG, name, Int)

    outer.set_loader({"T", "t"}, load)
    assert outer.names() == ["T", "t", "x"] and len(outer) == 3
    assert outer.lookup("T") is outer.lookup("T") and made == ["T"]
    assert [obj.name for obj in outer.lookup_ignoring_case("T", True)] == ["T"]


def test_unsafe_and_the_universe() -> None:
    assert str(UNIVERSE.lookup("error")) == "type error interface{Error() string}"
    assert str(UNIVERSE.lookup("any")) == "type any = interface{}"
    assert str(UNSAFE.scope.lookup("Pointer")) == "type unsafe.Pointer"
    assert UNIVERSE.lookup("Pointer") is None and UNIVERSE.lookup("assert") is None


@pytest.mark.parametrize("wide", [False, True], ids=["deep", "wide"])
def test_declarations_without_an_end_come_to_one(wide: bool) -> None:
    """type T[P any] struct { *T[[]P] }, and one whose type argument doubles."""
    p = tparam("P")
    t = named("T", tparams=(p,))
    argument = struct(a=p, b=p) if wide else Slice(p)
    t.rhs = struct(embedded=("T",), T=Pointer(instance_of_named(t, (argument,), CONTEXT)))
    inst = instance_of_named(t, (Int,), Context())
    assert lookup_field_or_method(inst, True, PKG, "nothing").obj is None
    assert method_set(inst) == []
    assert not_implementing(inst, interface(m=func()), False) is not None
    i = named("I", tparams=(q := tparam("Q"),))
    i.rhs = interface(instance_of_named(i, (Slice(q),), CONTEXT), m=func())
    assert len(instance_of_named(i, (Int,), Context()).underlying().type_set().methods) == 1

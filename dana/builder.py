"""From what the parser has recognised to nodes: one function for each alternative of the grammar with a name.

A function gets the offsets where the alternative starts and ends, then the values of its symbols in order: tokens
(kind, value, start, end), nodes, and lists of either. What the grammar allows but the language does not (assignment
to a call, a positional argument after a keyword) is refused here, by LexicalError. Those for literals are in
`literals`.
"""

from __future__ import annotations

from dana import nodes
from dana.lexer import LexicalError, Token
from dana.literals import constant as constant
from dana.literals import ellipsis as ellipsis
from dana.literals import number as number
from dana.literals import strings as strings
from dana.nodes import PIPED, Expression, Name, Node, Parameter, Parameters, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_new = tuple.__new__

CLAUSES = 15
"""How many `for` clauses a comprehension may have: the host nests 20 blocks at most."""
TARGETS = 1_000
"""How many targets one assignment may have."""
DECORATORS = 100
"""How many decorators a definition may have, and bases a class."""


def refuse(code: str, message: str, node: Any, hint: str | None = None) -> NoReturn:
    """Refuse a node, or a token."""
    start, end = (node[0], node[1]) if isinstance(node, Node) else (node[2], node[3])
    raise LexicalError(code, message, start, end, hint)


# Lists


def one(start: int, end: int, item: Any) -> list[Any]:
    return [item]


def pair(start: int, end: int, first: Any, _: Token, second: Any) -> list[Any]:
    return [first, second]


def more(start: int, end: int, items: list[Any], _: Token, item: Any) -> list[Any]:
    items.append(item)
    return items


def append(start: int, end: int, items: list[Any], item: Any) -> list[Any]:
    if type(item) is nodes.ForClause and len(items) == CLAUSES:
        message = f"more than {CLAUSES} 'for' clauses in one comprehension"
        refuse("too-deep", message, item, "write some of them as loops")
    items.append(item)
    return items


def second(start: int, end: int, _: Token, item: Any) -> list[Any]:
    return [item]


def keep_item(start: int, end: int, item: Any, _: Token) -> list[Any]:
    return [item]


def keep_first(start: int, end: int, items: list[Any], *_: Token) -> list[Any]:
    return items


# Programs and blocks


def program(start: int, end: int, statements: list[Statement]) -> nodes.Module:
    return nodes.Module(statements[0].start, statements[-1].end, tuple(statements))


def empty_program(start: int, end: int) -> nodes.Module:
    return nodes.Module(0, 0, ())


def first_lines(start: int, end: int, statements: list[Statement]) -> list[Statement]:
    return list(statements)


def more_lines(start: int, end: int, statements: list[Statement], others: list[Statement]) -> list[Statement]:
    statements += others
    return statements


def block(
    start: int, end: int, _newline: Token, _indent: Token, statements: list[Statement], _dedent: Token
) -> list[Statement]:
    return statements


def clause(start: int, end: int, _word: Token, _colon: Token, body: list[Statement]) -> list[Statement]:
    return body


# Simple statements


def expression_statement(start: int, end: int, value: Expression) -> Statement:
    return nodes.ExpressionStatement(start, end, whole(value))


def whole(value: Expression) -> Expression:
    """A value that is not a lone `*value`."""
    if type(value) is nodes.Starred:
        refuse("misplaced-star", "a starred expression has no place here", value, "put it into a list or a call")
    return value


_REFUSED = {
    nodes.Call: "function call",
    nodes.BinaryOperation: "expression",
    nodes.UnaryOperation: "expression",
    nodes.BooleanOperation: "expression",
    nodes.Comparison: "comparison",
    nodes.Conditional: "conditional expression",
    nodes.Lambda: "lambda",
    nodes.JoinedString: "f-string",
    nodes.DictDisplay: "dict literal",
    nodes.SetDisplay: "set display",
    nodes.ListComprehension: "list comprehension",
    nodes.SetComprehension: "set comprehension",
    nodes.DictComprehension: "dict comprehension",
    nodes.GeneratorExpression: "generator expression",
    nodes.Yield: "yield expression",
    nodes.YieldFrom: "yield expression",
    nodes.NamedExpression: "assignment expression",
    nodes.Starred: "starred",
    nodes.Slice: "slice",
}


def called(node: Any) -> str:
    """What kind of expression a node is, in messages."""
    if type(node) is nodes.Constant:
        if node.value is None or node.value is True or node.value is False:
            return str(node.value)
        return "ellipsis" if node.value is ... else "literal"
    if type(node) is nodes.TupleDisplay:
        return "tuple"
    if type(node) is nodes.ListDisplay:
        return "list"
    return _REFUSED.get(type(node), "expression")


def target(node: Any, verb: str = "assign to", starred: bool = False) -> Any:
    """A node as a place to store; refuses what is none."""
    kind = type(node)
    if kind is Name or kind is nodes.Attribute or kind is nodes.Subscript:
        return node
    if kind is nodes.TupleDisplay or kind is nodes.ListDisplay:
        stars = 0
        for item in node.items:
            if type(item) is nodes.Starred and verb == "assign to":
                stars += 1
                if stars > 1:
                    refuse("several-stars", "multiple starred expressions in assignment", item)
                target(item.value, verb)
            else:
                target(item, verb)
        return node
    if kind is nodes.Starred and verb == "assign to" and not starred:
        refuse("misplaced-star", "a starred assignment target must be in a list or tuple", node, "write *name, = ...")
    hint = None
    if verb == "assign to" and kind in (nodes.Call, nodes.Comparison, nodes.Constant, nodes.BinaryOperation):
        hint = "did you mean '==' instead of '='?"
    refuse("bad-target", f"cannot {verb} {called(node)}", node, hint)


def assignment(start: int, end: int, first: Any, _: Token, value: Any) -> Statement:
    return nodes.Assignment(start, end, (target(first),), whole(value))


def more_assignment(start: int, end: int, before: nodes.Assignment, _: Token, value: Any) -> Statement:
    if len(before.targets) == TARGETS:
        refuse("too-many-targets", f"more than {TARGETS:,} targets in one assignment", before.value)
    targets = (*before.targets, target(before.value))
    return nodes.Assignment(start, end, targets, whole(value))


def augmented_assignment(start: int, end: int, place: Any, operator: Token, value: Any) -> Statement:
    if type(place) not in (Name, nodes.Attribute, nodes.Subscript):
        refuse("bad-target", f"cannot assign to {called(place)} with {operator[1]}", place)
    return nodes.AugmentedAssignment(start, end, place, operator[1][:-1], whole(value))


def declaration(start: int, end: int, place: Any, _colon: Token, annotation: Any) -> Statement:
    return nodes.AnnotatedAssignment(start, end, annotated(place), annotation, None, _simple(start, place))


def annotated_assignment(
    start: int, end: int, place: Any, _colon: Token, annotation: Any, _equal: Token, value: Any
) -> Statement:
    return nodes.AnnotatedAssignment(start, end, annotated(place), annotation, whole(value), _simple(start, place))


def annotated(place: Any) -> Any:
    if type(place) not in (Name, nodes.Attribute, nodes.Subscript):
        refuse("bad-target", f"only a single name, attribute or item can be annotated, not a {called(place)}", place)
    return place


def _simple(start: int, place: Any) -> bool:
    """Whether a place that is annotated is a name without parentheses."""
    return type(place) is Name and place[0] == start


def pass_(start: int, end: int, token: Token) -> Statement:
    return nodes.Pass(start, end)


def break_(start: int, end: int, token: Token) -> Statement:
    return nodes.Break(start, end)


def continue_(start: int, end: int, token: Token) -> Statement:
    return nodes.Continue(start, end)


def return_(start: int, end: int, token: Token, value: Any = None) -> Statement:
    return nodes.Return(start, end, value if value is None else whole(value))


def raise_(start: int, end: int, token: Token, exception: Any = None) -> Statement:
    return nodes.Raise(start, end, exception, None)


def raise_from(start: int, end: int, token: Token, exception: Any, _: Token, cause: Any) -> Statement:
    return nodes.Raise(start, end, exception, cause)


def global_(start: int, end: int, token: Token, names: list[Token]) -> Statement:
    return nodes.Global(start, end, tuple(name[1] for name in names))


def nonlocal_(start: int, end: int, token: Token, names: list[Token]) -> Statement:
    return nodes.Nonlocal(start, end, tuple(name[1] for name in names))


def delete(start: int, end: int, _: Token, places: list[Any]) -> Statement:
    for place in places:
        target(place, "delete")
    return nodes.Delete(start, end, tuple(places))


def assert_(start: int, end: int, token: Token, test: Any) -> Statement:
    return nodes.Assert(start, end, test, None)


def assert_with(start: int, end: int, token: Token, test: Any, _: Token, message: Any) -> Statement:
    return nodes.Assert(start, end, test, message)


def import_(start: int, end: int, token: Token, names: list[nodes.Alias]) -> Statement:
    return nodes.Import(start, end, tuple(names))


def alias(start: int, end: int, name: list[Token]) -> nodes.Alias:
    return nodes.Alias(start, end, ".".join(part[1] for part in name), None)


def alias_as(start: int, end: int, name: list[Token], _: Token, bound: Token) -> nodes.Alias:
    return nodes.Alias(start, end, ".".join(part[1] for part in name), bound[1])


def member(start: int, end: int, name: Token) -> nodes.Alias:
    return nodes.Alias(start, end, name[1], None)


def member_as(start: int, end: int, name: Token, _: Token, bound: Token) -> nodes.Alias:
    return nodes.Alias(start, end, name[1], bound[1])


def source(start: int, end: int, name: list[Token]) -> tuple[str, int]:
    return ".".join(part[1] for part in name), 0


def relative(start: int, end: int, dots: list[Token], *name: list[Token]) -> tuple[str, int]:
    return ".".join(part[1] for parts in name for part in parts), sum(len(dot[1]) for dot in dots)


def more_dots(start: int, end: int, dots: list[Token], dot: Token) -> list[Token]:
    dots.append(dot)
    return dots


def import_star(start: int, end: int, token: Token, place: tuple[str, int], _: Token, star: Token) -> Statement:
    return nodes.ImportFrom(start, end, *place, (nodes.Alias(star[2], star[3], "*", None),))


def import_from(
    start: int, end: int, token: Token, place: tuple[str, int], _: Token, names: list[nodes.Alias]
) -> Statement:
    return nodes.ImportFrom(start, end, *place, tuple(names))


def import_from_group(
    start: int,
    end: int,
    token: Token,
    place: tuple[str, int],
    _: Token,
    _open: Token,
    names: list[nodes.Alias],
    *_close: Token,
) -> Statement:
    return nodes.ImportFrom(start, end, *place, tuple(names))


# Compound statements


def if_(start: int, end: int, _if: Token, test: Any, _: Token, body: list[Any], *rest: list[Any]) -> Statement:
    otherwise = rest[0] if rest else ()
    return nodes.If(start, (otherwise or body)[-1].end, test, tuple(body), tuple(otherwise))


def elif_(start: int, end: int, *parts: Any) -> list[Statement]:
    return [if_(start, end, *parts)]


def while_(start: int, end: int, _while: Token, test: Any, _: Token, body: list[Any], *rest: list[Any]) -> Statement:
    otherwise = rest[0] if rest else ()
    return nodes.While(start, (otherwise or body)[-1].end, test, tuple(body), tuple(otherwise))


def for_(
    start: int,
    end: int,
    _for: Token,
    place: Any,
    _in: Token,
    iterable: Any,
    _: Token,
    body: list[Any],
    *rest: list[Any],
) -> Statement:
    otherwise = rest[0] if rest else ()
    last = (otherwise or body)[-1]
    return nodes.For(start, last.end, target(place), whole(iterable), tuple(body), tuple(otherwise))


def try_(
    start: int, end: int, _try: Token, _: Token, body: list[Any], handlers: list[Any], *rest: list[Any]
) -> Statement:
    return _tried(start, body, handlers, rest[0] if rest else [], [])


def try_finally(
    start: int, end: int, _try: Token, _: Token, body: list[Any], handlers: list[Any], *rest: list[Any]
) -> Statement:
    return _tried(start, body, handlers, rest[0] if len(rest) == 2 else [], rest[-1])


def try_only_finally(start: int, end: int, _try: Token, _: Token, body: list[Any], final: list[Any]) -> Statement:
    return _tried(start, body, [], [], final)


def _tried(start: int, body: list[Any], handlers: list[Any], otherwise: list[Any], final: list[Any]) -> Statement:
    for handler in handlers[:-1]:
        if handler.type is None:
            raise LexicalError(
                "bare-except-not-last", "default 'except:' must be last", handler.start, handler.start + 6
            )
    end = (final or otherwise or handlers)[-1].end
    return nodes.Try(start, end, tuple(body), tuple(handlers), tuple(otherwise), tuple(final))


def bare_except(start: int, end: int, token: Token, _: Token, body: list[Any]) -> nodes.ExceptClause:
    return nodes.ExceptClause(start, body[-1].end, None, None, tuple(body))


def except_(start: int, end: int, token: Token, kind: Any, _: Token, body: list[Any]) -> nodes.ExceptClause:
    return nodes.ExceptClause(start, body[-1].end, kind, None, tuple(body))


def except_as(
    start: int, end: int, token: Token, kind: Any, _as: Token, name: Token, _: Token, body: list[Any]
) -> nodes.ExceptClause:
    return nodes.ExceptClause(start, body[-1].end, kind, name[1], tuple(body))


def with_(start: int, end: int, token: Token, items: list[Any], _: Token, body: list[Any]) -> Statement:
    return nodes.With(start, body[-1].end, tuple(items), tuple(body))


def with_group(start: int, end: int, token: Token, _open: Token, items: list[Any], *rest: Any) -> Statement:
    return nodes.With(start, rest[-1][-1].end, tuple(items), tuple(rest[-1]))


def with_item(start: int, end: int, context: Any, *place: Any) -> nodes.WithItem:
    return nodes.WithItem(start, end, context, target(place[-1]) if place else None)


# Functions and classes


def decorator(start: int, end: int, _at: Token, value: Any, _newline: Token) -> Any:
    return value


def decorated(start: int, end: int, decorators: list[Any], definition: Any) -> Statement:
    if len(decorators) > DECORATORS:
        refuse("too-deep", f"more than {DECORATORS} decorators of one definition", decorators[DECORATORS])
    return type(definition)(start, *definition[1:-1], tuple(decorators))  # type: ignore[no-any-return]


def function(start: int, end: int, token: Token, name: Token, _open: Token, *rest: Any) -> Statement:
    parameters = _parameters(rest[0])
    return nodes.FunctionDefinition(start, rest[-1][-1].end, name[1], parameters, None, tuple(rest[-1]), token[1], ())


def flow(start: int, end: int, token: Token, name: Token, _open: Token, *rest: Any) -> Statement:
    """`def name(parameters) = expression`; a pipeline that does not name the parameters begins with them."""
    parameters = _parameters(rest[0])
    value = rest[-2]
    given = parameters.positional_only + parameters.positional
    is_pipeline = type(value) is nodes.Pipeline or (type(value) is nodes.BinaryOperation and value.operator == "|")
    if is_pipeline and given and not _mentions(value, frozenset(each.name for each in parameters.all())):
        first, stages, _ = _unrolled(value)
        at = first.end
        names = tuple(Name(at, at, each.name) for each in given)
        if type(first) is nodes.Call:
            first = nodes.Call(first.start, at, first.function, (*names, *first.arguments), first.keywords)
        else:
            first = nodes.Call(first.start, at, first, names, ())
        value = nodes.Pipeline(value.start, value.end, first, stages, ())
    body = (nodes.Return(value.start, value.end, value),)
    return nodes.FunctionDefinition(start, value.end, name[1], parameters, None, body, token[1], ())


def function_returning(start: int, end: int, token: Token, name: Token, _open: Token, *rest: Any) -> Statement:
    parameters = _parameters(rest[0])
    return nodes.FunctionDefinition(
        start, rest[-1][-1].end, name[1], parameters, rest[-3], tuple(rest[-1]), token[1], ()
    )


def receiver_function(start: int, end: int, token: Token, _open: Token, receiver: Any, *rest: Any) -> Statement:
    """`def (p: Types) name(...): body`, with or without `-> type`."""
    _, name, _, *rest = rest  # type: ignore[assignment]
    first: Parameter = receiver[1]
    if first.annotation is None:
        hint = f"write its type: def ({first.name}: Type) {name[1]}(...)"
        refuse("receiver", f"the receiver {first.name} has no type", first, hint)
    others = _parameters(rest[0])
    if others.positional_only:
        refuse("receiver", "a function with a receiver has no parameters before '/'", others)
    parameters = Parameters(others.start, others.end, (), (first, *others.positional), *others[4:])
    returns = rest[-3] if isinstance(rest[-3], nodes.Expression) else None
    body = tuple(rest[-1])
    return nodes.FunctionDefinition(start, body[-1].end, name[1], parameters, returns, body, "receiver", ())


def struct(start: int, end: int, token: Token, name: Token, _: Token, body: list[Any]) -> Statement:
    """`struct name: fields`, and `resource` likewise; refuses whatever is no field."""
    fields: set[str] = set()
    for at, statement in enumerate(body):
        kind = type(statement)
        if kind is nodes.AnnotatedAssignment and statement.simple:
            if statement.target.id in fields:
                refuse("struct-field", f"{name[1]} has two fields named {statement.target.id}", statement.target)
            fields.add(statement.target.id)
            continue
        if kind is nodes.Pass or (at == 0 and nodes.docstring((statement,)) is not None):
            continue
        hint = "write a field as name: type = default"
        if kind is nodes.FunctionDefinition:
            hint = f"write it after the {token[1]}: def (self: {name[1]}) {statement.name}(...)"
        elif kind is nodes.Assignment and type(statement.targets[0]) is Name:
            hint = f"give the field its type: {statement.targets[0].id}: type = ..."
        article = "an" if token[1][0] == "a" else "a"
        refuse("struct-field", f"{article} {token[1]} holds fields only", statement, hint)
    return nodes.ClassDefinition(start, body[-1].end, name[1], (), (), tuple(body), token[1], ())


def agent(start: int, end: int, token: Token, name: Token, _: Token, body: list[Any]) -> Statement:
    """`agent name: fields`, which may be given their values without a type when the blueprint has them."""
    return _agent(start, name, (), body)


def agent_of(
    start: int, end: int, token: Token, name: Token, _open: Token, base: Expression, _close: Token, _: Token,
    body: list[Any],
) -> Statement:  # fmt: skip
    """`agent name(blueprint): fields`"""
    return _agent(start, name, (base,), body)


def lone_agent(start: int, end: int, token: Token, name: Token, line: Token) -> Statement:
    return _agent(start, name, (), [nodes.Pass(name[3], name[3])])


def lone_agent_of(
    start: int, end: int, token: Token, name: Token, _open: Token, base: Expression, close: Token, line: Token
) -> Statement:
    return _agent(start, name, (base,), [nodes.Pass(close[3], close[3])])


def _agent(start: int, name: Token, bases: tuple[Expression, ...], body: list[Any]) -> Statement:
    seen: set[str] = set()
    for at, statement in enumerate(body):
        kind = type(statement)
        target = None
        if kind is nodes.AnnotatedAssignment and statement.simple:
            target = statement.target
        elif kind is nodes.Assignment and len(statement.targets) == 1 and type(statement.targets[0]) is Name:
            target = statement.targets[0]
        elif kind is nodes.Pass or (at == 0 and nodes.docstring((statement,)) is not None):
            continue
        if target is None:
            hint = "write a field as name: type = value, or name = value for one of its blueprint"
            if kind is nodes.FunctionDefinition:
                hint = f"write it after the agent_blueprint: def (self: Blueprint) {statement.name}(...)"
            refuse("struct-field", "an agent holds fields only", statement, hint)
        if target.id in seen:
            refuse("struct-field", f"{name[1]} has two fields named {target.id}", target)
        seen.add(target.id)
    return nodes.ClassDefinition(start, body[-1].end, name[1], bases, (), tuple(body), "agent", ())


def workflow(start: int, end: int, token: Token, name: Token, _: Token, value: Expression) -> Statement:
    """`workflow name = stages`"""
    made = nodes.Workflow(value.start, value.end, name[1], value)
    return nodes.Assignment(start, end, (Name(name[2], name[3], name[1]),), made)


def interface(
    start: int, end: int, token: Token, name: Token, _: Token, _line: Token, _in: Token, body: list[Any], _out: Token
) -> Statement:
    """`interface name:` with signatures."""
    for at, statement in enumerate(body):
        kind = type(statement)
        if kind is nodes.FunctionDefinition and type(statement.body[0]) is nodes.Pass and not statement.decorators:
            continue
        if kind is nodes.Pass or (at == 0 and nodes.docstring((statement,)) is not None):
            continue
        hint = "write them as def name(parameters) -> type"
        if kind is nodes.FunctionDefinition:
            hint = "end the line behind the parameters or the type: what is done stands in a class"
        refuse("interface", "an interface holds signatures only", statement, hint)
    return nodes.ClassDefinition(start, body[-1].end, name[1], (), (), tuple(body), "interface", ())


def signature(start: int, end: int, token: Token, name: Token, _open: Token, *rest: Any) -> Statement:
    parameters = _parameters(rest[0])
    returns = rest[-2] if isinstance(rest[-2], Expression) else None
    last = rest[-1][2]
    return nodes.FunctionDefinition(start, last, name[1], parameters, returns, (nodes.Pass(last, last),), "def", ())


def _parameters(given: Any) -> Parameters:
    """The parameters between parentheses, or none where the closing one comes at once."""
    return given if type(given) is Parameters else _no_parameters(given[2])


def _one_parameter(parameter: Parameter) -> Parameters:
    return Parameters(parameter.start, parameter.end, (), (parameter,), None, (), None)


def _no_parameters(at: int) -> Parameters:
    return Parameters(at, at, (), (), None, (), None)


def class_(start: int, end: int, token: Token, name: Token, *rest: Any) -> Statement:
    return nodes.ClassDefinition(start, rest[-1][-1].end, name[1], (), (), tuple(rest[-1]), "class", ())


def class_with(
    start: int, end: int, token: Token, name: Token, _open: Token, arguments: list[Any], *rest: Any
) -> Statement:
    bases, keywords = split_arguments(arguments)
    if len(bases) > DECORATORS:
        refuse("too-deep", f"more than {DECORATORS} bases of one class", bases[DECORATORS])
    return nodes.ClassDefinition(start, rest[-1][-1].end, name[1], bases, keywords, tuple(rest[-1]), "class", ())


def parameter(start: int, end: int, name: Token) -> tuple[str, Any]:
    return "name", Parameter(start, end, name[1], None, None)


def annotated_parameter(start: int, end: int, name: Token, _: Token, annotation: Any) -> tuple[str, Any]:
    return "name", Parameter(start, end, name[1], annotation, None)


def default_parameter(start: int, end: int, item: tuple[str, Any], _: Token, default: Any) -> tuple[str, Any]:
    return item[0], Parameter(*item[1][:-1], default)


def slash(start: int, end: int, token: Token) -> tuple[str, Any]:
    return "/", token


def star(start: int, end: int, token: Token) -> tuple[str, Any]:
    return "*", token


def variadic(start: int, end: int, _star: Token, name: Token, *annotation: Any) -> tuple[str, Any]:
    return "*name", Parameter(name[2], end, name[1], annotation[-1] if annotation else None, None)


def keywords(start: int, end: int, _stars: Token, name: Token, *annotation: Any) -> tuple[str, Any]:
    return "**name", Parameter(name[2], end, name[1], annotation[-1] if annotation else None, None)


def parameters(start: int, end: int, items: list[tuple[str, Any]], *_: Token) -> Parameters:
    """Sort a list of parameters into their kinds; refuses an order that the language does not know."""
    positional_only: list[Parameter] = []
    positional: list[Parameter] = []
    keyword_only: list[Parameter] = []
    variadic: Parameter | None = None
    rest: Parameter | None = None
    star: Any = None
    slashed = False
    for kind, item in items:
        if rest is not None:
            refuse("parameter-order", "parameters cannot follow the ** parameter", item)
        if kind == "/":
            if slashed:
                refuse("parameter-order", "/ may appear only once", item)
            if star is not None:
                refuse("parameter-order", "/ must be ahead of *", item)
            if not positional:
                refuse("parameter-order", "at least one parameter must precede /", item)
            slashed = True
            positional_only, positional = positional, []
        elif kind == "*" or kind == "*name":
            if star is not None:
                refuse("parameter-order", "* may appear only once", item)
            star = item
            if kind == "*name":
                variadic = item
        elif kind == "**name":
            rest = item
        elif star is not None:
            keyword_only.append(item)
        else:
            before = (positional_only + positional)[-1:]
            if item.default is None and before and before[0].default is not None:
                refuse("parameter-order", "parameter without a default follows parameter with a default", item)
            positional.append(item)
    if star is not None and variadic is None and not keyword_only:
        refuse("parameter-order", "named parameters must follow a bare *", star)
    return Parameters(start, end, tuple(positional_only), tuple(positional), variadic, tuple(keyword_only), rest)


# Patterns


def match(
    start: int, end: int, token: Token, subject: Any, _c: Token, _n: Token, _i: Token, cases: list[Any], _d: Token
) -> Statement:
    return nodes.Match(start, cases[-1].end, subject, tuple(cases))


def case(start: int, end: int, token: Token, pattern: Any, _: Token, body: list[Any]) -> nodes.MatchCase:
    return nodes.MatchCase(start, body[-1].end, pattern, None, tuple(body))


def case_if(
    start: int, end: int, token: Token, pattern: Any, _if: Token, guard: Any, _: Token, body: list[Any]
) -> nodes.MatchCase:
    return nodes.MatchCase(start, body[-1].end, pattern, guard, tuple(body))


def open_sequence(start: int, end: int, patterns: list[Any], _: Token, *last: Any) -> nodes.Pattern:
    return _sequence(start, end, [*patterns, *last])


def lone_star(start: int, end: int, *parts: Any) -> nodes.Pattern:
    pattern = parts[len(parts) // 2]
    refuse("misplaced-star", "a starred pattern must be in a sequence", pattern, "write *name, or [*name]")


def sequence_pattern(start: int, end: int, _open: Token, *parts: Any) -> nodes.Pattern:
    patterns = parts[0] if type(parts[0]) is list else []
    return _sequence(start, end, patterns + [part for part in parts if isinstance(part, Node)])


def _sequence(start: int, end: int, patterns: list[Any]) -> nodes.Pattern:
    stars = [pattern for pattern in patterns if type(pattern) is nodes.StarPattern]
    if len(stars) > 1:
        refuse("several-stars", "multiple starred patterns in a sequence", stars[1])
    return nodes.SequencePattern(start, end, tuple(patterns))


def group_pattern(start: int, end: int, _open: Token, pattern: nodes.Pattern, _close: Token) -> nodes.Pattern:
    return pattern


def star_pattern(start: int, end: int, _: Token, name: Token) -> nodes.Pattern:
    return nodes.StarPattern(start, end, _captured(name))


def _captured(name: Token) -> str | None:
    return None if name[1] == "_" else name[1]


def as_pattern(start: int, end: int, pattern: nodes.Pattern, _: Token, name: Token) -> nodes.Pattern:
    if name[1] == "_":
        refuse("bad-target", "cannot use '_' as a target", name)
    return nodes.AsPattern(start, end, pattern, name[1])


def or_pattern(start: int, end: int, alternatives: list[Any]) -> nodes.Pattern:
    return nodes.OrPattern(start, end, tuple(alternatives))


def value_pattern(start: int, end: int, value: Any) -> nodes.Pattern:
    return nodes.ValuePattern(start, end, value)


def constant_pattern(start: int, end: int, token: Token) -> nodes.Pattern:
    return nodes.ValuePattern(start, end, constant(start, end, token))


def capture_pattern(start: int, end: int, name: Token) -> nodes.Pattern:
    return nodes.CapturePattern(start, end, _captured(name))


def literal_text(start: int, end: int, tokens: list[Token]) -> Expression:
    value = strings(start, end, tokens)
    if type(value) is nodes.JoinedString:
        refuse("bad-pattern", "a pattern may only match literals and dotted names, not an f-string", value)
    return value


def negative_number(start: int, end: int, _: Token, value: Token) -> Expression:
    return nodes.UnaryOperation(start, end, "-", number(value[2], end, value))


def complex_number(start: int, end: int, real: Any, operator: Token, value: Token) -> Expression:
    imaginary = number(value[2], end, value)
    first: Any = real.operand if type(real) is nodes.UnaryOperation else real
    if type(imaginary.value) is not complex or type(first.value) is complex:
        place = imaginary if type(imaginary.value) is not complex else real
        refuse("bad-pattern", "a pattern may only match literals and dotted names, not a sum", place)
    return nodes.BinaryOperation(start, end, operator[1], real, imaginary)


def dotted_value(start: int, end: int, first: Token, dot: Token, second: Token) -> Expression:
    return attribute(start, end, name(first[2], first[3], first), dot, second)


def mapping_pattern(start: int, end: int, _open: Token, items: Any, *_: Token) -> nodes.Pattern:
    if type(items) is tuple:
        return nodes.MappingPattern(start, end, (), (), None)
    keys, patterns, rest = [], [], None
    known = set()
    for key, pattern in items:
        if rest is not None:
            refuse("bad-pattern", "a ** pattern must be last", pattern)
        if key is None:
            rest = pattern[1]
            if rest == "_":
                refuse("bad-target", "cannot use '_' as a target", pattern)
        else:
            if type(key) is nodes.Constant:
                if key.value in known:
                    refuse("duplicate-key", f"mapping pattern checks duplicate key ({key.value!r})", key)
                known.add(key.value)
            keys.append(key)
            patterns.append(pattern)
    return nodes.MappingPattern(start, end, tuple(keys), tuple(patterns), rest)


def pair_item(start: int, end: int, key: Any, _: Token, pattern: Any) -> tuple[Any, Any]:
    return key, pattern


def rest_item(start: int, end: int, _: Token, name: Token) -> tuple[None, Token]:
    return None, name


def class_pattern(start: int, end: int, cls: Any, _open: Token, arguments: Any, *rest: Token) -> nodes.Pattern:
    if type(arguments) is tuple:
        return nodes.ClassPattern(start, end, cls, (), (), ())
    patterns, names, named = [], [], []
    for argument in arguments:
        if type(argument) is tuple:
            if argument[0][1] in names:
                refuse("duplicate-keyword", f"attribute name repeated in class pattern: {argument[0][1]}", argument[0])
            names.append(argument[0][1])
            named.append(argument[1])
        elif names:
            refuse("argument-order", "positional patterns follow keyword patterns", argument)
        else:
            patterns.append(argument)
    return nodes.ClassPattern(start, end, cls, tuple(patterns), tuple(names), tuple(named))


def named_pattern(start: int, end: int, name: Token, _: Token, pattern: Any) -> tuple[Token, Any]:
    return name, pattern


# Expressions


def sole_expression(start: int, end: int, value: Any) -> Expression:
    return whole(value)


def tuple_display(start: int, end: int, items: list[Any], *_: Token) -> Expression:
    return nodes.TupleDisplay(start, end, tuple(items))


def tuple_of_one(start: int, end: int, item: Any, _: Token) -> Expression:
    return nodes.TupleDisplay(start, end, (item,))


def starred(start: int, end: int, _: Token, value: Any) -> Expression:
    return nodes.Starred(start, end, value)


def yield_(start: int, end: int, token: Token, value: Any = None) -> Expression:
    return nodes.Yield(start, end, value if value is None else whole(value))


def yield_from(start: int, end: int, token: Token, _: Token, value: Any) -> Expression:
    return nodes.YieldFrom(start, end, value)


def named(start: int, end: int, place: Any, _: Token, value: Any) -> Expression:
    if type(place) is not Name or place[0] != start:
        refuse("bad-target", f"cannot use an assignment expression with {called_target(place)}", place)
    return nodes.NamedExpression(start, end, place, value)


def called_target(node: Any) -> str:
    if type(node) is nodes.Attribute:
        return "attribute"
    return "subscript" if type(node) is nodes.Subscript else called(node)


def conditional(start: int, end: int, body: Any, _if: Token, test: Any, _else: Token, otherwise: Any) -> Expression:
    return nodes.Conditional(start, end, test, body, otherwise)


def lambda_(start: int, end: int, token: Token, *rest: Any) -> Expression:
    found = rest[0] if type(rest[0]) is Parameters else _no_parameters(token[3])
    return nodes.Lambda(start, end, found, rest[-1])


def spelled(start: int, end: int, token: Token, node: Any) -> Any:
    return node


def lambda_typed(start: int, end: int, token: Token, _open: Token, parameter: Any, *rest: Any) -> Expression:
    """`lambda (p: Type) :: body`"""
    return nodes.Lambda(start, end, _one_parameter(parameter[1]), rest[-1])


def or_(start: int, end: int, values: list[Any]) -> Expression:
    return nodes.BooleanOperation(start, end, "or", tuple(values))


def and_(start: int, end: int, values: list[Any]) -> Expression:
    return nodes.BooleanOperation(start, end, "and", tuple(values))


def not_(start: int, end: int, token: Token, operand: Any) -> Expression:
    return nodes.UnaryOperation(start, end, "not", operand)


def comparison(start: int, end: int, parts: list[Any]) -> Expression:
    return nodes.Comparison(start, end, parts[0], tuple(parts[1::2]), tuple(parts[2::2]))


def first_comparison(start: int, end: int, first: Any, operator: str, other: Any) -> list[Any]:
    return [first, operator, other]


def more_comparison(start: int, end: int, parts: list[Any], operator: str, other: Any) -> list[Any]:
    parts += (operator, other)
    return parts


def symbol(start: int, end: int, token: Token) -> str:
    return token[1]


def not_in(start: int, end: int, _not: Token, _in: Token) -> str:
    return "not in"


def is_not(start: int, end: int, _is: Token, _not: Token) -> str:
    return "is not"


def binary(start: int, end: int, left: Any, operator: Token, right: Any) -> Expression:
    return _new(nodes.BinaryOperation, (start, end, operator[1], left, right))


def piped(start: int, end: int, token: Token) -> Expression:
    return Name(start, end, PIPED)


def scoped(start: int, end: int, token: Token) -> Expression:
    """`private:x`: an attribute of what holds the variables of a scope; `local:x` is the variable x."""
    scope, _, name = token[1].partition(":")
    if scope == "local":
        return Name(start, end, name)
    return nodes.Attribute(start, end, Name(start, start, f"${scope}"), name)


def alternatives_or_stage(start: int, end: int, left: Any, operator: Token, right: Any) -> Expression:
    """`left | right`: an operation where both are plain, else a pipeline."""
    return _stage_added(start, end, left, right, frozenset())


def captured(start: int, end: int, left: Any, _as: Token, name: Token, _bar: Token, right: Any) -> Expression:
    """`left as name | right`: what follows is a stage of its own, a function of that name."""
    if type(left) is nodes.Pipeline and _is_capture(left.stages[-1]):
        inside: Any = left.stages[-1]
        body = captured(inside.body.start, end, inside.body, _as, name, _bar, right)
        return _replaced_capture(left, end, body)
    place = Name(name[2], name[3], name[1])
    body = _stage_added(name[2], end, place, right, frozenset((name[1],)))
    stage = _stage_lambda(name[2], end, name[1], body)
    first, stages, calls = _unrolled(left)
    return nodes.Pipeline(start, end, first, (*stages, stage), calls)


def _stage_added(start: int, end: int, left: Any, right: Any, names: frozenset[str]) -> Expression:
    """A pipeline with one more stage, in which `names` are the results that were kept on the way."""
    if type(left) is nodes.Pipeline and _is_capture(left.stages[-1]):
        inside: Any = left.stages[-1]
        known = names | {inside.parameters.positional[0].name}
        return _replaced_capture(left, end, _stage_added(inside.body.start, end, inside.body, right, known))
    stage, is_call = _stage(right, names)
    if stage is right and type(left) is not nodes.Pipeline:
        return _new(nodes.BinaryOperation, (start, end, "|", left, right))
    first, stages, calls = _unrolled(left)
    return nodes.Pipeline(start, end, first, (*stages, stage), (*calls, len(stages)) if is_call else calls)


def _unrolled(node: Any) -> tuple[Any, tuple[Any, ...], tuple[int, ...]]:
    """The parts of a pipeline."""
    if type(node) is nodes.Pipeline:
        return node.first, node.stages, node.calls
    stages: list[Any] = []
    while type(node) is nodes.BinaryOperation and node.operator == "|":
        stages.append(node.right)
        node = node.left
    return node, tuple(reversed(stages)), ()


def _stage(node: Any, names: frozenset[str]) -> tuple[Any, bool]:
    """The function that a stage stands for, and whether it is a call, which may mean its result."""
    kind = type(node)
    if kind is nodes.ListDisplay:
        items = tuple(_stage(item, names)[0] for item in node.items)
        if all(new is old for new, old in zip(items, node.items, strict=True)):
            return node, False
        return nodes.ListDisplay(node.start, node.end, items), False
    if kind is nodes.Call and type(node.function) is Name and node.function.id == "case":
        return _choice(node, names), False
    if _mentions(node, names | {PIPED}):
        return _stage_lambda(node.start, node.end, PIPED, node), False
    if kind is not nodes.Call or any(type(part) in _IN_PLACE for part in node.walk()):
        return node, False
    return _called_with_value(node, node.arguments), True


_IN_PLACE = (nodes.Yield, nodes.YieldFrom, nodes.NamedExpression)
"""What means something else in a function of its own."""


def _called_with_value(node: nodes.Call, arguments: tuple[Expression, ...]) -> Expression:
    """`lambda *$$: f(*$$, arguments)`"""
    at = node.function.end
    value = nodes.Starred(at, at, Name(at, at, PIPED))
    call = nodes.Call(node.start, node.end, node.function, (value, *arguments), node.keywords)
    parameter = Parameter(at, at, PIPED, None, None)
    return nodes.Lambda(node.start, node.end, Parameters(at, at, (), (), parameter, (), None), call)


def _choice(node: nodes.Call, names: frozenset[str]) -> Expression:
    """`case((condition, stage), ..., otherwise)` with functions in the place of conditions and stages."""
    arguments: list[Expression] = []
    for argument in node.arguments:
        if type(argument) is nodes.TupleDisplay and len(argument.items) == 2:
            condition, stage = argument.items
            if _mentions(condition, frozenset((PIPED,))):
                condition = _stage_lambda(condition.start, condition.end, PIPED, condition)
            items = (condition, _stage(stage, names)[0])
            argument = nodes.TupleDisplay(argument.start, argument.end, items)
        else:
            argument = _stage(argument, names)[0]
        arguments.append(argument)
    return _called_with_value(node, tuple(arguments))


def _stage_lambda(start: int, end: int, name: str, body: Any) -> Expression:
    return nodes.Lambda(start, end, _one_parameter(Parameter(start, start, name, None, None)), body)


def _is_capture(node: Any) -> bool:
    """Whether a stage is what follows `as name`: no other lambda begins where its parameters begin."""
    if type(node) is not nodes.Lambda or node.start != node.parameters.start or not node.parameters.positional:
        return False
    return bool(node.parameters.positional[0].name != PIPED)


def _replaced_capture(pipeline: nodes.Pipeline, end: int, body: Any) -> Expression:
    last: Any = pipeline.stages[-1]
    stage = nodes.Lambda(last.start, end, last.parameters, body)
    return nodes.Pipeline(pipeline.start, end, pipeline.first, (*pipeline.stages[:-1], stage), pipeline.calls)


def _mentions(node: Any, names: frozenset[str]) -> bool:
    """Whether one of the names stands in an expression; `$$` of a stage inside of it is another one."""
    waiting = [(node, names)]
    while waiting:
        node, wanted = waiting.pop()
        if type(node) is Name:
            if node.id in wanted:
                return True
        elif type(node) is not nodes.Constant:
            if type(node) is nodes.Lambda and node.is_stage():
                wanted = wanted - {PIPED}
            waiting += [(child, wanted) for child in node.children()]
    return False


def unary(start: int, end: int, token: Token, operand: Any) -> Expression:
    return nodes.UnaryOperation(start, end, token[1], operand)


def attribute(start: int, end: int, value: Any, _: Token, name: Token) -> Expression:
    return _new(nodes.Attribute, (start, end, value, name[1]))


def call(start: int, end: int, function: Any, _open: Token, closing: Token) -> Expression:
    return _new(nodes.Call, (start, end, function, (), ()))


def call_with(start: int, end: int, function: Any, _open: Token, arguments: list[Any], closing: Token) -> Expression:
    positional, keywords = split_arguments(arguments)
    return _new(nodes.Call, (start, end, function, positional, keywords))


def call_generator(
    start: int, end: int, function: Any, opening: Token, element: Any, clauses: list[Any], closing: Token
) -> Expression:
    argument = generator(opening[2], end, opening, element, clauses, closing)
    return nodes.Call(start, end, function, (argument,), ())


def bare_generator(start: int, end: int, element: Any, clauses: list[Any]) -> Expression:
    whole = nodes.GeneratorExpression(start, end, element, tuple(clauses))
    refuse("generator-parentheses", "a generator expression must be parenthesized beside other arguments", whole)


def split_arguments(arguments: list[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Positional and keyword arguments of a call; refuses the orders that the language does not know."""
    for argument in arguments:
        if type(argument) is nodes.Keyword:
            break
    else:
        return tuple(arguments), ()
    positional, keywords = [], []
    names: set[str] = set()
    unpacked = False
    for argument in arguments:
        if type(argument) is nodes.Keyword:
            if argument.name is None:
                unpacked = True
            elif argument.name in names:
                refuse("duplicate-keyword", f"keyword argument repeated: {argument.name}", argument)
            else:
                names.add(argument.name)
            keywords.append(argument)
        elif type(argument) is nodes.Starred:
            if unpacked:
                refuse("argument-order", "iterable argument unpacking follows keyword argument unpacking", argument)
            positional.append(argument)
        elif keywords:
            after = "keyword argument unpacking" if unpacked else "keyword argument"
            refuse("argument-order", f"positional argument follows {after}", argument)
        else:
            positional.append(argument)
    return tuple(positional), tuple(keywords)


def keyword(start: int, end: int, name: Any, _: Token, value: Any) -> nodes.Keyword:
    if type(name) is not Name or name[0] != start:
        what = called(name)
        message = (
            f"cannot assign to {what}" if what in ("True", "False", "None") else "expression cannot contain assignment"
        )
        refuse("bad-target", message, name, "did you mean '=='?")
    return nodes.Keyword(start, end, name.id, value)


def double_starred(start: int, end: int, token: Token, value: Any) -> nodes.Keyword:
    return nodes.Keyword(start, end, None, value)


def subscript(start: int, end: int, value: Any, _: Token, key: Any, closing: Token) -> Expression:
    if type(key) is nodes.Starred:
        key = nodes.TupleDisplay(key.start, key.end, (key,))
    return _new(nodes.Subscript, (start, end, value, key))


def slice(start: int, end: int, *_: Token) -> Any:
    return nodes.Slice(start, end, None, None, None)


def slice_from(start: int, end: int, lower: Any, _: Token) -> Any:
    return nodes.Slice(start, end, lower, None, None)


def slice_to(start: int, end: int, _: Token, upper: Any) -> Any:
    return nodes.Slice(start, end, None, upper, None)


def slice_between(start: int, end: int, lower: Any, _: Token, upper: Any) -> Any:
    return nodes.Slice(start, end, lower, upper, None)


def slice_end(start: int, end: int, before: Any, _: Token) -> Any:
    return nodes.Slice(start, end, before.lower, before.upper, None)


def slice_step(start: int, end: int, before: Any, _: Token, step: Any) -> Any:
    return nodes.Slice(start, end, before.lower, before.upper, step)


def name(start: int, end: int, token: Token) -> Name:
    return _new(Name, (start, end, token[1]))


def group(start: int, end: int, _open: Token, value: Any, _close: Token) -> Any:
    if type(value) is nodes.Starred:
        refuse("misplaced-star", "cannot use starred expression here", value, "write (*items,) for a tuple")
    return value


def empty_tuple(start: int, end: int, opening: Token, closing: Token) -> Expression:
    return nodes.TupleDisplay(start, end, ())


def tuple_group(start: int, end: int, opening: Token, items: list[Any], *rest: Token) -> Expression:
    return nodes.TupleDisplay(start, end, tuple(items))


def tuple_group_of_one(start: int, end: int, opening: Token, item: Any, _: Token, closing: Token) -> Expression:
    return nodes.TupleDisplay(start, end, (item,))


def generator(start: int, end: int, opening: Token, element: Any, clauses: list[Any], closing: Token) -> Expression:
    return nodes.GeneratorExpression(start, end, _element(element), tuple(clauses))


def _element(element: Any) -> Any:
    if type(element) is nodes.Starred:
        refuse("misplaced-star", "iterable unpacking cannot be used in comprehension", element)
    return element


def list_display(start: int, end: int, opening: Token, items: Any, *rest: Token) -> Expression:
    if type(items) is tuple:
        return nodes.ListDisplay(start, end, ())
    return nodes.ListDisplay(start, end, tuple(items))


def list_of_one(start: int, end: int, opening: Token, item: Any, *rest: Token) -> Expression:
    return nodes.ListDisplay(start, end, (item,))


def list_comprehension(
    start: int, end: int, opening: Token, element: Any, clauses: list[Any], closing: Token
) -> Expression:
    return nodes.ListComprehension(start, end, _element(element), tuple(clauses))


def set_of_one(start: int, end: int, opening: Token, item: Any, *rest: Token) -> Expression:
    return nodes.SetDisplay(start, end, (item,))


def set_display(start: int, end: int, opening: Token, items: list[Any], *rest: Token) -> Expression:
    return nodes.SetDisplay(start, end, tuple(items))


def set_comprehension(
    start: int, end: int, opening: Token, element: Any, clauses: list[Any], closing: Token
) -> Expression:
    return nodes.SetComprehension(start, end, _element(element), tuple(clauses))


def dict_display(start: int, end: int, opening: Token, pairs: Any, *rest: Token) -> Expression:
    if type(pairs) is tuple:
        return nodes.DictDisplay(start, end, (), ())
    keys = tuple(key for key, _ in pairs)
    return nodes.DictDisplay(start, end, keys, tuple(value for _, value in pairs))


def dict_comprehension_of_pair(
    start: int,
    end: int,
    _open: Token,
    _in: Token,
    key: Any,
    _: Token,
    value: Any,
    _out: Token,
    clauses: list[Any],
    _e: Token,
) -> Expression:
    """`{(key: value) for ...}`"""
    return nodes.DictComprehension(start, end, key, value, tuple(clauses))


def dict_comprehension(
    start: int, end: int, opening: Token, entry: tuple[Any, Any], clauses: list[Any], closing: Token
) -> Expression:
    key, value = entry
    if key is None:
        refuse("misplaced-star", "dict unpacking cannot be used in dict comprehension", value)
    return nodes.DictComprehension(start, end, key, value, tuple(clauses))


def pair_entry(start: int, end: int, key: Any, _: Token, value: Any) -> tuple[Any, Any]:
    return key, value


def merged_entry(start: int, end: int, _: Token, value: Any) -> tuple[Any, Any]:
    return None, value


def for_clause(
    start: int, end: int, _for: Token, place: Any, _: Token, iterable: Any, *conditions: list[Any]
) -> nodes.ForClause:
    return nodes.ForClause(start, end, target(place), iterable, tuple(conditions[0]) if conditions else ())

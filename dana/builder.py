"""From what the parser has recognised to nodes: one function for each alternative of the grammar with a name.

A function gets the values of the alternative's symbols in order: tokens (kind, value, start, end), nodes, and
lists of either. What the grammar allows but the language does not (assignment to a call, a positional
argument after a keyword) is refused here, by LexicalError. Those for literals are in `literals`.
"""

from __future__ import annotations

from dana import nodes
from dana.lexer import LexicalError, Token
from dana.literals import constant as constant
from dana.literals import ellipsis as ellipsis
from dana.literals import number as number
from dana.literals import strings as strings
from dana.nodes import Expression, Name, Node, Parameter, Parameters, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_new = tuple.__new__


def refuse(code: str, message: str, node: Any, hint: str | None = None) -> NoReturn:
    """Refuse a node, or a token."""
    start, end = (node[0], node[1]) if isinstance(node, Node) else (node[2], node[3])
    raise LexicalError(code, message, start, end, hint)


# Lists


def one(item: Any) -> list[Any]:
    return [item]


def pair(first: Any, _: Token, second: Any) -> list[Any]:
    return [first, second]


def more(items: list[Any], _: Token, item: Any) -> list[Any]:
    items.append(item)
    return items


def append(items: list[Any], item: Any) -> list[Any]:
    items.append(item)
    return items


def second(_: Token, item: Any) -> list[Any]:
    return [item]


def keep_first(items: list[Any], *_: Token) -> list[Any]:
    return items


# Programs and blocks


def program(statements: list[Statement]) -> nodes.Module:
    return nodes.Module(statements[0].start, statements[-1].end, tuple(statements))


def empty_program() -> nodes.Module:
    return nodes.Module(0, 0, ())


def first_lines(statements: list[Statement]) -> list[Statement]:
    return list(statements)


def more_lines(statements: list[Statement], others: list[Statement]) -> list[Statement]:
    statements += others
    return statements


def block(_newline: Token, _indent: Token, statements: list[Statement], _dedent: Token) -> list[Statement]:
    return statements


def clause(_word: Token, _colon: Token, body: list[Statement]) -> list[Statement]:
    return body


# Simple statements


def expression_statement(value: Expression) -> Statement:
    return nodes.ExpressionStatement(value.start, value.end, whole(value))


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


def assignment(first: Any, _: Token, value: Any) -> Statement:
    return nodes.Assignment(first[0], value[1], (target(first),), whole(value))


def more_assignment(before: nodes.Assignment, _: Token, value: Any) -> Statement:
    targets = (*before.targets, target(before.value))
    return nodes.Assignment(before.start, value[1], targets, whole(value))


def augmented_assignment(place: Any, operator: Token, value: Any) -> Statement:
    if type(place) not in (Name, nodes.Attribute, nodes.Subscript):
        refuse("bad-target", f"cannot assign to {called(place)} with {operator[1]}", place)
    return nodes.AugmentedAssignment(place[0], value[1], place, operator[1][:-1], whole(value))


def declaration(place: Any, _colon: Token, annotation: Any) -> Statement:
    return nodes.AnnotatedAssignment(place[0], annotation[1], annotated(place), annotation, None, type(place) is Name)


def annotated_assignment(place: Any, _colon: Token, annotation: Any, _equal: Token, value: Any) -> Statement:
    simple = type(place) is Name
    return nodes.AnnotatedAssignment(place[0], value[1], annotated(place), annotation, whole(value), simple)


def annotated(place: Any) -> Any:
    if type(place) not in (Name, nodes.Attribute, nodes.Subscript):
        refuse("bad-target", f"only a single name, attribute or item can be annotated, not a {called(place)}", place)
    return place


def pass_(token: Token) -> Statement:
    return nodes.Pass(token[2], token[3])


def break_(token: Token) -> Statement:
    return nodes.Break(token[2], token[3])


def continue_(token: Token) -> Statement:
    return nodes.Continue(token[2], token[3])


def return_(token: Token, value: Any = None) -> Statement:
    return nodes.Return(token[2], token[3] if value is None else value[1], value if value is None else whole(value))


def raise_(token: Token, exception: Any = None) -> Statement:
    return nodes.Raise(token[2], token[3] if exception is None else exception[1], exception, None)


def raise_from(token: Token, exception: Any, _: Token, cause: Any) -> Statement:
    return nodes.Raise(token[2], cause[1], exception, cause)


def global_(token: Token, names: list[Token]) -> Statement:
    return nodes.Global(token[2], names[-1][3], tuple(name[1] for name in names))


def nonlocal_(token: Token, names: list[Token]) -> Statement:
    return nodes.Nonlocal(token[2], names[-1][3], tuple(name[1] for name in names))


def delete(token: Token, place: Any) -> Statement:
    if type(place) is nodes.TupleDisplay and place.start == place.items[0].start if _items(place) else False:
        targets = place.items
    else:
        targets = (place,)
    for item in targets:
        target(item, "delete")
    return nodes.Delete(token[2], place[1], targets)


def _items(place: Any) -> tuple[Any, ...]:
    return place.items if type(place) is nodes.TupleDisplay else ()


def assert_(token: Token, test: Any) -> Statement:
    return nodes.Assert(token[2], test[1], test, None)


def assert_with(token: Token, test: Any, _: Token, message: Any) -> Statement:
    return nodes.Assert(token[2], message[1], test, message)


def import_(token: Token, names: list[nodes.Alias]) -> Statement:
    return nodes.Import(token[2], names[-1].end, tuple(names))


def alias(name: list[Token]) -> nodes.Alias:
    return nodes.Alias(name[0][2], name[-1][3], ".".join(part[1] for part in name), None)


def alias_as(name: list[Token], _: Token, bound: Token) -> nodes.Alias:
    return nodes.Alias(name[0][2], bound[3], ".".join(part[1] for part in name), bound[1])


def member(name: Token) -> nodes.Alias:
    return nodes.Alias(name[2], name[3], name[1], None)


def member_as(name: Token, _: Token, bound: Token) -> nodes.Alias:
    return nodes.Alias(name[2], bound[3], name[1], bound[1])


def source(name: list[Token]) -> tuple[str, int]:
    return ".".join(part[1] for part in name), 0


def relative(dots: list[Token], name: list[Token] = []) -> tuple[str, int]:  # noqa: B006 (never changed)
    return ".".join(part[1] for part in name), sum(len(dot[1]) for dot in dots)


def more_dots(dots: list[Token], dot: Token) -> list[Token]:
    dots.append(dot)
    return dots


def import_star(token: Token, place: tuple[str, int], _: Token, star: Token) -> Statement:
    return nodes.ImportFrom(token[2], star[3], *place, (nodes.Alias(star[2], star[3], "*", None),))


def import_from(token: Token, place: tuple[str, int], _: Token, names: list[nodes.Alias]) -> Statement:
    return nodes.ImportFrom(token[2], names[-1].end, *place, tuple(names))


def import_from_group(
    token: Token, place: tuple[str, int], _: Token, _open: Token, names: list[nodes.Alias], *close: Token
) -> Statement:
    return nodes.ImportFrom(token[2], close[-1][3], *place, tuple(names))


# Compound statements


def if_(token: Token, test: Any, _: Token, body: list[Any], otherwise: list[Any] = []) -> Statement:  # noqa: B006
    return nodes.If(token[2], (otherwise or body)[-1].end, test, tuple(body), tuple(otherwise))


def elif_(token: Token, test: Any, colon: Token, body: list[Any], otherwise: list[Any] = []) -> list[Statement]:  # noqa: B006
    return [if_(token, test, colon, body, otherwise)]


def while_(token: Token, test: Any, _: Token, body: list[Any], otherwise: list[Any] = []) -> Statement:  # noqa: B006
    return nodes.While(token[2], (otherwise or body)[-1].end, test, tuple(body), tuple(otherwise))


def for_(
    token: Token, place: Any, _in: Token, iterable: Any, _: Token, body: list[Any], otherwise: list[Any] = []  # noqa: B006
) -> Statement:  # fmt: skip
    end = (otherwise or body)[-1].end
    return nodes.For(token[2], end, target(place), whole(iterable), tuple(body), tuple(otherwise))


def try_(token: Token, _: Token, body: list[Any], handlers: list[Any], otherwise: list[Any] = []) -> Statement:  # noqa: B006
    return _try(token, body, handlers, otherwise, [])


def try_finally(token: Token, _: Token, body: list[Any], handlers: list[Any], *rest: list[Any]) -> Statement:
    return _try(token, body, handlers, rest[0] if len(rest) == 2 else [], rest[-1])


def try_only_finally(token: Token, _: Token, body: list[Any], final: list[Any]) -> Statement:
    return _try(token, body, [], [], final)


def _try(token: Token, body: list[Any], handlers: list[Any], otherwise: list[Any], final: list[Any]) -> Statement:
    for handler in handlers[:-1]:
        if handler.type is None:
            refuse("bare-except-not-last", "default 'except:' must be last", handler)
    end = (final or otherwise or handlers)[-1].end
    return nodes.Try(token[2], end, tuple(body), tuple(handlers), tuple(otherwise), tuple(final))


def bare_except(token: Token, _: Token, body: list[Any]) -> nodes.ExceptClause:
    return nodes.ExceptClause(token[2], body[-1].end, None, None, tuple(body))


def except_(token: Token, kind: Any, _: Token, body: list[Any]) -> nodes.ExceptClause:
    return nodes.ExceptClause(token[2], body[-1].end, kind, None, tuple(body))


def except_as(token: Token, kind: Any, _as: Token, name: Token, _: Token, body: list[Any]) -> nodes.ExceptClause:
    return nodes.ExceptClause(token[2], body[-1].end, kind, name[1], tuple(body))


def with_(token: Token, items: list[Any], _: Token, body: list[Any]) -> Statement:
    return nodes.With(token[2], body[-1].end, tuple(items), tuple(body))


def with_group(token: Token, _open: Token, items: list[Any], *rest: Any) -> Statement:
    return nodes.With(token[2], rest[-1][-1].end, tuple(items), tuple(rest[-1]))


def with_item(context: Any, _: Token | None = None, place: Any = None) -> nodes.WithItem:
    if place is None:
        return nodes.WithItem(context[0], context[1], context, None)
    return nodes.WithItem(context[0], place[1], context, target(place))


# Functions and classes


def decorator(_at: Token, value: Any, _newline: Token) -> tuple[Token, Any]:
    return _at, value


def decorated(decorators: list[tuple[Token, Any]], definition: Any) -> Statement:
    values = tuple(value for _, value in decorators)
    return type(definition)(decorators[0][0][2], *definition[1:-1], values)  # type: ignore[no-any-return]


def function(token: Token, name: Token, _open: Token, *rest: Any) -> Statement:
    parameters = rest[0] if type(rest[0]) is Parameters else _no_parameters(rest[0][2])
    return nodes.FunctionDefinition(token[2], rest[-1][-1].end, name[1], parameters, None, tuple(rest[-1]), ())


def function_returning(token: Token, name: Token, _open: Token, *rest: Any) -> Statement:
    parameters = rest[0] if type(rest[0]) is Parameters else _no_parameters(rest[0][2])
    return nodes.FunctionDefinition(token[2], rest[-1][-1].end, name[1], parameters, rest[-3], tuple(rest[-1]), ())


def _no_parameters(at: int) -> Parameters:
    return Parameters(at, at, (), (), None, (), None)


def class_(token: Token, name: Token, *rest: Any) -> Statement:
    return nodes.ClassDefinition(token[2], rest[-1][-1].end, name[1], (), (), tuple(rest[-1]), ())


def class_with(token: Token, name: Token, _open: Token, arguments: list[Any], *rest: Any) -> Statement:
    bases, keywords = split_arguments(arguments)
    return nodes.ClassDefinition(token[2], rest[-1][-1].end, name[1], bases, keywords, tuple(rest[-1]), ())


def parameter(name: Token) -> tuple[str, Any]:
    return "name", Parameter(name[2], name[3], name[1], None, None)


def annotated_parameter(name: Token, _: Token, annotation: Any) -> tuple[str, Any]:
    return "name", Parameter(name[2], annotation[1], name[1], annotation, None)


def default_parameter(name: Token, _: Token, default: Any) -> tuple[str, Any]:
    return "name", Parameter(name[2], name[3], name[1], None, default)


def full_parameter(name: Token, _c: Token, annotation: Any, _e: Token, default: Any) -> tuple[str, Any]:
    return "name", Parameter(name[2], annotation[1], name[1], annotation, default)


def slash(token: Token) -> tuple[str, Any]:
    return "/", token


def star(token: Token) -> tuple[str, Any]:
    return "*", token


def variadic(_star: Token, name: Token, _: Any = None, annotation: Any = None) -> tuple[str, Any]:
    return "*name", Parameter(name[2], name[3] if annotation is None else annotation[1], name[1], annotation, None)


def keywords(_stars: Token, name: Token, _: Any = None, annotation: Any = None) -> tuple[str, Any]:
    return "**name", Parameter(name[2], name[3] if annotation is None else annotation[1], name[1], annotation, None)


def parameters(items: list[tuple[str, Any]], *_: Token) -> Parameters:
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
    every = [item for _, item in items]
    start, end = _edges(every[0])[0], _edges(every[-1])[1]
    return Parameters(start, end, tuple(positional_only), tuple(positional), variadic, tuple(keyword_only), rest)


def _edges(item: Any) -> tuple[int, int]:
    return (item[0], item[1]) if isinstance(item, Node) else (item[2], item[3])


# Patterns


def match(token: Token, subject: Any, _c: Token, _n: Token, _i: Token, cases: list[Any], _d: Token) -> Statement:
    return nodes.Match(token[2], cases[-1].end, subject, tuple(cases))


def case(token: Token, pattern: Any, _: Token, body: list[Any]) -> nodes.MatchCase:
    return nodes.MatchCase(token[2], body[-1].end, pattern, None, tuple(body))


def case_if(token: Token, pattern: Any, _if: Token, guard: Any, _: Token, body: list[Any]) -> nodes.MatchCase:
    return nodes.MatchCase(token[2], body[-1].end, pattern, guard, tuple(body))


def open_sequence(patterns: list[Any], comma: Token, last: Any = None) -> nodes.Pattern:
    if last is not None:
        patterns.append(last)
    return _sequence(patterns[0].start, comma[3] if last is None else last.end, patterns)


def open_star(pattern: Any) -> nodes.Pattern:
    refuse("misplaced-star", "a starred pattern must be in a sequence", pattern, "write *name, or [*name]")


def _sequence(start: int, end: int, patterns: list[Any]) -> nodes.Pattern:
    stars = [pattern for pattern in patterns if type(pattern) is nodes.StarPattern]
    if len(stars) > 1:
        refuse("several-stars", "multiple starred patterns in a sequence", stars[1])
    return nodes.SequencePattern(start, end, tuple(patterns))


def sequence_pattern(first: Token, patterns: Any = None, *rest: Any) -> nodes.Pattern:
    if patterns is None or type(patterns) is tuple:
        last = patterns or first
        return nodes.SequencePattern(first[2], last[3], ())
    items = patterns + [item for item in rest if isinstance(item, Node)]
    return _sequence(first[2], rest[-1][3], items)


def group_pattern(_open: Token, pattern: nodes.Pattern, _close: Token) -> nodes.Pattern:
    return pattern


def star_group(opening: Token, pattern: Any, closing: Token) -> nodes.Pattern:
    return _sequence(opening[2], closing[3], [pattern])


def star_pattern(token: Token, name: Token) -> nodes.Pattern:
    return nodes.StarPattern(token[2], name[3], None if name[1] == "_" else name[1])


def as_pattern(pattern: nodes.Pattern, _: Token, name: Token) -> nodes.Pattern:
    if name[1] == "_":
        refuse("bad-target", "cannot use '_' as a target", name)
    if type(pattern) is nodes.CapturePattern and pattern.name is None:
        return nodes.AsPattern(pattern.start, name[3], pattern, name[1])
    return nodes.AsPattern(pattern.start, name[3], pattern, name[1])


def or_pattern(alternatives: list[Any]) -> nodes.Pattern:
    return nodes.OrPattern(alternatives[0].start, alternatives[-1].end, tuple(alternatives))


def value_pattern(value: Any) -> nodes.Pattern:
    if type(value) is nodes.JoinedString:
        refuse("bad-pattern", "a pattern may only match literals and dotted names, not an f-string", value)
    return nodes.ValuePattern(value[0], value[1], value)


def complex_pattern(real: Any, operator: Token, imaginary: Token) -> nodes.Pattern:
    part = number(imaginary)
    if type(part.value) is not complex or type(getattr(real, "value", 0)) is complex:
        refuse("bad-pattern", "a pattern may only match literals and dotted names, not a sum", imaginary)
    return value_pattern(nodes.BinaryOperation(real[0], part.end, operator[1], real, part))


def constant_pattern(token: Token) -> nodes.Pattern:
    return nodes.ValuePattern(token[2], token[3], constant(token))


def capture_pattern(name: Token) -> nodes.Pattern:
    return nodes.CapturePattern(name[2], name[3], None if name[1] == "_" else name[1])


def negative_number(sign: Token, value: Token) -> Expression:
    return nodes.UnaryOperation(sign[2], value[3], "-", number(value))


def dotted_value(first: Token, dot: Token, second: Token) -> Expression:
    return attribute(name(first), dot, second)


def mapping_pattern(opening: Token, items: Any, *rest: Token) -> nodes.Pattern:
    if type(items) is tuple:
        return nodes.MappingPattern(opening[2], items[3], (), (), None)
    keys, patterns, others = [], [], None
    for key, pattern in items:
        if others is not None:
            refuse("bad-pattern", "a ** pattern must be last", key if key is not None else pattern)
        if key is None:
            others = pattern
            if others[1] == "_":
                refuse("bad-target", "cannot use '_' as a target", others)
        else:
            keys.append(key)
            patterns.append(pattern)
    constants = [key.value for key in keys if type(key) is nodes.Constant]
    for at, key in enumerate(constants):
        if any(type(key) is type(other) and key == other for other in constants[:at]):
            refuse("duplicate-key", f"mapping pattern checks duplicate key ({key!r})", keys[at])
    bound = None if others is None else others[1]
    return nodes.MappingPattern(opening[2], rest[-1][3], tuple(keys), tuple(patterns), bound)


def pair_item(key: Any, _: Token, pattern: Any) -> tuple[Any, Any]:
    return key, pattern


def rest_item(_: Token, name: Token) -> tuple[None, Token]:
    return None, name


def class_pattern(cls: Any, _open: Token, arguments: Any, *rest: Token) -> nodes.Pattern:
    if type(arguments) is tuple:
        return nodes.ClassPattern(cls[0], arguments[3], cls, (), (), ())
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
    return nodes.ClassPattern(cls[0], rest[-1][3], cls, tuple(patterns), tuple(names), tuple(named))


def named_pattern(name: Token, _: Token, pattern: Any) -> tuple[Token, Any]:
    return name, pattern


# Expressions


def tuple_display(items: list[Any], *comma: Token) -> Expression:
    end = comma[-1][3] if comma else items[-1].end
    return nodes.TupleDisplay(items[0].start, end, tuple(items))


def tuple_of_one(item: Any, comma: Token) -> Expression:
    return nodes.TupleDisplay(item[0], comma[3], (item,))


def starred(token: Token, value: Any) -> Expression:
    return nodes.Starred(token[2], value[1], value)


def yield_(token: Token, value: Any = None) -> Expression:
    return nodes.Yield(token[2], token[3] if value is None else value[1], value)


def yield_from(token: Token, _: Token, value: Any) -> Expression:
    return nodes.YieldFrom(token[2], value[1], value)


def named(place: Any, _: Token, value: Any) -> Expression:
    if type(place) is not Name:
        refuse("bad-target", f"cannot use an assignment expression with {called_target(place)}", place)
    return nodes.NamedExpression(place[0], value[1], place, value)


def called_target(node: Any) -> str:
    if type(node) is nodes.Attribute:
        return "attribute"
    return "subscript" if type(node) is nodes.Subscript else called(node)


def conditional(body: Any, _if: Token, test: Any, _else: Token, otherwise: Any) -> Expression:
    return nodes.Conditional(body[0], otherwise[1], test, body, otherwise)


def lambda_(token: Token, *rest: Any) -> Expression:
    found = rest[0] if type(rest[0]) is Parameters else _no_parameters(token[3])
    return nodes.Lambda(token[2], rest[-1][1], found, rest[-1])


def or_(values: list[Any]) -> Expression:
    return nodes.BooleanOperation(values[0].start, values[-1].end, "or", tuple(values))


def and_(values: list[Any]) -> Expression:
    return nodes.BooleanOperation(values[0].start, values[-1].end, "and", tuple(values))


def not_(token: Token, operand: Any) -> Expression:
    return nodes.UnaryOperation(token[2], operand[1], "not", operand)


def comparison(parts: list[Any]) -> Expression:
    return nodes.Comparison(parts[0].start, parts[-1].end, parts[0], tuple(parts[1::2]), tuple(parts[2::2]))


def first_comparison(first: Any, operator: str, other: Any) -> list[Any]:
    return [first, operator, other]


def more_comparison(parts: list[Any], operator: str, other: Any) -> list[Any]:
    parts += (operator, other)
    return parts


def symbol(token: Token) -> str:
    return token[1]


def not_in(_not: Token, _in: Token) -> str:
    return "not in"


def is_not(_is: Token, _not: Token) -> str:
    return "is not"


def binary(left: Any, operator: Token, right: Any) -> Expression:
    return _new(nodes.BinaryOperation, (left[0], right[1], operator[1], left, right))


def unary(token: Token, operand: Any) -> Expression:
    return nodes.UnaryOperation(token[2], operand[1], token[1], operand)


def attribute(value: Any, _: Token, name: Token) -> Expression:
    return _new(nodes.Attribute, (value[0], name[3], value, name[1]))


def call(function: Any, _open: Token, closing: Token) -> Expression:
    return _new(nodes.Call, (function[0], closing[3], function, (), ()))


def call_with(function: Any, _open: Token, arguments: list[Any], closing: Token) -> Expression:
    positional, keywords = split_arguments(arguments)
    return _new(nodes.Call, (function[0], closing[3], function, positional, keywords))


def call_generator(function: Any, opening: Token, element: Any, clauses: list[Any], closing: Token) -> Expression:
    argument = generator(opening, element, clauses, closing)
    return nodes.Call(function[0], closing[3], function, (argument,), ())


def bare_generator(element: Any, clauses: list[Any]) -> Expression:
    whole = nodes.GeneratorExpression(element[0], clauses[-1].end, element, tuple(clauses))
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


def keyword(name: Any, _: Token, value: Any) -> nodes.Keyword:
    if type(name) is not Name:
        what = called(name)
        message = (
            f"cannot assign to {what}" if what in ("True", "False", "None") else "expression cannot contain assignment"
        )
        refuse("bad-target", message, name, "did you mean '=='?")
    return nodes.Keyword(name.start, value[1], name.id, value)


def double_starred(token: Token, value: Any) -> nodes.Keyword:
    return nodes.Keyword(token[2], value[1], None, value)


def subscript(value: Any, _: Token, key: Any, closing: Token) -> Expression:
    if type(key) is nodes.Starred:
        key = nodes.TupleDisplay(key.start, key.end, (key,))
    return _new(nodes.Subscript, (value[0], closing[3], value, key))


def subscript_tuple(items: list[Any], *comma: Token) -> Expression:
    return tuple_display(items, *comma)


def subscript_tuple_of_one(item: Any, comma: Token) -> Expression:
    return tuple_of_one(item, comma)


def slice(colon: Token) -> Any:
    return nodes.Slice(colon[2], colon[3], None, None, None)


def slice_from(lower: Any, colon: Token) -> Any:
    return nodes.Slice(lower[0], colon[3], lower, None, None)


def slice_to(colon: Token, upper: Any) -> Any:
    return nodes.Slice(colon[2], upper[1], None, upper, None)


def slice_between(lower: Any, _: Token, upper: Any) -> Any:
    return nodes.Slice(lower[0], upper[1], lower, upper, None)


def slice_end(before: Any, colon: Token) -> Any:
    return nodes.Slice(before.start, colon[3], before.lower, before.upper, None)


def slice_step(before: Any, _: Token, step: Any) -> Any:
    return nodes.Slice(before.start, step[1], before.lower, before.upper, step)


def name(token: Token) -> Name:
    return _new(Name, (token[2], token[3], token[1]))


def group(_open: Token, value: Any, _close: Token) -> Any:
    if type(value) is nodes.Starred:
        refuse("misplaced-star", "cannot use starred expression here", value, "write (*items,) for a tuple")
    return value


def empty_tuple(opening: Token, closing: Token) -> Expression:
    return nodes.TupleDisplay(opening[2], closing[3], ())


def tuple_group(opening: Token, items: list[Any], *rest: Token) -> Expression:
    return nodes.TupleDisplay(opening[2], rest[-1][3], tuple(items))


def tuple_group_of_one(opening: Token, item: Any, _: Token, closing: Token) -> Expression:
    return nodes.TupleDisplay(opening[2], closing[3], (item,))


def generator(opening: Token, element: Any, clauses: list[Any], closing: Token) -> Expression:
    return nodes.GeneratorExpression(opening[2], closing[3], _element(element), tuple(clauses))


def _element(element: Any) -> Any:
    if type(element) is nodes.Starred:
        refuse("misplaced-star", "iterable unpacking cannot be used in comprehension", element)
    return element


def list_display(opening: Token, items: Any, *rest: Token) -> Expression:
    if type(items) is tuple:
        return nodes.ListDisplay(opening[2], items[3], ())
    return nodes.ListDisplay(opening[2], rest[-1][3], tuple(items))


def list_of_one(opening: Token, item: Any, *rest: Token) -> Expression:
    return nodes.ListDisplay(opening[2], rest[-1][3], (item,))


def list_comprehension(opening: Token, element: Any, clauses: list[Any], closing: Token) -> Expression:
    return nodes.ListComprehension(opening[2], closing[3], _element(element), tuple(clauses))


def set_of_one(opening: Token, item: Any, *rest: Token) -> Expression:
    return nodes.SetDisplay(opening[2], rest[-1][3], (item,))


def set_display(opening: Token, items: list[Any], *rest: Token) -> Expression:
    return nodes.SetDisplay(opening[2], rest[-1][3], tuple(items))


def set_comprehension(opening: Token, element: Any, clauses: list[Any], closing: Token) -> Expression:
    return nodes.SetComprehension(opening[2], closing[3], _element(element), tuple(clauses))


def dict_display(opening: Token, pairs: Any, *rest: Token) -> Expression:
    if type(pairs) is tuple:
        return nodes.DictDisplay(opening[2], pairs[3], (), ())
    keys = tuple(key for key, _ in pairs)
    return nodes.DictDisplay(opening[2], rest[-1][3], keys, tuple(value for _, value in pairs))


def dict_comprehension(opening: Token, entry: tuple[Any, Any], clauses: list[Any], closing: Token) -> Expression:
    key, value = entry
    if key is None:
        refuse("misplaced-star", "dict unpacking cannot be used in dict comprehension", value)
    return nodes.DictComprehension(opening[2], closing[3], key, value, tuple(clauses))


def pair_entry(key: Any, _: Token, value: Any) -> tuple[Any, Any]:
    return key, value


def merged_entry(_: Token, value: Any) -> tuple[Any, Any]:
    return None, value


def for_clause(token: Token, place: Any, _: Token, iterable: Any, conditions: list[Any] = []) -> nodes.ForClause:  # noqa: B006
    end = conditions[-1].end if conditions else iterable[1]
    return nodes.ForClause(token[2], end, target(place), iterable, tuple(conditions))

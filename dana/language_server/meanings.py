"""What names of a program mean, and what is known of the values of its expressions without running it.

A Symbol is what a name stands for: something of a program (a document, a block of it and the node that binds it) or
something of the library. Known says of a value that it is a symbol itself (a class, a module, a function), or an
instance of a class or type. What is not certain from one binding is left open.
"""

from __future__ import annotations

import os
from inspect import cleandoc

from dana import modules, nodes
from dana.agents import SETTINGS
from dana.language_server import library
from dana.language_server.blocks import Block
from dana.language_server.documents import Document
from dana.values import TYPES, NativeType, is_special

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dana.language_server.blocks import Occurrence
    from dana.language_server.documents import Workspace
    from dana.native import Library
    from dana.resolver import Scope

DEEPEST = 12
"""How far the value of an expression is followed."""


class Symbol:
    """What a name means.

    `kind` is "function", "method", "class", "struct", "resource", "interface", "agent", "agent_blueprint", "workflow",
    "variable", "parameter", "field" or "module" of a program, or "function", "method", "type", "error", "constant",
    "field" or "module" of the library. A symbol of a program has `document`, `index` (of its block), `node` and
    `scope` (None at module level); one of the library `value` and `library`.
    """

    __slots__ = ("document", "index", "kind", "library", "name", "node", "owner", "scope", "value")

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        document: Document | None = None,
        index: int = 0,
        node: Any = None,
        scope: Scope | None = None,
        value: Any = None,
        library: Library | None = None,
        owner: str = "",
    ) -> None:
        self.kind = kind
        self.name = name
        self.document = document
        self.index = index
        self.node = node
        self.scope = scope
        self.value = value
        self.library = library
        self.owner = owner
        """The name of the class or type that a method or field belongs to."""

    @property
    def block(self) -> Block:
        """The block of the program that the symbol is bound in."""
        assert self.document is not None
        return self.document.blocks[self.index]

    def place(self) -> tuple[Document, int, int] | None:
        """Where the name is bound in a program."""
        if self.document is None or self.node is None:
            return None
        if self.kind == "module":
            return self.document, 0, 0
        start, end = self.block.name_place(self.name, self.node)
        begin = self.document.starts[self.index]
        return self.document, begin + start, begin + end

    def same(self, other: Symbol | None) -> bool:
        """Whether both are one thing."""
        if other is None or self.name != other.name:
            return False
        if self.document is None or other.document is None:
            return self.document is other.document and self.value is other.value
        return self.document is other.document and self.scope is other.scope and self.owner == other.owner


class Known:
    """What is known of a value: it is `symbol` itself, or (`instance`) one of it; `items` of what is in it."""

    __slots__ = ("instance", "items", "symbol")

    def __init__(self, symbol: Symbol, instance: bool = False, items: Known | None = None) -> None:
        self.symbol = symbol
        self.instance = instance
        self.items = items


class Meanings:
    """Answers for the documents of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    # Names

    def of(self, document: Document, index: int, occurrence: Occurrence) -> Symbol | None:
        """What a name in a program means."""
        block, name, node, scope = occurrence.block, occurrence.name, occurrence.node, occurrence.scope
        kind = occurrence.kind
        if kind == "attribute":
            if type(node.value) is nodes.Name and node.value.id[0] == "$":
                return self._scoped(document, node.value.id[1:], name)
            known = self.value(document, index, scope, node.value)
            if known is None:
                return None
            around = occurrence.path[-2] if len(occurrence.path) > 1 else None
            called = type(around) is nodes.Call and around.function is node
            return self.members(known).get(name) or (self._uniform(document, known, name) if called else None)
        if kind == "keyword":
            return self._keyword(document, index, occurrence)
        if kind == "module":
            return self._module(document, name, occurrence.node)
        if kind == "import":
            return self._imported(document, index, occurrence)
        if kind == "function" and node.kind == "receiver":
            return Symbol("method", name, document=document, index=index, node=node, owner=_types_of(node))
        if kind in ("function", "class") and scope.kind == "class":
            return self._member(document, index, scope.node, name)
        owner = scope if name in scope.bound and kind == "parameter" else block.owner_of(scope, name)
        if owner is not None and owner.kind == "class":
            return self._member(document, index, owner.node, name)
        return self.name(document, index, scope, name)

    def name(self, document: Document, index: int, scope: Scope, name: str) -> Symbol | None:
        """What a name means in a scope."""
        block = document.blocks[index]
        owner = block.owner_of(scope, name)
        if owner is not None:
            return self._bound(document, index, owner, owner.bound[name], name)
        return self.global_name(document, name) or self.builtin(name)

    def global_name(self, document: Document, name: str, seen: frozenset[int] = frozenset()) -> Symbol | None:
        """What a name means at module level, imported with a star or not."""
        found = document.globals.get(name)
        if found is not None:
            return self._bound(document, found[0], None, found[1], name)
        if id(document) in seen:
            return None
        for node in document.star_imports():
            target = self.workspace.module(node.module, node.level, document)
            symbol = self._of_module(target, name, seen | {id(document)})
            if symbol is not None:
                return symbol
        return None

    def _uniform(self, document: Document, known: Known, name: str) -> Symbol | None:
        """The function that `x.name()` calls when the value has nothing of this name."""
        if known.symbol.kind == "module" or not known.instance:
            return None
        found = self.global_name(document, name) or self.builtin(name)
        return found if found is not None and found.kind in ("function", "workflow") else None

    def _scoped(self, document: Document, scope: str, name: str) -> Symbol | None:
        """The variable `private:name`, or of another scope, where the program has it first."""
        for index, each in document.occurrences(name):
            node = each.node
            if each.kind == "attribute" and type(node.value) is nodes.Name and node.value.id == f"${scope}":
                return Symbol("variable", name, document=document, index=index, node=node, owner=f"{scope}:")
        return None

    def builtin(self, name: str) -> Symbol | None:
        """What a name means that no program has bound."""
        path = modules.program_of(name)
        if path is not None:
            document = self.workspace.file(path)
            return None if document is None else self.global_name(document, name)
        if not modules.is_builtin(name):
            return None
        value = modules.builtin(name)
        return Symbol(library.kind_of(value), name, value=value, library=library.library_of(name))

    def visible(self, document: Document, index: int, scope: Scope) -> dict[str, Symbol]:
        """The names of a program that mean something in a scope, nearest first."""
        found: dict[str, Symbol] = {}
        at: Scope | None = scope
        while at is not None and at.parent is not None:
            if at.kind != "class" or at is scope:
                for name, node in at.bound.items():
                    if name not in found and name[0] != "$":
                        found[name] = self._bound(document, index, at, node, name)
            at = at.parent
        for name in document.globals:
            symbol = None if name in found else self.global_name(document, name)
            if symbol is not None and name[0] != "$":
                found[name] = symbol
        for imported in document.star_imports():
            target = self.workspace.module(imported.module, imported.level, document)
            for name, symbol in self._names_of(target).items():
                found.setdefault(name, symbol)
        return found

    def _bound(self, document: Document, index: int, scope: Scope | None, node: Any, name: str) -> Symbol:
        """The symbol that a node binds; what an import binds is what it imports."""
        kind = "variable"
        if isinstance(node, nodes.FunctionDefinition):
            kind = "workflow" if node.kind == "workflow" else "function"
        elif isinstance(node, nodes.ClassDefinition):
            kind = node.kind
        elif isinstance(node, nodes.Parameter):
            kind = "parameter" if node.start < node.end else "variable"
        elif isinstance(node, nodes.Alias):
            found = self._alias(document, index, node)
            if found is not None:
                return found
        return Symbol(kind, name, document=document, index=index, node=node, scope=scope)

    # Imports

    def _alias(self, document: Document, index: int, alias: nodes.Alias) -> Symbol | None:
        """What a part of an import binds."""
        block = document.blocks[index]
        statement = next((node for node in reversed(block.path(alias.start)) if _imports(node)), None)
        if isinstance(statement, nodes.ImportFrom):
            return self._member_of_import(document, statement, alias.name)
        name = alias.name if alias.bound else alias.name.partition(".")[0]
        return self._as_symbol(self.workspace.module(name, 0, document), name)

    def _member_of_import(self, document: Document, statement: nodes.ImportFrom, name: str) -> Symbol | None:
        target = self.workspace.module(statement.module, statement.level, document)
        found = self._of_module(target, name, frozenset((id(document),)))
        if found is None:
            inner = f"{statement.module}.{name}" if statement.module else name
            module = self.workspace.module(inner, statement.level, document)
            found = self._as_symbol(module, inner) if isinstance(module, Document) else None
        return found

    def _imported(self, document: Document, index: int, occurrence: Occurrence) -> Symbol | None:
        alias = occurrence.node
        statement = next((node for node in reversed(occurrence.path) if _imports(node)), None)
        if isinstance(statement, nodes.Import) and occurrence.name != alias.bound:
            parts = alias.name.split(".")
            name = ".".join(parts[: parts.index(occurrence.name) + 1])
            return self._as_symbol(self.workspace.module(name, 0, document), name)
        found = self._alias(document, index, alias)
        if found is not None:
            return found
        return Symbol("variable", occurrence.name, document=document, index=index, node=alias)

    def _module(self, document: Document, name: str, statement: nodes.ImportFrom) -> Symbol | None:
        parts = statement.module.split(".")
        inner = ".".join(parts[: parts.index(name) + 1])
        return self._as_symbol(self.workspace.module(inner, statement.level, document), inner)

    def _as_symbol(self, target: Document | str | None, name: str) -> Symbol | None:
        if isinstance(target, Document):
            return Symbol("module", name, document=target, node=target)
        if target is None:
            return None
        found = modules.library(target)
        return Symbol("module", name, value=found, library=found)

    def _of_module(self, target: Document | str | None, name: str, seen: frozenset[int]) -> Symbol | None:
        if isinstance(target, Document):
            return self.global_name(target, name, seen)
        return None if target is None else self._of_library(modules.library(target), name)

    def _of_library(self, origin: Library, name: str) -> Symbol | None:
        if name not in origin.members:
            return None
        value = origin.members[name]
        return Symbol(library.kind_of(value), name, value=value, library=origin, owner=origin.name)

    def _names_of(self, target: Document | str | None) -> dict[str, Symbol]:
        """The names that an importer of a module sees."""
        if isinstance(target, Document):
            found = ((name, self.global_name(target, name)) for name in target.globals if name[0] not in "_$")
        elif target is None:
            return {}
        else:
            origin = modules.library(target)
            found = ((name, self._of_library(origin, name)) for name in origin.members)
        return {name: symbol for name, symbol in found if symbol is not None}

    def importable(self, document: Document) -> list[str]:
        """The modules that a program can import by a plain name: programs beside it, and the library."""
        beside: list[str] = []
        if document.path is not None:
            folder = os.path.dirname(document.path)
            for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
                package = os.path.exists(os.path.join(folder, entry, "__init__.na"))
                if entry.endswith(".na") and entry != os.path.basename(document.path):
                    beside.append(entry[:-3])
                elif package:
                    beside.append(entry)
        return [*(name for name in beside if name.isidentifier()), *modules.module_names()]

    def members_of_module(self, name: str, level: int, document: Document) -> dict[str, Symbol]:
        """The names that `from name import` offers."""
        return self._names_of(self.workspace.module(name, level, document))

    # Values

    def value(self, document: Document, index: int, scope: Scope, node: Any, depth: int = DEEPEST) -> Known | None:
        """What is known of the value of an expression."""
        if depth == 0:
            return None
        kind = type(node)
        if kind is nodes.Name:
            symbol = self.name(document, index, scope, node.id)
            return None if symbol is None else self.of_symbol(symbol, depth - 1)
        if kind is nodes.Attribute:
            known = self.value(document, index, scope, node.value, depth - 1)
            symbol = None if known is None else self.members(known).get(node.name)
            return None if symbol is None else self.of_symbol(symbol, depth - 1)
        if kind is nodes.Call:
            return self._called(self.value(document, index, scope, node.function, depth - 1), depth)
        if kind is nodes.Subscript:
            known = self.value(document, index, scope, node.value, depth - 1)
            if known is None or type(node.key) is nodes.Slice:
                return known
            return known.items
        if kind in (nodes.Conditional, nodes.NamedExpression, nodes.BooleanOperation):
            part = {nodes.Conditional: "body", nodes.NamedExpression: "value"}.get(kind)
            chosen = getattr(node, part) if part else node.values[-1]
            return self.value(document, index, scope, chosen, depth - 1)
        if kind in (nodes.ListDisplay, nodes.SetDisplay, nodes.TupleDisplay) and node.items:
            items = self.value(document, index, scope, node.items[0], depth - 1)
            return _native(_DISPLAYS[kind], items)
        if kind is nodes.Constant:
            return _native(type(node.value))
        host = _DISPLAYS.get(kind)
        return None if host is None else _native(host)

    def of_symbol(self, symbol: Symbol, depth: int = DEEPEST) -> Known | None:
        """What is known of the value that a name stands for."""
        if symbol.document is None:
            if symbol.kind in ("constant", "field"):
                return _native(type(symbol.value)) if symbol.kind == "constant" else None
            return Known(symbol)
        if symbol.kind == "agent":
            return Known(symbol, True)
        if symbol.kind not in ("variable", "parameter", "field"):
            return Known(symbol)
        return None if depth <= 0 else self._stored(symbol, depth)

    def _called(self, known: Known | None, depth: int) -> Known | None:
        """What a call gives."""
        if known is None or known.instance:
            return None
        symbol = known.symbol
        if symbol.document is None:
            return Known(symbol, True) if symbol.kind in ("type", "error") else self._made(symbol)
        if isinstance(symbol.node, nodes.ClassDefinition):
            return Known(symbol, True)
        if isinstance(symbol.node, nodes.FunctionDefinition) and symbol.node.returns is not None:
            scope = symbol.scope or symbol.block.top
            return self.annotated(symbol.document, symbol.index, scope, symbol.node.returns, depth - 1)
        return None

    def _made(self, symbol: Symbol) -> Known | None:
        """What a function of the library gives, as far as its annotation says."""
        if symbol.kind not in ("function", "method"):
            return None
        _, _, returns = library.signature(symbol.value, symbol.name)
        host = {"str": str, "list": list, "dict": dict, "int": int, "float": float, "bool": bool, "bytes": bytes}
        found = host.get(returns.partition("[")[0])
        return None if found is None else _native(found)

    def annotated(self, document: Document, index: int, scope: Scope, node: Any, depth: int = DEEPEST) -> Known | None:
        """What is known of a value by its annotation."""
        if depth == 0:
            return None
        kind = type(node)
        if kind is nodes.Constant:
            return _native(type(node.value))
        if kind is nodes.Name:
            symbol = self.name(document, index, scope, node.id)
            classes = symbol is not None and (symbol.kind in ("type", "error") or _is_class(symbol))
            return Known(symbol, True) if symbol is not None and classes else None
        if kind is nodes.Attribute:
            known = self.value(document, index, scope, node, depth - 1)
            return None if known is None else Known(known.symbol, True)
        if kind is nodes.BinaryOperation and node.operator == "|":
            left = self.annotated(document, index, scope, node.left, depth - 1)
            return left or self.annotated(document, index, scope, node.right, depth - 1)
        if kind is nodes.Comparison:
            return self.annotated(document, index, scope, node.first, depth - 1)
        if kind is nodes.Subscript:
            inside = node.key.items if type(node.key) is nodes.TupleDisplay else (node.key,)
            items = self.annotated(document, index, scope, inside[-1], depth - 1)
            if type(node.value) is nodes.Name and node.value.id == "Optional":
                return items
            whole = self.annotated(document, index, scope, node.value, depth - 1)
            return None if whole is None else Known(whole.symbol, True, items)
        return None

    def _stored(self, symbol: Symbol, depth: int) -> Known | None:
        """What is known of a variable by the statement that binds it."""
        assert symbol.document is not None
        document, index, block, node = symbol.document, symbol.index, symbol.block, symbol.node
        path = block.path(node.start)
        scope = block.scope_of(path, node.start)
        if isinstance(node, nodes.Parameter):
            if node.annotation is not None:
                return self.annotated(document, index, scope, node.annotation, depth - 1)
            return self._receiver(symbol) or (
                None if node.default is None else self.value(document, index, scope, node.default, depth - 1)
            )
        if isinstance(node, nodes.AnnotatedAssignment):
            return self.annotated(document, index, scope, node.annotation, depth - 1)
        for each in reversed(path):
            kind = type(each)
            if kind is nodes.AnnotatedAssignment:
                return self.annotated(document, index, scope, each.annotation, depth - 1)
            if kind is nodes.Assignment:
                whole = each is node or any(target is node for target in each.targets)
                return self.value(document, index, scope, each.value, depth - 1) if whole else None
            if kind is nodes.NamedExpression:
                return self.value(document, index, scope, each.value, depth - 1)
            if kind in (nodes.For, nodes.ForClause):
                if each.target is not node:
                    return None
                known = self.value(document, index, scope, each.iterable, depth - 1)
                return None if known is None else known.items
            if kind is nodes.WithItem:
                return self.value(document, index, scope, each.context, depth - 1)
            if kind is nodes.ExceptClause and each is node and each.type is not None:
                first = each.type.items[0] if type(each.type) is nodes.TupleDisplay and each.type.items else each.type
                return self.annotated(document, index, scope, first, depth - 1)
            if kind is nodes.AsPattern and type(each.pattern) is nodes.ClassPattern:
                return self.annotated(document, index, scope, each.pattern.type, depth - 1)
        return None

    def _receiver(self, symbol: Symbol) -> Known | None:
        """The instance that the first parameter of a method is."""
        scope = symbol.scope
        if scope is None or scope.parent is None or scope.parent.kind != "class":
            return None
        function, around = scope.node, scope.parent.node
        if not isinstance(function, nodes.FunctionDefinition) or not isinstance(around, nodes.ClassDefinition):
            return None
        first = (*function.parameters.positional_only, *function.parameters.positional)[:1]
        if not first or first[0] is not symbol.node:
            return None
        named = {each.id for each in function.decorators if isinstance(each, nodes.Name)}
        if "staticmethod" in named:
            return None
        owner = scope.parent.parent
        outer = None if owner is None or owner.parent is None else owner
        cls = Symbol(around.kind, around.name, document=symbol.document, index=symbol.index, node=around, scope=outer)
        return Known(cls, "classmethod" not in named)

    # Members

    def members(self, known: Known) -> dict[str, Symbol]:
        """What a value has, by name."""
        symbol = known.symbol
        if symbol.kind == "module":
            target: Any = symbol.node if symbol.document is not None else symbol.library
            return self._names_of(target if isinstance(target, Document) else target.name)
        if symbol.document is not None:
            return self._class_members(symbol, known.instance) if _is_class(symbol) else {}
        value = symbol.value
        if not isinstance(value, NativeType):
            return self._receivers_of(symbol) if known.instance else {}
        found: dict[str, Symbol] = {}
        tables: tuple[dict[str, Any], ...] = (value.methods,) if known.instance else (value.statics, value.methods)
        for table in tables:
            for name, function in table.items():
                found[name] = Symbol("method", name, value=function, library=symbol.library, owner=value.name)
        for name, field in value.fields.items() if known.instance else ():
            found[name] = Symbol("field", name, value=field, library=symbol.library, owner=value.name)
        return found | (self._receivers_of(symbol) if known.instance else {})

    def _class_members(self, symbol: Symbol, instance: bool, seen: tuple[Any, ...] = ()) -> dict[str, Symbol]:
        """The members of a class of a program with those of the classes above, the nearest ones counting."""
        cls, document = symbol.node, symbol.document
        assert document is not None
        found: dict[str, Symbol] = {}
        if any(each is cls for each in seen) or not isinstance(cls, nodes.ClassDefinition):
            return found
        scope = symbol.scope or symbol.block.top
        for base in cls.bases:
            known = self.value(document, symbol.index, scope, base)
            if known is not None and known.symbol.document is not None:
                found |= self._class_members(known.symbol, instance, (*seen, cls))
            elif known is not None and known.symbol.kind == "error":
                found["args"] = Symbol("field", "args", value=None, owner=known.symbol.name)
        if cls.kind in ("agent", "agent_blueprint") and not seen:
            agent = self.builtin("Agent")
            if agent is not None and agent.document is not None:
                found = self._class_members(agent, True, (cls,)) | found
            for name in SETTINGS:
                found.setdefault(name, Symbol("field", name, owner=cls.name))
        for name, node in self._own(symbol).items():
            found[name] = self._as_member(symbol, node, name)
        if instance:
            found |= self._receivers_of(symbol)
        return found

    def _own(self, symbol: Symbol) -> dict[str, Any]:
        """What a class binds itself: in its body, and in its methods as attributes of the first parameter."""
        block, cls = symbol.block, symbol.node
        key = f"members {cls.start}"
        found: dict[str, Any] | None = block.facts.get(key)
        if found is None:
            found = {name: node for name, node in block.scopes[id(cls)].bound.items() if not is_special(name)}
            found |= cls.declared()
            for method in cls.body:
                if not isinstance(method, nodes.FunctionDefinition):
                    continue
                first = (*method.parameters.positional_only, *method.parameters.positional)[:1]
                for node in method.walk() if first else ():
                    for target in _targets(node):
                        if (
                            isinstance(target, nodes.Attribute)
                            and isinstance(target.value, nodes.Name)
                            and target.value.id == first[0].name
                        ):
                            found.setdefault(target.name, node)
            block.facts[key] = found
        return found

    def _member(self, document: Document, index: int, cls: nodes.Node, name: str) -> Symbol | None:
        """The member of a class that its own body binds."""
        if not isinstance(cls, nodes.ClassDefinition):
            return None
        symbol = Symbol(cls.kind, cls.name, document=document, index=index, node=cls)
        found = document.blocks[index].scopes[id(cls)].bound.get(name)
        return None if found is None else self._as_member(symbol, cls.declared().get(name, found), name)

    def _as_member(self, symbol: Symbol, node: Any, name: str) -> Symbol:
        kind = "method" if isinstance(node, nodes.FunctionDefinition) else "field"
        if isinstance(node, nodes.ClassDefinition):
            kind = node.kind
        if kind == "method" and any(isinstance(each, nodes.Name) and each.id == "property" for each in node.decorators):
            kind = "field"
        scope = symbol.block.scopes.get(id(symbol.node))
        return Symbol(
            kind, name, document=symbol.document, index=symbol.index, node=node, scope=scope, owner=symbol.name
        )

    def _receivers_of(self, symbol: Symbol) -> dict[str, Symbol]:
        """The functions that the open programs define for the values of a type."""
        found: dict[str, Symbol] = {}
        for document in self.workspace.all_open():
            for index, block in enumerate(document.blocks):
                for node in block.module.body:
                    if isinstance(node, nodes.FunctionDefinition) and node.kind == "receiver":
                        types = node.parameters.positional[0].annotation
                        if self._names_type(document, index, block, types, symbol):
                            found[node.name] = Symbol(
                                "method", node.name, document=document, index=index, node=node, owner=_types_of(node)
                            )
        return found

    def _names_type(self, document: Document, index: int, block: Block, types: Any, symbol: Symbol) -> bool:
        names = [node.id for node in types.walk() if isinstance(node, nodes.Name)]
        own = {symbol.name}
        if symbol.document is not None and isinstance(symbol.node, nodes.ClassDefinition):
            own.update(base.id for base in symbol.node.bases if isinstance(base, nodes.Name))
        return any(name in own and self.name(document, index, block.top, name) is not None for name in names)

    # Calls

    def callee(self, document: Document, index: int, scope: Scope, node: Any) -> Symbol | None:
        """The function, class or type that a call calls."""
        known = self.value(document, index, scope, node)
        return None if known is None or known.instance else known.symbol

    def parameters(self, symbol: Symbol) -> list[Any]:
        """What a call of something of a program is given: parameters, and fields as such; `self` aside."""
        node = symbol.node
        if isinstance(node, nodes.FunctionDefinition):
            found = list(node.parameters.all())
            static = any(isinstance(each, nodes.Name) and each.id == "staticmethod" for each in node.decorators)
            return found[1:] if symbol.kind == "method" and not static else found
        if not isinstance(node, nodes.ClassDefinition):
            return []
        if node.kind == "class":
            made = self._class_members(symbol, False, ()) and self.initialiser(symbol)
            return list(made.parameters.all())[1:] if made else []
        return [
            nodes.Parameter(field.start, field.end, name, field.annotation, field.value)
            for name, field in self.fields(symbol).items()
        ]

    def fields(self, symbol: Symbol, seen: int = 0) -> dict[str, Any]:
        """The fields that a struct, resource or agent declares, with those of its blueprint."""
        found: dict[str, Any] = {}
        document, cls = symbol.document, symbol.node
        if document is None or not isinstance(cls, nodes.ClassDefinition) or seen > DEEPEST:
            return found
        for base in cls.bases:
            known = self.value(document, symbol.index, symbol.scope or symbol.block.top, base)
            if known is not None:
                found |= self.fields(known.symbol, seen + 1)
        return found | cls.declared()

    def is_only(self, symbol: Symbol) -> bool:
        """Whether a function is the only one of its name in its program."""
        assert symbol.document is not None
        found = [each for _, each in symbol.document.occurrences(symbol.name) if each.kind == "function"]
        return len(found) == 1

    def initialiser(self, symbol: Symbol, seen: int = 0) -> nodes.FunctionDefinition | None:
        """The `__init__` of a class, its own or that of a class above."""
        cls, document = symbol.node, symbol.document
        if document is None or not isinstance(cls, nodes.ClassDefinition) or seen > DEEPEST:
            return None
        for node in cls.body:
            if isinstance(node, nodes.FunctionDefinition) and node.name == "__init__":
                return node
        for base in cls.bases:
            known = self.value(document, symbol.index, symbol.scope or symbol.block.top, base)
            found = None if known is None else self.initialiser(known.symbol, seen + 1)
            if found is not None:
                return found
        return None

    def keywords(self, symbol: Symbol, by_place: int = 0) -> list[str]:
        """The names that arguments of a call can be given by, when some are given by their place already."""
        if symbol.document is None:
            return library.parameters(symbol.value, symbol.kind == "method")[by_place:]
        hidden: list[Any] = []
        if isinstance(symbol.node, nodes.FunctionDefinition):
            own = symbol.node.parameters
            hidden = [*own.positional_only, own.variadic, own.keywords]
        left = self.parameters(symbol)[by_place:]
        return [each.name for each in left if not any(each is one for one in hidden)]

    def _keyword(self, document: Document, index: int, occurrence: Occurrence) -> Symbol | None:
        """The parameter, or the field, that an argument is given to by name."""
        call = next((node for node in reversed(occurrence.path) if isinstance(node, nodes.Call)), None)
        if call is None:
            return None
        symbol = self.callee(document, index, occurrence.scope, call.function)
        if symbol is None or symbol.document is None:
            return None
        return self.parameter(symbol, occurrence.name)

    def parameter(self, symbol: Symbol, name: str) -> Symbol | None:
        """The parameter of a function, or the field of a struct, that has a name."""
        node, block = symbol.node, symbol.block
        if isinstance(node, nodes.FunctionDefinition):
            for each in node.parameters.all():
                if each.name == name:
                    scope = block.scopes.get(id(node))
                    return Symbol(
                        "parameter", name, document=symbol.document, index=symbol.index, node=each, scope=scope
                    )
            return None
        if isinstance(node, nodes.ClassDefinition) and node.kind == "class":
            return None
        return self._class_members(symbol, False).get(name)


def documentation(symbol: Symbol) -> str:
    """What is written about a symbol: its docstring, or the comment behind or above it."""
    if symbol.document is None:
        if symbol.kind == "module":
            return cleandoc(symbol.value.doc)
        return library.documentation(symbol.value, symbol.name, symbol.library) if symbol.kind != "field" else ""
    node = symbol.node
    if symbol.kind == "module":
        first = symbol.document.blocks[0].module.body if symbol.document.blocks else ()
        return cleandoc(nodes.docstring(first) or "")
    if isinstance(node, (nodes.FunctionDefinition, nodes.ClassDefinition)):
        return cleandoc(nodes.docstring(node.body) or "")
    block = symbol.block
    if symbol.kind == "field" or (symbol.kind == "parameter" and block.source.begins_line(node.start)):
        return block.source.comment(node.start, node.end) or ""
    return ""


def _targets(node: Any) -> Sequence[Any]:
    if isinstance(node, nodes.Assignment):
        return node.targets
    return (node.target,) if isinstance(node, (nodes.AnnotatedAssignment, nodes.AugmentedAssignment)) else ()


def _types_of(receiver: nodes.FunctionDefinition) -> str:
    """The names of the types that a receiver function is for."""
    types = receiver.parameters.positional[0].annotation
    return " | ".join(node.id for node in types.walk() if isinstance(node, nodes.Name)) if types is not None else ""


def _imports(node: Any) -> bool:
    return isinstance(node, (nodes.Import, nodes.ImportFrom))


def _is_class(symbol: Symbol) -> bool:
    return isinstance(symbol.node, nodes.ClassDefinition)


def _native(host: Any, items: Known | None = None) -> Known | None:
    """What is known of a value of a type of the host."""
    found = TYPES.get(host)
    if found is None:
        return None
    core = modules.library("core")
    return Known(Symbol("type", found.name, value=found, library=core), True, items)


_DISPLAYS: dict[type[nodes.Node], type] = {
    nodes.ListDisplay: list,
    nodes.ListComprehension: list,
    nodes.TupleDisplay: tuple,
    nodes.SetDisplay: set,
    nodes.SetComprehension: set,
    nodes.DictDisplay: dict,
    nodes.DictComprehension: dict,
    nodes.JoinedString: str,
}

"""JSON Patch: the examples of RFC 6902, appendix A, and what a document and a pointer must be."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.patch.json_patch import is_equal, parse_json_patch
from hub.fhir.patch.tree import parse_tree, render_tree
from hub.problems import HubError, ProblemCode
from tests.builders import to_json


def patched(tree: str, patch: str) -> str:
    """A document and a patch as JSON → the document after it, as JSON."""
    made = parse_json_patch(patch.encode()).apply(parse_tree(tree.encode()))
    return render_tree(made).decode()


# RFC 6902, appendix A: the number of the example, the document, the patch, the result (None: an error)
CASES = [
    ("A.1", '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux"}]', '{"foo":"bar","baz":"qux"}'),
    ("A.2", '{"foo":["bar","baz"]}', '[{"op":"add","path":"/foo/1","value":"qux"}]', '{"foo":["bar","qux","baz"]}'),
    ("A.3", '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'),
    ("A.4", '{"foo":["bar","qux","baz"]}', '[{"op":"remove","path":"/foo/1"}]', '{"foo":["bar","baz"]}'),
    ("A.5", '{"baz":"qux","foo":"bar"}', '[{"op":"replace","path":"/baz","value":"boo"}]', '{"baz":"boo","foo":"bar"}'),
    (
        "A.6",
        '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
        '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
        '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
    ),
    ("A.7", '{"foo":["all","grass","cows","eat"]}', '[{"op":"move","from":"/foo/1","path":"/foo/3"}]', '{"foo":["all","cows","eat","grass"]}'),
    (
        "A.8",
        '{"baz":"qux","foo":["a",2,"c"]}',
        '[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]',
        '{"baz":"qux","foo":["a",2,"c"]}',
    ),
    ("A.9", '{"baz":"qux"}', '[{"op":"test","path":"/baz","value":"bar"}]', None),
    ("A.10", '{"foo":"bar"}', '[{"op":"add","path":"/child","value":{"grandchild":{}}}]', '{"foo":"bar","child":{"grandchild":{}}}'),
    ("A.11", '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux","xyz":123}]', '{"foo":"bar","baz":"qux"}'),
    ("A.12", '{"foo":"bar"}', '[{"op":"add","path":"/baz/bat","value":"qux"}]', None),
    ("A.14", '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'),
    ("A.15", '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":"10"}]', None),
    ("A.16", '{"foo":["bar"]}', '[{"op":"add","path":"/foo/-","value":["abc","def"]}]', '{"foo":["bar",["abc","def"]]}'),
    ("copy", '{"a":[1],"b":{}}', '[{"op":"copy","from":"/a","path":"/b/c"},{"op":"add","path":"/a/0","value":0}]', '{"a":[0,1],"b":{"c":[1]}}'),
    ("move onto itself", '{"a":1}', '[{"op":"move","from":"/a","path":"/a"}]', '{"a":1}'),
    ("numbers are equal by value", '{"a":1.50}', '[{"op":"test","path":"/a","value":1.5}]', '{"a":1.50}'),
    ("decimals keep their digits", '{"a":94.50}', '[{"op":"add","path":"/b","value":0.10}]', '{"a":94.50,"b":0.10}'),
    ("true is not 1", '{"a":true}', '[{"op":"test","path":"/a","value":1}]', None),
    ("objects are equal in any order", '{"a":{"x":1,"y":2}}', '[{"op":"test","path":"/a","value":{"y":2,"x":1}}]', '{"a":{"x":1,"y":2}}'),
    ("null is a value", '{"a":1}', '[{"op":"replace","path":"/a","value":null}]', '{"a":null}'),
    ("nothing to replace", '{"a":1}', '[{"op":"replace","path":"/b","value":1}]', None),
    ("nothing to remove", '{"a":1}', '[{"op":"remove","path":"/b"}]', None),
    ("nothing to copy", '{"a":1}', '[{"op":"copy","from":"/b","path":"/c"}]', None),
    ("into itself", '{"a":{"b":1}}', '[{"op":"move","from":"/a","path":"/a/b"}]', None),
    ("a leading zero", '{"a":[1,2]}', '[{"op":"remove","path":"/a/01"}]', None),
    ("a sign", '{"a":[1,2]}', '[{"op":"remove","path":"/a/+1"}]', None),
    ("a negative index", '{"a":[1,2]}', '[{"op":"remove","path":"/a/-1"}]', None),
    ("the end is nothing to remove", '{"a":[1,2]}', '[{"op":"remove","path":"/a/-"}]', None),
    ("behind the end", '{"a":[1,2]}', '[{"op":"add","path":"/a/3","value":0}]', None),
    ("at the end", '{"a":[1,2]}', '[{"op":"add","path":"/a/2","value":0}]', '{"a":[1,2,0]}'),
    ("into a text", '{"a":"x"}', '[{"op":"add","path":"/a/0","value":"y"}]', None),
    ("the empty name", '{"":1}', '[{"op":"remove","path":"/"}]', "{}"),
    ("the whole", '{"a":1}', '[{"op":"replace","path":"","value":{"b":2}}]', '{"b":2}'),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "patch", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])  # fmt: skip
def test_operations_do_what_the_rfc_says(tree: str, patch: str, expected: str | None) -> None:
    if expected is not None:
        assert patched(tree, patch) == expected
        return
    with pytest.raises(HubError) as caught:
        patched(tree, patch)
    assert [p.code for p in caught.value.problems] == [ProblemCode.PATCH_FAILED]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{}", "PATCH_INVALID"),
        ("[1]", "PATCH_INVALID"),
        ('[{"op":"add","path":"/a"}]', "PATCH_INVALID"),
        ('[{"op":"add","value":1}]', "PATCH_INVALID"),
        ('[{"op":"merge","path":"/a","value":1}]', "PATCH_INVALID"),
        ('[{"op":"move","path":"/a"}]', "PATCH_INVALID"),
        ('[{"op":"copy","path":"/a","from":1}]', "PATCH_INVALID"),
        ('[{"op":"remove","path":"a"}]', "PATCH_INVALID"),
        ('[{"op":"remove","path":"/a~2"}]', "PATCH_INVALID"),
        ('[{"op":"remove","path":"/a~"}]', "PATCH_INVALID"),
        ('[{"op":"add","op":"remove","path":"/a"}]', "DUPLICATE_KEY"),
        ('[{"op":"add","path":"/a","value":{"b":1,"b":2}}]', "DUPLICATE_KEY"),
        ('{"a":' * 100 + "1" + "}" * 100, "TOO_DEEP"),
        ("[" * 100_000 + "]" * 100_000, "TOO_DEEP"),
        ("[", "NOT_JSON"),
        ('[{"op":"add","path":"/a","value":1e' + "9" * 30 + "}]", "NOT_JSON"),
        ("", "NOT_JSON"),
        (str([{"op": "remove", "path": "/a"}] * 1001).replace("'", '"'), "PATCH_INVALID"),
    ],
)
def test_a_document_that_is_no_patch_is_refused(document: str, code: str) -> None:
    with pytest.raises(HubError) as caught:
        parse_json_patch(document.encode())
    assert [p.code for p in caught.value.problems] == [ProblemCode[code]]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(HubError, match="NOT_UTF8"):
        parse_json_patch(b'[{"op":"remove","path":"/\xff"}]')


def test_copies_of_copies_end_before_the_memory_does() -> None:
    double = [{"op": "copy", "from": "/a", "path": "/a/-"} for _ in range(60)]
    with pytest.raises(HubError, match="PATCH_FAILED"):
        parse_json_patch(to_json(double)).apply({"a": [1]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(JSON)
def test_what_was_added_passes_its_own_test_and_can_be_removed(value: Any) -> None:
    tree = {"a": 1}
    document: list[dict[str, Any]] = [
        {"op": "add", "path": "/b", "value": value},
        {"op": "test", "path": "/b", "value": value},
        {"op": "remove", "path": "/b"},
    ]
    assert parse_json_patch(to_json(document)).apply(copy.deepcopy(tree)) == tree


@given(JSON, JSON)
def test_equality_is_symmetric_and_every_value_equals_itself(one: Any, other: Any) -> None:
    assert is_equal(one, one)
    assert is_equal(one, other) == is_equal(other, one)


def test_a_decimal_equals_the_whole_number_of_its_value() -> None:
    assert is_equal(Decimal("1.0"), 1)
    assert not is_equal(1, True)
    assert not is_equal(None, "")

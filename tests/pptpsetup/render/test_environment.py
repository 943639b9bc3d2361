"""Only numbers and quoted text get out of a template; everything else stops rendering, naming the place."""

from pathlib import Path

import pytest

from pptpsetup.errors import InternalError, SpecError
from pptpsetup.render.environment import FILTERS, Templates, templates
from pptpsetup.resources import data_dir


def _render(tmp_path: Path, source: str, **context: object) -> bytes:
    (tmp_path / "sample.j2").write_text(f"first line\n{source}\n", encoding="utf-8")
    return Templates(tmp_path).render("sample.j2", **context)


def test_numbers_and_quoted_text_are_printed(tmp_path: Path) -> None:
    source = "{{ number }} {{ text|ppp }} {{ text|sh }} {{ [program, text]|exec }}"
    rendered = _render(tmp_path, source, number=7, text="a b", program="/bin/x")
    assert rendered == b'first line\n7 "a b" \'a b\' /bin/x "a b"\n'


@pytest.mark.parametrize(
    "source",
    [
        "{{ text }}",
        "{{ text|sh|upper }}",
        "{{ text|sh ~ 'x' }}",
        "{{ text|sh + text|sh }}",
        "{{ [text|sh]|join }}",
        "{{ text|sh|string|trim }}",
        "{{ 'a literal' }}",
        "{{ true }}",
        "{{ 1.5 }}",
        "{{ none }}",
        "{{ [text] }}",
        "{{ number|string }}",
        "{% macro m() %}x{% endmacro %}{{ m() }}",
    ],
)
def test_anything_else_is_refused_with_place_and_expression(tmp_path: Path, source: str) -> None:
    with pytest.raises(InternalError) as caught:
        _render(tmp_path, source, text="harmless", number=7)
    (found,) = caught.value.diagnostics
    assert found.code == "template-unquoted"
    assert str(found.where) == "templates/sample.j2:2"
    assert source[source.index("{{") :] in found.message
    assert "harmless" not in found.message


@pytest.mark.parametrize(
    "source",
    [
        "{{ missing }}",
        "{{ missing|ppp }}",
        "{{ text.nothing|ppp }}",
        "{{ ''.__class__ }}",
        "{{ text.__class__.__mro__|ppp }}",
        "{% for each in range(10**9) %}{% endfor %}",
        "{{ text|nosuchfilter }}",
        "{% if %}",
        "{{ number|ppp }}",
    ],
)
def test_a_broken_template_is_our_fault_and_says_where(tmp_path: Path, source: str) -> None:
    with pytest.raises(InternalError) as caught:
        _render(tmp_path, source, text="x", number=7)
    (found,) = caught.value.diagnostics
    assert found.code in {"template-broken", "template-unquoted"}
    assert found.where is not None
    assert found.where.file == "templates/sample.j2"


def test_a_missing_template_is_our_fault(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match="nowhere"):
        Templates(tmp_path).render("nowhere.j2")


def test_the_innermost_template_is_named(tmp_path: Path) -> None:
    (tmp_path / "inner.j2").write_text("\n\n{{ text }}\n", encoding="utf-8")
    with pytest.raises(InternalError) as caught:
        _render(tmp_path, '{% include "inner.j2" %}', text="x")
    assert str(caught.value.diagnostics[0].where) == "templates/inner.j2:3"


def test_what_a_grammar_cannot_carry_stays_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        _render(tmp_path, "# {{ text|comment }}", text="one\ntwo")


def test_values_are_never_compiled_as_templates(tmp_path: Path) -> None:
    assert b"{{ 7*7 }}" in _render(tmp_path, "{{ text|ppp }}", text="{{ 7*7 }}")


def test_every_expression_in_our_templates_ends_in_a_quoting_filter() -> None:
    """What the rule at run time says, for the branches as well that no test renders."""
    from jinja2 import Environment, nodes

    numbers = {"port", "mtu", "echo_failure", "echo_interval", "reconnect_delay", "idle"}
    numbers |= {"start_number", "stop_number", "descriptor", "attempts"}
    environment = Environment(autoescape=True)
    environment.filters.update(FILTERS)
    seen = 0
    for path in sorted(data_dir("templates").rglob("*.j2")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for output in tree.find_all(nodes.Output):
            for node in output.nodes:
                if isinstance(node, nodes.TemplateData):
                    continue
                seen += 1
                quoted = isinstance(node, nodes.Filter) and node.name in FILTERS
                number = isinstance(node, nodes.Name) and node.name in numbers
                number = number or node == nodes.Getattr(nodes.Name("loop", "load"), "index", "load")
                assert quoted or number, f"{path}:{node.lineno}"
    assert seen > 30


def test_every_filter_is_a_function_of_a_grammar(tmp_path: Path) -> None:
    """They are imported by name, and only when a template has them."""
    for name in FILTERS:
        with pytest.raises((InternalError, SpecError)) as caught:
            _render(tmp_path, f"{{{{ nothing|{name} }}}}", nothing=object())
        assert "import" not in str(caught.value), name
    with pytest.raises(InternalError, match="No filter named 'shell'"):
        _render(tmp_path, "{{ text|shell }}", text="")


def test_templates_of_the_package_are_found() -> None:
    assert (
        templates()
        .render("header.j2", spec_file="/etc/x.yaml")
        .startswith(b"# Written by pptpsetup from /etc/x.yaml")
    )


def test_all_templates_can_be_compiled_ahead(tmp_path: Path) -> None:
    """Those that are shipped; and one that is broken is named."""
    templates().compile_all()
    (tmp_path / "good.j2").write_text("{{ 1 }}\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/bad.j2").write_text("\n{% if %}\n")
    (tmp_path / "notes.txt").write_text("{% if %}\n")
    with pytest.raises(InternalError) as caught:
        Templates(tmp_path).compile_all()
    (problem,) = caught.value.diagnostics
    assert (problem.code, str(problem.where)) == ("template-broken", "templates/inner/bad.j2:2")

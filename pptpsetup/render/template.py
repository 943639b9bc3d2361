"""The shipped templates; Jinja2 is loaded when the first of them is rendered.

Starting and stopping a tunnel asks the modules beside this one for paths and commands, and renders nothing.
"""


def rendered(name: str, /, **context: object) -> bytes:
    """Template *name* with *context*, as UTF-8. Raises as `environment.Templates.render` does."""
    from pptpsetup.render.environment import templates  # loading Jinja2 is a third of a short command's time

    return templates().render(name, **context)

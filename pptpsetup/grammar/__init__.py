"""One module per syntax that a root process parses: quote a value for it, read it back, edit it in place.

Every ``quote`` function returns :class:`~pptpsetup.grammar.safe.Safe` text and raises
:class:`~pptpsetup.errors.SpecError` for what its grammar cannot carry.
"""

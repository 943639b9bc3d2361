"""How files change: read, plan, write the undo, apply, read back, or put everything back.

``provision`` is the one way in: it turns the wanted spec into a :class:`~pptpsetup.change.step.Plan`.
``transaction.apply`` carries a plan out under a ``lock``; ``transaction.recover`` undoes what a crash left
and is called first by every command that changes something. Nothing but ``plan`` and ``provision`` knows
about rendering, so recovery needs the standard library only.
"""

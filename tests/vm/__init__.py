"""The lab: a kernel with PPP, a real pppd and a real PPTP server, on any x86-64 Linux machine.

``machine`` boots the guest on one of the ``platforms`` (host side), ``agent`` serves it (guest side),
``sandbox`` gives each scenario a host of its own, ``topology`` and ``server`` build the network around it,
``scenarios`` are the tests.
"""

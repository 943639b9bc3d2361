"""The I/O shells: sockets, processes, the clock.

`pptpengine.net.gateway` and `pptpengine.net.callmgr` are the two processes of a running client,
`pptpengine.net.server` is a small peer for tests and demonstrations.
"""

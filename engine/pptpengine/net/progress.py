"""What a gateway tells the world about its call: the report's `Status`, kept up to date."""

from __future__ import annotations

import os
import time

from pptpengine.causes import Cause
from pptpengine.net.jsontext import encode
from pptpengine.net.log import Log
from pptpengine.net.options import Options
from pptpengine.net.report import Report, Server, Status
from pptpengine.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pptpengine.net.pump import Pump
    from pptpengine.session.data import DataSession

NO_GRE_AFTER = 10.0
"Seconds with a call but without any GRE packet after which the report says so."
_INTERVAL = 15.0
"Seconds between two reports of which only the counters differ."


class Progress:
    """Writes the report whenever something changes."""

    def __init__(self, options: Options, log: Log) -> None:
        server = Server(options.host, None, options.port)
        self.status = Status(server=server, gateway_pid=os.getpid(), pppd_pid=options.parent)
        self._json = options.json
        self._log = log
        self._report = Report(options.report, log.error)
        self._call_since = 0.0
        self._next = 0.0
        self._seen = 0

    def show(self, status: Status) -> None:
        """Say *status* from now on."""
        self.status = status
        self._report.write(status, time.time())

    def say(self, **changes: Any) -> None:
        """Say the same but for these fields of `Status`."""
        self.show(replace(self.status, **changes))

    def call_is_up(self) -> None:
        """GRE may flow from now on."""
        self._call_since = time.monotonic()
        self._next = self._call_since + NO_GRE_AFTER

    def next_timer(self) -> float:
        """When `follow` is due at the latest."""
        return self._next

    def follow(self, data: DataSession, pump: Pump, now: float) -> None:
        """Put what is new into the report, if anything is or if it is time."""
        observer = data.observer
        if observer.changed == self._seen and now < self._next:
            return
        self._seen = observer.changed
        self._next = now + _INTERVAL
        counters = pump.counters
        up_since = None if observer.up_since is None else time.time() - (now - observer.up_since)
        before = self.status
        self.show(
            replace(
                before,
                state="negotiating" if observer.up_since is None else "up",
                # The wall clock may have been set meanwhile; what was said once stays.
                up_since=up_since if before.up_since is None or up_since is None else before.up_since,
                negotiated=observer.negotiated,
                gre=counters,
                cause=observer.cause or self.silence(counters, now),
            )
        )

    def silence(self, counters: dict[str, int], now: float) -> Cause | None:
        """The cause no-gre, if that is how it looks."""
        heard = counters["received"] or counters["acks_received"]
        if heard or not counters["sent"] or now - self._call_since < NO_GRE_AFTER:
            return None
        return Cause.of("no-gre", "The server accepted the call, but no GRE packet came back from it")

    def log_statistics(self, counters: dict[str, int]) -> None:
        """One line with all counters that are not zero, or all of them as JSON."""
        if self._json:
            self._log.line(encode({"gre": counters}, indent=""))
        else:
            words = ", ".join(f"{value} {name}" for name, value in counters.items() if value)
            self._log.line(f"GRE packets: {words}")

    def end(self, cause: Cause | None) -> None:
        """The last report."""
        gone = replace(self.status, host_route=None, call=None, call_manager_pid=None)
        self.show(replace(gone, state="down", cause=cause, up_since=None))

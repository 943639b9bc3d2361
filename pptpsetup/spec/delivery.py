"""What contradicts the way that pppd gets the password."""

from collections.abc import Mapping
from typing import Any

from pptpsetup.spec.demand import Add
from pptpsetup.spec.model import ENCRYPTED_CREDENTIAL, Delivery, PasswordSource


def delivery_contradictions(values: Mapping[str, Any], add: Add) -> None:
    """Tell *add* what of *values*, by path and with defaults, does not go with where the password is."""
    password = values["password"]
    if not isinstance(password, PasswordSource) or password.kind != ENCRYPTED_CREDENTIAL:
        return
    if values["password_delivery"] is not Delivery.PASSWORDFD:
        message = "an encrypted credential cannot be written into pppd's secrets file"
        why = "only systemd can read it, and hands it to pppd when it starts the tunnel"
        hint = "add password_delivery: passwordfd (--password-delivery passwordfd)"
        add("credential-needs-passwordfd", "password", message, why, hint)

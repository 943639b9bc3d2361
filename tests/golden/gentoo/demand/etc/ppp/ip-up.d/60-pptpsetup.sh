# Routes and name servers of the PPTP tunnels. Read into another program's shell with that program's own
# arguments, so all of it happens in a subshell.
#
# Written by pptpsetup from /etc/pptpsetup/tunnels.yaml. Changes made here are noticed and never overwritten in
# silence: pptpsetup stops and says so. To change the tunnel, use `pptpsetup create` again or edit that file.

( [ ! -x '/etc/pptpsetup/ip-up' ] || exec '/etc/pptpsetup/ip-up' "$@" ) || :

# Undoes a change of PPTP tunnels that a power cut has cut short, and takes back one that was on trial. The first stage
# of runit reads this file, so nothing of it may stay in that shell.
#
# Written by pptpsetup from /etc/pptpsetup/tunnels.yaml. Changes made here are noticed and never overwritten in
# silence: pptpsetup stops and says so. To change the tunnel, use `pptpsetup create` again or edit that file.

(
# needed: a change was cut short, or one was on trial. At nearly every boot it is not, and this is all that is done.
needed() {
    for each in '/var/lib/pptpsetup/trial.json' '/var/lib/pptpsetup/tx'/*[0-9]; do
        [ ! -e "$each" ] || return 0
    done
    return 1
}
    ! needed || '/usr/bin/python3' '-I' '/usr/lib/python3/dist-packages/pptpsetup/__main__.py' 'recover' '--wait' '60'
) || :

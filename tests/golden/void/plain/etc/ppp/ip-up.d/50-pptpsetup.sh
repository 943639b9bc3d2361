#!/bin/sh
# Routes and name servers of the PPTP tunnels, when one has come up.
#
# Written by pptpsetup from /etc/pptpsetup/tunnels.yaml. Changes made here are noticed and never overwritten in
# silence: pptpsetup stops and says so. To change the tunnel, use `pptpsetup create` again or edit that file.

# pppd runs this without PATH, with its three standard files on /dev/null, for every PPP link of the host:
#   $1 interface  $2 terminal (empty)  $3 speed  $4 our address  $5 the peer's  $6 ipparam
# Links that are not ours have other ipparams.
case ${6-} in
pptpsetup-*) tunnel=${6#pptpsetup-} ;;
*) exit 0 ;;
esac
case $tunnel in
'' | .* | *[!A-Za-z0-9_.-]*) exit 0 ;;
esac

set -uf
umask 022
PATH=${PATH:+$PATH:}/usr/sbin:/usr/bin:/sbin:/bin
export PATH

interface=${1-}

# log TEXT
log() {
    if command -v logger >/dev/null 2>&1; then
        logger -t pptpsetup -p daemon.warning -- "$tunnel: $1" >/dev/null 2>&1 || :
    fi
}

# What was done, for ip-down to undo: files "interface", "routes", "dns", "before", "after", "forwarding" and
# "firewall"; "done" when that was all.
state='/run/pptpsetup'/$tunnel.up
# What forwarding was before the first of our tunnels that needs it.
forwarding='/run/pptpsetup'/forwarding
resolv_conf=/etc/resolv.conf
begin="# pptpsetup: name servers of tunnel $tunnel"
end="# pptpsetup: end of $tunnel"

# lock: no two tunnels change resolv.conf or forwarding at once; for subshells whose descriptor 9 is the
# directory of our notes.
lock() {
    ! command -v flock >/dev/null 2>&1 || flock 9
}

# link_exists INTERFACE
link_exists() {
    ip link show dev "$1" >/dev/null 2>&1
}

# delete_route NETWORK INTERFACE: if there is one.
delete_route() {
    ip -4 route del "$1" dev "$2" >/dev/null 2>&1 || :
}

# Whether this host forwards packets, and how a setting is read and changed.
forwarding_switch=/proc/sys/net/ipv4/ip_forward

# setting NAME
setting() {
    cat "$1" 2>/dev/null
}

# change_setting NAME VALUE
change_setting() {
    { printf '%s\n' "$2" >"$1"; } 2>/dev/null
}

# through_tunnel ADDRESS: whether the kernel sends packets for it into the tunnel.
through_tunnel() {
    case "$(ip -4 route get "$1" 2>/dev/null) " in
    *" dev $interface "*) return 0 ;;
    esac
    return 1
}

# add_route NETWORK: through the tunnel.
add_route() {
    ip -4 route add "$1" dev "$interface"
}

# has_route NETWORK: whether the tunnel has one to exactly that.
has_route() {
    [ -n "$(ip -4 route show exact "$1" dev "$interface" 2>/dev/null)" ]
}

# forget_routes: those that we have added, unless the interface is another link's by now.
forget_routes() {
    [ -f "$state/routes" ] || return 0
    if [ -n "$interface" ]; then
        while read -r network device; do
            [ "$device" != "$interface" ] || delete_route "$network" "$interface"
        done <"$state/routes"
    fi
    rm -f "$state/routes"
}

# forget_forwarding: as before the first tunnel that needed it, after the last one.
forget_forwarding() {
    [ -f "$state/forwarding" ] || return 0
    (lock && restore_forwarding) 9<'/run/pptpsetup' || log "forwarding could not be switched off"
    rm -f "$state/forwarding"
}

# restore_forwarding: nothing when somebody else has switched it off meanwhile.
restore_forwarding() {
    rm -f "$forwarding.new"
    [ -f "$forwarding" ] && ! forwarding_is_needed || return 0
    if [ "$(setting "$forwarding_switch")" = 1 ]; then
        while read -r name value; do
            [ "$(setting "$name")" = "$value" ] || change_setting "$name" "$value" || :
        done <"$forwarding"
        [ "$(setting "$forwarding_switch")" != 1 ] || return 1
    fi
    rm -f "$forwarding"
}

# forwarding_is_needed: by another tunnel whose interface is still there and has not become this one's. In a
# subshell, for the pattern.
forwarding_is_needed() (
    set +f
    for other in '/run/pptpsetup'/*.up; do
        if [ "$other" != "$state" ] && [ -f "$other/forwarding" ] && [ -f "$other/interface" ]; then
            read -r device <"$other/interface" || :
            [ "$device" = "$interface" ] || ! link_exists "$device" || return 0
        fi
    done
    return 1
)

# forget_firewall: our rules; others' are not touched.
forget_firewall() {
    [ -f "$state/firewall" ] || return 0
    tool='' name='' tables=''
    read -r tool name tables <"$state/firewall" || :
    case $tool in
    nft)
        nft delete table ip "$name" >/dev/null 2>&1 || ! nft list table ip "$name" >/dev/null 2>&1 ||
            log "the table $name could not be removed"
        ;;
    iptables) remove_chains "$name" "$tables" ;;
    esac
    rm -f "$state/firewall"
}

# remove_chains CHAIN TABLES: whatever there is of them.
remove_chains() {
    for table in $2; do
        hook=FORWARD
        [ "$table" = mangle ] || hook=POSTROUTING
        iptables -w -t "$table" -D "$hook" -j "$1" >/dev/null 2>&1 || :
        iptables -w -t "$table" -F "$1" >/dev/null 2>&1 || :
        iptables -w -t "$table" -X "$1" >/dev/null 2>&1 || :
    done
}

# forget_name_servers: as they were before ip-up. Does nothing the second time, and copes with an ip-up that
# was cut short.
forget_name_servers() {
    [ -f "$state/dns" ] || return 0
    method='' record=''
    read -r method record <"$state/dns" || :
    case $method in
    resolvectl)
        # Fails when the interface has gone, and these settings with it.
        resolvectl revert "$record" >/dev/null 2>&1 || :
        ;;
    resolvconf)
        resolvconf -d "$record" >/dev/null 2>&1 || log "resolvconf could not remove the record $record"
        ;;
    netconfig)
        netconfig remove -s pptpsetup -i "$record" >/dev/null 2>&1 ||
            log "netconfig could not remove the name servers of $record"
        ;;
    plain)
        (lock && restore_resolv_conf) 9<'/run/pptpsetup' || log "$resolv_conf could not be restored"
        ;;
    esac
    rm -f "$state/before" "$state/after" "$state/new" "$state/dns"
}

# restore_resolv_conf: the very bytes of before if nobody has changed the file since; otherwise our lines are
# taken out.
restore_resolv_conf() {
    if ! cmp -s "$resolv_conf" "$state/after"; then
        take_out_our_lines
    elif [ -e "$state/before" ]; then
        cat "$state/before" >"$resolv_conf"
    else
        rm -f "$resolv_conf"
    fi
}

# The file is written in place, here and in ip-up: it may be a link, or a mount point that cannot be renamed
# over.
take_out_our_lines() {
    grep -qsxF "$begin" "$resolv_conf" || return 0
    inside=no
    while IFS= read -r line || [ -n "$line" ]; do
        case $inside:$line in
        *":$begin") inside=yes ;;
        "yes:$end") inside=no ;;
        yes:nameserver\ *) ;;
        *)
            inside=no
            printf '%s\n' "$line"
            ;;
        esac
    done <"$resolv_conf" >"$state/new" || return 1
    cat "$state/new" >"$resolv_conf"
}

own_address=${4-} peer=${5-}

# begin_state: a tunnel whose pppd was killed may have left all but its interface.
begin_state() {
    forget_name_servers
    forget_firewall
    forget_routes
    forget_forwarding
    mkdir -p "$state" || log "$state cannot be made, so ip-down will not know what to undo"
    rm -f "$state/done"
    printf '%s\n' "$interface" "$own_address $peer" >"$state/interface"
}

# loops: whether a packet of the tunnel itself would be sent into the tunnel.
loops() {
    for endpoint in $servers; do
        ! through_tunnel "$endpoint" || return 0
    done
    return 1
}

# is_server ADDRESS
is_server() {
    case " $servers " in
    *" ${1:-none} "*) return 0 ;;
    esac
    return 1
}

# keep_server_outside: servers are seen to take their public address for the tunnel's far end, too. pppd's
# route to the far end then competes with the one to the server, and must go.
keep_server_outside() {
    if [ -z "$servers" ]; then
        log "the PPTP server's address is not known here: not checked that packets to it stay out"
    fi
    if is_server "$peer"; then
        delete_route "$peer" "$interface"
    fi
    if loops; then
        log "packets to the PPTP server go into the tunnel: another route to it is missing"
    fi
}

# send NETWORK [stays]: through the tunnel. A route that somebody else has to the very same network stays, and so
# does the way to the server: what would lead the tunnel's own packets into the tunnel is taken back.
# stays: ip-down leaves it alone. An interface that outlives its call needs it for the next one, and takes it along
# when it goes.
send() {
    if ! problem=$(add_route "$1" 2>&1) && ! has_route "$1"; then
        log "no route to $1 through $interface: $problem"
        return
    fi
    [ "${2-}" = stays ] || printf '%s %s\n' "$1" "$interface" >>"$state/routes"
    if loops; then
        delete_route "$1" "$interface"
        log "no route to $1 through $interface: the way to the PPTP server would lead through the tunnel"
    fi
}

# dialled: the address that the PPTP program has called, from its report.
dialled() {
    report='/run/pptpsetup'/$tunnel.json
    [ -r "$report" ] || return 0
    tr -d '\n' <"$report" | sed -n 's/^.*"server": *{[^}]*"address": *"\([0-9.]*\)".*$/\1/p'
}

[ -n "$interface" ] || exit 0
case $tunnel in
'work')
    servers=$(dialled)
    begin_state
    keep_server_outside
    send '192.168.7.0/24'
    printf '' >"$state/done"
    ;;
esac
exit 0

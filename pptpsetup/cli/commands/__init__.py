"""The commands: a module each, imported when its command is given and not before."""

COMMANDS = {
    "create": ("create a tunnel, or change one", "create"),
    "import": ("take over tunnels that others have configured", "import_"),
    "delete": ("stop a tunnel and remove everything of it", "delete"),
    "plan": ("show what applying the spec would change", "plan"),
    "diff": ("show every line that would change", "diff"),
    "apply": ("make this system as the spec says", "apply"),
    "confirm": ("keep a change that is on trial", "confirm"),
    "check": ("say whether this system is as the spec says", "check"),
    "adopt": ("take hand edits of generated files into the spec", "adopt"),
    "secret": ("set, rotate or forget a tunnel's password", "secret"),
    "spec": ("check, format or describe the file that says what must be", "spec"),
    "history": ("list the changes that were made, or show one", "history"),
    "rollback": ("make this system as it was after an earlier change", "rollback"),
    "recover": ("undo a change that was cut short, or on trial too long", "recover"),
    "list": ("list the tunnels", "list_"),
    "show": ("show a tunnel's settings and files", "show"),
    "start": ("bring a tunnel up", "start"),
    "stop": ("take a tunnel down", "stop"),
    "status": ("say whether tunnels are up", "status"),
    "profiles": ("list, show or check what is known of distributions", "profiles"),
    "render": ("write the files of a spec as a tree or tar file, for images", "render"),
    "matrix": ("say which distribution can carry which tunnel", "matrix"),
    "firewall": ("print the rules that a packet filter needs", "firewall"),
    "policy": ("print a policy for SELinux or AppArmor", "policy"),
}
"""Name, summary, and module in `pptpsetup.cli.commands`."""

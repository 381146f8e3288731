/** What the program prints of its options: on standard error, behind the version on standard output. */

/** `name`: what the program was started as. */
export function usageText(name: string): string {
  return `Usage : ${name} [-f <cfgfile|cfgdir>]* [ -vdVD ] [ -n <maxconn> ] [ -N <maxpconn> ]
        [ -p <pidfile> ] [ -m <max megs> ] [ -C <dir> ] [-- <cfgfile>*]
        -v displays version ; -vv shows known build options.
        -d enters debug mode ; -db only disables background mode.
        -dM[<byte>,help,...] debug memory (checked, without effect here)
        -V enters verbose mode (disables quiet mode)
        -D goes daemon ; -C changes to <dir> before loading files.
        -q quiet mode : don't display messages
        -c check mode : only check config files and exit
        -cc check condition : evaluate a condition and exit
        -n sets the maximum total # of connections (uses ulimit -n)
        -m limits the usable amount of memory (in MB)
        -N sets the default, per-proxy maximum # of connections (0)
        -L set local peer name (default to hostname)
        -p writes the pid of the process to this file
        -de, -dp accepted, without effect: epoll is the only poller
        -dS disables splice usage (broken on old kernels)
        -dG disables getaddrinfo() usage
        -dR disables SO_REUSEPORT usage
        -dL dumps loaded object files after config checks
        -dK{class[,...]} dump registered keywords (use 'help' for list)
        -dr ignores server address resolution failures
        -dV disables SSL verify on servers side
        -dW fails if any warning is emitted
        -dD diagnostic mode : warn about suspicious configuration statements
        -sf/-st [pid ]* finishes/terminates old pids.
        -W, -Ws, -S, -x master-worker mode and socket transfer: not in this version

`;
}

/** `-dMhelp` */
export const memoryHelp = `Memory is managed by the JavaScript runtime: -dM and its options are checked and have no effect.
Known options: fail, merge, hot-first, integrity, global, cache, caller, tag, poison, and what clears each of
them (no-fail, no-merge, cold-first, no-integrity, no-global, no-cache, no-caller, no-tag, no-poison).
`;

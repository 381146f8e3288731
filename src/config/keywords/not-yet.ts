/**
 * Keywords of HAProxy 2.6 that Sluice does not carry out yet, so that they are refused by name rather than called
 * unknown. A feature that lands removes its words. A word here covers all keywords that start with it.
 */

type Scope = 'section' | 'global' | 'proxy' | 'bind' | 'server';

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s*,\s*|\s*\n\s*/));

const notYet: Readonly<Record<Scope, ReadonlySet<string>>> = {
  section: words('cache, fcgi-app, log-forward, mailers, namespace_list, peers, program, resolvers, ring'),
  global: words(`
    ca-base, cluster-secret, crt-base, h1-accept-payload-with-any-method
    h2-workaround-bogus-websocket-clients, httpclient.resolvers.id, httpclient.resolvers.prefer
    httpclient.ssl.ca-file, httpclient.ssl.verify, issuers-chain-path, lua-load, lua-load-per-thread
    lua-prepend-path, master-worker, maxcompcpuusage, maxcomprate, maxconnrate, maxsessrate, maxsslconn
    maxsslrate, maxzlibmem, mworker-max-reloads, pp2-never-send-local
    set-var, set-var-fmt, ssl-default-bind-ciphers, ssl-default-bind-ciphersuites, ssl-default-bind-curves
    ssl-default-bind-options, ssl-default-server-ciphers, ssl-default-server-ciphersuites
    ssl-default-server-options, ssl-dh-param-file, ssl-load-extra-del-ext, ssl-load-extra-files, ssl-mode-async
    ssl-propquery, ssl-provider, ssl-provider-path, ssl-server-verify, ssl-skip-self-issued-ca, thread-group
    tune.comp.maxlevel, tune.h2.header-table-size, tune.h2.initial-window-size, tune.h2.max-concurrent-streams
    tune.h2.max-frame-size, tune.lua.forced-yield, tune.lua.maxmem, tune.lua.service-timeout
    tune.lua.session-timeout, tune.lua.task-timeout, tune.pattern.cache-size, tune.peers.max-updates-at-once
    tune.ssl.cachesize, tune.ssl.capture-buffer-size, tune.ssl.capture-cipherlist-size
    tune.ssl.default-dh-param, tune.ssl.force-private-cache, tune.ssl.hard-maxrecord, tune.ssl.keylog
    tune.ssl.lifetime, tune.ssl.maxrecord, tune.ssl.ssl-ctx-cache-size, tune.vars.check-max-size
    tune.vars.global-max-size, tune.vars.proc-max-size, tune.vars.reqres-max-size, tune.vars.sess-max-size
    tune.vars.txn-max-size
  `),
  proxy: words(`
    compression, email-alert, filter, http-error
    option checkcache, stick
    stick-table, use-fcgi-app
  `),
  bind: words(`
    allow-0rtt, alpn, ca-file, ca-ignore-err, ca-sign-file, ca-sign-pass, ca-verify-file, ciphers, ciphersuites
    crl-file, crt, crt-ignore-err, crt-list, curves, ecdhe, force-sslv3, force-tlsv10, force-tlsv11
    force-tlsv12, force-tlsv13, generate-certificates, no-ca-names, no-sslv3, no-tls-tickets, no-tlsv10
    no-tlsv11, no-tlsv12, no-tlsv13, npn, prefer-client-ciphers, proto, ssl, ssl-max-ver, ssl-min-ver
    strict-sni, tls-ticket-keys, verify
  `),
  server: words(`
    allow-0rtt, alpn, ca-file, check-alpn
    check-proto, check-sni, check-ssl, ciphers, ciphersuites, crl-file, crt, force-sslv3
    force-tlsv10, force-tlsv11, force-tlsv12, force-tlsv13, log-proto, no-check-ssl, no-ssl
    no-ssl-reuse, no-sslv3, no-tls-tickets, no-tlsv10, no-tlsv11, no-tlsv12, no-tlsv13, non-stick, npn
    proto, resolve-net, resolve-opts, resolve-prefer
    resolvers, sni, ssl, ssl-max-ver, ssl-min-ver, ssl-reuse, stick, tls-tickets, verify
    verifyhost, ws
  `),
};

/** The alert for a keyword that is on the list; undefined for others. */
export function notYetCarriedOut(scope: Scope, name: string): string | undefined {
  return notYet[scope].has(name)
    ? `'${name}' is a keyword of HAProxy 2.6 that this version of Sluice does not carry out yet`
    : undefined;
}

/** For "did you mean". */
export function notYetNames(scope: Scope): Iterable<string> {
  return notYet[scope];
}

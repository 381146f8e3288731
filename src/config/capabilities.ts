/**
 * What the program says of itself to a configuration: the HAProxy version whose language it speaks and the features
 * that `feature(NAME)` and the command line's list show. One table; a feature that lands turns its row on.
 */

/** The version that `version_atleast` and `version_before` compare with. */
export const languageVersion = '2.6.12';

/** HAProxy's build features by name, and whether Sluice has what the name stands for. */
export const capabilities: Readonly<Record<string, boolean>> = {
  '51DEGREES': false,
  ACCEPT4: true,
  BACKTRACE: false,
  CLOSEFROM: false,
  CPU_AFFINITY: false,
  CRYPT_H: false,
  DEVICEATLAS: false,
  DL: true,
  ENGINE: false,
  EPOLL: true,
  EVPORTS: false,
  GETADDRINFO: true,
  KQUEUE: false,
  LIBCRYPT: false,
  LINUX_SPLICE: true,
  LINUX_TPROXY: true,
  LUA: false,
  MEMORY_PROFILING: false,
  NETFILTER: true,
  NS: true,
  OBSOLETE_LINKER: false,
  OPENSSL: true,
  OT: false,
  PCRE: false,
  PCRE2: false,
  PCRE2_JIT: false,
  PCRE_JIT: false,
  POLL: false,
  PRCTL: true,
  PROCCTL: false,
  PROMEX: false,
  QUIC: false,
  RT: false,
  SLZ: false,
  STATIC_PCRE: false,
  STATIC_PCRE2: false,
  SYSTEMD: false,
  TFO: true,
  THREAD: true,
  THREAD_DUMP: false,
  TPROXY: true,
  WURFL: false,
  ZLIB: false,
};

/** The name and version of the TLS library in the program: the one inside the node binary. */
export const tlsLibrary = { name: 'OpenSSL', version: process.versions.openssl ?? '0' };

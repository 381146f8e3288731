/**
 * Addresses as the configuration writes them, after parsing: plain data that both listeners and servers use.
 * Specification: configuration manual, 4.2 `bind` and `server`, 11.1 address formats.
 */
export type Address =
  | { readonly family: 'inet'; readonly host: string; readonly port: number }
  | { readonly family: 'inet6'; readonly host: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string }
  | { readonly family: 'abns'; readonly name: string }
  /** An inherited file descriptor: a listening socket on a bind line. */
  | { readonly family: 'fd'; readonly fd: number }
  | { readonly family: 'socketpair'; readonly fd: number };

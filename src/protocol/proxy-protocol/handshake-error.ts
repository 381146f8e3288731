/**
 * What can go wrong before the first byte of a connection's own protocol: the numbers that `fc_err` reports and the
 * messages that the log shows. The receiving codecs return the negated number. Only the handshakes of this layer are
 * here; sockets and TLS add their own.
 * Specification: configuration manual, 7.3.3 `fc_err_str`.
 */
export const PROXY_CLOSED = 11;
export const PROXY_SOCKET_ERROR = 12;
export const PROXY_TIMEOUT = 13;
export const PROXY_TRUNCATED = 14;
export const PROXY_NOT_A_HEADER = 15;
export const PROXY_INVALID = 16;
export const PROXY_UNHANDLED_PROTOCOL = 17;
export const CIP_CLOSED = 18;
export const CIP_SOCKET_ERROR = 19;
export const CIP_TIMEOUT = 20;
export const CIP_TRUNCATED = 21;
export const CIP_BAD_MAGIC = 22;
export const CIP_UNHANDLED_PROTOCOL = 23;
export const SOCKS4_WRITE_ERROR = 39;
export const SOCKS4_READ_ERROR = 40;
export const SOCKS4_DENIED = 41;
export const SOCKS4_ABORTED = 42;

const messages: ReadonlyMap<number, string> = new Map([
  [PROXY_CLOSED, 'Connection closed while waiting for PROXY protocol header'],
  [PROXY_SOCKET_ERROR, 'Connection error while waiting for PROXY protocol header'],
  [PROXY_TIMEOUT, 'Timeout while waiting for PROXY protocol header'],
  [PROXY_TRUNCATED, 'Truncated PROXY protocol header received'],
  [PROXY_NOT_A_HEADER, 'Received something which does not look like a PROXY protocol header'],
  [PROXY_INVALID, 'Received an invalid PROXY protocol header'],
  [PROXY_UNHANDLED_PROTOCOL, 'Received an unhandled protocol in the PROXY protocol header'],
  [CIP_CLOSED, 'Connection closed while waiting for NetScaler Client IP header'],
  [CIP_SOCKET_ERROR, 'Connection error while waiting for NetScaler Client IP header'],
  [CIP_TIMEOUT, 'Timeout while waiting for a NetScaler Client IP header'],
  [CIP_TRUNCATED, 'Truncated NetScaler Client IP header received'],
  [CIP_BAD_MAGIC, 'Received an invalid NetScaler Client IP magic number'],
  [CIP_UNHANDLED_PROTOCOL, 'Received an unhandled protocol in the NetScaler Client IP header'],
  [SOCKS4_WRITE_ERROR, 'SOCKS4 Proxy write error during handshake'],
  [SOCKS4_READ_ERROR, 'SOCKS4 Proxy read error during handshake'],
  [SOCKS4_DENIED, 'SOCKS4 Proxy deny the request'],
  [SOCKS4_ABORTED, 'SOCKS4 Proxy handshake aborted by server'],
]);

/** The logged text for one of the numbers above (not negated); undefined for any other number. */
export function handshakeErrorMessage(error: number): string | undefined {
  return messages.get(error);
}

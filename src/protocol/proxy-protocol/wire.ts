/**
 * The numbers of the PROXY protocol's binary form, shared by its reader and its writer.
 * Specification: PROXY protocol 2.2.
 */
export const SIGNATURE = Uint8Array.of(
  0x0d,
  0x0a,
  0x0d,
  0x0a,
  0x00,
  0x0d,
  0x0a,
  0x51,
  0x55,
  0x49,
  0x54,
  0x0a,
);
/** Signature, version and command, family, length. */
export const V2_FIXED_BYTES = 16;
export const V2_LOCAL = 0x20;
export const V2_PROXY = 0x21;
export const V2_UNSPEC = 0x00;
export const V2_TCP4 = 0x11;
export const V2_TCP6 = 0x21;
export const V2_TCP4_BYTES = 12;
export const V2_TCP6_BYTES = 36;

export const TLV_HEAD_BYTES = 3;
export const TLV_ALPN = 0x01;
export const TLV_AUTHORITY = 0x02;
export const TLV_CRC32C = 0x03;
export const TLV_UNIQUE_ID = 0x05;
export const TLV_SSL = 0x20;
export const TLV_SSL_VERSION = 0x21;
export const TLV_SSL_CN = 0x22;
export const TLV_SSL_CIPHER = 0x23;
export const TLV_SSL_SIG_ALG = 0x24;
export const TLV_SSL_KEY_ALG = 0x25;
export const TLV_NETNS = 0x30;
/** Client flags and verify result, in front of the TLVs inside TLV_SSL. */
export const SSL_FIXED_BYTES = 5;

/** Bits of the client flags in TLV_SSL: over TLS; certificate on this connection; certificate in this TLS session. */
export const CLIENT_SSL = 1;
export const CLIENT_CERT_CONN = 2;
export const CLIENT_CERT_SESS = 4;

export const MAX_AUTHORITY_BYTES = 255;
export const MAX_UNIQUE_ID_BYTES = 128;

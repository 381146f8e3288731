/**
 * What a received PROXY header said: one reusable object per data thread, read by the listener right after parsing.
 * Values behind the addresses stay where they were received; they are valid as long as the buffer is.
 */
import { SocketAddress } from '../socket-address.ts';

/** A value inside the received bytes; `lengthBytes` is -1 when the header did not carry it. */
export class ReceivedValue {
  offset = 0;
  lengthBytes = -1;

  set(offset: number, lengthBytes: number): void {
    this.offset = offset;
    this.lengthBytes = lengthBytes;
  }

  clear(): void {
    this.offset = 0;
    this.lengthBytes = -1;
  }
}

export class ProxyHeader {
  version: 0 | 1 | 2 = 0;
  /**
   * Whether the header replaces the connection's addresses. False for LOCAL and UNKNOWN, which keep the real ones.
   * An error found behind the addresses leaves this true: HAProxy logs such a connection with the announced ones.
   */
  proxied = false;
  readonly source = new SocketAddress();
  readonly destination = new SocketAddress();

  readonly alpn = new ReceivedValue();
  readonly authority = new ReceivedValue();
  readonly uniqueId = new ReceivedValue();
  /** The name is only a wish: the listener honours it for namespaces that the configuration lists. */
  readonly netns = new ReceivedValue();
  checksummed = false;
  /** All TLVs together, for those that have no field here. */
  readonly tlvs = new ReceivedValue();

  /** Whether the sender told about TLS at all. HAProxy 2.6 does not look inside; neither may anything security-relevant. */
  sslPresent = false;
  sslClientFlags = 0;
  sslVerify = 0;
  readonly sslVersion = new ReceivedValue();
  readonly sslCommonName = new ReceivedValue();
  readonly sslCipher = new ReceivedValue();
  readonly sslSignature = new ReceivedValue();
  readonly sslKey = new ReceivedValue();

  clear(): void {
    this.version = 0;
    this.proxied = false;
    this.source.clear();
    this.destination.clear();
    this.alpn.clear();
    this.authority.clear();
    this.uniqueId.clear();
    this.netns.clear();
    this.checksummed = false;
    this.tlvs.clear();
    this.sslPresent = false;
    this.sslClientFlags = 0;
    this.sslVerify = 0;
    this.sslVersion.clear();
    this.sslCommonName.clear();
    this.sslCipher.clear();
    this.sslSignature.clear();
    this.sslKey.clear();
  }
}

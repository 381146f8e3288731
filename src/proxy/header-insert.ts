/**
 * `option forwardfor` and `option originalto`: a header line with an address, prepared so that a request only copies bytes.
 */
import type { HeaderInsertConfig } from '../config/model.ts';
import type { HeaderBlock } from '../protocol/http1/header-block.ts';
import { FAMILY_INET, FAMILY_INET6, SocketAddress } from '../protocol/socket-address.ts';

const LONGEST_ADDRESS = 46;

export class HeaderInsert {
  private readonly name: Buffer;
  private readonly line: Buffer;
  private readonly prefix: number;
  private readonly exceptAddress: SocketAddress | undefined;
  private readonly exceptBits: number;
  readonly ifNone: boolean;

  constructor(config: HeaderInsertConfig) {
    this.name = Buffer.from(config.header.toLowerCase(), 'latin1');
    const start = `${config.header.toLowerCase()}: `;
    this.prefix = start.length;
    this.line = Buffer.alloc(this.prefix + LONGEST_ADDRESS + 2);
    this.line.write(start, 'latin1');
    this.exceptAddress = config.except && SocketAddress.parse(config.except.address);
    this.exceptBits = config.except?.prefix ?? 0;
    this.ifNone = config.ifNone;
  }

  /** False when the line does not fit any more. */
  apply(u8: Uint8Array, block: HeaderBlock, address: SocketAddress): boolean {
    if (address.family !== FAMILY_INET && address.family !== FAMILY_INET6) return true;
    if (this.exceptAddress !== undefined && inNetwork(address, this.exceptAddress, this.exceptBits))
      return true;
    if (this.ifNone && block.findName(u8, this.name) >= 0) return true;
    const line = this.line;
    const end = address.formatAddress(line, this.prefix);
    line[end] = 13;
    line[end + 1] = 10;
    return block.add(u8, line, end + 2);
  }
}

/** Whether the address lies in the network; of another family it never does. */
function inNetwork(address: SocketAddress, network: SocketAddress, bits: number): boolean {
  if (address.family !== network.family) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address.bytes[i] !== network.bytes[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return (((address.bytes[whole] as number) ^ (network.bytes[whole] as number)) & mask) === 0;
}

/**
 * `http-send-name-header`: tells each server the name that the configuration gives it, in a header of its own behind all
 * others. What the client sent under that name does not get through.
 * Specification: configuration manual 4.2 `http-send-name-header`.
 */
import { serverNameFacet } from '../../config/keywords/server-name-header.ts';
import type { ProxyConfig } from '../../config/model.ts';
import { u8 } from '../../os/arena.ts';
import type { HeaderBlock } from '../../protocol/http1/header-block.ts';

export class ServerNameHeader {
  private readonly name: Uint8Array;

  /** Null where servers are not told. */
  static of(config: ProxyConfig): ServerNameHeader | null {
    const name = serverNameFacet.read(config)?.name;
    return name === undefined ? null : new ServerNameHeader(name);
  }

  private constructor(name: string) {
    this.name = Buffer.from(name.toLowerCase(), 'latin1');
  }

  /** False when there is no room. */
  apply(block: HeaderBlock, server: Uint8Array): boolean {
    block.deleteName(u8, this.name);
    const at = block.beginLine(u8, this.name);
    if (at < 0 || at + server.length > block.valueLimit) return false;
    u8.set(server, at);
    return block.endLine(u8, at, at + server.length);
  }
}

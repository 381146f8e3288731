/**
 * Header names in a case of their own, for peers that are not supposed to care and do
 * (`h1-case-adjust`, `option h1-case-adjust-bogus-client` and `-server`).
 */
import { headerCase } from '../../config/keywords/http-options.ts';
import type { ProxyConfig } from '../../config/model.ts';
import type { Plane } from '../plane.ts';

const LF = 10;
const CR = 13;
const COLON = 58;

export class HeaderCase {
  private readonly names: ReadonlyMap<string, Uint8Array>;

  private constructor(names: ReadonlyMap<string, string>) {
    this.names = new Map([...names].map(([from, to]) => [from, Buffer.from(to, 'latin1')]));
  }

  /** Null where the option is off or no name was given. */
  static of(plane: Plane, proxy: ProxyConfig, option: string): HeaderCase | null {
    const names = headerCase.read(plane.configuration.global)?.names;
    if (names === undefined || names.size === 0 || proxy.options.get(option) !== true) return null;
    return new HeaderCase(names);
  }

  /** Rewrites the names of a complete head, which keep their lengths. */
  adjust(u8: Uint8Array, start: number): void {
    let p = u8.indexOf(LF, start) + 1;
    while (p > 0 && u8[p] !== CR && u8[p] !== LF) {
      const colon = u8.indexOf(COLON, p);
      let name = '';
      for (let i = p; i < colon; i++) name += String.fromCharCode(u8[i] as number);
      const wanted = this.names.get(name.toLowerCase());
      if (wanted !== undefined) u8.set(wanted, p);
      p = u8.indexOf(LF, colon) + 1;
    }
  }
}

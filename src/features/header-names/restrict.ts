/**
 * `option http-restrict-req-hdr-names`: what happens to requests with header names that hold more than letters, digits
 * and dashes. Looked at per proxy, before the statistics page.
 * Specification: configuration manual 4.2.
 */
import { Facet } from '../../config/facet.ts';
import { registerKeywords } from '../../config/keyword.ts';
import { everywhere } from '../../config/keywords/proxy-option.ts';
import { u8 } from '../../os/arena.ts';
import { FE } from '../../proxy/frontend.ts';
import type { HttpExchange } from '../../proxy/http/exchange.ts';
import { type HttpExtension, registerHttpExtension } from '../../proxy/http/extension.ts';
import { BE } from '../../proxy/server.ts';
import { CONTINUE, DONE } from '../../rules/verdict.ts';

const headerNameRestriction = new Facet('http.restrict-req-hdr-names', () => ({
  action: 'preserve' as 'preserve' | 'delete' | 'reject',
}));

registerKeywords({
  scope: 'proxy',
  name: 'option http-restrict-req-hdr-names',
  syntax: '{ preserve | delete | reject }',
  doc: 'What happens to request headers whose names hold other characters than letters, digits and dashes.',
  manual: '4.2',
  sections: everywhere,
  parse: ({ args, target }) => {
    if (args.peek(1) !== undefined) {
      args.alert(`'option' cannot handle unexpected argument '${args.peek(1)}'.`);
      return;
    }
    const action = args.next();
    if (action === undefined) {
      args.alert(
        "missing parameter. option 'http-restrict-req-hdr-names' expects 'preserve', 'reject' or 'delete' option.",
      );
    } else if (action === 'preserve' || action === 'delete' || action === 'reject') {
      headerNameRestriction.of(target).action = action;
    } else {
      args.alert(
        `invalid parameter '${action}'. option 'http-restrict-req-hdr-names' expects 'preserve', 'reject' or 'delete' option.`,
      );
    }
  },
});

/** 1 for the bytes that may stand in a name. */
const plain = new Uint8Array(256);
for (const byte of Buffer.from('-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'))
  plain[byte] = 1;

class HeaderNameRestriction implements HttpExtension {
  private readonly rejects: boolean;

  constructor(rejects: boolean) {
    this.rejects = rejects;
  }

  onRequest(stream: HttpExchange): number {
    const { block } = stream.requestParser;
    for (let line = 0; line < block.count; line++) {
      if (block.isDeleted(line) || isPlain(block.nameStart(line), block.nameEnd(line))) continue;
      if (this.rejects) {
        const { plane, frontend } = stream.session;
        plane.count(frontend.counters + FE.deniedRequests);
        stream.backend?.count(BE.deniedRequests);
        stream.setEnd('P', 'R');
        stream.reply(403);
        return DONE;
      }
      block.delete(line);
    }
    return CONTINUE;
  }
}

function isPlain(start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (plain[u8[at] as number] === 0) return false;
  return true;
}

registerHttpExtension((proxy) => {
  const action = headerNameRestriction.read(proxy)?.action ?? 'preserve';
  return action === 'preserve' || proxy.mode !== 'http'
    ? null
    : new HeaderNameRestriction(action === 'reject');
});

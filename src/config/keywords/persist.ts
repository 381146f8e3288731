/**
 * `persist rdp-cookie`: the name of the cookie in which an RDP client tells its server. proxy/persistence.ts follows it.
 * Specification: configuration manual 4.2 `persist rdp-cookie`; wording of messages as HAProxy 2.6.
 */
import { Facet } from '../facet.ts';
import { registerKeywords } from '../keyword.ts';

const DEFAULT_NAME = 'msts';

export interface RdpPersistence {
  name: string;
}

export const rdpPersistenceFacet = new Facet(
  'rdp-persistence',
  (): RdpPersistence => ({ name: DEFAULT_NAME }),
);

registerKeywords({
  scope: 'proxy',
  name: 'persist',
  syntax: 'rdp-cookie[(<name>)]',
  doc: "TCP clients whose first packet has an RDP cookie with a server's address go there. Default name: msts.",
  manual: '4.2',
  sections: ['defaults', 'frontend', 'listen', 'backend'],
  parse: ({ args, target }) => {
    const text = args.next();
    const [, inParentheses] = /^rdp-cookie(.*)$/s.exec(text ?? '') ?? [];
    if (text === undefined) args.alert('missing persist method.');
    else if (inParentheses === undefined) args.alert('unknown persist method.');
    else if (inParentheses === '') {
      // HAProxy does not look at what follows the plain form.
      args.rest();
      rdpPersistenceFacet.of(target).name = DEFAULT_NAME;
    } else if (args.expectEnd()) {
      const [, name] = /^\(([^)]+)\)/.exec(inParentheses) ?? [];
      if (name === undefined) args.alert("persist rdp-cookie(name)' requires an rdp cookie name.");
      else rdpPersistenceFacet.of(target).name = name;
    }
  },
});

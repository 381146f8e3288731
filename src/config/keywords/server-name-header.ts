/** `http-send-name-header`. Specification: configuration manual 4.2; wording of messages as HAProxy 2.6. */
import { Facet } from '../facet.ts';
import { registerKeywords } from '../keyword.ts';
import { backSide } from './proxy-option.ts';

export const serverNameFacet = new Facet('http-send-name-header', () => ({ name: '' }));

registerKeywords({
  scope: 'proxy',
  name: 'http-send-name-header',
  syntax: '<header>',
  doc: "Adds a header with the server's name to each request.",
  manual: '4.2',
  sections: backSide,
  parse: ({ args, target }) => {
    const name = args.next();
    // What follows the name is ignored.
    args.rest();
    if (name === undefined) args.alert("'http-send-name-header' requires a header string.");
    else serverNameFacet.of(target).name = name;
  },
});

/**
 * The PROXY protocol towards servers: `send-proxy` and its versions, `proxy-v2-options`.
 * Specification: configuration manual 5.2.
 */
import { registerKeywords, type ServerKeyword } from '../keyword.ts';

/** Options of `proxy-v2-options`; those about TLS are kept, and say nothing while a connection is plain. */
const v2Options = [
  'ssl',
  'cert-cn',
  'ssl-cipher',
  'cert-sig',
  'cert-key',
  'authority',
  'crc32c',
  'unique-id',
];

function send(name: string, doc: string, version: 1 | 2, options: readonly string[]): ServerKeyword {
  return {
    scope: 'server',
    name,
    syntax: '',
    doc,
    manual: '5.2',
    parse: ({ target }) => {
      const before = target.sendProxy ?? { version, options: [] };
      // Written twice, the newer version of the protocol holds.
      target.sendProxy = {
        version: before.version === 2 ? 2 : version,
        options: [...new Set([...before.options, ...options])],
      };
    },
  };
}

function stop(name: string): ServerKeyword {
  return {
    scope: 'server',
    name,
    syntax: '',
    doc: `Undoes '${name.slice(3)}' of a default-server line.`,
    manual: '5.2',
    parse: ({ target }) => {
      target.sendProxy = undefined;
    },
  };
}

registerKeywords(
  send('send-proxy', 'Starts each connection with a PROXY protocol line, version 1.', 1, []),
  send('send-proxy-v2', 'Starts each connection with a PROXY protocol header, version 2.', 2, []),
  send('send-proxy-v2-ssl', 'As send-proxy-v2, with what is known of TLS.', 2, ['ssl']),
  send('send-proxy-v2-ssl-cn', 'As send-proxy-v2-ssl, with the common name of the client certificate.', 2, [
    'ssl',
    'cert-cn',
  ]),
  stop('no-send-proxy'),
  stop('no-send-proxy-v2'),
  stop('no-send-proxy-v2-ssl'),
  stop('no-send-proxy-v2-ssl-cn'),
  {
    scope: 'server',
    name: 'proxy-v2-options',
    syntax: '<option>[,<option>]*',
    doc: 'What a version 2 header carries beside the addresses.',
    manual: '5.2',
    parse: ({ args, target }) => {
      const options = (args.next() ?? '').split(',');
      const unknown = options.find((o) => !v2Options.includes(o));
      if (unknown !== undefined) {
        args.alert(`'${unknown}' : proxy v2 option not implemented.`);
        return;
      }
      const before = target.sendProxy ?? { version: 1 as const, options: [] };
      target.sendProxy = { version: before.version, options: [...new Set([...before.options, ...options])] };
    },
  },
);

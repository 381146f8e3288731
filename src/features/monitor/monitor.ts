/**
 * Answers for whoever watches the proxy itself: `monitor-uri`, and `monitor-net`, which HAProxy had up to 1.4 and
 * Sluice still takes. The reply to a monitored URI belongs to the stream (proxy/http/stream.ts); the networks of
 * `monitor-net` are dealt with here, before there is a session.
 * Specification: configuration manual 4.2 `monitor-uri`; the 1.4 manual, `monitor-net`.
 */
import { parseNetwork } from '../../config/address-parser.ts';
import { Facet } from '../../config/facet.ts';
import { registerCheck, registerKeywords } from '../../config/keyword.ts';
import { frontSide } from '../../config/keywords/proxy-option.ts';
import { proxyWord } from '../../config/proxy-kind.ts';
import { SocketAddress } from '../../protocol/socket-address.ts';
import { type AcceptFilter, registerAcceptFilter } from '../../proxy/accept-filter.ts';

interface MonitorNetwork {
  address: string;
  prefix: number;
}

const network = new Facet('monitor.network', (): MonitorNetwork => ({ address: '', prefix: 0 }));

/** Sent raw, and without waiting for a request. */
const READY = Buffer.from('HTTP/1.0 200 OK\r\n\r\n', 'latin1');
const NOTHING = new Uint8Array(0);

registerKeywords(
  {
    scope: 'proxy',
    name: 'monitor-uri',
    syntax: '<uri>',
    doc: 'Requests for exactly this URI are answered with 200 by the proxy itself, and not logged.',
    manual: '4.2',
    sections: frontSide,
    parse: ({ args, target }) => {
      const uri = args.next();
      if (uri === undefined) args.alert("'monitor-uri' expects an URI.");
      else if (args.expectEnd()) target.monitorUri = uri;
    },
  },
  {
    scope: 'proxy',
    name: 'monitor-net',
    syntax: '<address>[/<mask>]',
    doc: 'Connections from this network are closed at once, with a 200 before that in HTTP mode, and not logged.',
    manual: '1.4',
    sections: frontSide,
    parse: ({ args, target }) => {
      const text = args.next();
      const parsed = text === undefined ? undefined : parseNetwork(text);
      if (text === undefined || parsed === undefined) {
        args.alert(
          `'monitor-net' doesn't exist anymore. Please use 'http-request return status 200 if { src ${text ?? ''} }' instead.`,
          'the network of the old keyword is an address, with or without a mask',
        );
        return;
      }
      if (!args.expectEnd()) return;
      Object.assign(network.of(target), parsed);
      args.warning(
        `the keyword 'monitor-net' is not supported anymore by HAProxy; Sluice still carries it out.`,
        target.mode === 'http'
          ? `write 'http-request return status 200 if { src ${text} }'`
          : `write 'tcp-request connection reject if { src ${text} }'`,
      );
    },
  },
);

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.mode !== 'http' && proxy.monitorUri !== undefined)
      report.warning(
        `monitor-uri will be ignored for ${proxyWord(proxy.kind)} '${proxy.name}' (needs 'mode http').`,
      );
  }
});

class MonitorNetworkFilter implements AcceptFilter {
  private readonly address: SocketAddress;
  private readonly prefix: number;
  private readonly answer: Uint8Array;

  constructor(address: SocketAddress, prefix: number, answer: Uint8Array) {
    this.address = address;
    this.prefix = prefix;
    this.answer = answer;
  }

  dismiss(client: SocketAddress): Uint8Array | undefined {
    if (client.family !== this.address.family) return undefined;
    const own = this.address.bytes;
    const whole = this.prefix >> 3;
    for (let i = 0; i < whole; i++) if (client.bytes[i] !== own[i]) return undefined;
    const rest = this.prefix & 7;
    const mask = (0xff << (8 - rest)) & 0xff;
    const differs = rest > 0 && (((client.bytes[whole] as number) ^ (own[whole] as number)) & mask) !== 0;
    return differs ? undefined : this.answer;
  }
}

registerAcceptFilter((proxy) => {
  const config = network.read(proxy);
  if (config === undefined) return null;
  const address = SocketAddress.parse(config.address);
  return address === undefined
    ? null
    : new MonitorNetworkFilter(address, config.prefix, proxy.mode === 'http' ? READY : NOTHING);
});

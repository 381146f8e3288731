/**
 * Options of proxies that concern connections rather than HTTP: keep-alive probes, splicing, lingering, transparency.
 * Specification: configuration manual 4.2.
 */
import { registerKeywords } from '../keyword.ts';
import type { SpliceMode } from '../model.ts';
import { backSide, everywhere, frontSide, plainSwitch, switchRecord } from './proxy-option.ts';

function splice(name: string, field: keyof SpliceMode, doc: string) {
  return switchRecord({ name, sections: everywhere, doc }, (proxy, value) => {
    proxy.splice[field] = value ?? false;
  });
}

registerKeywords(
  splice('splice-request', 'request', 'Lets the kernel move what clients send.'),
  splice('splice-response', 'response', 'Lets the kernel move what servers send.'),
  splice('splice-auto', 'auto', 'Lets the kernel move data where that seems worth it.'),
  switchRecord(
    {
      name: 'tcpka',
      sections: everywhere,
      doc: 'TCP keep-alive probes on the side or sides that the proxy has.',
      negatable: false,
    },
    (proxy) => {
      if (proxy.kind !== 'backend') proxy.options.set('clitcpka', true);
      if (proxy.kind !== 'frontend') proxy.options.set('srvtcpka', true);
    },
  ),
  plainSwitch('clitcpka', frontSide, 'TCP keep-alive probes towards clients.'),
  plainSwitch('srvtcpka', backSide, 'TCP keep-alive probes towards servers.'),
  plainSwitch('tcp-smart-accept', frontSide, 'Saves an acknowledgement when a connection is accepted.'),
  plainSwitch('tcp-smart-connect', backSide, 'Saves an acknowledgement when a connection is made.'),
  plainSwitch('nolinger', everywhere, 'Drops what was not sent when a connection closes.'),
  plainSwitch('independent-streams', everywhere, 'Sending does not keep the read timeout from passing.'),
  plainSwitch('contstats', frontSide, 'Counts bytes while they pass and not at the end of a session.'),
  plainSwitch('socket-stats', frontSide, 'Counts for each listener too.'),
  plainSwitch('transparent', backSide, 'Connects to the address that the client meant.'),
  {
    scope: 'proxy',
    name: 'transparent',
    syntax: '',
    doc: 'The old name of `option transparent`.',
    manual: '4.2',
    sections: backSide,
    replacedBy: 'option transparent',
    parse: ({ args, target }) => {
      if (args.expectEnd()) target.options.set('transparent', true);
    },
    // HAProxy says nothing of this one in a frontend.
    misplaced: ({ args }) => void args.expectEnd(),
  },
);

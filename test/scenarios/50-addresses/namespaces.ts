// Listeners and servers in other network namespaces, and listeners on addresses that the machine does not have.

import assert from 'node:assert/strict';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

scenario(
  'namespace on bind and server lines: the proxy joins two networks',
  { needs: ['netns'] },
  async (t) => {
    const network = t.network();
    network.add('front', 'back');
    network.configure('front', 'address add 10.77.0.1/32 dev lo');
    network.configure('back', 'address add 10.77.0.1/32 dev lo');
    const clients = t.agent('clients', network, 'front');
    const servers = t.agent('servers', network, 'back');
    await servers.listen('10.77.0.1', 8081, 'far');
    await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    bind 10.77.0.1:8080 namespace ${network.namespace('front')}
    server far 10.77.0.1:8081 namespace ${network.namespace('back')}
`);
    await poll(
      async () => (await clients.canConnect('10.77.0.1', 8080)) || undefined,
      'the port in the namespace',
    );
    const answer = await clients.get('10.77.0.1', 8080);
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.text).server, 'far');
    assert.equal(await servers.canConnect('10.77.0.1', 8080), false, 'nothing listens on the other side');
  },
);

scenario(
  'bind … transparent listens on an address that the machine does not have',
  { needs: ['netns'] },
  async (t) => {
    const network = t.network();
    network.add('machine');
    // What arrives for the whole network is taken as the machine's own.
    network.configure('machine', 'route add local 10.78.0.0/16 dev lo');
    const agent = t.agent('machine', network, 'machine');
    await agent.listen('127.0.0.1', 8081, 'near');
    const config = (options: string): string => `${TCP_DEFAULTS}
listen relay
    bind 192.0.2.7:8080 ${options}
    bind 10.78.1.2:8080 ${options}
    server near 127.0.0.1:8081
`;
    const refused = t.spawn(config(''), { wrapper: network.wrapper('machine') });
    assert.equal((await refused.exit(30_000)).code, 1);
    assert.match(refused.stderr.lines.join('\n'), /cannot bind socket .*192\.0\.2\.7:8080/);

    await t.start(config('transparent'), { wrapper: network.wrapper('machine') });
    assert.equal(JSON.parse((await agent.get('10.78.1.2', 8080)).text).server, 'near');
  },
);

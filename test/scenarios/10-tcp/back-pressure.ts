// A side that does not read holds the other back: what lies in the proxy is bounded by its buffer, the rest stays in
// the kernel's buffers of both connections.

import assert from 'node:assert/strict';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';
import type { Wire } from '../../harness/wire.ts';

const OFFERED_BYTES = 64 << 20;

/** Waits until the proxy has stopped taking what `wire` offers, and tells how much it took. */
async function takenWhenStuck(wire: Wire): Promise<number> {
  let last = -1;
  let unchanged = 0;
  return poll(() => {
    const taken = wire.socket.bytesWritten - wire.socket.writableLength;
    unchanged = taken === last ? unchanged + 1 : 0;
    last = taken;
    // Stuck: nothing moved during this many looks, which lie milliseconds apart.
    return unchanged > 60 ? taken : undefined;
  }, 'the proxy to stop reading');
}

for (const stalled of ['client', 'server'] as const) {
  scenario(
    `a ${stalled} that does not read holds the other side back, and nothing is lost`,
    {},
    async (t) => {
      const server = await t.tcpServer({ stalled: stalled === 'server' });
      const program = await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
      const client = await t.connect(8080);
      const back = await server.accept();
      const [sender, reader] = stalled === 'client' ? [back, client] : [client, back];
      reader.stopReading();
      const before = await program.residentBytes();
      void sender.send(Buffer.alloc(OFFERED_BYTES, 'abcdefghij'));
      await takenWhenStuck(sender);
      assert.equal(reader.receivedBytes < OFFERED_BYTES / 2, true);
      const grown = (await program.residentBytes()) - before;
      assert.ok(grown < 8 << 20, `the proxy grew by ${grown} bytes while its reader stalled`);
      reader.resumeReading();
      await reader.digest(OFFERED_BYTES);
    },
  );
}

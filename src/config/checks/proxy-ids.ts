/**
 * Numbers of proxies, servers and listeners that none was written for, as HAProxy gives them: counted in the order of
 * the files, past those that are taken, where an explicit number uses up a place in the count too.
 */
import { registerCheck } from '../keyword.ts';
import { statsSockets } from '../keywords/stats-socket.ts';

class Numbers {
  private readonly taken: Set<number>;
  private next: number;

  constructor(taken: Iterable<number>, first: number) {
    this.taken = new Set(taken);
    this.next = first;
  }

  give(explicit: number | undefined): number {
    let id = explicit;
    if (id === undefined) {
      while (this.taken.has(this.next)) this.next++;
      id = this.next;
      this.taken.add(id);
    }
    this.next++;
    return id;
  }
}

const explicit = (things: readonly { readonly id: number | undefined }[]) =>
  things.map((t) => t.id).filter((id) => id !== undefined);

registerCheck((configuration) => {
  // The frontend behind the stats sockets is a proxy of its own and comes first.
  const first = statsSockets.read(configuration.global) === undefined ? 1 : 2;
  const proxyNumbers = new Numbers(explicit(configuration.proxies), first);
  for (const proxy of configuration.proxies) {
    proxy.id = proxyNumbers.give(proxy.id);
    const serverNumbers = new Numbers(explicit(proxy.servers), 1);
    for (const server of proxy.servers) server.id = serverNumbers.give(server.id);
    const listenerNumbers = new Numbers(explicit(proxy.binds), 1);
    for (const bind of proxy.binds) {
      bind.listenerIds = bind.addresses.map(() => listenerNumbers.give(bind.id));
    }
  }
});

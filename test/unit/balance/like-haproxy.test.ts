/** Holds the order of servers against the real HAProxy's: same lists, same events, same picks, one after another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HaproxyFarm, type Held, skipWithoutHaproxy } from './haproxy-farm.ts';
import { LocalFarm, type LocalServer } from './local-farm.ts';

const TEST_OPTIONS = { ...skipWithoutHaproxy, timeout: 60_000 };

const LISTS: readonly (readonly number[])[] = [
  [1, 1, 1],
  [3, 1],
  [10, 20, 30],
  [12, 12, 26, 26],
  [1, 255],
  [256, 1],
  [1, 0, 2],
  [5, 4, 3, 2],
  [7, 58, 34, 50],
  [36, 48, 47, 59, 19],
  [54, 42, 52, 17, 49],
];

/** Numbers from 0 to 1 that are the same on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** One backend in both worlds; each step must give the same server, the whole story is shown when one does not. */
class Pair {
  readonly #real: HaproxyFarm;
  readonly #local: LocalFarm;
  readonly #name: string;
  readonly #held: Held[] = [];
  #story = '';

  constructor(
    real: HaproxyFarm,
    name: string,
    algorithm: string,
    servers: readonly LocalServer[],
    lines: readonly string[] = [],
  ) {
    this.#real = real;
    this.#name = name;
    this.#local = LocalFarm.create(algorithm, servers, lines);
  }

  get heldCount(): number {
    return this.#held.length;
  }

  #same(real: number, local: number): void {
    this.#story += ` ${real}`;
    assert.equal(Math.max(local, -1), real, `${this.#name}:${this.#story}, but here ${local}`);
  }

  async pick(address?: string): Promise<void> {
    this.#same(await this.#real.pick(this.#name, address), this.#local.pick(address));
  }

  async picks(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.pick();
  }

  async hold(address?: string): Promise<void> {
    const held = await this.#real.hold(this.#name, address);
    this.#story += ' hold';
    this.#same(held?.server ?? -1, this.#local.hold(address));
    if (held !== undefined) this.#held.push(held);
  }

  async release(at: number): Promise<void> {
    const [held] = this.#held.splice(at, 1);
    if (held === undefined) return;
    this.#story += ` release ${held.server}`;
    await held.release();
    this.#local.release(held.server);
  }

  async releaseAll(): Promise<void> {
    while (this.#held.length > 0) await this.release(0);
  }

  async weight(server: number, weight: number): Promise<void> {
    this.#story += ` ${server}=${weight}`;
    await this.#real.command(`set weight ${this.#name}/s${server} ${weight}`);
    this.#local.setWeight(server, weight);
  }

  async maintenance(server: number, on: boolean): Promise<void> {
    this.#story += on ? ` -${server}` : ` +${server}`;
    await this.#real.command(`set server ${this.#name}/s${server} state ${on ? 'maint' : 'ready'}`);
    this.#local.setState(server, on ? 'maint' : 'up');
  }
}

interface Backend {
  readonly algorithm: string;
  readonly servers: readonly LocalServer[];
  readonly lines?: readonly string[];
}

async function together(backends: readonly Backend[], story: (pair: Pair, at: number) => Promise<void>) {
  const real = await HaproxyFarm.start(
    backends.map(({ algorithm, servers, lines = [] }, at) => ({
      name: `b${at}`,
      lines: [`balance ${algorithm}`, ...lines],
      servers: servers.map(
        ({ weight = 1, maxconn = 0, backup, id }) =>
          `weight ${weight} maxconn ${maxconn}${backup === true ? ' backup' : ''}${id === undefined ? '' : ` id ${id}`}`,
      ),
    })),
  );
  try {
    for (const [at, { algorithm, servers, lines }] of backends.entries()) {
      const pair = new Pair(real, `b${at}`, algorithm, servers, lines);
      await story(pair, at);
      await pair.releaseAll();
    }
  } finally {
    await real.stop();
  }
}

function overLists(algorithm: string): Backend[] {
  return LISTS.map((list) => ({ algorithm, servers: list.map((weight) => ({ weight })) }));
}

for (const algorithm of ['roundrobin', 'static-rr', 'leastconn', 'first']) {
  test(`${algorithm} picks servers in HAProxy's order`, TEST_OPTIONS, () =>
    together(overLists(algorithm), (pair) => pair.picks(80)),
  );
}

test('leastconn picks in the same order as connections come and go', TEST_OPTIONS, () =>
  together(overLists('leastconn'), async (pair, at) => {
    const random = seeded(at + 1);
    for (let step = 0; step < 100; step++) {
      if (pair.heldCount > 0 && random() < (step < 50 ? 0.3 : 0.6)) {
        await pair.release(Math.floor(random() * pair.heldCount));
      } else await pair.hold();
    }
  }),
);

test('roundrobin goes on as HAProxy does when one of equal servers leaves and comes back', TEST_OPTIONS, () =>
  together(
    Array.from({ length: 12 }, (_, at) => ({
      algorithm: 'roundrobin',
      servers: new Array<LocalServer>(3 + (at % 4)).fill({}),
    })),
    async (pair, at) => {
      await pair.picks(at);
      await pair.maintenance(at % 3, true);
      await pair.picks(1 + ((at * 5) % 7));
      await pair.maintenance(at % 3, false);
      await pair.picks(20);
    },
  ),
);

for (const algorithm of ['static-rr', 'leastconn', 'first']) {
  test(`${algorithm} goes on as HAProxy does when servers leave and come back`, TEST_OPTIONS, () =>
    together(overLists(algorithm), async (pair, at) => {
      const random = seeded(at + 7);
      const count = LISTS[at]?.length ?? 0;
      const out = new Set<number>();
      for (let step = 0; step < 12; step++) {
        await pair.picks(1 + Math.floor(random() * 12));
        const server = Math.floor(random() * count);
        const comesBack = out.delete(server);
        if (!comesBack) out.add(server);
        await pair.maintenance(server, !comesBack);
      }
    }),
  );

  test(`${algorithm} passes over full servers as HAProxy does`, TEST_OPTIONS, () =>
    together(
      LISTS.slice(0, 6).map((list) => ({
        algorithm,
        servers: list.map((weight, at) => ({ weight, maxconn: 1 + (at % 2) })),
      })),
      async (pair, at) => {
        const random = seeded(at + 3);
        const slots = (LISTS[at] ?? []).reduce((sum, _weight, server) => sum + 1 + (server % 2), 0);
        for (let step = 0; step < 12; step++) {
          await pair.picks(1 + Math.floor(random() * 8));
          if (pair.heldCount > 0 && (random() < 0.5 || pair.heldCount >= slots - 1)) {
            await pair.release(Math.floor(random() * pair.heldCount));
          } else await pair.hold();
        }
      },
    ),
  );
}

test('backups come in as with HAProxy: the first, or all of them', TEST_OPTIONS, () => {
  const servers = [{ weight: 2 }, { backup: true }, { weight: 1 }, { backup: true, weight: 3 }];
  const backends = ['roundrobin', 'static-rr', 'leastconn', 'first'].flatMap((algorithm) =>
    [[], ['option allbackups']].map((lines) => ({ algorithm, servers, lines })),
  );
  return together(backends, async (pair) => {
    await pair.picks(5);
    await pair.maintenance(0, true);
    await pair.picks(3);
    await pair.maintenance(2, true);
    await pair.picks(6);
    await pair.maintenance(1, true);
    await pair.picks(3);
  });
});

function randomAddress(random: () => number): string {
  const byte = (): number => Math.floor(random() * 256);
  return `${1 + (byte() % 223)}.${byte()}.${byte()}.${byte()}`;
}

const HASH_TYPES = [
  'map-based sdbm',
  'map-based crc32 avalanche',
  'consistent',
  'consistent djb2',
  'consistent wt6 avalanche',
];

for (const type of HASH_TYPES) {
  test(`source with hash-type ${type} finds the same server for the same client`, TEST_OPTIONS, () =>
    together(
      [
        ...LISTS.slice(2).map((list) => list.map((weight) => ({ weight }))),
        [{ id: 7 }, { id: 900, weight: 3 }, { id: 123456 }, { id: 3 }],
      ].map((servers) => ({ algorithm: 'source', servers, lines: [`hash-type ${type}`] })),
      async (pair, at) => {
        const random = seeded(at + 11);
        const word = (): string => Math.floor(random() * 65536).toString(16);
        for (let client = 0; client < 12; client++) {
          await pair.pick(randomAddress(random));
          await pair.pick(`2001:${word()}:${word()}:${word()}:${word()}:${word()}:${word()}:${word()}`);
        }
        await pair.maintenance(0, true);
        for (let client = 0; client < 6; client++) await pair.pick(randomAddress(random));
        await pair.maintenance(0, false);
        await pair.maintenance(1, true);
        for (let client = 0; client < 6; client++) await pair.pick(randomAddress(random));
      },
    ),
  );
}

test('consistent hashing follows weights that change while running', TEST_OPTIONS, () =>
  together(
    [
      {
        algorithm: 'source',
        servers: [{ weight: 4 }, { weight: 2 }, { weight: 8 }],
        lines: ['hash-type consistent sdbm'],
      },
    ],
    async (pair) => {
      const random = seeded(5);
      for (const [server, weight] of [
        [0, 1],
        [1, 200],
        [2, 0],
        [0, 9],
        [2, 8],
      ] as const) {
        await pair.weight(server, weight);
        for (let client = 0; client < 12; client++) await pair.pick(randomAddress(random));
      }
    },
  ),
);

test('hash-balance-factor gives the overflow to the same servers', TEST_OPTIONS, () => {
  const lists = [
    [1, 1, 1, 1],
    [1, 2, 3],
    [10, 20, 30, 5],
  ];
  return together(
    lists.flatMap((list) =>
      [101, 125, 150, 300].map((factor) => ({
        algorithm: 'source',
        servers: list.map((weight, server) => ({ weight, backup: factor === 150 && server === 1 })),
        lines: ['hash-type consistent sdbm', `hash-balance-factor ${factor}`],
      })),
    ),
    async (pair, at) => {
      const random = seeded(at + 21);
      const busy = randomAddress(random);
      for (let step = 0; step < 24; step++) {
        if (step === 12) await pair.maintenance(at % 3, true);
        if (step === 18) await pair.weight((at + 1) % 3, 7);
        if (pair.heldCount > 6 && random() < 0.3) await pair.release(Math.floor(random() * pair.heldCount));
        else await pair.hold(random() < 0.6 ? busy : randomAddress(random));
      }
    },
  );
});

/**
 * The ring of `hash-type consistent`: points on a circle of 2^32, many for each server in proportion to its weight. A
 * hash belongs to the point that is nearest to it, in either direction.
 *
 * Where the points lie was found by watching HAProxy 2.6: the n-th point of a server is the avalanche of 4096 times its
 * id plus n, and a server has 16 points for each unit of its weight. Of two points at the same distance the one below
 * the hash counts.
 *
 * The points of every server at its full weight are sorted once; what a change takes out or puts in are bits of a set,
 * so that a change costs what the server's own points cost, and a look-up O(log n) whoever is in use. A thread has a
 * ring of its own: it follows from shared words alone.
 */
import { avalanche } from '../../../expr/hashes/avalanche.ts';
import { ActiveSet } from './active-set.ts';

/** As many points as the highest weight has: the numbers of a server's points never meet those of the next id. */
const POINTS_PER_ID = 4096;
const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;

export class HashRing {
  readonly #ids: readonly number[];
  /** By server: points that are laid out, and how many of them, from the first on, are in use. */
  readonly #laidOut: Int32Array;
  readonly #used: Int32Array;
  /** All points in ascending order. */
  #places = new Uint32Array(0);
  #owners = new Int32Array(0);
  #active = new ActiveSet(0);

  /** `points`: how many each server has at the weight that was configured for it. At first all are in use. */
  constructor(ids: readonly number[], points: readonly number[]) {
    this.#ids = ids;
    this.#laidOut = Int32Array.from(points);
    this.#used = Int32Array.from(points);
    this.#layOut();
  }

  #place(server: number, point: number): number {
    return avalanche((this.#ids[server] as number) * POINTS_PER_ID + point);
  }

  /** Sorts the points of all servers; each has as many in use as before. */
  #layOut(): void {
    const total = this.#laidOut.reduce((sum, points) => sum + points, 0);
    let places = new Uint32Array(total);
    let owners = new Int32Array(total);
    let at = 0;
    this.#laidOut.forEach((points, server) => {
      for (let point = 0; point < points; point++) {
        places[at] = this.#place(server, point);
        owners[at++] = server;
      }
    });
    // By digits, the lower one first: a hundred thousand points take milliseconds, and equal ones keep their order.
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      const starts = new Int32Array(DIGITS + 1);
      for (let i = 0; i < total; i++) starts[(((places[i] as number) >>> shift) & (DIGITS - 1)) + 1]!++;
      for (let digit = 0; digit < DIGITS; digit++) starts[digit + 1]! += starts[digit] as number;
      const sortedPlaces = new Uint32Array(total);
      const sortedOwners = new Int32Array(total);
      for (let i = 0; i < total; i++) {
        const place = places[i] as number;
        const to = starts[(place >>> shift) & (DIGITS - 1)]!++;
        sortedPlaces[to] = place;
        sortedOwners[to] = owners[i] as number;
      }
      places = sortedPlaces;
      owners = sortedOwners;
    }
    this.#places = places;
    this.#owners = owners;
    this.#active = new ActiveSet(total);
    if (this.#used.every((used, server) => used === this.#laidOut[server])) this.#active.fill();
    else for (const [server, used] of this.#used.entries()) this.#toggle(server, 0, used);
  }

  /** Gives every server its points: `pointsOf` says how many, 0 for those that are out. */
  update(pointsOf: (server: number) => number): void {
    const wanted = Int32Array.from(this.#used, (_, server) => pointsOf(server));
    if (wanted.some((points, server) => points > (this.#laidOut[server] as number))) {
      wanted.forEach((points, server) => {
        if (points > (this.#laidOut[server] as number)) this.#laidOut[server] = points;
      });
      this.#used.set(wanted);
      this.#layOut();
      return;
    }
    wanted.forEach((points, server) => {
      const before = this.#used[server] as number;
      this.#used[server] = points;
      this.#toggle(server, before, points);
    });
  }

  /** Takes points in or out, from number `before` to number `after`. */
  #toggle(server: number, before: number, after: number): void {
    for (let point = before; point < after; point++) this.#active.add(this.#indexOf(server, point));
    for (let point = after; point < before; point++) this.#active.remove(this.#indexOf(server, point));
  }

  #indexOf(server: number, point: number): number {
    let index = this.#firstFrom(this.#place(server, point));
    // Two servers' points may fall on one place, when ids differ by more than 2^20.
    while (this.#owners[index] !== server) index++;
    return index;
  }

  /** Index of the first point, in use or not, that does not lie below the place. */
  #firstFrom(place: number): number {
    const places = this.#places;
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((places[middle] as number) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The point in use that a hash belongs to, as an index; -1 when there is none. */
  nearest(hash: number): number {
    const at = this.#firstFrom(hash);
    const above = this.#orFirst(this.#active.from(at));
    if (above < 0) return -1;
    let below = this.#active.upTo(at - 1);
    if (below < 0) below = this.#active.upTo(this.#places.length - 1);
    const up = ((this.#places[above] as number) - hash) >>> 0;
    const down = (hash - (this.#places[below] as number)) >>> 0;
    return down <= up ? below : above;
  }

  /** The next point in use behind this one, around the circle. */
  after(index: number): number {
    return this.#orFirst(this.#active.from(index + 1));
  }

  /** The first point in use that does not lie below the place; -1 when there is none. */
  firstFrom(place: number): number {
    return this.#orFirst(this.#active.from(this.#firstFrom(place)));
  }

  #orFirst(index: number): number {
    return index < 0 ? this.#active.from(0) : index;
  }

  owner(index: number): number {
    return this.#owners[index] as number;
  }

  place(index: number): number {
    return this.#places[index] as number;
  }
}

/**
 * Timers with O(1) arm and disarm: four wheels of 256 slots, 1 ms to 49 days.
 * Deadlines move all the time (every byte extends an inactivity timeout) but timers seldom fire, so moving a deadline
 * further away only writes a field: the timer stays where it is queued and is queued again when that slot comes up.
 * Times are 32-bit milliseconds that wrap around (every 49 days): they are compared by their difference only, so
 * they are always small integers and a process may run for years. No delay may exceed 2^31-1 ms.
 */
const SLOTS = 256;
const LEVELS = 4;
export interface TimerOwner {
  onTimer(timer: Timer): void;
  /** `onTimer` threw: a bug. The owner ends what it stands for; without this the thread ends. */
  onBug?(error: unknown): void;
}

export class Timer {
  readonly owner: TimerOwner;
  running = false;
  /** Milliseconds of the loop's clock; means nothing unless running. */
  deadline = 0;
  /** When the slot that it is queued in comes up; means nothing unless queued (slot >= 0). */
  queuedAt = 0;
  slot = -1;
  next: Timer | null = null;
  previous: Timer | null = null;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }
}

export class TimerWheel {
  private readonly heads: (Timer | null)[] = new Array<Timer | null>(SLOTS * LEVELS).fill(null);
  private readonly occupied = new Uint32Array((SLOTS * LEVELS) / 32);
  /** All slots up to this millisecond have been run. */
  private current: number;
  queued = 0;

  constructor(nowMs: number) {
    this.current = nowMs;
  }

  arm(timer: Timer, deadlineMs: number): void {
    timer.running = true;
    timer.deadline = deadlineMs;
    if (timer.slot >= 0) {
      if (((deadlineMs - timer.queuedAt) | 0) >= 0) return;
      this.unlink(timer);
    }
    this.link(timer);
  }

  /** Stops the timer; it may stay queued, which costs one look when its slot comes up. */
  disarm(timer: Timer): void {
    timer.running = false;
  }

  /** Takes the timer out for good, so that nothing refers to its owner any more. */
  release(timer: Timer): void {
    timer.running = false;
    if (timer.slot >= 0) this.unlink(timer);
  }

  /** Milliseconds from `nowMs` until a slot has to be looked at; -1 when no timer is queued. */
  delayMs(nowMs: number): number {
    if (this.queued === 0) return -1;
    let soonest = 0x7fffffff;
    for (let level = 0; level < LEVELS; level++) {
      const shift = level * 8;
      const distance = this.firstOccupied(level, (this.current >>> shift) & 255);
      if (distance < 0) continue;
      // In a higher wheel the slot's first millisecond is when its timers move down.
      const at = ((this.current >>> shift) + distance) << shift;
      const delay = (at - nowMs) | 0;
      if (delay < soonest) soonest = delay;
    }
    return Math.max(soonest, 0);
  }

  /** Runs what is due at `nowMs`. Returns how many timers fired. */
  advance(nowMs: number): number {
    let fired = 0;
    while (((nowMs - this.current) | 0) > 0) {
      if (this.queued === 0) {
        this.current = nowMs;
        break;
      }
      const position = this.current & 255;
      const distance = this.firstOccupied(0, position);
      // Jump over empty slots, but never over the point where a higher wheel has to be emptied.
      const boundary = 256 - position;
      const step = distance > 0 && distance < boundary ? distance : boundary;
      if (((nowMs - this.current) | 0) < step) {
        this.current = nowMs;
        break;
      }
      this.current = (this.current + step) | 0;
      if (step === boundary) this.cascade();
      fired += this.runSlot(this.current & 255, nowMs);
    }
    return fired;
  }

  private link(timer: Timer): void {
    let at = timer.deadline;
    let delta = (at - this.current) | 0;
    if (delta <= 0) {
      at = (this.current + 1) | 0;
      delta = 1;
    }
    let level = 0;
    if (delta >= 1 << 24) level = 3;
    else if (delta >= 1 << 16) level = 2;
    else if (delta >= 1 << 8) level = 1;
    // A slot of a higher wheel must lie ahead of the wheel's hand, or it would wait for a whole turn.
    let index = (at >>> (level * 8)) & 255;
    if (level > 0 && index === ((this.current >>> (level * 8)) & 255)) index = (index + 255) & 255;
    this.linkAt(timer, level * SLOTS + index, at);
  }

  private linkAt(timer: Timer, slot: number, at: number): void {
    const head = this.heads[slot] as Timer | null;
    timer.slot = slot;
    timer.queuedAt = at;
    timer.previous = null;
    timer.next = head;
    if (head !== null) head.previous = timer;
    this.heads[slot] = timer;
    this.occupied[slot >>> 5] = (this.occupied[slot >>> 5] as number) | (1 << (slot & 31));
    this.queued++;
  }

  private unlink(timer: Timer): void {
    const { slot, next, previous } = timer;
    if (next !== null) next.previous = previous;
    if (previous !== null) previous.next = next;
    else {
      this.heads[slot] = next;
      if (next === null)
        this.occupied[slot >>> 5] = (this.occupied[slot >>> 5] as number) & ~(1 << (slot & 31));
    }
    timer.slot = -1;
    timer.next = null;
    timer.previous = null;
    this.queued--;
  }

  /** Distance (1…256) from `position` to the next occupied slot of a wheel, or -1. */
  private firstOccupied(level: number, position: number): number {
    const words = level * 8;
    for (let step = 0; step <= 8; step++) {
      const start = position + 1;
      const word = ((start >>> 5) + step) & 7;
      let bits = this.occupied[words + word] as number;
      if (step === 0) bits &= -1 << (start & 31);
      else if (step === 8) bits &= ~(-1 << (start & 31));
      if (bits !== 0) {
        const slot = word * 32 + (31 - Math.clz32(bits & -bits));
        const distance = (slot - position) & 255;
        return distance === 0 ? 256 : distance;
      }
    }
    return -1;
  }

  /** Moves the timers of the higher wheels' current slots down, the highest wheel first. */
  private cascade(): void {
    let top = 0;
    for (let level = 1; level < LEVELS; level++) {
      top = level;
      if (((this.current >>> (level * 8)) & 255) !== 0) break;
    }
    for (let level = top; level >= 1; level--)
      this.redistribute(level * SLOTS + ((this.current >>> (level * 8)) & 255));
  }

  private redistribute(slot: number): void {
    let timer = this.heads[slot] as Timer | null;
    while (timer !== null) {
      const next = timer.next;
      this.unlink(timer);
      if (timer.running) {
        // What is due in this very millisecond goes where runSlot looks next; link() would put it a slot later.
        if (((timer.deadline - this.current) | 0) <= 0) this.linkAt(timer, this.current & 255, this.current);
        else this.link(timer);
      }
      timer = next;
    }
  }

  /** A bug in one timer's owner ends that owner alone. */
  private fire(timer: Timer): void {
    try {
      timer.owner.onTimer(timer);
    } catch (error) {
      if (timer.owner.onBug === undefined) throw error;
      timer.owner.onBug(error);
    }
  }

  private runSlot(slot: number, nowMs: number): number {
    let fired = 0;
    // Timers that fire may arm or release others, also of this slot: always take the head.
    for (
      let timer = this.heads[slot] as Timer | null;
      timer !== null;
      timer = this.heads[slot] as Timer | null
    ) {
      this.unlink(timer);
      if (!timer.running) continue;
      if (((timer.deadline - nowMs) | 0) <= 0) {
        timer.running = false;
        fired++;
        this.fire(timer);
      } else this.link(timer);
    }
    return fired;
  }
}

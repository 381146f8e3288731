/**
 * The system calls that Sluice makes, straight from libc through koffi. Addresses are plain numbers (int64_t): no BigInt
 * and no pointer objects on the hot path. Every function returns what the C function returns; after a failure `errno()`
 * must be read before anything else is called.
 * Only os/, loop/ and transport/ may import this file: addresses do not travel further up.
 */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

// Each signature is written in C, so the argument types are koffi's to check; the wrapper types below are what TypeScript sees.
type Fn<A extends unknown[], R = number> = (...args: A) => R;
const bind = <F>(signature: string): F => libc.func(signature) as unknown as F;

export const socket = bind<Fn<[domain: number, type: number, protocol: number]>>('int socket(int, int, int)');
export const bindSocket = bind<Fn<[fd: number, address: number, length: number]>>(
  'int bind(int, int64_t, int)',
);
export const listen = bind<Fn<[fd: number, backlog: number]>>('int listen(int, int)');
export const accept4 = bind<Fn<[fd: number, address: number, length: number, flags: number]>>(
  'int accept4(int, int64_t, int64_t, int)',
);
export const connect = bind<Fn<[fd: number, address: number, length: number]>>(
  'int connect(int, int64_t, int)',
);
export const shutdown = bind<Fn<[fd: number, how: number]>>('int shutdown(int, int)');
export const close = bind<Fn<[fd: number]>>('int close(int)');
export const recv = bind<Fn<[fd: number, address: number, length: number, flags: number]>>(
  'int recv(int, int64_t, int64_t, int)',
);
export const send = bind<Fn<[fd: number, address: number, length: number, flags: number]>>(
  'int send(int, int64_t, int64_t, int)',
);
export const sendto = bind<
  Fn<[fd: number, address: number, length: number, flags: number, to: number, toLength: number]>
>('int sendto(int, int64_t, int64_t, int, int64_t, int)');
export const sendmsg = bind<Fn<[fd: number, message: number, flags: number]>>(
  'int sendmsg(int, int64_t, int)',
);
export const read = bind<Fn<[fd: number, address: number, length: number]>>(
  'int read(int, int64_t, int64_t)',
);
export const write = bind<Fn<[fd: number, address: number, length: number]>>(
  'int write(int, int64_t, int64_t)',
);
export const setsockopt = bind<
  Fn<[fd: number, level: number, option: number, value: number, length: number]>
>('int setsockopt(int, int, int, int64_t, int)');
export const getsockopt = bind<
  Fn<[fd: number, level: number, option: number, value: number, length: number]>
>('int getsockopt(int, int, int, int64_t, int64_t)');
export const getsockname = bind<Fn<[fd: number, address: number, length: number]>>(
  'int getsockname(int, int64_t, int64_t)',
);
export const getpeername = bind<Fn<[fd: number, address: number, length: number]>>(
  'int getpeername(int, int64_t, int64_t)',
);
export const fcntl = bind<Fn<[fd: number, command: number, argument: number]>>('int fcntl(int, int, int)');
export const pipe2 = bind<Fn<[fds: number, flags: number]>>('int pipe2(int64_t, int)');
export const splice = bind<
  Fn<[fdIn: number, offIn: number, fdOut: number, offOut: number, length: number, flags: number]>
>('int splice(int, int64_t, int, int64_t, int64_t, uint)');
export const dup = bind<Fn<[fd: number]>>('int dup(int)');
export const dup2 = bind<Fn<[from: number, to: number]>>('int dup2(int, int)');
/** A file without a name, in memory only. */
export const memfdCreate = bind<Fn<[name: string, flags: number]>>('int memfd_create(str, uint)');

export const epollCreate1 = bind<Fn<[flags: number]>>('int epoll_create1(int)');
export const epollCtl = bind<Fn<[epfd: number, operation: number, fd: number, event: number]>>(
  'int epoll_ctl(int, int, int, int64_t)',
);
export const epollWait = bind<Fn<[epfd: number, events: number, count: number, timeoutMs: number]>>(
  'int epoll_wait(int, int64_t, int, int)',
);
export const eventfd = bind<Fn<[initial: number, flags: number]>>('int eventfd(uint, int)');

export const mmap = bind<
  Fn<[address: number, length: number, protection: number, flags: number, fd: number, offset: number]>
>('int64_t mmap(int64_t, int64_t, int, int, int, int64_t)');
export const madvise = bind<Fn<[address: number, length: number, advice: number]>>(
  'int madvise(int64_t, int64_t, int)',
);

export const chroot = bind<Fn<[path: string]>>('int chroot(str)');
export const chdir = bind<Fn<[path: string]>>('int chdir(str)');
export const setuid = bind<Fn<[uid: number]>>('int setuid(uint)');
export const setgid = bind<Fn<[gid: number]>>('int setgid(uint)');
export const setgroups = bind<Fn<[count: number, list: number]>>('int setgroups(int64_t, int64_t)');
export const setns = bind<Fn<[fd: number, type: number]>>('int setns(int, int)');
export const getrlimit = bind<Fn<[resource: number, limits: number]>>('int getrlimit(int, int64_t)');
export const setrlimit = bind<Fn<[resource: number, limits: number]>>('int setrlimit(int, int64_t)');
export const prctl = bind<Fn<[option: number, a: number, b: number, c: number, d: number]>>(
  'int prctl(int, int64_t, int64_t, int64_t, int64_t)',
);
export const schedSetAffinity = bind<Fn<[thread: number, length: number, mask: number]>>(
  'int sched_setaffinity(int, int64_t, int64_t)',
);
/**
 * Ends the process at once: no exit handlers, and no waiting for threads, which a thread that sleeps in epoll_wait
 * would hold up for ever. All output must have been written before.
 */
export const exitNow = bind<(status: number) => never>('void _exit(int)');

/** A view of process memory. The memory is not owned by the view. */
export function viewMemory(address: number, lengthBytes: number): ArrayBuffer {
  return koffi.view(BigInt(address), lengthBytes);
}

const errnoLocation = bind<Fn<[]>>('int64_t __errno_location()');
// libc keeps errno at one address per thread, so one view per thread reads it without a call (115 ns saved per EAGAIN).
const errnoCell = new Int32Array(viewMemory(errnoLocation(), 4));

/** The error number of the libc call made just before on this thread. */
export function errno(): number {
  return errnoCell[0] as number;
}

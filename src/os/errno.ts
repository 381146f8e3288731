/**
 * Error numbers of system calls: the numbers themselves and the texts that libc gives them.
 */
export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const EPIPE = 32;
export const EPROTO = 71;
export const ENOTCONN = 107;
export const EADDRINUSE = 98;
export const EADDRNOTAVAIL = 99;
export const ENETUNREACH = 101;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const EISCONN = 106;
export const ETIMEDOUT = 110;
export const ECONNREFUSED = 111;
export const EHOSTUNREACH = 113;
export const EALREADY = 114;
export const EINPROGRESS = 115;

const texts = new Map<number, string>([
  [EPERM, 'Operation not permitted'],
  [ENOENT, 'No such file or directory'],
  [EINTR, 'Interrupted system call'],
  [EBADF, 'Bad file descriptor'],
  [EAGAIN, 'Resource temporarily unavailable'],
  [ENOMEM, 'Cannot allocate memory'],
  [EACCES, 'Permission denied'],
  [EINVAL, 'Invalid argument'],
  [ENFILE, 'Too many open files in system'],
  [EMFILE, 'Too many open files'],
  [EPIPE, 'Broken pipe'],
  [EPROTO, 'Protocol error'],
  [ENOTCONN, 'Transport endpoint is not connected'],
  [EADDRINUSE, 'Address already in use'],
  [EADDRNOTAVAIL, 'Cannot assign requested address'],
  [ENETUNREACH, 'Network is unreachable'],
  [ECONNABORTED, 'Software caused connection abort'],
  [ECONNRESET, 'Connection reset by peer'],
  [ENOBUFS, 'No buffer space available'],
  [EISCONN, 'Transport endpoint is already connected'],
  [ETIMEDOUT, 'Connection timed out'],
  [ECONNREFUSED, 'Connection refused'],
  [EHOSTUNREACH, 'No route to host'],
  [EALREADY, 'Operation already in progress'],
  [EINPROGRESS, 'Operation now in progress'],
]);

export function errnoText(errno: number): string {
  return texts.get(errno) ?? `Error ${errno}`;
}

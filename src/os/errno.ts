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
export const EEXIST = 17;
export const EXDEV = 18;
export const ENODEV = 19;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const EROFS = 30;
export const EPIPE = 32;
export const ENAMETOOLONG = 36;
export const EPROTO = 71;
export const ENOTSOCK = 88;
export const EPROTONOSUPPORT = 93;
export const EAFNOSUPPORT = 97;
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
  [EEXIST, 'File exists'],
  [EXDEV, 'Invalid cross-device link'],
  [ENODEV, 'No such device'],
  [ENOTDIR, 'Not a directory'],
  [EISDIR, 'Is a directory'],
  [EINVAL, 'Invalid argument'],
  [ENFILE, 'Too many open files in system'],
  [EMFILE, 'Too many open files'],
  [EROFS, 'Read-only file system'],
  [EPIPE, 'Broken pipe'],
  [ENAMETOOLONG, 'File name too long'],
  [EPROTO, 'Protocol error'],
  [ENOTSOCK, 'Socket operation on non-socket'],
  [EPROTONOSUPPORT, 'Protocol not supported'],
  [EAFNOSUPPORT, 'Address family not supported by protocol'],
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

/**
 * Whether a file can stand for an error reply: a whole HTTP/1 response whose announced length is that of its body.
 * Offsets and wording as HAProxy 2.6 gives them.
 */

/** What is wrong with the text, behind `'FILE': `; undefined when nothing is. */
export function faultInErrorFile(text: string): string | undefined {
  const start = /^([^ \r\n]*)(?: +([0-9]{3})(?: [^\r\n]*)?)?\r?(?:\n|$)/.exec(text);
  const version = start?.[1] ?? '';
  if (version !== '' && !/^HTTP\/[0-9]\.[0-9]$/.test(version) && !/^[A-Za-z0-9_.-]+\/?[^/]*$/.test(version)) {
    return 'unable to parse headers (error offset: 0)';
  }
  if (start === null || start[2] === undefined) return 'unable to parse headers (error offset: 0)';
  let at = start[0].length;
  let lengthBytes: number | undefined;
  let chunked = false;
  for (;;) {
    const end = text.indexOf('\n', at);
    if (end < 0) return 'unable to parse headers (error offset: -2)';
    const line = text.slice(at, end).replace(/\r$/, '');
    if (line === '') {
      at = end + 1;
      break;
    }
    const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]*/.exec(line)![0];
    if (name === '' || line.charAt(name.length) !== ':') {
      return `unable to parse headers (error offset: ${at + name.length})`;
    }
    const value = line.slice(name.length + 1).trim();
    if (name.toLowerCase() === 'content-length') {
      if (!/^[0-9]+$/.test(value)) {
        const bad = line.slice(name.length + 1).search(/[^ \t0-9]/);
        return `unable to parse headers (error offset: ${at + name.length + 1 + Math.max(0, bad)})`;
      }
      lengthBytes = Number(value);
    } else if (name.toLowerCase() === 'transfer-encoding')
      chunked ||= /(^|,)[ \t]*chunked[ \t]*$/i.test(value);
    at = end + 1;
  }
  if (!/^HTTP\/1\.[01]$/.test(version)) return `invalid http version (${version})`;
  const status = Number(start[2]);
  if (status < 200 || status > 599) return `invalid http status code for an error message (${status})`;
  if (chunked) return 'chunk-encoded payload not supported';
  const body = text.length - at;
  if (lengthBytes !== undefined && lengthBytes !== body) {
    return `payload size does not match the announced content-length (${body} != ${lengthBytes})`;
  }
  return undefined;
}

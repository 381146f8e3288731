/**
 * Names of ACL criteria that stand for a fetch with a match method: `path_beg` for `path -m beg`.
 * Specification: configuration manual 7.3 (the lists "ACL derivatives"); `haproxy -dKacl` prints the same.
 */
import type { MatchName } from '../patterns/match-method.ts';

export interface Derivative {
  readonly fetch: string;
  readonly method: MatchName;
}

/** By fetch: names with their methods. */
const list: readonly (readonly [fetch: string, ...names: readonly (readonly [string, MatchName])[]])[] = [
  [
    'base',
    ['base', 'str'],
    ['base_beg', 'beg'],
    ['base_dir', 'dir'],
    ['base_dom', 'dom'],
    ['base_end', 'end'],
    ['base_len', 'len'],
    ['base_reg', 'reg'],
    ['base_sub', 'sub'],
  ],
  ['http_auth_group', ['http_auth_group', 'str']],
  ['method', ['method', 'str']],
  [
    'path',
    ['path', 'str'],
    ['path_beg', 'beg'],
    ['path_dir', 'dir'],
    ['path_dom', 'dom'],
    ['path_end', 'end'],
    ['path_len', 'len'],
    ['path_reg', 'reg'],
    ['path_sub', 'sub'],
  ],
  [
    'req.cook',
    ['cook', 'str'],
    ['cook_beg', 'beg'],
    ['cook_dir', 'dir'],
    ['cook_dom', 'dom'],
    ['cook_end', 'end'],
    ['cook_len', 'len'],
    ['cook_reg', 'reg'],
    ['cook_sub', 'sub'],
  ],
  [
    'req.hdr',
    ['hdr', 'str'],
    ['hdr_beg', 'beg'],
    ['hdr_dir', 'dir'],
    ['hdr_dom', 'dom'],
    ['hdr_end', 'end'],
    ['hdr_len', 'len'],
    ['hdr_reg', 'reg'],
    ['hdr_sub', 'sub'],
  ],
  ['req.payload', ['payload', 'bin']],
  ['req.payload_lv', ['payload_lv', 'bin']],
  ['req.rdp_cookie', ['req_rdp_cookie', 'str']],
  ['req.rdp_cookie_cnt', ['req_rdp_cookie_cnt', 'int']],
  ['req.ssl_sni', ['req_ssl_sni', 'str']],
  ['req.ssl_ver', ['req.ssl_ver', 'int'], ['req_ssl_ver', 'int']],
  ['req.ver', ['req_ver', 'str']],
  [
    'res.cook',
    ['scook', 'str'],
    ['scook_beg', 'beg'],
    ['scook_dir', 'dir'],
    ['scook_dom', 'dom'],
    ['scook_end', 'end'],
    ['scook_len', 'len'],
    ['scook_reg', 'reg'],
    ['scook_sub', 'sub'],
  ],
  [
    'res.hdr',
    ['shdr', 'str'],
    ['shdr_beg', 'beg'],
    ['shdr_dir', 'dir'],
    ['shdr_dom', 'dom'],
    ['shdr_end', 'end'],
    ['shdr_len', 'len'],
    ['shdr_reg', 'reg'],
    ['shdr_sub', 'sub'],
  ],
  ['res.ver', ['resp_ver', 'str']],
  ['ssl_fc_sni', ['ssl_fc_sni_end', 'end'], ['ssl_fc_sni_reg', 'reg']],
  [
    'url',
    ['url', 'str'],
    ['url_beg', 'beg'],
    ['url_dir', 'dir'],
    ['url_dom', 'dom'],
    ['url_end', 'end'],
    ['url_len', 'len'],
    ['url_reg', 'reg'],
    ['url_sub', 'sub'],
  ],
  [
    'urlp',
    ['urlp', 'str'],
    ['urlp_beg', 'beg'],
    ['urlp_dir', 'dir'],
    ['urlp_dom', 'dom'],
    ['urlp_end', 'end'],
    ['urlp_len', 'len'],
    ['urlp_reg', 'reg'],
    ['urlp_sub', 'sub'],
  ],
];

const derivatives = new Map<string, Derivative>();
for (const [fetch, ...names] of list) {
  for (const [name, method] of names) derivatives.set(name, { fetch, method });
}

export function aclDerivatives(): ReadonlyMap<string, Derivative> {
  return derivatives;
}

// Owns: the rules of the workload `rich`: what a busy frontend of an ordinary site has, each rule asked for each request.
// Must not: use anything but the rule language that HAProxy 2.6 and Sluice have in common.

const MAP_ENTRIES = 2000;

/** Host → tenant; the host that the clients ask for is among them. */
export function tenantMap(): string {
  const lines: string[] = [];
  for (let i = 1; i < MAP_ENTRIES; i++) lines.push(`host-${i}.example tenant-${i}`);
  lines.push('bench.example tenant-bench');
  return `${lines.join('\n')}\n`;
}

/** The lines of the frontend; `map` is the file with the tenants. */
export function richRules(map: string): string[] {
  return [
    'acl is-static path_beg /static/ /images/ /fonts/',
    'acl is-api path_beg /api/',
    'acl is-admin path_beg /admin',
    'acl is-health path /health',
    'acl is-script path_end .php .cgi',
    'acl is-image path_end .png .jpg .gif',
    'acl climbs path_sub /../',
    'acl is-object path_beg /bench/',
    'acl is-upload path_dir upload',
    'acl is-old path_reg ^/v[0-9]+/',
    'http-request deny if is-admin or climbs',
    `http-request set-var(txn.tenant) req.hdr(host),lower,map_str(${map},nobody)`,
    'http-request set-var(txn.section) path,field(2,/)',
    'http-request del-header X-Debug',
    'http-request set-header X-Tenant %[var(txn.tenant)]',
    'http-request set-header X-Section %[var(txn.section)] if is-object',
    'http-request set-header X-Kind static if is-static or is-image',
    'http-request set-header X-Kind api if is-api !is-health',
    'http-request set-header X-Kind old if is-old',
    'http-request return status 404 if is-script or is-upload',
    'http-response del-header Server',
    'http-response set-header X-Tenant %[var(txn.tenant)]',
    'http-response set-header X-Frame-Options DENY',
  ];
}

/** The list of fetches, converters and match methods: importing this file registers them all. */
import './acl/acl-keyword.ts';
import './converters/letters.ts';
import './fetches/client.ts';
import './fetches/constants.ts';

/** The list of fetches, converters and match methods: importing this file registers them all. */
import './acl/acl-keyword.ts';
import './converters/addresses.ts';
import './converters/arithmetic.ts';
import './converters/base64.ts';
import './converters/digests.ts';
import './converters/encodings.ts';
import './converters/hashes.ts';
import './converters/host.ts';
import './converters/letters.ts';
import './converters/regsub.ts';
import './converters/slices.ts';
import './converters/urls.ts';
import './converters/variables.ts';
import './fetches/client.ts';
import './fetches/constants.ts';
import './patterns/found.ts';

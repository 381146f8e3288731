/** Networks of addresses. Specification: configuration manual 7.3.1 `ipmask`. */
import { takesAtLeast } from '../argument.ts';
import { cast, isMappedInet4 } from '../casts.ts';
import { registerConverters } from '../converter-record.ts';
import { T_ADDR, T_IPV4, T_IPV6 } from '../sample.ts';

registerConverters({
  name: 'ipmask',
  arguments: takesAtLeast(1, 'IPv4 mask', 'IPv6 mask'),
  input: T_ADDR,
  output: T_IPV4,
  doc: 'The network of an address, by a mask for IPv4 and one for IPv6.',
  manual: '7.3.1',
  link: ([first, second]) => {
    const mask4 = first?.kind === 'IPv4 mask' ? first.bytes : new Uint8Array(4);
    const mask6 = second?.kind === 'IPv6 mask' ? second.bytes : undefined;
    return (sample) => {
      const { address } = sample;
      if (sample.type === T_IPV6) {
        // An IPv4 address in disguise gets the mask for IPv4. Others need one of their own.
        if (isMappedInet4(address)) cast(sample, T_IPV4);
        else if (mask6 === undefined) return false;
        else {
          for (let i = 0; i < 16; i++) address[i] = (address[i] as number) & (mask6[i] as number);
          return true;
        }
      }
      for (let i = 0; i < 4; i++) address[i] = (address[i] as number) & (mask4[i] as number);
      return true;
    };
  },
});

/** The exit status for invalid settings, and for anything else that is wrong with the host. */
export class HostFault extends Error {
  override readonly name = 'HostFault';
}

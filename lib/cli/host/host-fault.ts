/** The one exit status for settings that have faults, as for anything that is wrong with the host. */
export class HostFault extends Error {
  override readonly name = 'HostFault';
}

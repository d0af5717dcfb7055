/** Invalid settings, or anything else that is wrong with the host: one line, with this group's exit status. */
export class HostFault extends Error {
  override readonly name = 'HostFault';
}

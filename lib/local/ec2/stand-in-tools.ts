/**
 * Shell programs that machines have in place of tools that would change the host: power, users, firewall, services,
 * packages. They behave like Ubuntu 24.04's on the stock image, including refusals, and store their changes in the
 * machine's own folder, which is its HOME.
 */

/** Where poweroff reports: a pipe that each machine's processes inherit. */
export const powerDescriptor = 3;

const powerOff = `printf 'poweroff\\n' >&${powerDescriptor}`;

/**
 * Now, after some minutes, or cancelled (-c). A waiting shutdown belongs to the machine's session, and ends with it.
 */
const shutdown = `
pending="$HOME/.shutdown"
if [[ -e $pending ]]; then kill -- "-$(<"$pending")"; rm "$pending"; fi
case " $* " in
  *' -c '*) ;;
  *' +'*)
    minutes="$*"
    minutes="\${minutes##*+}"
    set -m
    (sleep "$((\${minutes%% *} * 60))"; ${powerOff}) </dev/null >/dev/null 2>&1 &
    echo "$!" >"$pending"
    ;;
  *) ${powerOff} ;;
esac`;

/** apt-daily.service downloads lists, and can be stopped; a running unattended upgrade is allowed to finish. */
const systemctl = `
if [[ \${1:-} == poweroff ]]; then ${powerOff}; fi
case " $* " in *' stop '*'apt-daily.service '*) rm -f "$HOME/.lists-lock" ;; esac
exit 0`;

/**
 * It waits for the package lock for DPkg::Lock::Timeout, by default not at all, and never for the lock of the package
 * lists. If it finds one of them held, it leaves a file that says so.
 * Source: apt.conf(5); https://github.com/github-aws-runners/terraform-aws-github-runner/pull/5141
 */
const aptGet = `
refuse() { : >"$HOME/.met-lock"; echo "E: Could not get lock $1. It is held by process 5381 (apt-get)" >&2; exit 100; }
seconds=0
settings="$* $(cat "\${APT_CONFIG:-/dev/null}")"
pattern='DPkg::Lock::Timeout[= ]"?([0-9]+)'
[[ $settings =~ $pattern ]] && seconds="\${BASH_REMATCH[1]}"
case " $* " in
  *' update '*) if [[ -e $HOME/.lists-lock ]]; then refuse /var/lib/apt/lists/lock; fi ;;
  *)
    while [[ -e $HOME/.dpkg-lock ]]; do
      : >"$HOME/.met-lock"
      ((seconds-- > 0)) || refuse /var/lib/dpkg/lock-frontend
      sleep 1
    done
    case "$*" in *libicu*) : >"$HOME/.icu" ;; esac
    ;;
esac
echo "apt-get $*"`;

/** It is not documented whether the image has ICU: here it does not, so that the installation is tested. */
const ldconfig = `
for library in libssl.so.3 libgssapi_krb5.so.2 libz.so.1; do echo "	$library (libc6,x86-64) => /lib/$library"; done
if [[ -e $HOME/.icu ]]; then echo "	libicuuc.so.74 (libc6,x86-64) => /lib/libicuuc.so.74"; fi`;

/** The stock image has no Docker, and so no docker group. */
const usermod = `
case " $* " in *' docker '*) echo "usermod: group 'docker' does not exist" >&2; exit 6 ;; esac`;

/** On this host all of a machine's processes run as one user. On the machine, USER is the one that runuser names. */
const runuser = `
while [[ $# -gt 0 && $1 != -- ]]; do
  if [[ $1 == -u ]]; then export USER="$2"; fi
  shift
done
shift
exec "$@"`;

const sudo = `
while [[ \${1:-} == -* ]]; do shift; done
if [[ \${USER:-root} == root ]] || grep -qs "^$USER ALL=(ALL) NOPASSWD: ALL$" "$HOME"/etc/sudoers.d/*; then
  USER=root exec "$@"
fi
echo 'sudo: a password is required' >&2
exit 1`;

/** `install -m MODE FILE TARGET`, below the machine's own folder. */
const install = `
target="$HOME\${*: -1}"
mkdir -p "\${target%/*}"
cat "\${@: -2:1}" >"$target"
if [[ $1 == -m ]]; then chmod "$2" "$target"; fi`;

export const standInTools: Readonly<Record<string, string>> = {
  poweroff: powerOff,
  shutdown,
  systemctl,
  'apt-get': aptGet,
  ldconfig,
  usermod,
  runuser,
  sudo,
  install,
};

export const toolsThatDoNothing = ['useradd', 'chown', 'iptables', 'ip6tables', 'cloud-init'] as const;

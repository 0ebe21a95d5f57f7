// The watcher is a shell script because it must cost nothing while it waits (under 1 MB, where a Node process takes 40),
// need nothing installed, and share no code with the host whose death it survives. It waits for the end of its input,
// which comes when the host is gone, however it went. The host's end of the pipe is closed on exec, so no child that
// the host was just starting can be without its mark by then.
//
// $1 is the host's mark. Each line of input is the whole set of processes that the host knows of, as ` pid:start pid:start `:
// among them those that threw their mark away.

const WAIT = `
trap '' HUP INT TERM
mark=$1 known= empty=0 round=0
while IFS= read -r line; do known=$line; done
`;

/** Three empty looks in a row, some 50 ms apart: one may miss a process that was just being born. */
const KILL = `
while [ $empty -lt 3 ] && [ $round -lt 200 ]; do
  find_kin
  if [ -n "$kin" ]; then
    empty=0
    for group in $groups; do kill -9 -- "-$group"; done
    kill -9 $kin
  else
    empty=$((empty + 1))
  fi 2>/dev/null
  round=$((round + 1))
  sleep 0.05 2>/dev/null || sleep 1
done
`;

/** The rule of `kin.ts`: by mark, by memory, by parent, by session. */
const LINUX_KIN = `
leashed() {
  ls -l /proc/[0-9]*/fd 2>/dev/null | while IFS= read -r line; do
    case $line in /proc/*) directory=$line ;; *"$mark"*) echo "$directory" ;; esac
  done
}
find_kin() {
  kin= groups= sessions=' ' marked=' '
  for file in $(grep -lsF "$mark" /proc/[0-9]*/environ) $(leashed); do
    file=\${file#/proc/}
    marked="$marked\${file%%/*} "
  done
  grown=1
  while [ -n "$grown" ]; do
    grown=
    for dir in /proc/[0-9]*; do
      pid=\${dir#/proc/}
      case " $kin " in *" $pid "*) continue ;; esac
      { IFS= read -r stat <"$dir/stat"; } 2>/dev/null || continue
      set -- \${stat##*) }
      [ "$1" = Z ] && continue
      case "$marked" in *" $pid "*) ;; *)
      case "$known" in *" $pid:\${20} "*) ;; *)
      case "$sessions" in *" $4 "*) ;; *)
      case " $kin " in *" $2 "*) ;; *) continue ;; esac ;; esac ;; esac ;; esac
      kin="$kin $pid" groups="$groups $3" sessions="$sessions$4 " grown=1
    done
  done
}
`;

/** Without /proc: by mark and by memory. */
const PS_KIN = `
find_kin() {
  kin=$(ps axeww -o pid=,command= | grep -F "$mark" | grep -v grep | while read -r pid rest; do echo "$pid"; done)
  groups=
  for pair in $known; do kill -0 "\${pair%:*}" && kin="$kin \${pair%:*}"; done 2>/dev/null
}
`;

export const WATCH_SCRIPT = process.platform === 'linux' ? LINUX_KIN + WAIT + KILL : PS_KIN + WAIT + KILL;

/** Windows has no shell to rely on and no environments to read: what the host knows of is ended with its descendants. */
export const WINDOWS_WATCH_SCRIPT = `
let text = '';
process.stdin.on('data', (data) => { text = (text + data).slice(-65536); });
process.stdin.on('end', () => {
  const line = text.trimEnd().split('\\n').at(-1) ?? '';
  for (const pair of line.split(' ').filter(Boolean))
    require('node:child_process').spawnSync('taskkill', ['/T', '/F', '/PID', pair.split(':')[0]]);
});
`;

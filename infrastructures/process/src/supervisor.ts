/**
 * The shell program that runs one attempt's command and outlives the worker. Arguments: claim file, attempt directory,
 * file for standard output, file for standard error, then the command.
 *
 * - It takes the claim before anything else: `set -C` opens with O_EXCL, so of all supervisors that ever start for an
 *   attempt at most one goes on. The claim holds the supervisor's own identity (`/proc/self/stat`: pid and start time).
 * - Traps keep it alive when signals reach the whole group. A trap, unlike an ignored signal, is not inherited.
 * - The subshell becomes the command, so its identity, in the file `process`, is the command's.
 * - `$?` alone does not tell `exit 137` from a SIGKILL. Shells print a message on standard error when a command dies of
 *   a signal (bash only outside POSIX mode), so a file that holds nothing else tells it. They are silent for SIGINT and
 *   SIGPIPE: 130 and 141 always count as these.
 * - A full disk must not swallow the status: it is written until it succeeds, for at most an hour.
 * - Long names: a variable of the user's environment with the name of ours would change under the command.
 */
export const SUPERVISOR = `
[ -z "\${BASH_VERSION-}" ] || set +o posix
trap : HUP INT QUIT TERM USR1 USR2 PIPE ALRM
aedile_claim_=$1 aedile_dir_=$2 aedile_out_=$3 aedile_err_=$4
shift 4
exec 2>/dev/null
set -C
read -r aedile_self_ </proc/self/stat || aedile_self_="$$ () $(/bin/ps -o lstart= -p $$)"
printf '%s\\n' "$aedile_self_" >"$aedile_claim_" || exit 0
set +C
exec 2>"$aedile_dir_/messages"
(
  { read -r aedile_self_ </proc/self/stat; } 2>/dev/null || {
    aedile_pid_=$(/bin/sh -c 'echo $PPID')
    aedile_self_="$aedile_pid_ () $(/bin/ps -o lstart= -p $aedile_pid_)"
  }
  printf '%s\\n' "$aedile_self_" >"$aedile_dir_/process"
  exec "$@"
) </dev/null >>"$aedile_out_" 2>>"$aedile_err_"
aedile_status_=$?
aedile_how_=exit
if [ -s "$aedile_dir_/messages" ]; then aedile_how_=signal; fi
case $aedile_status_ in 130 | 141) aedile_how_=signal ;; esac
aedile_tries_=0
until printf '%s %s\\n' "$aedile_how_" "$aedile_status_" >"$aedile_dir_/exit"; do
  aedile_tries_=$((aedile_tries_ + 1))
  if [ $aedile_tries_ -ge 3600 ]; then break; fi
  sleep 1
done
`

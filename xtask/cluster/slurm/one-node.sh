#!/usr/bin/env bash
# A Slurm cluster of one node on this machine, to try the job scripts: munge, slurmctld and slurmd with all their files in
# one folder, without systemd. They end when the command has ended.
#
#   one-node.sh COMMAND [ARG...]      with sbatch, squeue and sacct talking to this cluster
#
# Needs root and Debian's slurmctld, slurmd, slurm-client and munge.
set -euo pipefail

(($# > 0)) || { echo "usage: one-node.sh COMMAND [ARG...]" >&2; exit 2; }
for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || { echo "one-node.sh: $program is not installed" >&2; exit 2; }
done

place=$(mktemp -d /tmp/one-node-XXXXXX)
chmod 755 "$place"
pids=()
end() {
    # A job outlives its cluster, if nobody ends it.
    if ! is_empty && scancel --me; then ready "$place/slurmctld.log" is_empty || true; fi
    for ((at = ${#pids[@]} - 1; at >= 0; at--)); do
        kill "${pids[at]}" 2>/dev/null || true
        wait "${pids[at]}" 2>/dev/null || true
    done
    rm -rf "$place"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
is_empty() { [[ -z $(squeue --noheader 2>/dev/null) ]]; }

# Tells whether COMMAND succeeds within some tries; what did not start says why in its log.
ready() {
    local log=$1
    shift
    for _ in {1..300}; do
        "$@" >/dev/null 2>&1 && return 0
        read -rt 0.1 <> <(:) || true
    done
    echo "one-node.sh: not ready: $*" >&2
    tail -n 20 "$log" >&2
    return 1
}

mkdir "$place"/{munge,state,spool}
head -c 1024 /dev/urandom >"$place/munge/key"
chmod 600 "$place/munge/key"
munged --foreground --socket="$place/munge/socket" --key-file="$place/munge/key" --pid-file="$place/munge/pid" \
    --seed-file="$place/munge/seed" --log-file="$place/munge/log" >"$place/munge/out" 2>&1 &
pids+=($!)
ready "$place/munge/out" munge --no-input --socket="$place/munge/socket"

name=$(hostname -s)
cores=$(nproc)
export SLURM_CONF=$place/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=one
SlurmctldHost=$name(127.0.0.1)
SlurmUser=root
SlurmctldPort=46817
SlurmdPort=46818
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$place/munge/socket
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
SlurmctldLogFile=$place/slurmctld.log
SlurmdLogFile=$place/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
NodeName=$name NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END

slurmctld -D >"$place/slurmctld.out" 2>&1 &
pids+=($!)
slurmd -D >"$place/slurmd.out" 2>&1 &
pids+=($!)
is_idle() { [[ $(sinfo --noheader --format=%T) == idle ]]; }
ready "$place/slurmctld.log" is_idle

"$@"

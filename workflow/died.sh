# Called with the exit status of every job: a job that a signal ended could say nothing, its log just stops.
case "$1" in
137)
    echo "A job was killed (signal 9). Most often memory was full; a person or a scheduler may also have ended it.
Its log is named below. Run fewer jobs at once (--cores), or give training less memory: loader.workers,
loader.cache_mb (which change no result), batch of the branch. Then: affectflow resume" >&2
    ;;
134 | 135 | 136 | 139)
    echo "A job crashed in compiled code: a decoder, a GPU driver, a GPU library, or full shared memory (/dev/shm).
Its log is named below. See affectflow doctor${AFFECTFLOW_SETTINGS:+ $AFFECTFLOW_SETTINGS} and, with a GPU, nvidia-smi. Then: affectflow resume" >&2
    ;;
esac

// What Swift cannot express: control messages, the packed epoll event, fork and what must happen between
// fork and exec, ordered loads and stores in memory shared with a guest. No policy lives here.
#ifndef CALMANAC_H
#define CALMANAC_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ---- sockets with descriptors ---------------------------------------------------------------------------

/// Receives up to `length` bytes and up to `capacity` descriptors (close-on-exec) from a stream socket.
/// Returns the bytes, 0 at the end of the stream, -1 with errno. Descriptors beyond `capacity` are closed by
/// the kernel; `*truncated` says so.
ssize_t calmanac_receive(int socket, void *buffer, size_t length, int *descriptors, size_t capacity,
                         size_t *received, bool *truncated);

/// Sends `length` bytes and `count` descriptors. Never raises SIGPIPE.
ssize_t calmanac_send(int socket, const void *buffer, size_t length, const int *descriptors, size_t count);

/// The next connection, non-blocking and close-on-exec, or -1.
int calmanac_accept(int listener);

/// O_PATH, which is behind _GNU_SOURCE.
extern const int calmanac_open_path;

/// The process at the other end of a unix socket when it connected, or -1.
pid_t calmanac_peer_process(int socket);
// The user of the process that connected; (uid_t)-1 if the kernel does not know it.
uid_t calmanac_peer_user(int socket);

/// Waits until one of `count` (at most 1024) descriptors can be read or has ended: its index, the first such; -1 when
/// `timeout_ns` (negative: none) is over, -2 with errno.
int calmanac_wait_readable(const int *descriptors, size_t count, int64_t timeout_ns);

// ---- files ----------------------------------------------------------------------------------------------

/// flock(2) without waiting: -1 with EWOULDBLOCK when another process holds it.
int calmanac_lock(int descriptor, bool exclusive);

/// An extended attribute of a file, symbolic links not followed: bytes, or -1 with errno.
ssize_t calmanac_attribute(const char *path, const char *name, void *buffer, size_t length);

// ---- compression (zlib) ---------------------------------------------------------------------------------

/// Room that `length` bytes can need when compressed.
size_t calmanac_compress_bound(size_t length);

/// Compresses in zlib's format (RFC 1950), as fast as zlib can: bytes written, 0 if the room is too small.
size_t calmanac_compress(const void *bytes, size_t length, void *room, size_t capacity);

/// Whether the bytes are in zlib's format, undamaged, and become exactly `expected` bytes.
bool calmanac_uncompress(const void *bytes, size_t length, void *room, size_t expected);

/// Adler-32 (RFC 1950).
uint32_t calmanac_checksum(const void *bytes, size_t length);

// ---- epoll ----------------------------------------------------------------------------------------------

/// `struct epoll_event` without its packing, its flags as separate fields.
struct calmanac_event {
    uint64_t token;
    bool readable, writable, hung_up;
};

enum calmanac_epoll_operation { calmanac_epoll_add, calmanac_epoll_change, calmanac_epoll_remove };

enum calmanac_epoll_interest { calmanac_epoll_read, calmanac_epoll_read_once, calmanac_epoll_read_write };

int calmanac_epoll_create(void);
int calmanac_epoll_control(int epoll, enum calmanac_epoll_operation operation, int descriptor,
                           enum calmanac_epoll_interest interest, uint64_t token);
int calmanac_epoll_wait(int epoll, struct calmanac_event *events, int capacity, int timeout_ms);

/// From now on this thread, and those it starts, do without the processor's time stamp counter (rdtsc), as kernels' processes
/// do. Processes that are spawned have it.
void calmanac_give_up_counter(void);

// ---- processes ------------------------------------------------------------------------------------------

/// Where a child sees its `shown_file`.
#define CALMANAC_SHOWN_PATH "/dev/shm/.almanac"

/// Where a child sees its `shown_folder`.
#define CALMANAC_SHOWN_FOLDER "/dev/shm/.root"

/// The number that a child has for its `extra` descriptor.
#define CALMANAC_EXTRA_NUMBER 3

/// What a child process starts with. The caller keeps ownership of the pointers.
struct calmanac_spawn {
    const char *program;
    char *const *arguments;
    char *const *environment;
    const char *folder;
    int standard_input, standard_output, standard_error;
    /// A descriptor that the child has as CALMANAC_EXTRA_NUMBER; -1 for none.
    int extra;
    /// ADDR_NO_RANDOMIZE for the child and what it executes.
    bool fixed_addresses;
    /// A mount namespace in which everything is read-only, except a fresh tmpfs on /dev/shm. What was open before
    /// (the descriptors handed over) stays writable.
    bool read_only;
    /// With `read_only`: this file of the host is at CALMANAC_SHOWN_PATH as well; NULL for none.
    const char *shown_file;
    /// With `read_only`: this folder of the host is at CALMANAC_SHOWN_FOLDER as well; "" for an empty folder there, NULL for none.
    const char *shown_folder;
    /// No core dumps, and files are made with the usual permissions, whatever the caller's limits and mask are.
    bool fixed_limits;
    /// The user and group that the child becomes, without other groups; 0 for the caller's.
    unsigned user, group;
    /// Killed when the thread (not the process) that started it dies.
    bool dies_with_parent;
};

/// Which step failed: index into the steps of `calmanac_step_name`.
struct calmanac_spawn_failure {
    int step;
    int error;
};

/// Starts the child in a process group of its own, with default signal handlers, no signal blocked, and no descriptor
/// but 0, 1 and 2, and perhaps 3. `program` is not searched for; it and the folder's name are taken from the caller's folder and from
/// `folder` respectively by the kernel, so make `program` absolute. Returns when the program is executed: its process
/// id, or -1 with `*failure` filled.
pid_t calmanac_spawn(const struct calmanac_spawn *spawn, struct calmanac_spawn_failure *failure);

/// What the failed step was, as a phrase for a message.
const char *calmanac_step_name(int step);

/// The failed step was one that isolates the child from the host, which some systems do not allow.
bool calmanac_step_isolates(int step);

/// A descriptor that becomes readable when the process ends.
int calmanac_pidfd_open(pid_t process);

/// Sets whether orphans of this process's children become its own children (PR_SET_CHILD_SUBREAPER).
int calmanac_set_subreaper(bool reaps);

// ---- signals and timers as descriptors ------------------------------------------------------------------

/// A non-blocking signalfd; the caller has blocked the signals.
int calmanac_signal_descriptor(const sigset_t *signals);

/// The next signal's number, or -1 (EAGAIN: none waits).
int calmanac_next_signal(int descriptor);

/// A non-blocking timerfd on the monotonic clock with this period, not 0.
int calmanac_timer_descriptor(unsigned milliseconds);

// ---- inspecting another process -------------------------------------------------------------------------

/// A part of a process's registers.
struct calmanac_registers {
    uint64_t instruction, stack;
};

/// Stops a process that may be traced, waits at most `milliseconds` for that, reads its registers and resumes it. 0, or
/// -1 with errno. If it exits meanwhile, its status is left for its parent to reap.
int calmanac_registers(pid_t process, unsigned milliseconds, struct calmanac_registers *registers);

/// Whether a child of this process can filter its system calls with seccomp(2), so that they are handed to it as SIGSYS.
bool calmanac_can_trap_calls(void);

/// Reads another process's memory: bytes read, or -1.
ssize_t calmanac_read_memory(pid_t process, uint64_t address, void *buffer, size_t length);

// ---- cores ----------------------------------------------------------------------------------------------

bool calmanac_may_use_core(int core);
/// Binds a process (0: this one) to a core.
int calmanac_use_core(pid_t process, int core);

/// A descriptor that holds `name` on this machine until it is closed; -1 when another process holds the name.
int calmanac_claim_name(const char *name);

// ---- bytes ----------------------------------------------------------------------------------------------

/// Whether `sought` is somewhere in `bytes` (memmem, which is behind _GNU_SOURCE).
bool calmanac_contains(const void *bytes, size_t length, const void *sought, size_t sought_length);

// ---- memory shared with a guest -------------------------------------------------------------------------

/// A descriptor of `length` bytes of zeroed memory whose size nobody can change (memfd, sealed), or -1.
int calmanac_sealed_memory(const char *name, size_t length);

/// From now on pages of `[address, address + length)` that its owner cuts off the file read as zero instead of ending this
/// process (SIGBUS). As many ranges as the process may have mappings, disjoint; -1 when there is no memory for one more.
int calmanac_guard_range(void *address, size_t length);
/// Ends the guard, before the range is unmapped.
void calmanac_unguard_range(void *address);
/// How often pages of guarded ranges have been replaced by zeroes.
uint64_t calmanac_cuts(void);
/// Pages of the guarded range that begins at `address` have been replaced.
bool calmanac_range_is_cut(void *address);

static inline uint16_t calmanac_load_acquire_u16(const void *address) {
    return __atomic_load_n((const uint16_t *)address, __ATOMIC_ACQUIRE);
}

static inline void calmanac_store_release_u16(void *address, uint16_t value) {
    __atomic_store_n((uint16_t *)address, value, __ATOMIC_RELEASE);
}

static inline uint32_t calmanac_load_acquire_u32(const void *address) {
    return __atomic_load_n((const uint32_t *)address, __ATOMIC_ACQUIRE);
}

static inline void calmanac_store_release_u32(void *address, uint32_t value) {
    __atomic_store_n((uint32_t *)address, value, __ATOMIC_RELEASE);
}

static inline uint64_t calmanac_load_acquire_u64(const void *address) {
    return __atomic_load_n((const uint64_t *)address, __ATOMIC_ACQUIRE);
}

static inline void calmanac_store_release_u64(void *address, uint64_t value) {
    __atomic_store_n((uint64_t *)address, value, __ATOMIC_RELEASE);
}

/// Orders the used index's store before the event index's load (virtio 1.2, 2.7.7.2 and 2.7.10).
static inline void calmanac_full_barrier(void) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

// Runs a program with this process's standard input, output and errors, in the foreground of its terminal if it has one, and waits for its
// end. Returns its exit status, 128 + signal, or -1: errno says why.
int calmanac_run_in_foreground(const char *program, char *const *arguments);

#endif

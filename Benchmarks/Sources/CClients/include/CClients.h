// Processes that speak to a calendar, or to each other, as fast as they can. Not part of almanac: they measure it.
#pragma once

#include <stdint.h>
#include <sys/types.h>

/// fork, which Swift hides: the caller has one thread.
pid_t clients_fork(void);

/// Keeps this process to a core; a negative one for any.
void clients_use_core(int core);

/// Passes 16-byte messages on from `in` to `out` until the end. Does not return.
void clients_pass_on(int in, int out) __attribute__((noreturn));

/// Sends one message round a ring and takes it back, `rounds` times; ns that took.
uint64_t clients_time_ring(int out, int in, uint64_t rounds);

/// A client of the calendar at `path` that asks for its turn at `identity`, then every `step` ns, `turns` times in all, and
/// leaves. ns from its turn `warm_up` to its last; 0 when something went wrong, which it says on standard error.
///
/// It says each message with a call of its own and waits for what a kernel waits for.
uint64_t clients_take_turns(const char *path, uint64_t identity, uint64_t step, uint64_t turns, uint64_t warm_up);

#define _GNU_SOURCE
#include "CAlmanac.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

// Whether rdtsc faults is a state of the processor, which the host changes when it switches between processes that differ in it: in a
// virtual machine that takes microseconds. In kernels' processes and their programs' it faults, so it does here too, and the clocks,
// which the C library reads with it, become system calls.

static atomic_bool is_given_up;

typedef int clock_function(clockid_t, struct timespec *);
static clock_function *usual;

__attribute__((constructor)) static void find_usual(void) {
    usual = (clock_function *)dlsym(RTLD_NEXT, "clock_gettime");
}

// In front of the C library's, for all of this program.
int clock_gettime(clockid_t clock, struct timespec *time) {
    if (usual != NULL && !atomic_load_explicit(&is_given_up, memory_order_relaxed))
        return usual(clock, time);
    return (int)syscall(SYS_clock_gettime, clock, time);
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) < 0)
        return -1;
    *time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

// Somebody reads the counter all the same: the thread gets it back. Any other fault is what it was.
static void on_fault(int number, siginfo_t *info, void *context) {
#ifdef __x86_64__
    const unsigned char *code = (const void *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    // A general protection fault; one of a page carries its address.
    if (info->si_code == SI_KERNEL && code[0] == 0x0f && (code[1] == 0x31 || (code[1] == 0x01 && code[2] == 0xf9))) {
        prctl(PR_SET_TSC, PR_TSC_ENABLE);
        return;
    }
#else
    (void)info;
    (void)context;
#endif
    signal(number, SIG_DFL);
}

void calmanac_give_up_counter(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSEGV, &action, NULL) < 0)
        return;
    is_given_up = true;
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
}

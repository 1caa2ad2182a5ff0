#define _GNU_SOURCE
#include "CAlmanac.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The stop is observed, not consumed (WNOWAIT): the exit status is left for the parent to reap.
static int await_stop(pid_t process, unsigned milliseconds) {
    const struct timespec pause = {.tv_nsec = 1000000};
    for (unsigned i = 0; i <= milliseconds; i++) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_PID, (id_t)process, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL) < 0)
            return -1;
        if (info.si_pid == process) {
            if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED)
                return 0;
            errno = ESRCH;
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    errno = ETIMEDOUT;
    return -1;
}

int calmanac_registers(pid_t process, unsigned milliseconds, struct calmanac_registers *registers) {
#ifdef __x86_64__
    if (ptrace(PTRACE_SEIZE, process, NULL, NULL) < 0)
        return -1;
    struct user_regs_struct all;
    int result = -1;
    if (ptrace(PTRACE_INTERRUPT, process, NULL, NULL) == 0 && await_stop(process, milliseconds) == 0 &&
        ptrace(PTRACE_GETREGS, process, NULL, &all) == 0) {
        registers->instruction = all.rip;
        registers->stack = all.rsp;
        result = 0;
    }
    int error = errno;
    ptrace(PTRACE_DETACH, process, NULL, NULL);
    errno = error;
    return result;
#else
    (void)process, (void)milliseconds, (void)registers, (void)await_stop;
    errno = ENOSYS;
    return -1;
#endif
}

ssize_t calmanac_read_memory(pid_t process, uint64_t address, void *buffer, size_t length) {
    struct iovec here = {.iov_base = buffer, .iov_len = length};
    struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = length};
    return process_vm_readv(process, &here, 1, &there, 1, 0);
}

static void on_trapped_call(int number) {
    (void)number;
    _exit(0);
}

// What a kernel's stub does, in short: it closes descriptors, and a call that it filters comes to its handler.
static void try_trapping_a_call(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    struct sigaction action = {.sa_handler = on_trapped_call};
    if (syscall(SYS_close_range, 3, ~0u, 0) == 0 && sigaction(SIGSYS, &action, NULL) == 0 &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0)
        syscall(SYS_getppid);
    _exit(1);
}

bool calmanac_can_trap_calls(void) {
    pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        try_trapping_a_call();
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

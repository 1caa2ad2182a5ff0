// A program that attacks the stub, which its process shares with it where kernels run programs under seccomp: it jumps to each of the
// stub's system calls, says that it waits when it does not, and steps through the stub's code. Prints "breach" and what it could do
// when something gets through.
//
// The stub is at the end of the address space: a page of code and two of data (Linux 7.3, arch/um/include/shared/as-layout.h and
// skas/stub-data.h).

#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { page = 4096 };
static unsigned char *const code = (void *)0x7fffffffc000;
static unsigned char *const data = (void *)0x7fffffffd000;
enum { futex_in_kernel = 1 };
#define FUTEX (*(volatile unsigned *)(data + 0xf8c))
#define SIGNAL (*(volatile int *)(data + 0xf90))
#define CONTEXT_OFFSET (*(volatile unsigned short *)(data + 0xf96))

// Where a call that gets through puts memory that the machine's kernel knows nothing of.
static unsigned char *const beyond = (void *)0x500000000000;

static void landed(void) {
    // Nothing is mapped there unless the host did it.
    unsigned char one = 1;
    *(volatile unsigned char *)beyond = one;
    static const char text[] = "breach: the stub mapped memory for a program\n";
    if (write(1, text, sizeof text - 1) < 0)
        _exit(2);
    _exit(3);
}

// Jumps to `target` with a system call's registers and a stack that returns to `landed`.
static void jump(uintptr_t target, long number, long a, long b, long c, long d, long e, long f, unsigned long flags) {
    static uintptr_t stack[512];
    for (int i = 0; i < 512; i++)
        stack[i] = (uintptr_t)landed;
    register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
    register uintptr_t r12 asm("r12") = target, r13 asm("r13") = (uintptr_t)&stack[128], r14 asm("r14") = flags;
    // The stub may return to where the program made its last system call or touched a page first. So it jumps once, with its pages there.
    static volatile long jumps = 1;
    asm volatile("movq %%r13, %%rsp\n pushq %%r14\n decq %[jumps]\n js 1f\n popfq\n jmpq *%%r12\n"
                 "1: movl %[exit], %%eax\n xorl %%edi, %%edi\n syscall\n"
                 : [jumps] "+m"(jumps)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9), "r"(r12), "r"(r13), "r"(r14), [exit] "i"(SYS_exit_group)
                 : "memory");
    __builtin_unreachable();
}

static unsigned attacks, ended;

// Runs an attack in a process of its own, which may do what it likes.
#define ATTACK(statement)                                                        \
    do {                                                                         \
        fflush(stdout);                                                          \
        attacks++;                                                               \
        pid_t child = fork();                                                    \
        if (child == 0) {                                                        \
            statement;                                                           \
            _exit(0);                                                            \
        }                                                                        \
        int status;                                                              \
        if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))          \
            ended++;                                                             \
    } while (0)

// Says that a page is missing and goes on at once, so that the kernel sends what the page is mapped with to a stub that does not wait.
static void pretend_to_wait(void) {
    for (int i = 0; i < 3000; i++) {
        syscall(SYS_sched_yield);
        ucontext_t *context = (void *)(data + page + CONTEXT_OFFSET - offsetof(ucontext_t, uc_mcontext));
        unsigned char *fresh = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        context->uc_mcontext.gregs[REG_TRAPNO] = 14;
        context->uc_mcontext.gregs[REG_ERR] = 6;
        context->uc_mcontext.gregs[REG_CR2] = (long)fresh;
        SIGNAL = SIGSEGV;
        FUTEX = futex_in_kernel;
        for (int k = 0; k < 200; k++)
            asm volatile("pause");
        munmap(fresh, page);
    }
}

int main(void) {
    for (int at = 0; at + 1 < page; at++) {
        if (code[at] != 0x0f || code[at + 1] != 0x05)
            continue;
        uintptr_t call = (uintptr_t)code + at;
        // Memory of the host's, the end of the socket, the descriptors that come next, any file, any process.
        ATTACK(jump(call, SYS_mmap, (long)beyond, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0, 2));
        ATTACK(jump(call, SYS_mmap, (long)beyond, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, 0, 0, 2));
        ATTACK(jump(call, SYS_mmap, (long)beyond, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, 1, 0, 2));
        ATTACK(jump(call, SYS_close, 0, 0, 0, 0, 0, 0, 2));
        ATTACK(jump(call, SYS_munmap, (long)data, 2 * page, 0, 0, 0, 0, 2));
        ATTACK(jump(call, SYS_open, (long)"/", 0, 0, 0, 0, 0, 2));
        ATTACK(jump(call, SYS_kill, -1, SIGKILL, 0, 0, 0, 0, 2));
        struct msghdr message = {0};
        ATTACK(jump(call, SYS_recvmsg, 0, (long)&message, MSG_DONTWAIT, 0, 0, 0, 2));
        // With the trap flag: a signal after each instruction.
        ATTACK(jump(call, SYS_futex, (long)&FUTEX, 0, futex_in_kernel, 0, 0, 0, 0x102));
        ATTACK((FUTEX = futex_in_kernel, jump(call, SYS_futex, (long)&FUTEX, 1, 1, 0, 0, 0, 0x102)));
        // With the direction flag, and aligned access.
        ATTACK((FUTEX = futex_in_kernel, jump(call, SYS_futex, (long)&FUTEX, 1, 1, 0, 0, 0, 0x40402)));
    }
    // Every other place in the stub, too.
    for (int at = 0; at < page; at += 7)
        ATTACK(jump((uintptr_t)code + at, SYS_mmap, (long)beyond, page, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0, 2));
    ATTACK(memset(data, 0xff, 2 * page));
    ATTACK(memset(data, 0, 2 * page));
    for (int i = 0; i < 4; i++)
        ATTACK(pretend_to_wait());
    printf("%u attacks, %u ended\n", attacks, ended);
    return 0;
}

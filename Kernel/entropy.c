// SPDX-License-Identifier: Apache-2.0
//
// What the process of a User Mode Linux kernel and its guest's programs would learn of the host by chance, the same in every
// run instead: getrandom, from a seed in the environment; rdtsc, from simulated time; and root's files, as root's. Loaded in front
// of the C library (LD_PRELOAD).
//
// ALMANAC_ENTROPY holds the seed as 16 hexadecimal digits. Without it, or with anything else there, the process is ended:
// a run that looks repeatable and is not would be worse.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// --- getrandom --------------------------------------------------------------------------------------------------

static uint64_t state;

__attribute__((constructor)) static void read_seed(void)
{
    static const char complaint[] = "almanac-entropy: ALMANAC_ENTROPY is not 16 hexadecimal digits\n";
    const char *text = getenv("ALMANAC_ENTROPY");
    char *end = NULL;
    if (text && strlen(text) == 16)
        state = strtoull(text, &end, 16);
    if (!end || *end) {
        if (write(2, complaint, sizeof complaint - 1) < 0)
            _exit(126);
        _exit(127);
    }
}

// SplitMix64 (Steele, Lea, Flood, 2014). The kernel's own generator is seeded with it; nothing here is secret.
static uint64_t next(void)
{
    uint64_t mixed = __atomic_add_fetch(&state, 0x9e3779b97f4a7c15u, __ATOMIC_RELAXED);
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
    (void)flags;
    for (size_t done = 0; done < length; done += 8) {
        uint64_t word = next();
        size_t left = length - done;
        memcpy((char *)buffer + done, &word, left < 8 ? left : 8);
    }
    return (ssize_t)length;
}

// --- the time stamp counter -------------------------------------------------------------------------------------

// A guest's programs are processes of the host that the kernel traces. Each asks to be traced first, or, with kernels since
// 6.13, executes a small program that does; there the host is told to let rdtsc and rdtscp fault. The fault comes to the
// kernel's waitpid, where it is answered and the program goes on. The kernel learns nothing of it. (Without tracing, the kernel
// answers itself: Kernel/patches/counter.patch.) The counter counts the nanoseconds of the guest's clock, and 256 at least from one look to
// the next, so that a program which waits for it to advance gets there.

enum { least_step = 256 };

// The kernel's own clock, ns; a constant in a kernel whose symbols are stripped.
static const volatile uint64_t *guest_clock;
// Whether the kernel runs programs by seccomp, without tracing them; NULL in kernels that cannot.
static const volatile int *uses_seccomp;
static uint64_t counter;
// How the traced process was made to go on last.
static long resumption = PTRACE_SYSEMU;

// The address of a variable, of `width` bytes, of the program at `image`, which is not relocated; NULL if it has no such symbol.
static const void *find_variable(const char *image, size_t length, const char *name, size_t width)
{
    const Elf64_Ehdr *header = (const void *)image;
    if (length < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_type != ET_EXEC ||
        header->e_shoff > length || (length - header->e_shoff) / sizeof(Elf64_Shdr) < header->e_shnum)
        return NULL;
    const Elf64_Shdr *sections = (const void *)(image + header->e_shoff);
    for (size_t i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *table = &sections[i];
        if (table->sh_type != SHT_SYMTAB || table->sh_link >= header->e_shnum)
            continue;
        const Elf64_Shdr *names = &sections[table->sh_link];
        if (table->sh_offset > length || table->sh_size > length - table->sh_offset ||
            names->sh_offset > length || names->sh_size > length - names->sh_offset)
            return NULL;
        const Elf64_Sym *symbols = (const void *)(image + table->sh_offset);
        size_t size = strlen(name) + 1;
        for (size_t k = 0; k < table->sh_size / sizeof *symbols; k++)
            if (ELF64_ST_TYPE(symbols[k].st_info) == STT_OBJECT && symbols[k].st_size == width &&
                symbols[k].st_name < names->sh_size && names->sh_size - symbols[k].st_name >= size &&
                memcmp(image + names->sh_offset + symbols[k].st_name, name, size) == 0)
                return (const void *)(uintptr_t)symbols[k].st_value;
    }
    return NULL;
}

__attribute__((constructor)) static void find_clock(void)
{
    struct stat status;
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (fstat(file, &status) == 0) {
        size_t length = (size_t)status.st_size;
        char *image = mmap(NULL, length, PROT_READ, MAP_PRIVATE, file, 0);
        if (image != MAP_FAILED) {
            guest_clock = find_variable(image, length, "time_travel_time", sizeof *guest_clock);
            uses_seccomp = find_variable(image, length, "using_seccomp", sizeof *uses_seccomp);
            munmap(image, length);
        }
    }
    close(file);
}

// Whether the instruction faults is the processor's state, and to change it takes a virtual machine microseconds. So the kernel's own
// process, to and from which the host switches at each system call of a program, is like its programs. The C library's clocks use
// the instruction; here they are system calls. A script that executes a kernel keeps the instruction, and so does whatever a kernel
// executes: the dynamic linker uses it too.
static int (*usual_execv)(const char *, char *const[]);
static int (*usual_execve)(const char *, char *const[], char *const[]);
static int (*usual_execvp)(const char *, char *const[]);

__attribute__((constructor)) static void give_up_counter(void)
{
    *(void **)&usual_execv = dlsym(RTLD_NEXT, "execv");
    *(void **)&usual_execve = dlsym(RTLD_NEXT, "execve");
    *(void **)&usual_execvp = dlsym(RTLD_NEXT, "execvp");
    if (guest_clock && usual_execv && usual_execve && usual_execvp)
        prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
}

int execv(const char *path, char *const arguments[])
{
    prctl(PR_SET_TSC, PR_TSC_ENABLE);
    return usual_execv(path, arguments);
}

int execve(const char *path, char *const arguments[], char *const environment[])
{
    prctl(PR_SET_TSC, PR_TSC_ENABLE);
    return usual_execve(path, arguments, environment);
}

int execvp(const char *name, char *const arguments[])
{
    prctl(PR_SET_TSC, PR_TSC_ENABLE);
    return usual_execvp(name, arguments);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    return (int)syscall(SYS_clock_gettime, clock, time);
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    return (int)syscall(SYS_gettimeofday, time, zone);
}

time_t time(time_t *seconds)
{
    return syscall(SYS_time, seconds);
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list list;
    va_start(list, request);
    pid_t process = va_arg(list, pid_t);
    void *address = va_arg(list, void *);
    void *data = va_arg(list, void *);
    va_end(list);
    // The system call writes what is peeked at, the C library's function returns it.
    long peeked = 0;
    bool peeks = request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER;
    if (request == PTRACE_TRACEME)
        prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
    else if (request == PTRACE_SYSEMU || request == PTRACE_SYSEMU_SINGLESTEP || request == PTRACE_CONT)
        resumption = (long)request;
    long result = syscall(SYS_ptrace, (long)request, (long)process, address, peeks ? (void *)&peeked : data);
    return peeks && result >= 0 ? peeked : result;
}

// A kernel executes the program above with it.
long syscall(long number, ...)
{
    va_list list;
    va_start(list, number);
    long first = va_arg(list, long), second = va_arg(list, long), third = va_arg(list, long);
    long fourth = va_arg(list, long), fifth = va_arg(list, long), sixth = va_arg(list, long);
    va_end(list);
    if (number == SYS_execveat && !(uses_seccomp && *uses_seccomp))
        prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
    register long r10 asm("r10") = fourth, r8 asm("r8") = fifth, r9 asm("r9") = sixth;
    long result;
    asm volatile("syscall" : "=a"(result)
                 : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    if (result < 0 && result >= -4095) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

// Whether `process` has stopped at one of the two instructions; if so, it has been executed for it.
static bool answer_counter(pid_t process)
{
    siginfo_t info;
    struct user_regs_struct registers;
    // A page that is missing, which is what nearly all of them are, has another code.
    if (syscall(SYS_ptrace, (long)PTRACE_GETSIGINFO, (long)process, 0, &info) < 0 || info.si_code != SI_KERNEL ||
        syscall(SYS_ptrace, (long)PTRACE_GETREGS, (long)process, 0, &registers) < 0)
        return false;
    // Byte by byte: the page behind the instruction may be missing.
    unsigned char code[3] = {0};
    long word;
    for (size_t i = 0; i < sizeof code; i++)
        if (syscall(SYS_ptrace, (long)PTRACE_PEEKTEXT, (long)process, registers.rip + i, &word) < 0)
            break;
        else
            code[i] = (unsigned char)word;
    bool with_processor = code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xf9; // rdtscp
    if (!with_processor && !(code[0] == 0x0f && code[1] == 0x31))
        return false;
    uint64_t now = guest_clock ? *guest_clock : 0;
    counter = now > counter + least_step ? now : counter + least_step;
    registers.rax = counter & 0xffffffffu;
    registers.rdx = counter >> 32;
    if (with_processor)
        registers.rcx = 0;
    registers.rip += with_processor ? 3 : 2;
    return syscall(SYS_ptrace, (long)PTRACE_SETREGS, (long)process, 0, &registers) == 0;
}

pid_t waitpid(pid_t process, int *status, int options)
{
    int own = 0;
    for (;;) {
        pid_t found = (pid_t)syscall(SYS_wait4, (long)process, &own, (long)options, NULL);
        if (found <= 0 || !WIFSTOPPED(own) || WSTOPSIG(own) != SIGSEGV || !answer_counter(found) ||
            syscall(SYS_ptrace, resumption, (long)found, 0, 0) < 0) {
            if (status && found > 0)
                *status = own;
            return found;
        }
    }
}

// --- owners of files --------------------------------------------------------------------------------------------

// An ordinary user's kernel runs in a user namespace that knows only this user and its group: the files of all others, root's
// above all, belong to the overflow IDs (user_namespaces(7), "Unmapped user and group IDs"). The guest sees them as root's.
enum { overflow_id = 65534 };

static bool hides_owners(void)
{
    static int answer = -1;
    struct stat root;
    if (answer < 0)
        answer = syscall(SYS_newfstatat, AT_FDCWD, "/", &root, 0) == 0 && root.st_uid == overflow_id;
    return answer;
}

static unsigned int shown(unsigned int id)
{
    return id == overflow_id && hides_owners() ? 0 : id;
}

int statx(int folder, const char *restrict path, int flags, unsigned int mask, struct statx *restrict result)
{
    int status = (int)syscall(SYS_statx, folder, path, flags, mask, result);
    if (status == 0) {
        result->stx_uid = shown(result->stx_uid);
        result->stx_gid = shown(result->stx_gid);
    }
    return status;
}

// Kernels ask with these too, which of them depends on the series.
static int show_owners(int status, struct stat64 *result)
{
    if (status == 0) {
        result->st_uid = shown(result->st_uid);
        result->st_gid = shown(result->st_gid);
    }
    return status;
}

int lstat64(const char *restrict path, struct stat64 *restrict result)
{
    return show_owners((int)syscall(SYS_newfstatat, AT_FDCWD, path, result, AT_SYMLINK_NOFOLLOW), result);
}

int fstat64(int file, struct stat64 *result)
{
    return show_owners((int)syscall(SYS_fstat, file, result), result);
}
